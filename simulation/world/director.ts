import type { Actor } from "../clients/actor.ts";
import { durableRooms, roomNames } from "../server/settings.ts";
import type { World } from "./world.ts";

/** What can happen, and how often, beside what follows from it. */
type Deed = (world: World) => void;

/** What clients and the server's own code do. */
const work: Readonly<Record<string, readonly [weight: number, deed: Deed]>> = {
  connect: [6, (world) => someone(world).socket.connect()],
  join: [8, (world) => someone(world).join(room(world), world.scheduler.random.chance(0.5))],
  leave: [3, (world) => leaveOne(world)],
  publish: [20, (world) => publishAsClient(world)],
  say: [6, (world) => say(world)],
  serverPublish: [8, (world) => world.publish(world.scheduler.random.pick(durableRooms))],
  emit: [16, (world) => world.emit([room(world)], [])],
  emitToSeveral: [3, (world) => emitToSeveral(world)],
  emitExcept: [3, (world) => world.emit([room(world)], exceptions(world))],
  broadcast: [3, (world) => world.emit(null, [])],
  direct: [4, (world) => direct(world)],
  serverJoins: [2, (world) => serverMoves(world, true)],
  serverLeaves: [2, (world) => serverMoves(world, false)],
  disconnect: [1, (world) => someone(world).socket.disconnect()],
  reload: [1, (world) => someone(world).reload()],
  sendAway: [1, (world) => sendAway(world)],
};

/** What goes wrong. */
const faults: Readonly<Record<string, readonly [weight: number, deed: Deed]>> = {
  cut: [8, (world) => cut(world)],
  drop: [4, (world) => someone(world).socket.drop()],
  storm: [1, (world) => world.clients.forEach(({ socket }) => void socket.drop())],
  block: [5, (world) => block(world)],
  kill: [3, (world) => crash(world, "kill")],
  power: [1, (world) => crash(world, "power")],
  close: [1, (world) => closeGracefully(world)],
  full: [1, (world) => fill(world)],
  fail: [1, (world) => fail(world)],
  revoke: [1, (world) => revoke(world)],
  steal: [1, (world) => steal(world)],
};

/** How long what goes wrong lasts, at most. */
const TROUBLE_MS = 3_000;

/** Lets things happen, one after another, until it is told that no more shall go wrong. */
export class Director {
  isHealed = false;
  isOver = false;
  private readonly world: World;
  private readonly deeds: readonly (readonly [string, number, Deed])[];
  private readonly paceMs: number;

  constructor(world: World) {
    this.world = world;
    const { random } = world.scheduler;
    this.paceMs = random.pick([5, 30, 150, 1_000]);
    // What is left out lets the rest come in combinations that would be rare otherwise.
    const chosen = Object.entries(faults).filter(() => random.chance(0.5));
    const done = Object.entries(work).filter(
      ([name]) => name === "connect" || name === "publish" || random.chance(0.7),
    );
    this.deeds = [...done, ...chosen].map(([name, [weight, deed]]) => [name, weight, deed]);
  }

  begin(): void {
    const { world } = this;
    world.start();
    for (const { socket } of world.clients) socket.connect();
    this.next();
  }

  /** Nothing goes wrong from now on, and what has gone wrong is put right. */
  heal(): void {
    const { world } = this;
    this.isHealed = true;
    world.revoked.clear();
    world.process?.store.setFull(false);
    if (world.process?.store.trouble === "OPENLINE_LOG_FAILED") world.crash("kill");
    world.start();
    for (const client of world.clients) {
      client.line?.unblock();
      stopStealing(client);
      client.socket.connect();
    }
  }

  /** Everybody is there, and nobody has anything left to do. */
  get isSettled(): boolean {
    const { clients, process } = this.world;
    for (const { socket } of clients) if (!socket.isActive) socket.connect();
    if (process === null || process.isDead) this.world.start();
    return process?.log != null && clients.every(({ isDone }) => isDone);
  }

  private next(): void {
    const { scheduler } = this.world;
    if (this.isOver) return;
    scheduler.after(1 + scheduler.random.below(this.paceMs), () => {
      if (!this.isHealed) this.act();
      this.next();
    });
  }

  private act(): void {
    const { world, deeds } = this;
    const total = deeds.reduce((sum, [, weight]) => sum + weight, 0);
    let at = world.scheduler.random.below(total);
    for (const [name, weight, deed] of deeds) {
      at -= weight;
      if (at >= 0) continue;
      world.scheduler.note(name);
      deed(world);
      return;
    }
  }
}

function someone({ clients, scheduler }: World): Actor {
  return scheduler.random.pick(clients);
}

function room({ scheduler }: World): string {
  return scheduler.random.pick(roomNames);
}

function publishAsClient(world: World): void {
  const name = world.scheduler.random.pick(durableRooms);
  const n = world.nextNumber();
  world.oracle.sent({ n, kind: "durable", rooms: [name], except: [], key: "" });
  someone(world).publish(n, name, world.eventOf(n));
}

function leaveOne(world: World): void {
  const client = someone(world);
  const joined = [...client.rooms];
  if (joined.length === 0) return;
  client.leave(world.scheduler.random.pick(joined), world.scheduler.random.chance(0.5));
}

/** A client's event is sent on to the others in a room. */
function say(world: World): void {
  const { socket } = someone(world);
  const { process } = world;
  if (process === null || process.isDead || socket.id === null) return;
  if (process.io.sockets.sockets.has(socket.id)) world.emit([room(world)], [socket.id]);
}

function emitToSeveral(world: World): void {
  const { random } = world.scheduler;
  const kinds = random.chance(0.5) ? durableRooms : ["e:0", "e:1", "x:0"];
  const first = random.pick(kinds);
  const second = random.pick(kinds);
  if (first !== second) world.emit([first, second], []);
}

function exceptions(world: World): string[] {
  const { id } = someone(world).socket;
  return world.scheduler.random.chance(0.5) || id === null ? [room(world)] : [id];
}

/** To one client alone. */
function direct(world: World): void {
  const { id } = someone(world).socket;
  const socket = world.process?.isDead === false && world.process.io.sockets.sockets.get(id ?? "");
  if (!socket) return;
  const n = world.nextNumber();
  world.oracle.sent({ n, kind: "event", rooms: [socket.id], except: [], key: "" });
  world.scheduler.note(`direct ${n}`);
  const [event, ...args] = world.eventOf(n);
  socket.emit(event, ...args);
}

function serverMoves(world: World, isJoin: boolean): void {
  const client = someone(world);
  const { id } = client.socket;
  const socket = world.process?.isDead === false && world.process.io.sockets.sockets.get(id ?? "");
  if (!socket) return;
  const name = isJoin ? room(world) : [...socket.rooms][1];
  if (name === undefined) return;
  client.session?.moved(name);
  world.scheduler.note(`the server lets ${client.name} ${isJoin ? "join" : "leave"} ${name}`);
  if (isJoin) void socket.join(name);
  else void socket.leave(name);
}

function sendAway(world: World): void {
  const client = someone(world);
  const { id } = client.socket;
  const socket = world.process?.isDead === false && world.process.io.sockets.sockets.get(id ?? "");
  if (!socket) return;
  socket.disconnect(world.scheduler.random.chance(0.3));
  world.scheduler.after(500, () => client.socket.connect());
}

function cut(world: World): void {
  const { line } = someone(world);
  const { random } = world.scheduler;
  if (line === null || line.isCut) return;
  const seen = (): number | null => (random.chance(0.3) ? null : random.below(1_500));
  line.cut({ serverSeesMs: seen(), clientSeesMs: seen() });
}

function block(world: World): void {
  const client = someone(world);
  const { line } = client;
  if (line === null || line.isCut) return;
  client.wasBlocked = true;
  line.block();
  later(world, () => line.unblock());
}

function crash(world: World, kind: "kill" | "power"): void {
  world.crash(kind);
  later(world, () => world.start());
}

function closeGracefully(world: World): void {
  const { process } = world;
  if (process === null || process.isDead || process.isClosing) return;
  void process.close(world.scheduler.random.below(TROUBLE_MS)).then(() => {
    later(world, () => world.start());
  });
}

function fill(world: World): void {
  const store = world.process?.store;
  store?.setFull(true);
  later(world, () => store?.setFull(false));
}

function fail(world: World): void {
  world.process?.store.fail();
  later(world, () => crash(world, "kill"));
}

function revoke(world: World): void {
  const client = someone(world);
  world.revoked.add(client.name);
  later(world, () => {
    world.revoked.delete(client.name);
    client.socket.connect();
  });
}

/** Somebody comes with what another client resumes by. */
function steal(world: World): void {
  const thief = someone(world);
  const victim = someone(world);
  if (thief === victim || victim.isThief || victim.socket.pid === undefined) return;
  thief.socket.drop();
  thief.socket.pid = victim.socket.pid;
  thief.socket.lastOffset = victim.socket.lastOffset;
  thief.isThief = true;
  thief.socket.connect();
}

function stopStealing(client: Actor): void {
  if (client.isThief && !client.socket.connected) client.reload();
}

function later({ scheduler }: World, act: () => void): void {
  scheduler.after(1 + scheduler.random.below(TROUBLE_MS), act);
}
