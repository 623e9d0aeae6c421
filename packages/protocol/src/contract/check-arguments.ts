import type { EventArguments } from "./definition.ts";
import type { Refusal } from "./refusal.ts";
import { isStandardSchema, type StandardIssue, type StandardResult } from "./standard-schema.ts";

/** One thing that is wrong with what was sent. */
export interface InvalidDetail {
  /** Where: names of fields and places in lists; with a schema of each argument, its place first. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What became of the arguments: as the schema has made them, or why they are refused. */
export type Checked =
  | { readonly isValid: true; readonly values: readonly unknown[] }
  | { readonly isValid: false; readonly refusal: InvalidRefusal };

export interface InvalidRefusal extends Refusal {
  readonly code: "OPENLINE_INVALID";
  readonly details: readonly InvalidDetail[];
}

/** Who sends a list of a million mistakes is told the first of them. */
const MAX_DETAILS = 10;
const MAX_MESSAGE_LENGTH = 300;

/** Whether it is a schema, or a list of them. */
export function isEventArguments(args: unknown): args is EventArguments {
  return isStandardSchema(args) || (Array.isArray(args) && args.every(isStandardSchema));
}

/** @throws TypeError for what is no schema, and no list of them */
export function checkEventSchema(schema: unknown, event: string): asserts schema is EventArguments {
  if (isEventArguments(schema)) return;
  throw new TypeError(
    `The schema of "${event}" is one of zod, valibot, arktype or another library of Standard Schema, ` +
      "or a list of them, one for each argument",
  );
}

/**
 * Checks the arguments of an event, its acknowledgement left out.
 *
 * Answers at once unless a schema does not, so that events keep their order where they can. What a
 * schema itself throws is thrown on: it is no mistake of the client's.
 */
export function checkArguments(
  schema: EventArguments,
  args: readonly unknown[],
): Checked | Promise<Checked> {
  const isOne = isStandardSchema(schema);
  const schemas = isOne ? [schema] : schema;
  if (args.length > schemas.length) {
    const message = `The event takes ${count(schemas.length)}, not ${args.length}`;
    return invalid([{ path: [], message }]);
  }
  const results = schemas.map((each, at) => each["~standard"].validate(args[at]));
  if (!results.some(isPromise)) return gather(results as StandardResult<unknown>[], isOne);
  return Promise.all(results).then((settled) => gather(settled, isOne));
}

function gather(results: readonly StandardResult<unknown>[], isOne: boolean): Checked {
  const values: unknown[] = [];
  const details: InvalidDetail[] = [];
  for (const [at, result] of results.entries()) {
    if (result.issues === undefined) {
      values.push(result.value);
      continue;
    }
    for (const issue of result.issues) {
      if (details.length === MAX_DETAILS) break;
      details.push(described(issue, isOne ? [] : [at]));
    }
    // A schema that says that something is wrong and not what.
    if (details.length === 0) details.push({ path: isOne ? [] : [at], message: "Invalid" });
  }
  return details.length === 0 ? { isValid: true, values } : invalid(details);
}

function described(
  { message, path = [] }: StandardIssue,
  before: readonly number[],
): InvalidDetail {
  // Paths may be lists of another class, as those of arktype, whose `map` makes another one of it.
  const keys = Array.from(path, (part) => (typeof part === "object" ? part.key : part));
  return {
    path: [...before, ...keys.map((key) => (typeof key === "symbol" ? String(key) : key))],
    message: String(message).slice(0, MAX_MESSAGE_LENGTH),
  };
}

function invalid(details: readonly InvalidDetail[]): Checked {
  const [first] = details;
  const where = first === undefined || first.path.length === 0 ? "" : `${first.path.join(".")}: `;
  const message = `${where}${first?.message ?? "Invalid"}`;
  return { isValid: false, refusal: { code: "OPENLINE_INVALID", message, details } };
}

function count(args: number): string {
  return args === 1 ? "1 argument" : `${args} arguments`;
}

function isPromise(value: object): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>>).then === "function";
}
