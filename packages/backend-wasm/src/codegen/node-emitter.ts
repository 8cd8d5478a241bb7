/**
 * Emits the arithmetic of one kernel as vector instructions.
 *
 * Every node is evaluated at the outermost loop where it stands still, and once: nodes with several readers go to
 * locals, the others straight onto the stack. A load from memory that the kernel also writes is taken before the
 * first write of the point.
 */

import type { Access, Node } from '@rheo/compiler';
import { nodeLevels } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { EmitContext, Pointer } from './emit-context.ts';
import { pushAddress, pushPointer } from './emit-context.ts';
import { emitOperation } from './emit-operation.ts';
import type { LoopAxis, NestPoint } from './loop-nest.ts';

/** Emits nodes of one kernel within its loop nest. */
export class NodeEmitter {
  readonly #f: FunctionBuilder;
  readonly #context: EmitContext;
  readonly #nodes: readonly Node[];
  readonly #vector: LoopAxis | undefined;
  readonly #levels: readonly number[];
  readonly #uses: readonly number[];
  readonly #innermost: number;
  readonly #locals = new Map<number, Local>();
  readonly #taken: Local[][] = [];
  readonly #written: ReadonlySet<number>;
  /** The product's element, while an epilogue is being emitted. */
  product: Local | undefined = undefined;

  constructor(
    f: FunctionBuilder,
    context: EmitContext,
    nodes: readonly Node[],
    roots: readonly number[],
    order: readonly LoopAxis[],
    written: ReadonlySet<number>,
  ) {
    this.#f = f;
    this.#context = context;
    this.#nodes = nodes;
    this.#vector = order.find(({ vector }) => vector);
    this.#innermost = order.length;
    this.#written = written;
    const axes = order.map(({ axis }) => axis);
    const { levels, uses } = nodeLevels(nodes, roots, axes);
    [this.#levels, this.#uses] = [levels, uses];
  }

  /** Accesses of the nodes that are used. */
  accesses(): Access[] {
    return this.#nodes.flatMap((node, index) =>
      (this.#uses[index] ?? 0) > 0 && (node.kind === 'load' || node.kind === 'gather') ? [node.access] : [],
    );
  }

  /** Evaluates what stands still inside this depth. */
  enter(point: NestPoint): void {
    const taken: Local[] = [];
    this.#taken.push(taken);
    const innermost = point.depth === this.#innermost;
    this.#nodes.forEach((node, index) => {
      const uses = this.#uses[index] ?? 0;
      if (uses === 0 || this.#levels[index] !== point.depth || node.kind === 'constant' || node.kind === 'product')
        return;
      const overwritten = (node.kind === 'load' || node.kind === 'gather') && this.#written.has(node.access.buffer);
      if (innermost && uses === 1 && !overwritten) return;
      this.#emit(index, point);
      const local = this.#f.local('v128');
      this.#f.set(local);
      this.#locals.set(index, local);
      taken.push(local);
    });
  }

  /** Gives back the locals of the depth entered last. */
  leave(): void {
    const taken = this.#taken.pop() ?? [];
    for (const [index, local] of this.#locals) if (taken.includes(local)) this.#locals.delete(index);
    this.#f.free(...taken);
  }

  /** Pushes the value of a node. */
  push(index: number, point: NestPoint): void {
    const local = this.#locals.get(index);
    if (local !== undefined) this.#f.get(local);
    else this.#emit(index, point);
  }

  /** True if a node has one value for all lanes. */
  uniform(index: number): boolean {
    return this.#vector === undefined || !this.#varies(index);
  }

  #varies(index: number): boolean {
    const node = this.#nodes[index] as Node;
    const axis = this.#vector?.axis ?? -1;
    switch (node.kind) {
      case 'load':
        return (node.access.strides[axis] ?? 0) !== 0;
      case 'gather':
        return (node.access.strides[axis] ?? 0) !== 0 || this.#varies(node.index);
      case 'index':
        return (node.index.coefficients[axis] ?? 0) !== 0;
      case 'product':
        return true;
      case 'constant':
        return false;
      case 'op':
        return node.args.some((arg) => this.#varies(arg));
    }
  }

  #emit(index: number, point: NestPoint): void {
    const f = this.#f;
    const node = this.#nodes[index] as Node;
    switch (node.kind) {
      case 'constant':
        this.#constant(node);
        break;
      case 'load':
        this.#load(node.access, point.pointer(node.access), point.lanes);
        break;
      case 'index':
        this.#index(node, point);
        break;
      case 'product':
        f.get(this.product as Local);
        break;
      case 'gather':
        this.#gather(node, point);
        break;
      case 'op':
        if (node.op === 'select') {
          // bitselect wants the mask last.
          for (const arg of [node.args[1], node.args[2], node.args[0]]) this.push(arg as number, point);
          f.op('v128.bitselect');
          break;
        }
        for (const arg of node.args) this.push(arg, point);
        emitOperation(f, this.#context.constants, node.op, node.dtype, node.from, node.bits);
        break;
    }
  }

  #constant(node: Node & { kind: 'constant' }): void {
    const { constants } = this.#context;
    if (node.dtype === 'f32') constants.get(this.#f, node.value);
    else constants.get(this.#f, node.dtype === 'bool' ? -node.value : node.value | 0, 'i32');
  }

  #load(access: Access, pointer: Pointer, lanes: number): void {
    const f = this.#f;
    const stride = this.#vector === undefined ? 0 : (access.strides[this.#vector.axis] ?? 0);
    if (stride === 0) {
      pushPointer(f, pointer);
      f.load('v128.load32_splat', { offset: pointer.constant, align: 2 });
    } else if (stride === 1) {
      // The lanes past the end are never stored, and the memory reaches past every buffer.
      pushPointer(f, pointer);
      f.load('v128.load', { offset: pointer.constant, align: 2 });
    } else {
      const address = f.local('i32');
      pushAddress(f, pointer);
      if (stride < 0) {
        f.i32Const((lanes - 1) * stride * 4);
        f.op('i32.add');
      }
      f.set(address);
      for (let lane = 0; lane < lanes; lane++) {
        const offset = (stride < 0 ? lane - (lanes - 1) : lane) * stride * 4;
        if (lane === 0) {
          f.get(address);
          f.load('v128.load32_zero', { offset, align: 2 });
          continue;
        }
        const value = f.local('v128');
        f.set(value);
        f.get(address);
        f.get(value);
        f.memoryLane('v128.load32_lane', lane, { offset, align: 2 });
        f.free(value);
      }
      f.free(address);
    }
  }

  #index(node: Node & { kind: 'index' }, point: NestPoint): void {
    const f = this.#f;
    const { constant, coefficients } = node.index;
    let fixed = constant;
    const vectorAxis = this.#vector?.axis ?? -1;
    const terms: { local: Local; scale: number; bytes: boolean }[] = [];
    coefficients.forEach((coefficient, axis) => {
      if (coefficient === 0) return;
      const counter = point.counter(axis);
      fixed += counter.constant * coefficient;
      if (counter.local !== undefined) terms.push({ local: counter.local, scale: coefficient, bytes: counter.bytes });
    });
    f.i32Const(fixed);
    for (const { local, scale, bytes } of terms) {
      f.get(local);
      if (bytes) {
        f.i32Const(2);
        f.op('i32.shr_u');
      }
      f.i32Const(scale);
      f.op('i32.mul');
      f.op('i32.add');
    }
    f.op('i32x4.splat');
    const along = coefficients[vectorAxis] ?? 0;
    if (along !== 0) {
      f.v128Const(new Uint8Array(new Int32Array([0, along, 2 * along, 3 * along]).buffer));
      f.op('i32x4.add');
    }
    if (node.dtype === 'f32') f.op('f32x4.convert_i32x4_s');
  }

  #gather(node: Node & { kind: 'gather' }, point: NestPoint): void {
    const f = this.#f;
    const { constants } = this.#context;
    const indices = f.local('v128');
    this.push(node.index, point);
    constants.get(f, 0, 'i32');
    f.op('i32x4.max_s');
    constants.get(f, node.size - 1, 'i32');
    f.op('i32x4.min_s');
    f.set(indices);
    const pointer = point.pointer(node.access);
    const along = this.#vector === undefined ? 0 : (node.access.strides[this.#vector.axis] ?? 0);
    const address = f.local('i32');
    const pushElement = (lane: number): void => {
      f.get(indices);
      f.lane('i32x4.extract_lane', lane);
      f.i32Const(node.stride * 4);
      f.op('i32.mul');
      f.get(address);
      f.op('i32.add');
    };
    pushAddress(f, pointer);
    f.set(address);
    if (this.uniform(node.index) && (along === 0 || along === 1)) {
      pushElement(0);
      f.load(along === 0 ? 'v128.load32_splat' : 'v128.load', { align: 2 });
    } else {
      const value = f.local('v128');
      for (let lane = 0; lane < point.lanes; lane++) {
        pushElement(lane);
        if (along !== 0 && lane !== 0) {
          f.i32Const(lane * along * 4);
          f.op('i32.add');
        }
        if (lane === 0) f.load('v128.load32_zero', { align: 2 });
        else {
          f.get(value);
          f.memoryLane('v128.load32_lane', lane, { align: 2 });
        }
        f.set(value);
      }
      f.get(value);
      f.free(value);
    }
    f.free(address, indices);
  }
}

/** Writes the value on top of the stack through `push` to an access of the point. */
export function emitStore(
  f: FunctionBuilder,
  pointer: Pointer,
  stride: number,
  lanes: number,
  whole: boolean,
  push: () => void,
): void {
  if ((lanes === 4 || whole) && stride === 1) {
    pushPointer(f, pointer);
    push();
    f.store('v128.store', { offset: pointer.constant, align: 2 });
    return;
  }
  const value = f.local('v128');
  const address = f.local('i32');
  push();
  f.set(value);
  pushAddress(f, pointer);
  if (stride < 0) {
    f.i32Const((lanes - 1) * stride * 4);
    f.op('i32.add');
  }
  f.set(address);
  for (let lane = 0; lane < (stride === 0 ? 1 : lanes); lane++) {
    f.get(address);
    f.get(value);
    f.memoryLane('v128.store32_lane', lane, {
      offset: (stride < 0 ? lane - (lanes - 1) : lane) * stride * 4,
      align: 2,
    });
  }
  f.free(value, address);
}
