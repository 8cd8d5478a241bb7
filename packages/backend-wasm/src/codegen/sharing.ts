/**
 * What code generation asks of threads: which loops they share out, and what the code for it is.
 *
 * threads/ has the answers; modules for one thread are made without them, and pages on one thread do not load them.
 */

import type { LoopStep, Lowered, MemoryPlan } from '@rheo/compiler';
import type { FunctionBuilder, Global, Local } from '../assembler/function-builder.ts';
import type { ModuleBuilder } from '../assembler/module-builder.ts';

/** Where everything lies from the base of a workspace on. */
export interface Layout {
  readonly plan: MemoryPlan;
  readonly bytes: number;
  /** Present if there are loops to share out. */
  readonly shared?: SharedLayout;
}

/** What threads need in a workspace beside what one does. */
export interface SharedLayout {
  /** Bytes of which each thread has its own; the caller's are those of the plan. */
  readonly ownBytes: number;
  /** Offset of the table of addresses, which the workers read. */
  readonly table: number;
}

/** How threads share out loops. */
export interface Sharing {
  /** The layout of a Program with loops to share out; undefined if it has none. */
  layOut(lowered: Lowered): Layout | undefined;
  /** Begins a module for a workspace at `base`, before its first function. */
  open(module: ModuleBuilder, layout: Layout, base: number): SharedLoops;
}

/** The loops of one module. */
export interface SharedLoops {
  /** Global that holds how far this thread's own memory lies from the caller's; undefined for a buffer of all threads. */
  offsetOf(buffer: number): Global | undefined;
  /** True if the loop is shared out. */
  has(step: LoopStep): boolean;
  /** Emits such a loop into `f`; `body` emits one iteration. */
  emit(f: FunctionBuilder, step: LoopStep, body: (f: FunctionBuilder, iteration: Local) => void): void;
  /** Emits that the caller leaves the address number `position` for the workers. */
  publish(f: FunctionBuilder, position: number, address: Local): void;
  /** Ends the module with what workers call; `addresses` are the globals of the addresses by position. */
  close(addresses: readonly Global[]): void;
}
