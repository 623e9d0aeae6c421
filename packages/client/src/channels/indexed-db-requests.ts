/** The part of IndexedDB that is used, declared here since browsers' types are not at hand. */

interface Request<Result> {
  readonly result: Result;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}

interface OpenRequest extends Request<Database> {
  onupgradeneeded: (() => void) | null;
}

interface Index {
  getAllKeys(key: unknown): Request<unknown[]>;
}

interface ObjectStore {
  get(key: unknown): Request<unknown>;
  getAll(): Request<unknown[]>;
  put(value: unknown, key?: unknown): Request<unknown>;
  delete(key: unknown): Request<undefined>;
  index(name: string): Index;
  createIndex(name: string, path: string[]): Index;
}

export interface Transaction {
  readonly error: unknown;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
  objectStore(name: string): ObjectStore;
}

export interface Database {
  onclose: (() => void) | null;
  onversionchange: (() => void) | null;
  createObjectStore(name: string, options?: { autoIncrement: boolean }): ObjectStore;
  transaction(store: string, mode: "readonly" | "readwrite"): Transaction;
  close(): void;
}

interface Factory {
  open(name: string, version: number): OpenRequest;
}

/** Opens a database, which `make` fills if there is none. */
export function open(
  name: string,
  version: number,
  make: (database: Database) => void,
): Promise<Database> {
  const { indexedDB } = globalThis as unknown as { indexedDB: Factory | undefined }; // see above
  if (indexedDB === undefined) throw new Error("This platform has no IndexedDB");
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = () => make(request.result);
  return result(request);
}

/** What a request answers. */
export function result<Result>(request: Request<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Resolves once all that a transaction was asked for is kept. */
export function done(transaction: Transaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
