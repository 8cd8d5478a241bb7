/**
 * A lowered Program as C99: one function, its tables of constants, and a struct of scratch memory.
 *
 * No heap, no globals that change, nothing outside of standard headers: any number of calls may run at once, each on
 * its own scratch. The scratch is one array for each element type, shared by values whose lives do not overlap; it
 * needs no initial contents. Inputs must not overlap results.
 */

import type { DType } from '@rheo/ir';
import type { Buffer, Lowered, Step } from '../kernels.ts';
import { touched } from '../kernels.ts';
import { planMemory } from '../plan.ts';
import type { CContext } from './c-context.ts';
import { Lines } from './c-context.ts';
import type { Dialect, Stored } from './dialect.ts';
import { bytesOf, c99, indexType } from './dialect.ts';
import type { Helper } from './helpers.ts';
import { helperText } from './helpers.ts';
import { readAsNumbers } from './index-tables.ts';
import { literal } from './literals.ts';
import { printSteps } from './print-steps.ts';
import { comment, identifierPart } from './text.ts';

/** How the parts of a C text are called. */
export interface PrintCOptions {
  /** Start of every name at file level: an identifier. */
  readonly prefix: string;
  /** Names of the function's parameters, identifiers; `in0` …, `out0` … unless given. */
  readonly inputs?: readonly string[];
  readonly results?: readonly string[];
  readonly dialect?: Dialect;
}

/** A C text in parts, to be written into a file in this order; parts may be empty. */
export interface PrintedC {
  /** Members of the struct `<prefix>_scratch`, one a line; empty if none is needed. */
  readonly scratch: readonly string[];
  readonly helpers: readonly string[];
  readonly tables: readonly string[];
  /** `static void <prefix>_run([<prefix>_scratch *scratch, ]inputs…, results…)`. */
  readonly run: string;
  /** Bytes of the tables. */
  readonly tableBytes: number;
  /** Bytes of the scratch struct, but for padding at its end. */
  readonly scratchBytes: number;
}

const arrays: readonly { readonly dtype: Stored; readonly member: string; readonly bytes: number }[] = [
  { dtype: 'f32', member: 'floats', bytes: 4 },
  { dtype: 'i32', member: 'ints', bytes: 4 },
  { dtype: 'u32', member: 'words', bytes: 4 },
  { dtype: 'bool', member: 'flags', bytes: 1 },
];

/** Prints a Program that was lowered with `lower(program, undefined, { packing: false })`. */
export function printC(lowered: Lowered, options: PrintCOptions): PrintedC {
  const { prefix, dialect = c99 } = options;
  const steps = [...lowered.prepare, ...lowered.steps];
  const used = buffersOf(steps);
  const plans = arrays.map((array) => ({
    ...array,
    plan: planMemory(lowered, {
      alignment: 4,
      holds: ({ kind, dtype }) => kind === 'temporary' && dtype === array.dtype,
    }),
  }));
  const names = lowered.buffers.map((buffer) => nameOf(buffer, options, titleOf(steps, buffer)));
  const helpers = new Set<Helper>();
  const context: CContext = {
    dialect,
    buffers: lowered.buffers,
    name: (buffer) => names[buffer] as string,
    helper: (helper) => {
      helpers.add(helper);
      return `${prefix}_${helper}`;
    },
  };
  const lines = new Lines();
  const scratch = plans.filter(({ plan }) => plan.bytes > 0);
  const parameters = [
    ...(scratch.length > 0 ? [`${prefix}_scratch *scratch`] : []),
    ...lowered.buffers
      .filter(({ kind }) => kind === 'input')
      .map(({ id, dtype }) => `const ${dialect.memory[stored(dtype)]} *${names[id]}`),
    ...lowered.buffers
      .filter(({ kind }) => kind === 'result')
      .map(({ id, dtype }) => `${dialect.memory[stored(dtype)]} *${names[id]}`),
  ];
  lines.block(`${dialect.local} void ${prefix}_run(${parameters.join(', ') || 'void'})`, () => {
    for (const { dtype, member, plan } of scratch) {
      for (const { id } of lowered.buffers) {
        const offset = plan.offsets[id];
        if (offset === undefined) continue;
        const from = offset === 0 ? '' : ` + ${offset / 4}`;
        lines.add(`${dialect.memory[dtype]} *const ${names[id]} = scratch->${member}${from};`);
      }
    }
    for (const { id, kind } of lowered.buffers) {
      if ((kind === 'input' || kind === 'result') && !used.has(id)) lines.add(`(void)${names[id]};`);
    }
    printSteps(context, steps, lines);
  });
  const tables = lowered.buffers.filter(({ id, kind, size }) => kind === 'constant' && used.has(id) && size > 0);
  const numbers = readAsNumbers(steps);
  const typeOf = ({ id, dtype, data = [] }: Buffer): string =>
    dtype === 'i32' && !numbers.has(id) ? indexType(dialect, data) : dialect.memory[stored(dtype)];
  return {
    scratch: scratch.map(({ dtype, member, plan }) => `${dialect.memory[dtype]} ${member}[${plan.bytes / 4}];`),
    helpers: helperText(dialect, helpers, prefix),
    tables: tables.map((buffer) => tableText(`${dialect.table} ${typeOf(buffer)}`, buffer, names[buffer.id] as string)),
    run: lines.text,
    tableBytes: tables.reduce((sum, buffer) => sum + buffer.size * bytesOf(typeOf(buffer)), 0),
    scratchBytes: scratch.reduce((sum, { plan, bytes }) => sum + (plan.bytes / 4) * bytes, 0),
  };
}

function tableText(type: string, { dtype, data = [], origin }: Buffer, name: string): string {
  const numbers = data.map((value) => literal(dtype, value));
  const rows: string[] = [];
  let row = '';
  for (const number of numbers) {
    if (row.length + number.length > 96) {
      rows.push(row.trimEnd());
      row = '';
    }
    row += `${number}, `;
  }
  rows.push(row.replace(/, $/, ''));
  const title =
    origin === undefined ? [] : [comment([origin.layer, origin.name].filter((part) => part !== undefined).join(': '))];
  const head = `${type} ${name}[${data.length}] = {`;
  return [...title, head, ...rows.map((text) => `  ${text}`), '};'].join('\n');
}

/** Buffers that steps read or write. */
function buffersOf(steps: readonly Step[]): Set<number> {
  const used = new Set<number>();
  for (const step of steps) {
    const { reads, writes } = touched(step);
    for (const id of [...reads, ...writes]) used.add(id);
  }
  return used;
}

function nameOf({ id, kind, index = 0, origin }: Buffer, options: PrintCOptions, title: string): string {
  switch (kind) {
    case 'input':
      return options.inputs?.[index] ?? `in${index}`;
    case 'result':
      return options.results?.[index] ?? `out${index}`;
    case 'constant':
      return [options.prefix, identifierPart(origin?.name.split(',')[0] ?? ''), `c${id}`]
        .filter((part) => part !== '')
        .join('_');
    case 'temporary':
      return [identifierPart(title) || 'value', id].join('_');
  }
}

/** What the first step that writes a buffer is called. */
function titleOf(steps: readonly Step[], buffer: Buffer): string {
  if (buffer.kind !== 'temporary') return '';
  for (const step of steps) {
    if (!touched(step).writes.has(buffer.id)) continue;
    if (step.kind === 'loop') return titleOf(step.body, buffer);
    if (step.kind === 'while') return titleOf([...step.test, ...step.body], buffer);
    return step.origin.name;
  }
  return '';
}

function stored(dtype: DType): Stored {
  if (dtype === 'f64') throw new Error('the C printer takes element types of four bytes');
  return dtype;
}
