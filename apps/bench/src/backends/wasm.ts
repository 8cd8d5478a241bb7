/**
 * Rheo on its WebAssembly backend: what a user of the library gets, through models, `valueAndGrad` and `stream`.
 */

import { wasm as openWasm } from '@rheo/backend-wasm';
import type { Tensor } from '@rheo/core';
import { compile, convert, flattenTree, reduceMean, square, trace, unflattenTree, valueAndGrad } from '@rheo/core';
import type { Backend, DeviceTensor, Program, TensorType } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { applySequence, build, cfc, initialise, stream } from '@rheo/layers';
import { adam as adamOptimizer } from '@rheo/train';
import type { Contender, Prepared } from '../contender.ts';
import { adam, checkedCalls, checkedLosses, type Dense, type Problem } from '../problem.ts';

const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape });

function modelOf({ shape }: Problem): Layer {
  return cfc({ units: shape.units, backboneUnits: shape.backbone, backboneLayers: shape.depth });
}

/** The problem's weights in the order of the model's parameters. */
function parametersOf(problem: Problem, model: Layer): Float32Array[] {
  const { body, head } = problem.weights;
  const { units } = problem.shape;
  const heads = ['ff1', 'ff2', 'time_a', 'time_b'];
  return flattenTree(build(model, problem.shape.features).parameters).paths.map((path) => {
    const [part = '', index = ''] = path.split('/');
    const bias = path.endsWith('bias');
    if (part === 'backbone') return take(body[Number(index)] as Dense, bias, 0, (body[Number(index)] as Dense).outputs);
    return take(head, bias, heads.indexOf(part) * units, units);
  });
}

function take({ inputs, outputs, weight, bias }: Dense, wantBias: boolean, from: number, count: number): Float32Array {
  if (wantBias) return bias.slice(from, from + count);
  const kernel = new Float32Array(inputs * count);
  for (let row = 0; row < inputs; row += 1) {
    kernel.set(weight.subarray(row * outputs + from, row * outputs + from + count), row * count);
  }
  return kernel;
}

/** Elapsed times of every step, [steps, batch]. */
function elapsedOf({ shape, elapsed }: Problem): Float32Array {
  const times = new Float32Array(shape.steps * shape.batch);
  for (let step = 0; step < shape.steps; step += 1) times.set(elapsed, step * shape.batch);
  return times;
}

function inferProgram(problem: Problem, model: Layer): Program {
  const { steps, batch, features } = problem.shape;
  const { leaves, structure } = flattenTree(build(model, features).parameters);
  return trace(
    (parameters: readonly Tensor[], values: Tensor, dt: Tensor) =>
      applySequence(model, unflattenTree(structure, parameters), { values, dt }, { timeMajor: true }).outputs,
    [leaves.map(({ type }) => type), f32(steps, batch, features), f32(steps, batch)],
  ).program;
}

function trainProgram(problem: Problem, model: Layer): Program {
  const { steps, batch, features } = problem.shape;
  const { leaves, structure } = flattenTree(build(model, features).parameters);
  const types = leaves.map(({ type }) => type);
  const optimizer = adamOptimizer({ ...adam, variant: 'pytorch' });
  return trace(
    (
      parameters: readonly Tensor[],
      slots: readonly (readonly Tensor[])[],
      step: Tensor,
      values: Tensor,
      dt: Tensor,
    ) => {
      const { value, gradient } = valueAndGrad((varied: readonly Tensor[]) =>
        reduceMean(
          square(applySequence(model, unflattenTree(structure, varied), { values, dt }, { timeMajor: true }).outputs),
        ),
      )(parameters);
      const updated = optimizer.update({
        parameters,
        gradients: gradient,
        roles: leaves.map(({ role }) => role),
        slots,
        step: convert(step, 'f32'),
        stepsPerEpoch: 1,
      });
      return [updated.parameters, updated.slots, value] as const;
    },
    [
      types,
      optimizer.slots.map(() => types),
      { dtype: 'u32', shape: [] },
      f32(steps, batch, features),
      f32(steps, batch),
    ],
  ).program;
}

async function prepareInfer(backend: Backend, problem: Problem): Promise<Prepared> {
  const model = modelOf(problem);
  const { steps, batch, features } = problem.shape;
  const start = performance.now();
  const executable = await compile(backend, inferProgram(problem, model));
  const weights = parametersOf(problem, model);
  const handles = weights.map((data, index) => backend.upload(data, executable.inputs[index] as TensorType));
  const bound = executable.bind(new Map(handles.map((handle, index) => [index, handle])));
  const inputs = [
    backend.upload(problem.x, f32(steps, batch, features)),
    backend.upload(elapsedOf(problem), f32(steps, batch)),
  ];
  const run = (): DeviceTensor => bound.run(inputs)[0] as DeviceTensor;
  run().dispose();
  const compileMs = performance.now() - start;
  return {
    compileMs,
    async check() {
      return (await backend.read(run())) as Float32Array;
    },
    run: () => run().dispose(),
    dispose: () => backend.dispose(),
  };
}

async function prepareTrain(backend: Backend, problem: Problem): Promise<Prepared> {
  const model = modelOf(problem);
  const { steps, batch, features } = problem.shape;
  const start = performance.now();
  const program = trainProgram(problem, model);
  const weights = parametersOf(problem, model);
  const donate = Array.from({ length: weights.length * 3 }, (_, index) => index);
  const executable = await compile(backend, program, { donate });
  const type = (index: number): TensorType => executable.inputs[index] as TensorType;
  const x = backend.upload(problem.x, f32(steps, batch, features));
  const dt = backend.upload(elapsedOf(problem), f32(steps, batch));
  let state: readonly DeviceTensor[] = [];
  let next = 0;
  const reset = (): void => {
    for (const handle of state) handle.dispose();
    next = 0;
    const zeros = [...weights, ...weights].map(({ length }) => new Float32Array(length));
    state = [...weights, ...zeros].map((data, index) => backend.upload(data, type(index)));
  };
  const run = (): DeviceTensor => {
    const step = backend.upload(Uint32Array.of(next), { dtype: 'u32', shape: [] });
    next += 1;
    const results = executable.run([...state, step, x, dt]);
    step.dispose();
    state = results.slice(0, -1);
    return results.at(-1) as DeviceTensor;
  };
  reset();
  run().dispose();
  const compileMs = performance.now() - start;
  return {
    compileMs,
    async check() {
      reset();
      const losses = new Float32Array(checkedLosses);
      for (let index = 0; index < checkedLosses; index += 1) {
        const loss = run();
        losses[index] = (await backend.read(loss))[0] ?? Number.NaN;
        loss.dispose();
      }
      return losses;
    },
    run: () => run().dispose(),
    dispose: () => backend.dispose(),
  };
}

async function prepareStream(backend: Backend, problem: Problem): Promise<Prepared> {
  const model = modelOf(problem);
  const { features, units } = problem.shape;
  const start = performance.now();
  const tree = initialise(model, { features, seed: 0 });
  const { leaves, structure } = flattenTree(tree);
  const weights = parametersOf(problem, model);
  const parameters = unflattenTree(
    structure,
    leaves.map((leaf, index) => ({ ...leaf, data: weights[index] as Float32Array })),
  );
  const live = await stream(model, parameters, backend, { features });
  const rows = Array.from({ length: problem.rows }, (_, row) => problem.x.slice(row * features, (row + 1) * features));
  let next = 0;
  const run = (): Float32Array => {
    const row = rows[next] as Float32Array;
    next = (next + 1) % rows.length;
    return live.step(row, problem.elapsed[0]);
  };
  run();
  const compileMs = performance.now() - start;
  return {
    compileMs,
    async check() {
      live.reset();
      next = 0;
      const outputs = new Float32Array(checkedCalls * units);
      for (let call = 0; call < checkedCalls; call += 1) outputs.set(run(), call * units);
      return outputs;
    },
    run() {
      run();
    },
    dispose: () => backend.dispose(),
  };
}

const prepare = { infer: prepareInfer, train: prepareTrain, stream: prepareStream } as const;

export const wasm: Contender = {
  name: 'wasm',
  kind: 'backend',
  prepare: async (problem) => prepare[problem.mode](await openWasm(), problem),
};
