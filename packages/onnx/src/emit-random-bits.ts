/**
 * random_bits as 32-bit ONNX nodes: Threefry-2x32 of 20 rounds, exact. Needs opset 18 for exclusive or.
 *
 * Words are INT32, whose addition wraps; only shifts want UINT32, and a cast between the two keeps the bits.
 */

import type { Attributes, TensorType } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import { TensorProto_DataType as DataType } from 'onnx-buf';
import type { GraphScope, Value } from './graph-scope.ts';

const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/** The upper `bits` bits of the first word of threefry(key, (high, low)). */
export function randomBits(
  scope: GraphScope,
  [key, high, low]: readonly [Value, Value, Value],
  { bits }: Attributes['random_bits'],
  type: TensorType,
): string {
  if (scope.model.opset < 18) {
    throw new RheoError('capability', {
      from: '@rheo/onnx',
      what: `opset ${scope.model.opset} has no exclusive or`,
      op: 'random_bits',
      layer: scope.model.metadata?.layer,
      shapes: [`${type.dtype}[${type.shape.join(',')}]`],
      remedy: 'Export the model as it predicts, without dropout, or choose opset 18',
    });
  }
  const int = (value: number): string => scope.scalar('i32', value | 0);
  const unsigned = (value: number): string => scope.constant(DataType.UINT32, [], [value], `u32_${value}`);
  const add = (a: string, b: string): string => scope.one('Add', [a, b]);
  const xor = (a: string, b: string): string => scope.one('BitwiseXor', [a, b]);
  const word = (index: number): string => scope.one('Gather', [scope.read(key), int(index)], { axis: 0 });
  const [k0, k1] = [word(0), word(1)];
  const keys = [k0, k1, xor(xor(k0, k1), int(0x1bd11bda))] as const;
  let a = add(scope.read(high), k0);
  let b = add(low.full ?? low.small, k1);
  for (let round = 0; round < 20; round++) {
    a = add(a, b);
    const by = rotations[round % 8] as number;
    const wide = scope.one('Cast', [b], { to: DataType.UINT32 });
    const left = scope.one('BitShift', [wide, unsigned(by)], { direction: 'LEFT' });
    const right = scope.one('BitShift', [wide, unsigned(32 - by)], { direction: 'RIGHT' });
    const turned = scope.one('Cast', [scope.one('BitwiseOr', [left, right])], { to: DataType.INT32 });
    b = xor(turned, a);
    if (round % 4 !== 3) continue;
    const group = (round + 1) / 4;
    a = add(a, keys[group % 3] as string);
    b = add(add(b, keys[(group + 1) % 3] as string), int(group));
  }
  if (bits === 32) return a;
  const word32 = scope.one('Cast', [a], { to: DataType.UINT32 });
  const upper = scope.one('BitShift', [word32, unsigned(32 - bits)], { direction: 'RIGHT' });
  return scope.one('Cast', [upper], { to: DataType.INT32 });
}
