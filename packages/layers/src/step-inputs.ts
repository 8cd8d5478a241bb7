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
  const { length } = buffer;
  const one = typeof given === 'number';
  if (!one && given?.length !== length) {
    throw new RheoError('shape', {
      from: '@rheo/layers',
      what: `${name} has ${given === undefined ? 'no' : given.length} numbers, not ${length}`,
      where: name,
      remedy: `Pass ${length} numbers, rows one after another`,
    });
  }
  // Written out: the engine's own copy and fill take longer than a handful of numbers.
  for (let index = 0; index < length; index++) {
    buffer[index] = one ? given : (given[index] as number);
    // What was rounded to a float may have become infinite.
    const value = buffer[index] as number;
    if (!Number.isFinite(value)) throw badValue(name, `is ${value}`, index, [length], 'Numbers must be finite');
    if (times && value < 0) throw badValue(name, `is ${value}`, index, [length], 'Elapsed times are at least 0');
  }
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
