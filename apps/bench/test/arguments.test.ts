/** The command line: defaults, lists, and what is said about names that do not exist. */
import { expect, it } from 'vitest';
import { nearest, readArguments, UsageError } from '../src/arguments.ts';

const known = {
  shapes: ['S', 'M', 'stream'],
  modes: ['infer', 'train', 'stream'],
  backends: ['wasm'],
  rivals: ['tfjs-wasm', 'jax-js', 'jax'],
  tables: ['ode', 'sparse'],
  parts: ['shapes', 'page'],
};

it('takes everything by default', () => {
  const { tables: _, ...all } = known;
  const off = {
    help: false,
    json: false,
    budget: undefined,
    table: undefined,
    write: false,
    report: false,
    append: false,
  };
  expect(readArguments([], known)).toEqual({ ...off, ...all });
});

it('reads lists and flags', () => {
  const options = readArguments(['--json', '--shapes', 'S,M', '--against=jax', '--budget', '100'], known);
  expect(options).toMatchObject({ json: true, shapes: ['S', 'M'], rivals: ['jax'], budget: 100 });
});

it('reads the name of a table', () => {
  expect(readArguments(['--table', 'sparse', '--write'], known)).toMatchObject({ table: 'sparse', write: true });
});

it.each([
  [['--table', 'od'], '--table does not know "od"; did you mean "ode"?'],
  [['--table', 'ode,sparse'], '--table takes one of ode, sparse'],
  [['--table', 'ode', '--shapes', 'S'], '--shapes has no meaning with --table'],
  [['--write'], '--write keeps a table; add --table ode or --table sparse'],
  [['--append'], '--append belongs to a report'],
  [['--report', '--parts', 'pages'], 'did you mean "page"?'],
  [['--report', '--table', 'ode'], '--report has no meaning with --table'],
  [['--report', '--json'], 'leave --json out'],
  [['--against', 'jaxjs'], '--against does not know "jaxjs"; did you mean "jax-js"?'],
  [['--shapes', 'steam'], 'did you mean "stream"?'],
  [['--shape', 'S'], 'unknown option --shape; did you mean "--shapes"?'],
  [['--modes', ''], '--modes needs at least one of infer, train, stream'],
  [['--budget', 'soon'], '--budget takes milliseconds'],
  [['extra'], 'extra'],
])('refuses %j', (args, message) => {
  expect(() => readArguments(args, known)).toThrow(UsageError);
  expect(() => readArguments(args, known)).toThrow(message);
});

it('finds the nearest name', () => {
  expect(nearest('TFJS', known.rivals)).toBe('tfjs-wasm');
  expect(nearest('x', [])).toBeUndefined();
});
