import { expect, it } from "vitest";
import type { Missed, Stored } from "./dialect.ts";
import { Notebook } from "./notebook.ts";
import { Stay } from "./stay.ts";

const room = "chat:1";

function bodyOf(offset: number): object {
  return { publisher: "p", sequence: offset, room, id: `m${offset}` };
}

function missed(offset: number, from: number, hasMore = false): Missed {
  const messages: Stored[] = [];
  for (let each = from; each <= offset; each += 1)
    messages.push({ body: bodyOf(each), offset: each });
  return { position: { offset }, messages, hasMore, isGap: false };
}

function start(): { stay: Stay; received(): number[] } {
  const notebook = new Notebook(new Map());
  const received = (): number[] =>
    notebook.events.flatMap((event) => (event.kind === "message" ? [event.content.sequence] : []));
  return { stay: new Stay(room, notebook), received };
}

it("counts from where it has joined", () => {
  const { stay } = start();
  expect(stay.joining(false)).toBe(null);
  stay.joined(null, { ...missed(5, 6) });
  stay.live(bodyOf(6), "c");
  expect(stay.position).toEqual({ offset: 6 });
});

it("does not know where it is if something came before the answer", () => {
  const { stay } = start();
  stay.joining(false);
  stay.live(bodyOf(5), "c");
  stay.joined(null, missed(5, 6));
  expect(stay.position).toBe(null);
});

it("takes what it has missed before what came live meanwhile, and each once", () => {
  const { stay, received } = start();
  stay.joining(false);
  stay.joined(null, missed(5, 6));
  stay.renewed();
  expect(stay.joining(false)).toEqual({ offset: 5 });
  // The answer was lost, and the session was resumed from where it had joined.
  stay.live(bodyOf(8), "c");
  const since = stay.joining(false);
  expect(since).toEqual({ offset: 5 });
  stay.live(bodyOf(9), "c");
  stay.joined(since, missed(8, 6));
  stay.live(bodyOf(10), "c");
  expect(received()).toEqual([6, 7, 8, 9, 10]);
  expect(stay.position).toEqual({ offset: 10 });
});

it("reads on page by page before what came live meanwhile", () => {
  const { stay, received } = start();
  stay.joining(false);
  stay.joined(null, missed(0, 1));
  stay.renewed();
  const since = stay.joining(false);
  stay.joined(since, { ...missed(2, 1, true), position: { offset: 4 } });
  stay.live(bodyOf(5), "c");
  expect(stay.isSettled).toBe(false);
  stay.stored(missed(4, 3).messages);
  stay.caughtUp();
  expect(received()).toEqual([1, 2, 3, 4, 5]);
  expect(stay.position).toEqual({ offset: 5 });
});
