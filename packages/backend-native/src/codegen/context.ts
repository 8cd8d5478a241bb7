/**
 * What all printers of one file share: the buffers, the target, and where functions that are called get noted.
 */

import type { Access, Buffer, LoopStep, Step } from '@rheo/compiler';
import { place } from '@rheo/compiler';
import type { Called, Stored } from './operations.ts';
import { scalarTypes } from './operations.ts';
import type { Target } from './target.ts';

/** A register block of a matrix product: rows, and vectors side by side. */
export interface Block {
  readonly rows: number;
  readonly vectors: number;
}

/** State of one file being printed. */
export interface PrintContext {
  readonly target: Target;
  readonly buffers: readonly Buffer[];
  /** Name of a buffer, a pointer to its first element, within a kernel. */
  name(buffer: number): string;
  /** Notes that a function of the file is called. */
  call(name: Called): void;
  /** Name of the function that multiplies a register block, which is then printed. */
  block(block: Block): string;
  /** Name of the function that copies into panels, which is then printed. */
  packing(): string;
  /** Notes that a loop may be given to threads. True if it is to be printed so. */
  shares(loop: LoopStep): boolean;
  /** Number of a kernel before which a clock is read, in a file for profiling. */
  number?(step: Step): number | undefined;
}

/** Address of an element: `x_3 + 8 * i + j`. */
export function address(context: PrintContext, access: Access, axes: readonly string[]): string {
  const at = place(access, axes);
  return at === '0' ? context.name(access.buffer) : `${context.name(access.buffer)} + ${at}`;
}

/** Element type of a buffer. */
export function dtypeOf(context: PrintContext, buffer: number): Stored {
  return stored((context.buffers[buffer] as Buffer).dtype);
}

/** A type that has memory here. */
export function stored(dtype: Buffer['dtype']): Stored {
  if (dtype === 'f64') throw new Error('f64 is refused before code is generated');
  return dtype;
}

/** Declares a buffer as a parameter of a kernel. */
export function parameter(context: PrintContext, buffer: number): string {
  return `${scalarTypes[dtypeOf(context, buffer)]} *${context.name(buffer)}`;
}
