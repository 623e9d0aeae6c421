const enoughTrials = 3000;
/** An input that makes something wait for ever takes long to try. */
const longestMs = 30_000;

/**
 * The smallest input found that still `fails`, by leaving out ever smaller parts, then by
 * making bytes plain. Bounded in trials and time, so the result may not be the very smallest.
 */
export async function minimize(
  input: Uint8Array,
  fails: (input: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let trials = 0;
  const startedAt = performance.now();
  const isOver = (): boolean => trials >= enoughTrials || performance.now() - startedAt > longestMs;
  const stillFails = async (candidate: Uint8Array): Promise<boolean> => {
    if (isOver()) return false;
    trials += 1;
    return fails(candidate);
  };
  let best = input;
  for (let size = best.length >> 1; size >= 1; size = nextSize(size, best.length)) {
    let hasShrunk = false;
    for (let at = 0; at < best.length; ) {
      const candidate = Uint8Array.from([...best.subarray(0, at), ...best.subarray(at + size)]);
      if (await stillFails(candidate)) {
        best = candidate;
        hasShrunk = true;
      } else {
        at += size;
      }
    }
    if (size === 1 && !hasShrunk) break;
    if (isOver()) break;
  }
  for (let at = 0; at < best.length; at += 1) {
    for (const plain of [0x00, 0x61]) {
      if (best[at] === plain) break;
      const candidate = best.slice();
      candidate[at] = plain;
      if (!(await stillFails(candidate))) continue;
      best = candidate;
      break;
    }
  }
  return best;
}

/** Single bytes are tried again and again, as long as that leaves something out. */
function nextSize(size: number, length: number): number {
  return size === 1 ? (length > 0 ? 1 : 0) : size >> 1;
}
