/**
 * `--format onnx`: the model over sequences or as a step, run in the ONNX Runtime that the user installed before it counts.
 */

import { exportOnnx } from '@rheo/interop';
import { RheoError } from '@rheo/ir';
import type { BuiltLayer } from '@rheo/layers';
import { build } from '@rheo/layers';
import { findEngine, loadEngine } from '../backends/engine.ts';
import { installCommand } from '../backends/install-command.ts';
import type { Export, ExportFormat, ExportRequest, Verification } from './export-format.ts';
import type { OnnxForm } from './players.ts';
import { trialText } from './trials.ts';
import type { RuntimeModule } from './verify-onnx.ts';
import { verifyOnnx } from './verify-onnx.ts';

/** See the head of this file. */
export const onnxFormat: ExportFormat = { ending: '.onnx', takes: new Set(['step', 'dt']), make };

async function make(request: ExportRequest): Promise<Export> {
  const { model, parameters, features } = request.checkpoint;
  const built = layersOf(build(model, features));
  const timed = built.some((layer) => layer.form === 'recurrent' && layer.units !== undefined);
  const options = {
    form: request.step ? 'step' : 'sequence',
    dt: request.dt ?? (timed ? 'row' : 'none'),
  } as const;
  const exported = exportOnnx(model, parameters, { features, ...options });
  const form: OnnxForm = {
    ...options,
    observed: exported.inputs.some(({ name }) => name === 'mask'),
    units: options.dt === 'unit' ? Number(exported.inputs.find(({ name }) => name === 'dt')?.shape.at(-1)) : 1,
  };
  const port = ({ name, shape }: { readonly name: string; readonly shape: readonly (number | string)[] }): string =>
    `${name}[${shape.join(', ')}]`;
  return {
    bytes: exported.bytes,
    facts: [
      ['form', form.form === 'step' ? 'one step, state in and out' : 'sequences'],
      ['inputs', exported.inputs.map(port).join(' ')],
      ['outputs', exported.outputs.map(port).join(' ')],
      ['standard', 'ONNX opset 17, IR 8'],
    ],
    verification: request.verify ? await check() : { unchecked: '--unverified was given' },
  };

  async function check(): Promise<Verification> {
    const found = findEngine([['onnxruntime-node'], ['onnxruntime-web']], request.folder);
    if (found === undefined) {
      throw new RheoError('capability', {
        from: '@rheo/cli',
        what: 'an ONNX file counts once ONNX Runtime has run it, and there is none here',
        where: '--format onnx',
        remedy: `Run: ${installCommand(['onnxruntime-node'], request.folder)}. Or write it as it is, with --unverified`,
      });
    }
    const [{ name, version }] = found;
    const provider = name === 'onnxruntime-node' ? 'cpu' : 'wasm';
    const runtime = loadEngine(found) as RuntimeModule;
    const check = await verifyOnnx(exported, request.checkpoint, form, runtime, provider);
    return { ...check, by: `${name} ${version}`, on: trialText };
  }
}

function layersOf(layer: BuiltLayer): readonly BuiltLayer[] {
  if (layer.form === 'chain') return layer.parts.flatMap(layersOf);
  if (layer.form === 'bidirectional') return [layer.forward, layer.backward];
  return [layer];
}
