/**
 * Rheo on its WebAssembly backend: what a user of the library gets, through models, `valueAndGrad` and `stream`.
 */

import { wasm as openWasm } from '@rheo/backend-wasm';
import { flattenTree, unflattenTree } from '@rheo/core';
import type { Backend } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { build, cfc, initialise, ltc, stream } from '@rheo/layers';
import type { Contender, Prepared } from '../contender.ts';
import { type CfcProblem, checkedCalls, type Dense, type LtcProblem, type Problem } from '../problem.ts';
import { prepareInfer, prepareTrain, type Work } from './prepare-model.ts';

function modelOf({ shape }: Problem): Layer {
  if (shape.cell === 'ltc') {
    const { wiring, unfolds } = shape;
    return ltc({ wiring, odeUnfolds: unfolds, inputMapping: 'none', outputMapping: 'none' });
  }
  return cfc({ units: shape.units, backboneUnits: shape.backbone, backboneLayers: shape.depth });
}

/** The problem's weights in the order of the model's parameters. */
function cfcParameters(problem: CfcProblem, model: Layer): Float32Array[] {
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

function ltcParameters({ weights, shape }: LtcProblem, model: Layer): Float32Array[] {
  const { paths } = flattenTree(build(model, shape.features).parameters);
  return paths.map((path) => weights.parameters[path as keyof typeof weights.parameters]);
}

function take({ inputs, outputs, weight, bias }: Dense, wantBias: boolean, from: number, count: number): Float32Array {
  if (wantBias) return bias.slice(from, from + count);
  const kernel = new Float32Array(inputs * count);
  for (let row = 0; row < inputs; row += 1) {
    kernel.set(weight.subarray(row * outputs + from, row * outputs + from + count), row * count);
  }
  return kernel;
}

function workOf(problem: Problem): Work {
  const model = modelOf(problem);
  const { steps, batch, features } = problem.shape;
  const elapsed = new Float32Array(steps * batch);
  for (let step = 0; step < steps; step += 1) elapsed.set(problem.elapsed, step * batch);
  const weights = problem.cell === 'cfc' ? cfcParameters(problem, model) : ltcParameters(problem, model);
  return { model, weights, steps, batch, features, x: problem.x, elapsed };
}

async function prepareStream(backend: Backend, problem: CfcProblem): Promise<Prepared> {
  const model = modelOf(problem);
  const { features, units } = problem.shape;
  const start = performance.now();
  const tree = initialise(model, { features, seed: 0 });
  const { leaves, structure } = flattenTree(tree);
  const weights = cfcParameters(problem, model);
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

export const wasm: Contender = {
  name: 'wasm',
  kind: 'backend',
  prepare: async (problem) => {
    if (problem.mode === 'stream') {
      if (problem.cell !== 'cfc') return { unsupported: 'streaming is timed with CfC' };
      return prepareStream(await openWasm(), problem);
    }
    const backend = await openWasm();
    return (problem.mode === 'infer' ? prepareInfer : prepareTrain)(backend, workOf(problem));
  },
};
