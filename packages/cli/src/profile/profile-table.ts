/**
 * A profile as lines of text: what was run, the peaks, and the kernels by their share of the time.
 */

import type { Profile, ProfileEntry } from '@rheo/ir';
import { wrap } from '../terminal.ts';
import { type Peaks, shareOfPeak } from './measure-peaks.ts';

/** Kernels that are listed; the rest is one line. */
const listed = 24;

/** Three significant digits at least, never an exponent. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return '';
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Where a kernel stands: its layer, then its loops with their iterations. */
export function placeOf({ layer, loops }: ProfileEntry): string {
  const around = loops.map(({ name, iterations }) => (iterations === undefined ? name : `${name}×${iterations}`));
  return [...(layer === undefined ? [] : [`layer ${layer}`]), ...around].join(' › ');
}

/** What was run and how fast, the work in it, and the peaks, as labels and values. */
export function profileFacts(profile: Profile, peaks: Peaks): readonly (readonly [string, string])[] {
  const { seconds, timedSeconds, entries, runs } = profile;
  const sum = (of: 'flops' | 'functions'): number => entries.reduce((all, entry) => all + entry[of], 0);
  const giga = (rate: number): string => figure(rate / 1e9);
  return [
    ['time', `${figure(seconds * 1e6)} µs a run (median of ${runs})`],
    ['clock', `adds ${percent(Math.max(0, timedSeconds / seconds - 1))} to a run, taken off below`],
    ['work', `${figure(sum('flops') / 1e6)} MFLOP, ${figure(sum('functions') / 1e3)} k functions`],
    ['speed', `${giga(sum('flops') / seconds)} GFLOP/s`],
    ['peak here', `${giga(peaks.flops)} GFLOP/s (product), ${giga(peaks.functions)} G functions/s (exp, tanh)`],
    ['', `${giga(peaks.cacheBytes)} GB/s (in cache), ${giga(peaks.memoryBytes)} GB/s (in memory)`],
  ];
}

/**
 * The kernels, those that take longest first. Names are cut to fit the width; a narrow one has fewer figures, and the names
 * below them.
 */
export function profileTable({ entries }: Profile, peaks: Peaks, width: number): string[] {
  const below = width < 72;
  const columns = below ? [0, 1, 5] : [0, 1, 2, 3, 4, 5];
  const total = entries.reduce((sum, { seconds }) => sum + seconds, 0);
  const sorted = entries.toSorted((a, b) => b.seconds - a.seconds);
  const shown = sorted.slice(0, listed);
  const figures = shown.map((entry) => [
    percent(entry.seconds / total),
    figure(entry.seconds * 1e6),
    String(entry.calls),
    figure(entry.flops / entry.seconds / 1e9),
    figure(entry.bytes / entry.seconds / 1e9),
    percent(shareOfPeak(entry, peaks)),
  ]);
  const head = ['share', 'µs', 'calls', 'GFLOP/s', 'GB/s', 'of peak'];
  const widths = head.map((name, column) => Math.max(name.length, ...figures.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], name: string): string => {
    const numbers = columns.map((column) => (cells[column] ?? '').padStart(widths[column] ?? 0)).join('  ');
    if (below) return `${numbers}\n${wrap(`  ${name}`, width, 2)}`;
    const room = Math.max(16, width - numbers.length - 2);
    return `${numbers}  ${name.length > room ? `${name.slice(0, room - 1)}…` : name}`;
  };
  const lines = shown.map((entry, row) => {
    const place = placeOf(entry);
    return line(figures[row] ?? [], `${entry.kernel} ${entry.detail}${place === '' ? '' : ` (${place})`}`);
  });
  const rest = sorted.slice(listed);
  const others = rest.reduce((sum, { seconds }) => sum + seconds, 0);
  const last = [percent(others / total), figure(others * 1e6), '', '', '', ''];
  const all = [
    line(head, 'kernel'),
    ...lines,
    ...(rest.length === 0 ? [] : [line(last, `${rest.length} more kernels`)]),
  ];
  return all.flatMap((entry) => entry.split('\n'));
}
