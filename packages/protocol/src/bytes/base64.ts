const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PADDING = 0x3d;

/** The value of each character of the alphabet by its code; -1 for any other. */
const values = new Int8Array(128).fill(-1);
for (let value = 0; value < 64; value += 1) values[ALPHABET.charCodeAt(value)] = value;

/** `bytes` in base64 with padding (RFC 4648 §4). */
export function encodeBase64(bytes: Uint8Array): string {
  const { length } = bytes;
  let text = "";
  let at = 0;
  for (; at + 3 <= length; at += 3) {
    const group = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    text +=
      ALPHABET[group >>> 18]! +
      ALPHABET[(group >>> 12) & 63]! +
      ALPHABET[(group >>> 6) & 63]! +
      ALPHABET[group & 63]!;
  }
  const rest = length - at;
  if (rest === 0) return text;
  const group = (bytes[at]! << 16) | (rest === 2 ? bytes[at + 1]! << 8 : 0);
  text += ALPHABET[group >>> 18]! + ALPHABET[(group >>> 12) & 63]!;
  return text + (rest === 2 ? `${ALPHABET[(group >>> 6) & 63]!}=` : "==");
}

/**
 * How many bytes `text` stands for in base64 with padding (RFC 4648 §4); -1 when it is
 * not base64. Bits that the padding leaves unused may be set, as other decoders allow.
 */
export function decodedBase64Length(text: string): number {
  const { length } = text;
  if (length % 4 !== 0) return -1;
  let digits = length;
  while (digits > length - 2 && digits > 0 && text.charCodeAt(digits - 1) === PADDING) digits -= 1;
  for (let at = 0; at < digits; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 127 || values[code]! < 0) return -1;
  }
  return (length / 4) * 3 - (length - digits);
}
