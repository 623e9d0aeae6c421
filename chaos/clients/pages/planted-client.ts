import { ChannelReader } from "../../../packages/client/src/channels/channel-reader.ts";
import { Outbox } from "../../../packages/client/src/channels/outbox.ts";
import { Requests } from "../../../packages/client/src/channels/requests.ts";

/** Bugs of our own client that can be planted, each of which the checker has to find. */
export const clientPlants = {
  "client-repeat": "a page forgets the last three messages of a room when it joins it again",
  "client-drop": "a page drops what waits for messages that come before it",
  "client-forget": "a page does not store what is published",
  "client-rename": "a page gives a message another id when it sends it again",
} as const;

export type ClientPlantName = keyof typeof clientPlants;

export const clientPlantNames: readonly ClientPlantName[] = Object.keys(
  clientPlants,
) as ClientPlantName[];

interface Place {
  readonly epoch: string;
  readonly offset: number;
}

/** What the bugs need of the reader, and it keeps to itself. */
interface OpenReader {
  place: Place | null;
  rejoin(): void;
  hold(offset: number, live: { readonly epoch: string; readonly message: unknown }): void;
}

/** What the bugs need of the outbox, and it keeps to itself. */
interface OpenOutbox {
  storage: unknown;
  keep(entry: unknown): void;
}

const forgotten = 3;

/** Plants a bug in all clients of this process; what is returned takes it out again. */
export function plantClientBug(plant: ClientPlantName): () => void {
  const reader = ChannelReader.prototype as unknown as OpenReader; // its privates are there
  const { rejoin, hold } = reader;
  const outbox = Outbox.prototype as unknown as OpenOutbox; // likewise
  const { keep } = outbox;
  const { ask } = Requests.prototype;
  if (plant === "client-repeat") {
    reader.rejoin = function (this: OpenReader): void {
      rejoin.call(this);
      if (this.place === null) return;
      this.place = { ...this.place, offset: Math.max(0, this.place.offset - forgotten) };
    };
  } else if (plant === "client-drop") {
    reader.hold = function (this: OpenReader, offset, live): void {
      hold.call(this, offset, { ...live, message: null });
    };
  } else if (plant === "client-forget") {
    outbox.keep = function (this: OpenOutbox, entry): void {
      const { storage } = this;
      this.storage = null;
      keep.call(this, entry);
      this.storage = storage;
    };
  } else if (plant === "client-rename") {
    const seen = new Set<unknown>();
    Requests.prototype.ask = function (this: Requests, event, fields, ...rest): void {
      let given = fields;
      if (event === "openline:publish" && fields !== undefined) {
        const { id } = fields as { readonly id?: unknown };
        if (seen.has(id)) given = { ...fields, id: `${id}, again` };
        seen.add(id);
      }
      ask.call(this, event, given, ...rest);
    };
  }
  return () => {
    reader.rejoin = rejoin;
    reader.hold = hold;
    outbox.keep = keep;
    Requests.prototype.ask = ask;
  };
}
