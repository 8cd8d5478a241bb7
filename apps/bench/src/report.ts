/** Turns a measurement into text: JSON lines for programs, a table with ratios for people. */
import { median } from './interleave.ts';
import type { Measurement, Result } from './measure.ts';

/** Three significant digits at least, never an exponent. */
export function figure(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** One line of JSON; the contender's name stands under its kind, `backend` or `rival`. */
export function jsonLine(result: Result): string {
  return JSON.stringify({
    [result.kind]: result.name,
    shape: result.shape,
    mode: result.mode,
    us_per_step: rounded(result.usPerStep),
    compile_ms: rounded(result.compileMs),
    runs: result.runs,
    rounds: result.rounds.map(rounded),
    ...(result.builtMs === undefined ? {} : { built_ms: rounded(result.builtMs) }),
    ...(result.cachedMs === undefined ? {} : { cached_ms: rounded(result.cachedMs) }),
    ...(result.workspaceBytes === undefined ? {} : { workspace_bytes: result.workspaceBytes }),
    ...(result.plannedBytes === undefined ? {} : { planned_bytes: result.plannedBytes }),
    ...(result.memoryBytes === undefined ? {} : { memory_bytes: result.memoryBytes }),
    ...(result.threads === undefined ? {} : { threads: result.threads }),
    ...(result.engine === undefined ? {} : { engine: result.engine }),
  });
}

/** What stands in a table: our Programs go by "rheo" and the backend that runs them, rivals by their own name. */
export const label = ({ kind, name }: Pick<Result, 'kind' | 'name'>): string =>
  kind === 'backend' ? `rheo ${name}` : name;

/** How many times as long as `base` a contender took, by the rounds that both took part in: median, least and most. */
export interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The ratio of two contenders of one measurement. */
export function ratioOf(result: Pick<Result, 'rounds'>, base: Pick<Result, 'rounds'>): Ratio {
  const ratios = result.rounds.flatMap((us, round) => {
    const other = base.rounds[round];
    return other === undefined ? [] : [us / other];
  });
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}

const spread = ({ low, high }: Ratio): string => `${figure(low)} … ${figure(high)}`;

/** A table of one problem. Ratios are against the first backend, or the first row where no backend ran. */
export function table(measurement: Measurement): string {
  const { results } = measurement;
  const base = results.find((result) => result.kind === 'backend') ?? results[0];
  if (base === undefined) return '';
  const heading = `${base.shape} ${base.mode}`;
  const rows = results.map((result) => {
    const ratio = ratioOf(result, base);
    return [
      label(result),
      figure(result.usPerStep),
      `${figure(ratio.median)}×`,
      result === base ? '' : spread(ratio),
      figure(result.compileMs),
      String(result.runs),
    ];
  });
  const lines = [[heading, 'µs/step', `of ${label(base)}`, 'by round', 'compile ms', 'runs'], ...rows];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

/** One line per contender without a figure. */
export function refusalLines(measurement: Measurement): readonly string[] {
  return measurement.refusals.map(
    ({ name, shape, mode, reason, failed }) => `${shape} ${mode}: ${name} ${failed ? 'failed' : 'left out'}: ${reason}`,
  );
}
