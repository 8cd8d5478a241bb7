/** The hand-written gradient of the double-precision LTC against central differences, and that our backend agrees. */
import { autoNcp, fullyConnected } from '@rheo/layers';
import { describe, expect, it } from 'vitest';
import { wasm } from '../src/backends/wasm.ts';
import { forwardLtc, gradientLtc, trainLtc } from '../src/ltc-double.ts';
import { type LtcProblem, makeProblem } from '../src/problem.ts';
import { disagreement, referenceOf } from '../src/reference.ts';
import { onnxruntimeWeb } from '../src/rivals/onnxruntime-web.ts';
import type { LtcShape } from '../src/shapes.ts';
import { ltcNames } from '../src/weights.ts';

const common = { cell: 'ltc', name: 'T', features: 3, batch: 4, steps: 3, unfolds: 2, modes: ['train'] } as const;
const shapes: readonly LtcShape[] = [
  { ...common, units: 5, wiring: fullyConnected(5) },
  { ...common, units: 9, wiring: autoNcp(9, 2) },
];

/** Float32 weights cannot be moved by 1e-6, so differences are taken between nearby float32 values. */
function moved(problem: LtcProblem, name: (typeof ltcNames)[number], index: number, by: number) {
  const values = Float32Array.from(problem.weights.parameters[name]);
  values[index] = (values[index] ?? 0) + by;
  const parameters = { ...problem.weights.parameters, [name]: values };
  const { loss } = gradientLtc({ ...problem, weights: { ...problem.weights, parameters } });
  return { loss, value: values[index] ?? 0 };
}

describe.each(shapes)('an LTC of $units units', (shape) => {
  it('has the gradient that central differences give', () => {
    const problem = makeProblem(shape, 'train');
    const { gradients } = gradientLtc(problem);
    ltcNames.forEach((name, slot) => {
      problem.weights.parameters[name].forEach((_, index) => {
        const [up, down] = [moved(problem, name, index, 1e-3), moved(problem, name, index, -1e-3)];
        expect(gradients[slot]?.[index]).toBeCloseTo((up.loss - down.loss) / (up.value - down.value), 6);
      });
    });
  });

  it('has the loss mean(y²) over all outputs and lowers it in training', () => {
    const problem = makeProblem(shape, 'train');
    const outputs = forwardLtc(problem);
    const losses = trainLtc(problem, 3);
    expect(losses[0]).toBeCloseTo(outputs.reduce((sum, y) => sum + y * y, 0) / outputs.length, 12);
    expect(losses[2]).toBeLessThan(losses[0] ?? 0);
  });

  it.each(['infer', 'train'] as const)('is what our backend computes: %s', async (mode) => {
    const problem = makeProblem(shape, mode);
    const prepared = await wasm.prepare(problem);
    if ('unsupported' in prepared) throw new Error(prepared.unsupported);
    expect(disagreement(problem, await prepared.check(), referenceOf(problem))).toBeUndefined();
    await prepared.dispose();
  });

  it('is refused by rivals that have no LTC', async () => {
    expect(await onnxruntimeWeb.prepare(makeProblem(shape, 'infer'))).toHaveProperty('unsupported');
  });
});
