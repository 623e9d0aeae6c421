interface Pattern<Value> {
  readonly pattern: string;
  readonly value: Value;
  readonly literals: readonly string[];
  readonly weight: number;
}

/** Rooms whose values are remembered. */
const MAX_REMEMBERED = 10_000;

/** What is said of rooms by patterns, in which `*` stands for any characters: the most specific counts. */
export class RoomPatterns<Value> {
  /** The most specific first. */
  private patterns: readonly Pattern<Value>[] = [];
  private readonly known = new Map<string, Value | null>();

  get size(): number {
    return this.patterns.length;
  }

  get values(): readonly Value[] {
    return this.patterns.map(({ value }) => value);
  }

  /** What the same pattern had is replaced. */
  set(pattern: string, value: Value): void {
    const literals = pattern.split("*");
    // More characters of its own are more specific; of as many, one without a `*`, or with fewer.
    const weight = (pattern.length - literals.length + 1) * 1_000 - literals.length;
    const others = this.patterns.filter((other) => other.pattern !== pattern);
    this.patterns = [...others, { pattern, value, literals, weight }].sort(
      (a, b) => b.weight - a.weight,
    );
    this.known.clear();
  }

  /** Begins with what others have. */
  takeAfter(other: RoomPatterns<Value>): void {
    this.patterns = other.patterns;
    this.known.clear();
  }

  /** What is said of a room; null if nothing is. */
  of(room: string): Value | null {
    let value = this.known.get(room);
    if (value !== undefined) return value;
    value = this.patterns.find(({ literals }) => matches(room, literals))?.value ?? null;
    if (this.known.size >= MAX_REMEMBERED) this.known.clear();
    this.known.set(room, value);
    return value;
  }
}

/** Whether `room` is the literals in their order, with anything between them. */
function matches(room: string, literals: readonly string[]): boolean {
  const [first = "", ...others] = literals;
  const last = others.pop();
  if (last === undefined) return room === first;
  if (!room.startsWith(first)) return false;
  let position = first.length;
  for (const literal of others) {
    const found = room.indexOf(literal, position);
    if (found === -1) return false;
    position = found + literal.length;
  }
  return room.length - last.length >= position && room.endsWith(last);
}
