/**
 * Rheo on an engine that others made: the same Programs as on our own backend, handed to an asynchronous adapter.
 *
 * There is no loop in such an engine that waits for JavaScript, so a streaming call is one run of one step whose output
 * is awaited; the state stays in the adapter's handles.
 */

import { compile } from '@rheo/core';
import type { Backend, DeviceTensor, TensorType } from '@rheo/ir';
import { stepProgram } from '@rheo/layers';
import type { Contender, Prepared } from '../contender.ts';
import { type CfcProblem, checkedCalls, type Problem } from '../problem.ts';
import { prepareInfer, prepareTrain } from './prepare-model.ts';
import { cfcParameters, modelOf, workOf } from './work-of.ts';

const oneTime: TensorType = { dtype: 'f32', shape: [1, 1] };

async function prepareSteps(backend: Backend, problem: CfcProblem): Promise<Prepared> {
  const model = modelOf(problem);
  const { features, units } = problem.shape;
  const weights = cfcParameters(problem, model);
  const start = performance.now();
  const executable = await compile(backend, stepProgram(model, { features, dt: 'row' }).program);
  const handles = weights.map((data, index) => backend.upload(data, executable.inputs[index] as TensorType));
  const bound = executable.bind(new Map(handles.map((handle, index) => [index, handle])));
  const [stateType, valuesType] = bound.inputs as [TensorType, TensorType];
  const elapsed = problem.elapsed.slice(0, 1);
  const rows = Array.from({ length: problem.rows }, (_, row) => problem.x.slice(row * features, (row + 1) * features));
  const zeros = (): DeviceTensor => backend.upload(new Float32Array(units), stateType);
  let state = zeros();
  let next = 0;
  const run = async (): Promise<Float32Array> => {
    const row = rows[next] as Float32Array;
    next = (next + 1) % rows.length;
    const inputs = [state, backend.upload(row, valuesType), backend.upload(elapsed, oneTime)];
    const [outputs, after] = bound.run(inputs) as [DeviceTensor, DeviceTensor];
    for (const handle of inputs) handle.dispose();
    state = after;
    const values = (await backend.read(outputs)) as Float32Array;
    outputs.dispose();
    return values;
  };
  await run();
  const compileMs = performance.now() - start;
  return {
    compileMs,
    async check() {
      state.dispose();
      state = zeros();
      next = 0;
      const outputs = new Float32Array(checkedCalls * units);
      for (let call = 0; call < checkedCalls; call += 1) outputs.set(await run(), call * units);
      return outputs;
    },
    async run() {
      await run();
    },
    dispose: () => backend.dispose(),
  };
}

function prepareOn(backend: Backend, problem: Problem): Promise<Prepared> {
  if (problem.mode === 'stream' && problem.cell === 'cfc') return prepareSteps(backend, problem);
  return (problem.mode === 'train' ? prepareTrain : prepareInfer)(backend, workOf(problem));
}

/** A contender of our Programs on the backend that `open` creates; `engine` names engine and version. */
export function onEngine(name: string, engine: () => Promise<string>, open: () => Promise<Backend>): Contender {
  return {
    name,
    kind: 'backend',
    prepare: async (problem) => {
      if (problem.mode === 'stream' && problem.cell !== 'cfc') return { unsupported: 'streaming is timed with CfC' };
      const backend = await open();
      try {
        return { ...(await prepareOn(backend, problem)), engine: await engine() };
      } catch (error) {
        await backend.dispose();
        throw error;
      }
    },
  };
}
