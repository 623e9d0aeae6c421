import { describe, expect, test } from "vitest";
import { Ledger } from "./ledger.ts";

function ledgerOf(...offsets: number[]): Ledger {
  const ledger = new Ledger();
  for (const offset of offsets) ledger.take(offset, `id ${offset}`);
  return ledger;
}

describe("the ledger", () => {
  test("counts what came from the first offset to the last", () => {
    expect(ledgerOf().account).toMatchObject({ received: 0, range: null, lost: 0 });
    expect(ledgerOf(7, 8, 9).account).toMatchObject({
      received: 3,
      range: [7, 9],
      repeated: 0,
      lost: 0,
      disordered: 0,
    });
  });

  test("finds what is missing, came twice, or came late", () => {
    expect(ledgerOf(1, 2, 5).account).toMatchObject({ received: 3, lost: 2 });
    expect(ledgerOf(1, 2, 2, 1).account).toMatchObject({ received: 2, repeated: 2, lost: 0 });
    expect(ledgerOf(1, 3, 2).account).toMatchObject({ lost: 0, disordered: 1 });
  });

  test("takes older pages before what it has", () => {
    const ledger = ledgerOf(5, 6);
    ledger.takeOlder([
      { offset: 3, id: "id 3" },
      { offset: 4, id: "id 4" },
    ]);
    expect(ledger.account).toMatchObject({ received: 4, range: [3, 6], lost: 0, disordered: 0 });
    expect(ledger.account.fingerprint).toBe(ledgerOf(3, 4, 5, 6).account.fingerprint);
    ledger.takeOlder([{ offset: 4, id: "id 4" }]);
    expect(ledger.account).toMatchObject({ repeated: 1, disordered: 1 });
  });

  test("has another fingerprint for another order, and the same from whatever place it began", () => {
    const [one, other] = [new Ledger(), new Ledger()];
    for (const id of ["a", "b"]) one.take(id.charCodeAt(0), id);
    for (const id of ["b", "a"]) other.take(id.charCodeAt(0), id);
    expect(one.account.fingerprint).not.toBe(other.account.fingerprint);
    const all = Array.from({ length: 150 }, (_each, at) => at + 1);
    expect(ledgerOf(...all).account.fingerprint).toBe(
      ledgerOf(...all.slice(30)).account.fingerprint,
    );
  });
});
