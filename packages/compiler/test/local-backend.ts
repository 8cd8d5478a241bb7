/**
 * What every backend in this processor's memory does beyond the conformance kit: memory, handles, executables. One text for
 * all of them, as they share the code.
 */

import type { DeviceTensor, SyncBackend } from '@rheo/ir';
import { evaluate, isRheoError, parse, tensorType } from '@rheo/ir';
import { describe, expect, it } from 'vitest';

/** A backend of this kind. */
interface LocalBackend extends SyncBackend {
  readonly memoryBytes: number;
}

/** How to make it, and how its errors read. */
export interface LocalBackendOptions {
  readonly open: (options?: { readonly maxBytes: number }) => Promise<LocalBackend>;
  /** What it says beyond its limit. */
  readonly full: RegExp;
  /** The function that makes it. */
  readonly factory: string;
}

const double = parse(`program(%0: f32[4]) {
  %1: f32[4] = add(%0, %0)
  return %1
}`);

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isRheoError(error)) return error.code;
    throw error;
  }
  return 'none';
}

/** Declares the tests. */
export function testLocalBackend({ open, full, factory }: LocalBackendOptions): void {
  describe('memory', () => {
    it('says how much it asked for beyond the limit, and goes on', async () => {
      const backend = await open({ maxBytes: 2 ** 20 });
      const type = tensorType('f32', [1_000_000]);
      expect(() => backend.upload(new Float32Array(1_000_000), type)).toThrow(full);
      expect(codeOf(() => backend.upload(new Float32Array(1_000_000), type))).toBe('memory');
      const executable = await backend.compile(double);
      const [result] = executable.run([backend.upload(Float32Array.of(1, 1, 1, 1), tensorType('f32', [4]))]);
      expect(Array.from(backend.readSync(result as DeviceTensor))).toEqual([2, 2, 2, 2]);
      await backend.dispose();
    });

    it('is given back by a bind that fails, and by executables that end', async () => {
      const backend = await open({ maxBytes: 2 ** 20 });
      const type = tensorType('f32', [60_000]);
      const program = parse(`program(%0: f32[60000], %1: f32[60000]) {
  %2: f32[60000] = add(%0, %1)
  return %2
}`);
      const executable = await backend.compile(program);
      const inputs = [0, 1].map(() => backend.upload(new Float32Array(60_000), type));
      const both = new Map(inputs.map((tensor, index) => [index, tensor]));
      const first = executable.bind(new Map([[0, inputs[0] as DeviceTensor]]));
      expect(codeOf(() => executable.bind(both))).toBe('memory');
      first.dispose();
      executable.bind(both).dispose();
      const { memoryBytes } = backend;
      for (let round = 0; round < 20; round++) executable.bind(both).dispose();
      expect(backend.memoryBytes).toBe(memoryBytes);
      await backend.dispose();
    });

    it('frees the workspace and bound inputs with their executable', async () => {
      const backend = await open();
      const weights = backend.upload(new Float32Array(10_000), tensorType('f32', [100, 100]));
      const program = parse(`program(%0: f32[100,100], %1: f32[100,100]) {
  %2: f32[100,100] = dot(%1, %0) contract=[[1],[0]] batch=[[],[]]
  %3: f32[100,100] = dot(%2, %0) contract=[[1],[0]] batch=[[],[]]
  return %3
}`);
      const once = async (): Promise<void> => {
        const executable = await backend.compile(program);
        const bound = executable.bind(new Map([[0, weights]]));
        bound.runInto([new Float32Array(10_000)], [new Float32Array(10_000)]);
        bound.dispose();
        executable.dispose();
      };
      await once();
      const { memoryBytes } = backend;
      for (let round = 0; round < 50; round++) await once();
      expect(backend.memoryBytes).toBe(memoryBytes);
      await backend.dispose();
    });

    it('takes a thousand inputs, bound or not', async () => {
      const count = 1200;
      const type = tensorType('f32', [2]);
      const params = Array.from({ length: count }, (_, i) => `%${i}: f32[2]`);
      const sums = params.map((_, i) => `  %${count + i}: f32[2] = add(%${i}, %${i === 0 ? 0 : count + i - 1})`);
      const program = parse(
        `program(${params.join(', ')}) {\n${sums.join('\n')}\n  return %${2 * count - 1}, %${count}\n}`,
      );
      const backend = await open();
      const executable = await backend.compile(program);
      const inputs = params.map((_, i) => backend.upload(Float32Array.of(i, 1), type));
      const read = (tensors: readonly DeviceTensor[]) => tensors.map((tensor) => Array.from(backend.readSync(tensor)));
      const wanted = [
        [(count * (count - 1)) / 2, count + 1],
        [0, 2],
      ];
      expect(read(executable.run(inputs))).toEqual(wanted);
      const bound = executable.bind(new Map([[count - 1, inputs[count - 1] as DeviceTensor]]));
      expect(read(bound.run(inputs.slice(0, -1)))).toEqual(wanted);
      await backend.dispose();
    });
  });

  describe('runInto, again and again', () => {
    const type = tensorType('f32', [4]);
    const four = (value: number): Float32Array => new Float32Array(4).fill(value);

    it('reads what arrays hold at each call, and writes into what it is given then', async () => {
      const backend = await open();
      const executable = await backend.compile(double);
      const [x, y, other] = [four(1), four(0), four(0)];
      executable.runInto([x], [y]);
      x.fill(2);
      executable.runInto([x], [y]);
      expect(Array.from(y)).toEqual([4, 4, 4, 4]);
      x.fill(3);
      executable.runInto([x], [other]);
      expect([Array.from(y), Array.from(other)]).toEqual([
        [4, 4, 4, 4],
        [6, 6, 6, 6],
      ]);
      executable.runInto([y], [x]);
      expect(Array.from(x)).toEqual([8, 8, 8, 8]);
      await backend.dispose();
    });

    it('goes where it went before after a run, and with handles in and out', async () => {
      const backend = await open();
      const executable = await backend.compile(double);
      const state = backend.upload(four(1), type);
      const apart = backend.upload(four(10), type);
      for (let step = 0; step < 3; step++) executable.runInto([state], [state]);
      executable.run([apart]);
      executable.runInto([state], [state]);
      expect(Array.from(backend.readSync(state))).toEqual([16, 16, 16, 16]);
      executable.runInto([apart], [state]);
      expect(Array.from(backend.readSync(state))).toEqual([20, 20, 20, 20]);
      await backend.dispose();
    });

    it('refuses handles that ended and arrays that lost their elements meanwhile', async () => {
      const backend = await open();
      const executable = await backend.compile(double);
      const [x, y] = [four(1), four(0)];
      const handle = backend.upload(four(5), type);
      executable.runInto([handle], [y]);
      handle.dispose();
      expect(codeOf(() => executable.runInto([handle], [y]))).toBe('disposed');
      executable.runInto([x], [y]);
      structuredClone(x.buffer, { transfer: [x.buffer as ArrayBuffer] });
      expect(codeOf(() => executable.runInto([x], [y]))).toBe('shape');
      expect(Array.from(y)).toEqual([2, 2, 2, 2]);
      executable.dispose();
      expect(codeOf(() => executable.runInto([four(1)], [y]))).toBe('disposed');
      await backend.dispose();
    });
  });

  it('refuses f64, unbound names, unknown passes and inputs that are not there', async () => {
    const backend = await open();
    const text = (type: string): string => `program(%0: ${type}) {\n  %1: ${type} = add(%0, %0)\n  return %1\n}`;
    await expect(backend.compile(parse(text('f64[2]')))).rejects.toMatchObject({ code: 'capability' });
    await expect(backend.compile(parse(text('f32[time]')))).rejects.toThrow(
      /dimension "time" has no number.*dims: \{ time/,
    );
    await expect(backend.compile(double, { passes: { sinks: true } })).rejects.toThrow(
      new RegExp(`no pass "sinks" here.*${factory}\\(`),
    );
    await expect(backend.compile(double, { donate: [3] })).rejects.toThrow(/no input 3 to donate/);
    await backend.dispose();
  });

  describe('what a loop carries before its steps', () => {
    const text = (
      reverse: boolean,
      results: string,
      first: string,
    ): string => `program(%0: f32[2,3], %1: f32[6,2,3], %2: f32[6,2,3]) {
  %3: f32[2,3], %4: f32[6,2,3] = scan(%0, %1) length=6 reverse=${reverse} consts=0 carries=1 body=program(%0: f32[2,3], %1: f32[2,3]) {
    %2: f32[2,3] = add(%0, %1)
    %3: f32[2,3] = sin(%2)
    return %3, %3
  }
  %5: f32[5,2,3] = slice(%4) axis=0 start=${reverse ? 1 : 0} limit=${reverse ? 6 : 5}
  %6: f32[1,2,3] = reshape(%0) shape=[1,2,3]
  %7: f32[1,2,3] = exp(%6)
  %8: f32[6,2,3] = concat(${reverse ? `%5, ${first}` : `${first}, %5`}) axis=0
  %9: f32[3,3] = dot(%8, %2) contract=[[0,1],[0,1]] batch=[[],[]]
  %10: f32[2,3] = reduce_sum(%4) axes=[0]
  %11: f32[6,2,3] = mul(%8, %4)
  return ${results}
}`;

    const wanted = ['%9, %10, %11', '%8, %11', '%4, %9', '%3, %4, %8'];
    it.each(
      [false, true].flatMap((reverse) =>
        ['%6', '%7'].flatMap((first) => wanted.map((results) => ({ reverse, first, results }))),
      ),
    )('is right beside what it carries after them: %j', async ({ reverse, first, results }) => {
      const backend = await open();
      const program = parse(text(reverse, results, first));
      const inputs = program.params.map(({ type }, seed) => {
        const count = type.shape.reduce<number>((all, size) => all * (size as number), 1);
        return Float32Array.from({ length: count }, (_, i) => Math.sin((i + 1) * (seed + 1.3)));
      });
      const executable = await backend.compile(program);
      const found = executable.run(inputs.map((data, i) => backend.upload(data, executable.inputs[i] as never)));
      evaluate(program, inputs).forEach((wanted, index) => {
        const data = backend.readSync(found[index] as DeviceTensor);
        expect(data).toHaveLength(wanted.length);
        Array.from(wanted, Number).forEach((value, i) => {
          expect(data[i]).toBeCloseTo(value, 5);
        });
      });
      await backend.dispose();
    });
  });

  it('binds named dimensions', async () => {
    const backend = await open();
    const program = parse('program(%0: f32[time]) {\n  %1: f32[] = reduce_sum(%0) axes=[0]\n  return %1\n}');
    for (const time of [1, 7, 40]) {
      const executable = await backend.compile(program, { dims: { time } });
      const [sum] = executable.run([backend.upload(new Float32Array(time).fill(1), tensorType('f32', [time]))]);
      expect(backend.readSync(sum as DeviceTensor)[0]).toBe(time);
    }
    await backend.dispose();
  });

  describe('runInto', () => {
    it('takes a handle as input and output, and arrays after handles', async () => {
      const backend = await open();
      // The second result reads the state after the first would have overwritten it.
      const program = parse(`program(%0: f32[4]) {
  %1: f32[4] = add(%0, %0)
  %2: f32[4] = reverse(%0) axis=0
  return %1, %2
}`);
      const executable = await backend.compile(program);
      const state = backend.upload(Float32Array.of(1, 2, 3, 4), tensorType('f32', [4]));
      const out = new Float32Array(4);
      executable.runInto([state], [state, out]);
      expect(Array.from(out)).toEqual([4, 3, 2, 1]);
      executable.runInto([state], [state, out]);
      expect(Array.from(out)).toEqual([8, 6, 4, 2]);
      const other = backend.upload(new Float32Array(4), tensorType('f32', [4]));
      executable.runInto([state], [other, out]);
      expect(Array.from(backend.readSync(state))).toEqual([4, 8, 12, 16]);
      expect(Array.from(backend.readSync(other))).toEqual([8, 16, 24, 32]);
      await backend.dispose();
    });

    it('leaves a state where the next step finds it, read before it is written', async () => {
      const backend = await open();
      // A first kernel reads the state, a second one writes it; the other result needs the old state to the end.
      const program = parse(`program(%0: f32[3,3], %1: f32[2,3], %2: f32[2,3]) {
  %3: f32[2,3] = dot(%1, %0) contract=[[1],[0]] batch=[[],[]]
  %4: f32[2,3] = reverse(%3) axis=1
  %5: f32[2,3] = dot(%4, %0) contract=[[1],[0]] batch=[[],[]]
  %6: f32[2,3] = add(%5, %2)
  return %6, %5
}`);
      const weights = Float32Array.of(0.5, 0.25, -1, 0.125, 0.75, 0.5, -0.5, 1, 0.25);
      const x = Float32Array.of(1, 2, 3, 4, 5, 6);
      const kinds = [tensorType('f32', [3, 3]), tensorType('f32', [2, 3])] as const;
      let wanted: Float32Array = Float32Array.of(1, 0, -1, 2, 0.5, -2);
      const [held, state] = [backend.upload(weights, kinds[0]), backend.upload(wanted, kinds[1])];
      const executable = await backend.compile(program);
      const bound = executable.bind(new Map([[0, held]]));
      const out = new Float32Array(6);
      for (let step = 0; step < 5; step++) {
        const [next = [], other = []] = evaluate(program, [weights, wanted, x]);
        bound.runInto([state, x], [state, out]);
        const found = backend.readSync(state);
        for (let i = 0; i < 6; i++) {
          expect(found[i]).toBeCloseTo(Number(next[i]), 4);
          expect(out[i]).toBeCloseTo(Number(other[i]), 4);
        }
        wanted = Float32Array.from(found);
        // The state for both inputs: it may be overwritten only when the second reading of it is over.
        if (step === 3) bound.runInto([state, state], [state, out]);
        if (step === 3) wanted = Float32Array.from(evaluate(program, [weights, wanted, wanted])[0] ?? []);
      }
      await backend.dispose();
    });

    it('finds its arrays again after the memory grew, within the call and after it', async () => {
      const backend = await open();
      const count = 50_000;
      const program = parse(`program(%0: f32[${count}], %1: f32[${count}]) {
  %2: f32[${count}] = add(%0, %1)
  %3: f32[${count}] = sub(%0, %1)
  return %2, %3
}`);
      const executable = await backend.compile(program);
      const inputs = [2, 3].map((scale) => Float32Array.from({ length: count }, (_, i) => (i % 100) * scale));
      const outputs = [new Float32Array(count), new Float32Array(count)];
      for (let round = 0; round < 3; round++) {
        executable.runInto(inputs, outputs);
        expect([outputs[0]?.[count - 1], outputs[1]?.[count - 1]]).toEqual([99 * 5, -99]);
        for (const output of outputs) output.fill(0);
        backend.upload(new Float32Array(1_000_000), tensorType('f32', [1_000_000]));
      }
      await backend.dispose();
    });

    it('takes frozen lists, and others whose elements change', async () => {
      const backend = await open();
      const executable = await backend.compile(double);
      const [x, y, z] = [1, 5, 0].map((value) => new Float32Array(4).fill(value)) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const frozen = [Object.freeze([x]), Object.freeze([z])] as const;
      for (let round = 1; round < 4; round++) {
        x.fill(round);
        executable.runInto(...frozen);
        expect(z[3]).toBe(2 * round);
      }
      const lists: [Float32Array[], Float32Array[]] = [[x], [z]];
      executable.runInto(...lists);
      lists[0][0] = y;
      executable.runInto(...lists);
      expect(z[0]).toBe(10);
      executable.runInto(...frozen);
      expect(z[0]).toBe(6);
      await backend.dispose();
    });

    it('reads and writes masks and integers on the host as they are', async () => {
      const backend = await open();
      const program = parse(`program(%0: bool[5], %1: i32[5]) {
  %2: bool[5] = not(%0)
  %3: i32[5] = neg(%1)
  return %2, %3
}`);
      const executable = await backend.compile(program);
      const flags = new Uint8Array(5);
      const numbers = new Int32Array(5);
      executable.runInto([Uint8Array.of(1, 0, 0, 1, 1), Int32Array.of(-5, 0, 7, 2 ** 31 - 1, 3)], [flags, numbers]);
      expect(Array.from(flags)).toEqual([0, 1, 1, 0, 0]);
      expect(Array.from(numbers)).toEqual([5, -0 | 0, -7, -(2 ** 31 - 1), -3]);
      await backend.dispose();
    });
  });

  it('throws after disposal, and says so once', async () => {
    const backend = await open();
    const executable = await backend.compile(double);
    const tensor = backend.upload(new Float32Array(4), tensorType('f32', [4]));
    const pending = expect(backend.compile(double)).rejects.toMatchObject({ code: 'disposed' });
    await backend.dispose();
    await backend.dispose();
    await pending;
    await expect(backend.lost).resolves.toMatchObject({ reason: 'disposed' });
    for (const use of [
      () => executable.run([tensor]),
      () => backend.upload(new Float32Array(4), tensorType('f32', [4])),
      () => backend.readSync(tensor),
    ]) {
      expect(codeOf(use)).toBe('disposed');
    }
    tensor.dispose();
    executable.dispose();
  });
}
