import type { SequenceData } from '@rheo/data';
import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import { learningCurve } from '../src/pictures/learning-curve.ts';
import { mostIrregular, predictionsPicture } from '../src/pictures/predictions.ts';
import { reportPage } from '../src/pictures/report.ts';

const [count, steps, features] = [2, 12, 6];
const values = Float32Array.from({ length: count * steps * features }, (_, i) => Math.sin(i) * (i % features));
const dt = new Float32Array(count * steps).fill(1);
dt[steps + 3] = 4;
dt[steps + 8] = 2;
const data: SequenceData = { values, dt, targets: values, count, steps, features, targetFeatures: features };

const parse = (svg: string) => parseHTML(`<body>${svg}</body>`).document;

it('predictions: a panel per value that moves most, a shaded span per gap and panel', () => {
  expect(mostIrregular(data)).toBe(1);
  const page = parse(predictionsPicture(data, values, 1));
  const labels = [...page.querySelectorAll('text')].map((text) => text.textContent);
  expect(labels.filter((text) => text?.startsWith('value '))).toEqual(['value 2', 'value 3', 'value 4', 'value 5']);
  const gaps = [...page.querySelectorAll('rect')].map((rect) => Number(rect.getAttribute('width')));
  expect(gaps.length).toBe(8);
  // The first gap lasts 4 units of time, the second 2.
  expect((gaps[0] ?? 0) / (gaps[1] ?? 1)).toBeCloseTo(2, 6);
  expect(page.querySelectorAll('circle').length).toBe(4 * steps);
});

it('predictions: no gap, no shade', () => {
  expect(parse(predictionsPicture(data, values, 0)).querySelectorAll('rect').length).toBe(0);
});

it.each([1, 2, 25, 200])('learning curve of %i epochs', (epochs) => {
  const history = Array.from({ length: epochs }, (_, i) => ({
    epoch: i + 1,
    loss: 3 / (i + 1),
    validationLoss: 4 / (i + 1),
  }));
  const svg = learningCurve(history, 4.5);
  const labels = [...parse(svg).querySelectorAll('text')].map((text) => text.textContent);
  expect(labels).toContain('"next = current" 4.5000');
  expect(labels).toContain((3 / epochs).toFixed(4));
  expect(labels).toContain((4 / epochs).toFixed(4));
  expect(svg).not.toMatch(/NaN|undefined/);
  expect(svg).toMatch(/^<svg[^>]* xmlns="http:\/\/www.w3.org\/2000\/svg"/);
});

it('the report fetches nothing, runs nothing, and shows text as text', () => {
  const svg = predictionsPicture(data, values, 1);
  const html = reportPage({
    title: 'a <b>',
    figures: [['error', '1 & 2']],
    pictures: [{ caption: 'one', svg }],
    config: '{"x": "</pre><script>"}',
  });
  const { document } = parseHTML(html);
  expect(document.querySelectorAll('script, link, img, iframe').length).toBe(0);
  expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|src=|href=/);
  expect(document.querySelector('h1')?.textContent).toBe('a <b>');
  expect(document.querySelector('pre')?.textContent).toBe('{"x": "</pre><script>"}');
  expect(document.querySelectorAll('svg').length).toBe(1);
});
