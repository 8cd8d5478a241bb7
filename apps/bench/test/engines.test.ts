/** Our Programs on engines that others made compute the right numbers on small models, also after more runs. */
import { fullyConnected } from '@rheo/layers';
import { describe, expect, it } from 'vitest';
import { onnxNodeCpu } from '../src/backends/onnx-node.ts';
import { onnxWebWasm } from '../src/backends/onnx-web.ts';
import { tfjsCpu, tfjsOnWasm } from '../src/backends/tfjs.ts';
import { makeProblem } from '../src/problem.ts';
import { disagreement, referenceOf } from '../src/reference.ts';
import { type CfcShape, type LtcShape, shapes } from '../src/shapes.ts';

const modes = ['infer', 'train'] as const;
const sizes = { name: 'T', features: 3, units: 4, batch: 6, steps: 4, modes };
const cfc: CfcShape = { ...sizes, cell: 'cfc', backbone: 8, depth: 2 };
const ltc: LtcShape = { ...sizes, cell: 'ltc', wiring: fullyConnected(4), unfolds: 2 };
const problems = [
  { title: 'CfC infer', problem: makeProblem(cfc, 'infer') },
  { title: 'CfC train', problem: makeProblem(cfc, 'train') },
  { title: 'CfC stream', problem: makeProblem({ ...cfc, batch: 1, steps: 1 }, 'stream') },
  { title: 'LTC infer', problem: makeProblem(ltc, 'infer') },
  { title: 'LTC train', problem: makeProblem(ltc, 'train') },
];

describe.each([onnxNodeCpu, onnxWebWasm, tfjsCpu, tfjsOnWasm])('$name', (contender) => {
  it.each(problems)(
    '$title',
    async ({ problem }) => {
      const prepared = await contender.prepare(problem);
      if ('unsupported' in prepared) throw new Error(prepared.unsupported);
      await prepared.run();
      expect(disagreement(problem, await prepared.check(), referenceOf(problem))).toBeUndefined();
      await prepared.run();
      expect(disagreement(problem, await prepared.check(), referenceOf(problem))).toBeUndefined();
      await prepared.dispose();
      expect(prepared.engine).toMatch(/^(onnxruntime-node|onnxruntime-web|tfjs-core) \d+\./);
    },
    60_000,
  );
});

it('leaves the shapes out that plain JavaScript takes long for, and no others', async () => {
  for (const shape of shapes) {
    const prepared = await tfjsCpu.prepare(makeProblem(shape, shape.modes[0] ?? 'infer'));
    if (['L', 'LTC64'].includes(shape.name)) expect(prepared).toHaveProperty('unsupported');
    else expect(prepared).toHaveProperty('run');
    if ('dispose' in prepared) await prepared.dispose();
  }
}, 120_000);

it('says that it streams CfC only', async () => {
  expect(await onnxNodeCpu.prepare(makeProblem({ ...ltc, steps: 1 }, 'stream'))).toHaveProperty('unsupported');
});
