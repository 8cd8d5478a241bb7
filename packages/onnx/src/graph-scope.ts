/**
 * One graph of a model while it is written: the outer one, or the body of a loop, which sees all that is outside.
 *
 * Constants and shapes belong to the outer graph and are written once; bodies capture them by name. A broadcast is
 * kept small until somebody needs it in full, as elementwise nodes of ONNX broadcast by themselves.
 */

import { create } from '@bufbuild/protobuf';
import type { Dim, DType, Metadata, Shape, TensorType } from '@rheo/ir';
import { isStatic, RheoError } from '@rheo/ir';
import type { GraphProto, NodeProto, TensorProto, TensorProto_DataType, ValueInfoProto } from 'onnx-buf';
import {
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  NodeProtoSchema,
  TensorShapeProto_DimensionSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import type { AttributeValue } from './attributes.ts';
import { attributeProtos } from './attributes.ts';
import { innerType, tensorProto } from './element-types.ts';

/** A value of the Program in a graph. */
export interface Value {
  readonly type: TensorType;
  /** Graph that defines it. */
  readonly scope: GraphScope;
  /** Name of what broadcasts to the value by the rules of ONNX; the value itself, unless `full` is missing. */
  readonly small: string;
  /** Name of the value in its full shape, once there is one. */
  full: string | undefined;
}

/** What all graphs of one model share. */
export interface ModelState {
  readonly opset: number;
  readonly initialisers: TensorProto[];
  /** Nodes that compute sizes from the inputs; they come before all others. */
  readonly preamble: NodeProto[];
  readonly known: Map<string, string>;
  readonly taken: Set<string>;
  /** Input and axis at which a named dimension can be seen. */
  readonly dims: Map<string, { readonly input: string; readonly axis: number }>;
  metadata: Metadata | undefined;
}

/** The state of a new model. */
export function modelState(opset: number): ModelState {
  return {
    opset,
    initialisers: [],
    preamble: [],
    known: new Map(),
    taken: new Set(),
    dims: new Map(),
    metadata: undefined,
  };
}

/** See the head of this file. */
export class GraphScope {
  readonly model: ModelState;
  readonly nodes: NodeProto[] = [];

  constructor(model: ModelState) {
    this.model = model;
  }

  /** A name that nothing else in the model has. */
  unique(base: string): string {
    const { taken } = this.model;
    let name = base;
    for (let i = taken.size; taken.has(name); i++) name = `${base}_${i}`;
    taken.add(name);
    return name;
  }

  /** Adds a node and gives the names of its outputs. */
  node(
    opType: string,
    input: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    outputs: number = 1,
  ): string[] {
    const { metadata } = this.model;
    const base = metadata?.name ?? opType;
    const path = metadata?.layer === undefined ? base : `${metadata.layer}/${base}`;
    const output = Array.from({ length: outputs }, () => this.unique(path));
    const docString = metadata?.layer === undefined ? '' : `layer ${metadata.layer}`;
    this.nodes.push(
      create(NodeProtoSchema, {
        name: output[0] ?? this.unique(path),
        opType,
        input: [...input],
        output,
        docString,
        attribute: attributeProtos(attributes),
      }),
    );
    return output;
  }

  /** Adds a node that gives a result of the model under a name that is already reserved. */
  last(opType: string, input: string, output: string, attributes: Readonly<Record<string, AttributeValue>>): void {
    const attribute = attributeProtos(attributes);
    this.nodes.push(create(NodeProtoSchema, { name: output, opType, input: [input], output: [output], attribute }));
  }

  /** Adds a node of one output. */
  one(opType: string, input: readonly string[], attributes: Readonly<Record<string, AttributeValue>> = {}): string {
    return this.node(opType, input, attributes)[0] as string;
  }

  /** A value of which the name is the full shape. */
  value(type: TensorType, name: string): Value {
    return { type, scope: this, small: name, full: name };
  }

  /** A value known by something that broadcasts to it. */
  spread(type: TensorType, small: string): Value {
    return { type, scope: this, small, full: undefined };
  }

  /** One number repeated over a type. */
  fill(type: TensorType, value: number): Value {
    const name = this.scalar(type.dtype, value);
    return type.shape.length === 0 ? this.value(type, name) : this.spread(type, name);
  }

  /** Name of a value in its full shape. */
  read(value: Value): string {
    // Expanded where it was defined, so that a body does not do it in every step.
    value.full ??= value.scope.one('Expand', [value.small, this.shape(value.type.shape)]);
    return value.full;
  }

  /** An elementwise node: its operands broadcast, and at least one of them is in full. */
  elementwise(opType: string, operands: readonly Value[], type: TensorType): Value {
    const all = operands.every(({ full }) => full === undefined);
    const names = operands.map((value, index) => (all && index === 0 ? this.read(value) : (value.full ?? value.small)));
    return this.value(type, this.one(opType, names));
  }

  /** Name of an initialiser; equal small ones are one. */
  constant(dataType: TensorProto_DataType, shape: readonly number[], values: readonly number[], base: string): string {
    const key =
      values.length > 16 ? undefined : `${dataType}:${shape}:${values.map((x) => (Object.is(x, -0) ? '-0' : x))}`;
    const found = key === undefined ? undefined : this.model.known.get(key);
    if (found !== undefined) return found;
    const name = this.unique(base);
    this.model.initialisers.push(tensorProto(name, dataType, shape, values));
    if (key !== undefined) this.model.known.set(key, name);
    return name;
  }

  /** Name of a number. */
  scalar(dtype: DType, value: number): string {
    return this.constant(innerType[dtype], [], [value], `${dtype}_${value}`);
  }

  /** Name of an INT64 vector. */
  integers(values: readonly number[]): string {
    return this.constant(DataType.INT64, [values.length], values, `integers_${values.slice(0, 4).join('_')}`);
  }

  /** Name of an INT64 vector with the sizes of a shape. */
  shape(shape: Shape): string {
    return this.sizes(shape.map((dim) => [dim]));
  }

  /** Name of an INT64 vector of products of dimensions. */
  sizes(groups: readonly (readonly Dim[])[]): string {
    if (groups.every(isStatic)) {
      return this.integers(groups.map((dims) => dims.reduce<number>((product, dim) => product * (dim as number), 1)));
    }
    const parts = groups.map((dims) =>
      dims.length === 0
        ? this.integers([1])
        : dims
            .map((dim) => this.#size(dim))
            .reduce((a, b) => this.#once(`${a} * ${b}`, (outer) => outer.one('Mul', [a, b]))),
    );
    return parts.length === 1
      ? (parts[0] as string)
      : this.#once(`concat ${parts.join(' ')}`, (outer) => outer.one('Concat', parts, { axis: 0 }));
  }

  /** Name of an i32 scalar that is a size. */
  size(dim: Dim): string {
    if (typeof dim === 'number') return this.scalar('i32', dim);
    const vector = this.#size(dim);
    return this.#once(`i32 ${dim}`, (outer) => {
      const scalar = outer.one('Squeeze', [vector, outer.integers([0])]);
      return outer.one('Cast', [scalar], { to: DataType.INT32 });
    });
  }

  /** The finished graph; the outer one also holds the initialisers and what computes sizes. */
  proto(name: string, input: readonly ValueInfoProto[], output: readonly ValueInfoProto[], outer: boolean): GraphProto {
    const { initialisers, preamble } = this.model;
    return create(GraphProtoSchema, {
      name,
      node: outer ? [...preamble, ...this.nodes] : this.nodes,
      initializer: outer ? initialisers : [],
      input: [...input],
      output: [...output],
    });
  }

  #size(dim: Dim): string {
    if (typeof dim === 'number') return this.integers([dim]);
    const place = this.model.dims.get(dim);
    if (place === undefined) {
      throw new RheoError('shape', {
        from: '@rheo/onnx',
        what: `dimension "${dim}" is on no input, so a graph cannot know it`,
        remedy: `Bind it with specialise(program, { ${dim}: … })`,
      });
    }
    return this.#once(`size ${dim}`, (outer) => {
      const shape = outer.one('Shape', [place.input]);
      return outer.one('Gather', [shape, outer.integers([place.axis])], { axis: 0 });
    });
  }

  /** What is computed once for the model, before everything else. */
  #once(key: string, make: (outer: GraphScope) => string): string {
    const { known, preamble } = this.model;
    const found = known.get(key);
    if (found !== undefined) return found;
    const outer = new GraphScope({ ...this.model, metadata: undefined });
    const name = make(outer);
    preamble.push(...outer.nodes);
    known.set(key, name);
    return name;
  }
}

/** Name and type of an input or output of a graph; a named dimension stays a name. */
export function valueInfo(name: string, elemType: TensorProto_DataType, shape: Shape): ValueInfoProto {
  const dim = shape.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof size === 'number' ? { case: 'dimValue', value: BigInt(size) } : { case: 'dimParam', value: size },
    }),
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } },
  });
}
