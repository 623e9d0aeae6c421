import { host } from "../platform/host.ts";
import { PollingTransport } from "../transports/polling-transport.ts";
import type { Transport } from "../transports/transport.ts";
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

  /** By name, in order of preference. */
  readonly #transports = new Map<string, TransportConstructor>();

  override open(): void {
    const { transports, transportImplementations, rememberUpgrade } = this.opts;
    for (const each of transportImplementations ?? transports ?? Object.keys(implementations)) {
      const Class = typeof each === "string" ? implementations[each] : each;
      if (Class) this.#transports.set(Class.prototype.name, Class);
    }
    const isPrior = rememberUpgrade && UpgradingEngine.priorWebsocketSuccess;
    this.#open(isPrior && this.#transports.has(WEBSOCKET) ? WEBSOCKET : undefined);
  }

  #open(preferred?: string): void {
    const [name = preferred] = preferred ? [] : this.#transports.keys();
    if (name) this.use(this.#make(name)).open();
    else host.queueMicrotask(() => this.onError(new Error("No transports available")));
  }

  #make(name: string): Transport {
    return new (this.#transports.get(name)!)(this.optionsFor(name)); // only names of ours come here
  }

  protected override onError(error: Error): void {
    UpgradingEngine.priorWebsocketSuccess = false;
    const names = this.#transports;
    if (this.opts.tryAllTransports && this.readyState === "opening" && names.size > 1) {
      names.delete(this.transport.name);
      this.#open();
    } else super.onError(error);
  }

  protected override onHandshake(data: HandshakeData): void {
    UpgradingEngine.priorWebsocketSuccess = this.transport.name === WEBSOCKET;
    super.onHandshake(data);
    // A listener may have closed it.
    if (this.readyState !== "open" || this.opts.upgrade === false) return;
    for (const name of data.upgrades) if (this.#transports.has(name)) this.#probe(this.#make(name));
  }

  /**
   * Tries `transport` beside the one in use: the server must answer a ping on it. Then the old one
   * falls silent, and the new one takes over.
   */
  #probe(transport: Transport): void {
    const { name } = transport;
    const old = this.transport;
    let isTakingOver = false;
    UpgradingEngine.priorWebsocketSuccess = false;

    const end = (): void => {
      transport.off();
      this.off("close", onClose);
    };
    const fail = (why: unknown): void => {
      end();
      transport.close();
      if (isTakingOver) {
        this.isUpgrading = isTakingOver = false;
        old.resume();
        this.flush();
      }
      const error = new Error(`probe error: ${why}`);
      this.emitReserved("upgradeError", Object.assign(error, { transport: name }));
    };
    const onClose = (): void => fail("socket closed");

    this.on("close", onClose);
    transport
      .on("error", fail)
      .on("close", () => fail("transport closed"))
      .on("open", () => transport.send([{ type: "ping", data: "probe" }]))
      .once("packet", ({ type, data }) => {
        // Another transport may have been faster.
        if (type !== "pong" || data !== "probe" || this.isUpgrading || this.transport !== old) {
          fail("no answer");
          return;
        }
        this.isUpgrading = isTakingOver = true;
        this.emitReserved("upgrading", transport);
        UpgradingEngine.priorWebsocketSuccess = name === WEBSOCKET;
        old.pause(() => {
          // It may have been lost meanwhile.
          if (!isTakingOver) return;
          end();
          this.use(transport).send([{ type: "upgrade" }]);
          this.isUpgrading = false;
          this.emitReserved("upgrade", transport);
          this.flush();
        });
      });
    transport.open();
  }
}
