/** What one package may look like inside, and lean on outside. */
export interface PackageRules {
  /** Its npm dependencies, all of them. */
  readonly dependencies: readonly string[];
  /** No Node, no DOM, no clock, no randomness: bytes and time come in, bytes and events go out. */
  readonly isPure: boolean;
  /**
   * Each folder of its `src`, with the others that it may import.
   *
   * A file that stands directly in `src` is a layer of its own if it is named here, without
   * its ending; all other such files are the layer `.`.
   */
  readonly layers: Readonly<Record<string, readonly string[]>>;
}

/** Everything that the layer test holds the source tree to. */
export interface LayerTable {
  /** Every package; a folder under `packages/` that is not here is refused. */
  readonly packages: Readonly<Record<string, PackageRules>>;
  /**
   * Every other top folder with code, and the ones that it may reach into by relative imports.
   * Packages are reached by their public names only, from everywhere.
   */
  readonly outside: Readonly<Record<string, readonly string[]>>;
}

/**
 * Who may import whom. Dependencies point one way:
 *
 *     apps and proof ──► lmdb ──► server ──► websocket ──► protocol ◄── client
 *     server:    . ──► engine ──► http, transports ──► messages;  . ──► rooms ──► messages, events
 *                . ──► delivery ──► sessions, rooms ──► log
 *     client:    . ──► engine ──► transports ──► events, platform
 *     protocol:  websocket, engine ──► bytes, errors;  contract ──► socket ──► errors
 *
 * New packages and folders are added here when they come to exist, not before.
 */
export const layerTable: LayerTable = {
  packages: {
    "packages/protocol": {
      dependencies: [],
      isPure: true,
      layers: {
        errors: [],
        bytes: ["errors"],
        websocket: ["bytes", "errors"],
        engine: ["bytes", "errors"],
        socket: ["errors"],
        contract: ["socket"],
      },
    },
    "packages/websocket": {
      dependencies: ["@openline/protocol"],
      isPure: false,
      layers: {
        io: [],
        outbox: ["io"],
        deflate: [],
        "link-options": ["deflate"],
        client: ["link-options", "deflate"],
        ".": ["io", "outbox", "deflate", "link-options", "client"],
      },
    },
    "packages/server": {
      dependencies: [
        "@openline/client",
        "@openline/protocol",
        "@openline/websocket",
        "cookie",
        "cors",
        "jose",
        "negotiator",
        "prom-client",
      ],
      isPure: false,
      layers: {
        messages: [],
        transports: ["messages", "http"],
        http: ["messages"],
        engine: ["http", "transports", "messages", "observe", "guard"],
        events: [],
        observe: [],
        identity: ["guard", "rooms"],
        log: ["http"],
        sessions: ["log", "messages", "http"],
        rooms: ["log", "messages", "events"],
        api: ["delivery", "rooms", "http", "observe", "guard"],
        delivery: ["log", "sessions", "rooms", "messages", "events", "http", "observe"],
        guard: ["http", "rooms"],
        contract: ["guard", "rooms"],
        memory: ["engine", "transports", "messages", "events"],
        ".": [
          "engine",
          "http",
          "transports",
          "messages",
          "events",
          "log",
          "sessions",
          "rooms",
          "delivery",
          "api",
          "contract",
          "guard",
          "identity",
          "observe",
          "memory",
        ],
      },
    },
    "packages/client": {
      dependencies: ["@openline/protocol", "@openline/websocket", "react"],
      isPure: false,
      layers: {
        events: [],
        platform: [],
        transports: ["events", "platform"],
        engine: ["transports", "events", "platform"],
        msgpack: ["platform"],
        channels: [".", "engine", "events", "platform", "transports"],
        react: ["channels", "platform"],
        ".": ["engine", "transports", "events", "platform", "msgpack"],
      },
    },
    "packages/lmdb": {
      dependencies: ["openline", "lmdb"],
      isPure: false,
      layers: { ".": [] },
    },
  },
  outside: {
    apps: [],
    bench: [],
    chaos: ["tools"],
    conformance: [],
    e2e: ["apps", "tools"],
    fuzz: ["tools"],
    hostile: [],
    interop: ["tools"],
    simulation: ["fuzz", "tools"],
    tools: [],
  },
};
