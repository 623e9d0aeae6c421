/**
 * Checks UTF-8 that comes in pieces, and fails at the first byte that no valid
 * text can have there: overlong forms, surrogates and code points above U+10FFFF
 * are refused as early as RFC 3629 §4 allows.
 */
export class Utf8Validator {
  /** Continuation bytes still owed by the current character. */
  private owed = 0;
  /** The range that the next continuation byte must lie in. */
  private lowest = 0x80;
  private highest = 0xbf;

  /** True between characters: a text may end here. */
  get isComplete(): boolean {
    return this.owed === 0;
  }

  reset(): void {
    this.owed = 0;
    this.lowest = 0x80;
    this.highest = 0xbf;
  }

  /** Takes `bytes[start, end)`; false as soon as they cannot be UTF-8. */
  push(bytes: Uint8Array, start: number, end: number): boolean {
    let { owed, lowest, highest } = this;
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at]!;
      if (owed !== 0) {
        if (byte < lowest || byte > highest) return false;
        lowest = 0x80;
        highest = 0xbf;
        owed -= 1;
      } else if (byte >= 0x80) {
        if (byte < 0xc2 || byte > 0xf4) return false;
        if (byte < 0xe0) {
          owed = 1;
        } else if (byte < 0xf0) {
          owed = 2;
          if (byte === 0xe0) lowest = 0xa0;
          else if (byte === 0xed) highest = 0x9f;
        } else {
          owed = 3;
          if (byte === 0xf0) lowest = 0x90;
          else if (byte === 0xf4) highest = 0x8f;
        }
      }
    }
    this.owed = owed;
    this.lowest = lowest;
    this.highest = highest;
    return true;
  }
}

const whole = new Utf8Validator();

/** Whether `bytes[start, end)` is a complete UTF-8 text (RFC 3629). */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  whole.reset();
  return whole.push(bytes, start, end) && whole.isComplete;
}
