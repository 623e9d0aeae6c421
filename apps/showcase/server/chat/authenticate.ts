import { createHash, timingSafeEqual } from "node:crypto";
import type { Principal } from "openline";
import { chatLimits } from "../../protocol/chat.ts";
import { cleanName } from "./names.ts";

interface Asked {
  readonly auth?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Who somebody is: the browser that keeps a secret, whose public id tells nobody the secret.
 *
 * There is no registration: a new secret is a new person.
 */
export function authenticateBy(botKey: string | undefined): (asked: Asked) => Principal | null {
  return ({ auth }) => {
    const { secret, name } = auth ?? {};
    if (typeof secret !== "string" || !/^[\w:-]{32,}$/.test(secret)) return null;
    if (secret.length > chatLimits.secretLength) return null;
    const isBot = botKey !== undefined && isEqual(secret.slice(0, botKey.length), botKey);
    return {
      id: createHash("sha256").update(secret).digest("hex").slice(0, 16),
      claims: { name: cleanName(name) ?? "Somebody", isBot },
    };
  };
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [one, other].map((each) => createHash("sha256").update(each).digest());
  return timingSafeEqual(a!, b!); // two in, two out
}
