/** Something that must never happen has happened: what a fuzzer looks for. */
export class Violation extends Error {
  /** What was broken, the same for all inputs that break it. */
  readonly rule: string;

  constructor(rule: string, detail?: string) {
    super(detail === undefined ? rule : `${rule}: ${detail}`);
    this.name = "Violation";
    this.rule = rule;
  }
}

/** @throws Violation unless `holds` */
export function check(holds: boolean, rule: string, detail?: () => string): void {
  if (!holds) throw new Violation(rule, detail?.());
}

/** @throws Violation unless both are the same text */
export function same(rule: string, first: string, second: string): void {
  if (first !== second) throw new Violation(rule, `${clip(first)} and ${clip(second)}`);
}

/** What tells one failure from another while an input is made smaller. */
export function ruleOf(error: unknown): string {
  if (error instanceof Violation) return error.rule;
  // Numbers and quotations belong to the input.
  if (error instanceof Error) return `${error.name}: ${error.message.replace(/\d+|".*"/g, "…")}`;
  return String(error);
}

function clip(text: string): string {
  const shown = JSON.stringify(text);
  return shown.length > 400 ? `${shown.slice(0, 400)}…` : shown;
}
