/**
 * Prints loops over the axes of a kernel, one of which may be the axis of the vectors: it advances by whole vectors, and
 * what remains is printed once more for fewer lanes.
 */

import type { Lines } from '@rheo/compiler';

/** An axis of a loop nest. */
export interface NestAxis {
  readonly name: string;
  readonly size: number;
  /** Lanes advance along this axis. */
  readonly vector: boolean;
}

/** Head of a counting loop. */
export function counting(name: string, from: number, to: number, step: number = 1): string {
  return `for (long ${name} = ${from}; ${name} < ${to}; ${name} ${step === 1 ? '+= 1' : `+= ${step}`})`;
}

/**
 * Loops over `axes` from `depth` on. `level` prints what belongs to a depth, with the lanes in use and the texts of the
 * counters; a part that is printed twice gets it twice.
 */
export function printNest(
  lines: Lines,
  axes: readonly NestAxis[],
  lanes: number,
  level: (depth: number, lanes: number) => void,
): void {
  const enter = (depth: number, used: number): void => {
    level(depth, used);
    const axis = axes[depth];
    if (axis === undefined) return;
    if (!axis.vector) {
      lines.block(counting(axis.name, 0, axis.size), () => enter(depth + 1, used));
      return;
    }
    const whole = axis.size - (axis.size % lanes);
    if (whole > 0) lines.block(counting(axis.name, 0, whole, lanes), () => enter(depth + 1, lanes));
    if (whole < axis.size) {
      lines.block('', () => {
        lines.add(`const long ${axis.name} = ${whole};`);
        enter(depth + 1, axis.size - whole);
      });
    }
  };
  enter(0, lanes);
}
