/** The examples of the README run as they stand. */
import { readFileSync } from 'node:fs';
import * as backendWasm from '@rheo/backend-wasm';
import * as core from '@rheo/core';
import { expect, it } from 'vitest';
import * as layers from '../src/index.ts';

it('runs a model', async () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  const body = code
    .replace(/import \{([^}]+)\} from '@rheo\/backend-wasm';/, 'const {$1} = backendWasm;')
    .replace(/import \{([^}]+)\} from '@rheo\/layers';/, 'const {$1} = layers;');
  expect(body).not.toContain('import');
  const logged: unknown[] = [];
  const run = new Function('backendWasm', 'layers', 'console', `return (async () => {${body}\nreturn outputs;})();`);
  const outputs: layers.FloatArray = await run(backendWasm, layers, { log: (item: unknown) => logged.push(item) });
  expect(logged).toHaveLength(5);
  expect(logged[0]).toEqual([1, 3, 1]);
  // The stream gives what the sequence gives.
  outputs.data.forEach((output, step) => {
    expect(logged[1 + step]).toBeCloseTo(output, 5);
  });
  expect(logged[4]).toBe('sequential');
});

it('draws wirings', () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')[1] ?? '';
  const body = code.replace(/import \{([^}]+)\} from '@rheo\/layers';/, 'const {$1} = layers;');
  const logged: unknown[] = [];
  new Function('layers', 'console', body)(layers, { log: (...items: unknown[]) => logged.push(...items) });
  expect(logged).toEqual([['15 inter', '9 command', '4 motor'], 84, 140, 1, 2, true]);
});

it('looks into an LTC and translates it', async () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  const body = (blocks.find((code) => code.includes('observeLtc')) ?? '')
    .replace(/import \{([^}]+)\} from '@rheo\/backend-wasm';/, 'const {$1} = backendWasm;')
    .replace(/import \{([^}]+)\} from '@rheo\/layers';/, 'const {$1} = layers;');
  expect(body).not.toContain('import');
  const logged: unknown[] = [];
  const run = new Function('backendWasm', 'layers', 'console', `return (async () => {${body}})();`);
  await run(backendWasm, layers, { log: (...items: unknown[]) => logged.push(...items) });
  expect(logged.slice(0, 2)).toEqual([
    [1, 2, 12],
    [1, 2, 12],
  ]);
  expect(logged.slice(2)).toEqual([
    expect.stringMatching(/^neuron \d+ to neuron \d+: (excites|inhibits)$/),
    expect.any(Number),
    true,
  ]);
});

it('runs the example of differential equations', async () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const section = text.slice(text.indexOf('## Differential equations'));
  const code = /```ts\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
  const body = code.replace(/import \{([^}]+)\} from '@rheo\/([^']+)';/g, "const {$1} = packages['$2'];");
  expect(body).not.toContain('import');
  const logged: ArrayLike<number>[] = [];
  const run = new Function('packages', 'console', `return (async () => {${body}})();`);
  const packages = { 'backend-wasm': backendWasm, core, layers };
  await run(packages, { log: (...items: ArrayLike<number>[]) => logged.push(...items) });
  const [loss, fixed, end, byKernel] = logged;
  expect(loss).toHaveLength(1);
  expect(byKernel).toHaveLength(4);
  expect(Array.from(end ?? [])).toHaveLength(4);
  Array.from(end ?? []).forEach((x, index) => {
    expect(x).toBeCloseTo(Number(fixed?.[index]), 3);
  });
});
