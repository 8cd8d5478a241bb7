/**
 * Examines backends as the command line would create them: what is installed is created, computes the probe, and is
 * compared with the reference before it is called ok.
 */

import type { Backend } from '@rheo/ir';
import { isRheoError } from '@rheo/ir';
import { findEngine, loadEngine } from '../backends/engine.ts';
import type { FamilyName } from '../backends/families.ts';
import { families, familyNames } from '../backends/families.ts';
import { installCommand } from '../backends/install-command.ts';
import { createBackend } from '../backends.ts';
import type { Finding } from './finding.ts';
import { probeDifference, tolerance } from './probe.ts';
import { providerRemedy } from './provider-remedy.ts';
import { tryProvider } from './trial.ts';

/** A backend to examine. */
export interface Candidate {
  readonly name: string;
  readonly family: FamilyName;
  readonly place: string;
}

/** Everything that is listed, in order: of an engine that says what it has, exactly that. */
export function candidates(folder: string): readonly Candidate[] {
  return familyNames.flatMap((family) => {
    const { places, inPages } = families[family];
    if (places.length === 0) return [{ name: family, family, place: '' }];
    return [...placesOf(family, folder), ...inPages].map((place) => ({ name: `${family}:${place}`, family, place }));
  });
}

function placesOf(family: FamilyName, folder: string): readonly string[] {
  const { places, installedPlaces, engines } = families[family];
  if (installedPlaces === undefined) return places;
  const found = findEngine(engines(places[0] ?? ''), folder);
  try {
    return found === undefined ? places.slice(0, 1) : installedPlaces(loadEngine(found));
  } catch {
    // Said with its reason when the first place is examined.
    return places.slice(0, 1);
  }
}

/** Examines one. */
export async function examine({ name, family, place }: Candidate, folder: string): Promise<Finding> {
  const { title, engines, inPages, optional = false } = families[family];
  if (inPages.includes(place)) return { name, state: 'in pages', detail: `${title}; create it in a page` };
  const sets = engines(place);
  const packages = findEngine(sets, folder);
  const [wanted] = sets;
  if (wanted !== undefined && packages === undefined) {
    const detail = `${title}; ${wanted.join(' and ')} ${wanted.length === 1 ? 'is' : 'are'} not installed`;
    return { name, state: 'missing', detail, remedy: { command: installCommand(wanted, folder) } };
  }
  // Providers beside the engine's own bring libraries that write to the terminal, or worse.
  const own = (families[family].places[0] ?? '') === place;
  const apart =
    packages !== undefined && family === 'onnx' && !own ? await tryProvider(packages[0].file, place) : undefined;
  const { trial, said: output = [] } = apart ?? {};
  const engine = {
    ...(packages === undefined ? {} : { packages }),
    ...(output.length === 0 ? {} : { output }),
  };
  if (trial?.outcome === 'ended') {
    const last = output.at(-1);
    const detail = `${title}; its libraries ended the process that tried it (${trial.how})${last === undefined ? '' : `: ${last}`}`;
    return { name, state: 'failed', detail, ...engine };
  }
  let backend: Backend;
  try {
    backend =
      packages !== undefined && trial?.outcome === 'refused'
        ? await families[family].create(place, refusing(loadEngine(packages), trial.message))
        : await createBackend(name, folder);
  } catch (error) {
    const { detail, advice } = said(error);
    // An engine that loads and lacks a place of its own choice is not broken: this machine lacks what that needs.
    const chosen = optional || !own;
    const lacks = isRheoError(error) && error.code === 'capability' && chosen;
    const remedy = providerRemedy(place, folder) ?? (advice === undefined ? undefined : { advice });
    return {
      name,
      state: lacks ? 'missing' : 'failed',
      detail,
      ...engine,
      ...(remedy === undefined ? {} : { remedy }),
    };
  }
  try {
    const difference = await probeDifference(backend);
    const { threads, notes } = backend.capabilities;
    if (!(difference <= tolerance)) {
      const detail = `it computes wrong numbers: off by ${difference.toExponential(1)}, allowed is ${tolerance}`;
      return { name, state: 'failed', detail, ...engine, threads, difference };
    }
    const versions = packages?.map((found) => `${found.name} ${found.version}`);
    const about = versions === undefined ? notes : [...versions, threads === 1 ? 'one thread' : `${threads} threads`];
    return { name, state: 'ok', detail: `${title}; ${about.join(', ')}`, ...engine, threads, difference };
  } catch (error) {
    return { name, state: 'failed', detail: `it was created and does not compute: ${said(error).detail}`, ...engine };
  } finally {
    await backend.dispose();
  }
}

/** The engine, refusing as it did in the process that tried it: said once more, and by the same words, without doing it. */
function refusing(runtime: unknown, message: string): unknown {
  const create = (): Promise<never> => Promise.reject(new Error(message));
  // On top of the module, whose own members cannot be set.
  return Object.create(Object(runtime), { InferenceSession: { value: { create } } });
}

/** What an error says, without its package and its remedy. */
function said(error: unknown): { detail: string; advice?: string } {
  if (!isRheoError(error))
    return { detail: (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '' };
  const { what, remedy } = error.details;
  // The function of its own that an engine failed in says nothing to a user.
  return { detail: what.replace(/\bOrt[A-Z]\w+: /g, ''), ...(remedy === undefined ? {} : { advice: remedy }) };
}
