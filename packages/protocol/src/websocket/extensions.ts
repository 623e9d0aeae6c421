import { HandshakeError } from "../errors.ts";
import { endOfSpace, endOfToken, isToken } from "./token.ts";

/**
 * What one element of `Sec-WebSocket-Extensions` says, by the parameter's name: each of
 * its values in order, `true` for a parameter without one. Has no prototype, so that
 * names such as `constructor` are names like any other.
 */
export type ExtensionParameters = { readonly [name: string]: readonly (string | true)[] };

/** All elements of `Sec-WebSocket-Extensions` by the extension's name, in the order of the header. */
export type ExtensionOffers = ReadonlyMap<string, readonly ExtensionParameters[]>;

/** The longest `Sec-WebSocket-Extensions` or `Sec-WebSocket-Protocol` that is read, in characters. */
export const MAX_NEGOTIATION_LENGTH = 8192;
/** The most extensions, parameters of all of them, or subprotocols in one header. */
export const MAX_NEGOTIATION_ITEMS = 128;

/**
 * Parses `Sec-WebSocket-Extensions` (RFC 6455 §9.1), in time linear in its length.
 * As in `ws`, no list element is empty and no space surrounds the `=`.
 *
 * @throws HandshakeError (400) if the header breaks the grammar or is past a limit
 */
export function parseExtensions(header: string): ExtensionOffers {
  const reader = new ListReader(header, "Sec-WebSocket-Extensions");
  const offers = new Map<string, ExtensionParameters[]>();
  do {
    const name = reader.readName();
    const parameters = readParameters(reader);
    const sameName = offers.get(name);
    if (sameName === undefined) offers.set(name, [parameters]);
    else sameName.push(parameters);
  } while (reader.skip(","));
  reader.expectEnd();
  return offers;
}

function readParameters(reader: ListReader): ExtensionParameters {
  const parameters: Record<string, (string | true)[]> = Object.create(null);
  while (reader.skip(";")) {
    const name = reader.readName();
    const value = reader.readValue();
    const values = parameters[name];
    if (values === undefined) parameters[name] = [value];
    else values.push(value);
  }
  return parameters;
}

/**
 * The header that `parseExtensions` reads as `extensions`.
 *
 * @throws TypeError if a name or a value is not a token
 */
export function formatExtensions(extensions: ExtensionOffers): string {
  const elements: string[] = [];
  for (const [name, offers] of extensions) {
    for (const parameters of offers) elements.push(formatElement(name, parameters));
  }
  return elements.join(", ");
}

function formatElement(name: string, parameters: ExtensionParameters): string {
  let text = checkToken(name);
  for (const parameter of Object.keys(parameters)) {
    for (const value of parameters[parameter]!) {
      text += `; ${checkToken(parameter)}`;
      if (value !== true) text += `=${checkToken(value)}`;
    }
  }
  return text;
}

function checkToken(text: string): string {
  if (isToken(text)) return text;
  throw new TypeError(
    `${JSON.stringify(text)} cannot stand in Sec-WebSocket-Extensions: names and values are ` +
      "tokens, made of letters, digits and !#$%&'*+-.^_`|~",
  );
}

/**
 * Parses `Sec-WebSocket-Protocol` (RFC 6455 §4.2.1): subprotocols, the one the client
 * likes best first. Takes time linear in its length.
 *
 * @throws HandshakeError (400) if the header breaks the grammar, names a subprotocol
 *   twice, or is past a limit
 */
export function parseSubprotocols(header: string): Set<string> {
  const reader = new ListReader(header, "Sec-WebSocket-Protocol");
  const protocols = new Set<string>();
  do {
    const protocol = reader.readName();
    if (protocols.has(protocol)) reader.refuse();
    protocols.add(protocol);
  } while (reader.skip(","));
  reader.expectEnd();
  return protocols;
}

/** Reads a header of tokens once, from left to right. */
class ListReader {
  private readonly header: string;
  private readonly name: string;
  private at = 0;
  private items = 0;

  constructor(header: string, name: string) {
    this.header = header;
    this.name = name;
    if (header.length > MAX_NEGOTIATION_LENGTH) this.refuse();
  }

  /** Reads the name of an extension, a parameter or a subprotocol, and nothing of what follows it. */
  readName(): string {
    this.items += 1;
    if (this.items > MAX_NEGOTIATION_ITEMS) this.refuse();
    return this.readToken();
  }

  /** Reads `=value`, or `="value"`, and returns the value; true when there is no `=`. */
  readValue(): string | true {
    if (this.header[this.at] !== "=") return true;
    this.at += 1;
    if (this.header[this.at] !== '"') return this.readToken();
    this.at += 1;
    return this.readQuoted();
  }

  /** Moves past `separator` and the space around it; false when something else is next. */
  skip(separator: "," | ";"): boolean {
    const next = endOfSpace(this.header, this.at);
    if (this.header[next] !== separator) return false;
    this.at = endOfSpace(this.header, next + 1);
    return true;
  }

  expectEnd(): void {
    if (this.at !== this.header.length) this.refuse();
  }

  refuse(): never {
    throw new HandshakeError(400, `Invalid ${this.name} header`);
  }

  private readToken(): string {
    const { at: start, header } = this;
    this.at = endOfToken(header, start);
    if (this.at === start) this.refuse();
    return header.slice(start, this.at);
  }

  /** A quoted string whose content, without its backslashes, is a token (RFC 6455 §9.1). */
  private readQuoted(): string {
    const { header } = this;
    let value = "";
    for (;;) {
      const end = endOfToken(header, this.at);
      value += header.slice(this.at, end);
      const isEscape = header[end] === "\\";
      this.at = end + 1;
      if (!isEscape) {
        if (header[end] !== '"' || value === "") this.refuse();
        return value;
      }
      if (endOfToken(header, this.at) === this.at) this.refuse();
      value += header[this.at]!;
      this.at += 1;
    }
  }
}
