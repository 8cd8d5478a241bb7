/**
 * Laws that hold on every backend, whatever the reference says: a scan of n steps is n scans of one; two calls of one
 * executable are bit-equal; many executables may take turns.
 */

import type { Tensor, Tree } from '@rheo/core';
import { add, matmul, mul, reduceSum, scan, sin, slice, tanh, trace } from '@rheo/core';
import type { Backend, DeviceTensor, Program, TensorData, TensorType } from '@rheo/ir';
import { elementCount, resultTypes } from '@rheo/ir';
import type { CaseReport, ConformanceCase } from '../conformance-case.ts';
import { expectThat } from '../conformance-case.ts';
import type { Handles } from '../handles.ts';
import { withHandles } from '../handles.ts';
import type { Random } from '../random-source.ts';
import { fillWith } from '../random-source.ts';
import { deviation, programTolerance } from '../tolerance.ts';
import { f32 } from './traced-case.ts';
import type { CfcParameters } from './training-programs.ts';
import { cfcShapes, cfcStep } from './training-programs.ts';

/** `law/scan-n-steps/cfc`, `law/identical-calls` … */
export function lawCases(): ConformanceCase[] {
  return [...stepLaws(), identicalCalls(), interleavedCalls()];
}

type Body = (weights: readonly Tensor[], state: Tensor, x: Tensor) => readonly [Tensor, Tree<Tensor>];

interface Loop {
  readonly weights: readonly TensorType[];
  readonly state: TensorType;
  readonly x: TensorType;
  readonly body: Body;
}

const cfcSizes = { rows: 3, features: 2, units: 5, steps: 1, width: 7 };

const loops: Readonly<Record<string, Loop>> = {
  sum: { weights: [], state: f32(3), x: f32(3), body: (_w, c, x) => [add(c, x), c] },
  recurrent: {
    weights: [f32(5, 5)],
    state: f32(2, 5),
    x: f32(2, 5),
    body: ([w], c, x) => {
      const next = tanh(add(matmul(c, w as Tensor), x));
      return [next, [next, reduceSum(next, 1)]];
    },
  },
  nested: {
    weights: [f32(3)],
    state: f32(3),
    x: f32(4, 3),
    body: ([w], c, x) => {
      const [next, ys] = scan((d, y) => [sin(add(mul(d, w as Tensor), y)), d], c, x, { reverse: true });
      return [next, ys];
    },
  },
  cfc: {
    weights: Object.values(cfcShapes(cfcSizes)).map((shape) => f32(...shape)),
    state: f32(3, 5),
    x: f32(3, 3),
    body: (weights, c, x) => {
      const names = Object.keys(cfcShapes(cfcSizes));
      const p = Object.fromEntries(names.map((name, index) => [name, weights[index] as Tensor])) as CfcParameters;
      const next = cfcStep(p, c, columns(x, 0, 2), columns(x, 2, 3));
      return [next, next];
    },
  },
};

/** The loop over `length` steps: (weights, state, xs) → (state, ys). */
function loopProgram({ weights, state, x, body }: Loop, length: number, reverse: boolean): Program {
  const xs: TensorType = { dtype: x.dtype, shape: [length, ...x.shape] };
  return trace(
    (...inputs: Tensor[]) => {
      const own = inputs.slice(0, weights.length);
      const [start, rows] = inputs.slice(weights.length) as [Tensor, Tensor];
      return scan((c: Tensor, row: Tensor) => body(own, c, row), start, rows, { reverse });
    },
    [...weights, state, xs],
  ).program;
}

function stepLaws(): ConformanceCase[] {
  return Object.entries(loops).flatMap(([name, loop]) =>
    [1, 2, 7, 16].flatMap((length) =>
      [false, true].map((reverse) => ({
        id: `law/scan-n-steps/${name}-${length}${reverse ? '-reverse' : ''}`,
        group: 'law' as const,
        run: (backend: Backend, random: Random) => checkSteps(backend, random, loop, length, reverse),
      })),
    ),
  );
}

async function checkSteps(
  backend: Backend,
  random: Random,
  loop: Loop,
  length: number,
  reverse: boolean,
): Promise<CaseReport> {
  const whole = loopProgram(loop, length, reverse);
  const step = loopProgram(loop, 1, reverse);
  const inputs = whole.params.map(({ type }) =>
    fillWith(type.dtype, elementCount(type.shape), () => random.uniform() - 0.5),
  );
  return await withHandles(backend, async (handles) => {
    const all = handles.keep(await backend.compile(whole));
    const one = handles.keep(await backend.compile(step));
    const given = inputs.map((data, index) => handles.upload(data, whole.params[index]?.type as TensorType));
    const wanted = await readAll(backend, handles.keepAll(all.run(given)));
    const weights = given.slice(0, -2);
    const xs = inputs.at(-1) as TensorData;
    const row = xs.length / length;
    const ys = wanted.slice(1).map((data) => data.slice());
    let state = given.at(-2) as DeviceTensor;
    for (let index = 0; index < length; index++) {
      const t = reverse ? length - 1 - index : index;
      const slice = handles.upload(xs.slice(t * row, (t + 1) * row), step.params.at(-1)?.type as TensorType);
      const results = handles.keepAll(one.run([...weights, state, slice]));
      state = results[0] as DeviceTensor;
      for (const [i, data] of (await readAll(backend, results.slice(1))).entries()) ys[i]?.set(data, t * data.length);
    }
    const got = [await backend.read(state), ...ys];
    let worst = 0;
    resultTypes(whole).forEach((type, index) => {
      const expected = wanted[index] as TensorData;
      const far = deviation({ type, double: expected, single: expected }, got[index] ?? [], programTolerance);
      worst = Math.max(worst, far.worst);
      expectThat(
        far.worst <= 1,
        `scan(${length}) is not ${length} × step: result ${index} element ${far.index} is ${far.expected} in one scan, ${far.got} in steps`,
        { program: whole, inputs, worst: far.worst },
      );
    });
    return { worst };
  });
}

function identicalCalls(): ConformanceCase {
  return {
    id: 'law/identical-calls',
    group: 'law',
    run: async (backend, random) => {
      await withHandles(backend, async (handles) => {
        const { run, program } = await prepared(backend, handles, random, 'cfc', 7);
        const first = await readAll(backend, run());
        (await prepared(backend, handles, random, 'recurrent', 5)).run();
        const second = await readAll(backend, run());
        // The same Program compiled again, with other numbers.
        (await prepared(backend, handles, random, 'cfc', 7)).run();
        const third = await readAll(backend, run());
        for (const [index, data] of first.entries()) {
          const same = [second, third].every((other) => data.every((x, i) => Object.is(x, other[index]?.[i])));
          expectThat(same, `result ${index} of equal calls differs`, { program });
        }
      });
      return { worst: 0 };
    },
  };
}

/** A hundred runs of four executables in changing order, read only at the end. */
function interleavedCalls(): ConformanceCase {
  return {
    id: 'law/interleaved-calls',
    group: 'law',
    run: async (backend, random) => {
      await withHandles(backend, async (handles) => {
        const list: Awaited<ReturnType<typeof prepared>>[] = [];
        for (const [name, length] of [
          ['cfc', 3],
          ['recurrent', 9],
          ['nested', 4],
          ['sum', 17],
        ] as const) {
          list.push(await prepared(backend, handles, random, name, length));
        }
        const wanted: TensorData[][] = [];
        for (const item of list) wanted.push(await readAll(backend, item.run()));
        const order = Array.from({ length: 100 }, () => random.below(list.length));
        const pending = order.map((which) => ({ which, results: list[which]?.run() ?? [] }));
        // Some end before they are read: that must not disturb the others.
        for (const { results } of pending.filter((_, index) => index % 5 === 0))
          for (const result of results) result.dispose();
        await Promise.all(
          pending.map(async ({ which, results }, index) => {
            if (index % 5 === 0) return;
            const got = await readAll(backend, results);
            const same = got.every((data, i) => data.every((x, j) => Object.is(x, wanted[which]?.[i]?.[j])));
            expectThat(same, `run ${index} of 100 interleaved ones differs from the run alone`, {
              ...(list[which] && { program: list[which].program }),
            });
          }),
        );
      });
      return { worst: 0 };
    },
  };
}

function columns(x: Tensor, start: number, limit: number): Tensor {
  return slice(x, { axis: 1, start, limit });
}

async function prepared(
  backend: Backend,
  handles: Handles,
  random: Random,
  name: keyof typeof loops,
  length: number,
): Promise<{ readonly program: Program; run(): readonly DeviceTensor[] }> {
  const program = loopProgram(loops[name] as Loop, length, false);
  const executable = handles.keep(await backend.compile(program));
  const given = program.params.map(({ type }) =>
    handles.upload(
      fillWith(type.dtype, elementCount(type.shape), () => random.uniform() - 0.5),
      type,
    ),
  );
  return { program, run: () => handles.keepAll(executable.run(given)) };
}

async function readAll(backend: Backend, tensors: readonly DeviceTensor[]): Promise<TensorData[]> {
  return await Promise.all(tensors.map((tensor) => backend.read(tensor)));
}
