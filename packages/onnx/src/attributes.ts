/**
 * Attributes of ONNX nodes from plain values: an integer, a list of integers, a graph, or a tensor.
 */

import { create } from '@bufbuild/protobuf';
import type { AttributeProto, GraphProto, TensorProto } from 'onnx-buf';
import { AttributeProtoSchema, AttributeProto_AttributeType as Kind } from 'onnx-buf';

/** What an attribute may hold here; ONNX has more. */
export type AttributeValue =
  | number
  | string // of ASCII letters
  | readonly number[]
  | { readonly graph: GraphProto }
  | { readonly tensor: TensorProto };

/** The attributes of a node, in the order of their names here. */
export function attributeProtos(attributes: Readonly<Record<string, AttributeValue>>): AttributeProto[] {
  return Object.entries(attributes).map(([name, value]) => {
    if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: Kind.INT, i: BigInt(value) });
    if (typeof value === 'string') {
      return create(AttributeProtoSchema, {
        name,
        type: Kind.STRING,
        s: Uint8Array.from(value, (letter) => letter.charCodeAt(0)),
      });
    }
    if ('graph' in value) return create(AttributeProtoSchema, { name, type: Kind.GRAPH, g: value.graph });
    if ('tensor' in value) return create(AttributeProtoSchema, { name, type: Kind.TENSOR, t: value.tensor });
    return create(AttributeProtoSchema, { name, type: Kind.INTS, ints: value.map(BigInt) });
  });
}
