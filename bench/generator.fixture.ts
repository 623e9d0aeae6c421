import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

const stops: (() => void)[] = [];

/** To be called after each test. */
export function stopTamperers(): void {
  for (const stop of stops.splice(0)) stop();
}

/** Stands between the generator and a right server, and changes what comes back. */
export async function startTamperer(
  target: number,
  tamper: (chunk: Buffer, chunkNumber: number) => Buffer,
): Promise<number> {
  const open = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    let chunkNumber = 0;
    open.add(near).add(far);
    near.pipe(far);
    far.on("data", (chunk: Buffer) => near.write(tamper(chunk, chunkNumber++)));
    far.on("end", () => near.end());
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
