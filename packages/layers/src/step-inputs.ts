/**
 * What the two ways to run a model step by step share: inputs checked before anything runs, and the rules of a model that
 * a step must keep on the host.
 */

import type { Backend, SyncBackend } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import { badValue } from './host-array.ts';
import type { BuiltLayer, RecurrentLayer } from './layer.ts';

/** Copies numbers into a buffer, or one number into all of it. Throws before it changes anything that a step reads twice. */
export function fill(
  buffer: Float32Array,
  given: number | ArrayLike<number> | undefined,
  name: string,
  times: boolean,
): void {
  // Loops written out: the engine's own copy and fill take longer than a handful of numbers. One loop for each kind of what
  // is given: engines compile an access well that has met one kind of array.
  const { length } = buffer;
  if (typeof given === 'number') {
    for (let index = 0; index < length; index++) buffer[index] = given;
  } else if (given?.length !== length) throw wrongLength(given?.length, name, length);
  else if (given instanceof Float32Array) {
    if (copyFloats(given, buffer) && !times) return;
  } else for (let index = 0; index < length; index++) buffer[index] = given[index] as number;
  checkNumbers(buffer, name, times);
}

/** True if all are finite. */
function copyFloats(from: Float32Array, to: Float32Array): boolean {
  let zeros = 0;
  for (let index = 0; index < to.length; index++) {
    const value = from[index] as number;
    to[index] = value;
    // Of an infinity or NaN this is NaN.
    zeros += value * 0;
  }
  return zeros === 0;
}

/** Looks at what was rounded to floats: a number may have become infinite. */
function checkNumbers(buffer: Float32Array, name: string, times: boolean): void {
  for (let index = 0; index < buffer.length; index++) {
    const value = buffer[index] as number;
    if (Number.isFinite(value) && !(times && value < 0)) continue;
    const remedy = Number.isFinite(value) ? 'Elapsed times are at least 0' : 'Numbers must be finite';
    throw badValue(name, `is ${value}`, index, [buffer.length], remedy);
  }
}

function wrongLength(found: number | undefined, name: string, length: number): RheoError {
  return new RheoError('shape', {
    from: '@rheo/layers',
    what: `${name} has ${found ?? 'no'} numbers, not ${length}`,
    where: name,
    remedy: `Pass ${length} numbers, rows one after another`,
  });
}

/** The elapsed time where none is given; undefined if the layers disagree. */
export function defaultElapsed(built: BuiltLayer): number | undefined {
  const found = new Set(layersOf(built).flatMap((layer) => (layer.units === undefined ? [] : [layer.defaultElapsed])));
  const [value] = found;
  return found.size > 1 ? undefined : (value ?? 1);
}

/** The recurrent layers of a model. */
export function layersOf(built: BuiltLayer): RecurrentLayer[] {
  if (built.form === 'chain') return built.parts.flatMap(layersOf);
  return built.form === 'recurrent' ? [built] : [];
}

/** Whether any of `count` flags from `start` is set. */
export function hasOne(flags: Float32Array, start: number, count: number): boolean {
  for (let index = start; index < start + count; index++) if ((flags[index] ?? 0) > 0) return true;
  return false;
}

/** True if a model with observed features keeps its output where a step has none: it gives only its last output. */
export function holdsOutputs(built: BuiltLayer): boolean {
  return layersOf(built).some((layer) => !layer.returnSequences);
}

/** Throws `capability` for a backend that is not on this processor. */
export function requireSync(backend: Backend): asserts backend is SyncBackend {
  if (backend.capabilities.synchronous) return;
  throw new RheoError('capability', {
    from: '@rheo/layers',
    what: `the backend ${backend.name} cannot step synchronously`,
    remedy: 'Stream on a backend of this processor, such as wasm',
  });
}
