/**
 * What the report is made of: measurements, each whole as it was taken in one interleaved run, kept as JSON.
 *
 * A run may cover a part and be added to what was kept: it then replaces the measurements it took again, each as a whole,
 * since only figures of one run can be compared.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Refusal, Result } from '../measure.ts';

/** All contenders on one shape in one mode. */
export interface Group {
  readonly where: 'Node' | 'Chromium';
  readonly shape: string;
  readonly mode: string;
  /** Day of the measurement. */
  readonly date: string;
  readonly machine: string;
  /** Cores that were busy on average; one engine at a time takes one. */
  readonly busyCores?: number;
  readonly results: readonly Result[];
  readonly refusals: readonly Refusal[];
}

/** One of our backends on a row of sizes, timed side by side. */
export interface ScalingRow {
  /** What varies: `batch`, `units`, `steps`. */
  readonly table: string;
  readonly contender: string;
  readonly mode: string;
  readonly date: string;
  readonly machine: string;
  readonly busyCores?: number;
  readonly points: readonly ScalingPoint[];
}

export interface ScalingPoint {
  readonly at: number;
  readonly usPerStep: number;
  readonly rounds: readonly number[];
  readonly workspaceBytes?: number;
  readonly memoryBytes?: number;
}

/** Bytes of the bundle that a page loads. */
export interface Bundle {
  readonly minified: number;
  readonly gzipped: number;
  readonly date: string;
}

export interface BenchRecord {
  readonly groups: readonly Group[];
  readonly scaling: readonly ScalingRow[];
  readonly bundle?: Bundle;
}

export const emptyRecord: BenchRecord = { groups: [], scaling: [] };

const groupKey = ({ where, shape, mode }: Group): string => `${where} ${shape} ${mode}`;
const rowKey = ({ table, contender, mode }: ScalingRow): string => `${table} ${contender} ${mode}`;

function replaced<T>(kept: readonly T[], taken: readonly T[], key: (one: T) => string): readonly T[] {
  const again = new Map(taken.map((one) => [key(one), one]));
  const known = new Set(kept.map(key));
  return [...kept.map((one) => again.get(key(one)) ?? one), ...taken.filter((one) => !known.has(key(one)))];
}

/** What was kept, with what was measured since in the place of the same measurements. */
export function merge(kept: BenchRecord, taken: BenchRecord): BenchRecord {
  const bundle = taken.bundle ?? kept.bundle;
  return {
    groups: replaced(kept.groups, taken.groups, groupKey),
    scaling: replaced(kept.scaling, taken.scaling, rowKey),
    ...(bundle === undefined ? {} : { bundle }),
  };
}

/** The record in a file; an empty one where there is no file. */
export function readRecord(path: string): BenchRecord {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as BenchRecord) : emptyRecord;
}

/** Four significant digits are more than a shared machine repeats. */
const shorter = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;

/** Writes a measurement a line, so that a difference of two records shows which were taken again. */
export function writeRecord(path: string, { groups, scaling, bundle }: BenchRecord): void {
  const text = (value: unknown): string => JSON.stringify(value, shorter);
  const list = (values: readonly unknown[]): string => `[\n${values.map(text).join(',\n')}\n]`;
  const last = bundle === undefined ? '' : `,\n"bundle": ${text(bundle)}`;
  writeFileSync(path, `{\n"groups": ${list(groups)},\n"scaling": ${list(scaling)}${last}\n}\n`);
}
