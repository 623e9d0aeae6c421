/**
 * Many clients of a soak in one process, by `ws`: an implementation that is not ours. Each checks
 * every message that it gets: the bytes, and that its number follows the last one's.
 */
import { WebSocket } from "ws";
import { payloadOf, sequenceOf } from "./payload.mjs";

/** How many handshakes are under way at once. */
const handshakesAtOnce = 100;
/** Messages that are still expected by somebody are made once. */
const keptMessages = 64;
/** Ports for one address are fewer than 30,000, and stay taken for a minute after their use. */
const sourceAddresses = 16;

const open = new Set();
const expected = new Map();
const failures = [];
let settings = { port: 0, seed: 0 };
let deliveries = 0;
let opened = 0;
let churned = 0;
let isEnding = false;

function fail(what) {
  if (failures.length < 20) failures.push(what);
}

function expectedPayload(sequence) {
  let payload = expected.get(sequence);
  if (payload === undefined) {
    payload = payloadOf(settings.seed, sequence);
    expected.set(sequence, payload);
    expected.delete(sequence - keptMessages);
  }
  return payload;
}

class Client {
  last = -1;
  isLeaving = false;

  constructor() {
    opened += 1;
    this.socket = new WebSocket(`ws://127.0.0.1:${settings.port}/`, {
      localAddress: `127.0.0.${2 + (opened % sourceAddresses)}`,
      perMessageDeflate: false,
    });
    this.socket.on("message", (data) => this.receive(data));
  }

  /** Resolves when it is open. */
  opening() {
    const { socket } = this;
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("open", () => {
        socket.off("error", reject);
        socket.on("error", (error) => fail(`an error: ${error.message}`));
        socket.once("close", (code) => this.closed(code));
        open.add(this);
        resolve();
      });
    });
  }

  receive(data) {
    const sequence = sequenceOf(data);
    if (this.last >= 0 && sequence !== this.last + 1) {
      fail(`message ${sequence} came after ${this.last}`);
    }
    this.last = sequence;
    if (!expectedPayload(sequence).equals(data)) fail(`message ${sequence} has other bytes`);
    deliveries += 1;
  }

  leave() {
    this.isLeaving = true;
    open.delete(this);
    const closed = new Promise((resolve) => this.socket.once("close", resolve));
    this.socket.close(1000);
    return closed;
  }

  closed(code) {
    open.delete(this);
    if (!this.isLeaving && !isEnding) fail(`a connection was closed with ${code}`);
  }
}

async function connect(count) {
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await new Client().opening();
    }
  };
  await Promise.all(Array.from({ length: Math.min(handshakesAtOnce, count) }, worker));
  return open.size;
}

const acts = {
  start(value) {
    settings = value;
    return true;
  },
  connect,
  /** Some leave, and as many come. */
  async churn(count) {
    const leaving = [...open].slice(0, count);
    await Promise.all(leaving.map((client) => client.leave()));
    await connect(leaving.length);
    churned += leaving.length;
    return true;
  },
  report: () => ({ open: open.size, deliveries, churned, failures }),
  /** How many have yet to get the last message. */
  behind: (last) => [...open].filter((client) => client.last !== last).length,
  end() {
    isEnding = true;
    return true;
  },
};

process.on("message", async ({ id, act, value }) => {
  try {
    process.send({ kind: "answer", id, value: await acts[act](value) });
  } catch (error) {
    process.send({ kind: "failure", id, message: error.message });
  }
});
process.on("disconnect", () => process.exit(0));
process.send({ kind: "listening", port: 0 });
