import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { root } from "../tools/workspaces.ts";

/** Proxies with TLS, configured as docs/deploy says, and the certificate that they show. */
export class Proxies {
  private readonly folder: string = mkdtempSync(join(tmpdir(), "openline-proxy-"));
  private readonly children: ChildProcess[] = [];

  constructor() {
    // nginx gives up root's rights, and keeps large bodies in a folder of its own in there.
    chmodSync(this.folder, 0o711);
    execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
        ...["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        ...["-keyout", join(this.folder, "key.pem"), "-out", join(this.folder, "certificate.pem")],
      ],
      { stdio: "ignore" },
    );
    writeFileSync(join(this.folder, "both.pem"), this.certificate + this.key);
  }

  get certificate(): string {
    return readFileSync(join(this.folder, "certificate.pem"), "utf8");
  }

  get key(): string {
    return readFileSync(join(this.folder, "key.pem"), "utf8");
  }

  /** Starts one before a server on `backend`; resolves with its port once it listens. */
  start(name: ProxyName, backend: number, idle: string): Promise<number> {
    const { folder } = this;
    if (name === "nginx") {
      return this.startProxy("nginx.conf", (config) => ["nginx", "-p", folder, "-c", config], {
        RUN: folder,
        CERTIFICATE: join(folder, "certificate.pem"),
        KEY: join(folder, "key.pem"),
        BACKEND: String(backend),
        IDLE: idle,
      });
    }
    if (name === "Caddy") {
      const command = (config: string): string[] => [
        ...["caddy", "run", "--adapter", "caddyfile", "--config", config],
      ];
      return this.startProxy("Caddyfile", command, {
        RUN: folder,
        CERTIFICATE: join(folder, "certificate.pem"),
        KEY: join(folder, "key.pem"),
        BACKEND: String(backend),
      });
    }
    return this.startProxy("haproxy.cfg", (config) => ["haproxy", "-db", "-f", config], {
      CERTIFICATE_AND_KEY: join(folder, "both.pem"),
      BACKEND: String(backend),
      IDLE: idle,
    });
  }

  /** Ends those that run. */
  async stop(): Promise<void> {
    for (const child of this.children.splice(0)) {
      if (child.exitCode !== null) continue;
      const gone = once(child, "exit");
      // SIGTERM, so that nginx takes its workers with it. Caddy has none, and would wait for its lines.
      child.kill(child.spawnfile === "caddy" ? "SIGKILL" : "SIGTERM");
      await gone;
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async startProxy(
    file: string,
    command: (config: string) => string[],
    values: Record<string, string>,
  ): Promise<number> {
    const port = await freePort();
    let text = readFileSync(join(root, "docs/deploy", file), "utf8");
    for (const [name, value] of Object.entries({ ...values, LISTEN: String(port) })) {
      text = text.replaceAll(new RegExp(`\\$${name}\\b`, "g"), () => value);
    }
    expect(text.replaceAll(/^\s*#.*$/gm, "")).not.toMatch(/\$[A-Z]/);
    const config = join(this.folder, `${port}-${file}`);
    writeFileSync(config, text);
    const [program = "", ...parameters] = command(config);
    const child = spawn(program, parameters, { stdio: ["ignore", "pipe", "pipe"] });
    this.children.push(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk) => {
        output += chunk;
      });
    }
    await listening(port, child, () => output);
    return port;
  }
}

export type ProxyName = "nginx" | "HAProxy" | "Caddy";

export const proxyNames: readonly ProxyName[] = ["nginx", "HAProxy", "Caddy"];

/** Those that cut a line on which nothing moves. */
export const impatientProxyNames: readonly ProxyName[] = ["nginx", "HAProxy"];

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Resolves once something listens on `port`; fails when `child` ends before. */
async function listening(port: number, child: ChildProcess, output: () => string): Promise<void> {
  const ended = once(child, "close").then(() => {
    throw new Error(`the proxy ended:\n${output()}`);
  });
  const answers = async (): Promise<void> => {
    for (;;) {
      const isUp = await new Promise<boolean>((resolve) => {
        const probe = connect(port, "127.0.0.1");
        probe.once("connect", () => resolve(true));
        probe.once("error", () => resolve(false));
        probe.once("close", () => probe.destroy());
      });
      if (isUp) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  ended.catch(() => {});
  await Promise.race([answers(), ended]);
}
