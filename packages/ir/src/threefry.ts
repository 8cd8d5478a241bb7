/**
 * threefry2x32 with 20 rounds (Salmon and others, "Parallel random numbers: as easy as 1, 2, 3", 2011).
 *
 * A counter-based generator: equal keys and counters give equal words everywhere. It is the exact meaning of
 * `random_bits`, and what the host uses to split keys.
 */

/** The two output words of threefry2x32-20 for a key and a counter (high, low); all words are u32. */
export function threefry2x32(key0: number, key1: number, high: number, low: number): [number, number] {
  const key2 = key0 ^ key1 ^ 0x1bd11bda;
  let x0 = (high + key0) | 0;
  let x1 = (low + key1) | 0;
  for (let group = 0; group < 5; group++) {
    const even = (group & 1) === 0;
    x0 = (x0 + x1) | 0;
    x1 = (even ? (x1 << 13) | (x1 >>> 19) : (x1 << 17) | (x1 >>> 15)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = (even ? (x1 << 15) | (x1 >>> 17) : (x1 << 29) | (x1 >>> 3)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = (even ? (x1 << 26) | (x1 >>> 6) : (x1 << 16) | (x1 >>> 16)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = (even ? (x1 << 6) | (x1 >>> 26) : (x1 << 24) | (x1 >>> 8)) ^ x0;
    // After group g the key words (g + 1) mod 3 and (g + 2) mod 3 are injected, the second with the group's number.
    const turn = group % 3;
    x0 = (x0 + (turn === 0 ? key1 : turn === 1 ? key2 : key0)) | 0;
    x1 = (x1 + (turn === 0 ? key2 : turn === 1 ? key0 : key1) + group + 1) | 0;
  }
  return [x0 >>> 0, x1 >>> 0];
}
