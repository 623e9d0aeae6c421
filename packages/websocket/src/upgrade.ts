import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { HandshakeError } from "@openline/protocol/errors";
import {
  acceptDeflateOffer,
  acceptKey,
  type ClientHandshake,
  checkHeaderLine,
  checkOrigin,
  DEFLATE_EXTENSION,
  formatSwitchingProtocols,
  type OriginPolicy as ParsedOriginPolicy,
  parseExtensions,
  readHandshake,
  readOriginList,
} from "@openline/protocol/websocket";
import { Admission } from "./admission.ts";
import { wheel } from "./clock.ts";
import type { LinkDeflate, LinkOptions } from "./link-options.ts";
import { type RefusalHeaders, refuseUpgrade } from "./refusal.ts";
import {
  type ServerOptions,
  serverDefaults,
  type VerifyClientCallbackAsync,
  type VerifyClientCallbackSync,
} from "./server-options.ts";
import { WheelEntry } from "./timer-wheel.ts";
import type { Accepted } from "./websocket.ts";

/** What the handling of upgrades needs of its server. */
export interface UpgradeOwner {
  /** False once the server closes: then 503. */
  readonly isRunning: boolean;
  shouldHandle(request: IncomingMessage): boolean | Promise<boolean>;
  /** Lets users see and change the answer's lines; false when nobody looked. */
  showHeaders(lines: string[], request: IncomingMessage): boolean;
  /** Lets users answer a broken handshake themselves; false when nobody did. */
  giveAway(error: HandshakeError, socket: Duplex, request: IncomingMessage): boolean;
}

/** An answered handshake, of which the server makes a WebSocket. */
export interface Upgraded extends Omit<Accepted, "host"> {
  /** What the peer's address is counted as; give it to `leave` when the connection is gone. */
  readonly group: string | undefined;
}

type OriginFunction = (origin: string, request: IncomingMessage) => boolean;

/** Sockets that were upgraded: a second time is a mistake of the program's. */
const upgradedSockets = new WeakSet<Duplex>();

/** A handshake that waits for `verifyClient`: it holds a place, and has a deadline. */
class PendingHandshake extends WheelEntry {
  private isSettled = false;
  private readonly onExpired: () => void;

  constructor(onExpired: () => void) {
    super();
    this.onExpired = onExpired;
  }

  /** True the first time: only one of answer, deadline and hang-up counts. */
  settle(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    wheel.cancel(this);
    return true;
  }

  expire(): void {
    if (this.settle()) this.onExpired();
  }
}

/** One upgrade request on its way to an answer. */
interface Attempt {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly handshake: ClientHandshake;
  readonly group: string | undefined;
  readonly open: (upgraded: Upgraded) => void;
}

/** Takes, checks and answers opening handshakes (RFC 6455 §4.2). */
export class Upgrader {
  private readonly owner: UpgradeOwner;
  private readonly options: ServerOptions;
  private readonly linkOptions: LinkOptions;
  private readonly origins: ParsedOriginPolicy | OriginFunction;
  private readonly admission: Admission;

  /** @throws TypeError for an `origins` that lists anything but origins */
  constructor(owner: UpgradeOwner, options: ServerOptions, linkOptions: LinkOptions) {
    this.owner = owner;
    this.options = options;
    this.linkOptions = linkOptions;
    this.origins = originPolicy(options.origins);
    const perAddress = options.maxConnectionsPerAddress;
    this.admission = new Admission(
      options.maxConnections ?? Number.POSITIVE_INFINITY,
      perAddress ?? serverDefaults.maxConnectionsPerAddress,
      perAddress !== undefined,
    );
  }

  /** A connection is gone: its place is free. */
  leave(group: string | undefined): void {
    this.admission.leave(group);
  }

  /** Answers one request; `open` is called if it is accepted. */
  handle(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    open: (upgraded: Upgraded) => void,
  ): void {
    // At no time may a hang-up of the peer be an unhandled 'error'.
    socket.on("error", destroyOnError);
    let handshake: ClientHandshake;
    try {
      handshake = readHandshake(request.method ?? "", request.headers, request.httpVersion);
      if (!this.owner.shouldHandle(request)) {
        refuseUpgrade(socket, 400);
        return;
      }
      this.checkOrigin(request);
    } catch (error) {
      this.refuse(error, socket, request);
      return;
    }
    const group = this.admission.groupOf(addressOf(socket));
    const refusal = this.admission.enter(group);
    if (refusal === "full") {
      refuseUpgrade(socket, 503, "The server has all the connections it takes; try again later");
    } else if (refusal === "address") {
      refuseUpgrade(socket, 429, "Too many connections from this address");
    } else {
      const attempt: Attempt = { request, socket, head, handshake, group, open };
      if (this.options.verifyClient) this.verify(attempt, this.options.verifyClient);
      else this.complete(attempt);
    }
  }

  private verify(
    attempt: Attempt,
    verifyClient: VerifyClientCallbackSync | VerifyClientCallbackAsync,
  ): void {
    const { request, socket } = attempt;
    const info = {
      origin: request.headers.origin as string, // undefined for what is no browser; typed as in ws
      secure: isEncrypted(request),
      req: request,
    };
    if (verifyClient.length !== 2) {
      if ((verifyClient as VerifyClientCallbackSync)(info)) this.complete(attempt);
      else this.giveUp(attempt, 401);
      return;
    }
    const pending = new PendingHandshake(() =>
      this.giveUp(attempt, 408, "The handshake took too long"),
    );
    const onHangUp = (): void => {
      if (pending.settle()) this.leave(attempt.group);
    };
    socket.once("close", onHangUp);
    const { handshakeTimeout = serverDefaults.handshakeTimeout } = this.options;
    if (handshakeTimeout > 0 && handshakeTimeout !== Number.POSITIVE_INFINITY) {
      wheel.schedule(pending, handshakeTimeout);
    }
    (verifyClient as VerifyClientCallbackAsync)(info, (isVerified, status, message, headers) => {
      if (!pending.settle()) return;
      socket.off("close", onHangUp);
      if (isVerified) this.complete(attempt);
      else this.giveUp(attempt, status ?? 401, message, headers);
    });
  }

  /** Answers 101 and hands the connection over. */
  private complete(attempt: Attempt): void {
    const { request, socket, head, handshake, group, open } = attempt;
    if (!socket.readable || !socket.writable) {
      this.leave(group);
      socket.destroy();
      return;
    }
    if (upgradedSockets.has(socket)) {
      this.leave(group);
      throw new Error(
        "server.handleUpgrade() was called more than once with the same socket, " +
          "possibly due to a misconfiguration",
      );
    }
    if (!this.owner.isRunning) {
      this.giveUp(attempt, 503);
      return;
    }
    let protocol: string | undefined;
    let deflate: LinkDeflate | null;
    let lines: string[];
    try {
      protocol = this.chooseProtocol(handshake, request);
      const negotiated = this.negotiateDeflate(handshake);
      deflate = negotiated.deflate;
      lines = formatSwitchingProtocols(acceptKey(handshake.key), protocol, negotiated.response);
      if (this.owner.showHeaders(lines, request)) for (const line of lines) checkHeaderLine(line);
    } catch (error) {
      this.leave(group);
      this.refuse(error, socket, request);
      return;
    }
    upgradedSockets.add(socket);
    socket.off("error", destroyOnError);
    open({
      response: `${lines.join("\r\n")}\r\n\r\n`,
      // A Duplex that is no net.Socket (a tunnel, a test) works through the public API.
      socket: socket as Socket,
      head,
      options: this.linkOptions,
      deflate,
      protocol: protocol ?? "",
      group,
    });
  }

  private chooseProtocol(handshake: ClientHandshake, request: IncomingMessage): string | undefined {
    const { protocols } = handshake;
    if (protocols.size === 0) return undefined;
    const { handleProtocols } = this.options;
    const chosen = handleProtocols
      ? handleProtocols(new Set(protocols), request)
      : protocols.values().next().value;
    return chosen || undefined;
  }

  private negotiateDeflate(handshake: ClientHandshake): {
    deflate: LinkDeflate | null;
    response: string | undefined;
  } {
    const none = { deflate: null, response: undefined };
    const options = this.linkOptions.deflate;
    if (options === null || handshake.extensions === undefined) return none;
    const offers = parseExtensions(handshake.extensions).get(DEFLATE_EXTENSION);
    const accepted = offers === undefined ? null : acceptDeflateOffer(offers, options);
    if (accepted === null) return none;
    return { deflate: { parameters: accepted.parameters, options }, response: accepted.response };
  }

  /** @throws HandshakeError */
  private checkOrigin(request: IncomingMessage): void {
    const { origin, host } = request.headers;
    const { origins } = this;
    if (typeof origins !== "function") {
      checkOrigin(origins, { origin, host, isEncrypted: isEncrypted(request) });
    } else if (origin !== undefined && !isAllowedBy(origins, origin, request)) {
      throw new HandshakeError(403, "This page's origin is not allowed to connect");
    }
  }

  private giveUp(
    attempt: Attempt,
    status: number,
    message?: string,
    headers?: RefusalHeaders,
  ): void {
    this.leave(attempt.group);
    refuseUpgrade(attempt.socket, status, message, headers);
  }

  private refuse(error: unknown, socket: Duplex, request: IncomingMessage): void {
    if (!(error instanceof HandshakeError)) throw error;
    if (this.owner.giveAway(error, socket, request)) return;
    refuseUpgrade(socket, error.status, error.message, error.headers);
  }
}

function originPolicy(origins: ServerOptions["origins"]): ParsedOriginPolicy | OriginFunction {
  if (origins === undefined) return "same-origin";
  if (typeof origins === "function") return origins;
  if (origins === "*") return "*";
  return readOriginList(typeof origins === "string" ? [origins] : origins);
}

/**
 * Asks the user's function. Strangers choose what it is asked, so that its exception (`new URL` of
 * `Origin: null` throws one) refuses this request, as a false would, and must not end the process.
 *
 * @throws HandshakeError 403 with the exception as its cause
 */
function isAllowedBy(origins: OriginFunction, origin: string, request: IncomingMessage): boolean {
  try {
    return origins(origin, request);
  } catch (cause) {
    const error = new HandshakeError(403, "The server's option `origins` threw an error");
    error.cause = cause;
    throw error;
  }
}

function isEncrypted(request: IncomingMessage): boolean {
  return (request.socket as { encrypted?: boolean }).encrypted === true;
}

function addressOf(socket: Duplex): string | undefined {
  return "remoteAddress" in socket ? (socket as Socket).remoteAddress : undefined;
}

function destroyOnError(this: Duplex): void {
  this.destroy();
}
