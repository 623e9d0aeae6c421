/**
 * `npm start`: a parent that owns nothing but the server's process and the port of a control page, so that
 * the server can be killed and started again in front of you.
 *
 * `PORT`, `HOST` and `DATA` are the server's; `CONTROL_PORT` (default: the one after it, or a free one) is
 * where the control page is. `COMPANY=off` starts without simulated people.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { readPort } from "../read-port.ts";
import { Companions } from "./companions.ts";
import { ControlServer } from "./control-server.ts";
import { ServerProcess } from "./server-process.ts";

async function main(): Promise<void> {
  const { PORT, HOST, CONTROL_PORT, COMPANY } = process.env;
  const port = readPort(PORT);
  const botKey = randomBytes(16).toString("hex");
  let pagesPort = port;
  const control = new ControlServer({
    get pagesPort() {
      return pagesPort;
    },
    get state() {
      return { ...server.state, hasCompany: companions.isOn };
    },
    kill: () => server.kill(),
    restart: async () => void (await server.start()),
    setCompany: (isOn) => companions.set(isOn),
  });
  const companions = new Companions(botKey, () => control.changed());
  if (CONTROL_PORT === undefined) {
    // Whatever has the next port is no reason not to start.
    await listen(control.server, port === 0 ? 0 : port + 1, HOST).catch(() =>
      listen(control.server, 0, HOST),
    );
  } else await listen(control.server, readPort(CONTROL_PORT, "CONTROL_PORT"), HOST);
  const controlPort = (control.server.address() as AddressInfo).port;
  const server = new ServerProcess(
    String(port),
    { BOT_KEY: botKey, CONTROL_PORT: String(controlPort) },
    () => control.changed(),
  );

  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) process.exit(1);
    isStopping = true;
    companions.close();
    control.close();
    await server.stop();
    process.exit(0);
  };
  process.on("SIGINT", () => void stop());
  process.on("SIGTERM", () => void stop());

  const url = await server.start().catch(() => null);
  if (url === null) {
    process.exitCode = 1;
    control.close();
    return;
  }
  pagesPort = Number(new URL(url).port);
  companions.open(url, COMPANY !== "off");
  const controlUrl = new URL(url);
  controlUrl.port = String(controlPort);
  console.log(`Openline showcase: ${url}  (Ctrl+C stops it; its supervisor: ${controlUrl.origin})`);
}

async function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  server.listen({ port, host });
  await once(server, "listening");
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
