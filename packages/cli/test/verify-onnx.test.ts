/** A check that finds nothing is worth nothing: files of another model, and of other elapsed times, are told apart. */
import { exportOnnx } from '@rheo/interop';
import type { Layer } from '@rheo/layers';
import { cfc, initialise, linear, sequential } from '@rheo/layers';
import type { Checkpoint } from '@rheo/train';
import * as runtime from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import type { OnnxForm } from '../src/export/players.ts';
import type { RuntimeModule } from '../src/export/verify-onnx.ts';
import { verifyOnnx } from '../src/export/verify-onnx.ts';

const features = 3;
const model = (gate: 'default' | 'no_gate'): Layer =>
  sequential([cfc({ units: 4, backboneUnits: 5, mode: gate }), linear(1)]);
const checkpoint = (gate: 'default' | 'no_gate', seed: number): Checkpoint => ({
  model: model(gate),
  features,
  parameters: initialise(model(gate), { features, seed }),
  training: undefined,
  extra: {},
});

async function check(file: Checkpoint, source: Checkpoint, form: OnnxForm, dt = form.dt) {
  const exported = exportOnnx(file.model, file.parameters, { features, form: form.form, dt });
  return await verifyOnnx(exported, source, form, runtime as unknown as RuntimeModule, 'cpu');
}

describe.each(['sequence', 'step'] as const)('as a %s', (form) => {
  const row: OnnxForm = { form, dt: 'row', observed: false, units: 1 };

  it('takes the model itself', async () => {
    const { largest, allowed } = await check(checkpoint('default', 1), checkpoint('default', 1), row);
    expect(largest).toBeLessThan(1e-5);
    expect(allowed).toBe(1e-5);
  });

  it.each([
    ['other parameters', checkpoint('default', 2)],
    ['another mode', checkpoint('no_gate', 1)],
  ])('refuses %s', async (_name, other) => {
    const { largest, allowed } = await check(other, checkpoint('default', 1), row);
    expect(largest).toBeGreaterThan(100 * allowed);
  });
});
