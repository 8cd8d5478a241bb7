/** JavaScript rivals compute the right numbers on a small model, which is what makes their figures mean something. */
import { describe, expect, it } from 'vitest';
import { makeProblem } from '../src/problem.ts';
import { disagreement, referenceOf } from '../src/reference.ts';
import { jaxJs } from '../src/rivals/jax-js.ts';
import { onnxruntimeWeb } from '../src/rivals/onnxruntime-web.ts';
import { tfjsWasm } from '../src/rivals/tfjs-wasm.ts';
import type { CfcShape, Mode } from '../src/shapes.ts';

const whole: CfcShape = {
  cell: 'cfc',
  name: 'T',
  features: 3,
  units: 4,
  backbone: 8,
  depth: 2,
  batch: 6,
  steps: 4,
  modes: ['infer'],
};

const cases = [
  { contender: onnxruntimeWeb, mode: 'infer' },
  { contender: onnxruntimeWeb, mode: 'stream' },
  { contender: tfjsWasm, mode: 'infer' },
  { contender: tfjsWasm, mode: 'stream' },
  { contender: jaxJs, mode: 'infer' },
  { contender: jaxJs, mode: 'train' },
  { contender: jaxJs, mode: 'stream' },
] as const satisfies readonly { mode: Mode; contender: unknown }[];

describe.each(cases)('$contender.name on $mode', ({ contender, mode }) => {
  it('agrees with the double-precision CfC, also after more runs', async () => {
    const problem = makeProblem(mode === 'stream' ? { ...whole, batch: 1, steps: 1 } : whole, mode);
    const prepared = await contender.prepare(problem);
    if ('unsupported' in prepared) throw new Error(prepared.unsupported);
    const values = await prepared.check();
    expect(disagreement(problem, values, referenceOf(problem))).toBeUndefined();
    await prepared.run();
    await prepared.run();
    await prepared.dispose();
    expect(prepared.compileMs).toBeGreaterThan(0);
  });
});

it('ONNX Runtime web says that it cannot train', async () => {
  expect(await onnxruntimeWeb.prepare(makeProblem(whole, 'train'))).toHaveProperty('unsupported');
});
