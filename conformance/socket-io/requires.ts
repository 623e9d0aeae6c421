import type { ServerOptions } from "openline";
import { PollingSession } from "../engine-io/polling-session.ts";
import { type Packet, type Session, several } from "../engine-io/session.ts";
import { type Address, type Requirement, requirementsOf } from "../engine-io/suite.ts";
import { WebSocketSession } from "../engine-io/websocket-session.ts";
import { deviations } from "./deviations.ts";
import { path, startSubject } from "./subject.ts";

/** A test of one requirement of Socket.IO. */
export const requires: Requirement<Partial<ServerOptions>> = requirementsOf<Partial<ServerOptions>>(
  {
    implementations: ["socket.io", "openline"],
    deviations,
    path,
    start: startSubject,
  },
);

export type Transport = "polling" | "websocket";

export const transports: readonly Transport[] = ["polling", "websocket"];

/** A session that has joined no namespace. */
export function open(address: Address, transport: Transport = "websocket"): Promise<Session> {
  return transport === "polling" ? PollingSession.open(address) : WebSocketSession.open(address);
}

/** A session in the namespaces. */
export async function join(
  address: Address,
  transport: Transport = "websocket",
  ...namespaces: string[]
): Promise<Session> {
  const session = await open(address, transport);
  for (const namespace of namespaces.length === 0 ? ["/"] : namespaces) {
    await connect(session, namespace);
  }
  return session;
}

/** Joins a namespace; returns the id that the client has there. */
export async function connect(session: Session, namespace = "/", auth?: object): Promise<string> {
  const prefix = namespace === "/" ? "" : `${namespace},`;
  await session.send(`40${prefix}${auth === undefined ? "" : JSON.stringify(auth)}`);
  const packet = await session.next();
  const start = `40${prefix}{`;
  if (typeof packet !== "string" || !packet.startsWith(start)) {
    throw new Error(`a CONNECT is answered with one, not with ${String(packet)}`);
  }
  return (JSON.parse(packet.slice(start.length - 1)) as { sid: string }).sid;
}

/** A test of a requirement by either transport. */
export function requiresOfBoth(
  section: string,
  text: (transport: Transport) => string,
  test: (address: Address, transport: Transport) => Promise<void>,
  options?: Partial<ServerOptions>,
): void {
  for (const transport of transports) {
    requires(`${section}: ${text(transport)}`, (address) => test(address, transport), options);
  }
}

export { type Address, type Packet, type Session, several };
