import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomState } from '../src/index.ts';
import { dataError } from './data-error.ts';
import cases from './fixtures/random-state.json' with { type: 'json' };
import streams from './fixtures/rng-streams.json' with { type: 'json' };

describe('RandomState draws what NumPy draws', () => {
  it.each(streams)('raw words, permutation and choice, seed $seed', (stream) => {
    const raw = new RandomState(stream.seed);
    expect(stream.RandomState_uint32.map(() => raw.uint32())).toEqual(stream.RandomState_uint32);
    expect(Array.from(new RandomState(stream.seed).permutation(10))).toEqual(stream.RandomState_permutation_10);
    const choice = new RandomState(stream.seed);
    expect(stream.RandomState_choice_pm1.map(() => [-1, 1][choice.randint(0, 2)])).toEqual(
      stream.RandomState_choice_pm1,
    );
  });

  it.each(cases)('one long mixed stream, seed $seed', (known) => {
    const random = new RandomState(known.seed);
    expect(known.rand.map(() => random.rand())).toEqual(known.rand);
    expect(known.randint_2_32.map(() => random.randint(2, 32))).toEqual(known.randint_2_32);
    expect(known.randint_0_2.map(() => random.randint(0, 2))).toEqual(known.randint_0_2);
    expect(random.randint(0, 2 ** 32)).toBe(known.randint_full);
    expect(Array.from(random.permutation(11))).toEqual(known.permutation_11);
    expect(known.randint_m5_100.map(() => random.randint(-5, 100))).toEqual(known.randint_m5_100);
    for (let i = 0; i < 1000; i++) random.rand();
    expect(random.rand()).toBe(known.later);
    const letters = [...'abcdefghijkl'];
    random.shuffle(letters);
    expect(letters.join('')).toBe(known.shuffled);
  });
});

describe('RandomState', () => {
  it('shuffles without loss and stays in range', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(200), fc.nat({ max: 0xffffffff }), (seed, n, max) => {
        const random = new RandomState(seed);
        expect([...random.permutation(n)].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
        const drawn = random.interval(max);
        expect(Number.isInteger(drawn) && drawn >= 0 && drawn <= max).toBe(true);
      }),
    );
  });

  it.each([-1, 0.5, 2 ** 32, Number.NaN])('refuses the seed %d', (seed) => {
    expect(dataError(() => new RandomState(seed)).code).toBe('argument');
  });

  it.each([
    [3, 3],
    [5, 2],
    [0.5, 2],
    [0, 2 ** 32 + 1],
  ])('refuses randint(%d, %d)', (low, high) => {
    expect(dataError(() => new RandomState(0).randint(low, high)).code).toBe('argument');
  });
});
