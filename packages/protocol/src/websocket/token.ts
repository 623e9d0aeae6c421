/** 1 for each code of a character that a token may hold (RFC 9110 §5.6.2). */
const tokenCharacters = new Uint8Array(128);
const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
for (let at = 0; at < TOKEN.length; at += 1) tokenCharacters[TOKEN.charCodeAt(at)] = 1;

/** Whether the character with this code may stand in a token. */
export function isTokenCode(code: number): boolean {
  return code < 128 && tokenCharacters[code] === 1;
}

/** Where the token that starts at `start` ends; `start` itself when none does. */
export function endOfToken(text: string, start: number): number {
  let at = start;
  while (at < text.length && isTokenCode(text.charCodeAt(at))) at += 1;
  return at;
}

/** Whether all of `text` is one token: the name of a subprotocol, an extension, a parameter. */
export function isToken(text: string): boolean {
  return text.length > 0 && endOfToken(text, 0) === text.length;
}

/** Where the spaces and tabs that start at `start` end. */
export function endOfSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/**
 * Whether the comma-separated `list` holds `token`, which is in lower case. Case and
 * what else is in the list do not matter (`Connection: keep-alive, Upgrade`).
 */
export function hasToken(list: string, token: string): boolean {
  let at = 0;
  while (at < list.length) {
    const start = endOfSpace(list, at);
    const end = endOfToken(list, start);
    const next = endOfSpace(list, end);
    const isElement = next === list.length || list.charCodeAt(next) === COMMA;
    if (isElement && end - start === token.length) {
      if (list.slice(start, end).toLowerCase() === token) return true;
    }
    const comma = list.indexOf(",", next);
    if (comma < 0) return false;
    at = comma + 1;
  }
  return false;
}

const COMMA = 0x2c;
