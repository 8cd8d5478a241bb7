/**
 * threefry2x32 with 20 rounds on i32x4 (Salmon, Moraes, Dror, Shaw: Parallel random numbers, as easy as
 * 1, 2, 3): four independent counters at once. Rotations by whole bytes are shuffles, the others shifts.
 */
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { ConstantPool } from './constant-pool.ts';

const rotations: readonly number[] = [13, 15, 26, 6, 17, 29, 16, 24];
const parity = 0x1bd11bda;

/** Key words (usually splats) and counter words, all v128 locals that are left as they are. */
export interface ThreefryOperands {
  readonly k0: Local;
  readonly k1: Local;
  readonly high: Local;
  readonly low: Local;
}

/** Pushes the first word of threefry2x32-20(key = (k0, k1), counter = (high, low)) for each lane. */
export function emitThreefry(
  f: FunctionBuilder,
  constants: ConstantPool,
  { k0, k1, high, low }: ThreefryOperands,
): void {
  const x0 = f.local('v128');
  const x1 = f.local('v128');
  const k2 = f.local('v128');
  const schedule = [k0, k1, k2] as const;
  const key = (position: number): Local => schedule[position % 3] ?? k0;
  f.get(k0);
  f.get(k1);
  f.op('v128.xor');
  constants.get(f, parity, 'i32');
  f.op('v128.xor');
  f.set(k2);
  for (const [to, from, word] of [
    [x0, high, k0],
    [x1, low, k1],
  ] as const) {
    f.get(from);
    f.get(word);
    f.op('i32x4.add');
    f.set(to);
  }
  for (let round = 0; round < 20; round++) {
    f.get(x0);
    f.get(x1);
    f.op('i32x4.add');
    f.set(x0);
    emitRotate(f, x1, rotations[round % 8] ?? 0);
    f.get(x0);
    f.op('v128.xor');
    f.set(x1);
    if (round % 4 !== 3) continue;
    const injection = (round + 1) / 4;
    f.get(x0);
    f.get(key(injection));
    f.op('i32x4.add');
    f.set(x0);
    if (round === 19) break;
    f.get(x1);
    f.get(key(injection + 1));
    f.op('i32x4.add');
    constants.get(f, injection, 'i32');
    f.op('i32x4.add');
    f.set(x1);
  }
  f.get(x0);
  f.free(x0, x1, k2);
}

/** Pushes x rotated left by `bits` in each lane. */
function emitRotate(f: FunctionBuilder, x: Local, bits: number): void {
  f.get(x);
  if (bits % 8 === 0) {
    f.get(x);
    f.shuffle(Array.from({ length: 16 }, (_, byte) => (byte & 12) | ((byte + 4 - bits / 8) & 3)));
    return;
  }
  f.i32Const(bits);
  f.op('i32x4.shl');
  f.get(x);
  f.i32Const(32 - bits);
  f.op('i32x4.shr_u');
  f.op('v128.or');
}
