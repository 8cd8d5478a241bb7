/** The hand-written gradient of the double-precision CfC against central differences, and what training does to it. */
import { describe, expect, it } from 'vitest';
import { forwardDouble, gradientDouble, trainDouble } from '../src/cfc-double.ts';
import { type CfcProblem, makeProblem } from '../src/problem.ts';
import type { CfcShape } from '../src/shapes.ts';

function shape(depth: number): CfcShape {
  return { cell: 'cfc', name: 'T', features: 3, units: 4, backbone: 5, depth, batch: 3, steps: 4, modes: ['train'] };
}

/** Float32 weights cannot be moved by 1e-6, so differences are taken between nearby float32 values. */
function moved(problem: CfcProblem, layer: number, part: 'weight' | 'bias', index: number, by: number) {
  const layers = [...problem.weights.body, problem.weights.head].map((dense, k) => {
    if (k !== layer) return dense;
    const values = Float32Array.from(dense[part]);
    values[index] = (values[index] ?? 0) + by;
    return { ...dense, [part]: values };
  });
  const head = layers.at(-1) ?? problem.weights.head;
  const changed: CfcProblem = { ...problem, weights: { body: layers.slice(0, -1), head } };
  const value = layers[layer]?.[part][index] ?? 0;
  return { loss: gradientDouble(changed).loss, value };
}

describe.each([0, 1, 2])('a CfC of backbone depth %i', (depth) => {
  const problem = makeProblem(shape(depth), 'train');

  it('has the gradient that central differences give', () => {
    const { gradient } = gradientDouble(problem);
    let flat = 0;
    [...problem.weights.body, problem.weights.head].forEach((dense, layer) => {
      for (const part of ['weight', 'bias'] as const) {
        for (let index = 0; index < dense[part].length; index += 7) {
          const up = moved(problem, layer, part, index, 1e-2);
          const down = moved(problem, layer, part, index, -1e-2);
          const difference = (up.loss - down.loss) / (up.value - down.value);
          expect(gradient[flat + index]).toBeCloseTo(difference, 5);
        }
        flat += dense[part].length;
      }
    });
    expect(flat).toBe(gradient.length);
  });

  it('has the loss mean(y²) over all outputs and lowers it in training', () => {
    const outputs = forwardDouble(problem, 4);
    const mean = outputs.reduce((sum, y) => sum + y * y, 0) / outputs.length;
    const losses = trainDouble(problem, 3);
    expect(losses[0]).toBeCloseTo(mean, 12);
    expect(losses[2]).toBeLessThan(losses[1] ?? 0);
    expect(losses[1]).toBeLessThan(losses[0] ?? 0);
  });
});
