import type { CookieJar } from "./cookie-jar.ts";

interface Cookie {
  readonly pair: string;
  readonly expiresMs: number;
}

/** Cookies on Node, whose fetch keeps none: load balancers know their clients by them. */
export class NodeCookieJar implements CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  take(headers: readonly string[]): void {
    for (const header of headers) {
      const [pair = "", ...attributes] = header.split(";").map((part) => part.trim());
      const [name] = pair.split("=", 1);
      if (name) this.#cookies.set(name, { pair, expiresMs: expiryOf(attributes) });
    }
  }

  give(): string {
    const nowMs = Date.now();
    for (const [name, { expiresMs }] of this.#cookies) {
      if (expiresMs <= nowMs) this.#cookies.delete(name);
    }
    return [...this.#cookies.values()].map(({ pair }) => pair).join("; ");
  }
}

/** When the cookie ends; `Max-Age` goes before `Expires` (RFC 6265 §5.3). */
function expiryOf(attributes: readonly string[]): number {
  const values = new Map(
    attributes.map((attribute) => {
      const [name = "", ...value] = attribute.split("=");
      return [name.trim().toLowerCase(), value.join("=").trim()];
    }),
  );
  const maxAge = values.get("max-age");
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return Date.now() + Number(maxAge) * 1_000;
  const expiresMs = Date.parse(values.get("expires") ?? "");
  return Number.isNaN(expiresMs) ? Number.POSITIVE_INFINITY : expiresMs;
}
