/**
 * Arbitrary small Programs with every op, for properties of the text form, the hash and the verifier.
 *
 * A Program is built from a list of choices; a choice whose op does not take the values it picked leaves nothing, so
 * that lists shrink well. The Programs are verified, but meant to be read, not run: a `while` may not end.
 */
import fc from 'fast-check';
import type { Attributes, DType, Metadata, Op, Program, Shape, TensorType } from '../src/index.ts';
import { dtypes, isRheoError, ops, ProgramBuilder, resultTypes } from '../src/index.ts';

/** One choice: which op, which values and numbers for it, and what explains it. */
interface Choice {
  readonly op: Op;
  readonly picks: readonly number[];
  readonly numbers: readonly number[];
  readonly metadata: Metadata | undefined;
}

const shapes: readonly Shape[] = [[], [2], ['batch'], [2, 3], ['batch', 2], ['time', 'batch', 2], [0, 2]];
const text = fc.string({ unit: 'grapheme', maxLength: 6 });
const number = fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY));

const choice: fc.Arbitrary<Choice> = fc.record({
  op: fc.constantFrom(...ops),
  picks: fc.array(fc.nat(1000), { minLength: 6, maxLength: 6 }),
  numbers: fc.array(number, { minLength: 6, maxLength: 6 }),
  metadata: fc.option(
    fc.oneof(fc.record({ layer: text }), fc.record({ name: text }), fc.record({ layer: text, name: text })),
    { nil: undefined },
  ),
});

const parameter = fc.record({
  // Keys are frequent enough for random_bits to appear.
  type: fc.oneof(
    { weight: 6, arbitrary: fc.record({ dtype: fc.constantFrom(...dtypes), shape: fc.constantFrom(...shapes) }) },
    { weight: 1, arbitrary: fc.constant<TensorType>({ dtype: 'u32', shape: [2] }) },
  ),
  name: fc.option(text, { nil: undefined }),
});

/** Any small verified Program. */
export const randomProgram: fc.Arbitrary<Program> = fc
  .record({
    params: fc.array(parameter, { maxLength: 4 }),
    choices: fc.array(choice, { maxLength: 25 }),
    results: fc.array(fc.nat(1000), { maxLength: 3 }),
  })
  .map(({ params, choices, results }) => {
    const builder = new ProgramBuilder();
    const types: TensorType[] = [];
    for (const { type, name } of params) {
      builder.param(type, name);
      types.push(type);
    }
    for (const one of choices) apply(builder, types, one);
    return builder.build(types.length === 0 ? [] : results.map((result) => result % types.length));
  });

function apply(builder: ProgramBuilder, types: TensorType[], { op, picks, numbers, metadata }: Choice): void {
  const [first = 0, second = 0, third = 0] = picks;
  const chosen = first % Math.max(types.length, 1);
  const like = types.flatMap((type, id) => (JSON.stringify(type) === JSON.stringify(types[chosen]) ? [id] : []));
  const sameType = [second, third].map((pick) => like[pick % like.length] ?? 0);
  const any = [second, third].map((pick) => pick % Math.max(types.length, 1));
  for (const operands of [[], [chosen], [chosen, ...sameType.slice(1)], [chosen, ...sameType], [chosen, ...any]]) {
    if (operands.some((id) => id >= types.length)) continue;
    try {
      const operandTypes = operands.map((id) => types[id] as TensorType);
      const ids = builder.emit(op, operands, attributesFor(op, operandTypes, picks, numbers), metadata);
      types.push(...ids.map((id) => builder.type(id)));
      return;
    } catch (error) {
      if (!isRheoError(error)) throw error;
    }
  }
}

function attributesFor(
  op: Op,
  operands: readonly TensorType[],
  picks: readonly number[],
  numbers: readonly number[],
): Attributes[Op] {
  const [a = 0, b = 0, c = 0] = picks;
  const shape = operands[0]?.shape ?? [];
  const axis = a % Math.max(shape.length, 1);
  const dtype = dtypes[b % dtypes.length] as DType;
  const axes = shape.map((_, index) => index).filter((index) => (b >> index) & 1);
  const every: { readonly [K in Op]?: () => Attributes[K] } = {
    constant: () => ({ dtype, shape: [2, 3], value: numbers.map((x) => integerFor(dtype, x)) }),
    iota: () => ({ dtype, shape: [...(shapes[c % shapes.length] as Shape), 3], axis: 0 }),
    dimension: () => ({ name: b % 2 === 0 ? 'batch' : '_T1' }),
    convert: () => ({ to: dtype }),
    reshape: () => ({ shape: [...shape, 1] }),
    transpose: () => ({ permutation: shape.map((_, index) => (index + b) % shape.length) }),
    broadcast: () => ({ shape: ['batch', ...shape, b], axes: shape.map((_, index) => index + 1) }),
    slice: () => ({ axis, start: b % 2, limit: 1 + (b % 2) }),
    pad: () => ({ axis, low: b, high: c }),
    concat: () => ({ axis }),
    reverse: () => ({ axis }),
    gather: () => ({ axis }),
    scatter_add: () => ({ axis, size: b % 2 === 0 ? 'words' : c + 1 }),
    reduce_sum: () => ({ axes }),
    reduce_max: () => ({ axes }),
    argmax: () => ({ axis }),
    dot: () => ({ contract: [axes, axes], batch: [[], []] }),
    random_bits: () => ({ bits: (b % 32) + 1 }),
    scan: () => ({
      body: nested(operands, operands.slice(0, 1), c),
      length: b % 2 === 0 ? 'time' : c,
      reverse: c % 2 === 0,
      consts: 0,
      carries: operands.length,
    }),
    while: () => ({
      cond: nested(operands, [{ dtype: 'bool', shape: [] }], c),
      body: nested(operands, [], c),
      consts: 0,
    }),
    call: () => {
      const body = nested(operands, operands.slice(0, 1), c);
      const results = resultTypes(body);
      const floats = (types: readonly TensorType[]): TensorType[] =>
        types.filter(({ dtype: d }) => d === 'f32' || d === 'f64');
      const backward = new ProgramBuilder();
      for (const type of floats(results)) backward.param(type);
      const zeros = floats(operands).map((type) => backward.fill(type.dtype, type.shape, 0));
      const custom = { forward: body, backward: backward.build(zeros) };
      return { body, name: `"${b}"\\`, gradient: b % 3 === 0 ? 'inline' : b % 3 === 1 ? 'stop' : custom };
    },
  };
  return every[op]?.() ?? {};
}

/** A body that returns its parameters, then zeros of more types; one that only returns `more` if that is a condition. */
function nested(params: readonly TensorType[], more: readonly TensorType[], pick: number): Program {
  const builder = new ProgramBuilder();
  const ids = params.map((type, index) => builder.param(type, pick % 2 === 0 ? `p${index}` : undefined));
  const zeros = more.map(({ dtype, shape }) => builder.fill(dtype, shape, pick % 2));
  return builder.build(more[0]?.dtype === 'bool' && params[0]?.dtype !== 'bool' ? zeros : [...ids, ...zeros]);
}

function integerFor(dtype: DType, x: number): number {
  if (dtype === 'f32' || dtype === 'f64') return x;
  return dtype === 'i32' ? x | 0 : dtype === 'u32' ? x >>> 0 : x & 1;
}
