import { describe, expect, it } from "vitest";
import { resolveDeflateOptions } from "./options.ts";

describe("resolveDeflateOptions", () => {
  it("fills in the defaults of ws", () => {
    expect(resolveDeflateOptions({})).toMatchObject({ threshold: 1024, concurrencyLimit: 10 });
    expect(resolveDeflateOptions({ threshold: 0 }).threshold).toBe(0);
  });

  it("names the option that is wrong, and what it accepts", () => {
    const wrong = [
      [{ serverMaxWindowBits: 7 }, "perMessageDeflate.serverMaxWindowBits must be an integer"],
      [{ clientMaxWindowBits: 16 }, "perMessageDeflate.clientMaxWindowBits must be an integer"],
      [{ threshold: -1 }, "perMessageDeflate.threshold must be a number from 0 up"],
      [{ concurrencyLimit: Number.NaN }, "perMessageDeflate.concurrencyLimit must be a number"],
      [{ zlibDeflateOptions: { level: 10 } }, "perMessageDeflate.zlibDeflateOptions is refused"],
      [{ zlibInflateOptions: { chunkSize: 1 } }, "perMessageDeflate.zlibInflateOptions is refused"],
    ] as const;
    for (const [options, message] of wrong) {
      expect(() => resolveDeflateOptions(options)).toThrow(message);
    }
  });

  it("accepts what ws accepts", () => {
    const options = {
      serverNoContextTakeover: false,
      clientMaxWindowBits: true,
      serverMaxWindowBits: false,
      zlibDeflateOptions: { chunkSize: 1024, memLevel: 7, level: 3 },
      zlibInflateOptions: { chunkSize: 10 * 1024 },
      concurrencyLimit: Number.POSITIVE_INFINITY,
    };
    expect(resolveDeflateOptions(options)).toMatchObject(options);
  });
});
