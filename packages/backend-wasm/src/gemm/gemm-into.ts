/**
 * C += A·B or C = A·B in memory, taken in blocks of k. With a long K, A and the panel of B no longer fit the
 * first cache level between one block of rows and the next: 256×2048×256 runs at 22 GFLOP/s whole and at 46
 * in blocks of 256, and 34 against 46 with A read down its columns (dW = Xᵀ·G). Blocks of 128 to 512 are equal,
 * and products with K below about a thousand do not notice. Packing A as well gained nothing.
 */
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import { emitGemm, type GemmOptions, type GemmSite } from './gemm.ts';
import { emitLoadLanes, emitStoreLanes } from './lanes.ts';

export interface GemmIntoOptions extends Omit<GemmOptions, 'init' | 'begin' | 'store' | 'panelStride'> {
  /** Address of C; left as it is. */
  readonly c: Local;
  /** Bytes between rows of C; columns are contiguous. */
  readonly cRowStride: number;
  /** Adds to what C holds, else C is overwritten. */
  readonly accumulate: boolean;
  /** Length of a block of k; 256 if absent. */
  readonly kBlock?: number;
}

/** Emits the product into memory. */
export function emitGemmInto(f: FunctionBuilder, options: GemmIntoOptions): void {
  const { K, aColStride, aBase, bPacked, c, cRowStride, accumulate, kBlock = 256 } = options;
  const address = f.local('i32');
  const at = (row: Local, column: Local): void => {
    f.get(c);
    f.get(row);
    f.i32Const(cRowStride);
    f.op('i32.mul');
    f.op('i32.add');
    f.get(column);
    f.i32Const(2);
    f.op('i32.shl');
    f.op('i32.add');
    f.set(address);
  };
  const offset = (site: GemmSite): number => site.rowOffset * cRowStride + site.columnOffset * 4;
  const emitPart = (length: number, add: boolean, a: Local, b: Local): void => {
    emitGemm(f, {
      ...options,
      K: length,
      aBase: a,
      bPacked: b,
      panelStride: K * 32,
      ...(add && {
        init: (site: GemmSite) => {
          if (site.rowOffset === 0 && site.columnOffset === 0) at(site.row, site.column);
          emitLoadLanes(f, address, offset(site), site.lanes);
        },
      }),
      ...(!add && { begin: at }),
      store: (site, value) => emitStoreLanes(f, address, offset(site), value, site.lanes),
    });
  };
  if (K <= kBlock) emitPart(K, accumulate, aBase, bPacked);
  else {
    const a = f.local('i32');
    const b = f.local('i32');
    const end = f.local('i32');
    const advance = (length: number): void => {
      f.get(a);
      f.i32Const(length * aColStride);
      f.op('i32.add');
      f.set(a);
      f.get(b);
      f.i32Const(length * 32);
      f.op('i32.add');
      f.set(b);
    };
    // The ragged block goes first, so that an overwriting product needs no copy of the main loop.
    const first = K % kBlock || kBlock;
    f.get(aBase);
    f.set(a);
    f.get(bPacked);
    f.set(b);
    emitPart(first, accumulate, a, b);
    advance(first);
    f.get(bPacked);
    f.i32Const(K * 32);
    f.op('i32.add');
    f.set(end);
    f.loop((again) => {
      emitPart(kBlock, true, a, b);
      advance(kBlock);
      f.get(b);
      f.get(end);
      f.op('i32.lt_u');
      f.brIf(again);
    });
    f.free(a, b, end);
  }
  f.free(address);
}
