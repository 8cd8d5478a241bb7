/** Tables of our own models: what is computed from figures, how it is set, and that each candidate really runs. */
import { autoNcp, fullyConnected, ltc, randomWiring } from '@rheo/layers';
import { describe, expect, it } from 'vitest';
import type { Effort } from '../src/interleave.ts';
import { bytes, markdownTable, page } from '../src/tables/markdown.ts';
import type { OdeResult } from '../src/tables/ode-table.ts';
import { odeCandidates, odeLines, odeMarkdown, odeVerdict } from '../src/tables/ode-table.ts';
import type { Row, RowMode } from '../src/tables/row.ts';
import { timeRows } from '../src/tables/row.ts';
import type { SparseResult } from '../src/tables/sparse-table.ts';
import { excess, memoryVerdict, sparseLine, sparseMarkdown, sparseVerdict, takes } from '../src/tables/sparse-table.ts';

const once: Effort = { warmRuns: 1, warmMs: 0, rounds: 1, timedMs: 0.001 };

function row(name: string, usPerStep: number, mode: RowMode = 'infer', workspaceBytes = 2048): Row {
  return { name, mode, parameters: 9, usPerStep, workspaceBytes, compileMs: 5, runs: 3, values: Float32Array.of(0.5) };
}

const size = { units: 4, batch: 2, steps: 3, features: 2, rk4Steps: 4, attempts: 12 };

it('aligns columns and puts the day on the page', () => {
  expect(
    markdownTable(
      ['name', 'µs'],
      [
        ['a', '1.50'],
        ['longer', '10'],
      ],
    ),
  ).toBe(['| name   |   µs |', '| ------ | ---: |', '| a      | 1.50 |', '| longer |   10 |'].join('\n'));
  expect(page('T', 'pnpm x', '2026-01-02', ['one', 'two'])).toBe(
    '# T\n\nWritten by `pnpm x` on 2026-01-02, on 2 shared cores, one thread, WebAssembly in Node.\n\none\n\ntwo\n',
  );
  expect([bytes(2048), bytes(3 * 1024 * 1024)]).toEqual(['2 KiB', '3.0 MiB']);
});

describe('the table of ODE models', () => {
  const named = [
    row('CfC', 10),
    row('LTC, Dormand–Prince', 2000),
    row('LTC, RK4, 4 steps', 50),
    row('CT-RNN', 5),
    row('CfC, backbone of 4', 4),
  ];
  const result: OdeResult = {
    size,
    infer: named.map((one, index) => (index === 2 ? { ...one, values: Float32Array.of(0.75) } : one)),
    train: named.map((one) => ({ ...one, mode: 'train' })),
  };

  it('gives ratios against CfC and the error of other solutions', () => {
    expect(odeLines(result)).toHaveLength(10);
    expect(odeLines(result)[1]).toMatchObject({ table: 'ode', model: 'LTC, Dormand–Prince', of_cfc: 200, units: 4 });
    const text = odeMarkdown(result);
    expect(text).toMatch(/LTC, Dormand–Prince \| +9 \| +2000 \| +200× \| +2000 \| +200× \| +2 KiB \|/);
    expect(text).toContain('LTC, RK4, 4 steps: 0.25');
  });

  it('says which models the claim holds for', () => {
    const text = odeVerdict([result]);
    expect(text).toContain('0.50 to\n200 times');
    expect(text).toContain('2.3 orders at most');
    expect(text).toContain('takes 0.40 to 0.40 of');
    expect(text).toContain('in every column: LTC, Dormand–Prince.');
    expect(text).toContain('In none: LTC, RK4; CT-RNN.');
  });

  it('times every candidate in both modes', async () => {
    for (const mode of ['infer', 'train'] as const) {
      const rows = await timeRows(odeCandidates(size), size, mode, once);
      expect(rows.map(({ name }) => name)).toEqual(odeCandidates(size).map(({ name }) => name));
      for (const { values, usPerStep, runs } of rows) {
        expect(values).toHaveLength(mode === 'infer' ? size.steps * size.batch * size.units : 3);
        expect(usPerStep).toBeGreaterThan(0);
        expect(runs).toBeGreaterThan(0);
      }
    }
  });

  it('refuses a solver that does not finish', async () => {
    const model = () => ltc({ units: 4, solver: 'dormand-prince', maxSteps: 1 });
    await expect(timeRows([{ name: 'short', model }], size, 'infer', once)).rejects.toThrow('short (infer) gave');
  });
});

describe('the table of sparse forms', () => {
  const forms = (dense: number, edges: number, auto: 'dense' | 'edges'): SparseResult => {
    const rows = { dense: row('dense', dense), edges: row('edges', edges, 'infer', 1024) };
    return { name: 'w', mode: 'infer', inner: 0.25, sensory: 0.5, ...rows, auto: { ...rows[auto], name: 'auto' } };
  };

  it('knows what auto took and whether that was right', () => {
    const [right, wrong] = [forms(20, 10, 'edges'), forms(20, 10, 'dense')];
    expect([takes(right), takes(wrong)]).toEqual(['edges', 'dense']);
    expect([excess(right), excess(wrong)]).toEqual([1, 2]);
    expect(sparseVerdict([right, right])).toContain('all 2 rows');
    expect(sparseVerdict([right, wrong])).toContain('1 of 2 rows. In the others: w (infer, 2.00×)');
    expect(memoryVerdict([right])).toBe('Edges need more memory than dense in 0 of 1 rows.');
    expect(memoryVerdict([{ ...right, edges: row('edges', 1, 'infer', 4096) }])).toContain('1 of 1 rows, up to 2.00');
    expect(sparseLine(right)).toMatchObject({ table: 'sparse', wiring: 'w', auto: 'edges', auto_excess: 1 });
    expect(sparseMarkdown('infer', [right])).toMatch(/w +\| +0\.25 \| +0\.50 \| +20\.0 \| +10\.0 \| +2\.00× \| +edges/);
  });

  it.each([
    ['few synapses', autoNcp(12, 2), 'edges'],
    ['all synapses', fullyConnected(8), 'dense'],
    ['most synapses', randomWiring(8, { sparsity: 0.3 }), 'dense'],
  ] as const)('tells the form of %s from its program', async (_, wiring, expected) => {
    const candidates = (['dense', 'edges', 'auto'] as const).map((sparse) => ({
      name: sparse,
      model: () => ltc({ wiring, sparse }),
    }));
    const rows = await timeRows(candidates, { ...size, units: wiring.units }, 'infer', once);
    const [dense, edges, auto] = rows as [Row, Row, Row];
    expect(takes({ name: 'w', mode: 'infer', inner: 0, sensory: 0, dense, edges, auto })).toBe(expected);
  });
});
