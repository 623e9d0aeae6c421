import { Violation } from "./oracle/facts.ts";
import type { ServerProcess } from "./server/server-process.ts";
import { durableRooms, roomNames } from "./server/settings.ts";
import { Director } from "./world/director.ts";
import { Scheduler } from "./world/scheduler.ts";
import { takeTime } from "./world/virtual-time.ts";
import { World } from "./world/world.ts";

export interface RunOptions {
  readonly seed: number;
  /** After so many steps it is over, or healed. */
  readonly steps: number;
  /** Changes each process for the worse. */
  readonly plant?: ((process: ServerProcess) => void) | undefined;
}

/** What has come of a run. */
export interface RunResult {
  readonly seed: number;
  /** Tells the history of this run from all others. */
  readonly hash: string;
  readonly steps: number;
  readonly processes: number;
  readonly sessions: number;
  /** Events that were received and connections that were made, each of which was checked. */
  readonly checks: number;
  readonly acknowledged: number;
  /** The promise that was broken; null if all were kept. */
  readonly failure: Error | null;
  /** What happened last. */
  readonly trace: readonly string[];
}

/** Once nothing goes wrong any more, all must be well within so many steps. */
const HEALING_STEPS = 20_000;
/** How often it is looked whether all is well. */
const LOOK = 20;
const TRACE_LINES = 1_000;
/**
 * Worlds begin later than all others did, at a full turn of the process's timer wheel: its clock
 * must not go back, and what it does must not depend on those that were before.
 */
const TURN_MS = 100 * 512;
let nextStartMs = TURN_MS;

/**
 * Runs the world of a seed: first with faults, of an even seed to the end, of an odd one until they
 * are healed; then everybody must have got everything.
 */
export async function run({ seed, steps, plant }: RunOptions): Promise<RunResult> {
  const scheduler = new Scheduler(seed, nextStartMs);
  const time = takeTime(scheduler);
  const world = new World(scheduler, plant);
  const director = new Director(world);
  try {
    director.begin();
    await advance(world, steps);
    if (world.failure === null && seed % 2 === 1) await heal(world, director);
    else world.watch(() => world.oracle.atTheEnd([], false));
  } catch (error) {
    world.failure ??= error;
  } finally {
    director.isOver = true;
    await shutDown(world);
    time.restore();
    nextStartMs = Math.ceil(scheduler.nowMs / TURN_MS + 1) * TURN_MS;
  }
  return {
    seed,
    hash: scheduler.trace.hash,
    steps: scheduler.steps,
    processes: world.oracle.process,
    sessions: world.oracle.sessions.size,
    checks: world.oracle.checks,
    acknowledged: world.oracle.publishes.count,
    failure: errorOf(world.failure),
    trace: scheduler.trace.last(TRACE_LINES),
  };
}

async function advance(world: World, steps: number): Promise<void> {
  const { scheduler } = world;
  const until = scheduler.steps + steps;
  while (scheduler.steps < until && world.failure === null) await scheduler.step();
}

/** Nothing goes wrong any more: everybody gets everything, the last message of each room included. */
async function heal(world: World, director: Director): Promise<void> {
  world.scheduler.note("heal");
  director.heal();
  await settle(world, director);
  for (const room of durableRooms) world.publish(room);
  for (const room of roomNames) world.emit([room], []);
  const { history } = world.oracle.books;
  const isDone = (): boolean =>
    history.length === world.process?.log?.head &&
    world.clients.every(({ session }) => session !== null && session.lastSequence >= 0);
  await settle(world, director, isDone);
  // Whatever is on its way arrives in a while.
  const untilMs = world.scheduler.nowMs + 10_000;
  while (world.scheduler.nowMs < untilMs && world.failure === null) await world.scheduler.step();
  world.watch(() => world.oracle.atTheEnd(world.clients, true));
}

async function settle(
  world: World,
  director: Director,
  isDone: () => boolean = () => true,
): Promise<void> {
  for (let step = 0; step < HEALING_STEPS; step += LOOK) {
    if (world.failure !== null || (director.isSettled && isDone())) return;
    await advance(world, LOOK);
  }
  const waiting = world.clients.filter((client) => !client.isDone).map(({ name }) => name);
  throw new Violation(
    `I7: not well after ${HEALING_STEPS} steps without faults; waiting: ${waiting.join(", ")}`,
  );
}

/** Lets everything go that the process shares with worlds to come. */
async function shutDown(world: World): Promise<void> {
  for (const { socket } of world.clients) {
    socket.isActive = false;
    socket.drop();
  }
  // What it plans would keep the timers of the next world from running.
  world.isOver = true;
  world.crash("kill");
  const { scheduler } = world;
  // What was planned for at once, such as what the server does at the end of a turn, is done.
  const untilMs = scheduler.nowMs + 1;
  for (let step = 0; step < 1_000 && scheduler.nowMs <= untilMs; step += 1) {
    if (!(await scheduler.step())) break;
  }
}

function errorOf(failure: unknown): Error | null {
  if (failure === null) return null;
  return failure instanceof Error ? failure : new Error(String(failure));
}
