/** The report of a run holds what the facts say: every count, curve and series, computed here by other means. */
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import type { ClassOutcome, NumberOutcome, RunFacts } from '../src/pictures/run-facts.ts';
import { runReport } from '../src/pictures/run-report.ts';

const count = 3000;

/** Rows a minute apart, with pauses, in two series; the same on every run. */
function wave(i: number): number {
  return Math.sin(i * 12.9898) * 43_758.5453 - Math.floor(Math.sin(i * 12.9898) * 43_758.5453);
}

const elapsed = Array.from({ length: count }, (_, i) => (wave(i) < 0.1 ? 600 : wave(i + 7) < 0.3 ? 120 : 60));
const times: number[] = [];
for (const gap of elapsed) times.push((times.at(-1) ?? 1.5e9) + gap);
const series = Array.from({ length: count }, (_, i) => Number(i >= count / 2));

const common: Omit<RunFacts, 'heldOut' | 'task'> = {
  title: 'a <script>alert(1)</script> & b',
  summary: '"quoted" <b>',
  learning: {
    loss: 'loss <i>',
    history: Array.from({ length: 30 }, (_, i) => ({
      epoch: i + 1,
      loss: 5 / (i + 1),
      validationLoss: 6 / (i + 1) + (i > 19 ? 0.1 * (i - 19) : 0),
      validationMetrics: { accuracy: 1 - 1 / (i + 2), f1: 1 - 2 / (i + 3) },
      rate: 0.01 * 0.9 ** i,
    })),
    bestEpoch: 20,
    metrics: [
      { key: 'accuracy', name: 'accuracy <u>', baseline: 0.5 },
      { key: 'f1', name: 'F1' },
    ],
    baseline: { name: 'last <value>', loss: 4 },
  },
  scores: [{ name: 'error <', model: '1 &', baseline: '2 >' }],
  figures: [['seed <', '1 >']],
  notes: ['note <img src=x>'],
  time: { kind: 'date', name: 'when <', gaps: [0, 0, ...elapsed, 86_400 * 30] },
  config: { file: '</pre><script src="http://example.com/x.js">' },
};

const truth = Float64Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? Math.sin(i / 50) : wave(i)) * 10);
const numbers: NumberOutcome = {
  kind: 'numbers',
  targets: [{ name: 'speed <', unit: 'm/s' }, { name: 'noise' }],
  truth: truth.map((value, i) => (i === 10 ? Number.NaN : value)),
  predictions: truth.map((value, i) => value + wave(i + 3) - 0.5),
  baseline: truth.map((value) => value + 1),
};
const labels = ['low', 'high <', 'middle'];
const classes: ClassOutcome = {
  kind: 'classes',
  target: 'level <',
  labels,
  truth: Array.from({ length: count }, (_, i) => Math.floor(wave(i + 1) * 3)),
  probabilities: Array.from({ length: count }, (_, i) => {
    // Rounded, so that there are equal scores; the true class has more.
    const raw = labels.map(
      (_, c) => Math.round(10 * (wave(3 * i + c) + (c === Math.floor(wave(i + 1) * 3) ? 0.4 : 0))) + 1,
    );
    const sum = raw.reduce((a, b) => a + b, 0);
    return raw.map((value) => value / sum);
  }).flat(),
};

const heldOut = { part: 'test', times, elapsed, series, keys: ['first <', 'second'] };
const numberFacts: RunFacts = {
  ...common,
  task: 'forecast',
  heldOut: { ...heldOut, horizon: '1 row', outcome: numbers },
};
const classFacts: RunFacts = { ...common, task: 'classification', heldOut: { ...heldOut, outcome: classes } };
const reports = { numbers: runReport(numberFacts), classes: runReport(classFacts) };

const at = (i: number, c: number): number => classes.probabilities[i * labels.length + c] ?? 0;
const predicted = (i: number): number => labels.reduce((best, _, c) => (at(i, c) > at(i, best) ? c : best), 0);

describe.each(['numbers', 'classes'] as const)('the report of %s', (kind) => {
  const html = reports[kind];
  const { document } = parseHTML(html);

  it('runs nothing, fetches nothing and refers to nothing', () => {
    expect(document.querySelectorAll('script, link, img, iframe, object, embed, base, form, use, image').length).toBe(
      0,
    );
    const attributes = [...document.querySelectorAll('*')].flatMap((element) => element.getAttributeNames());
    expect(attributes.filter((name) => /^on|href|src|action|srcset|data$/.test(name))).toEqual([]);
    for (const style of document.querySelectorAll('style')) expect(style.textContent).not.toMatch(/url\(|@import/);
    expect(document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'",
    );
    const shown = html.replaceAll('http://www.w3.org/2000/svg', '').replaceAll('http://example.com/x.js', '');
    expect(shown).not.toMatch(/https?:/);
  });

  it('shows text as text', () => {
    expect(document.querySelector('h1')?.textContent).toBe(common.title);
    expect(document.querySelector('.summary')?.textContent).toBe(common.summary);
    expect(document.querySelector('li')?.textContent).toBe(common.notes[0]);
    expect(JSON.parse(document.querySelector('pre')?.textContent ?? '')).toEqual(common.config);
    const cells = [...document.querySelectorAll('table')].slice(0, 2).map((table) => table.textContent);
    expect(cells[0]).toContain('error <');
    expect(cells[0]).toContain('last <value>');
    expect(cells[1]).toContain('seed <');
  });

  it('is the same again, finite everywhere, and small', () => {
    expect(runReport(kind === 'numbers' ? numberFacts : classFacts)).toBe(html);
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
    expect(html.length).toBeLessThan(2_000_000);
  });

  it('has both schemes in the page and in each picture, and words for each picture', () => {
    const pictures = [...document.querySelectorAll('svg')];
    expect(pictures.length).toBeGreaterThan(8);
    for (const scope of [document.querySelector('head style'), ...pictures.map((svg) => svg.querySelector('style'))]) {
      expect(scope?.textContent).toMatch(/--paper: #ffffff/);
      expect(scope?.textContent).toMatch(/@media screen and \(prefers-color-scheme: dark\) \{[^}]*--paper: #15181c/);
    }
    for (const svg of pictures) {
      expect(svg.getAttribute('role')).toBe('img');
      expect(svg.querySelector('title')?.textContent).not.toBe('');
      expect(svg.querySelector('desc')?.textContent).not.toBe('');
      // A colour of its own would not follow the scheme.
      expect(svg.outerHTML.replace(/<style>[\s\S]*?<\/style>/, '')).not.toMatch(/(fill|stroke)="(#|rgb|black|white)/);
      const ids = svg.outerHTML.match(/ id="/g) ?? [];
      expect(ids.length).toBe(0);
    }
  });

  it('every value of the learning curve has a point, the kept epoch a ring', () => {
    const curves = [...document.querySelectorAll('svg')].filter((svg) =>
      svg.querySelector('title')?.textContent?.startsWith('Learning curve: loss <i>'),
    );
    expect(curves.length).toBe(2);
    for (const curve of curves) expect(curve.querySelectorAll('circle').length).toBe(2 * 30 + 1);
    const caption = [...document.querySelectorAll('figcaption')].find((one) => one.textContent?.startsWith('Loss by'));
    expect(caption?.textContent).toContain('epoch 20, with 0.3000');
    expect(caption?.textContent).toContain('last <value>, 4.0000');
  });

  it('counts the gaps: all of them, and those of 0', () => {
    const caption = [...document.querySelectorAll('figcaption')].find((one) => one.textContent?.includes('gaps'));
    const said = caption?.textContent.replaceAll('\u00a0', ' ');
    expect(said).toContain('3,003 gaps: the median is 1 min');
    expect(said).toContain('the longest is 30 d');
    expect(caption?.textContent).toContain('2 are 0');
  });
});

it('confusion: counts and shares of the row', () => {
  const { document } = parseHTML(reports.classes);
  const rows = [...document.querySelectorAll('.confusion tbody tr')];
  expect(rows.map((row) => row.querySelector('th')?.textContent)).toEqual(labels);
  rows.forEach((row, r) => {
    const items = Array.from({ length: count }, (_, i) => i).filter((i) => classes.truth[i] === r);
    const cells = [...row.querySelectorAll('td')];
    labels.forEach((_, c) => {
      const hits = items.filter((i) => predicted(i) === c).length;
      expect(cells[c]?.querySelector('b')?.textContent).toBe(String(hits));
      const share = Number(cells[c]?.querySelector('small')?.textContent?.replace(' %', ''));
      expect(Math.abs(share - (100 * hits) / items.length)).toBeLessThanOrEqual(0.05);
    });
    expect(cells.at(-1)?.textContent?.replace(',', '')).toBe(String(items.length));
  });
});

it('ROC: the area of each class is the share of pairs in the right order', () => {
  const { document } = parseHTML(reports.classes);
  const picture = [...document.querySelectorAll('svg')].find((svg) => svg.outerHTML.includes('Receiver operating'));
  const said = picture?.querySelector('desc')?.textContent ?? '';
  labels.forEach((label, c) => {
    const score = (wanted: boolean): number[] =>
      Array.from({ length: count }, (_, i) => i)
        .filter((i) => (classes.truth[i] === c) === wanted)
        .map((i) => at(i, c));
    const [yes, no] = [score(true), score(false)];
    let pairs = 0;
    for (const a of yes) for (const b of no) pairs += a > b ? 1 : a === b ? 0.5 : 0;
    expect(said).toContain(`${label}: area ${(pairs / (yes.length * no.length)).toFixed(3)}`);
  });
  // A curve each, and the line of chance.
  expect(picture?.querySelectorAll('g[aria-label="line"] > path').length).toBe(labels.length + 1);
});

it('error by gap: a line for each gap with its count and median', () => {
  const { document } = parseHTML(reports.numbers);
  const picture = [...document.querySelectorAll('svg')].find((svg) =>
    svg.querySelector('title')?.textContent?.startsWith('absolute error of speed <, m/s'),
  );
  const said = picture?.querySelector('desc')?.textContent?.split('; ') ?? [];
  const expected = [60, 120, 600].map((gap) => {
    const errors = Array.from({ length: count }, (_, i) => i)
      .filter((i) => elapsed[i] === gap && i !== 5)
      .map((i) => Math.abs((numbers.predictions[2 * i] ?? 0) - (numbers.truth[2 * i] ?? 0)))
      .sort((a, b) => a - b);
    const middle = (errors.length - 1) / 2;
    const median = ((errors[Math.floor(middle)] ?? 0) + (errors[Math.ceil(middle)] ?? 0)) / 2;
    const name = { 60: '1 min', 120: '2 min', 600: '10 min' }[gap];
    return `${name}: ${Number(median.toPrecision(3))} of ${errors.length.toLocaleString('en-US')}`;
  });
  expect(said).toEqual(expected);
});

it('thinning is said: points drawn, predictions there are, and the one without a truth', () => {
  const { document } = parseHTML(reports.numbers);
  const figure = [...document.querySelectorAll('figure')].find((one) => one.outerHTML.includes('against the truth'));
  expect(figure?.querySelectorAll('circle').length).toBe(1500);
  const caption = figure?.querySelector('figcaption')?.textContent;
  expect(caption).toContain('2,999 predictions of the test part, 1 row ahead.');
  expect(caption).toContain('Drawn are 1,500 of them');
  expect(caption).toContain('1 more have no known truth.');
});

it('targets: errors of model and baseline in a table, a section each', () => {
  const { document } = parseHTML(reports.numbers);
  const headings = [...document.querySelectorAll('h2')].map((one) => one.textContent);
  expect(headings).toEqual(expect.arrayContaining(['Targets', 'Predictions of speed <', 'Predictions of noise']));
  const row = [...document.querySelectorAll('tbody tr')].find((one) => one.textContent?.startsWith('noise'));
  const cells = [...(row?.querySelectorAll('td') ?? [])].map((cell) => Number(cell.textContent));
  const own = Array.from({ length: count }, (_, i) => (numbers.predictions[2 * i + 1] ?? 0) - (truth[2 * i + 1] ?? 0));
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  expect(cells[0]).toBeCloseTo(mean(own.map(Math.abs)), 2);
  expect(cells[1]).toBe(1);
  expect(cells[2]).toBeCloseTo(Math.sqrt(mean(own.map((value) => value ** 2))), 2);
});

it('twenty thousand predictions of 200 classes stay small', { timeout: 120_000 }, () => {
  const [many, kinds] = [20_000, 200];
  const names = Array.from({ length: kinds }, (_, c) => `a rather long name of class number ${c}`);
  const outcome: ClassOutcome = {
    kind: 'classes',
    target: 'kind',
    labels: names,
    truth: Array.from({ length: many }, (_, i) => Math.floor(wave(i) ** 2 * kinds)),
    probabilities: Float32Array.from({ length: many * kinds }, (_, i) => wave(i)),
  };
  const steps = Array.from({ length: many }, (_, i) => i);
  const html = runReport({
    ...common,
    task: 'classification',
    heldOut: { part: 'test', times: steps, elapsed: steps.map(wave), series: steps.map(() => 0), keys: [''], outcome },
  });
  expect(html.length).toBeLessThan(2_000_000);
  const { document } = parseHTML(html);
  const counts = [...document.querySelectorAll('.confusion .total')].map((cell) =>
    Number(cell.textContent?.replace(',', '')),
  );
  expect(counts.length).toBe(12);
  expect(counts.reduce((a, b) => a + b, 0)).toBe(many);
  expect(document.body.textContent).toContain('189 rarest classes are counted together');
});
