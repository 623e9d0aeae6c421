import { randomBytes } from "node:crypto";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { HandshakeError } from "@openline/protocol/errors";
import {
  checkDeflatePreferences,
  confirmDeflate,
  createHandshake,
  DEFLATE_EXTENSION,
  type DeflateParameters,
  type DeflatePreferences,
  type ExpectedHandshake,
  offerDeflate,
  verifyHandshake,
} from "@openline/protocol/websocket";
import { Credentials, type RequestCredentials } from "./credentials.ts";
import type { ClientOptions } from "./options.ts";
import { createRequest } from "./request.ts";
import { parseTarget, type Target } from "./target.ts";

/** What is told while a connection opens. After `onOpen`, `onError` or `abort` nothing is. */
export interface OpeningEvents<WebSocket = unknown> {
  /** For `finishRequest`. */
  readonly websocket: WebSocket;
  /** The address that is tried, at first and after each redirect. */
  onUrl(url: string): void;
  /** Before the first request is finished by the user, who may want to abort already. */
  onStart?(opening: Opening): void;
  /** Something decides for itself which header fields a redirected request keeps. */
  hasRedirectListener?(): boolean;
  /** A redirect is followed with `request`, which is not yet sent. */
  onRedirect(url: string, request: ClientRequest): void;
  /** The server answered without an upgrade; false when nobody cares: then it is an error. */
  onUnexpectedResponse(request: ClientRequest, response: IncomingMessage): boolean;
  /** The server answered with an upgrade, which has not been checked yet. */
  onUpgrade(response: IncomingMessage): void;
  /**
   * The connection is open. The socket is the owner's, who must listen to its 'error'
   * before this returns; `head` is what the server sent behind its answer.
   */
  onOpen(socket: Socket, head: Buffer, protocol: string, deflate: DeflateParameters | null): void;
  onError(error: Error): void;
}

/** A connection that is being opened. */
export interface Opening {
  /** Gives up: everything is closed, and no event follows. */
  abort(): void;
}

const DEFAULT_MAX_REDIRECTS = 10;
/** Node's timers do not count further. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Opens a client's connection: request, redirects, deadline, and the check of what the
 * server answers.
 *
 * @throws SyntaxError for a bad address, or a subprotocol that is bad or named twice
 * @throws RangeError or TypeError for options that cannot be used
 */
export function openConnection<WebSocket>(
  address: string | URL,
  protocols: readonly string[],
  options: ClientOptions<WebSocket>,
  events: OpeningEvents<WebSocket>,
): Opening {
  checkOptions(options);
  const attempt = new Attempt(parseTarget(address), protocols, options, events);
  attempt.start();
  return attempt;
}

function checkOptions(options: ClientOptions): void {
  const { protocolVersion = 13 } = options;
  if (protocolVersion !== 13) {
    throw new RangeError(
      `Unsupported protocol version: ${protocolVersion} (supported versions: 13)`,
    );
  }
  for (const name of ["handshakeTimeout", "maxRedirects"] as const) {
    const value = options[name];
    if (value !== undefined && !(typeof value === "number" && value >= 0)) {
      throw new RangeError(`${name} takes a number from 0 up, not ${String(value)}`);
    }
  }
  checkDeflatePreferences(deflatePreferences(options) ?? {});
}

/** What to offer of permessage-deflate; null to offer none. */
function deflatePreferences(options: ClientOptions): DeflatePreferences | null {
  const { perMessageDeflate = true } = options;
  if (typeof perMessageDeflate === "object" && perMessageDeflate !== null) return perMessageDeflate;
  return perMessageDeflate ? {} : null;
}

class Attempt<WebSocket> implements Opening {
  private readonly first: Target;
  private readonly protocols: readonly string[];
  private readonly options: ClientOptions<WebSocket>;
  private readonly events: OpeningEvents<WebSocket>;
  private readonly credentials: Credentials;
  private readonly deflate: DeflatePreferences | null;
  /** The one request that counts; what happens to any other is ignored. */
  private request: ClientRequest | null = null;
  private timer: NodeJS.Timeout | undefined;
  private redirects = 0;
  private isDone = false;

  constructor(
    first: Target,
    protocols: readonly string[],
    options: ClientOptions<WebSocket>,
    events: OpeningEvents<WebSocket>,
  ) {
    this.first = first;
    this.protocols = protocols;
    this.options = options;
    this.events = events;
    this.credentials = new Credentials(first, options.headers ?? {}, options.auth ?? undefined);
    this.deflate = deflatePreferences(options);
  }

  start(): void {
    try {
      this.events.onUrl(this.first.url.href);
      const request = this.prepare(this.first, this.credentials.forFirst());
      this.events.onStart?.(this);
      this.finish(request);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  abort(): void {
    if (!this.isDone) this.stop();
  }

  private fail(error: Error): void {
    if (this.isDone) return;
    this.stop();
    this.events.onError(error);
  }

  private stop(): void {
    this.isDone = true;
    this.drop();
  }

  /** Ends the request that counts, and its deadline. */
  private drop(): void {
    clearTimeout(this.timer);
    const { request } = this;
    this.request = null;
    if (request === null) return;
    request.destroy();
    this.release(request);
  }

  /**
   * Closes the connection of a request that was answered. Node leaves it open for the
   * next one, because of the field `Connection: Upgrade`; without an agent none comes.
   */
  private release(request: ClientRequest): void {
    if (!this.options.agent) request.socket?.destroy();
  }

  /** Makes a request and hears what becomes of it. */
  private prepare(target: Target, credentials: RequestCredentials): ClientRequest {
    const { origin, handshakeTimeout } = this.options;
    const extensions = this.deflate === null ? undefined : offerDeflate(this.deflate);
    const key = randomBytes(16).toString("base64");
    const handshake = createHandshake({ key, protocols: this.protocols, extensions });
    const headers = { ...credentials.headers, ...handshake, ...(origin && { Origin: origin }) };
    const content = { headers, auth: credentials.auth };
    const request = createRequest(target, content, this.options);
    const expected = { key, protocols: new Set(this.protocols), extensions };
    this.request = request;

    request.on("error", (error) => {
      if (this.request === request) this.fail(error);
    });
    request.on("response", (response) => {
      if (this.request === request) this.receive(target, request, response);
    });
    request.on("upgrade", (response, socket, head) => {
      this.upgrade(expected, request, response, socket, head);
    });
    if (handshakeTimeout !== undefined && handshakeTimeout > 0 && handshakeTimeout < Infinity) {
      this.timer = setTimeout(
        () => this.fail(new Error("Opening handshake has timed out")),
        Math.min(handshakeTimeout, MAX_TIMEOUT_MS),
      );
    }
    return request;
  }

  private finish(request: ClientRequest): void {
    if (this.request !== request) return;
    if (this.options.finishRequest) {
      this.options.finishRequest(request, this.events.websocket);
    } else {
      request.end();
    }
  }

  /** The server answered like any web server: with a redirect, or with a refusal. */
  private receive(target: Target, request: ClientRequest, response: IncomingMessage): void {
    const { statusCode = 0 } = response;
    const { location } = response.headers;
    const isRedirect = statusCode >= 300 && statusCode < 400 && location !== undefined;
    if (isRedirect && this.options.followRedirects) {
      this.redirect(target, location);
    } else if (this.events.onUnexpectedResponse(request, response)) {
      // The body is the user's now; what is left of the deadline is for reading it.
      response.once("close", () => {
        this.release(request);
        if (this.request === request) clearTimeout(this.timer);
      });
    } else {
      this.fail(new HandshakeError(statusCode, `Unexpected server response: ${statusCode}`));
    }
  }

  private redirect(from: Target, location: string): void {
    this.redirects += 1;
    if (this.redirects > (this.options.maxRedirects ?? DEFAULT_MAX_REDIRECTS)) {
      this.fail(new Error("Maximum redirects exceeded"));
      return;
    }
    this.drop();
    let target: Target;
    let request: ClientRequest;
    try {
      target = parseTarget(resolve(location, from.url));
      const isTrusted = this.events.hasRedirectListener?.() ?? false;
      request = this.prepare(target, this.credentials.forRedirect(target, isTrusted));
    } catch (error) {
      this.fail(error as Error); // a SyntaxError of the address, or what Node cannot send
      return;
    }
    this.events.onUrl(target.url.href);
    this.events.onRedirect(target.url.href, request);
    this.finish(request);
  }

  /** Checks the server's answer, and hands the connection over. */
  private upgrade(
    expected: ExpectedHandshake,
    request: ClientRequest,
    response: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): void {
    // Node has taken its own listeners off: a reset from here on would be uncaught.
    socket.on("error", ignore);
    if (this.request !== request) {
      socket.destroy();
      return;
    }
    this.events.onUpgrade(response);
    if (this.isDone) {
      socket.destroy();
      return;
    }
    let protocol: string;
    let deflate: DeflateParameters | null;
    try {
      ({ protocol, deflate } = this.verify(expected, response));
    } catch (error) {
      socket.destroy();
      this.fail(error as Error); // HandshakeError
      return;
    }
    this.isDone = true;
    clearTimeout(this.timer);
    this.request = null;
    // With a `createConnection` of the user's it may be another Duplex, as in ws.
    this.events.onOpen(socket as Socket, head, protocol, deflate);
    socket.off("error", ignore);
  }

  private verify(
    expected: ExpectedHandshake,
    response: IncomingMessage,
  ): { protocol: string; deflate: DeflateParameters | null } {
    const { statusCode = 0, headers } = response;
    const { protocol, extensions } = verifyHandshake({ status: statusCode, headers }, expected);
    const answer = extensions.get(DEFLATE_EXTENSION);
    return {
      protocol,
      deflate: answer === undefined ? null : confirmDeflate(answer, this.deflate ?? {}),
    };
  }
}

function resolve(location: string, base: URL): URL {
  try {
    return new URL(location, base);
  } catch {
    throw new SyntaxError(`Invalid URL: ${location}`);
  }
}

function ignore(): void {}
