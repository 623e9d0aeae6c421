import { PacketError } from "./packet-error.ts";

/** What stands in a packet's JSON for one of its attachments. */
interface Placeholder {
  readonly _placeholder: true;
  readonly num: number;
}

/** Deeper data is handed to JSON.stringify as it is, which says what is wrong with it. */
const MAX_SEARCH_DEPTH = 1_000;

/** Whether `value` is bytes, which travel beside the JSON. */
export function isBytes(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** Tells what travels beside the JSON as bytes do, such as the Blob of a browser. */
export type IsAttachment<Other> = (value: object) => value is Other & object;

/** Whether bytes, or what `isOther` tells, lie in `value`, looking at it as JSON.stringify does. */
export function hasBytes<Other = never>(
  value: unknown,
  isOther?: IsAttachment<Other>,
  depth = 0,
): boolean {
  if (typeof value !== "object" || value === null || depth > MAX_SEARCH_DEPTH) return false;
  if (isBytes(value) || isOther?.(value)) return true;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (typeof item === "object" && hasBytes(item, isOther, depth + 1)) return true;
    }
    return false;
  }
  const replaced = replacement(value);
  if (replaced !== value) return hasBytes(replaced, isOther, depth + 1);
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key];
    if (typeof item !== "object" || !Object.hasOwn(value, key)) continue;
    if (hasBytes(item, isOther, depth + 1)) return true;
  }
  return false;
}

/**
 * A copy of `value` with placeholders for its bytes, and for what `isOther` tells; these are added
 * to `attachments` in order.
 */
export function takeOutBytes<Other = never>(
  value: unknown,
  attachments: (Uint8Array | Other)[],
  isOther?: IsAttachment<Other>,
  depth = 0,
): unknown {
  if (typeof value !== "object" || value === null || depth > MAX_SEARCH_DEPTH) return value;
  if (isBytes(value) || isOther?.(value)) {
    const placeholder: Placeholder = { _placeholder: true, num: attachments.length };
    attachments.push(isBytes(value) ? toBytes(value) : value);
    return placeholder;
  }
  if (Array.isArray(value)) {
    return value.map((item) => takeOutBytes(item, attachments, isOther, depth + 1));
  }
  const replaced = replacement(value);
  if (replaced !== value) return takeOutBytes(replaced, attachments, isOther, depth + 1);
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const taken = takeOutBytes(item, attachments, isOther, depth + 1);
    // A plain assignment would set the copy's prototype.
    if (key === "__proto__") Object.defineProperty(copy, key, ownField(taken));
    else copy[key] = taken;
  }
  return copy;
}

/**
 * Puts `attachments` into their places in `value`, which has just been parsed and is changed.
 *
 * @throws PacketError for a placeholder that names none of them, or data nested beyond `maxDepth`
 */
export function putInBytes(
  value: unknown,
  attachments: readonly unknown[],
  maxDepth: number,
): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (maxDepth <= 0) throw new PacketError("TOO_DEEP");
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      value[at] = putInBytes(value[at], attachments, maxDepth - 1);
    }
    return value;
  }
  const fields = value as Record<string, unknown>;
  if (Object.hasOwn(fields, "_placeholder") && fields._placeholder === true) {
    const { num } = fields;
    const attachment = typeof num === "number" ? attachments[num] : undefined;
    if (attachment === undefined) throw new PacketError("BAD_PLACEHOLDER");
    return attachment;
  }
  for (const key of Object.keys(fields)) {
    // Own already, and so never the prototype, whatever it is called.
    fields[key] = putInBytes(fields[key], attachments, maxDepth - 1);
  }
  return value;
}

/** What JSON.stringify would write in place of `value`. */
function replacement(value: object): unknown {
  if (!("toJSON" in value) || typeof value.toJSON !== "function") return value;
  return value.toJSON();
}

function toBytes(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function ownField(value: unknown): PropertyDescriptor {
  return { value, enumerable: true, configurable: true, writable: true };
}
