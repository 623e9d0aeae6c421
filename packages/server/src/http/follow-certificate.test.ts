import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { io as connectClient } from "socket.io-client";
import { afterEach, expect, test } from "vitest";
import { Server } from "../server.ts";
import { followCertificate } from "./follow-certificate.ts";

const folder = mkdtempSync(join(tmpdir(), "openline-certificate-"));
const endings: (() => void)[] = [() => rmSync(folder, { recursive: true })];

afterEach(() => {
  for (const end of endings.splice(0).reverse()) end();
});

/** Makes a key and a certificate of that name; gives their paths. */
function make(name: string): { key: string; cert: string } {
  const key = join(folder, `${name}.key`);
  const cert = join(folder, `${name}.pem`);
  const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
  const paths = ["-keyout", key, "-out", cert, "-subj", `/CN=${name}`];
  execFileSync("openssl", [...request.split(" "), ...paths], { stdio: "ignore" });
  return { key, cert };
}

/** The name in the certificate that a new connection gets. */
async function nameAt(port: number): Promise<string | undefined> {
  const socket: TLSSocket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return Array.isArray(CN) ? CN[0] : CN;
}

test("a renewed certificate is taken into use, and who is connected stays so", async () => {
  const used = make("used");
  const https = createServer({ key: readFileSync(used.key), cert: readFileSync(used.cert) });
  const io = new Server(https);
  https.listen(0, "127.0.0.1");
  await once(https, "listening");
  const { port } = https.address() as AddressInfo;
  const errors: unknown[] = [];
  const followed = followCertificate(https, {
    ...used,
    intervalMs: 5,
    onError: (error) => errors.push(error),
  });
  const client = connectClient(`https://127.0.0.1:${port}`, {
    transports: ["websocket"],
    rejectUnauthorized: false,
  });
  endings.push(
    () => followed.close(),
    () => client.close(),
    () => void io.close(),
  );
  await new Promise<void>((resolve) => client.on("connect", resolve));
  const { id } = client;
  expect(await nameAt(port)).toBe("used");

  // Half of a renewal does not fit: the one before stays.
  const renewed = make("renewed");
  renameSync(renewed.key, used.key);
  expect(await followed.reload()).toBe(false);
  expect(errors.length).toBeGreaterThan(0);
  expect(await nameAt(port)).toBe("used");
  renameSync(renewed.cert, used.cert);
  await expect.poll(() => nameAt(port)).toBe("renewed");

  writeFileSync(used.cert, "nonsense");
  expect(await followed.reload()).toBe(false);
  expect(await nameAt(port)).toBe("renewed");
  expect(client.id).toBe(id);
  expect(client.connected).toBe(true);
});
