import type { IncomingMessage } from "node:http";

/** The path of a request, without its query and not decoded. */
export function pathOf(request: IncomingMessage): string {
  const url = request.url ?? "/";
  const query = url.indexOf("?");
  return query === -1 ? url : url.slice(0, query);
}
