/**
 * Packs a matrix with any strides into panels: [ceil(N/panel)][K][panel] floats, the last panel padded with
 * zeros. With panel 8 it is the right operand of the product; with panel 4 and the roles of rows and columns
 * exchanged it is a left operand whose k stride is long.
 */
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import { emitLoadLanes, type Lanes } from './lanes.ts';

export interface PackOptions {
  readonly K: number;
  readonly N: number;
  /** Bytes between elements (k, n) and (k + 1, n). */
  readonly kStride: number;
  /** Bytes between elements (k, n) and (k, n + 1). */
  readonly nStride: number;
  readonly src: Local;
  /** `packedBytes(K, N, panel)` bytes. */
  readonly dst: Local;
  /** Columns of a panel; 8 if absent. */
  readonly panel?: 4 | 8;
}

/** Size of a packed matrix. */
export function packedBytes(K: number, N: number, panel: 4 | 8 = 8): number {
  return Math.ceil(N / panel) * panel * K * 4;
}

/** Packs `src` into `dst`; the locals keep their values. */
export function emitPack(f: FunctionBuilder, options: PackOptions): void {
  const { K, N, kStride, nStride, src, dst, panel = 8 } = options;
  const from = f.local('i32');
  const to = f.local('i32');
  const column = f.local('i32');
  const k = f.local('i32');
  f.get(dst);
  f.set(to);
  /** One panel: `columns` of its columns exist. */
  const emitPanel = (columns: number): void => {
    f.for_(
      k,
      0,
      K,
      1,
      () => {
        for (let vector = 0; vector < panel; vector += 4) {
          const lanes = Math.max(0, Math.min(4, columns - vector));
          f.get(to);
          if (lanes === 0) f.f32x4Splat(0);
          else if (nStride === 4) emitLoadLanes(f, from, vector * 4, lanes as Lanes);
          else emitGather(f, from, vector * nStride, nStride, lanes);
          f.store('v128.store', { offset: vector * 4 });
        }
        advance(f, from, kStride);
        advance(f, to, panel * 4);
      },
      true,
    );
  };
  const start = (): void => {
    f.get(src);
    f.get(column);
    f.i32Const(nStride);
    f.op('i32.mul');
    f.op('i32.add');
    f.set(from);
  };
  const whole = N - (N % panel);
  if (K > 0 && whole > 0) {
    f.for_(
      column,
      0,
      whole,
      panel,
      () => {
        start();
        emitPanel(panel);
      },
      true,
    );
  }
  if (K > 0 && whole < N) {
    f.i32Const(whole);
    f.set(column);
    start();
    emitPanel(N - whole);
  }
  f.free(from, to, column, k);
}

/** Pushes `lanes` floats that lie `stride` bytes apart. */
function emitGather(f: FunctionBuilder, from: Local, offset: number, stride: number, lanes: number): void {
  const value = f.local('v128');
  f.get(from);
  f.load('v128.load32_zero', { offset });
  f.set(value);
  for (let lane = 1; lane < lanes; lane++) {
    f.get(from);
    f.get(value);
    f.memoryLane('v128.load32_lane', lane, { offset: offset + lane * stride });
    f.set(value);
  }
  f.get(value);
  f.free(value);
}

function advance(f: FunctionBuilder, pointer: Local, bytes: number): void {
  f.get(pointer);
  f.i32Const(bytes);
  f.op('i32.add');
  f.set(pointer);
}
