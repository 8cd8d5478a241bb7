/**
 * Element types of Rheo as those of ONNX, and host numbers as the raw bytes of a TensorProto.
 *
 * Inside a graph u32 travels as INT32 of the same bits: engines have kernels for all of its ops there, and addition,
 * subtraction and multiplication wrap alike. Only inputs and results of the model are UINT32.
 */

import { create } from '@bufbuild/protobuf';
import type { DType } from '@rheo/ir';
import type { TensorProto } from 'onnx-buf';
import { TensorProto_DataType as DataType, TensorProtoSchema } from 'onnx-buf';

/** Element type of a value inside the graph. */
export const innerType: { readonly [K in DType]: DataType } = {
  f32: DataType.FLOAT,
  f64: DataType.DOUBLE,
  i32: DataType.INT32,
  u32: DataType.INT32,
  bool: DataType.BOOL,
};

/** Element type at the border of the model. */
export const borderType: { readonly [K in DType]: DataType } = { ...innerType, u32: DataType.UINT32 };

/** A TensorProto of numbers in row-major order. */
export function tensorProto(
  name: string,
  dataType: DataType,
  shape: readonly number[],
  values: ArrayLike<number>,
): TensorProto {
  return create(TensorProtoSchema, { name, dataType, dims: shape.map(BigInt), rawData: rawBytes(dataType, values) });
}

/** Little-endian bytes, as the format wants them on every machine. */
function rawBytes(dataType: DataType, values: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const size = dataType === DataType.BOOL ? 1 : dataType === DataType.DOUBLE || dataType === DataType.INT64 ? 8 : 4;
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (dataType === DataType.FLOAT) view.setFloat32(i * 4, value, true);
    else if (dataType === DataType.DOUBLE) view.setFloat64(i * 8, value, true);
    else if (dataType === DataType.INT64) view.setBigInt64(i * 8, BigInt(value), true);
    else if (dataType === DataType.BOOL) bytes[i] = value === 0 ? 0 : 1;
    else view.setInt32(i * 4, value, true);
  }
  return bytes;
}
