import type { Authenticate } from "../guard/authenticate/principal.ts";
import { type GuardRefusal, refusal } from "../guard/codes.ts";
import type { Handshake } from "../rooms/handshake.ts";
import { Identity, type IdentityLimits, type IdentitySocket } from "./identity.ts";
import { type PrincipalSocket, Principals } from "./principals.ts";

/** A socket that asks to be let in. */
export interface GateSocket extends IdentitySocket, PrincipalSocket {
  identity: Identity | null;
}

export interface IdentityGateOptions {
  readonly authenticate: Authenticate<Handshake>;
  readonly limits: IdentityLimits & {
    /** Of one principal. */
    readonly connectionsPerPrincipal: number;
  };
  readonly reportError: (error: unknown) => void;
}

/** Asks each socket that connects who is at its other end. */
export class IdentityGate {
  readonly principals: Principals<PrincipalSocket> = new Principals();
  private readonly options: IdentityGateOptions;

  constructor(options: IdentityGateOptions) {
    this.options = options;
  }

  /** Null: it is let in, with its principal. */
  async admit(socket: GateSocket): Promise<GuardRefusal | null> {
    const { authenticate, limits, reportError } = this.options;
    const identity = new Identity(socket, authenticate, limits, reportError);
    const refused = await identity.establish();
    if (refused !== null) return refused;
    socket.identity = identity;
    const { principal } = identity;
    if (principal === null) return null;
    const hasPlace = this.principals.enter(principal.id, socket, limits.connectionsPerPrincipal);
    return hasPlace ? null : refusal("OPENLINE_TOO_MANY_OF_PRINCIPAL");
  }
}
