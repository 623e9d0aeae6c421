import { authenticated } from "../guard/authenticate/authenticate.ts";
import type { Authenticate, Principal } from "../guard/authenticate/principal.ts";
import { isRefusal } from "../guard/authenticate/principal.ts";
import { type Code, codes, type GuardRefusal, refusal } from "../guard/codes.ts";
import type { Handshake } from "../rooms/handshake.ts";
import { TokenClock } from "./token-clock.ts";

/** What an identity needs of its socket. */
export interface IdentitySocket {
  readonly handshake: Handshake;
  readonly connected: boolean;
  /** Tells the client. */
  notify(event: string, data: unknown): void;
  /** Ends the connection for good reason: it may come back with a new token. */
  dismiss(reason: GuardRefusal): void;
}

/** What bounds an identity. */
export interface IdentityLimits {
  /** From a token's end until the connection is closed, in milliseconds. */
  readonly refreshGrace: number;
  /** Of a token, key, ticket or cookie, in bytes. */
  readonly credential: number;
}

/** The event that a client refreshes its token by. */
export const REFRESH_EVENT = "openline:refresh";
/** The event that tells a client that its token ends soon. */
export const EXPIRING_EVENT = "openline:expiring";

/** Who is at the other end of a socket, and until when that is known. */
export class Identity {
  principal: Principal | null = null;
  private readonly socket: IdentitySocket;
  private readonly authenticate: Authenticate<Handshake>;
  private readonly limits: IdentityLimits;
  private readonly reportError: (error: unknown) => void;
  private clockOrNull: TokenClock | null = null;

  constructor(
    socket: IdentitySocket,
    authenticate: Authenticate<Handshake>,
    limits: IdentityLimits,
    reportError: (error: unknown) => void,
  ) {
    this.socket = socket;
    this.authenticate = authenticate;
    this.limits = limits;
    this.reportError = reportError;
  }

  /** Finds out who connects; null if that is known now. */
  async establish(): Promise<GuardRefusal | null> {
    const verdict = await this.ask(this.socket.handshake);
    if (isRefusal(verdict)) return verdict;
    this.take(verdict);
    return null;
  }

  /**
   * Takes a new token: `fields` replace those that the client sent when it connected. The principal
   * must be the same.
   */
  async refresh(fields: unknown): Promise<{ expiresMs: number | null } | GuardRefusal> {
    if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
      return refusal("OPENLINE_BAD_REQUEST", {
        message: `${REFRESH_EVENT} takes an object with what the client connects with, such as { token }`,
      });
    }
    const { handshake } = this.socket;
    const verdict = await this.ask({ ...handshake, auth: { ...handshake.auth, ...fields } });
    if (isRefusal(verdict)) return verdict;
    if (verdict.id !== this.principal?.id) return refusal("OPENLINE_PRINCIPAL_CHANGED");
    this.take(verdict);
    return { expiresMs: verdict.expiresMs ?? null };
  }

  /** The socket is gone. */
  end(): void {
    this.clockOrNull?.stop();
  }

  private ask(handshake: Handshake): Promise<Principal | GuardRefusal> {
    const request = { ...handshake, maxCredentialBytes: this.limits.credential };
    return authenticated(this.authenticate, request, this.reportError);
  }

  private take(principal: Principal): void {
    this.principal = principal;
    if (principal.expiresMs === undefined && this.clockOrNull === null) return;
    this.clockOrNull ??= new TokenClock(
      {
        expiring: () => {
          const { expiresMs } = this.principal ?? {};
          this.socket.notify(EXPIRING_EVENT, { expiresMs });
        },
        expired: () => this.socket.dismiss(refusal("OPENLINE_TOKEN_EXPIRED")),
      },
      this.limits.refreshGrace,
    );
    this.clockOrNull.follow(principal.expiresMs);
  }
}

/** Whether the client should simply come back: then it must not be told to stay away. */
export function isTemporary({ code }: GuardRefusal): boolean {
  return Object.hasOwn(codes, code) && codes[code as Code].again === "later";
}
