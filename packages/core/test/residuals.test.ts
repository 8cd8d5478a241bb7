import { tensorType } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { FlowNetwork } from '../src/gradient/max-flow.ts';
import { chooseResiduals } from '../src/gradient/residuals.ts';
import type { Tensor } from '../src/index.ts';
import { add, broadcastTo, concat, exp, lt, mul, reduceSum, select, tanh, trace } from '../src/index.ts';

/** Small graphs with weights on their nodes; every value is checked against all cuts there are. */
describe('smallest cut', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))('equals the best of all cuts (%i)', (seed) => {
    let state = seed * 7919 + 1;
    const random = (limit: number): number => {
      state = (state * 48271) % 2147483647;
      return state % limit;
    };
    const count = 7;
    const edges: [number, number, number][] = [];
    for (let from = 0; from < count; from++) {
      for (let to = 0; to < count; to++) if (from !== to && random(3) === 0) edges.push([from, to, 1 + random(9)]);
    }
    const network = new FlowNetwork(count);
    for (const [from, to, capacity] of edges) network.connect(from, to, capacity);
    const side = network.sinkSide(0, count - 1);
    const cost = (inSink: (node: number) => boolean): number =>
      edges.reduce((sum, [from, to, capacity]) => sum + (!inSink(from) && inSink(to) ? capacity : 0), 0);
    let best = Number.POSITIVE_INFINITY;
    for (let mask = 0; mask < 2 ** (count - 2); mask++) {
      best = Math.min(
        best,
        cost((node) => node === count - 1 || (node > 0 && ((mask >> (node - 1)) & 1) === 1)),
      );
    }
    expect(side[0]).toBe(false);
    expect(side[count - 1]).toBe(true);
    expect(cost((node) => side[node] === true)).toBe(best);
  });
});

/** Shapes that are kept of a step whose first input is a carry and whose results are all needed on the way back. */
function kept(
  fn: (h: Tensor, x: Tensor) => Tensor | Tensor[],
  shapes: [number[], number[]],
  steps: number = 1,
): string[] {
  const { program } = trace(
    fn,
    shapes.map((shape) => tensorType('f32', shape)),
  );
  const types = [...program.params.map(({ type }) => type), ...program.instructions.flatMap((step) => step.types)];
  const chosen = chooseResiduals({
    program,
    forward: types.map(() => true),
    needed: new Set(program.results),
    carries: [0],
    stacked: new Set(),
    shifted: new Set(),
    steps,
  });
  return [...chosen].map((id) => `${types[id]?.dtype}[${types[id]?.shape}]`);
}

describe('residuals', () => {
  it('store the narrow value from which wide ones are cheap', () => {
    expect(kept((h) => broadcastTo(mul(h, 3), [5, 4]), [[4], [4]])).toEqual(['f32[4]']);
    expect(kept((h, x) => [concat([h, x], 0), add(h, 1), mul(h, x)], [[4], [4]])).toEqual(['f32[4]']);
  });

  it('store sums instead of what is summed, and masks instead of what is compared', () => {
    expect(kept((h) => reduceSum(tanh(h)), [[9], [1]])).toEqual(['f32[]']);
    expect(kept((h, x) => select(lt(h, x), x, 0), [[4], [4]])).toEqual(['bool[4]']);
  });

  it('store transcendentals, but not those much larger than their origin that would fill the memory', () => {
    expect(kept((h) => exp(mul(h, 2)), [[4], [4]])).toEqual(['f32[4]']);
    expect(kept((h) => [exp(h), h], [[4], [4]])).toHaveLength(2);
    // 128 bytes a step: 2 ** 21 steps make 256 MiB.
    const wide = (rows: number) => (h: Tensor, x: Tensor) => exp(mul(broadcastTo(h, [rows, 2]), x));
    expect(kept(wide(16), [[2], [16, 2]], 2 ** 21)).toEqual(['f32[16,2]']);
    expect(kept(wide(16), [[2], [16, 2]], 2 ** 21 + 1)).toEqual(['f32[2]']);
    expect(kept(wide(15), [[2], [15, 2]], 2 ** 30)).toEqual(['f32[15,2]']);
  });

  it('store nothing of what inputs give', () => {
    expect(kept((_h, x) => [mul(x, 2), lt(x, 1)], [[4], [4]])).toEqual([]);
  });
});
