import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from "jose";

/** An issuer of tokens over HTTP, on a port of its own. */
export class TestIssuer {
  /** Requests so far, by path. */
  readonly requests: string[] = [];
  /** What it publishes now. */
  readonly published: JWK[] = [];
  /** What it answers instead, by path. */
  readonly answers = new Map<
    string,
    { status: number; body: string; headers?: Record<string, string> }
  >();
  readonly url: string;
  private readonly server: Server;
  private readonly keys = new Map<string, { key: CryptoKey; alg: string }>();

  private constructor(server: Server) {
    this.server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("request", (request, response) => {
      const path = request.url ?? "";
      this.requests.push(path);
      const answer = this.answers.get(path);
      const body =
        path === "/keys"
          ? { keys: this.published }
          : path === "/.well-known/openid-configuration"
            ? { issuer: this.url, jwks_uri: `${this.url}/keys` }
            : undefined;
      response.writeHead(answer?.status ?? (body === undefined ? 404 : 200), answer?.headers);
      response.end(answer?.body ?? JSON.stringify(body));
    });
  }

  static async start(): Promise<TestIssuer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const issuer = new TestIssuer(server);
    await issuer.addKey("first");
    return issuer;
  }

  async addKey(kid: string, alg = "ES256", extra: JWK = {}): Promise<JWK> {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    this.keys.set(kid, { key: privateKey, alg });
    const jwk = { ...(await exportJWK(publicKey)), kid, alg, ...extra };
    this.published.push(jwk);
    return jwk;
  }

  /** A token that is good for an hour from `nowMs`, but for what is said otherwise. */
  sign(nowMs: number, claims: JWTPayload = {}, kid = "first", header = {}): Promise<string> {
    const { key, alg } = this.keys.get(kid) ?? { key: new Uint8Array(32), alg: "HS256" };
    const nowS = Math.floor(nowMs / 1_000);
    return new SignJWT({ iss: this.url, aud: "us", sub: "ada", exp: nowS + 3_600, ...claims })
      .setProtectedHeader({ alg, kid, ...header })
      .sign(key);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<unknown>((resolve) => this.server.close(resolve));
  }
}
