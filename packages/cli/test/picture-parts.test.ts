/** The parts that pictures are made of: colours, amounts, bins, stretches, statistics. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { amount, lapse, percent, roundLapses } from '../src/pictures/amount.ts';
import { calibration } from '../src/pictures/calibration.ts';
import { classStretch } from '../src/pictures/class-stretch.ts';
import { draw } from '../src/pictures/draw.ts';
import { epochCurve } from '../src/pictures/epoch-curve.ts';
import { gapBins } from '../src/pictures/gap-bins.ts';
import { gapHistogram } from '../src/pictures/gap-histogram.ts';
import { powerTicks } from '../src/pictures/power-ticks.ts';
import { rocCurve } from '../src/pictures/roc.ts';
import { shortLabel } from '../src/pictures/short-label.ts';
import { evenly, quantile, wilson } from '../src/pictures/statistics.ts';
import { informativeStretch, shorterStretch } from '../src/pictures/stretch.ts';
import { palettes, seriesLook } from '../src/pictures/theme.ts';
import { momentText, timeAxis } from '../src/pictures/time-axis.ts';

/** Contrast of two colours by WCAG 2.2. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string): number => {
    const [r = 0, g = 0, blue = 0] = [1, 3, 5].map((from) => {
      const part = Number.parseInt(hex.slice(from, from + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue;
  };
  const [bright = 0, dim = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (bright + 0.05) / (dim + 0.05);
}

describe.each(['light', 'dark'] as const)('the %s palette', (scheme) => {
  const { paper, gap, rule, ...inks } = palettes[scheme];
  it.each(Object.entries(inks))('%s can be read on paper', (_, ink) => {
    expect(contrast(ink, paper)).toBeGreaterThanOrEqual(4.5);
  });

  it('what names the shade of a gap can be told from the shade, and rules from paper', () => {
    expect(contrast(inks['gap-ink'], gap)).toBeGreaterThanOrEqual(3);
    expect(contrast(rule, paper)).toBeGreaterThan(1.2);
  });
});

it.each([
  [
    ['2015-02-03T22:00Z', '2015-02-03T23:30Z', '2015-02-04T01:00Z'],
    ['22:00\n3 Feb', '23:30', '01:00\n4 Feb'],
  ],
  [
    ['2015-02-03T00:00:00Z', '2015-02-03T00:00:15Z'],
    ['00:00:00\n3 Feb', '00:00:15'],
  ],
  [
    ['2014-05-30T00:00Z', '2014-06-01T00:00Z', '2014-06-03T00:00Z'],
    ['30\nMay', '1\nJun', '3'],
  ],
  [
    ['2013-10-01T00:00Z', '2014-01-01T00:00Z', '2014-04-01T00:00Z'],
    ['Oct\n2013', 'Jan\n2014', 'Apr'],
  ],
  [
    ['2013-01-01T00:00Z', '2014-01-01T00:00Z'],
    ['2013', '2014'],
  ],
])('ticks at %j', (moments, texts) => {
  const ticks = moments.map((moment) => new Date(moment));
  expect(ticks.map((tick, i) => momentText(tick, i, ticks))).toEqual(texts);
});

it('a plot hands the ticks over that their texts depend on', () => {
  const at = (hour: number): Date => new Date(Date.UTC(2015, 1, 3, hour));
  const svg = draw(
    { title: 'times', description: '' },
    { width: 600, x: timeAxis({ kind: 'date', gaps: [] }, 600), marks: [Plot.dotX([at(12), at(36)], { x: (d) => d })] },
  );
  expect(svg).toContain('>21:00<');
  expect(svg).toContain('>4 Feb<');
});

it('what was true once, without a neighbour in time, has a mark of its own', () => {
  const times = [0, 1, 2, 50, 100];
  const stretch = { items: [0, 1, 2, 3, 4], usual: 2 };
  const truth = (item: number): number => [0, 0, 0, 1, 0][item] ?? -1;
  const facts = { stretch, times, time: { kind: 'number', gaps: [] }, label: 'y', labels: ['a', 'b'] } as const;
  const svg = classStretch({ ...facts, truth, prediction: () => 0 }, 800);
  const marks = (label: string): number =>
    [...parseHTML(svg).document.querySelectorAll(`g[aria-label="${label}"] > *`)].length;
  // A bar over the first three, a tick for each of the others.
  expect([marks('bar'), marks('tick')]).toEqual([1, 2]);
});

it('an epoch alone stands in the middle, with no second one beside it', () => {
  const line = { name: 'one', stroke: 'red', points: [{ epoch: 1, value: 2 }] };
  const svg = epochCurve({ title: 'loss', label: 'loss', lines: [line] }, 600);
  const { document } = parseHTML(svg);
  const texts = [...document.querySelectorAll('g[aria-label="x-axis tick label"] text')].map(
    (text) => text.textContent,
  );
  expect(texts).toEqual(['1']);
});

it('twelve series look differently', () => {
  const looks = Array.from({ length: 12 }, (_, i) => `${seriesLook(i).stroke} ${seriesLook(i).dashes}`);
  expect(new Set(looks).size).toBe(12);
});

it.each([
  [0, '0'],
  [5545.4, '5,545'],
  [0.012_345, '0.0123'],
  [-12.34, '-12.3'],
  [1.23e-7, '1.2e-7'],
  [1e-5, '1e-5'],
  [-2.5e9, '-2.5e9'],
  [Number.NaN, 'unknown'],
])('the amount %d', (value, text) => {
  expect(amount(value)).toBe(text);
});

it.each([
  [0.05, '50 ms'],
  [59, '59 s'],
  [60, '1 min'],
  [61, '61 s'],
  [90, '1.5 min'],
  [3600, '1 h'],
  [6300, '1.75 h'],
  [86_400, '1 d'],
  [400 * 86_400, '400 d'],
  [10 * 365.25 * 86_400, '10 y'],
])('%d seconds', (seconds, text) => {
  expect(lapse(seconds, 'date')).toBe(text);
  expect(lapse(seconds, 'number')).toBe(amount(seconds));
});

it('shares that are not all or nothing do not look so', () => {
  expect([0, 0.0004, 0.123, 0.9996, 1].map(percent)).toEqual(['0 %', '< 0.1 %', '12.3 %', '> 99.9 %', '100 %']);
});

it('round lengths of time enclose the range', () => {
  for (const [least, most] of [
    [0.003, 0.5],
    [1, 1],
    [59, 61],
    [3600, 3e7],
    [5e7, 1e12],
  ] as const) {
    for (const kind of ['date', 'number'] as const) {
      const limits = roundLapses(least, most, kind);
      expect(limits[0]).toBeLessThanOrEqual(least * (1 + 1e-9));
      expect(limits.at(-1)).toBeGreaterThan(most);
      expect(limits).toEqual([...new Set(limits)].sort((a, b) => a - b));
    }
  }
});

it('bins hold every known item once and are few', () => {
  const elapsed = Array.from({ length: 5000 }, (_, i) => (i % 11 === 0 ? 0 : 10 ** (((i * 7919) % 97) ** 0.3) / 3));
  elapsed.push(Number.NaN, -1);
  const bins = gapBins(elapsed, 'date');
  expect(bins.length).toBeLessThanOrEqual(9);
  const items = bins.flatMap((bin) => bin.items).sort((a, b) => a - b);
  expect(items).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  const largest = bins.map((bin) => Math.max(...bin.items.map((i) => elapsed[i] ?? 0)));
  expect(largest).toEqual([...largest].sort((a, b) => a - b));
});

it('few different times are bins of their own, called by their value', () => {
  expect(gapBins([60, 3600, 60, 0], 'date')).toEqual([
    { label: '0 s', items: [3] },
    { label: '1 min', items: [0, 2] },
    { label: '1 h', items: [1] },
  ]);
});

it('gaps: every one is in a bar, and the axis of many decades is logarithmic', () => {
  const gaps = [0, 1, 1, 1, 60, 3600, 86_400, 86_400 * 30];
  const heights = (svg: string): number => (svg.match(/<rect/g) ?? []).length;
  const drawn = gapHistogram({ kind: 'date', gaps }, 800) ?? '';
  expect(drawn).toContain('7 gaps from 1 s to 30 d');
  expect(heights(drawn)).toBe(5);
  for (const text of ['1 s', '30 min', '30 d']) expect(drawn).toContain(`>${text}<`);
  expect(gapHistogram({ kind: 'date', gaps: [5, 5, 0] }, 800)).toBeUndefined();
});

it('ticks of a logarithmic axis lie in its range, at most nine', () => {
  for (const [least, most] of [
    [0.6, 3],
    [0.013, 0.2],
    [1, 1e5],
    [1e-9, 1e9],
  ] as const) {
    const ticks = powerTicks(least, most);
    expect(ticks.length).toBeGreaterThanOrEqual(4);
    expect(ticks.length).toBeLessThanOrEqual(9);
    for (const tick of ticks) expect(tick >= least && tick <= most).toBe(true);
  }
});

it('ROC steps: equal scores are one, by hand', () => {
  const curve = rocCurve('a', [0.9, 0.8, 0.8, 0.1], [true, true, false, false]);
  expect(curve?.points).toEqual([
    { others: 0, found: 0 },
    { others: 0, found: 0.5 },
    { others: 0.5, found: 1 },
    { others: 1, found: 1 },
  ]);
  expect(curve?.auc).toBe(0.875);
  expect(rocCurve('a', [1, 2], [true, true])).toBeUndefined();
});

it('calibration: shares by probability', () => {
  const bins = calibration([0.95, 1, 0.91, 0.55, 0.52], [true, true, false, true, false]);
  expect(bins.map(({ count, right }) => [count, right])).toEqual([
    [2, 0.5],
    [3, 2 / 3],
  ]);
  expect(bins[1]?.said).toBeCloseTo(2.86 / 3, 12);
});

it('Wilson: a published interval, and the ends', () => {
  // Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
  const [low, high] = wilson(81, 263);
  expect(low).toBeCloseTo(0.2553, 4);
  expect(high).toBeCloseTo(0.3662, 4);
  expect(wilson(0, 20)[0]).toBe(0);
  expect(wilson(20, 20)[1]).toBe(1);
});

it('quantiles interpolate; evenly keeps both ends', () => {
  expect([0, 0.25, 0.5, 1].map((share) => quantile([1, 2, 4, 8], share))).toEqual([1, 1.75, 3, 8]);
  expect(evenly(5, 9)).toEqual([0, 1, 2, 3, 4]);
  const some = evenly(1000, 7);
  expect([some[0], some.at(-1), new Set(some).size]).toEqual([0, 999, 7]);
});

it('long labels keep both ends', () => {
  expect(shortLabel('abcdefghij', 10)).toBe('abcdefghij');
  expect(shortLabel('abcdefghijk', 10)).toBe('abcde…hijk');
  expect([...shortLabel('😀'.repeat(20), 10)].length).toBe(10);
});

describe('the stretch that is shown', () => {
  const regular = Array.from({ length: 400 }, (_, i) => i);
  const series = regular.map(() => 0);
  const moving = (i: number): number => Math.sin(i / 5);

  it('is where observations are irregular', () => {
    const times = regular.map((i) => i + 2 * Math.max(0, Math.min(50, Math.floor((i - 200) / 2))));
    const found = informativeStretch({ times, series }, moving, 60);
    expect(found?.items.length).toBe(60);
    expect(found?.items[0]).toBeGreaterThanOrEqual(195);
    expect(found?.items.at(-1)).toBeLessThanOrEqual(305);
  });

  it('is where the truth moves, when observations are regular', () => {
    const found = informativeStretch({ times: regular, series }, (i) => (i < 300 ? 0 : moving(i)), 60);
    expect(found?.items.at(-1)).toBeGreaterThan(300);
  });

  it('is of one series, in order of time, no time twice', () => {
    const times = [3, 1, 1, 2, 9, 8, 7];
    const found = informativeStretch({ times, series: [0, 0, 0, 0, 1, 1, 1] }, () => 1, 3);
    expect(found?.items).toEqual([1, 3, 0]);
  });

  it('has a shorter part, of the same notion of usual', () => {
    const long = informativeStretch({ times: regular, series }, moving, 100);
    const short = long === undefined ? undefined : shorterStretch(long, regular, moving, 30);
    expect(short?.items.length).toBe(30);
    expect(long?.items).toEqual(expect.arrayContaining([...(short?.items ?? [])]));
    expect(short?.usual).toBe(long?.usual);
  });

  it('is absent where nothing follows anything', () => {
    expect(informativeStretch({ times: [1, 1], series: [0, 1] }, () => 1, 10)).toBeUndefined();
    expect(informativeStretch({ times: [], series: [] }, () => 1, 10)).toBeUndefined();
  });
});
