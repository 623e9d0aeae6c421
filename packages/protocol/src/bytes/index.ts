export { decodedBase64Length, encodeBase64 } from "./base64.ts";
export { applyMask, isAscii } from "./mask.ts";
export { sha1 } from "./sha1.ts";
export { isUtf8, Utf8Validator } from "./utf8.ts";
