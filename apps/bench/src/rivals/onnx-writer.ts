/**
 * Writes ONNX models: the few protobuf messages that a graph with initialisers and a Scan body needs.
 *
 * Field numbers are those of onnx.proto3 (IR version 8). Shapes are left out wherever the format allows it, since the
 * engine infers them. It checks nothing: a wrong graph is refused by the engine that loads it.
 */

type Bytes = Uint8Array;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

function join(parts: readonly Bytes[]): Bytes {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}

/** A field of wire type 0: an integer of at least zero. */
function integer(field: number, value: number): Bytes {
  return Uint8Array.from([...varint(field * 8), ...varint(value)]);
}

/** A field of wire type 2: a string, bytes, or a message. */
function block(field: number, content: string | Bytes): Bytes {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return join([Uint8Array.from([...varint(field * 8 + 2), ...varint(bytes.length)]), bytes]);
}

const float32Code = 1;
const int64Code = 7;
const integerAttribute = 2;
const graphAttribute = 5;

function tensor(name: string, dims: readonly number[], code: number, raw: ArrayBufferView): Bytes {
  return join([
    ...dims.map((dim) => integer(1, dim)),
    integer(2, code),
    block(8, name),
    block(9, new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength)),
  ]);
}

/** A float32 initialiser. */
export function float32Tensor(name: string, dims: readonly number[], values: Float32Array): Bytes {
  return tensor(name, dims, float32Code, values);
}

/** An int64 initialiser of one dimension. */
export function int64Vector(name: string, values: readonly number[]): Bytes {
  return tensor(name, [values.length], int64Code, BigInt64Array.from(values, BigInt));
}

/** An integer attribute of a node. */
export function intAttribute(name: string, value: number): Bytes {
  return join([block(1, name), integer(3, value), integer(20, integerAttribute)]);
}

/** A graph attribute of a node, such as the body of a Scan. */
export function bodyAttribute(name: string, graph: Bytes): Bytes {
  return join([block(1, name), block(6, graph), integer(20, graphAttribute)]);
}

/** One node: `op` from the default operator set. */
export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Bytes[] = [],
): Bytes {
  return join([
    ...inputs.map((name) => block(1, name)),
    ...outputs.map((name) => block(2, name)),
    block(4, op),
    ...attributes.map((attribute) => block(5, attribute)),
  ]);
}

/** A float32 input or output of a graph, with its dimensions. */
export function float32Value(name: string, dims: readonly number[]): Bytes {
  const shape = join(dims.map((dim) => block(1, integer(1, dim))));
  const type = block(1, join([integer(1, float32Code), block(2, shape)]));
  return join([block(1, name), block(2, type)]);
}

export interface GraphParts {
  readonly name: string;
  readonly nodes: readonly Bytes[];
  readonly initializers?: readonly Bytes[];
  readonly inputs: readonly Bytes[];
  readonly outputs: readonly Bytes[];
}

/** A GraphProto. */
export function graph(parts: GraphParts): Bytes {
  return join([
    ...parts.nodes.map((part) => block(1, part)),
    block(2, parts.name),
    ...(parts.initializers ?? []).map((part) => block(5, part)),
    ...parts.inputs.map((part) => block(11, part)),
    ...parts.outputs.map((part) => block(12, part)),
  ]);
}

/** A ModelProto around a graph: IR version 8 and the given version of the default operator set. */
export function model(graphBytes: Bytes, opset: number): Bytes {
  return join([integer(1, 8), block(2, 'rheo-bench'), block(7, graphBytes), block(8, integer(2, opset))]);
}
