import {
  type Checked,
  checkArguments,
  type EventArguments,
  type InvalidRefusal,
} from "@openline/protocol/contract";

/** What becomes of an event that has a schema: one of the three is called. */
export interface CheckedOutcome {
  /** It is as it has to be: its name and arguments, as the schema has made them. */
  valid(list: readonly unknown[]): void;
  invalid(refusal: InvalidRefusal): void;
  /** The schema itself has failed. */
  failed(error: unknown): void;
}

/** Holds an event, its name first and an acknowledgement last, against its schema. */
export function checkEvent(
  schema: EventArguments,
  args: readonly unknown[],
  { valid, invalid, failed }: CheckedOutcome,
): void {
  const [event, ...rest] = args;
  const end = typeof rest.at(-1) === "function" ? [rest.pop()] : [];
  const judged = (checked: Checked): void => {
    if (checked.isValid) valid([event, ...checked.values, ...end]);
    else invalid(checked.refusal);
  };
  try {
    const checked = checkArguments(schema, rest);
    if (checked instanceof Promise) checked.then(judged).catch(failed);
    else judged(checked);
  } catch (error) {
    failed(error);
  }
}
