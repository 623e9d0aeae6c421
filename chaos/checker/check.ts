import { Anomalies, type AnomalyCount } from "./anomalies.ts";
import { type Facts, gatherFacts } from "./facts.ts";
import type { History, SubscriberKind } from "./history.ts";
import { checkRoomLog } from "./log.ts";
import { checkPages } from "./pages.ts";
import { checkPublishes } from "./publishes.ts";
import { checkSamples, type Peaks } from "./samples.ts";
import { checkSettled, checkSubscriber, type Tally } from "./subscribers.ts";
import { checkUnlogged } from "./unlogged.ts";

/** What a history comes to. */
export interface Verdict extends Readonly<Tally> {
  /** Deliveries to each kind of subscriber. */
  readonly kinds: Readonly<Partial<Record<SubscriberKind, number>>>;
  readonly anomalies: readonly AnomalyCount[];
  readonly publishes: {
    readonly acknowledged: number;
    readonly refused: number;
    readonly unknown: number;
    /** On the log by an outbox, of which its publisher has not heard: its page was gone. */
    readonly unheard: number;
  };
  readonly peaks: Peaks;
}

/** Finds everything in a history that was promised not to happen: I1 to I10, and I12. */
export function check(history: History): Verdict {
  const anomalies = new Anomalies();
  const tally: Tally = { deliveries: 0, recovered: 0, renewed: 0, gaps: 0, resumed: 0, lost: 0 };
  const facts = gatherFacts(history);
  if (history.log !== null) {
    for (const room of history.log) checkRoomLog(room, facts, anomalies);
    checkPublishes(facts, anomalies);
  }
  const kinds: Partial<Record<SubscriberKind, number>> = {};
  for (const subscriber of history.subscribers) {
    const before = tally.deliveries;
    checkSettled(subscriber, anomalies);
    if (history.log === null) checkUnlogged(subscriber, facts, anomalies, tally);
    else if (subscriber.kind === "channel") checkPages(subscriber, facts, anomalies, tally);
    else checkSubscriber(subscriber, facts, history.sessionMs, anomalies, tally);
    const { kind } = subscriber;
    kinds[kind] = (kinds[kind] ?? 0) + tally.deliveries - before;
  }
  const peaks = checkSamples(history.samples, history.budget, anomalies);
  return {
    ...tally,
    kinds,
    anomalies: anomalies.list(),
    publishes: countAnswers(history, facts),
    peaks,
  };
}

function countAnswers({ publishes }: History, { offsets }: Facts): Verdict["publishes"] {
  const counts = { acknowledged: 0, refused: 0, unknown: 0, unheard: 0 };
  for (const { attempts, outbox, id } of publishes) {
    if (attempts.some(({ answer }) => answer.kind === "ok")) counts.acknowledged += 1;
    else if (attempts.every(({ answer }) => answer.kind === "refused")) counts.refused += 1;
    else if (outbox !== undefined && offsets.has(id)) counts.unheard += 1;
    else counts.unknown += 1;
  }
  return counts;
}
