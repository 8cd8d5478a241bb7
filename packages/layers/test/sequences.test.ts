/** Elapsed times, masks, lengths, direction and layout of whole sequences. */
import { describe, expect, it } from 'vitest';
import { cfc, forwardFill, linear, lstm, sequential } from '../src/index.ts';
import type { Given } from './run-model.ts';
import { distance, filled, numbers, run, someParameters } from './run-model.ts';

const batch = 3;
const time = 5;
const features = 2;
const values = filled([batch, time, features], 2);
const model = cfc({ units: 4, backboneUnits: 6 });
const weights = someParameters(model, features);
const times = numbers(batch * time, 5).map(Math.abs);

function part(given: Given, row: number, start: number, limit: number): Given {
  const [, steps = 0, width = 0] = given.shape;
  const data = Array.from(given.data).slice((row * steps + start) * width, (row * steps + limit) * width);
  return { shape: [1, limit - start, width], data };
}

describe('elapsed time', () => {
  const rows = run(model, weights, { values, dt: { shape: [batch, time], data: times } });

  it('takes [batch, time, 1] and per unit alike', () => {
    const ones = run(model, weights, { values, dt: { shape: [batch, time, 1], data: times } });
    const units = run(model, weights, {
      values,
      dt: { shape: [batch, time, 4], data: times.flatMap((t) => [t, t, t, t]) },
    });
    expect(ones.outputs).toEqual(rows.outputs);
    expect(distance(units.outputs, rows.outputs)).toBeLessThan(1e-14);
  });

  it('shares [time] among the batch', () => {
    const shared = times.slice(0, time);
    const one = run(model, weights, { values, dt: { shape: [time], data: shared } });
    const all = run(model, weights, { values, dt: { shape: [batch, time], data: [...shared, ...shared, ...shared] } });
    expect(distance(one.outputs, all.outputs)).toBeLessThan(1e-14);
  });

  it('is 1 by default, and a number means that number everywhere', () => {
    const none = run(model, weights, { values });
    const one = run(model, weights, { values, dt: { shape: [time], data: [1, 1, 1, 1, 1] } });
    const half = run(model, weights, { values, dt: 0.5 });
    const halves = run(model, weights, { values, dt: { shape: [time], data: [0.5, 0.5, 0.5, 0.5, 0.5] } });
    expect(distance(none.outputs, one.outputs)).toBeLessThan(1e-14);
    expect(distance(half.outputs, halves.outputs)).toBeLessThan(1e-14);
    expect(distance(none.outputs, half.outputs)).toBeGreaterThan(1e-3);
  });

  it('is 0 by default in official-tf with memory', () => {
    const mixed = cfc({ units: 4, variant: 'official-tf', mixedMemory: true });
    const own = someParameters(mixed, features);
    expect(distance(run(mixed, own, { values }).outputs, run(mixed, own, { values, dt: 0 }).outputs)).toBe(0);
  });

  it('differs between units where it is given per unit', () => {
    const data = times.flatMap((t) => [t, 2 * t, 3 * t, 0]);
    const units = run(model, weights, { values, dt: { shape: [batch, time, 4], data } });
    // In the first step unit 0 has the time of the shared run, the others have not.
    expect(units.outputs[0]).toBeCloseTo(Number(rows.outputs[0]), 14);
    expect(Math.abs(Number(units.outputs[1]) - Number(rows.outputs[1]))).toBeGreaterThan(1e-4);
  });

  it('reaches a cell with mixed memory and pure cells', () => {
    for (const options of [{ mixedMemory: true }, { mode: 'pure' }, { mode: 'no_gate' }] as const) {
      const other = cfc({ units: 4, ...options });
      const own = someParameters(other, features);
      const near = run(other, own, { values, dt: 0.1 });
      expect(distance(near.outputs, run(other, own, { values, dt: 2 }).outputs)).toBeGreaterThan(1e-3);
    }
  });
});

describe('lengths and masks', () => {
  const lengths = [5, 2, 0];

  it('give each row what it has alone', () => {
    const stack = sequential([cfc({ units: 4 }), lstm({ units: 3 }), linear(2)]);
    const own = someParameters(stack, features);
    const dt = { shape: [batch, time], data: times };
    const all = run(stack, own, { values, dt, lengths });
    lengths.forEach((length, row) => {
      if (length === 0) return;
      const alone = run(stack, own, {
        values: part(values, row, 0, length),
        dt: { shape: [1, length], data: times.slice(row * time, row * time + length) },
      });
      expect(distance(all.outputs.slice(row * time * 2, (row * time + length) * 2), alone.outputs)).toBeLessThan(1e-14);
      for (const [path, state] of Object.entries(alone.state)) {
        const width = state.length;
        expect(distance(all.state[path]?.slice(row * width, (row + 1) * width) ?? [], state)).toBeLessThan(1e-14);
      }
      // Padded steps repeat the last output.
      const last = alone.outputs.slice(-2);
      for (let step = length; step < time; step++) {
        expect(distance(all.outputs.slice((row * time + step) * 2, (row * time + step + 1) * 2), last)).toBeLessThan(
          1e-14,
        );
      }
    });
    expect(all.state['0/h']?.slice(8)).toEqual([0, 0, 0, 0]);
  });

  it('say the same as a mask does', () => {
    const mask = { shape: [batch, time], data: lengths.flatMap((n) => [0, 1, 2, 3, 4].map((t) => (t < n ? 1 : 0))) };
    expect(run(model, weights, { values, mask })).toEqual(run(model, weights, { values, lengths }));
  });

  it('take the last output that counts', () => {
    const last = cfc({ units: 4, backboneUnits: 6, returnSequences: false });
    const { outputs, state } = run(last, weights, { values, lengths });
    expect(outputs).toEqual(state['h']);
    expect(run(last, weights, { values }).outputs).toEqual(run(model, weights, { values }).state['h']);
  });

  it('skip steps in the middle', () => {
    const mask = { shape: [1, 3], data: [1, 0, 1] };
    const three = part(values, 0, 0, 3);
    const kept = {
      shape: [1, 2, 2],
      data: [...(part(values, 0, 0, 1).data as number[]), ...(part(values, 0, 2, 3).data as number[])],
    };
    const all = run(model, weights, { values: three, mask });
    const two = run(model, weights, { values: kept });
    expect(distance(all.state['h'] ?? [], two.state['h'] ?? [])).toBeLessThan(1e-14);
    expect(all.outputs.slice(4, 8)).toEqual(all.outputs.slice(0, 4));
  });

  it('can output zeros on masked steps', () => {
    const zeroing = cfc({ units: 4, backboneUnits: 6, zeroOutputForMask: true });
    const { outputs } = run(zeroing, weights, { values, lengths });
    expect(outputs.slice(28, 40)).toEqual(new Array(12).fill(0));
    expect(outputs.slice(0, 20)).toEqual(run(model, weights, { values, lengths }).outputs.slice(0, 20));
    // As in Keras, so does a last output whose step is masked.
    const last = cfc({ units: 4, backboneUnits: 6, zeroOutputForMask: true, returnSequences: false });
    const ends = run(last, weights, { values, lengths });
    expect(ends.outputs.slice(4)).toEqual(new Array(8).fill(0));
    expect(ends.outputs.slice(0, 4)).toEqual(ends.state['h']?.slice(0, 4));
  });

  it('output zeros before the first step that counts, whatever the initial state', () => {
    const mask = { shape: [1, 2], data: [0, 1] };
    const { outputs } = run(model, weights, { values: part(values, 0, 0, 2), mask, state: [filled([1, 4], 9)] });
    expect(outputs.slice(0, 4)).toEqual([0, 0, 0, 0]);
  });
});

describe('layout and direction', () => {
  it('time first gives the same numbers, time first', () => {
    const swap = (data: ArrayLike<number>, width: number): number[] => {
      const out: number[] = [];
      for (let t = 0; t < time; t++)
        for (let b = 0; b < batch; b++)
          for (let i = 0; i < width; i++) out.push(Number(data[(b * time + t) * width + i]));
      return out;
    };
    const dt = { shape: [batch, time], data: times };
    const plain = run(model, weights, {
      values,
      dt,
      mask: { shape: [batch, time], data: times.map((t) => (t > 0.4 ? 1 : 0)) },
    });
    const first = run(
      model,
      weights,
      {
        values: { shape: [time, batch, features], data: swap(values.data, features) },
        dt: { shape: [time, batch], data: swap(times, 1) },
        mask: {
          shape: [time, batch],
          data: swap(
            times.map((t) => (t > 0.4 ? 1 : 0)),
            1,
          ),
        },
      },
      { timeMajor: true },
    );
    expect(first.outputs).toEqual(swap(plain.outputs, 4));
    expect(first.state).toEqual(plain.state);
  });

  it('backwards is forwards on the reversed sequence', () => {
    const backwards = cfc({ units: 4, backboneUnits: 6, goBackwards: true });
    const one = part(values, 0, 0, 3);
    const dt = [0.2, 0.9, 1.4];
    const reversed = { shape: [1, 3, 2], data: [4, 5, 2, 3, 0, 1].map((index) => Number(one.data[index])) };
    const found = run(backwards, weights, { values: one, dt: { shape: [3], data: dt } });
    expect(found).toEqual(run(model, weights, { values: reversed, dt: { shape: [3], data: dt.toReversed() } }));
  });

  it('a sequence cut in two goes on from the state', () => {
    const mixed = cfc({ units: 4, mixedMemory: true });
    const own = someParameters(mixed, features);
    const whole = run(mixed, own, { values: part(values, 1, 0, 5) });
    const head = run(mixed, own, { values: part(values, 1, 0, 2) });
    const state = [head.state['h'], head.state['c']].map((data) => ({ shape: [1, 4], data: data ?? [] }));
    const tail = run(mixed, own, { values: part(values, 1, 2, 5), state });
    expect(distance([...head.outputs, ...tail.outputs], whole.outputs)).toBeLessThan(1e-14);
  });

  it('layers inside chains run like layers in one chain', () => {
    const layers = [linear(3), cfc({ units: 4 }), lstm({ units: 2 }), linear(1)] as const;
    const flat = sequential(layers);
    const nested = sequential([sequential([layers[0], layers[1]]), sequential([layers[2], layers[3]])]);
    const own = someParameters(flat, features);
    expect(run(nested, own, { values }).outputs).toEqual(run(flat, own, { values }).outputs);
  });
});

describe('features that are not always observed', () => {
  const filler = forwardFill({ timeSinceUpdate: true });
  const one = { shape: [1, 3, 2], data: [10, 20, 11, 21, 12, 22] };

  it('keep their last value, and count the time since', () => {
    const mask = { shape: [1, 3, 2], data: [1, 0, 0, 1, 0, 0] };
    const dt = { shape: [3], data: [0.5, 2, 3] };
    const { outputs } = run(filler, [], { values: one, mask, dt });
    expect(outputs).toEqual([10, 0, 0, 0.5, 1, 0, 10, 21, 2, 0, 0, 1, 10, 21, 5, 3, 0, 0]);
  });

  it('hold the last output of a model where nothing was observed, and give 0 where nothing ever was', () => {
    const last = sequential([forwardFill(), cfc({ units: 4, returnSequences: false }), linear(1)]);
    const own = someParameters(last, 2);
    const seen = (data: number[]) => run(last, own, { values: one, mask: { shape: [1, 3, 2], data } }).outputs;
    const two = { shape: [1, 2, 2], data: one.data.slice(0, 4) };
    const short = run(last, own, { values: two, mask: { shape: [1, 2, 2], data: [1, 1, 1, 0] } }).outputs;
    expect(distance(seen([1, 1, 1, 0, 0, 0]), short)).toBeLessThan(1e-14);
    expect(seen([0, 0, 0, 0, 0, 0])).toEqual([0]);
  });
});
