/**
 * What lies below a `WebSocket`, for protocols that bring an API of their own: the answering of
 * upgrades, the open connection without events or copies, and the process's timer wheel.
 *
 * Made for the package `openline`; what is here may change in any release.
 */
export { nowMs, wheel } from "./clock.ts";
export { Link, type LinkEvents } from "./link.ts";
export type { LinkDeflate, LinkOptions } from "./link-options.ts";
export { MessageWriter } from "./message-writer.ts";
export { type Flushable, flushLater } from "./outbox/flusher.ts";
export type { SendCallback } from "./outbox/outbox.ts";
export { toBuffer } from "./received.ts";
export { type RefusalHeaders, refuseUpgrade } from "./refusal.ts";
export { serverLinkOptions } from "./server-options.ts";
export { type SharedFrame, SharedMessage } from "./shared-message.ts";
export { WheelEntry } from "./timer-wheel.ts";
export { type Upgraded, type UpgradeOwner, Upgrader } from "./upgrade.ts";
