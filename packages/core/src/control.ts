/**
 * Loops and calls: functions are traced once into nested Programs; tensors around them are captured.
 */

import type { CallGradient, Dim, Program, TensorType } from '@rheo/ir';
import { formatType, isFloat, sameType } from '@rheo/ir';
import { deadCode } from '@rheo/passes';
import { fail } from './align.ts';
import { Tensor } from './tensor.ts';
import { currentTrace, emit, Trace, within } from './tracing.ts';
import type { Tree } from './tree.ts';
import { flattenTree, sameStructure, unflattenTree } from './tree.ts';

/** Options of `scan`. */
export interface ScanOptions {
  /** Number of steps; needed only without xs. */
  readonly length?: Dim;
  /** Walk from the last index to the first; ys stay at their index. */
  readonly reverse?: boolean;
}

/**
 * Walks `body` over the leading axis of all leaves of `xs`: `[carry, y] = body(carry, x)`. Returns the last carry and
 * the ys, each with the leading axis. Length 0 returns `init` and empty ys. Carries keep their types.
 */
export function scan<C extends Tree<Tensor>, X extends Tree<Tensor>, Y extends Tree<Tensor>>(
  body: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [C, Y] {
  const carries = tensorsOf('scan', init, 'the initial carry');
  const inputs = tensorsOf('scan', xs, 'xs');
  const length = options.length ?? inputs.leaves[0]?.shape[0];
  if (length === undefined) return fail('argument', 'scan', 'the length is not known', 'Pass xs or { length }');
  for (const [index, leaf] of inputs.leaves.entries()) {
    if (leaf.shape[0] !== length) {
      fail('shape', 'scan', `xs ${inputs.paths[index]} is ${formatType(leaf.type)}, its leading axis is not ${length}`);
    }
  }
  const child = new Trace('the body of a scan', currentTrace());
  const state = carries.leaves.map(({ type }, index) => child.param(type, carries.paths[index] || undefined));
  const rows = inputs.leaves.map(({ type }, index) =>
    child.param({ dtype: type.dtype, shape: type.shape.slice(1) }, inputs.paths[index] || undefined),
  );
  const { program, captured, structure } = within(child, () => {
    const [next, y] = body(unflattenTree(carries.structure, state) as C, unflattenTree(inputs.structure, rows) as X);
    const after = tensorsOf('scan', next, 'the returned carry');
    if (!sameStructure(after.structure, carries.structure)) {
      const wanted = JSON.stringify(carries.structure);
      fail(
        'argument',
        'scan',
        `the body returned the carry ${JSON.stringify(after.structure)} where ${wanted} is needed`,
      );
    }
    after.leaves.forEach(({ type }, index) => {
      const wanted = (carries.leaves[index] as Tensor).type;
      if (!sameType(type, wanted)) {
        const name = carries.paths[index] || 'carry';
        fail('shape', 'scan', `${name} is ${formatType(wanted)} but the body returns ${formatType(type)}`);
      }
    });
    const outputs = tensorsOf('scan', y, 'the returned ys');
    return { ...child.close([...after.leaves, ...outputs.leaves]), structure: outputs.structure };
  });
  const results = emit('scan', [...captured, ...carries.leaves, ...inputs.leaves], {
    body: program,
    length,
    reverse: options.reverse ?? false,
    consts: captured.length,
    carries: carries.leaves.length,
  });
  const count = carries.leaves.length;
  return [
    unflattenTree(carries.structure, results.slice(0, count)) as C,
    unflattenTree(structure, results.slice(count)) as Y,
  ];
}

/** Repeats `body` while `cond(carry)`, a bool scalar, holds. It has no reverse rule. */
export function whileLoop<C extends Tree<Tensor>>(cond: (carry: C) => Tensor, body: (carry: C) => C, init: C): C {
  const { leaves, structure } = tensorsOf('whileLoop', init, 'the initial carry');
  const types = leaves.map(({ type }) => type);
  const test = traceBody('the condition of a while', types, (inputs) => [cond(unflattenTree(structure, inputs) as C)]);
  const step = traceBody('the body of a while', types, (inputs) => {
    const next = tensorsOf('whileLoop', body(unflattenTree(structure, inputs) as C), 'the returned carry');
    if (!sameStructure(next.structure, structure)) {
      fail('argument', 'whileLoop', 'the body must return a carry of the structure of the initial one');
    }
    return next.leaves;
  });
  const consts = [...new Set([...test.captured, ...step.captured])];
  const results = emit('while', [...consts, ...leaves], {
    cond: withConsts(test.program, test.captured, consts),
    body: withConsts(step.program, step.captured, consts),
    consts: consts.length,
  });
  return unflattenTree(structure, results) as C;
}

/** Traces `fn` as a named part of the Program. */
export function call<A extends readonly Tree<Tensor>[], R extends Tree<Tensor>>(
  name: string,
  fn: (...args: A) => R,
  ...args: A
): R {
  return callWith(name, fn, args, 'inline');
}

/** The same values, but no gradient flows back. */
export function stopGradient<T extends Tree<Tensor>>(x: T): T {
  return callWith('stopGradient', (inner: T) => inner, [x] as const, 'stop');
}

/** A function with its own derivative. */
export interface CustomGradient<A extends readonly Tree<Tensor>[], R extends Tree<Tensor>, S extends Tree<Tensor>> {
  /** Results, and what `backward` needs. */
  forward(...args: A): readonly [R, S];
  /** From the residuals and the cotangents of the float results, the cotangents of the float arguments, in order. */
  backward(residuals: S, cotangents: readonly Tensor[]): readonly Tensor[];
}

/** Makes a function that is differentiated by its own rule. Neither part may capture tensors: pass them as arguments. */
export function customGradient<A extends readonly Tree<Tensor>[], R extends Tree<Tensor>, S extends Tree<Tensor>>(
  name: string,
  rule: CustomGradient<A, R, S>,
): (...args: A) => R {
  return (...args) => {
    const inputs = tensorsOf('customGradient', args, 'the arguments');
    let resultStructure = inputs.structure;
    let residualStructure = inputs.structure;
    let count = 0;
    const forward = traceClosed(`the forward part of ${name}`, inputs.leaves, (params) => {
      const [results, residuals] = rule.forward(...(unflattenTree(inputs.structure, params) as unknown as A));
      const made = tensorsOf('customGradient', results, 'the results');
      const kept = tensorsOf('customGradient', residuals, 'the residuals');
      resultStructure = made.structure;
      residualStructure = kept.structure;
      count = made.leaves.length;
      return [...made.leaves, ...kept.leaves];
    });
    const outputs = typesOf(forward);
    const residualTypes = outputs.slice(count);
    const cotangentTypes = outputs.slice(0, count).filter(({ dtype }) => isFloat(dtype));
    const wanted = inputs.leaves.filter(({ dtype }) => isFloat(dtype));
    const backwardTypes = [...residualTypes, ...cotangentTypes].map((type) => ({ type }));
    const backward = traceClosed(`the backward part of ${name}`, backwardTypes, (params) => {
      const residuals = unflattenTree(residualStructure, params.slice(0, residualTypes.length)) as S;
      const cotangents = rule.backward(residuals, params.slice(residualTypes.length));
      if (cotangents.length !== wanted.length) {
        fail(
          'argument',
          name,
          `backward returned ${cotangents.length} cotangents for ${wanted.length} float arguments`,
        );
      }
      return [...cotangents];
    });
    const body = deadCode({ ...forward, results: forward.results.slice(0, count) });
    const results = emit('call', inputs.leaves, { body, name, gradient: { forward, backward } });
    return unflattenTree(resultStructure, results) as R;
  };
}

function callWith<A extends readonly Tree<Tensor>[], R extends Tree<Tensor>>(
  name: string,
  fn: (...args: A) => R,
  args: A,
  gradient: CallGradient,
): R {
  const inputs = tensorsOf('call', args, `the arguments of ${name}`);
  let structure = inputs.structure;
  const { program, captured } = traceBody(
    `the call ${name}`,
    inputs.leaves.map(({ type }) => type),
    (params) => {
      const out = tensorsOf('call', fn(...(unflattenTree(inputs.structure, params) as unknown as A)), 'the result');
      structure = out.structure;
      return out.leaves;
    },
  );
  const results = emit('call', [...captured, ...inputs.leaves], { body: program, name, gradient });
  return unflattenTree(structure, results) as R;
}

function traceBody(
  what: string,
  types: readonly TensorType[],
  fn: (params: Tensor[]) => readonly Tensor[],
): { readonly program: Program; readonly captured: readonly Tensor[] } {
  const child = new Trace(what, currentTrace());
  const params = types.map((type) => child.param(type));
  return within(child, () => child.close(fn(params)));
}

function traceClosed(
  what: string,
  inputs: readonly { readonly type: TensorType }[],
  fn: (params: Tensor[]) => readonly Tensor[],
): Program {
  const child = new Trace(what);
  const params = inputs.map(({ type }) => child.param(type));
  return within(child, () => child.close(fn(params)).program);
}

/** Gives a body a parameter for each of `consts`, in place of those that it captured. */
function withConsts(program: Program, captured: readonly Tensor[], consts: readonly Tensor[]): Program {
  const child = new Trace('the consts of a loop');
  const own = new Map(consts.map((tensor) => [tensor, child.param(tensor.type)]));
  const params = program.params.slice(captured.length).map(({ type, name }) => child.param(type, name));
  return within(child, () => {
    const operands = [...captured.map((tensor) => own.get(tensor) as Tensor), ...params];
    return child.close(inlineProgram(program, operands)).program;
  });
}

/** Emits the instructions of a Program into the current trace and returns its results. */
export function inlineProgram(program: Program, operands: readonly Tensor[]): Tensor[] {
  if (operands.length !== program.params.length) {
    fail('argument', 'inlineProgram', `${operands.length} operands for ${program.params.length} parameters`);
  }
  const trace = currentTrace();
  const values: Tensor[] = [];
  program.params.forEach(({ type, name }, index) => {
    const operand = operands[index] as Tensor;
    if (!sameType(operand.type, type)) {
      const got = formatType(operand.type);
      fail('shape', 'inlineProgram', `operand ${index} (${name ?? 'unnamed'}) is ${got}, not ${formatType(type)}`);
    }
    values.push(operand);
  });
  const at = (id: number): Tensor => values[id] as Tensor;
  for (const instruction of program.instructions) {
    values.push(...trace.replay(instruction, instruction.operands.map(at)));
  }
  return program.results.map(at);
}

function typesOf(program: Program): TensorType[] {
  const types = program.params.map(({ type }) => type);
  for (const instruction of program.instructions) types.push(...instruction.types);
  return program.results.map((id) => types[id] as TensorType);
}

/** Takes a tree of tensors apart. Throws `argument` for a leaf that is none. */
export function tensorsOf(op: string, tree: Tree<Tensor>, what: string): ReturnType<typeof flattenTree<Tensor>> {
  const flat = flattenTree(tree);
  flat.leaves.forEach((leaf, index) => {
    if (!(leaf instanceof Tensor)) {
      const path = flat.paths[index];
      fail(
        'argument',
        op,
        `${what} holds something that is no tensor${path === '' ? '' : ` at ${path}`}`,
        'Use constant(value)',
      );
    }
  });
  return flat;
}
