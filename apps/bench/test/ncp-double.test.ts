/** The hand-written gradient of the double-precision wired CfC against central differences, and that our backend agrees. */
import { autoNcp } from '@rheo/layers';
import { expect, it } from 'vitest';
import { wasm } from '../src/backends/wasm.ts';
import { forwardNcp, gradientNcp, trainNcp } from '../src/ncp-double.ts';
import { makeProblem, type NcpProblem } from '../src/problem.ts';
import { disagreement, referenceOf } from '../src/reference.ts';
import type { NcpShape } from '../src/shapes.ts';
import type { Dense } from '../src/weights.ts';

const wiring = autoNcp(9, 2);
const sizes = { features: 3, units: 9, batch: 4, steps: 3 };
const shape: NcpShape = { cell: 'ncp', name: 'T', wiring, ...sizes, modes: ['train'] };
const problem = makeProblem(shape, 'train');

/** Float32 weights cannot be moved by 1e-6, so differences are taken between nearby float32 values. */
function moved(layer: number, part: 'weight' | 'bias', index: number, by: number) {
  const layers = problem.weights.layers.map((own, position) => {
    if (position !== layer) return own;
    const values = Float32Array.from(own.head[part]);
    values[index] = (values[index] ?? 0) + by;
    return { ...own, head: { ...own.head, [part]: values } };
  });
  const changed: NcpProblem = { ...problem, weights: { layers } };
  return { loss: gradientNcp(changed).loss, value: layers[layer]?.head[part][index] ?? 0 };
}

it('has the gradient that central differences give, zero where no synapse is', () => {
  const { gradients } = gradientNcp(problem);
  expect(gradients).toHaveLength(3);
  problem.weights.layers.forEach(({ head, mask }, layer) => {
    for (const part of ['weight', 'bias'] as const) {
      for (let index = 0; index < head[part].length; index += 5) {
        const [up, down] = [moved(layer, part, index, 1e-3), moved(layer, part, index, -1e-3)];
        const difference = (up.loss - down.loss) / (up.value - down.value);
        expect(gradients[layer]?.[part][index]).toBeCloseTo(difference, 5);
      }
    }
    expect(mask).toContain(0);
  });
});

it('reads the motor neurons, and lowers the loss mean(y²) in training', () => {
  const outputs = forwardNcp(problem);
  expect(outputs).toHaveLength(sizes.steps * sizes.batch * wiring.outputs);
  const losses = trainNcp(problem, 3);
  expect(losses[0]).toBeCloseTo(outputs.reduce((sum, y) => sum + y * y, 0) / outputs.length, 12);
  expect(losses[2]).toBeLessThan(losses[1] ?? 0);
  expect(losses[1]).toBeLessThan(losses[0] ?? 0);
});

it.each(['infer', 'train'] as const)('agrees with our backend in %s, which a wrong mask would not', async (mode) => {
  const asked = makeProblem(shape, mode);
  const prepared = await wasm.prepare(asked);
  if ('unsupported' in prepared) throw new Error(prepared.unsupported);
  const values = await prepared.check();
  await prepared.dispose();
  expect(disagreement(asked, values, referenceOf(asked))).toBeUndefined();
  const layers = asked.weights.layers.map((layer): { head: Dense; mask: Float32Array } => ({
    ...layer,
    mask: layer.mask.map(() => 1),
  }));
  expect(disagreement(asked, values, referenceOf({ ...asked, weights: { layers } }))).toMatch(/differ/);
});
