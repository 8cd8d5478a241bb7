import { expect, test } from 'vitest';
import { agreementTable } from './reporter.ts';

test('the table has a row for each backend, and names what is beyond the tolerance', () => {
  const text = agreementTable([
    { where: 'Node', backend: 'wasm', training: 'CfC', worst: 1.23e-7 },
    { where: 'Node', backend: 'wasm', training: 'LTC', worst: 2e-4 },
    { where: 'Chromium', backend: 'wasm', from: 'tfjs/webgl', training: 'CfC', worst: Number.POSITIVE_INFINITY },
  ]);
  expect(text).toMatchInlineSnapshot(`
    "losses of 50 steps: worst relative difference
                                            CfC           LTC
    Node      wasm                       1.2e-7      2.0e-4 !
    Chromium  tfjs/webgl → wasm      Infinity !             –
    3 trainings, 2 beyond 0.0001"
  `);
});
