import type * as ws from "ws";

/** What the suite puts under test. Types are those of `ws`, which both have in common. */
export interface Target {
  readonly name: "openline" | "ws";
  readonly WebSocket: typeof ws.WebSocket;
  readonly WebSocketServer: typeof ws.WebSocketServer;
}

const specifiers = { openline: "@openline/websocket", ws: "ws" } as const;

function chosenName(): Target["name"] {
  const name = process.env.CONFORMANCE_TARGET ?? "openline";
  if (name === "openline" || name === "ws") return name;
  throw new RangeError(`CONFORMANCE_TARGET takes "openline" or "ws", not "${name}"`);
}

async function load(name: Target["name"]): Promise<Target> {
  // The other suite, of the API, proves that our module has the shape of ws.
  const module = (await import(specifiers[name])) as Omit<Target, "name">;
  return { name, WebSocket: module.WebSocket, WebSocketServer: module.WebSocketServer };
}

/** The implementation under test: ours, or the one that `CONFORMANCE_TARGET` names. */
export const target: Target = await load(chosenName());
