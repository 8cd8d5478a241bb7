/**
 * Emits a matrix product on packed panels, register-blocked, with the arithmetic that follows fused in.
 *
 * A block is `rows` × `panels`·8 columns in at most eight vector accumulators: more spill and halve the speed. Panels
 * are the outer loop, so that one panel stays in the first cache while the rows of A stream by.
 */

import type { Access, ProductStep } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { EmitContext, Pointer } from './emit-context.ts';
import { accessKey, pushAddress, pushPointer } from './emit-context.ts';
import type { LoopAxis, NestPoint } from './loop-nest.ts';
import { emitLoopNest } from './loop-nest.ts';
import { emitStore, NodeEmitter } from './node-emitter.ts';

/** Columns of a panel. */
const width = 8;
/** Bytes of one row of a panel. */
const rowBytes = width * 4;
/** Steps of k per pass of the inner loop. */
const unroll = 4;

/** Emits the whole product. */
export function emitProduct(
  f: FunctionBuilder,
  context: EmitContext,
  step: ProductStep,
  iterations: ReadonlyMap<number, Local>,
): void {
  const { m, n, k, mStride, kStride, epilogue } = step;
  const batch = step.batch.map(({ size }, axis) => ({ axis, size, vector: false }));
  const mAxis = batch.length;
  const nAxis = mAxis + 1;
  const order: LoopAxis[] = [...batch, { axis: mAxis, size: m, vector: false }, { axis: nAxis, size: n, vector: true }];
  const written = new Set(epilogue.stores.map(({ access }) => access.buffer));
  const emitter = new NodeEmitter(
    f,
    context,
    epilogue.nodes,
    epilogue.stores.map(({ node }) => node),
    order,
    written,
  );
  const packed: Access = {
    buffer: step.packed,
    offset: 0,
    strides: step.batch.map(({ packedStride }) => packedStride),
    loops: [],
  };
  const outputs = [...emitter.accesses(), ...epilogue.stores.map(({ access }) => access)];
  const distinct = [...new Map(outputs.map((access) => [accessKey(access), access])).entries()];
  const maxRows = m >= 3 ? Math.min(4, m) : m;
  const panelsAtOnce = maxRows >= 3 ? 1 : maxRows === 2 ? 2 : 4;

  emitLoopNest(f, context, iterations, batch, [step.a, packed, ...outputs], {
    enter(point) {
      emitter.enter(point);
      if (point.depth !== batch.length) return;
      columns(point);
      emitter.leave();
    },
    leave: () => emitter.leave(),
  });

  /** Walks over groups of whole panels, then over what remains. */
  function columns(batchPoint: NestPoint): void {
    const group = panelsAtOnce * width;
    const groups = Math.floor(n / group);
    const b = f.local('i32');
    pushAddress(f, batchPoint.pointer(packed));
    f.set(b);
    const column = f.local('i32');
    const moving = movers(batchPoint, nAxis);
    const body = (used: number): void => rowsOf(batchPoint, b, column, moving.pointer, used);
    f.i32Const(0);
    f.set(column);
    if (groups === 1) {
      body(group);
      if (n > group) advance(group);
    } else if (groups > 1) {
      const counter = f.local('i32');
      f.for_(
        counter,
        0,
        groups,
        1,
        () => {
          body(group);
          advance(group);
        },
        true,
      );
      f.free(counter);
    }
    if (n % group > 0) body(n % group);
    moving.release();
    f.free(b, column);

    function advance(by: number): void {
      bump(b, (by / width) * k * rowBytes);
      bump(column, by);
      moving.advance(by);
    }
  }

  /** Walks over blocks of rows, for `used` columns. */
  function rowsOf(
    batchPoint: NestPoint,
    b: Local,
    column: Local,
    panelPointer: (access: Access) => Pointer,
    used: number,
  ): void {
    const blocks = Math.floor(m / maxRows);
    const a = f.local('i32');
    pushAddress(f, batchPoint.pointer(step.a));
    f.set(a);
    const row = f.local('i32');
    f.i32Const(0);
    f.set(row);
    const moving = movers({ ...batchPoint, pointer: panelPointer }, mAxis);
    const body = (rows: number): void => block(a, b, row, column, moving.pointer, rows, used);
    const advance = (): void => {
      bump(a, maxRows * mStride * 4);
      bump(row, maxRows);
      moving.advance(maxRows);
    };
    if (blocks === 1) {
      body(maxRows);
      if (m > maxRows) advance();
    } else {
      const counter = f.local('i32');
      f.for_(
        counter,
        0,
        blocks,
        1,
        () => {
          body(maxRows);
          advance();
        },
        true,
      );
      f.free(counter);
    }
    if (m % maxRows > 0) body(m % maxRows);
    moving.release();
    f.free(a, row);
  }

  /** One block: the sums over k, then the epilogue of every vector. */
  function block(
    a: Local,
    b: Local,
    row: Local,
    column: Local,
    pointer: (access: Access) => Pointer,
    rows: number,
    used: number,
  ): void {
    const vectors = Math.ceil(used / 4);
    const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.local('v128')));
    const left = f.local('i32');
    const right = f.local('i32');
    for (const list of sums) {
      for (const sum of list) {
        f.i32x4Splat(0);
        f.set(sum);
      }
    }
    f.get(a);
    f.set(left);
    f.get(b);
    f.set(right);
    const passes = Math.floor(k / unroll);
    const piece = (count: number): void => {
      for (let step_ = 0; step_ < count; step_++) multiply(left, right, sums, step_);
    };
    if (passes === 1) {
      piece(unroll);
      if (k > unroll) advance();
    } else if (passes > 1) {
      const end = f.local('i32');
      f.get(b);
      f.i32Const(passes * unroll * rowBytes);
      f.op('i32.add');
      f.set(end);
      f.loop((again) => {
        piece(unroll);
        advance();
        f.get(right);
        f.get(end);
        f.op('i32.ne');
        f.brIf(again);
      });
      f.free(end);
    }
    piece(k % unroll);
    f.free(left, right);
    for (let r = 0; r < rows; r++) {
      for (let v = 0; v < vectors; v++) {
        const sum = sums[r]?.[v] as Local;
        finish(sum, r, v, row, column, pointer, Math.min(4, used - v * 4));
      }
    }
    for (const list of sums) f.free(...list);

    function advance(): void {
      bump(left, unroll * kStride * 4);
      bump(right, unroll * rowBytes);
    }
  }

  function multiply(left: Local, right: Local, sums: readonly (readonly Local[])[], at: number): void {
    const vectors = sums[0]?.length ?? 0;
    const values = Array.from({ length: vectors }, () => f.local('v128'));
    values.forEach((value, v) => {
      f.get(right);
      f.load('v128.load', { offset: at * rowBytes + Math.floor(v / 2) * k * rowBytes + (v % 2) * 16 });
      f.set(value);
    });
    const factor = f.local('v128');
    sums.forEach((list, r) => {
      f.get(left);
      f.load('v128.load32_splat', { offset: (r * mStride + at * kStride) * 4 });
      f.set(factor);
      list.forEach((sum, v) => {
        f.get(factor);
        f.get(values[v] as Local);
        f.op('f32x4.mul');
        f.get(sum);
        f.op('f32x4.add');
        f.set(sum);
      });
    });
    f.free(factor, ...values);
  }

  /** The epilogue of the four columns that start at vector v of row r. */
  function finish(
    sum: Local,
    r: number,
    v: number,
    row: Local,
    column: Local,
    pointer: (access: Access) => Pointer,
    lanes: number,
  ): void {
    const extra: Local[] = [];
    const known = new Map<string, Pointer>();
    const point = (depth: number): NestPoint => ({
      depth,
      lanes,
      pointer(access) {
        const key = accessKey(access);
        const found = known.get(key);
        if (found !== undefined) return found;
        const base = pointer(access);
        const distance = (r * (access.strides[mAxis] ?? 0) + v * 4 * (access.strides[nAxis] ?? 0)) * 4;
        if (distance >= 0) {
          const moved = { terms: base.terms, constant: base.constant + distance };
          known.set(key, moved);
          return moved;
        }
        const local = f.local('i32');
        pushAddress(f, base);
        f.i32Const(distance);
        f.op('i32.add');
        f.set(local);
        extra.push(local);
        const moved = { terms: [local], constant: 0 };
        known.set(key, moved);
        return moved;
      },
      counter: (axis) =>
        axis === mAxis ? { local: row, bytes: false, constant: r } : { local: column, bytes: false, constant: v * 4 },
    });
    // A pointer made inside an expression would land on the stack: make the unusual ones first.
    for (const [, access] of distinct) point(nAxis).pointer(access);
    emitter.product = sum;
    emitter.enter(point(mAxis + 1));
    emitter.enter(point(nAxis + 1));
    for (const { node, access } of epilogue.stores) {
      const place = point(nAxis + 1);
      emitStore(f, place.pointer(access), access.strides[nAxis] ?? 1, lanes, false, () => emitter.push(node, place));
    }
    emitter.leave();
    emitter.leave();
    emitter.product = undefined;
    f.free(...extra);
  }

  function bump(local: Local, by: number): void {
    if (by === 0) return;
    f.get(local);
    f.i32Const(by);
    f.op('i32.add');
    f.set(local);
  }

  /** Pointers of their own for accesses that move along an axis. */
  function movers(
    point: NestPoint,
    axis: number,
  ): { pointer(access: Access): Pointer; advance(by: number): void; release(): void } {
    const pointers = new Map<string, Pointer>();
    const steps: { local: Local; stride: number }[] = [];
    for (const [key, access] of distinct) {
      const stride = access.strides[axis] ?? 0;
      if (stride === 0) continue;
      const base = point.pointer(access);
      const local = f.local('i32');
      if (stride > 0) {
        pushPointer(f, base);
        f.set(local);
        pointers.set(key, { terms: [local], constant: base.constant });
      } else {
        pushAddress(f, base);
        f.set(local);
        pointers.set(key, { terms: [local], constant: 0 });
      }
      steps.push({ local, stride });
    }
    return {
      pointer: (access) => pointers.get(accessKey(access)) ?? point.pointer(access),
      advance(by) {
        for (const { local, stride } of steps) bump(local, stride * by * 4);
      },
      release: () => f.free(...steps.map(({ local }) => local)),
    };
  }
}
