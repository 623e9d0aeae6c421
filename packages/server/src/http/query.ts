/** The parameters of a request's query, each by its last value. It has no prototype. */
export type Query = Record<string, string>;

/** Beyond this, parameters are ignored. */
const MAX_PARAMETERS = 256;

/** Reads the query of a request's target, in time linear in its length. */
export function readQuery(target: string): Query {
  const query: Query = Object.create(null) as Query; // typed as `any` by Object.create
  const mark = target.indexOf("?");
  if (mark === -1) return query;
  const hash = target.indexOf("#", mark);
  const end = hash === -1 ? target.length : hash;
  let start = mark + 1;
  for (let count = 0; start < end && count < MAX_PARAMETERS; count += 1) {
    let stop = target.indexOf("&", start);
    if (stop === -1 || stop > end) stop = end;
    const pair = target.slice(start, stop);
    start = stop + 1;
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    if (equals === -1) query[decode(pair)] = "";
    else query[decode(pair.slice(0, equals))] = decode(pair.slice(equals + 1));
  }
  return query;
}

/** As forms encode: "+" is a space; what is not percent-encoded UTF-8 stays as it is. */
function decode(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
