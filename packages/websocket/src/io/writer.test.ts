import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { handleOf, type StreamHandle } from "./internals.ts";
import { DirectWriter } from "./writer.ts";

const isPublicIo = process.env.OPENLINE_PUBLIC_IO === "1";

test.skipIf(isPublicIo)(
  "does not use a request again that is under way with nothing queued",
  async () => {
    const listener = createServer();
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const accepted = once(listener, "connection");
    const near = connect((listener.address() as AddressInfo).port, "127.0.0.1");
    const [[far]] = (await Promise.all([accepted, once(near, "connect")])) as [[Socket], unknown];
    const handle = handleOf(near) as StreamHandle;
    // As libuv has it when the kernel takes nothing at first, and then everything.
    const hasNoQueue: StreamHandle = {
      writeQueueSize: 0,
      useUserBuffer: (buffer) => handle.useUserBuffer(buffer),
      writeBuffer: (request, bytes) => handle.writeBuffer(request, bytes),
      writev: (request, chunks, isAllBuffers) => handle.writev(request, chunks, isAllBuffers),
    };
    await new Promise<void>((resolve) => {
      const learner = new DirectWriter(near, handle);
      if (learner.write(Buffer.from("a"), { onWritten: () => resolve() })) resolve();
    });
    const writer = new DirectWriter(near, hasNoQueue);
    const large = Buffer.alloc(20_000_000);
    let written = 0;
    const write = (): Promise<void> =>
      new Promise((resolve) => {
        const onWritten = (error: Error | null): void => {
          expect(error).toBe(null);
          written += 1;
          resolve();
        };
        expect(writer.writePair(Buffer.from("b"), large, { onWritten })).toBe(false);
      });
    const both = Promise.all([write(), write()]);
    far.resume();
    await both;
    expect(written).toBe(2);
    near.destroy();
    far.destroy();
    listener.close();
  },
);
