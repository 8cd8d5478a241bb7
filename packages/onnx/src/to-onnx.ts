/**
 * A Program as an ONNX model, ready to be written to a file or given to an ONNX runtime.
 *
 * Named dimensions stay free. Parameters become inputs, or initialisers where their numbers are given. The Program is
 * written as it is, calls inlined: what should be simplified first is simplified by the passes. Results keep their
 * order. Nothing is left out: an op that the opset cannot express is an error that names its layer.
 */

import { create, toBinary } from '@bufbuild/protobuf';
import type { Program, TensorData, TensorType } from '@rheo/ir';
import { checkData, elementCount, formatType, nestedPrograms, RheoError, valueTypes, verify } from '@rheo/ir';
import { legalise } from '@rheo/passes';
import { TensorProto_DataType as DataType, ModelProtoSchema } from 'onnx-buf';
import { borderType, tensorProto } from './element-types.ts';
import { emitProgram, emitters } from './emit-program.ts';
import type { Value } from './graph-scope.ts';
import { GraphScope, modelState, valueInfo } from './graph-scope.ts';

/** Options of `toOnnx`. */
export interface OnnxOptions {
  /** Version of the operator set: 16, 17 (unless given) or 18, which random_bits needs. */
  readonly opset?: number;
  /** Version of the file format; 8 unless given, which every runtime since 2021 reads. */
  readonly irVersion?: number;
  /** Names of inputs and outputs; else those of the parameters, or `input_0` and `output_0`. */
  readonly names?: { readonly inputs?: readonly string[]; readonly outputs?: readonly string[] };
  /** Numbers of parameters, by index: they become initialisers in the place of inputs. */
  readonly weights?: ReadonlyMap<number, TensorData>;
  /** Facts for people and viewers, stored with the model. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Name of the graph; `rheo` unless given. */
  readonly name?: string;
}

/** The most bytes that a protobuf message may have. */
const maxBytes = 2 ** 31 - 1;

/**
 * The bytes of a ModelProto.
 * Throws `argument` for a wrong option, `capability` for f64 and for what the opset cannot express, `shape` for a named
 * dimension that no input has, `memory` where the file would be beyond 2 GB.
 */
export function toOnnx(program: Program, options: OnnxOptions = {}): Uint8Array {
  verify(program);
  const { opset = 17, irVersion = 8, names = {}, weights = new Map<number, TensorData>(), metadata = {} } = options;
  if (opset !== 16 && opset !== 17 && opset !== 18) throw argument(`opset ${opset} is none of 16, 17 and 18`, 'opset');
  if (!Number.isInteger(irVersion) || irVersion < 8) throw argument(`irVersion ${irVersion} is below 8`, 'irVersion');
  if (program.results.length === 0) throw argument('a model needs at least one result', 'program');
  refuseDoubles(program);
  const legal = legalise(program, { supports: ({ op }) => emitters[op] !== 'decomposed', from: '@rheo/onnx' });
  refuseLarge(legal, weights);

  const scope = new GraphScope(modelState(opset));
  const own = legal.params.map((param) => param.name);
  const inputs = named(names.inputs, own, 'input', scope);
  const outputs = named(names.outputs, new Array<undefined>(legal.results.length).fill(undefined), 'output', scope);
  const infos = [];
  const operands: Value[] = [];
  for (const [index, { type }] of legal.params.entries()) {
    const name = inputs[index] as string;
    const data = weights.get(index);
    if (data !== undefined) {
      checkData(data, type, `weights, "${name}"`, '@rheo/onnx');
      scope.model.initialisers.push(tensorProto(name, borderType[type.dtype], type.shape as readonly number[], data));
    } else {
      infos.push(valueInfo(name, borderType[type.dtype], type.shape));
      for (const [axis, dim] of type.shape.entries()) {
        if (typeof dim === 'string' && !scope.model.dims.has(dim)) scope.model.dims.set(dim, { input: name, axis });
      }
    }
    operands.push(scope.value(type, type.dtype === 'u32' ? scope.one('Cast', [name], { to: DataType.INT32 }) : name));
  }
  const values = emitProgram(scope, legal, operands);
  const results = values.map((value, index) => {
    const name = outputs[index] as string;
    const last = value.type.dtype === 'u32' ? 'Cast' : 'Identity';
    scope.last(last, scope.read(value), name, last === 'Cast' ? { to: DataType.UINT32 } : {});
    return valueInfo(name, borderType[value.type.dtype], value.type.shape);
  });
  const bytes = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: BigInt(irVersion),
      opsetImport: [{ domain: '', version: BigInt(opset) }],
      producerName: 'rheo',
      producerVersion: '0.1.0',
      graph: scope.proto(options.name ?? 'rheo', infos, results, true),
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    }),
  );
  if (bytes.length > maxBytes) throw tooLarge(bytes.length);
  return bytes;
}

/** Names that differ from each other and from those that are taken, which they join. */
function named(
  given: readonly string[] | undefined,
  own: readonly (string | undefined)[],
  base: string,
  scope: GraphScope,
): string[] {
  if (given !== undefined && given.length !== own.length) {
    throw argument(`${given.length} names for ${own.length} ${base}s`, `names.${base}s`);
  }
  return own.map((name, index) => {
    const chosen = given?.[index] ?? (name || `${base}_${index}`);
    if (given !== undefined && (chosen === '' || scope.model.taken.has(chosen))) {
      throw argument(chosen === '' ? `an ${base} has no name` : `two of the names are "${chosen}"`, `names.${base}s`);
    }
    return scope.unique(chosen);
  });
}

function refuseDoubles(program: Program): void {
  const found = valueTypes(program).find(({ dtype }) => dtype === 'f64');
  if (found !== undefined) {
    throw new RheoError('capability', {
      from: '@rheo/onnx',
      what: 'ONNX engines have no f64 kernels for some ops',
      shapes: [formatType(found)],
      remedy: 'Trace the Program in f32',
    });
  }
  for (const instruction of program.instructions) nestedPrograms(instruction).forEach(refuseDoubles);
}

function refuseLarge(program: Program, weights: ReadonlyMap<number, TensorData>): void {
  for (const index of weights.keys()) {
    if (program.params[index] === undefined) throw argument(`there is no parameter ${index}`, 'weights');
  }
  const held = [...weights.keys()].map((index) => bytesOf((program.params[index] as { type: TensorType }).type));
  const total = held.reduce((sum, bytes) => sum + bytes, constantBytes(program));
  if (total > maxBytes) throw tooLarge(total);
}

function bytesOf(type: TensorType): number {
  return elementCount(type.shape) * (type.dtype === 'bool' ? 1 : 4);
}

function constantBytes(program: Program): number {
  let total = 0;
  for (const instruction of program.instructions) {
    if (instruction.op === 'constant') total += bytesOf(instruction.types[0] as TensorType);
    for (const nested of nestedPrograms(instruction)) total += constantBytes(nested);
  }
  return total;
}

function tooLarge(bytes: number): RheoError {
  return new RheoError('memory', {
    from: '@rheo/onnx',
    what: `the model would take ${bytes} bytes, and one ONNX file holds at most ${maxBytes}`,
    where: 'toOnnx',
    remedy: 'Leave weights as inputs, or export the layers apart',
  });
}

function argument(what: string, where: string): RheoError {
  return new RheoError('argument', { from: '@rheo/onnx', what, where });
}
