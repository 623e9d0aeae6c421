/** Message number `sequence`: its number, the seed, then random bytes, 16 to 1,024 in all. */
export declare function payloadOf(seed: number, sequence: number): Buffer;

/** The number of a message; -1 if it is none. */
export declare function sequenceOf(payload: Buffer): number;
