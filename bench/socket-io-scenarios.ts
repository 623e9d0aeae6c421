/** What is measured of Socket.IO's level: the same for `openline`, Socket.IO, and Socket.IO on Bun. */
import type { PayloadShape } from "./payloads.ts";
import type { LoadScenario, Scenario } from "./scenario.ts";

const shortText: PayloadShape = { kind: "text", bytes: 32, count: 64, event: "msg" };
const news: PayloadShape = { kind: "text", bytes: 64, count: 64, event: "news" };

function echo(inFlight: number, atMost: number): LoadScenario {
  return {
    level: "socket.io",
    kind: "load",
    name: `io-echo-${inFlight}`,
    title: `Event and its echo, 32 B text, 64 connections, ${inFlight} in flight`,
    mode: "echo",
    unit: "message",
    connections: 64,
    inFlight,
    payload: shortText,
    goals: [{ against: "socket.io", atMost }],
  };
}

function room(inFlight: number, atMost: number): LoadScenario {
  return {
    level: "socket.io",
    kind: "load",
    name: `io-room-${inFlight}`,
    title: `Event to a room, 64 B text to 1,000 members, ${inFlight} in flight`,
    mode: "fanout",
    unit: "delivery",
    connections: 1000,
    inFlight,
    payload: news,
    goals: [{ against: "socket.io", atMost }],
  };
}

export const socketIoScenarios: readonly Scenario[] = [
  echo(1, 0.3),
  echo(16, 0.14),
  room(1, 0.55),
  room(16, 0.055),
  {
    level: "socket.io",
    kind: "load",
    name: "io-connect",
    title: "Connect, WebSocket + CONNECT answered + close, 32 at a time",
    mode: "handshake",
    unit: "connection",
    connections: 32,
    inFlight: 1,
    goals: [{ against: "socket.io", atMost: 0.4 }],
  },
  {
    level: "socket.io",
    kind: "load",
    name: "io-polling",
    title: "Event and its echo by polling, 32 B text, 64 connections, POST and GET in turn",
    mode: "polling",
    unit: "message",
    connections: 64,
    inFlight: 1,
    payload: shortText,
    goals: [{ against: "socket.io", atMost: 0.6 }],
  },
  {
    level: "socket.io",
    kind: "memory",
    name: "io-memory",
    title: "Memory, each of 5,000 idle sockets beside 2,000 others",
    connections: 5000,
    goals: [{ against: "socket.io", atMost: 0.3 }],
  },
  {
    level: "socket.io",
    kind: "latency",
    name: "io-latency-echo",
    title: "Latency of an event's echo, 32 B text at 60 % of what Socket.IO can do",
    paceOf: "io-echo-1",
    share: 0.6,
    goals: [{ against: "socket.io", atMost: 1 }],
  },
  {
    level: "socket.io",
    kind: "latency",
    name: "io-latency-room",
    title: "Latency of an event to a room, 64 B text at 60 % of what Socket.IO can do",
    paceOf: "io-room-16",
    share: 0.6,
    goals: [{ against: "socket.io", atMost: 1 }],
  },
];
