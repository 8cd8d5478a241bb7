/**
 * `--format c`: the step of a model as one C99 header, compiled and run by the system's compiler where there is one.
 */

import { exportC } from '@rheo/interop';
import { RheoError } from '@rheo/ir';
import { withWasm } from '../backends.ts';
import { systemCompiler } from '../c-compiler.ts';
import { misuse } from '../failure.ts';
import { verifyC } from '../verify-c.ts';
import type { Export, ExportFormat, ExportRequest, Verification } from './export-format.ts';
import type { OnnxForm } from './players.ts';
import { judge, trialText } from './trials.ts';

/** See the head of this file. */
export const cFormat: ExportFormat = { ending: '.h', takes: new Set(['dt', 'name']), make };

async function make({ checkpoint, name, dt, verify }: ExportRequest): Promise<Export> {
  if (dt === 'row' || dt === 'unit') {
    throw misuse(`--dt ${dt} is for whole batches, and C steps one row`, '--dt', 'Use --dt shared or --dt none');
  }
  const { model, parameters, features } = checkpoint;
  const exported = exportC(model, parameters, { features, name, ...(dt === undefined ? {} : { dt }) });
  const takes = ['input', ...(exported.dt === 'shared' ? ['dt'] : []), ...(exported.observed ? ['observed'] : [])];
  return {
    bytes: exported.source,
    facts: [
      ['function', `${exported.name}_step(state, ${takes.join(', ')}, output)`],
      ['inputs, outputs', `${features}, ${exported.outputs}`],
      ['flash', `${exported.flashBytes} bytes of tables, and the code`],
      ['RAM', `${exported.ramBytes} bytes for each state`],
    ],
    verification: verify ? await check() : { unchecked: '--unverified was given' },
  };

  async function check(): Promise<Verification> {
    const found = await verifyC(exported, model, parameters, { compiler: systemCompiler().command });
    if ('missing' in found) return { unchecked: `${found.missing}; call ${exported.name}_self_test on your device` };
    if (found.selfTest !== 0) {
      throw new RheoError('backend', {
        from: '@rheo/cli',
        what: `the header's own test found ${found.selfTest} wrong outputs`,
        where: found.compiler,
        remedy: 'Please report it, with the model',
      });
    }
    const form: OnnxForm = {
      form: 'sequence',
      dt: exported.dt === 'shared' ? 'row' : 'none',
      observed: exported.observed,
      units: 1,
    };
    const judged = await withWasm((wasm) => judge(found.largest, checkpoint, form, wasm));
    return { ...judged, by: found.compiler, on: trialText };
  }
}
