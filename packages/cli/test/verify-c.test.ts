/** The check of exported C: it passes what is right, and finds what is not. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { exportC } from '@rheo/interop';
import { isRheoError } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { autoNcp, cfc, forwardFill, initialise, linear, lstm, ltc, sequential } from '@rheo/layers';
import { describe, expect, it } from 'vitest';
import { verifyC } from '../src/verify-c.ts';

const features = 3;
const timeout = 120_000;

function made(model: Layer) {
  const parameters = initialise(model, { features, seed: 3 });
  return { model, parameters, exported: exportC(model, parameters, { features, name: 'net' }) };
}

const compiler = ((): string | undefined => {
  try {
    return execFileSync('cc', ['--version'], { encoding: 'utf8' }).split('\n')[0];
  } catch {
    return undefined;
  }
})();

const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('rheo-verify-c-'));

it('says so where there is no compiler', { timeout }, async () => {
  const { model, parameters, exported } = made(linear(1));
  const found = await verifyC(exported, model, parameters, { compiler: 'no-such-compiler' });
  expect(found).toEqual({ missing: 'there is no C compiler called no-such-compiler here' });
});

describe.skipIf(compiler === undefined)('with a C compiler (needs one called cc)', () => {
  it.each([
    [
      'a stack',
      sequential([linear(4), cfc({ units: 6, mixedMemory: true }), ltc({ wiring: autoNcp(9, 2) }), linear(1)]),
    ],
    ['what was observed', sequential([forwardFill(), cfc({ units: 6 }), linear(2)])],
    ['the last output', sequential([lstm({ units: 4, returnSequences: false }), linear(2)])],
    ['no state', linear(2)],
  ])('agrees with the model: %s', { timeout }, async (_, model) => {
    const { parameters, exported } = made(model);
    const found = await verifyC(exported, model, parameters);
    expect(found).toMatchObject({ compiler, sequences: 6, selfTest: 0 });
    expect('largest' in found ? found.largest : Number.NaN).toBeLessThan(1e-5);
  });

  it('finds a weight that is wrong, with and without the self-test', { timeout }, async () => {
    const { model, parameters, exported } = made(sequential([cfc({ units: 6 }), linear(1)]));
    const source = exported.source.replace(/(_c\d+\[\d+\] = \{\n {2})-?[\d.]+f/, '$10.75f');
    expect(source).not.toBe(exported.source);
    const found = await verifyC({ ...exported, source }, model, parameters, {
      compiler: ['cc', '-Wall'],
      sizes: [[2, 5]],
    });
    expect('largest' in found && found.largest > 1e-4 && found.selfTest > 0 && found.sequences).toBe(2);
  });

  it('tells what the compiler says, and leaves nothing behind', { timeout }, async () => {
    const before = folders();
    const { model, parameters, exported } = made(linear(1));
    const broken = verifyC({ ...exported, source: '#error "broken here"\n' }, model, parameters);
    const error: unknown = await broken.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(isRheoError(error) && `${error.code} ${error.message}`).toMatch(/^backend .*broken here.*-std=c99/);
    expect(folders().filter((name) => !before.includes(name))).toEqual([]);
  });
});
