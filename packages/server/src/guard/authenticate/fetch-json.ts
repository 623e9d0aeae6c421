/** More than any issuer's keys take. */
const MAX_BYTES = 1_048_576;

/**
 * Fetches a document of an issuer's.
 *
 * Redirects are not followed: they would let whoever answers choose where keys come from.
 *
 * @throws Error that names the URL, with its cause; for 404 too
 */
export async function fetchJson(url: URL, timeoutMs: number): Promise<Record<string, unknown>> {
  try {
    const response = await fetch(url, {
      headers: { Accept: "application/json, application/jwk-set+json" },
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw new HttpStatusError(response.status);
    const document: unknown = JSON.parse(await textOf(response));
    if (typeof document !== "object" || document === null || Array.isArray(document)) {
      throw new Error("it is no JSON object");
    }
    return document as Record<string, unknown>; // checked above
  } catch (error) {
    throw new Error(`${url.href} could not be fetched`, { cause: error });
  }
}

/** An answer other than 200. */
export class HttpStatusError extends Error {
  override readonly name = "HttpStatusError";
  readonly status: number;

  constructor(status: number) {
    super(`it was answered with ${status}`);
    this.status = status;
  }
}

/**
 * Reads a URL of an issuer's: by `https:`, or on this machine.
 *
 * @throws TypeError that names the option
 */
export function issuerUrl(text: string | URL, option: string): URL {
  const url = URL.canParse(String(text)) ? new URL(text) : undefined;
  const isLocal =
    url !== undefined && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url === undefined || !(url.protocol === "https:" || (url.protocol === "http:" && isLocal))) {
    throw new TypeError(`\`${option}\` takes an https: URL, not ${JSON.stringify(String(text))}`);
  }
  return url;
}

async function textOf({ body }: Response): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
