import { parse } from "cookie";
import { readQuery } from "../../http/query.ts";
import { type GuardRefusal, refusal } from "../codes.ts";
import { limits } from "../limits.ts";
import type { AuthenticationRequest } from "./principal.ts";

/**
 * Where a credential may come from, safest first:
 *
 * - `auth:<field>`: a field of what the client sends in its CONNECT packet, inside the connection,
 *   where neither logs nor pages of other sites reach; `auth` is `auth:token`;
 * - `authorization`: `Authorization: Bearer …`, which programs can send and browsers cannot;
 * - `header:<name>`: a header of its own, `header:x-api-key` for example;
 * - `cookie:<name>`: sent by browsers on their own, for pages of other sites too, so that it is only
 *   as good as the check of origins;
 * - `query:<name>`: ends up in the logs of everything on the way, in histories and in referrers. Only
 *   for what is worth nothing a moment later, such as a ticket.
 */
export type CredentialSource =
  | "auth"
  | `auth:${string}`
  | "authorization"
  | `header:${string}`
  | `cookie:${string}`
  | `query:${string}`;

/** Finds the credential of a request in places that are listed, and nowhere else. */
export class CredentialFinder {
  private readonly places: readonly Place[];
  private readonly maxBytes: number | undefined;

  /** @throws TypeError for sources that are none */
  constructor(sources: readonly CredentialSource[], maxBytes?: number) {
    if (!Array.isArray(sources) || sources.length === 0) {
      throw new TypeError("`from` takes a list of at least one source, such as `auth`");
    }
    this.places = sources.map(placeOf);
    this.maxBytes = maxBytes;
  }

  /**
   * The credential, from the first place that has one; a refusal when none has, or when it is no text
   * or too long.
   */
  find(request: AuthenticationRequest): string | GuardRefusal {
    for (const { read, description } of this.places) {
      const found = read(request);
      if (found === undefined || found === null || found === "") continue;
      if (typeof found !== "string") {
        return refusal("OPENLINE_TOKEN_INVALID", { message: `${description} takes a text` });
      }
      const maxBytes = this.maxBytes ?? request.maxCredentialBytes ?? limits.credential.default;
      if (found.length > maxBytes) {
        const message = `${description} takes at most ${maxBytes} characters`;
        return refusal("OPENLINE_TOKEN_INVALID", { message });
      }
      return found;
    }
    const where = this.places.map(({ description }) => description).join(" or ");
    return refusal("OPENLINE_UNAUTHENTICATED", { message: `Say who you are: ${where}` });
  }
}

interface Place {
  /** For people. */
  readonly description: string;
  read(request: AuthenticationRequest): unknown;
}

function placeOf(source: unknown): Place {
  if (source === "authorization") {
    return {
      description: "`Authorization: Bearer …`",
      read: ({ headers }) => /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1],
    };
  }
  const [kind, name] =
    source === "auth" ? ["auth", "token"] : partsOf(typeof source === "string" ? source : "");
  switch (kind) {
    case "auth":
      return { description: `the field \`auth.${name}\``, read: ({ auth }) => own(auth, name) };
    case "header":
      return {
        description: `the header \`${name}\``,
        read: ({ headers }) => own(headers, name.toLowerCase()),
      };
    case "cookie":
      return {
        description: `the cookie \`${name}\``,
        read: ({ headers }) => own(parse(headers.cookie ?? ""), name),
      };
    case "query":
      return {
        description: `the query's \`${name}\``,
        read: ({ url }) => own(readQuery(url ?? ""), name),
      };
    default:
      throw new TypeError(
        "`from` takes `auth`, `auth:<field>`, `authorization`, `header:<name>`, `cookie:<name>` " +
          `and \`query:<name>\`, not ${JSON.stringify(source)}`,
      );
  }
}

function partsOf(source: string): [kind: string, name: string] {
  const [, kind = "", name = ""] = /^(\w+):(.+)$/.exec(source) ?? [];
  return [kind, name];
}

/** Whatever the client sends, it does not reach prototypes. */
function own(fields: object | undefined, name: string): unknown {
  if (typeof fields !== "object" || fields === null) return undefined;
  return Object.getOwnPropertyDescriptor(fields, name)?.value;
}
