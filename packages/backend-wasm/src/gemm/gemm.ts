/**
 * C[M,N] = A[M,K]·B, float32, with all sizes known when code is generated. B is packed in panels of 8 columns
 * (pack.ts), A is read in place through its strides. The register block is 4 rows × 8 columns, 2 × 16 or 1 × 24
 * for rows left over, 4 × 4 where the last panel has four columns or fewer: what engines keep in 16 registers.
 * 1 × 32 and 8 × 4 have no more accumulators, and spill (25 and 33 GFLOP/s against 57 and 52). C is not touched:
 * each finished vector goes to `store`, so that whatever follows the product is fused behind it.
 *
 * Columns are the outer loop: a panel (K·32 bytes) stays in the first cache level while A streams past it.
 */
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { Lanes } from './lanes.ts';

/** Where a vector of the result belongs: row `row + rowOffset`, columns from `column + columnOffset` on. */
export interface GemmSite {
  /** First row of the register block, as an index. */
  readonly row: Local;
  readonly rowOffset: number;
  /** First column of the register block, as an index. */
  readonly column: Local;
  readonly columnOffset: number;
  /** Lanes that exist; fewer than 4 only at the right edge, where the others hold zero products. */
  readonly lanes: Lanes;
}

export interface GemmOptions {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  /** Bytes between rows of A. */
  readonly aRowStride: number;
  /** Bytes between consecutive k of A. */
  readonly aColStride: number;
  /** Bytes between blocks of 4 rows of A, where A itself is packed; 4·aRowStride if absent. */
  readonly aBlockStride?: number;
  /** Address of A; left as it is. */
  readonly aBase: Local;
  /** Address of packed B; left as it is. */
  readonly bPacked: Local;
  /** Bytes between panels of B; K·32 if absent (longer when only a part of K is taken). */
  readonly panelStride?: number;
  /** Pushes the v128 that an accumulator starts from; zero if absent. */
  readonly init?: (site: GemmSite) => void;
  /** Emitted once per register block before its `store` calls, for addresses they share. */
  readonly begin?: (row: Local, column: Local) => void;
  /** Takes one finished vector; `value` may be overwritten. */
  readonly store: (site: GemmSite, value: Local) => void;
}

/** Emits the whole product: loops over panels and rows around the register blocks. */
export function emitGemm(f: FunctionBuilder, options: GemmOptions): void {
  const { M, N } = options;
  const whole = N >> 3;
  const rest = N & 7;
  const row = f.local('i32');
  const column = f.local('i32');
  /** All row blocks of `rows` rows in [first, last), over panels [from, to), `panels` at a time. */
  const emitRegion = (
    rows: number,
    first: number,
    last: number,
    from: number,
    to: number,
    panels: number,
    columns: number,
  ): void => {
    if (first >= last || from >= to) return;
    f.for_(
      column,
      from * 8,
      to * 8,
      panels * 8,
      () => f.for_(row, first, last, rows, () => emitBlock(f, options, row, column, rows, columns), true),
      true,
    );
  };
  /** Rows [first, M), fewer than 4 of them: as many panels at a time as registers last for. */
  const emitLastRows = (first: number): void => {
    const rows = M - first;
    const group = rows === 1 ? 3 : rows === 2 ? 2 : 1;
    // Two pairs of panels rather than three and one: a single one is too few accumulators to wait for each other.
    const spare = group === 3 && whole % 3 === 1 && whole > 3 ? 4 : whole % group;
    emitRegion(rows, first, M, 0, whole - spare, group, group * 8);
    const pairs = spare === 4 ? 2 : spare;
    emitRegion(rows, first, M, whole - spare, whole, pairs, pairs * 8);
  };
  const fours = M - (M % 4);
  emitRegion(4, 0, fours, 0, whole, 1, 8);
  if (fours < M) emitLastRows(fours);
  if (rest > 0) {
    emitRegion(4, 0, fours, whole, whole + 1, 1, rest);
    emitRegion(M - fours, fours, M, whole, whole + 1, 1, rest);
  }
  f.free(row, column);
}

/** One register block: `rows` rows from local `row`, `columns` columns from local `column`. */
function emitBlock(
  f: FunctionBuilder,
  options: GemmOptions,
  row: Local,
  column: Local,
  rows: number,
  columns: number,
): void {
  const { K, aRowStride, aColStride, aBase, bPacked, init, begin, store } = options;
  const blockStride = options.aBlockStride ?? 4 * aRowStride;
  const panelStride = options.panelStride ?? K * 32;
  const vectors = Math.ceil(columns / 4);
  const a = f.local('i32');
  const b = f.local('i32');
  const end = f.local('i32');
  const sites: { site: GemmSite; value: Local; r: number; v: number }[] = [];
  for (let r = 0; r < rows; r++) {
    for (let v = 0; v < vectors; v++) {
      const lanes = Math.min(4, columns - 4 * v) as Lanes;
      const site: GemmSite = { row, rowOffset: r, column, columnOffset: 4 * v, lanes };
      sites.push({ site, value: f.local('v128'), r, v });
    }
  }
  f.get(aBase);
  f.get(row);
  // Rows of a block of four lie aRowStride apart; blocks, aBlockStride.
  if (blockStride === 4 * aRowStride) f.i32Const(aRowStride);
  else {
    f.i32Const(2);
    f.op('i32.shr_u');
    f.i32Const(blockStride);
  }
  f.op('i32.mul');
  f.op('i32.add');
  f.set(a);
  f.get(bPacked);
  f.get(column);
  f.i32Const(3);
  f.op('i32.shr_u');
  f.i32Const(panelStride);
  f.op('i32.mul');
  f.op('i32.add');
  f.set(b);
  for (const { site, value } of sites) {
    if (init) init(site);
    else f.f32x4Splat(0);
    f.set(value);
  }
  const bs = Array.from({ length: vectors }, () => f.local('v128'));
  const x = f.local('v128');
  // One k per pass: unrolled by 2, 4 or 8 the engine's register allocator spills (41, 30 and 26 against 43 GFLOP/s).
  const emitStep = (): void => {
    bs.forEach((vector, v) => {
      f.get(b);
      f.load('v128.load', { offset: (v & 1) * 16 + (v >> 1) * panelStride });
      f.set(vector);
    });
    for (const { value, r, v } of sites) {
      if (v === 0) {
        f.get(a);
        f.load('v128.load32_splat', { offset: r * aRowStride });
        f.set(x);
      }
      f.get(value);
      f.get(x);
      f.get(bs[v] ?? x);
      f.op('f32x4.mul');
      f.op('f32x4.add');
      f.set(value);
    }
  };
  if (K > 1) {
    f.get(b);
    f.i32Const(K * 32);
    f.op('i32.add');
    f.set(end);
    f.loop((again) => {
      emitStep();
      f.get(a);
      f.i32Const(aColStride);
      f.op('i32.add');
      f.set(a);
      f.get(b);
      f.i32Const(32);
      f.op('i32.add');
      f.tee(b);
      f.get(end);
      f.op('i32.lt_u');
      f.brIf(again);
    });
  } else if (K === 1) emitStep();
  f.free(a, b, end, x, ...bs);
  begin?.(row, column);
  for (const { site, value } of sites) store(site, value);
  f.free(...sites.map(({ value }) => value));
}
