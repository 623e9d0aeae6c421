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
/** What groups wait for. */
const expected = new Map();
let observation;

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
    }, reject);
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
  /** Others come first, or last, as far as the system lets this process say so. */
  rank({ niceness }) {
    try {
      setPriority(niceness);
    } catch {
      // Only root may come first.
    }
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
   * One of `publishers` says something to each room of `subscribers` in turn, again and again: so
   * many of these are on their way at once. Counts deliveries.
   */
  fanOut({ publishers, subscribers, rooms, text, inFlight, ms }) {
    const [publisher] = groupOf(publishers);
    const wires = groupOf(subscribers);
    const frames = rooms.map((room) => frameOf(`42["say","${room}","${text}"]`));
    const members = wires.length / rooms.length;
    return guarded([publisher, ...wires], (resolve) => {
      const startMs = performance.now();
      const taken = [];
      const sentAt = [];
      let sent = 0;
      let deliveries = 0;
      let due = members;
      const say = () => {
        publisher.send(frames[sent % frames.length]);
        sent += 1;
        sentAt.push(microsecondsNow());
      };
      for (const wire of wires) {
        wire.onMessage = () => {
          deliveries += 1;
          if (deliveries < due) return;
          due += members;
          taken.push(microsecondsNow() - sentAt[taken.length]);
          if (performance.now() - startMs < ms) say();
          else if (deliveries === sent * members) {
            resolve({ messages: deliveries, ms: performance.now() - startMs, ...latencies(taken) });
          }
        };
      }
      for (let count = 0; count < inFlight; count += 1) say();
    });
  },
  /** From now on each waits for so many messages, of which it keeps the last cursor. */
  expect({ group, count }) {
    expected.set(group, arrivalsOf(groupOf(group), count));
    return true;
  },
  /** Resolves when all have come. */
  async arrived({ group }) {
    await expected.get(group);
    return true;
  },
  /** Ends all connections at once, without a word. */
  cut({ group }) {
    for (const wire of groupOf(group)) wire.cut();
    return true;
  },
  /** All come back, each to its session, and wait for what they have missed. */
  async resume({ port, group, count, atOnce }) {
    const wires = groupOf(group);
    const startMs = performance.now();
    const missed = arrivalsOf(wires, count);
    await each(wires, atOnce, async (wire) => {
      const { pid, cursor } = wire;
      await wire.open(port, { pid, offset: cursor });
      if (wire.pid !== pid) throw new Error("a session could not be resumed");
    });
    await missed;
    const ms = performance.now() - startMs;
    return { messages: wires.length * count, ms, p50: Number.NaN, p99: Number.NaN };
  },
  /** The last cursor of each. */
  cursors: ({ group }) => groupOf(group).map(({ cursor }) => cursor),
  /** One after another comes back to where it was at `offset`, gets what it has missed, and is cut off. */
  async resumeEach({ port, group, count, offset }) {
    const wires = groupOf(group);
    const taken = [];
    const startMs = performance.now();
    for (const wire of wires) {
      const { pid } = wire;
      const startedAt = microsecondsNow();
      const missed = arrivalsOf([wire], count);
      await wire.open(port, { pid, offset });
      if (wire.pid !== pid) throw new Error("a session could not be resumed");
      await missed;
      taken.push(microsecondsNow() - startedAt);
      wire.cut();
    }
    return { messages: wires.length, ms: performance.now() - startMs, ...latencies(taken) };
  },
  /** One of `publishers` says something to a room at a fixed pace, until `observed` is asked. */
  observe({ publishers, subscribers, room, text, everyMs }) {
    const [publisher] = groupOf(publishers);
    observation = observe(publisher, groupOf(subscribers), {
      frame: frameOf(`42["say","${room}","${text}"]`),
      everyMs,
    });
    return true;
  },
  observed: () => observation.end(),
  /** Each says something and waits for its echo. */
  echo({ group, value, inFlight, ms }) {
    const frame = frameOf(`42["echo",${JSON.stringify(value)}]`);
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

/** Resolves when each has got so many messages, and no more; keeps the last cursor of each. */
function arrivalsOf(wires, count) {
  if (count === 0) return Promise.resolve();
  return guarded([], (resolve, reject) => {
    let missing = wires.length;
    for (const wire of wires) {
      wire.messages = 0;
      wire.onLost = () => reject(new Error("a connection was lost"));
      wire.onMessage = (bytes, start, end) => {
        if (wire.messages < count) return;
        if (wire.messages > count) {
          reject(new Error(`more than ${count} messages have come`));
          return;
        }
        wire.cursor = cursorIn(bytes, start, end);
        missing -= 1;
        if (missing === 0) resolve(true);
      };
    }
  });
}

/** Latencies count from when a message was due: what hangs delays those behind it, too. */
function observe(publisher, wires, { frame, everyMs }) {
  const due = [];
  const taken = [];
  const late = [];
  const startedAt = microsecondsNow();
  let isOver = false;
  let settle = () => {};
  const settleIfDone = () => {
    if (!isOver || taken.length < due.length * wires.length) return;
    const ms = (microsecondsNow() - startedAt) / 1000;
    settle({ messages: taken.length, ms, ...latencies(taken), lateP99: latencies(late).p99 });
  };
  for (const wire of wires) {
    let count = 0;
    wire.onMessage = () => {
      taken.push(microsecondsNow() - due[count]);
      count += 1;
      if (isOver) settleIfDone();
    };
  }
  const timer = setInterval(() => {
    for (;;) {
      const now = microsecondsNow();
      const next = startedAt + (due.length + 1) * everyMs * 1000;
      if (next > now) return;
      due.push(next);
      late.push(now - next);
      publisher.send(frame);
    }
  }, everyMs);
  return {
    end: () =>
      guarded([publisher, ...wires], (resolve) => {
        clearInterval(timer);
        isOver = true;
        settle = resolve;
        settleIfDone();
      }),
  };
}

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
