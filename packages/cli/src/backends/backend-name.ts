/**
 * Names of backends as they are typed: read, and answered with the nearest one where there is none.
 */

import { RheoError } from '@rheo/ir';
import { misuse } from '../failure.ts';
import type { FamilyName } from './families.ts';
import { families, familyNames } from './families.ts';
import { nearestName } from './nearest-name.ts';

/** A name that was understood. */
export interface BackendName {
  readonly family: FamilyName;
  /** Where it computes; empty where there is no choice. */
  readonly place: string;
  /** The name in full: `onnx:cpu` for `onnx`. */
  readonly full: string;
}

/** All names that can be written down without knowing which engines are installed. */
export const backendNames: readonly string[] = familyNames.flatMap((family) => {
  const { places } = families[family];
  return places.length === 0 ? [family] : places.map((place) => `${family}:${place}`);
});

/** Reads a name. Throws `argument` with the nearest one, and `capability` for what only pages have. */
export function readBackendName(name: string): BackendName {
  const colon = name.indexOf(':');
  const family = familyNames.find((known) => known === (colon < 0 ? name : name.slice(0, colon)));
  if (family === undefined) throw unknown(name);
  const { places, open, threaded = false, inPages } = families[family];
  if (colon < 0) {
    const [first] = places;
    return { family, place: first ?? '', full: first === undefined ? family : `${family}:${first}` };
  }
  const place = name.slice(colon + 1);
  if (inPages.includes(place)) {
    throw new RheoError('capability', {
      from: '@rheo/cli',
      what: `the backend ${name} computes in pages; there is no ${place} for it in Node`,
      where: '--backend',
      remedy: `Create it in a page, or use one of ${places.map((known) => `${family}:${known}`).join(', ')} here`,
    });
  }
  const taken = places.includes(place) || (open && place !== '') || (threaded && /^(auto|[1-9]\d*)$/.test(place));
  if (taken) return { family, place, full: name };
  throw unknown(name, family);
}

/** The failure for a name of which at most the family is known. */
function unknown(name: string, family?: FamilyName): Error {
  const known = backendNames.filter((full) => family === undefined || full.split(':')[0] === family);
  const nearest = nearestName(name, known) ?? (family === undefined ? undefined : known[0]);
  const all = `There are ${familyNames.map(shape).join(', ')}; rheo doctor says what is installed`;
  const remedy = nearest === undefined ? all : `Did you mean ${nearest}? ${all}`;
  return misuse(`there is no backend "${name}"`, '--backend', remedy);
}

/** How the names of a family look. */
function shape(family: FamilyName): string {
  const { places, open, threaded = false } = families[family];
  if (places.length === 0) return threaded ? `${family}, ${family}:THREADS` : family;
  return open ? `${family}:PROVIDER` : places.map((place) => `${family}:${place}`).join(', ');
}
