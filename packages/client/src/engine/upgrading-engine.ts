import { createCookieJar } from "#platform";
import type { CookieJar } from "../platform/cookie-jar.ts";
import { host, type Parameters } from "../platform/host.ts";
import type { EnginePacket } from "../transports/engine-packet.ts";
import { PollingTransport } from "../transports/polling-transport.ts";
import type { Transport, TransportListener } from "../transports/transport.ts";
import { stamp } from "../transports/transport-options.ts";
import { WebSocketTransport } from "../transports/websocket-transport.ts";
import { Engine, type HandshakeData } from "./engine.ts";
import type { TransportConstructor } from "./engine-options.ts";

const WEBSOCKET = "websocket";

const implementations: Readonly<Record<string, TransportConstructor>> = {
  polling: PollingTransport,
  websocket: WebSocketTransport,
};

/** A connection that begins with what works everywhere, and changes over to what is better. */
export class UpgradingEngine extends Engine {
  /** The last connection used a WebSocket, and worked. */
  static priorWebsocketSuccess = false;

  readonly cookieJar: CookieJar | undefined = this.opts.withCredentials
    ? createCookieJar()
    : undefined;
  /** By name, in order of preference. */
  readonly #transports = new Map<string, TransportConstructor>();
  /** The transports are changing over: nothing is sent. */
  #isUpgrading = false;
  #maxPayloadBytes = 0;
  /** Of the address of the transport that was made last. */
  #parameters: Parameters | undefined;

  override open(): void {
    const { transports, transportImplementations, rememberUpgrade, closeOnBeforeunload } =
      this.opts;
    for (const each of transportImplementations ?? transports ?? Object.keys(implementations)) {
      const Class = typeof each === "string" ? implementations[each] : each;
      if (Class) this.#transports.set(Class.prototype.name, Class);
    }
    // Only if asked: it keeps pages out of the cache for going back.
    if (closeOnBeforeunload) this.listen("beforeunload", () => this.transport.close());
    const isPrior = rememberUpgrade && UpgradingEngine.priorWebsocketSuccess;
    this.#open(isPrior && this.#transports.has(WEBSOCKET) ? WEBSOCKET : undefined);
  }

  #open(preferred?: string): void {
    const [name = preferred] = preferred ? [] : this.#transports.keys();
    if (name) {
      this.transport = this.#make(name, this);
      this.transport.open();
    } else host.queueMicrotask(() => this.onError(new Error("No transports available")));
  }

  #make(name: string, listener: TransportListener): Transport {
    const { timestampRequests, transportOptions } = this.opts;
    const options = { ...this.optionsFor(name), ...transportOptions?.[name] };
    this.#parameters = options.parameters;
    if (this.id) options.parameters.set("sid", this.id);
    if (timestampRequests) stamp(options);
    const Class = this.#transports.get(name)!; // only names of ours come here
    return new Class(options, listener);
  }

  override onError(error: Error): void {
    UpgradingEngine.priorWebsocketSuccess = false;
    const names = this.#transports;
    if (this.opts.tryAllTransports && this.readyState === "opening" && names.size > 1) {
      names.delete(this.transport.name);
      this.transport.close();
      this.#open();
    } else super.onError(error);
  }

  override onPacket(packet: EnginePacket): void {
    this.emitReserved("packet", packet);
    super.onPacket(packet);
  }

  protected override onHandshake(data: HandshakeData): void {
    this.emitReserved("handshake", data);
    UpgradingEngine.priorWebsocketSuccess = this.transport.name === WEBSOCKET;
    this.#maxPayloadBytes = data.maxPayload;
    this.#parameters?.set("sid", data.sid);
    super.onHandshake(data);
    this.#flush();
    // A listener may have closed it.
    if (this.readyState !== "open" || this.opts.upgrade === false) return;
    for (const name of data.upgrades) if (this.#transports.has(name)) this.#probe(name);
  }

  protected override sendPacket(packet: EnginePacket): void {
    if (this.readyState !== "opening" && this.readyState !== "open") return;
    this.emitReserved("packetCreate", packet);
    this.writeBuffer.push(packet);
    this.#flush();
  }

  /** Gives the transport what it takes now. */
  #flush(): void {
    const { transport, writeBuffer } = this;
    if (this.#isUpgrading || !transport.writable || writeBuffer.length === 0) return;
    this.writeBuffer = writeBuffer.slice(transport.send(writeBuffer, this.#maxPayloadBytes));
  }

  override onDrain(): void {
    if (this.writeBuffer.length > 0) this.#flush();
    else super.onDrain();
  }

  override close(): this {
    if (this.readyState === "opening") super.close();
    if (this.readyState === "open") {
      this.readyState = "closing";
      this.#finish();
    }
    return this;
  }

  /** Closes once everything has left. */
  #finish(): void {
    const finish = (): void => this.#finish();
    // Nothing can be said while the transports change over.
    if (this.#isUpgrading) this.once("upgrade", finish).once("upgradeError", finish);
    else if (this.transport.writable) super.close();
    else this.once("drain", finish);
  }

  /**
   * Tries a transport beside the one in use: the server must answer a ping on it. Then the old one
   * falls silent, and the new one takes over.
   */
  #probe(name: string): void {
    const old = this.transport;
    let isTakingOver = false;
    UpgradingEngine.priorWebsocketSuccess = false;

    const fail = (why: unknown): void => {
      this.off("close", onClose);
      transport.close();
      if (isTakingOver) {
        this.#isUpgrading = isTakingOver = false;
        old.resume?.();
        this.#flush();
      }
      const error = new Error(`probe error: ${why}`);
      this.emitReserved("upgradeError", Object.assign(error, { transport: name }));
    };
    const onClose = (): void => fail("socket closed");
    const transport = this.#make(name, {
      onError: fail,
      onEnd: () => fail("transport closed"),
      onOpen: () => transport.send([{ type: "ping", data: "probe" }]),
      onPacket: ({ type, data }) => {
        // Another transport may have been faster.
        if (type !== "pong" || data !== "probe" || this.#isUpgrading || this.transport !== old) {
          fail("no answer");
          return;
        }
        this.#isUpgrading = isTakingOver = true;
        this.emitReserved("upgrading", transport);
        UpgradingEngine.priorWebsocketSuccess = name === WEBSOCKET;
        const takeOver = (): void => {
          // It may have been lost meanwhile.
          if (!isTakingOver) return;
          this.off("close", onClose);
          old.listener = {};
          this.transport = transport;
          transport.listener = this;
          transport.send([{ type: "upgrade" }]);
          this.#isUpgrading = false;
          this.emitReserved("upgrade", transport);
          this.#flush();
        };
        if (old.pause) old.pause(takeOver);
        else takeOver();
      },
    });
    this.on("close", onClose);
    transport.open();
  }
}
