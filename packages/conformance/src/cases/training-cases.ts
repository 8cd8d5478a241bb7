/**
 * Cases of gradients and whole training steps: forward, backward and Adam as one Program, several steps in a row with
 * donated state, and gradients of gradients.
 */

import type { Tensor, Traced } from '@rheo/core';
import { add, flattenTree, full, gradient, inlineProgram, mul, reduceSum, sin, trace, valueAndGrad } from '@rheo/core';
import type { Backend, DeviceTensor, Program, Shape, TensorData, TensorType } from '@rheo/ir';
import { elementCount, isFloat, isRheoError } from '@rheo/ir';
import { optimise, optionalPasses, passNames } from '@rheo/passes';
import { checkExample, compareResults, exampleCase } from '../check-example.ts';
import type { CaseReport, ConformanceCase } from '../conformance-case.ts';
import { ConformanceFailure } from '../conformance-case.ts';
import type { Example } from '../example.ts';
import { withHandles } from '../handles.ts';
import type { Random } from '../random-source.ts';
import { fillWith } from '../random-source.ts';
import { programTolerance } from '../tolerance.ts';
import { scanBodyCases } from './scan-body-cases.ts';
import { scanLengthCases, scanNestingCases } from './scan-nesting-cases.ts';
import { scanWiringCases } from './scan-wiring-cases.ts';
import { tracedInputs } from './traced-case.ts';
import type { AdamState, CfcParameters, Sizes } from './training-programs.ts';
import { adam, cfcLoss, cfcLossWithDropout, cfcShapes, logLoss, ltcLoss, symbolLoss } from './training-programs.ts';
import { callCases } from './while-call-cases.ts';

const sizes: Readonly<Record<string, Sizes>> = {
  ones: { rows: 1, features: 1, units: 1, steps: 1, width: 1 },
  odd: { rows: 3, features: 2, units: 5, steps: 6, width: 7 },
  even: { rows: 4, features: 4, units: 8, steps: 5, width: 16 },
  'one-row': { rows: 1, features: 3, units: 4, steps: 9, width: 5 },
  'no-steps': { rows: 2, features: 2, units: 3, steps: 0, width: 4 },
  larger: { rows: 17, features: 6, units: 12, steps: 20, width: 33 },
};

/** `training/cfc-adam/odd`, `gradient/scan/nested/…`, `training/passes/sink` … */
export function trainingCases(): ConformanceCase[] {
  return [...stepCases(), ...lossCases(), ...gradientCases(), ...secondOrderCases(), ...passCases()];
}

function f32(shape: Shape): TensorType {
  return { dtype: 'f32', shape };
}

/** (params, Adam's state, h, xs, ds, targets, key) → (params, state, loss). */
function cfcTraining(of: Sizes, dropout: boolean): Traced {
  const { rows, features, units, steps } = of;
  const shapes = cfcShapes(of);
  const typed = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, f32(shape)]));
  return trace(
    (params: CfcParameters, state: AdamState, h: Tensor, xs: Tensor, ds: Tensor, targets: Tensor, key: Tensor) => {
      const { value, gradient: g } = valueAndGrad((p: CfcParameters) =>
        dropout ? cfcLossWithDropout(p, h, xs, ds, targets, key) : cfcLoss(p, h, xs, ds, targets),
      )(params);
      const [next, after] = adam(params, g, state);
      return { params: next, state: after, loss: value };
    },
    [
      typed,
      { first: typed, second: typed, count: f32([]) },
      f32([rows, units]),
      f32([steps, rows, features]),
      f32([steps, rows, 1]),
      f32([steps, rows, 1]),
      { dtype: 'u32', shape: [2] },
    ],
  );
}

/** Parameters and data of the order of 1, moments as they are before the first step. */
function cfcInputs(program: Program, of: Sizes, random: Random): TensorData[] {
  const own = Object.keys(cfcShapes(of)).length;
  return program.params.map(({ type }, index) => {
    const moment = index >= own && index < 3 * own + 1;
    const draw = (): number => {
      if (type.dtype === 'u32') return random.below(2 ** 32);
      return moment ? 0 : random.uniform() - (index < own ? 0.5 : 0.2);
    };
    return fillWith(type.dtype, elementCount(type.shape), draw);
  });
}

function stepCases(): ConformanceCase[] {
  const cases = Object.entries(sizes)
    .filter(([, { steps }]) => steps > 0)
    .flatMap(([name, of]) =>
      [false, true].map((dropout) =>
        exampleCase('training', `training/cfc-adam${dropout ? '-dropout' : ''}/${name}`, (random): Example => {
          const { program } = cfcTraining(of, dropout);
          return { program, inputs: cfcInputs(program, of, random) };
        }),
      ),
    );
  cases.push(loopCase());
  return cases;
}

/** Ten steps, each taking the handles of the one before, against ten steps of the reference. */
function loopCase(): ConformanceCase {
  const of = sizes['odd'] as Sizes;
  return {
    id: 'training/cfc-adam-loop',
    group: 'training',
    run: async (backend, random) => {
      const { program } = cfcTraining(of, true);
      const inputs = cfcInputs(program, of, random);
      const carried = program.results.length - 1;
      const donate = Array.from({ length: carried }, (_, index) => index);
      let worst = 0;
      await withHandles(backend, async (handles) => {
        const executable = handles.keep(await backend.compile(program, { donate }));
        const types = program.params.map(({ type }) => type);
        const uploaded = inputs.map((data, index) => handles.upload(data, types[index] as TensorType));
        let state: readonly DeviceTensor[] = uploaded.slice(0, carried);
        const rest = uploaded.slice(carried);
        let before: TensorData[] = inputs.slice(0, carried);
        for (let step = 0; step < 10; step++) {
          const results = handles.keepAll(executable.run([...state, ...rest]));
          const read = await Promise.all(results.map((result) => backend.read(result)));
          // Each step starts from what the backend had: errors are compared step by step and do not pile up.
          const example = { program, inputs: [...before, ...inputs.slice(carried)], tolerance: programTolerance };
          worst = Math.max(worst, compareResults(example, read).worst);
          state = results.slice(0, carried);
          before = read.slice(0, carried);
        }
      });
      return { worst };
    },
  };
}

function lossCases(): ConformanceCase[] {
  const units = 4;
  const ltc = trace(
    (p: Record<string, Tensor>, v: Tensor, xs: Tensor, ds: Tensor) => {
      const { value, gradient: g } = valueAndGrad((own: Record<string, Tensor>) => ltcLoss(own, v, xs, ds))(p);
      return [value, ...flattenTree(g).leaves];
    },
    [
      {
        ...Object.fromEntries(['w', 'mu', 'sigma', 'erev'].map((name) => [name, f32([units, units])])),
        ...Object.fromEntries(['gleak', 'vleak', 'cm'].map((name) => [name, f32([units])])),
      },
      f32([2, units]),
      f32([5, 2, units]),
      f32([5, 2, 1]),
    ],
  ).program;
  const symbols = trace(
    (p: Record<string, Tensor>, h: Tensor, ids: Tensor, labels: Tensor) => {
      const { value, gradient: g } = valueAndGrad((own: Record<string, Tensor>) => symbolLoss(own, h, ids, labels))(p);
      return [value, ...flattenTree(g).leaves];
    },
    [
      { recurrent: f32([5, 5]), table: f32([7, 5]), out: f32([5, 3]) },
      f32([3, 5]),
      { dtype: 'i32', shape: [4, 3] },
      { dtype: 'i32', shape: [3] },
    ],
  ).program;
  const stable = gradientProgram((x: Tensor) => logLoss(mul(x, 30)), [f32([17])]);
  return Object.entries({ ltc, symbols, 'log-loss': stable }).map(([name, program]) =>
    exampleCase('training', `training/${name}`, (random) => ({ program, inputs: tracedInputs(program, random) })),
  );
}

/** Gradients of every loop of the op cases whose inputs are floats. */
function gradientCases(): ConformanceCase[] {
  const loops = [...scanWiringCases(), ...scanLengthCases(), ...scanNestingCases(), ...scanBodyCases(), ...callCases()];
  return loops
    .filter(({ traced }) => traced.types.some(({ dtype }) => isFloat(dtype)))
    .map(({ id, traced: { types, fn, options } }) =>
      exampleCase('training', `gradient/${id}`, (random) => {
        const program = gradientProgram(fn, types);
        const inputs = tracedInputs(program, random, options);
        return { program, inputs, ...(options.dims === undefined ? {} : { dims: options.dims }) };
      }),
    );
}

function secondOrderCases(): ConformanceCase[] {
  const of: Sizes = { rows: 2, features: 2, units: 3, steps: 4, width: 3 };
  const shapes = Object.entries(cfcShapes(of));
  const fn = (...tensors: Tensor[]): Tensor => {
    const p = Object.fromEntries(shapes.map(([name], index) => [name, tensors[index] as Tensor])) as CfcParameters;
    const [h, xs, ds, targets] = tensors.slice(shapes.length) as [Tensor, Tensor, Tensor, Tensor];
    return cfcLoss(p, h, xs, ds, targets);
  };
  const types = [...shapes.map(([, shape]) => f32(shape)), f32([2, 3]), f32([4, 2, 2]), f32([4, 2, 1]), f32([4, 2, 1])];
  return [
    exampleCase('training', 'gradient/second-order/cfc', (random) => {
      const first = gradientProgram(fn, types);
      const program = gradientProgram((...tensors) => inlineProgram(first, tensors).slice(1), types);
      return { program, inputs: tracedInputs(program, random) };
    }),
  ];
}

/** A training step with each pass on and off, run before the backend sees it and by the backend itself. */
function passCases(): ConformanceCase[] {
  const of = sizes['odd'] as Sizes;
  const all = (on: boolean): Record<string, boolean> => Object.fromEntries(passNames.map((name) => [name, on]));
  const settings: Record<string, Record<string, boolean>> = { none: all(false), all: all(true) };
  for (const name of passNames) {
    settings[`${name}-on`] = { [name]: true };
    settings[`${name}-off`] = { [name]: false };
  }
  return Object.entries(settings).map(([name, passes]) => ({
    id: `training/passes/${name}`,
    group: 'training',
    run: async (backend, random) => {
      const { program } = cfcTraining(of, true);
      const inputs = cfcInputs(program, of, random);
      const before = await checkExample(backend, { program: optimise(program, passes, optionalPasses), inputs });
      const within = await withPasses(backend, { program, inputs, passes });
      return { worst: Math.max(before.worst, within.worst) };
    },
  }));
}

/** A backend may lack optional passes, but must say so. */
async function withPasses(backend: Backend, example: Example): Promise<CaseReport> {
  try {
    return await checkExample(backend, example);
  } catch (error) {
    const cause = error instanceof ConformanceFailure ? error.details.cause : undefined;
    if (isRheoError(cause) && cause.code === 'argument') return { worst: 0 };
    throw error;
  }
}

/** A weighted sum of all float results, and its gradients by all float inputs. */
function gradientProgram(fn: (...inputs: Tensor[]) => unknown, types: readonly TensorType[]): Program {
  const loss = trace((...tensors: Tensor[]) => {
    const leaves = flattenTree(fn(...tensors) as Tensor).leaves.filter(({ dtype }) => isFloat(dtype));
    const terms = leaves.map((leaf, index) => reduceSum(mul(leaf, sin(full(leaf.shape, 1 + index)))));
    return terms.reduce((sum, term) => add(sum, term), full([], 0));
  }, types);
  const wrt = types.flatMap(({ dtype }, index) => (isFloat(dtype) ? [index] : []));
  return gradient(loss.program, { of: 0, wrt });
}
