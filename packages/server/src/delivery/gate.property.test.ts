import fc from "fast-check";
import { expect, test } from "vitest";
import { Gate, type OpenBarrier } from "./gate.ts";

type Held = { readonly kind: "message"; readonly name: string; readonly bytes: number };
interface Barrier {
  readonly kind: "barrier";
  isOpen: boolean;
  first: string | null;
}

/** A gate as one would draw it: a line of people behind barriers. */
class Model {
  readonly sent: string[] = [];
  line: (Held | Barrier)[] = [];

  get heldBytes(): number {
    return this.line.reduce((sum, each) => sum + (each.kind === "message" ? each.bytes : 0), 0);
  }

  release(): void {
    for (let next = this.line[0]; next !== undefined; next = this.line[0]) {
      if (next.kind === "message") this.sent.push(next.name);
      else if (!next.isOpen) return;
      else if (next.first !== null) this.sent.push(next.first);
      this.line.shift();
    }
  }
}

interface Real {
  readonly gate: Gate;
  readonly sent: string[];
  readonly barriers: { readonly open: OpenBarrier; readonly model: Barrier }[];
  /** What is sent next is told by this number. */
  count: number;
}

type Act = (model: Model, real: Real) => void;

const acts: fc.Arbitrary<Act> = fc.oneof(
  fc.nat({ max: 9 }).map(
    (bytes): Act =>
      (model, real) => {
        real.count += 1;
        const name = `message ${real.count}`;
        if (model.line.length === 0) model.sent.push(name);
        else model.line.push({ kind: "message", name, bytes });
        real.gate.hold(() => real.sent.push(name), bytes);
      },
  ),
  fc.constant<Act>((model, { gate, barriers }) => {
    const barrier: Barrier = { kind: "barrier", isOpen: false, first: null };
    model.line.push(barrier);
    barriers.push({ open: gate.close(), model: barrier });
  }),
  fc.tuple(fc.nat(), fc.boolean()).map(
    ([index, hasFirst]): Act =>
      (model, real) => {
        const chosen = real.barriers[index % Math.max(1, real.barriers.length)];
        if (chosen === undefined) return;
        real.count += 1;
        const name = `answer ${real.count}`;
        if (!chosen.model.isOpen) {
          chosen.model.isOpen = true;
          chosen.model.first = hasFirst ? name : null;
          model.release();
        }
        chosen.open(hasFirst ? () => real.sent.push(name) : undefined);
      },
  ),
  fc.constant<Act>((model, { gate }) => {
    for (const each of model.line) if (each.kind === "barrier") each.isOpen = true;
    model.release();
    gate.flush();
  }),
  fc.constant<Act>((model, { gate }) => {
    model.line = [];
    gate.clear();
  }),
);

test("a gate sends what it holds in its order, when all barriers before it are open", () => {
  fc.assert(
    fc.property(fc.array(acts, { maxLength: 60 }), (all) => {
      const model = new Model();
      const real: Real = { gate: new Gate(), sent: [], barriers: [], count: 0 };
      for (const act of all) {
        act(model, real);
        expect(real.sent).toEqual(model.sent);
        expect(real.gate.heldBytes).toBe(model.heldBytes);
        expect(real.gate.isOpen).toBe(model.line.length === 0);
      }
    }),
    { numRuns: 2_000 },
  );
});
