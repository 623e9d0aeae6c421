import { Violation } from "./violation.ts";

/** Generous, since other programs may have the machine: what is not there by then never comes. */
const deadlineMs = 10_000;

/** @throws Violation with `rule` if `event` does not come */
export async function inTime<T>(event: Promise<T>, rule: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Violation(rule)), deadlineMs);
  });
  try {
    return await Promise.race([event, late]);
  } finally {
    clearTimeout(timer);
  }
}
