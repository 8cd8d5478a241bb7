/** What a kept table is: how it is measured, and its page. */
import type { Effort } from '../interleave.ts';

/** A measured table as text. */
export interface MeasuredTable {
  /** One object per figure, for `--json`. */
  readonly lines: readonly object[];
  /** The page without its heading, in parts. */
  readonly parts: readonly string[];
}

export interface Table {
  readonly name: string;
  readonly title: string;
  /** What computes; WebAssembly where absent. */
  readonly where?: string;
  /** `tell` is called with what is being timed. */
  measure(effort: Effort, tell: (what: string) => void): Promise<MeasuredTable>;
}

/** Three digits after the point at most, for JSON. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000;
