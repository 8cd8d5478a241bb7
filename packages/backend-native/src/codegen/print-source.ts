/**
 * A lowered Program as C with two entry points, `prepare` and `run`.
 *
 * Both take a table with the address of every buffer, so that one loaded object serves any number of executables: it has
 * no state. Buffers start at multiples of 64 bytes; memory is readable a vector beyond the end of each.
 */

import type { Lowered, Step } from '@rheo/compiler';
import { identifierPart, Lines, operationsIn, touched } from '@rheo/compiler';
import type { ElementaryFunction } from '../math/elementary.ts';
import { elementaryText } from '../math/elementary.ts';
import { randomText } from '../math/random.ts';
import { blockName, blockText } from './blocks.ts';
import { calibrate, clockHead, clockText } from './clock.ts';
import type { Block, PrintContext } from './context.ts';
import { KernelFunctions } from './kernel-functions.ts';
import type { Called } from './operations.ts';
import { packingName, packingText } from './packing.ts';
import { prelude } from './prelude.ts';
import { teamText } from './print-parallel.ts';
import { printSteps } from './print-steps.ts';
import type { Source } from './source.ts';
import { sourceOf } from './source.ts';
import type { Target } from './target.ts';

/** What differs between files for one Program. */
export interface SourceOptions {
  /** Loops with fewer operations are not given to threads; 1,000,000 unless given. */
  readonly leastWork?: number;
  /** For profiling: numbers of kernels, before each of which a clock is read. Such a file has no threads. */
  readonly numbers?: ReadonlyMap<Step, number>;
}

/** Operations below which a loop is done before a second thread has begun. */
export const usualLeastWork = 1_000_000;

/** The whole source. With `numbers`, for profiling, a clock is read before each of these kernels; see `clock.ts`. */
export function printSource(lowered: Lowered, target: Target, options: SourceOptions = {}): Source {
  const { numbers, leastWork = usualLeastWork } = options;
  const called = new Set<Called>();
  const blocks = new Map<string, Block>();
  let packs = false;
  let shares = false;
  const names = bufferNames(lowered);
  const context: PrintContext = {
    target,
    buffers: lowered.buffers,
    name: (buffer) => names[buffer] ?? `value_${buffer}`,
    call: (name) => called.add(name),
    block: (block) => {
      blocks.set(blockName(block), block);
      return blockName(block);
    },
    packing: () => {
      packs = true;
      return packingName;
    },
    shares: (loop) => {
      const shared =
        numbers === undefined && loop.parallel && loop.length > 1 && loop.length * operationsIn(loop.body) >= leastWork;
      shares ||= shared;
      return shared;
    },
    ...(numbers === undefined ? {} : { number: (step: Step) => numbers.get(step) }),
  };
  const kernels = new KernelFunctions();
  const entries = (['prepare', 'run'] as const).map((name) => {
    const lines = new Lines();
    const head = `void ${name}(void *const *table)`;
    lines.block(head, () => {
      lines.add('(void)table;');
      printSteps(context, kernels, name === 'prepare' ? lowered.prepare : lowered.steps, [], lines);
      if (numbers !== undefined && name === 'run') lines.add('tick(table, -1);');
    });
    return { head, text: lines.text };
  });
  const inlined = [...called].sort().map((name) => {
    if (name === 'random') return { name: 'random_u', text: randomText() };
    return { name: `${name}_f`, text: elementaryText(name as ElementaryFunction) };
  });
  const text = [
    ...(numbers === undefined ? [] : [clockHead]),
    prelude(target),
    ...(numbers === undefined ? [] : [clockText(lowered.buffers.length)]),
    ...inlined.map(({ text }) => text),
    ...[...blocks.keys()].sort().map((name) => blockText(blocks.get(name) as Block, target)),
    ...(packs ? [packingText] : []),
    ...(shares ? [teamText] : []),
  ].join('\n\n');
  const shared = { text, inlined: new Map(inlined.map(({ name, text: { length } }) => [name, length])) };
  return sourceOf(shared, [...kernels.functions, ...entries, ...(numbers === undefined ? [] : [calibrate])]);
}

/** Names that say what a buffer holds, and which one it is. */
function bufferNames({ buffers, prepare, steps }: Lowered): string[] {
  const titles = new Map<number, string>();
  const visit = (step: Step): void => {
    if (step.kind === 'loop') step.body.forEach(visit);
    else if (step.kind === 'while') [...step.test, ...step.body].forEach(visit);
    else {
      const name = step.kind === 'pack' ? `packed ${step.origin.name}` : step.origin.name;
      for (const id of touched(step).writes) if (!titles.has(id)) titles.set(id, name);
    }
  };
  [...prepare, ...steps].forEach(visit);
  return buffers.map(({ id, kind, index = 0, origin }) => {
    if (kind === 'input') return `in${index}`;
    if (kind === 'result') return `out${index}`;
    const title = kind === 'constant' ? origin?.name : titles.get(id);
    return `${identifierPart(title ?? '', 24) || 'value'}_${id}`;
  });
}
