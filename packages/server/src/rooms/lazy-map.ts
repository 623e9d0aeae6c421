/** Makes what a key stands for when somebody looks; undefined if it stands for nothing. */
export interface LazySource<Key> {
  readonly size: number;
  has(key: Key): boolean;
  /** Turns `key` into an entry of its own, everywhere. */
  settle(key: Key): void;
  /** The same for all keys. */
  settleAll(): void;
}

/**
 * A map of which some entries are not there until somebody looks at them. Whoever looks finds a Map
 * like any other.
 */
export class LazyMap<Key, Value> extends Map<Key, Value> {
  private source: LazySource<Key> | null = null;

  /** Says where entries come from that are not there. */
  attach(source: LazySource<Key>): void {
    this.source = source;
  }

  override get size(): number {
    return super.size + (this.source?.size ?? 0);
  }

  override get(key: Key): Value | undefined {
    if (this.source?.has(key) === true) this.source.settle(key);
    return super.get(key);
  }

  override has(key: Key): boolean {
    return super.has(key) || this.source?.has(key) === true;
  }

  override delete(key: Key): boolean {
    if (this.source?.has(key) === true) this.source.settle(key);
    return super.delete(key);
  }

  override clear(): void {
    this.source?.settleAll();
    super.clear();
  }

  override keys(): MapIterator<Key> {
    this.source?.settleAll();
    return super.keys();
  }

  override values(): MapIterator<Value> {
    this.source?.settleAll();
    return super.values();
  }

  override entries(): MapIterator<[Key, Value]> {
    this.source?.settleAll();
    return super.entries();
  }

  override [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }

  override forEach(
    visit: (value: Value, key: Key, map: Map<Key, Value>) => void,
    self?: unknown,
  ): void {
    this.source?.settleAll();
    super.forEach(visit, self);
  }
}
