/**
 * Emits a matrix product on packed panels with the arithmetic that follows it fused in.
 *
 * The register-blocked loops are those of gemm/; here every finished vector goes through the epilogue's nodes to its
 * stores. A product with many terms and nothing behind it is summed up in memory, block by block of its terms.
 */

import type { Access, ProductStep } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { GemmSite } from '../gemm/gemm.ts';
import { emitGemm } from '../gemm/gemm.ts';
import { emitGemmInto } from '../gemm/gemm-into.ts';
import type { EmitContext, Pointer } from './emit-context.ts';
import { accessKey, pushAddress, pushPointer } from './emit-context.ts';
import type { LoopAxis, NestPoint } from './loop-nest.ts';
import { emitLoopNest } from './loop-nest.ts';
import { emitStore, NodeEmitter } from './node-emitter.ts';

/** Terms beyond which a product is summed up in blocks. */
const manyTerms = 1024;

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
  const roots = epilogue.stores.map(({ node }) => node);
  const emitter = new NodeEmitter(f, context, epilogue.nodes, roots, order, written);
  const packed: Access = {
    buffer: step.packed,
    offset: 0,
    strides: step.batch.map(({ packedStride }) => packedStride),
    loops: [],
  };
  const outputs = [...emitter.accesses(), ...epilogue.stores.map(({ access }) => access)];
  const moving = [...new Map(outputs.map((access) => [accessKey(access), access]))].filter(
    ([, { strides }]) => (strides[mAxis] ?? 0) !== 0 || (strides[nAxis] ?? 0) !== 0,
  );

  emitLoopNest(f, context, iterations, batch, [step.a, packed, ...outputs], {
    enter(point) {
      emitter.enter(point);
      if (point.depth !== batch.length) return;
      multiply(point);
      emitter.leave();
    },
    leave: () => emitter.leave(),
  });

  function multiply(batchPoint: NestPoint): void {
    const aBase = addressOf(batchPoint.pointer(step.a));
    const bPacked = addressOf(batchPoint.pointer(packed));
    const operands = { M: m, N: n, K: k, aRowStride: mStride * 4, aColStride: kStride * 4, aBase, bPacked };
    const plain = plainStore();
    if (k > manyTerms && plain !== undefined) {
      const c = addressOf(batchPoint.pointer(plain));
      emitGemmInto(f, { ...operands, c, cRowStride: (plain.strides[mAxis] ?? 0) * 4, accumulate: false });
      f.free(c);
    } else {
      const places = new Map(moving.map(([key]) => [key, f.local('i32')]));
      emitGemm(f, {
        ...operands,
        begin: (row, column) => {
          for (const [key, access] of moving) place(places.get(key) as Local, access, batchPoint, row, column);
        },
        store: (site, value) => finish(site, value, batchPoint, places),
      });
      f.free(...places.values());
    }
    f.free(aBase, bPacked);
  }

  /** The only store, if it takes the product as it is, row by row. */
  function plainStore(): Access | undefined {
    const [store, ...more] = epilogue.stores;
    if (store === undefined || more.length > 0 || epilogue.nodes[store.node]?.kind !== 'product') return undefined;
    const { strides } = store.access;
    return (strides[mAxis] ?? 0) >= 0 && (n === 1 || strides[nAxis] === 1) ? store.access : undefined;
  }

  function addressOf(pointer: Pointer): Local {
    const local = f.local('i32');
    pushAddress(f, pointer);
    f.set(local);
    return local;
  }

  /** Address of an access at the first row and column of a register block, without its immediate. */
  function place(local: Local, access: Access, point: NestPoint, row: Local, column: Local): void {
    const { terms, constant } = point.pointer(access);
    const backwards = (access.strides[mAxis] ?? 0) < 0 || (access.strides[nAxis] ?? 0) < 0;
    pushPointer(f, { terms, constant });
    if (backwards) {
      f.i32Const(constant);
      f.op('i32.add');
    }
    for (const [index, axis] of [
      [row, mAxis],
      [column, nAxis],
    ] as const) {
      const stride = access.strides[axis] ?? 0;
      if (stride === 0) continue;
      f.get(index);
      f.i32Const(stride * 4);
      f.op('i32.mul');
      f.op('i32.add');
    }
    f.set(local);
  }

  /** The epilogue of one vector. */
  function finish(site: GemmSite, value: Local, batchPoint: NestPoint, places: ReadonlyMap<string, Local>): void {
    const own: Local[] = [];
    const pointers = new Map<string, Pointer>();
    for (const [key, access] of moving) {
      const local = places.get(key) as Local;
      const [rowStride, columnStride] = [access.strides[mAxis] ?? 0, access.strides[nAxis] ?? 0];
      const distance = (site.rowOffset * rowStride + site.columnOffset * columnStride) * 4;
      if (rowStride >= 0 && columnStride >= 0) {
        pointers.set(key, { terms: [local], constant: batchPoint.pointer(access).constant + distance });
        continue;
      }
      const moved = f.local('i32');
      f.get(local);
      f.i32Const(distance);
      f.op('i32.add');
      f.set(moved);
      own.push(moved);
      pointers.set(key, { terms: [moved], constant: 0 });
    }
    const at = (depth: number): NestPoint => ({
      depth,
      lanes: site.lanes,
      vector: 0,
      pointer: (access) => pointers.get(accessKey(access)) ?? batchPoint.pointer(access),
      counter: (axis) => {
        if (axis === mAxis) return { local: site.row, bytes: false, constant: site.rowOffset };
        if (axis === nAxis) return { local: site.column, bytes: false, constant: site.columnOffset };
        return batchPoint.counter(axis);
      },
    });
    emitter.product = value;
    emitter.enter(at(mAxis + 1));
    emitter.enter(at(nAxis + 1));
    const point = at(nAxis + 1);
    for (const { node, access } of epilogue.stores) {
      const stride = access.strides[nAxis] ?? 0;
      emitStore(f, point.pointer(access), n === 1 ? 1 : stride, site.lanes, false, () => emitter.push(node, point));
    }
    emitter.leave();
    emitter.leave();
    emitter.product = undefined;
    f.free(...own);
  }
}
