/**
 * What the kit is made of: cases with stable ids, run on a backend, independent of each other and of any test framework.
 */

import type { Backend } from '@rheo/ir';
import { print } from '@rheo/ir';
import type { Example } from './example.ts';
import type { Random } from './random-source.ts';

/** The families of cases, in the order in which they run. */
export type Group =
  | 'op'
  | 'special'
  | 'view'
  | 'dot'
  | 'control'
  | 'law'
  | 'training'
  | 'contract'
  | 'lifecycle'
  | 'random';

/** Makes another backend of the kind that is tested. */
export type CreateBackend = () => Promise<Backend>;

/** One thing that a backend must do. */
export interface ConformanceCase {
  /** Stable name: `op/add/f32/3x5`. Skip lists speak in it; `*` at the end of an entry stands for anything. */
  readonly id: string;
  readonly group: Group;
  /** Throws `ConformanceFailure` (or what the backend throws) unless the backend does it; leaves no handle alive. */
  run(backend: Backend, random: Random, create: CreateBackend): Promise<CaseReport>;
}

/** What a passed case tells. */
export interface CaseReport {
  /** The largest error in units of its bound; 0 where all was exact. */
  readonly worst: number;
  /** The largest error in units in the last place of f32, for cases of single ops; see `ulpsOf`. */
  readonly ulps?: number;
}

/** The worst of several reports. */
export function worstOf(reports: readonly CaseReport[]): CaseReport {
  const ulps = reports.flatMap((report) => report.ulps ?? []);
  const worst = Math.max(0, ...reports.map((report) => report.worst));
  return ulps.length === 0 ? { worst } : { worst, ulps: Math.max(...ulps) };
}

/** What can be said about a failure beside its message. */
export interface FailureDetails extends Partial<Example> {
  /** Largest error in units of its bound. */
  readonly worst?: number;
  readonly cause?: unknown;
}

/** A backend did not do what it must; the message ends with the Program and its inputs. */
export class ConformanceFailure extends Error {
  override readonly name: string = 'ConformanceFailure';
  readonly details: FailureDetails;

  constructor(what: string, details: FailureDetails = {}) {
    super(
      `@rheo/conformance: ${what}${describe(details)}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.details = details;
  }
}

/** Throws `ConformanceFailure` unless the condition holds. */
export function expectThat(condition: boolean, what: string, details: FailureDetails = {}): asserts condition {
  if (!condition) throw new ConformanceFailure(what, details);
}

function describe({ program, inputs = [] }: FailureDetails): string {
  if (program === undefined) return '';
  const shown = inputs.map(
    (data, index) => `\n  %${index} = [${[...data.slice(0, 24)].join(', ')}${data.length > 24 ? ', …' : ''}]`,
  );
  return `\n${print(program)}${shown.length === 0 ? '' : `\nwith${shown.join('')}`}`;
}
