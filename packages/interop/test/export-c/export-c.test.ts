import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flattenTree } from '@rheo/core';
import { evaluate } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { initialise, predictProgram } from '@rheo/layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportedC } from '../../src/index.ts';
import { exportC } from '../../src/index.ts';
import { models } from './c-models.ts';
import { driver } from './driver.ts';

const features = 3;
const sequences = 4;
const time = 12;
const strict = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-pedantic'];

const has = (command: string): boolean => {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const exported = [...models].map(([name, model], index) => {
  const parameters = initialise(model, { features, seed: index + 1 });
  return { name, model, parameters, c: exportC(model, parameters, { features, name }) };
});

/** Numbers of −1 … 1, the same in every run. */
function numbers(count: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(state / 2 ** 31 - 1);
  });
}

const inputs = numbers(sequences * time * features, 1);
/** No time at all in every third step, and in all of the last sequence. */
const elapsed = numbers(sequences * time, 2).map((x, i) =>
  i % 3 === 1 || i >= (sequences - 1) * time ? 0 : Math.fround(2 * Math.abs(x)),
);
const observed = numbers(sequences * time * features, 3).map((x) => Number(x < 0.2));

/** What the model says about the sequences, from its Program of whole sequences. */
function expected(model: Layer, parameters: (typeof exported)[number]['parameters'], c: ExportedC): ArrayLike<number> {
  const mask = c.observed ? 'features' : 'none';
  const { program, inputs: order } = predictProgram(model, { features, dt: c.dt === 'none' ? 'none' : 'row', mask });
  const given: Record<string, readonly number[]> = { values: inputs, dt: elapsed, mask: observed };
  const weights = flattenTree(parameters).leaves.map(({ data }) => data);
  return (
    evaluate(program, [...weights, ...order.map((key) => given[key] ?? [])], { dims: { batch: sequences, time } })[0] ??
    []
  );
}

describe.skipIf(!has('cc'))('C of every model (needs a C compiler called cc)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rheo-c-'));
  const file = (name: string): string => join(folder, name);
  const build = (flags: readonly string[], output: string, command = 'cc'): void => {
    execFileSync(command, [...flags, '-I', folder, file('main.c'), '-o', file(output), '-lm'], { stdio: 'pipe' });
  };
  const input = Buffer.from(Float32Array.from([...inputs, ...elapsed, ...observed]).buffer);
  const run = (program: string): Float32Array => {
    const output = execFileSync(file(program), [], { input, maxBuffer: 1 << 26 });
    return new Float32Array(new Uint8Array(output).buffer);
  };

  beforeAll(() => {
    for (const { name, c } of exported) writeFileSync(file(`${name}.h`), c.source);
    writeFileSync(
      file('main.c'),
      driver(
        exported.map(({ c }) => c),
        { sequences, time },
      ),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const check = (all: Float32Array): void => {
    let at = 0;
    for (const { name, model, parameters, c } of exported) {
      const want = expected(model, parameters, c);
      const got = all.subarray(at, at + sequences * time * c.outputs);
      at += got.length;
      expect([all[at], all[at + 1]], `${name}: self-test and size of its state`).toEqual([0, c.ramBytes]);
      at += 2;
      const last = want.length < got.length;
      let far = 0;
      for (let i = 0; i < want.length; i++) {
        const row = Math.floor(i / c.outputs);
        const place = last ? ((row + 1) * time - 1) * c.outputs + (i % c.outputs) : i;
        const difference = Math.abs((want[i] ?? Number.NaN) - (got[place] ?? Number.NaN));
        far = Math.max(far, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
      }
      expect(far, name).toBeLessThan(1e-5);
    }
    expect(at).toBe(all.length);
  };

  it('compiles without a warning and agrees with the model to 1e-5', { timeout: 300_000 }, () => {
    build([...strict, '-O2'], 'fast');
    check(run('fast'));
  });

  it('agrees when it is made small', { timeout: 300_000 }, () => {
    build([...strict, '-Os', '-Wshadow', '-Wdouble-promotion', '-Wconversion', '-Wno-sign-conversion'], 'small');
    check(run('small'));
  });

  it('breaks no rule of the language that sanitizers know', { timeout: 300_000 }, (context) => {
    try {
      build(['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'], 'sanitized');
    } catch (error) {
      context.skip(`the sanitizers are not there: ${String(error).slice(0, 80)}`);
    }
    check(run('sanitized'));
  });

  it.skipIf(!has('g++'))('is C++ as well (needs g++)', { timeout: 300_000 }, () => {
    build(['-x', 'c++', '-std=c++11', '-Wall', '-Wextra', '-Werror', '-pedantic', '-O1'], 'cpp', 'g++');
    check(run('cpp'));
  });

  it.skipIf(!has('nm'))('calls nothing but mathematics and moves of memory (needs nm)', { timeout: 300_000 }, () => {
    const include = exported.map(({ name }) => `#include "${name}.h"`);
    const define = exported.map(({ name }) => `#define RHEO_${name.toUpperCase()}_IMPLEMENTATION`);
    writeFileSync(file('all.c'), [...include, ...define, ...include, ''].join('\n'));
    execFileSync(
      'cc',
      [...strict, '-O2', '-fno-stack-protector', '-I', folder, '-c', file('all.c'), '-o', file('all.o')],
      { stdio: 'pipe' },
    );
    const undefinedSymbols = execFileSync('nm', ['-u', file('all.o')], { encoding: 'utf8' }).match(/\S+$/gm) ?? [];
    const allowed =
      /^_?(mem(set|cpy|move)|(exp|expm1|log|log1p|sin|cos|sqrt|tanh|erf|floor|fabs)f|_GLOBAL_OFFSET_TABLE_)$/;
    expect(undefinedSymbols.filter((symbol) => !allowed.test(symbol))).toEqual([]);
    expect(undefinedSymbols).toContain('expf');
    // What changes lies with the caller: the file has no variable of its own.
    expect(execFileSync('nm', [file('all.o')], { encoding: 'utf8' })).not.toMatch(/ [bBdDC] /);
  });
});
