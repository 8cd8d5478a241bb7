/**
 * Emits nested loops over the axes of a kernel, with a pointer per access that moves along.
 *
 * One axis may be the vector axis: it advances by four lanes, and what remains is emitted once more for fewer lanes.
 * Pointers along it share one byte counter where their stride is 1. The body is emitted by callbacks, one for each
 * depth (work that does not change further in) and one for the innermost point.
 */

import type { Access } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { EmitContext, Pointer } from './emit-context.ts';
import { accessKey, basePointer, pushAddress } from './emit-context.ts';

/** An axis in loop order; `axis` is its place in the strides of the kernel's accesses. */
export interface LoopAxis {
  readonly axis: number;
  readonly size: number;
  readonly vector: boolean;
  /** The vector axis is written out instead of looped over: its size is a small multiple of 4. */
  readonly unroll?: boolean;
}

/** The point at which a callback runs. */
export interface NestPoint {
  /** Number of axes that have been entered. */
  readonly depth: number;
  /** Lanes in use: 4, or fewer in the tail of the vector axis. */
  readonly lanes: number;
  /** Number of the vector along an unrolled axis. */
  readonly vector: number;
  /** Address of an access here. */
  pointer(access: Access): Pointer;
  /** Index along a kernel axis that has been entered: elements times `scale` plus `constant`, as a local. */
  counter(axis: number): { readonly local: Local | undefined; readonly bytes: boolean; readonly constant: number };
}

/** What a loop nest runs. */
export interface NestBody {
  /** Before the loop over axis number `depth` of the order; at the end of the order, the body itself. */
  enter(point: NestPoint): void;
  /** After the loop over axis number `depth` of the order. */
  leave?(point: NestPoint): void;
}

/** Emits the loops of `axes` around `body`. */
export function emitLoopNest(
  f: FunctionBuilder,
  context: EmitContext,
  iterations: ReadonlyMap<number, Local>,
  axes: readonly LoopAxis[],
  accesses: readonly Access[],
  body: NestBody,
): void {
  const distinct = new Map<string, Access>();
  for (const access of accesses) distinct.set(accessKey(access), access);
  const pointers = new Map<string, Pointer>();
  for (const [key, access] of distinct) pointers.set(key, basePointer(f, context, access, iterations));
  level(0, 4, pointers, new Map());

  function level(
    depth: number,
    lanes: number,
    here: ReadonlyMap<string, Pointer>,
    counters: ReadonlyMap<number, Counter>,
    vector = 0,
  ): void {
    const point: NestPoint = {
      depth,
      lanes,
      vector,
      pointer: (access) => here.get(accessKey(access)) as Pointer,
      counter: (axis) => counters.get(axis) ?? { local: undefined, bytes: false, constant: 0 },
    };
    body.enter(point);
    const loop = axes[depth];
    if (loop === undefined) return;
    if (loop.vector) vectorLoop(depth, loop, here, counters);
    else scalarLoop(depth, lanes, loop, here, counters);
    body.leave?.(point);
  }

  function scalarLoop(
    depth: number,
    lanes: number,
    loop: LoopAxis,
    here: ReadonlyMap<string, Pointer>,
    counters: ReadonlyMap<number, Counter>,
  ): void {
    if (loop.size === 1) {
      level(depth + 1, lanes, here, counters);
      return;
    }
    const moving = start(loop, here, () => true);
    const counter = f.local('i32');
    const inner = new Map([...here, ...moving.pointers]);
    f.for_(
      counter,
      0,
      loop.size,
      1,
      () => {
        level(
          depth + 1,
          lanes,
          inner,
          new Map([...counters, [loop.axis, { local: counter, bytes: false, constant: 0 }]]),
        );
        moving.advance(4);
      },
      true,
    );
    f.free(counter, ...moving.locals);
  }

  function vectorLoop(
    depth: number,
    loop: LoopAxis,
    here: ReadonlyMap<string, Pointer>,
    counters: ReadonlyMap<number, Counter>,
  ): void {
    const whole = Math.floor(loop.size / 4);
    const rest = loop.size % 4;
    const strideOf = (access: Access): number => access.strides[loop.axis] ?? 0;
    if (loop.unroll === true) {
      for (let vector = 0; vector < whole; vector++) {
        const moved = new Map<string, Pointer>();
        for (const [key, access] of distinct) {
          const { terms, constant } = here.get(key) as Pointer;
          moved.set(key, { terms, constant: constant + vector * 16 * strideOf(access) });
        }
        const counter = { local: undefined, bytes: true, constant: vector * 4 };
        level(depth + 1, 4, moved, new Map([...counters, [loop.axis, counter]]), vector);
      }
      return;
    }
    if (whole > 1) {
      const moving = start(loop, here, (stride) => stride !== 1);
      const counter = f.local('i32');
      const shared = new Map<string, Pointer>();
      for (const [key, access] of distinct) {
        const pointer = here.get(key) as Pointer;
        if (strideOf(access) === 1) shared.set(key, { terms: [...pointer.terms, counter], constant: pointer.constant });
      }
      const inner = new Map([...here, ...shared, ...moving.pointers]);
      f.for_(
        counter,
        0,
        whole * 16,
        16,
        () => {
          level(depth + 1, 4, inner, new Map([...counters, [loop.axis, { local: counter, bytes: true, constant: 0 }]]));
          moving.advance(16);
        },
        true,
      );
      f.free(counter, ...moving.locals);
    } else if (whole === 1) {
      level(depth + 1, 4, here, new Map([...counters, [loop.axis, { local: undefined, bytes: true, constant: 0 }]]));
    }
    if (rest === 0) return;
    // The tail lies at a fixed distance from the row: its offset goes into the immediates.
    const tail = new Map<string, Pointer>();
    const locals: Local[] = [];
    for (const [key, access] of distinct) {
      const pointer = here.get(key) as Pointer;
      const distance = whole * 16 * strideOf(access);
      if (distance >= 0) tail.set(key, { terms: pointer.terms, constant: pointer.constant + distance });
      else {
        const local = f.local('i32');
        pushAddress(f, pointer);
        f.i32Const(distance);
        f.op('i32.add');
        f.set(local);
        locals.push(local);
        tail.set(key, { terms: [local], constant: 0 });
      }
    }
    level(
      depth + 1,
      rest,
      tail,
      new Map([...counters, [loop.axis, { local: undefined, bytes: true, constant: whole * 4 }]]),
    );
    f.free(...locals);
  }

  /** Pointers of their own for accesses that move along an axis. */
  function start(loop: LoopAxis, here: ReadonlyMap<string, Pointer>, chosen: (stride: number) => boolean): Moving {
    const moved = new Map<string, Pointer>();
    const steps: { local: Local; stride: number }[] = [];
    for (const [key, access] of distinct) {
      const stride = access.strides[loop.axis] ?? 0;
      if (stride === 0 || !chosen(stride)) continue;
      const pointer = here.get(key) as Pointer;
      const local = f.local('i32');
      // A negative stride must not borrow from the immediate, which is unsigned.
      const keep = stride > 0 ? pointer.constant : 0;
      pushAddress(f, { terms: pointer.terms, constant: pointer.constant - keep });
      f.set(local);
      moved.set(key, { terms: [local], constant: keep });
      steps.push({ local, stride });
    }
    return {
      pointers: moved,
      locals: steps.map(({ local }) => local),
      advance(bytes) {
        for (const { local, stride } of steps) {
          f.get(local);
          f.i32Const(stride * bytes);
          f.op('i32.add');
          f.set(local);
        }
      },
    };
  }
}

interface Moving {
  readonly pointers: ReadonlyMap<string, Pointer>;
  readonly locals: readonly Local[];
  advance(bytes: number): void;
}

interface Counter {
  readonly local: Local | undefined;
  readonly bytes: boolean;
  readonly constant: number;
}
