/**
 * What runs in the page and in the worker: the conformance kit on the WebAssembly backend, and a model over a sequence and as a
 * stream, compared with the reference interpreter. Random Programs are left to the other runs of the kit.
 */
import { wasm } from '@rheo/backend-wasm';
import { runConformance } from '@rheo/conformance';
import type { Backend } from '@rheo/ir';
import { referenceBackend } from '@rheo/ir';
import { cfc, floatArray, initialise, linear, predict, sequential, stream } from '@rheo/layers';
import { optionalPasses } from '@rheo/passes';

/** Counts of the kit's cases, the first failures in words, and the largest differences of the model's outputs. */
export interface ProgramResult {
  readonly cases: number;
  readonly skipped: number;
  readonly failures: readonly string[];
  readonly sequenceError: number;
  readonly streamError: number;
  readonly leaked: number;
}

/** Runs everything on a fresh backend. */
export async function runProgram(): Promise<ProgramResult> {
  const create = (): ReturnType<typeof wasm> => wasm({ passes: optionalPasses });
  const backend = await create();
  const results = await runConformance(backend, { create, filter: ({ group }) => group !== 'random' });
  const failed = results.filter(({ ok }) => !ok);
  const errors = await runModel(backend);
  const leaked = backend.liveTensors;
  await backend.dispose();
  return {
    cases: results.length,
    skipped: results.filter(({ skipped }) => skipped === true).length,
    failures: failed.slice(0, 5).map(({ id, reason }) => `${id}: ${reason ?? ''} (${failed.length} failed in all)`),
    ...errors,
    leaked,
  };
}

async function runModel(backend: Backend): Promise<{ readonly sequenceError: number; readonly streamError: number }> {
  const features = 3;
  const time = 16;
  const model = sequential([cfc({ units: 8 }), linear(2)]);
  const parameters = initialise(model, { features, seed: 7 });
  const numbers = Array.from({ length: time * features }, (_, index) => Math.sin(index * 1.7));
  const elapsed = Array.from({ length: time }, (_, index) => 0.1 + (index % 5) * 0.3);
  const inputs = { values: floatArray(numbers, [1, time, features]), dt: floatArray(elapsed, [1, time]) };

  const expected = (await predict(model, parameters, referenceBackend(), inputs)).outputs.data;
  const sequence = (await predict(model, parameters, backend, inputs)).outputs.data;
  const live = await stream(model, parameters, backend, { features });
  const steps = elapsed.flatMap((dt, index) => [
    ...live.step(numbers.slice(index * features, (index + 1) * features), dt),
  ]);
  live.dispose();
  return { sequenceError: distance(sequence, expected), streamError: distance(steps, expected) };
}

/** The largest difference; infinite where the lengths differ or nothing was computed. */
function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length || expected.length === 0) return Number.POSITIVE_INFINITY;
  return Math.max(...Array.from(found, (value, index) => Math.abs(value - (expected[index] ?? Number.NaN))));
}
