import type { Appended, Epoch, LogEntry } from "openline";
import { RoomImage } from "./room-image.ts";

/** One change of what is on a disk: all of it is there, or nothing. */
export type Operation =
  | { readonly kind: "append"; readonly entries: readonly LogEntry[] }
  | {
      readonly kind: "put";
      readonly key: string;
      readonly record: Uint8Array;
      readonly expiresMs: number;
    }
  | { readonly kind: "delete"; readonly keys: readonly string[] }
  | { readonly kind: "trim"; readonly room: string; readonly offset: number }
  | { readonly kind: "epoch"; readonly epoch: Epoch };

interface StoredSession {
  readonly record: Uint8Array;
  readonly expiresMs: number;
}

/** A namespace's log and sessions, as they are after some of the operations on them. */
export class Image {
  sequence = 0;
  readonly rooms: Map<string, RoomImage> = new Map();
  readonly sessions: Map<string, StoredSession> = new Map();
  readonly epochs: Epoch[] = [];
  /** All messages that there ever were, trimmed ones included, in the order of their sequences. */
  readonly history: LogEntry[] = [];
  private readonly ids = new Map<string, Appended>();

  apply(operation: Operation): void {
    switch (operation.kind) {
      case "append":
        for (const entry of operation.entries) this.add(entry);
        return;
      case "put":
        this.sessions.set(operation.key, operation);
        return;
      case "delete":
        for (const key of operation.keys) this.sessions.delete(key);
        return;
      case "trim":
        this.rooms.get(operation.room)?.trimTo(operation.offset);
        return;
      case "epoch":
        this.epochs.push(operation.epoch);
        return;
    }
  }

  room(name: string): RoomImage {
    return this.rooms.get(name) ?? new RoomImage();
  }

  /** Where the message with an id stands. */
  find(room: string, id: string): Appended | undefined {
    return this.ids.get(JSON.stringify([room, id]));
  }

  clone(): Image {
    const copy = new Image();
    copy.sequence = this.sequence;
    for (const [name, room] of this.rooms) copy.rooms.set(name, room.clone());
    for (const [key, session] of this.sessions) copy.sessions.set(key, session);
    for (const [id, appended] of this.ids) copy.ids.set(id, appended);
    copy.epochs.push(...this.epochs);
    copy.history.push(...this.history);
    return copy;
  }

  private add(entry: LogEntry): void {
    const { room, id, sequence, offset } = entry;
    let found = this.rooms.get(room);
    if (found === undefined) {
      found = new RoomImage();
      this.rooms.set(room, found);
    }
    found.add(entry);
    this.history.push(entry);
    this.sequence = sequence;
    if (id === null) return;
    this.ids.set(JSON.stringify([room, id]), { sequence, offset, isDuplicate: true });
  }
}
