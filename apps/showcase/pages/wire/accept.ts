/** What every server joins to the key (RFC 6455 §1.3). */
export const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** How the answer to a key comes about, step by step. */
export interface AcceptSteps {
  readonly key: string;
  readonly joined: string;
  /** SHA-1 of that, in hexadecimal. */
  readonly hash: string;
  /** The same in base64: `Sec-WebSocket-Accept`. */
  readonly accept: string;
}

/** Computes them with the browser's own cryptography. */
export async function acceptSteps(key: string): Promise<AcceptSteps> {
  const joined = key + guid;
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(joined));
  const bytes = new Uint8Array(digest);
  return {
    key,
    joined,
    hash: [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    accept: btoa(String.fromCharCode(...bytes)),
  };
}

/** The value of a header field among `lines`, by its name in any case. */
export function fieldOf(lines: readonly string[], name: string): string | undefined {
  const start = `${name.toLowerCase()}:`;
  return lines
    .find((line) => line.toLowerCase().startsWith(start))
    ?.slice(start.length)
    .trim();
}
