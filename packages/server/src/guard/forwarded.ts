/**
 * The addresses of `X-Forwarded-For`, nearest first: the last one was added by the proxy that
 * connects to us, the first ones may be the client's own invention.
 */
export function readForwardedFor(header: string): string[] {
  return header
    .split(",")
    .map((node) => withoutPort(node.trim()))
    .reverse();
}

/**
 * The `for` of each element of `Forwarded` (RFC 7239 §4), nearest first. An element without one, or
 * that is not formed as it must be, gives "".
 *
 * A proxy adds its element behind what the client has sent. A client that leaves a quoted string
 * open makes that element unreadable, and never one that says what the client wants.
 */
export function readForwarded(header: string): string[] {
  return elementsOf(header)
    .map((element) => withoutPort(forOf(element)))
    .reverse();
}

/** Split at commas that are in no quoted string. */
function elementsOf(header: string): string[] {
  const elements: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < header.length; at += 1) {
    const char = header[at];
    if (char === '"') isQuoted = !isQuoted;
    else if (char === "\\" && isQuoted) at += 1;
    else if (char === "," && !isQuoted) {
      elements.push(header.slice(start, at));
      start = at + 1;
    }
  }
  elements.push(header.slice(start));
  return elements;
}

/** One `name=value` with what ends it; the value is a token or a quoted string. */
const pair = /\s*([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))\s*(?:;|$)/y;

function forOf(element: string): string {
  let found = "";
  pair.lastIndex = 0;
  while (pair.lastIndex < element.length) {
    const match = pair.exec(element);
    if (match === null) return "";
    const [, name = "", quoted, token = ""] = match;
    if (name.toLowerCase() !== "for") continue;
    if (found !== "") return "";
    found = quoted ?? token;
  }
  return found;
}

/** `192.0.2.1:80`, `[2001:db8::1]:80` and `[2001:db8::1]` without what is no address. */
function withoutPort(node: string): string {
  if (node.startsWith("[")) return /^\[([^\]]*)\](?::\w+)?$/.exec(node)?.[1] ?? "";
  const colon = node.indexOf(":");
  return colon === -1 || colon !== node.lastIndexOf(":") ? node : node.slice(0, colon);
}
