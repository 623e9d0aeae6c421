/**
 * Many clients in one process, which do what they are asked by messages between processes: they
 * connect, publish as fast as the server lets them, are cut off, and come back.
 */
import { setPriority } from "node:os";
import { performance } from "node:perf_hooks";
import { cursorIn, frameOf, Wire } from "./wire.mjs";

const connectingAtOnce = 64;
const bracket = 0x5b;
const letterE = 0x65;
const giveUpMs = 120_000;

/** Wires by the name of their group. */
const groups = new Map();

function groupOf(name) {
  const wires = groups.get(name);
  if (wires === undefined) throw new Error(`there are no clients "${name}"`);
  return wires;
}

/** Does something with each, so many at a time. */
async function each(items, atOnce, act) {
  let next = 0;
  const one = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      await act(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, one));
}

/** Rejects when a measurement hangs, and when a connection is lost meanwhile. */
function guarded(wires, run) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the server does not answer")), giveUpMs);
    for (const wire of wires) wire.onLost = () => reject(new Error("a connection was lost"));
    run((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

/** Microseconds, of which `share` are shorter. */
function quantileOf(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function latencies(values) {
  const sorted = values.sort((a, b) => a - b);
  return { p50: quantileOf(sorted, 0.5), p99: quantileOf(sorted, 0.99) };
}

const microsecondsNow = () => performance.now() * 1000;

const acts = {
  /** Others on this core come first. */
  yield() {
    setPriority(19);
    return true;
  },
  /** Opens `count` clients, each with the rooms that `rooms` gives it in turn. */
  async connect({ port, group, count, rooms = [] }) {
    const wires = Array.from({ length: count }, () => new Wire());
    groups.set(group, wires);
    await each(wires, connectingAtOnce, (wire, index) =>
      wire.open(port, rooms.length === 0 ? {} : { rooms: [rooms[index % rooms.length]].flat() }),
    );
    return true;
  },
  end({ group }) {
    for (const wire of groupOf(group)) wire.cut();
    groups.delete(group);
    return true;
  },
  /**
   * One of `publishers` says something to a room of `subscribers`, again and again: so many of these
   * are on their way at once. Counts deliveries.
   */
  fanOut({ publishers, subscribers, room, text, inFlight, ms }) {
    const [publisher] = groupOf(publishers);
    const wires = groupOf(subscribers);
    const frame = frameOf(`42["say",${JSON.stringify(room)},${JSON.stringify(text)}]`);
    return guarded([publisher, ...wires], (resolve) => {
      const startMs = performance.now();
      const taken = [];
      const sentAt = [];
      let sent = 0;
      let deliveries = 0;
      let due = wires.length;
      const say = () => {
        sent += 1;
        sentAt.push(microsecondsNow());
        publisher.send(frame);
      };
      for (const wire of wires) {
        wire.onMessage = () => {
          deliveries += 1;
          if (deliveries < due) return;
          due += wires.length;
          taken.push(microsecondsNow() - sentAt[taken.length]);
          if (performance.now() - startMs < ms) say();
          else if (deliveries === sent * wires.length) {
            resolve({ messages: deliveries, ms: performance.now() - startMs, ...latencies(taken) });
          }
        };
      }
      for (let count = 0; count < inFlight; count += 1) say();
    });
  },
  /** Each says something and waits for its echo. */
  echo({ group, text, inFlight, ms }) {
    const frame = frameOf(`42["echo",${JSON.stringify(text)}]`);
    return answered(groupOf(group), { inFlight, ms, frameOf: () => frame });
  },
  /** Each publishes in a room of its own choice, and waits for the acknowledgements. */
  acknowledged({ group, rooms, text, inFlight, ms, hasIds }) {
    const prefix = `${process.pid}-${Date.now().toString(36)}-`;
    const starts = rooms.map(
      (room) => `["openline:publish",{"room":"${room}","event":"said","data":"${text}"`,
    );
    let count = 0;
    return answered(groupOf(group), {
      inFlight,
      ms,
      frameOf: (index) => {
        count += 1;
        const id = hasIds ? `,"id":"${prefix}${count}"` : "";
        return frameOf(`42${count}${starts[index % rooms.length]}${id}}]`);
      },
      check: (bytes, start, end) => {
        // [{"epoch":… or [{"code":…
        if (bytes[bytes.indexOf(bracket, start) + 3] === letterE) return;
        throw new Error(`a publish was refused: ${bytes.latin1Slice(start, end)}`);
      },
    });
  },
};

/** Keeps so many requests of each on their way, until the time is over and all are answered. */
function answered(wires, { inFlight, ms, frameOf: makeFrame, check }) {
  return guarded(wires, (resolve) => {
    const startMs = performance.now();
    const taken = [];
    let messages = 0;
    let waiting = 0;
    wires.forEach((wire, index) => {
      const sentAt = [];
      let answers = 0;
      let isQueued = false;
      let due = 0;
      const say = (count) => {
        const now = microsecondsNow();
        let frames = "";
        for (let each = 0; each < count; each += 1) {
          frames += makeFrame(index);
          sentAt.push(now);
        }
        waiting += count;
        wire.send(frames);
      };
      wire.onMessage = (bytes, start, end) => {
        check?.(bytes, start, end);
        taken.push(microsecondsNow() - sentAt[answers]);
        answers += 1;
        messages += 1;
        waiting -= 1;
        due += 1;
        if (isQueued) return;
        isQueued = true;
        // All that came with one read goes back in one write.
        process.nextTick(() => {
          isQueued = false;
          const count = due;
          due = 0;
          const passedMs = performance.now() - startMs;
          if (passedMs < ms) say(count);
          else if (waiting === 0) resolve({ messages, ms: passedMs, ...latencies(taken) });
        });
      };
      say(inFlight);
    });
  });
}

process.on("message", async ({ id, act, value }) => {
  try {
    process.send({ kind: "answer", id, value: await acts[act](value) });
  } catch (error) {
    process.send({ kind: "failure", id, message: `${act}: ${error.message}` });
  }
});
process.on("disconnect", () => process.exit(0));
process.send({ kind: "ready" });

export { acts, cursorIn, groupOf };
