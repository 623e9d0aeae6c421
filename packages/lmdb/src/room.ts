import type { RoomState } from "openline";

/** Bytes of a room's record, before the name that a shortened key needs. */
const RECORD_BYTES = 44;

/** A room as it will be when all that is being stored is, and as it may be shown. */
export class Room {
  readonly name: string;
  readonly key: Buffer;
  /** Stands for the name in the keys of entries and ids. */
  readonly number: number;
  firstOffset = 1;
  lastOffset = 0;
  lastSequence = 0;
  trimmedSequence = 0;
  bytes = 0;
  /** The last offset that was told of: what comes after it is not shown. */
  shownOffset = 0;
  shownSequence = 0;
  /** Payloads that are not shown yet, in bytes. */
  hiddenBytes = 0;
  /** Batches that will store this record and have not yet. */
  batches = 0;
  private readonly isKeyWhole: boolean;

  constructor(name: string, key: Buffer, isKeyWhole: boolean, number: number) {
    this.name = name;
    this.key = key;
    this.isKeyWhole = isKeyWhole;
    this.number = number;
  }

  /** What can be seen of it. */
  get state(): RoomState {
    return {
      firstOffset: this.firstOffset,
      lastOffset: this.shownOffset,
      lastSequence: this.shownSequence,
      trimmedSequence: this.trimmedSequence,
      bytes: this.bytes - this.hiddenBytes,
    };
  }

  /** True if its record says all that is known of it. */
  get isIdle(): boolean {
    return this.batches === 0 && this.shownOffset === this.lastOffset;
  }

  encode(): Buffer {
    const name = this.isKeyWhole ? null : Buffer.from(this.name, "utf16le");
    const record = Buffer.allocUnsafeSlow(RECORD_BYTES + (name?.length ?? 0));
    record.writeUInt32LE(this.number, 0);
    record.writeDoubleLE(this.firstOffset, 4);
    record.writeDoubleLE(this.lastOffset, 12);
    record.writeDoubleLE(this.lastSequence, 20);
    record.writeDoubleLE(this.trimmedSequence, 28);
    record.writeDoubleLE(this.bytes, 36);
    if (name !== null) record.set(name, RECORD_BYTES);
    return record;
  }

  /** Takes over what is stored. What is shown already stays shown. */
  decode(record: Buffer): void {
    this.firstOffset = record.readDoubleLE(4);
    this.lastOffset = record.readDoubleLE(12);
    this.lastSequence = record.readDoubleLE(20);
    this.trimmedSequence = record.readDoubleLE(28);
    this.bytes = record.readDoubleLE(36);
  }

  /** Shows all of it. */
  showAll(): void {
    this.shownOffset = this.lastOffset;
    this.shownSequence = this.lastSequence;
    this.hiddenBytes = 0;
  }
}

export function numberOf(record: Buffer): number {
  return record.readUInt32LE(0);
}

/** True if a stored room has messages. */
export function hasMessages(record: Buffer): boolean {
  return record.readDoubleLE(4) <= record.readDoubleLE(12);
}

/** The name that a record holds besides its key, if the key does not hold all of it. */
export function longNameOf(record: Buffer): string | null {
  return record.length === RECORD_BYTES ? null : record.toString("utf16le", RECORD_BYTES);
}

/** What is known of a room that never had a message. */
export const emptyRoom: RoomState = {
  firstOffset: 1,
  lastOffset: 0,
  lastSequence: 0,
  trimmedSequence: 0,
  bytes: 0,
};
