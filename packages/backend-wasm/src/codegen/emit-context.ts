/**
 * What all kernel emitters of one module share: where buffers lie, and where constants come from.
 *
 * Temporaries and constants have fixed addresses, which become immediates of loads and stores; inputs and results
 * have a global each, which `run` sets. Where threads share out loops, buffers of which each thread has its own lie a
 * distance further on that every instance of the module holds in a global: 0 for the caller.
 */

import type { Access, Buffer, Step } from '@rheo/compiler';
import type { FunctionBuilder, Global, Local } from '../assembler/function-builder.ts';
import type { ConstantPool } from '../math/constant-pool.ts';
import type { SharedLoops } from './sharing.ts';

/** What `sum-kernels.ts` exports. */
export type SumKernels = typeof import('./sum-kernels.ts');

/** The shared state of one module under construction. */
export interface EmitContext {
  readonly buffers: readonly Buffer[];
  /** Absolute address of a temporary or constant. */
  address(buffer: number): number;
  /** Global that holds the address of an input or result. */
  base(buffer: number): Global;
  readonly constants: ConstantPool;
  /** Emitters of kernels that gather; loaded for a Program that has some. */
  readonly sums: SumKernels | undefined;
  /** Emits what is to happen before a kernel is called, in a module that is made for profiling. */
  readonly beforeKernel?: (caller: FunctionBuilder, step: Step) => void;
  /** Loops that threads share out; absent where there are none. */
  readonly shared?: SharedLoops;
}

/** A byte address: the sum of some locals and a constant that fits an immediate. */
export interface Pointer {
  readonly terms: readonly Local[];
  readonly constant: number;
}

/** Pushes the variable part of an address; the constant goes into the instruction. */
export function pushPointer(f: FunctionBuilder, pointer: Pointer): void {
  const [first, ...rest] = pointer.terms;
  if (first === undefined) f.i32Const(0);
  else f.get(first);
  for (const term of rest) {
    f.get(term);
    f.op('i32.add');
  }
}

/** Pushes the whole address. */
export function pushAddress(f: FunctionBuilder, pointer: Pointer): void {
  if (pointer.terms.length === 0) {
    f.i32Const(pointer.constant);
    return;
  }
  pushPointer(f, pointer);
  if (pointer.constant !== 0) {
    f.i32Const(pointer.constant);
    f.op('i32.add');
  }
}

/** A pointer to `access` at axes 0 of its kernel; `iterations` are the counters of the loops around it. */
export function basePointer(
  f: FunctionBuilder,
  context: EmitContext,
  access: Access,
  iterations: ReadonlyMap<number, Local>,
): Pointer {
  const buffer = context.buffers[access.buffer] as Buffer;
  const fixed = buffer.kind === 'temporary' || buffer.kind === 'constant';
  const loops = access.loops.filter(({ stride }) => stride !== 0);
  const constant = access.offset * 4 + (fixed ? context.address(access.buffer) : 0);
  const own = fixed ? context.shared?.offsetOf(access.buffer) : undefined;
  if (fixed && own === undefined && loops.length === 0) return { terms: [], constant };
  const local = f.local('i32');
  let first = true;
  // An immediate is unsigned and never wraps: what runs backwards needs its whole address in the local.
  const whole = loops.some(({ stride }) => stride < 0);
  const base = fixed ? own : context.base(access.buffer);
  if (whole) {
    f.i32Const(constant);
    first = false;
    if (base !== undefined) {
      f.getGlobal(base);
      f.op('i32.add');
    }
  } else if (base !== undefined) {
    f.getGlobal(base);
    first = false;
  }
  for (const { loop, stride } of loops) {
    f.get(iterations.get(loop) as Local);
    f.i32Const(stride * 4);
    f.op('i32.mul');
    if (!first) f.op('i32.add');
    first = false;
  }
  f.set(local);
  return { terms: [local], constant: whole ? 0 : constant };
}

/** Identity of an access, so that equal ones share a pointer. */
export function accessKey(access: Access): string {
  return `${access.buffer}:${access.offset}:${access.strides.join()}:${access.loops.map(({ loop, stride }) => `${loop}*${stride}`).join()}`;
}
