/**
 * The instructions of every elementwise op on four lanes; operands are on the stack, in order.
 *
 * bool lanes are masks (all bits or none). Operands that an expansion needs twice go through locals of its own.
 */

import type { DType, Op } from '@rheo/ir';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { PlainOp } from '../assembler/opcodes.ts';
import type { ConstantPool } from '../math/constant-pool.ts';
import { emitExp, emitExpm1, emitLogistic } from '../math/exponential.ts';
import { emitLog, emitLog1p } from '../math/logarithm.ts';
import { emitErf, emitTanh } from '../math/rational.ts';
import { emitThreefry } from '../math/threefry.ts';
import { emitCos, emitSin } from '../math/trigonometric.ts';

type Emitter = (f: FunctionBuilder, constants: ConstantPool) => void;

const functions: Partial<Record<Op, Emitter>> = {
  exp: emitExp,
  expm1: emitExpm1,
  log: emitLog,
  log1p: emitLog1p,
  sin: emitSin,
  cos: emitCos,
  tanh: emitTanh,
  logistic: emitLogistic,
  erf: emitErf,
};

const onFloats: Partial<Record<Op, PlainOp>> = {
  neg: 'f32x4.neg',
  abs: 'f32x4.abs',
  floor: 'f32x4.floor',
  sqrt: 'f32x4.sqrt',
  add: 'f32x4.add',
  sub: 'f32x4.sub',
  mul: 'f32x4.mul',
  div: 'f32x4.div',
  max: 'f32x4.max',
  min: 'f32x4.min',
  eq: 'f32x4.eq',
  lt: 'f32x4.lt',
  le: 'f32x4.le',
};

const onIntegers: Partial<Record<Op, PlainOp>> = {
  neg: 'i32x4.neg',
  abs: 'i32x4.abs',
  add: 'i32x4.add',
  sub: 'i32x4.sub',
  mul: 'i32x4.mul',
  max: 'i32x4.max_s',
  min: 'i32x4.min_s',
  eq: 'i32x4.eq',
  lt: 'i32x4.lt_s',
  le: 'i32x4.le_s',
};

const onUnsigned: Partial<Record<Op, PlainOp>> = { lt: 'i32x4.lt_u', le: 'i32x4.le_u' };

const onBools: Partial<Record<Op, PlainOp>> = { and: 'v128.and', or: 'v128.or', not: 'v128.not', eq: 'i32x4.eq' };

/** True for ops that `emitOperation` knows on these dtypes. */
export function hasOperation(op: Op, from: DType): boolean {
  if (from === 'f64') return false;
  if (op === 'select' || op === 'convert' || op === 'sign' || op === 'random_bits') return true;
  return plainFor(op, from) !== undefined || (from === 'f32' && functions[op] !== undefined);
}

/** Emits op on the operands on the stack; `bits` belongs to random_bits. */
export function emitOperation(
  f: FunctionBuilder,
  constants: ConstantPool,
  op: Op,
  dtype: DType,
  from: DType,
  bits: number | undefined,
): void {
  const plain = plainFor(op, from);
  if (plain !== undefined) {
    f.op(plain);
    return;
  }
  const emitter = from === 'f32' ? functions[op] : undefined;
  if (emitter !== undefined) emitter(f, constants);
  else if (op === 'convert') emitConvert(f, constants, from, dtype);
  else if (op === 'sign') emitSign(f, constants, from);
  else if (op === 'random_bits') emitRandomBits(f, constants, bits ?? 32);
  else if (op === 'select') emitSelect(f);
  else throw new Error(`@rheo/backend-wasm: no instruction for ${op} on ${from}`);
}

function plainFor(op: Op, from: DType): PlainOp | undefined {
  if (from === 'f32') return onFloats[op];
  if (from === 'bool') return onBools[op];
  return (from === 'u32' ? onUnsigned[op] : undefined) ?? onIntegers[op];
}

/** p, a, b → a where p, else b: bitselect wants the mask last. */
function emitSelect(f: FunctionBuilder): void {
  const [p, a, b] = takeOperands(f, 3) as [Local, Local, Local];
  f.get(a);
  f.get(b);
  f.get(p);
  f.op('v128.bitselect');
  f.free(p, a, b);
}

function emitConvert(f: FunctionBuilder, constants: ConstantPool, from: DType, to: DType): void {
  if (from === to) return;
  if (to === 'bool') {
    constants.get(f, 0, 'i32');
    f.op(from === 'f32' ? 'f32x4.ne' : 'i32x4.ne');
  } else if (from === 'bool') {
    if (to === 'f32') constants.get(f, 1);
    else constants.get(f, 1, 'i32');
    f.op('v128.and');
  } else if (to === 'f32') f.op(from === 'u32' ? 'f32x4.convert_i32x4_u' : 'f32x4.convert_i32x4_s');
  else if (from === 'f32') f.op('i32x4.trunc_sat_f32x4_s');
  else {
    // u32 → i32 saturates.
    constants.get(f, 0x7fffffff, 'i32');
    f.op('i32x4.min_u');
  }
}

/** NaN stays NaN and zero stays zero: the ordered comparisons leave both to the last line. */
function emitSign(f: FunctionBuilder, constants: ConstantPool, from: DType): void {
  const [x] = takeOperands(f, 1) as [Local];
  const zero = (): void => constants.get(f, 0, 'i32');
  if (from !== 'f32') {
    // (x < 0) − (x > 0) with masks of −1.
    f.get(x);
    zero();
    f.op('i32x4.lt_s');
    f.get(x);
    zero();
    f.op('i32x4.gt_s');
    f.op('i32x4.sub');
  } else {
    constants.get(f, 1);
    constants.get(f, -1);
    f.get(x);
    f.get(x);
    zero();
    f.op('f32x4.lt');
    f.op('v128.bitselect');
    f.get(x);
    zero();
    f.op('f32x4.gt');
    f.op('v128.bitselect');
  }
  f.free(x);
}

function emitRandomBits(f: FunctionBuilder, constants: ConstantPool, bits: number): void {
  const [k0, k1, high, low] = takeOperands(f, 4) as [Local, Local, Local, Local];
  emitThreefry(f, constants, { k0, k1, high, low });
  if (bits < 32) {
    f.i32Const(32 - bits);
    f.op('i32x4.shr_u');
  }
  f.free(k0, k1, high, low);
}

/** Moves the top operands of the stack into locals; the first is the deepest. */
function takeOperands(f: FunctionBuilder, count: number): Local[] {
  const locals = Array.from({ length: count }, () => f.local('v128'));
  for (let i = count - 1; i >= 0; i--) f.set(locals[i] as Local);
  return locals;
}
