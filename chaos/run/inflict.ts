import type { Actor, PageOwner } from "../clients/actor.ts";
import type { TcpProxy } from "../network/tcp-proxy.ts";
import type { Step } from "../plan/plan.ts";
import type { ServerHost } from "../server/server-host.ts";
import type { Disk } from "./disk.ts";
import type { FailingSync } from "./failing-sync.ts";

/** What faults are done to. */
export interface Victims {
  readonly proxies: readonly TcpProxy[];
  readonly host: ServerHost;
  readonly subscribers: readonly Actor[];
  /** Those with pages: publishers, and subscribers. */
  readonly owners: readonly [readonly PageOwner[], readonly PageOwner[]];
  readonly disk: Disk;
  readonly failingSync: FailingSync | null;
  /** Sends many large messages to a group. */
  flood(group: number): void;
  /** Calls back when a subscriber gets the next message. */
  onNextDelivery(callback: () => void): void;
}

const hourMs = 3_600_000;

/** Does a step of the plan; returns what ends it, if it lasts. */
export function inflict(step: Step, victims: Victims): (() => void) | null {
  const { proxies, host, disk, failingSync } = victims;
  const proxy = proxies[step.target % proxies.length] as TcpProxy; // there is one for each group
  const heal = (): void => proxy.heal();
  switch (step.fault) {
    case "cut":
      proxy.apply((link) => link.cut());
      return null;
    case "reset":
      proxy.apply((link) => link.reset());
      return null;
    case "half-open":
      proxy.apply((link) => link.halfOpen());
      return null;
    case "takeover":
      proxy.apply((link) => link.orphan());
      return null;
    case "cut-in-replay": {
      let bytes = 1 + (step.dice % 3000);
      proxy.apply(
        (link) => link.reset(),
        (link) => {
          // Each gets further than the one before.
          bytes = Math.round(bytes * 1.5);
          link.resetAfter(bytes);
        },
      );
      return heal;
    }
    case "stall":
      proxy.apply(
        (link) => link.stall(),
        (link) => link.stall(),
      );
      return heal;
    case "slow":
      proxy.apply((link) => link.slowDown());
      victims.flood(step.target);
      return heal;
    case "stop-reading":
      proxy.apply((link) => link.stopReading());
      victims.flood(step.target);
      return heal;
    case "storm":
      for (const each of proxies) each.apply((link) => link.reset());
      return null;
    case "kill":
      host.signal("SIGKILL", { ends: true });
      return null;
    case "kill-in-broadcast":
      victims.onNextDelivery(() => host.signal("SIGKILL", { ends: true }));
      return null;
    case "drain":
      host.signal("SIGTERM", { ends: true });
      return null;
    case "freeze":
      host.signal("SIGSTOP", { ends: false });
      return () => host.signal("SIGCONT", { ends: false });
    case "clock":
      host.moveClock((step.dice % (2 * hourMs)) - hourMs);
      return () => host.moveClock(0);
    case "disk-full":
      if (!disk.canBeFull) return null;
      disk.fill();
      return both(() => disk.empty(), host.weaken("start"));
    case "sync-error":
      if (failingSync === null) return null;
      failingSync.begin();
      return both(() => failingSync.end(), host.weaken("always"));
    case "revoke":
      revoke(victims, step);
      return null;
    case "reload-page":
      for (const owners of victims.owners) ownerAt(owners, step.target)?.fade(step.dice);
      return null;
    case "second-page": {
      const ends = victims.owners.map((owners) => ownerAt(owners, step.target)?.openSecond());
      return () => {
        for (const end of ends) end?.();
      };
    }
  }
}

function ownerAt(owners: readonly PageOwner[], target: number): PageOwner | undefined {
  return owners[target % owners.length];
}

function both(first: () => void, second: () => void): () => void {
  return () => {
    first();
    second();
  };
}

/** Cuts the connections of the subscriber's group, and refuses its token while they come back. */
function revoke({ proxies, host, subscribers }: Victims, { target, dice }: Step): void {
  const actor = subscribers[target % subscribers.length];
  if (actor === undefined || actor.isRevoked) return;
  const { name, group } = actor.plan;
  proxies[group]?.apply((link) => link.reset());
  setTimeout(() => {
    const revoked = [...host.settings.revoked, name];
    host.settings = { ...host.settings, revoked };
    // A process that does not answer has ended, or is ended; the next one knows.
    host.revoke(name).then(
      () => actor.revoked(),
      () => {},
    );
  }, dice % 200);
}
