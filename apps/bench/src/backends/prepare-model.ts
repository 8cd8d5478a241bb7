/**
 * Any model of ours on a backend, ready to be timed: a forward pass over sequences, or a training step.
 *
 * A training step is forward, backward of mean(y²) through every time step, and an Adam update, in one program whose
 * parameters and moments are donated. A run is over when its result is there: on an asynchronous backend it is read.
 */
import type { Tensor } from '@rheo/core';
import { compile, convert, flattenTree, reduceMean, square, trace, unflattenTree, valueAndGrad } from '@rheo/core';
import type { Backend, CompileOptions, DeviceTensor, Program, TensorType } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { applySequence, build } from '@rheo/layers';
import { adam as adamOptimizer } from '@rheo/train';
import type { Prepared } from '../contender.ts';
import { adam, checkedLosses } from '../problem.ts';

/** A model with its weights and what it is run on. */
export interface Work {
  readonly model: Layer;
  /** In the order of the model's parameters. */
  readonly weights: readonly Float32Array[];
  readonly steps: number;
  readonly batch: number;
  readonly features: number;
  /** [steps, batch, features] */
  readonly x: Float32Array;
  /** [steps, batch] */
  readonly elapsed: Float32Array;
  /** Passes of the compiler to switch on or off. */
  readonly passes?: CompileOptions['passes'];
}

/** A prepared model, and the memory that its program works in besides its inputs and results. */
export interface PreparedModel extends Prepared {
  readonly workspaceBytes: number;
  readonly builtMs: number;
}

/** The size of the backend's memory, where it tells. */
function memoryOf(backend: Backend): Pick<Prepared, 'memoryBytes'> {
  return 'memoryBytes' in backend ? { memoryBytes: () => Number(backend.memoryBytes) } : {};
}

/** Waits for what was enqueued, where a backend enqueues, and frees it. */
function finish(backend: Backend, handle: DeviceTensor): void | Promise<void> {
  if (backend.capabilities.synchronous) return handle.dispose();
  return backend.read(handle).then(() => handle.dispose());
}

const bytesOf = (types: readonly TensorType[]): number =>
  types.reduce((sum, { shape }) => sum + 4 * shape.reduce<number>((all, size) => all * (size as number), 1), 0);

const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape });

function inferProgram({ model, steps, batch, features }: Work): Program {
  const { leaves, structure } = flattenTree(build(model, features).parameters);
  return trace(
    (parameters: readonly Tensor[], values: Tensor, dt: Tensor) =>
      applySequence(model, unflattenTree(structure, parameters), { values, dt }, { timeMajor: true }).outputs,
    [leaves.map(({ type }) => type), f32(steps, batch, features), f32(steps, batch)],
  ).program;
}

function trainProgram({ model, steps, batch, features }: Work): Program {
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

/** A forward pass over the whole sequence, all outputs. Disposing of it disposes of the backend. */
export async function prepareInfer(backend: Backend, work: Work): Promise<PreparedModel> {
  const { weights, steps, batch, features, x, elapsed } = work;
  const start = performance.now();
  const program = inferProgram(work);
  const traced = performance.now();
  const executable = await compile(backend, program, { passes: work.passes ?? {} });
  const builtMs = performance.now() - traced;
  const handles = weights.map((data, index) => backend.upload(data, executable.inputs[index] as TensorType));
  const bound = executable.bind(new Map(handles.map((handle, index) => [index, handle])));
  const inputs = [backend.upload(x, f32(steps, batch, features)), backend.upload(elapsed, f32(steps, batch))];
  const run = (): DeviceTensor => bound.run(inputs)[0] as DeviceTensor;
  await finish(backend, run());
  const compileMs = performance.now() - start;
  return {
    compileMs,
    builtMs,
    workspaceBytes: executable.workspaceBytes,
    ...memoryOf(backend),
    async check() {
      const outputs = run();
      const values = (await backend.read(outputs)) as Float32Array;
      outputs.dispose();
      return values;
    },
    run: () => finish(backend, run()),
    dispose: () => backend.dispose(),
  };
}

/** A training step. Disposing of it disposes of the backend. */
export async function prepareTrain(backend: Backend, work: Work): Promise<PreparedModel> {
  const { weights, steps, batch, features, x: values, elapsed } = work;
  const start = performance.now();
  const program = trainProgram(work);
  const traced = performance.now();
  const donate = Array.from({ length: weights.length * 3 }, (_, index) => index);
  const executable = await compile(backend, program, { donate, passes: work.passes ?? {} });
  const builtMs = performance.now() - traced;
  const type = (index: number): TensorType => executable.inputs[index] as TensorType;
  const x = backend.upload(values, f32(steps, batch, features));
  const dt = backend.upload(elapsed, f32(steps, batch));
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
  await finish(backend, run());
  const compileMs = performance.now() - start;
  return {
    compileMs,
    builtMs,
    workspaceBytes: executable.workspaceBytes,
    plannedBytes: executable.workspaceBytes + bytesOf(executable.inputs) + bytesOf(executable.results),
    ...memoryOf(backend),
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
    run: () => finish(backend, run()),
    dispose: () => backend.dispose(),
  };
}
