/** Numbers from the originals: a few of the reference vectors, outputs, states and gradients. */
import { readdirSync, readFileSync } from 'node:fs';
import { wasm } from '@rheo/backend-wasm';
import { referenceBackend } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { runVector } from '../../../tooling/parity/run-vector.ts';

const folder = new URL('fixtures/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

describe('the originals’ numbers', () => {
  it.each(files)('%s', async (file) => {
    const vector: unknown = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
    const backend = await wasm();
    const threads = await wasm({ threads: 2, leastWork: 0 });
    const report = await runVector(file, vector, [referenceBackend(), backend, threads]);
    expect(report).toMatchObject({ ok: true });
    expect(report.worst).toBeLessThan(2e-6);
    // Wirings and random streams are exact, and no backend computes them.
    expect(Object.keys(report.backends)).toEqual(/^(rng|wiring)_/.test(file) ? [] : ['reference', 'wasm', 'wasm×2']);
    for (const each of [backend, threads]) {
      expect(each.liveTensors).toBe(0);
      await each.dispose();
    }
  });

  it('are not reached by another variant', async () => {
    const text = readFileSync(new URL('cfc_default_timespans.json', folder), 'utf8');
    const vector = JSON.parse(text) as { args: { activation: string } };
    vector.args.activation = 'tanh';
    const report = await runVector('changed.json', vector, [referenceBackend()]);
    expect(report.ok).toBe(false);
    expect(report.worst).toBeGreaterThan(1e-3);
  });

  it('are exact where wirings and random streams are concerned', async () => {
    const read = (file: string): never => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as never;
    const wiring: { sensory_adjacency_matrix: number[][]; config: { seed: number } } = read(
      'wiring_autoncp16_1_seed0.json',
    );
    wiring.config.seed = 1;
    for (const row of wiring.sensory_adjacency_matrix) row.reverse();
    expect(await runVector('wiring_x.json', wiring, [])).toMatchObject({
      ok: false,
      worst: 1,
      reason: 'these differ: sensory_adjacency_matrix, config',
    });
    const rng: { streams: { RandomState_uint32: number[] }[] } = read('rng_streams.json');
    rng.streams[1]?.RandomState_uint32.splice(3, 1, 7);
    expect(await runVector('rng.json', rng, [])).toMatchObject({
      ok: false,
      reason: 'these differ: RandomState_uint32 of seed 1',
    });
    const twice: { cases: { second_build: { synapse_count: number } }[] } = read('wiring_built_twice_quirk.json');
    for (const each of twice.cases) each.second_build.synapse_count++;
    expect((await runVector('twice.json', twice, [])).reason).toContain('second synapse_count');
  });

  it('report what cannot run, with the reason', async () => {
    const report = await runVector('x.json', { class: 'GRU', state_dict: {} }, [referenceBackend()]);
    expect(report).toMatchObject({ ok: false, worst: null, reason: expect.stringContaining('GRU') });
  });
});
