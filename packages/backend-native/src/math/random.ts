/**
 * threefry2x32 with 20 rounds (Salmon and others, Parallel random numbers: as easy as 1, 2, 3, 2011) on vectors, as C
 * text: one counter in each lane.
 */

const rotations: readonly number[] = [13, 15, 26, 6, 17, 29, 16, 24];

/** Text of `random_u(key0, key1, high, low)`: the first word for key and counter. */
export function randomText(): string {
  const keys = ['key0', 'key1', 'key2'];
  const rounds: string[] = [];
  for (let group = 1; group <= 5; group++) {
    for (let round = 0; round < 4; round++) {
      const turn = rotations[((group - 1) * 4 + round) % 8] ?? 0;
      rounds.push(`  x0 += x1; x1 = ((x1 << ${turn}) | (x1 >> ${32 - turn})) ^ x0;`);
    }
    rounds.push(`  x0 += ${keys[group % 3]}; x1 += ${keys[(group + 1) % 3]} + ${group}u;`);
  }
  return `INLINE u32v random_u(u32v key0, u32v key1, u32v x0, u32v x1) {
  const u32v key2 = key0 ^ key1 ^ 0x1bd11bdau;
  x0 += key0; x1 += key1;
${rounds.join('\n')}
  return x0;
}`;
}
