/**
 * Fixtures: checkpoints with what made them, their inputs and outputs; vectors of the originals; a run on the reference.
 */

import { readFileSync } from 'node:fs';
import { referenceBackend } from '@rheo/ir';
import { predict } from '@rheo/layers';
import type { ImportConfig, ImportedModel } from '../src/index.ts';

/** Nested arrays of numbers. */
export type Nested = readonly (number | Nested)[];

/** A checkpoint's sidecar. */
export interface Sidecar extends ImportConfig {
  readonly input: Nested;
  readonly timespans?: Nested;
  readonly output: Nested;
}

/** The bytes of a file beside this one. */
export function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url));
}

/** The sidecar of a checkpoint. */
export function sidecar(name: string): Sidecar {
  return JSON.parse(new TextDecoder().decode(fixture(`${name}.json`))) as Sidecar;
}

/** A vector of the originals. */
export function vector(name: string): Sidecar & {
  readonly state_dict: Readonly<Record<string, Nested>>;
  readonly weights: readonly { readonly name: string; readonly path: string; readonly value: Nested }[];
} {
  const url = new URL(`../../layers/test/fixtures/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

/** Numbers and shape of nested arrays. */
export function array(nested: Nested): { readonly shape: number[]; readonly data: Float32Array } {
  const shape: number[] = [];
  for (let at: unknown = nested; Array.isArray(at); at = at[0]) shape.push(at.length);
  return { shape, data: Float32Array.from(nested.flat(9) as number[]) };
}

/** The largest difference of the model's outputs from the expected ones. */
export async function difference(imported: ImportedModel, { input, timespans, output }: Sidecar): Promise<number> {
  const values = array(input);
  const [batch = 0, time = 0] = values.shape;
  const spans = timespans === undefined || timespans === null ? undefined : array(timespans).data;
  const { outputs } = await predict(imported.model, imported.parameters, referenceBackend({ precision: 'double' }), {
    values: { dtype: 'f32', ...values },
    ...(spans === undefined
      ? {}
      : { dt: { dtype: 'f32', shape: spans.length === time ? [time] : [batch, time], data: spans } }),
  });
  const wanted = array(output).data;
  if (wanted.length !== outputs.data.length) throw new Error(`${outputs.data.length} outputs, not ${wanted.length}`);
  return wanted.reduce((worst, value, at) => Math.max(worst, Math.abs(value - (outputs.data[at] ?? Number.NaN))), 0);
}
