/**
 * The command line of the benchmark. Names are checked against what exists; an unknown one is answered with the
 * nearest known one, as a `UsageError`, which ends the command with code 2.
 */
import { parseArgs } from 'node:util';

/** A command line that cannot be carried out. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What the command line asks for; an absent list means all. */
export interface Options {
  readonly help: boolean;
  readonly json: boolean;
  readonly shapes: readonly string[];
  readonly modes: readonly string[];
  readonly backends: readonly string[];
  readonly rivals: readonly string[];
  /** Timed milliseconds per contender and problem. */
  readonly budget: number | undefined;
  /** A kept table to measure, in place of the shapes. */
  readonly table: string | undefined;
  /** Keep the measured table in docs. */
  readonly write: boolean;
  /** Write the report. */
  readonly report: boolean;
  /** Parts of the report to measure. */
  readonly parts: readonly string[];
  /** Keep the other measurements of an earlier report. */
  readonly append: boolean;
}

/** The names that exist, per option. */
export interface Known {
  readonly shapes: readonly string[];
  readonly modes: readonly string[];
  readonly backends: readonly string[];
  readonly rivals: readonly string[];
  readonly tables: readonly string[];
  readonly parts: readonly string[];
}

export const usage = `Usage: pnpm bench [--json] [--shapes S,M] [--modes infer,train,stream]
                  [--backends NAME,…] [--against NAME,…] [--budget MS]
       pnpm bench --report [--append] [--parts shapes,page,scaling,bundle] [--shapes …]
       pnpm bench --table ode|sparse|passes [--write] [--json] [--budget MS]

Times our backends and rival engines on the same models, interleaved, and prints medians. With --table, times our
own models against each other on the WebAssembly backend.

  --json       one JSON line per result instead of tables
  --shapes     shapes to time (default: all)
  --modes      modes to time (default: all)
  --backends   our backends to time (default: all)
  --against    rivals to time (default: all)
  --budget     timed milliseconds per contender, shape and mode (default: 2500; of a table 1200)
  --report     write docs/bench.md and docs/bench.json
  --append     with --report: keep the measurements of the last report that are not
               taken again
  --parts      with --report: what to measure (default: all)
  --table      ode: CfC against models that solve differential equations
               sparse: LTC dense against LTC over its synapses
               passes: each pass of the compiler switched off, or an optional one on
  --write      write the table to docs/NAME-table.md as well

RHEO_PYTHON names the interpreters of the Python rivals, separated as the folders of PATH are.`;

/** Number of single-character edits between two words. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The known name that begins so or takes the fewest edits, ignoring case; undefined where none is known. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const cost = (candidate: string): number => {
    const [wanted, have] = [name.toLowerCase(), candidate.toLowerCase()];
    return have.startsWith(wanted) ? 0 : editDistance(wanted, have);
  };
  return known.toSorted((a, b) => cost(a) - cost(b))[0];
}

function list(option: string, text: string | undefined, known: readonly string[]): readonly string[] {
  if (text === undefined) return known;
  const names = text.split(',').filter((name) => name !== '');
  if (names.length === 0) throw new UsageError(`bench: --${option} needs at least one of ${known.join(', ')}`);
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    const hint = near === undefined ? 'none exists' : `did you mean "${near}"? Known: ${known.join(', ')}`;
    throw new UsageError(`bench: --${option} does not know "${name}"; ${hint}`);
  }
  return names;
}

const flags = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  shapes: { type: 'string' },
  modes: { type: 'string' },
  backends: { type: 'string' },
  against: { type: 'string' },
  budget: { type: 'string' },
  table: { type: 'string' },
  report: { type: 'boolean' },
  append: { type: 'boolean' },
  parts: { type: 'string' },
  write: { type: 'boolean' },
} as const;

/** Options that choose shapes and contenders. */
const ofShapes = ['shapes', 'modes', 'backends', 'against', 'report'] as const;

/** Options that have a meaning with a report only. */
const ofReport = ['append', 'parts'] as const;

function parse(args: readonly string[]): { readonly [name in keyof typeof flags]?: string | boolean } {
  for (const arg of args) {
    const name = /^--([^=]+)/.exec(arg)?.[1];
    if (name === undefined || name in flags) continue;
    throw new UsageError(`bench: unknown option --${name}; did you mean "--${nearest(name, Object.keys(flags))}"?`);
  }
  try {
    return parseArgs({ args: [...args], options: flags, strict: true }).values;
  } catch (error) {
    throw new UsageError(`bench: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const text = (value: string | boolean | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** Reads the command line; throws `UsageError` on anything unknown or out of range. */
export function readArguments(args: readonly string[], known: Known): Options {
  const values = parse(args.filter((arg) => arg !== '--'));
  const budget = text(values.budget);
  if (budget !== undefined && !(Number(budget) > 0 && Number(budget) <= 600_000)) {
    throw new UsageError(`bench: --budget takes milliseconds between 0 and 600000, not "${budget}"`);
  }
  const tables = text(values.table) === undefined ? [] : list('table', text(values.table), known.tables);
  if (tables.length > 1) throw new UsageError(`bench: --table takes one of ${known.tables.join(', ')}`);
  const [table] = tables;
  if (table === undefined && values.write === true) {
    throw new UsageError(`bench: --write keeps a table; add --table ${known.tables.join(' or --table ')}`);
  }
  const foreign = table === undefined ? undefined : ofShapes.find((name) => values[name] !== undefined);
  if (foreign !== undefined) throw new UsageError(`bench: --${foreign} has no meaning with --table; leave it out`);
  const lonely = values.report === true ? undefined : ofReport.find((name) => values[name] !== undefined);
  if (lonely !== undefined) throw new UsageError(`bench: --${lonely} belongs to a report; add --report`);
  if (values.report === true && values.json === true) {
    throw new UsageError('bench: --report writes JSON beside the page; leave --json out');
  }
  return {
    help: values.help === true,
    json: values.json === true,
    shapes: list('shapes', text(values.shapes), known.shapes),
    modes: list('modes', text(values.modes), known.modes),
    backends: list('backends', text(values.backends), known.backends),
    rivals: list('against', text(values.against), known.rivals),
    budget: budget === undefined ? undefined : Number(budget),
    table,
    write: values.write === true,
    report: values.report === true,
    parts: list('parts', text(values.parts), known.parts),
    append: values.append === true,
  };
}
