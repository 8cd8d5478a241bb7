/**
 * Shape rules of the ops with nested Programs: the signature of each body must match the operands exactly.
 */

import type { Attributes, Program } from './ops.ts';
import { resultTypes } from './program.ts';
import type { Fail } from './shape-checks.ts';
import { checkShape } from './shape-checks.ts';
import type { TensorType } from './types.ts';
import { formatType, isFloat, sameType } from './types.ts';

/** Carries keep their types; xs lose and ys gain the leading axis `length`. */
export function inferScan(operands: readonly TensorType[], attributes: Attributes['scan'], fail: Fail): TensorType[] {
  const { body, length, consts, carries } = attributes;
  checkShape([length], fail);
  if (
    !Number.isInteger(consts) ||
    !Number.isInteger(carries) ||
    consts < 0 ||
    carries < 0 ||
    consts + carries > operands.length
  ) {
    fail('attribute', `consts ${consts} and carries ${carries} do not fit ${operands.length} operands`);
  }
  const slices = operands.map((type, index) => {
    if (index < consts + carries) return type;
    if (type.shape[0] !== length) fail('shape', `operand ${index} must have a leading axis of length ${length}`);
    return { dtype: type.dtype, shape: type.shape.slice(1) };
  });
  expectParams(body, slices, 'the body', fail);
  const results = resultTypes(body);
  if (results.length < carries) fail('program', `the body returns ${results.length} values for ${carries} carries`);
  const kept = operands.slice(consts, consts + carries);
  kept.forEach((type, index) => {
    const next = results[index] as TensorType;
    if (!sameType(type, next))
      fail('shape', `carry ${index} is ${formatType(type)} but the body returns ${formatType(next)}`);
  });
  return [...kept, ...results.slice(carries).map(({ dtype, shape }) => ({ dtype, shape: [length, ...shape] }))];
}

/** Carries keep their types; u32 carries are refused, as the trip count is only known on the device. */
export function inferWhile(
  operands: readonly TensorType[],
  { cond, body, consts }: Attributes['while'],
  fail: Fail,
): TensorType[] {
  if (!Number.isInteger(consts) || consts < 0 || consts > operands.length)
    fail('attribute', `consts ${consts} does not fit ${operands.length} operands`);
  expectParams(cond, operands, 'the condition', fail);
  expectParams(body, operands, 'the body', fail);
  expectResults(cond, [{ dtype: 'bool', shape: [] }], 'the condition', fail);
  const kept = operands.slice(consts);
  if (kept.some((type) => type.dtype === 'u32'))
    fail('dtype', 'u32 cannot be carried', 'Derive keys from the step number');
  expectResults(body, kept, 'the body', fail);
  return [...kept];
}

/** Results of the body; a custom gradient must fit it. */
export function inferCall(
  operands: readonly TensorType[],
  { body, gradient }: Attributes['call'],
  fail: Fail,
): TensorType[] {
  expectParams(body, operands, 'the body', fail);
  const results = resultTypes(body);
  if (typeof gradient === 'object') {
    const { forward, backward } = gradient;
    expectParams(forward, operands, 'the forward Program of the gradient', fail);
    const outputs = resultTypes(forward);
    if (outputs.length < results.length) fail('program', 'the forward Program must return the results, then residuals');
    results.forEach((type, index) => {
      if (!sameType(type, outputs[index] as TensorType))
        fail('program', `result ${index} of the forward Program must be ${formatType(type)}`);
    });
    const cotangents = results.filter((type) => isFloat(type.dtype));
    expectParams(backward, [...outputs.slice(results.length), ...cotangents], 'the backward Program', fail);
    expectResults(
      backward,
      operands.filter((type) => isFloat(type.dtype)),
      'the backward Program',
      fail,
    );
  }
  return results;
}

function expectParams(program: Program, types: readonly TensorType[], what: string, fail: Fail): void {
  compareLists(
    program.params.map((param) => param.type),
    types,
    `${what} takes`,
    fail,
  );
}

function expectResults(program: Program, types: readonly TensorType[], what: string, fail: Fail): void {
  compareLists(resultTypes(program), types, `${what} returns`, fail);
}

function compareLists(found: readonly TensorType[], wanted: readonly TensorType[], what: string, fail: Fail): void {
  if (found.length === wanted.length && found.every((type, index) => sameType(type, wanted[index] as TensorType)))
    return;
  fail(
    'program',
    `${what} (${found.map(formatType).join(', ')}) where (${wanted.map(formatType).join(', ')}) is needed`,
  );
}
