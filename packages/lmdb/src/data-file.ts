import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { dataFile } from "./environment.ts";
import { corrupt } from "./errors.ts";

/** Where LMDB's meta pages say what they are (mdb.c: MDB_meta, behind a page's header). */
const MAGIC = 0xbeefc0de;
const MAGIC_AT = 24;
const PAGE_SIZE_AT = 48;
const LAST_PAGE_AT = 144;
const META_BYTES = 168;

/**
 * Looks at the data file before LMDB maps it into memory.
 *
 * LMDB reads what the file should hold without asking how long it is: past the end the process would
 * be killed (SIGBUS). So a file that was cut off is filled up with zeros, which LMDB refuses to read.
 * It may rightly be shorter than it says, when its last pages are free.
 *
 * @returns true if it was filled up, so that all of it has to be looked at
 * @throws LogError if it is not LMDB's
 */
export function checkDataFile(path: string): boolean {
  let file: number;
  try {
    file = openSync(join(path, dataFile), "r+");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    if (size === 0) return false;
    const first = readMeta(file, 0);
    if (first === null) throw corrupt(path, `${dataFile} is not a database of LMDB`);
    const second = readMeta(file, first.pageBytes);
    if (second === null) throw corrupt(path, `${dataFile} is cut off or damaged at its beginning`);
    const needed = (Math.max(first.lastPage, second.lastPage) + 1) * first.pageBytes;
    if (needed > MAX_BYTES) throw corrupt(path, `${dataFile} is damaged at its beginning`);
    if (size < needed) ftruncateSync(file, needed);
    return size < needed;
  } finally {
    closeSync(file);
  }
}

/** More than any file system takes. */
const MAX_BYTES = 2 ** 53;

function readMeta(file: number, at: number): { pageBytes: number; lastPage: number } | null {
  const bytes = Buffer.alloc(META_BYTES);
  if (readSync(file, bytes, 0, META_BYTES, at) < META_BYTES) return null;
  if (bytes.readUInt32LE(MAGIC_AT) !== MAGIC) return null;
  const pageBytes = bytes.readUInt32LE(PAGE_SIZE_AT);
  if (at === 0 && (pageBytes < 512 || pageBytes > 65_536)) return null;
  return { pageBytes, lastPage: Number(bytes.readBigUInt64LE(LAST_PAGE_AT)) };
}
