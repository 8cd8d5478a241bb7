/**
 * NumPy's `SeedSequence` (after O'Neill's `seed_seq_fe`): spreads a seed of any size over as many 32-bit words as wanted.
 */

const poolSize = 4;

/** `count` words of `SeedSequence(seed).generate_state(count)`; the seed is at least 0. */
export function seedSequence(seed: bigint, count: number): Uint32Array {
  const entropy: number[] = [];
  for (let rest = seed; rest > 0n || entropy.length === 0; rest >>= 32n) entropy.push(Number(rest & 0xffffffffn));

  let constant = 0x43b0d7e5;
  const hash = (word: number): number => {
    let mixed = word ^ constant;
    constant = Math.imul(constant, 0x931e8875);
    mixed = Math.imul(mixed, constant);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  const mix = (a: number, b: number): number => {
    const mixed = (Math.imul(0xca01f9dd, a) - Math.imul(0x4973f715, b)) | 0;
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };

  const pool = Array.from({ length: poolSize }, (_, index) => hash(entropy[index] ?? 0));
  for (let source = 0; source < poolSize; source++) {
    for (let target = 0; target < poolSize; target++) {
      if (source !== target) pool[target] = mix(pool[target] ?? 0, hash(pool[source] ?? 0));
    }
  }
  for (const word of entropy.slice(poolSize)) {
    for (let target = 0; target < poolSize; target++) pool[target] = mix(pool[target] ?? 0, hash(word));
  }

  let output = 0x8b51f9dd;
  return Uint32Array.from({ length: count }, (_, index) => {
    let word = (pool[index % poolSize] ?? 0) ^ output;
    output = Math.imul(output, 0x58f38ded);
    word = Math.imul(word, output);
    return word ^ (word >>> 16);
  });
}
