import type { Epoch } from "openline";
import type { Tables } from "./environment.ts";
import { corrupt, newer } from "./errors.ts";
import { nameKey } from "./keys.ts";

/** Of the layout of all tables. A newer one than this is refused; an older one would be converted. */
export const FORMAT = 1;

/** So many openings are remembered; a client that has been away for longer gets a declared gap. */
const MAX_EPOCHS = 1000;

const formatKey: Buffer = Buffer.from("format");
/** What has been numbered so far: namespaces and rooms. */
const countersKey: Buffer = Buffer.from("counters");
const idsKey: Buffer = Buffer.from("ids");

export interface Counters {
  readonly namespaces: number;
  readonly rooms: number;
}

/** Which generation of ids is being written, and until when. */
export interface IdGenerations {
  readonly current: 0 | 1;
  /** By the times of messages. Null: since none has come yet. */
  readonly turnsMs: number | null;
}

/** A value that is to be written with a batch. */
export interface MetaValue {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** True if the tables hold a log; false if they are new. @throws LogError if something else */
export function checkFormat({ path, meta, rooms }: Tables): boolean {
  const value = meta.getBinary(formatKey);
  if (value === undefined) {
    if (rooms.getKeysCount({ limit: 1 }) > 0) throw corrupt(path, "its format is not told");
    return false;
  }
  const format = readJson(path, value) as { readonly format?: unknown };
  if (format?.format === FORMAT) return true;
  if (typeof format?.format === "number" && format.format > FORMAT) {
    throw newer(path, format.format);
  }
  throw corrupt(path, "its format is not known");
}

export function encodeFormat(): MetaValue {
  return { key: formatKey, value: json({ format: FORMAT }) };
}

export function readCounters({ path, meta }: Tables): Counters {
  const value = meta.getBinary(countersKey);
  return value === undefined
    ? { namespaces: 0, rooms: 0 }
    : (readJson(path, value) as unknown as Counters);
}

export function encodeCounters(counters: Counters): MetaValue {
  return { key: countersKey, value: json(counters) };
}

export function readIdGenerations({ path, meta }: Tables): IdGenerations {
  const value = meta.getBinary(idsKey);
  return value === undefined
    ? { current: 0, turnsMs: null }
    : (readJson(path, value) as unknown as IdGenerations);
}

export function encodeIdGenerations(generations: IdGenerations): MetaValue {
  return { key: idsKey, value: json(generations) };
}

/** The number that stands for a namespace; undefined if it has none yet. */
export function readNamespace({ meta }: Tables, name: string): number | undefined {
  return meta.getBinary(namespaceKey(name))?.readUInt32LE(0);
}

export function encodeNamespace(name: string, number: number): MetaValue {
  const value = Buffer.alloc(4);
  value.writeUInt32LE(number);
  return { key: namespaceKey(name), value };
}

/** The newest sequence of a namespace. */
export function readSequence({ meta }: Tables, namespace: number): number {
  return meta.getBinary(numbered("sequence", namespace))?.readDoubleLE(0) ?? 0;
}

export function encodeSequence(namespace: number, sequence: number): MetaValue {
  const value = Buffer.allocUnsafeSlow(8);
  value.writeDoubleLE(sequence);
  return { key: numbered("sequence", namespace), value };
}

export function readEpochs({ path, meta }: Tables, namespace: number): Epoch[] {
  const value = meta.getBinary(numbered("epochs", namespace));
  return value === undefined ? [] : (readJson(path, value) as unknown as Epoch[]);
}

export function encodeEpochs(namespace: number, epochs: readonly Epoch[]): MetaValue {
  return { key: numbered("epochs", namespace), value: json(epochs.slice(-MAX_EPOCHS)) };
}

function namespaceKey(name: string): Buffer {
  return Buffer.concat([Buffer.from("namespace "), nameKey(0, name).bytes]);
}

function numbered(what: string, namespace: number): Buffer {
  return Buffer.from(`${what} ${namespace}`);
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function readJson(path: string, value: Buffer): object {
  try {
    return JSON.parse(value.toString()) as object;
  } catch (error) {
    throw corrupt(path, "its settings cannot be read", error);
  }
}
