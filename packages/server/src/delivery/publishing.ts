import { nowMs } from "@openline/websocket/link";
import type { Appended, Durability, Log, NewEntry } from "../log/log.ts";
import { LogError } from "../log/log-error.ts";
import { encodeStored, type StoredEvent } from "../messages/stored-event.ts";
import { tell } from "../observe/channels.ts";
import { DeliveryError } from "../rooms/delivery-error.ts";
import type { LogMessages } from "./log-messages.ts";

/** When trying again may help. */
const RETRY_MS = 1_000;

/** What became of a publish. */
export interface Published {
  readonly epoch: string;
  /** Its place in the room; null in rooms whose messages are not logged. */
  readonly offset: number | null;
  /** Its id was known: this is the position of the message that was published first. */
  readonly duplicate: boolean;
}

/** A message for a durable room. */
export interface Outgoing {
  readonly room: string;
  readonly id: string | null;
  readonly stored: StoredEvent;
}

/** Writes to the log, and knows what is on its way there. */
export class Publishing {
  private isClosing = false;
  private readonly namespace: string;
  private pending = 0;
  private whenIdle: (() => void)[] = [];

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /**
   * Resolves when the messages are logged as safely as `durability` says.
   *
   * @throws DeliveryError if they were refused; LogError if nobody knows whether they are logged
   */
  append(
    log: Log,
    messages: LogMessages,
    outgoing: readonly Outgoing[],
    durability: Durability,
  ): Promise<readonly Appended[]> {
    if (this.isClosing) return Promise.reject(closing());
    const timeMs = Date.now();
    const entries = outgoing.map(({ room, id, stored }): NewEntry => {
      const payload = encodeStored(stored);
      messages.remember(payload, stored);
      return { room, id, timeMs, payload };
    });
    this.pending += 1;
    const startMs = nowMs();
    // Thousands may be on their way: what each holds meanwhile is what the garbage collector copies.
    return log.append(entries, durability).then(
      (appended) => {
        this.settled(appended.length, durability, startMs, null);
        return appended;
      },
      (error: unknown) => {
        const code = error instanceof LogError ? error.code : "OPENLINE_FAILED";
        this.settled(entries.length, durability, startMs, code);
        throw refusalOf(error);
      },
    );
  }

  /** Refuses what comes from now on; resolves when nothing is on its way any more. */
  close(): Promise<void> {
    this.isClosing = true;
    if (this.pending === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenIdle.push(resolve);
    });
  }

  private settled(
    messages: number,
    durability: Durability,
    startMs: number,
    code: string | null,
  ): void {
    tell("appended", () => ({
      namespace: this.namespace,
      messages,
      durability,
      durationMs: nowMs() - startMs,
      code,
    }));
    this.pending -= 1;
    if (this.pending === 0) for (const resolve of this.whenIdle.splice(0)) resolve();
  }
}

function closing(): DeliveryError {
  return new DeliveryError(
    "OPENLINE_CLOSING",
    "The server is closing: publish again, with the same id, once it is back",
    RETRY_MS,
  );
}

function refusalOf(error: unknown): unknown {
  if (!(error instanceof LogError) || !error.isTemporary) return error;
  return new DeliveryError(error.code, error.message, RETRY_MS, error);
}
