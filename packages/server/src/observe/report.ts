import { channels, type Notices, tell } from "./channels.ts";

/** What a notice is written to. */
export interface ReportLogger {
  info(fields: object, message?: string): void;
  warn(fields: object, message?: string): void;
}

/** Tells of something to those who listen, and writes it down: what was refused as a warning. */
export function report<Name extends keyof Notices>(
  name: Name,
  logger: ReportLogger | null,
  make: () => Notices[Name],
): void {
  if (logger === null && !channels[name].hasSubscribers) return;
  const notice = make();
  tell(name, () => notice);
  logger?.[name === "refused" ? "warn" : "info"](notice, name);
}
