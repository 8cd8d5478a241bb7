/**
 * The file of activations: each function at fixed points.
 */

import { trace } from '@rheo/core';
import type { Program } from '@rheo/ir';
import type { Activation } from '@rheo/layers';
import { activations } from '@rheo/layers';
import type { FlatArray } from './flat-array.ts';
import { flatArray } from './flat-array.ts';
import type { Fields } from './vector.ts';
import { requiredArray } from './vector.ts';

export interface ActivationCase {
  readonly program: Program;
  readonly input: FlatArray;
  readonly expected: FlatArray;
}

/**
 * One case for each function of the file. `f` is given at the points of `x`, `f_large` at those of `f_large_x`.
 * Throws for a function that Rheo has not.
 */
export function activationCases(fields: Fields): ActivationCase[] {
  return Object.entries(fields).flatMap(([field, values]) => {
    if (field === 'x' || field.endsWith('_x') || !Array.isArray(values)) return [];
    const own = `${field}_x`;
    const input = requiredArray(fields, own in fields ? own : 'x');
    const name = own in fields ? field.replace(/_[a-z]+$/, '') : field;
    if (!Object.hasOwn(activations, name)) throw new Error(`no activation is called ${name}`);
    const { program } = trace(activations[name as Activation] as never, [{ dtype: 'f32', shape: input.shape }]);
    return [{ program, input, expected: flatArray(values, field) }];
  });
}
