/** Numbers and lengths of time for axes and captions: short, with at most three digits that matter. */

import type { TimeFacts } from './run-facts.ts';

/** `5,545`, `0.0123`, `1.2e-7`: at most three digits that matter, all of them before the point. */
export function amount(value: number): string {
  if (!Number.isFinite(value)) return 'unknown';
  const size = Math.abs(value);
  if (size >= 1e7 || (size > 0 && size < 1e-3)) {
    const [digits = '', exponent = ''] = value.toExponential(1).split('e');
    return `${digits.replace('.0', '')}e${exponent.replace('+', '')}`;
  }
  if (size >= 100) return whole(value);
  return String(Number(value.toPrecision(3)));
}

/** `1,234`: a number without its decimals. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `12.3 %` of a share; `0 %` and `100 %` only where it is so. */
export function percent(share: number): string {
  const value = 100 * share;
  if (value > 0 && value < 0.1) return '< 0.1 %';
  if (value < 100 && value > 99.9) return '> 99.9 %';
  return `${Number(value.toFixed(1))} %`;
}

const units: readonly (readonly [string, number])[] = [
  ['y', 365.25 * 86_400],
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
  ['ms', 1e-3],
  ['µs', 1e-6],
];

/** A length of time: `1.5 h` for dates, the number alone for other times. */
export function lapse(value: number, kind: TimeFacts['kind']): string {
  if (kind !== 'date') return amount(value);
  const [name, size] = unitOf(value);
  return `${amount(value / size)} ${name}`;
}

/** The largest unit that tells a length of time well: two of it or more, or quarters of it exactly. */
export function unitOf(seconds: number): readonly [string, number] {
  const size = Math.abs(seconds) * (1 + 1e-9);
  const tells = (each: number): boolean => size >= 2 * each || (size >= each && (size / each) % 0.25 < 1e-6);
  return units.find(([, each]) => tells(each)) ?? ['s', 1];
}

const roundSeconds = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400].concat(
  [2, 7, 30, 90, 365.25, 730.5, 3652.5, 36_525].map((days) => days * 86_400),
);

/** Round lengths of time from the last at or below `least` to the first above `most`, which are both above 0. */
export function roundLapses(least: number, most: number, kind: TimeFacts['kind']): number[] {
  const all = kind === 'date' ? [...powers(least, 1).filter((each) => each < 1), ...roundSeconds] : [];
  const ladder = kind === 'date' ? [...all, ...powers(365_250 * 86_400, most)] : powers(least, most);
  const from = ladder.findLastIndex((each) => each <= least * (1 + 1e-9));
  const to = ladder.findIndex((each) => each > most * (1 + 1e-9));
  return ladder.slice(Math.max(0, from), to < 0 ? undefined : to + 1);
}

/** 1, 2 and 5 times the powers of ten around a range. */
function powers(least: number, most: number): number[] {
  const numbers: number[] = [];
  for (let decade = Math.floor(Math.log10(least)); decade <= Math.log10(most) + 1; decade++) {
    for (const digit of [1, 2, 5]) numbers.push(Number(`${digit}e${decade}`));
  }
  return numbers;
}
