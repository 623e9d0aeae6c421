import { host } from "../platform/host.ts";
import type { EngineOptions } from "./engine-options.ts";

/** Where the server is that no URL names: where the page comes from, but for what options say. */
export function targetOf({ secure, hostname, host: name, port }: EngineOptions): string {
  const { location } = host;
  const given = hostname || name;
  const s = (secure ?? location?.protocol === "https:") ? "s" : "";
  const ownPort = port || (!given && location?.port) || "";
  return `http${s}://${given || location?.hostname || "localhost"}:${ownPort}`;
}
