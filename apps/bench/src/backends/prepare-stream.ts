/**
 * A streaming call on a backend with memory on this processor: one step of a CfC, state carried, arrays in and out.
 */

import { flattenTree, unflattenTree } from '@rheo/core';
import type { Backend } from '@rheo/ir';
import { initialise, stream } from '@rheo/layers';
import type { Prepared } from '../contender.ts';
import { type CfcProblem, checkedCalls } from '../problem.ts';
import { cfcParameters, modelOf } from './work-of.ts';

/** Prepares streaming on a backend, which is disposed with it. */
export async function prepareStream(backend: Backend, problem: CfcProblem): Promise<Prepared> {
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
  const builtMs = performance.now() - start;
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
    builtMs,
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
