import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Context } from "./context.ts";

describe("Context", () => {
  it("holds the last window of everything appended", () => {
    const windowBits = 8;
    const appends = fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 20 });
    fc.assert(
      fc.property(appends, fc.boolean(), (parts, hasPreset) => {
        const preset = hasPreset ? Buffer.from("preset") : null;
        const context = new Context(windowBits, preset);
        let all = Buffer.from(preset ?? "");
        for (const part of parts) {
          context.append(part);
          all = Buffer.concat([all, part]);
          expect(Buffer.from(context.dictionary ?? [])).toEqual(all.subarray(-(2 ** windowBits)));
        }
      }),
    );
  });

  it("takes no more memory than it needs, and never more than the window", () => {
    const context = new Context(15, null);
    context.append(new Uint8Array(100));
    expect(context.dictionary?.buffer.byteLength).toBe(100);
    for (let index = 0; index < 1000; index++) context.append(new Uint8Array(100));
    expect(context.dictionary?.buffer.byteLength).toBe(32_768);
    context.append(new Uint8Array(1_000_000));
    expect(context.dictionary?.buffer.byteLength).toBe(32_768);
  });

  it("begins with its preset, returns to it, or drops it too", () => {
    const context = new Context(15, Buffer.from("preset"));
    expect(String(Buffer.from(context.dictionary ?? []))).toBe("preset");
    context.append(Buffer.from("!"));
    context.reset();
    expect(String(Buffer.from(context.dictionary ?? []))).toBe("preset");
    context.drop();
    expect(context.dictionary).toBeUndefined();
    context.append(Buffer.from("new"));
    expect(String(Buffer.from(context.dictionary ?? []))).toBe("new");
  });
});
