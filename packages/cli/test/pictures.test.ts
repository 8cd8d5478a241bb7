import type { SequenceData } from '@rheo/data';
import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import { learningCurve } from '../src/pictures/learning-curve.ts';
import { page } from '../src/pictures/page.ts';
import { mostIrregular, predictionsPicture } from '../src/pictures/predictions.ts';
import type { RunFacts } from '../src/pictures/run-facts.ts';
import { runReport } from '../src/pictures/run-report.ts';

const [count, steps, features] = [2, 12, 6];
const values = Float32Array.from({ length: count * steps * features }, (_, i) => Math.sin(i) * (i % features));
const dt = new Float32Array(count * steps).fill(1);
dt[steps + 3] = 4;
dt[steps + 8] = 2;
const data: SequenceData = { values, dt, targets: values, count, steps, features, targetFeatures: features };

const parse = (svg: string) => parseHTML(`<body>${svg}</body>`).document;

it('predictions: a panel per value that moves most, a shaded span per gap and panel', () => {
  expect(mostIrregular(data)).toBe(1);
  const page = parse(predictionsPicture(data, values, 1, 860));
  const labels = [...page.querySelectorAll('text')].map((text) => text.textContent);
  expect(labels.filter((text) => text?.startsWith('value '))).toEqual(['value 2', 'value 3', 'value 4', 'value 5']);
  const gaps = [...page.querySelectorAll('rect')].map((rect) => Number(rect.getAttribute('width')));
  expect(gaps.length).toBe(8);
  // The first gap lasts 4 units of time, the second 2; a drawn coordinate has two decimals.
  const [long = 0, short = 0] = gaps;
  expect(Math.abs(long - 2 * short)).toBeLessThanOrEqual(3 * 0.005 + 1e-9);
  expect(page.querySelectorAll('circle').length).toBe(4 * steps);
});

it('predictions: no gap, no shade', () => {
  expect(parse(predictionsPicture(data, values, 0, 860)).querySelectorAll('rect').length).toBe(0);
});

it.each([1, 2, 25, 200])('learning curve of %i epochs: a point per epoch and the baseline', (epochs) => {
  const history = Array.from({ length: epochs }, (_, i) => ({
    epoch: i + 1,
    loss: 3 / (i + 1),
    validationLoss: 4 / (i + 1),
  }));
  const svg = learningCurve({ loss: 'error', history, baseline: { name: 'last value', loss: 4.5 } }, 760);
  const document = parse(svg);
  expect(document.querySelector('desc')?.textContent).toContain(`training ${3 / epochs}, validation ${4 / epochs}.`);
  const lines = [...document.querySelectorAll('g[aria-label="line"] > path')].map(
    (path) => path.getAttribute('d') ?? '',
  );
  expect(lines.map((line) => line.match(/[ML]/g)?.length)).toEqual([epochs, epochs]);
  expect(document.querySelectorAll('line[stroke-dasharray], g[stroke-dasharray] > line').length).toBe(1);
  expect(svg).not.toMatch(/NaN|undefined/);
  expect(svg).toMatch(/^<svg[^>]* xmlns="http:\/\/www.w3.org\/2000\/svg"/);
});

it('numbers stay on the line of their units', () => {
  const text = '97.1 % of 308 d, 3 days, 5 dots, 59 s';
  const html = page({ title: 'a/b.c', sections: [{ blocks: [{ kind: 'text', text }] }] });
  const glued = text.replace('1 %', '1\u00a0%').replace('308 d', '308\u00a0d').replace('59 s', '59\u00a0s');
  const { document } = parseHTML(html);
  expect(document.querySelector('p')?.textContent).toBe(glued);
  // A long title breaks between the parts of a path.
  expect(document.querySelector('h1')?.innerHTML).toBe('a/<wbr>b.<wbr>c');
});

it('the page fetches nothing, runs nothing, and shows text as text', () => {
  const html = page({
    title: 'a <b>',
    summary: '1 < 2',
    sections: [
      {
        heading: 'x & y',
        blocks: [
          { kind: 'table', head: ['', '<i>'], rows: [['error', '1 & 2']] },
          { kind: 'list', items: ['<li>'] },
          { kind: 'text', text: '<p>' },
          { kind: 'picture', caption: '<one>', wide: predictionsPicture(data, values, 1, 860) },
          { kind: 'source', label: '<label>', text: '{"x": "</pre><script>"}' },
        ],
      },
    ],
  });
  const { document } = parseHTML(html);
  expect(document.querySelectorAll('script, link, img, iframe').length).toBe(0);
  expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|src=|href=/);
  const texts = [
    'h1',
    '.summary',
    'h2',
    'thead th:last-child',
    'td',
    'li',
    'p:not(.summary)',
    'figcaption',
    'summary',
    'pre',
  ];
  expect(texts.map((selector) => document.querySelector(selector)?.textContent)).toEqual([
    'a <b>',
    '1 < 2',
    'x & y',
    '<i>',
    '1 & 2',
    '<li>',
    '<p>',
    '<one>',
    '<label>',
    '{"x": "</pre><script>"}',
  ]);
  expect(document.querySelectorAll('svg').length).toBe(1);
});

it('a report with the least facts', () => {
  const facts: RunFacts = {
    title: '<y>',
    task: 'regression',
    learning: { loss: 'mean squared error', history: [{ epoch: 1, loss: 2 }] },
    scores: [],
    figures: [],
    notes: [],
    time: { kind: 'steps', gaps: [] },
    config: { target: '</pre>' },
  };
  const { document } = parseHTML(runReport(facts));
  expect(document.querySelector('h1')?.textContent).toBe('<y>');
  expect(JSON.parse(document.querySelector('pre')?.textContent ?? '')).toEqual(facts.config);
});
