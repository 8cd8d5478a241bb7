/**
 * The page's side of a benchmark in a browser: measures one shape in one mode when it is asked to.
 *
 * Engines that find `Worker` start threads; with one thread each, nobody is to find it.
 */
import type { Effort } from '../interleave.ts';
import { type Measurement, measure } from '../measure.ts';
import { makeProblem } from '../problem.ts';
import { type Mode, shapes } from '../shapes.ts';
import { pageContenders } from './page-contenders.ts';

/** What Node asks for. */
export interface PageRequest {
  readonly shape: string;
  readonly mode: Mode;
  readonly contenders: readonly string[];
  readonly effort: Effort;
}

Reflect.deleteProperty(globalThis, 'Worker');

async function answer({ shape, mode, contenders, effort }: PageRequest): Promise<Measurement> {
  const found = shapes.find(({ name }) => name === shape);
  if (found === undefined) throw new Error(`bench: there is no shape ${shape}`);
  const chosen = pageContenders.filter(({ name }) => contenders.includes(name));
  return measure(chosen, makeProblem(found, mode), effort);
}

Object.assign(globalThis, { answer });
