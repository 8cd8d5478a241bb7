/**
 * Recomputes in a reading scan what a writing scan would otherwise stack for it.
 *
 * A y that only other scans over the same steps read, as the residuals of a gradient are, is worth computing again
 * if that costs less than writing and reading it. It is computed from what those scans read or may read: consts and
 * xs of the writer, and ys that stay. Products, reductions and loops are never computed twice.
 */

import type { Attributes, Instruction, InstructionOf, Op, Program, ValueId } from '@rheo/ir';
import { opKinds, ProgramBuilder, valueTypes } from '@rheo/ir';
import { at, copy, countUses, rebuild, withNested } from './rebuild.ts';
import type { Estimates } from './stacks.ts';
import { estimateElements } from './stacks.ts';

/** Options of `rematerialise`; times are in nanoseconds per element and differ per target. */
export interface RematerialiseOptions {
  /** To write and read an element of a stack; 0.12 unless given. */
  readonly store?: number;
  /** To compute an element of an elementwise op: 0.4 for functions like exp and tanh, 0.05 otherwise, unless given. */
  readonly compute?: (op: Op) => number;
  /** Sizes that named dimensions are taken to have. */
  readonly estimates?: Estimates;
}

const transcendental: ReadonlySet<Op> = new Set<Op>([
  'exp',
  'expm1',
  'log',
  'log1p',
  'sin',
  'cos',
  'tanh',
  'logistic',
  'erf',
]);

/** A residual that is computed again: the writer's instructions for it, and what they start from. */
interface Recipe {
  readonly writer: InstructionOf<'scan'>;
  readonly result: ValueId;
  readonly steps: readonly Instruction[];
  readonly leaves: readonly ValueId[];
}

/** The Program with residuals recomputed where that is cheaper than keeping them; ys that fall idle stay to be removed. */
export function rematerialise(program: Program, options: RematerialiseOptions = {}): Program {
  if (!program.instructions.some(({ op }) => opKinds[op] === 'control')) return program;
  const recipes = findRecipes(program, options);
  let changed = recipes.size > 0;
  const outer: ValueId[] = program.params.map((_, i) => i);
  const result = rebuild(program, new ProgramBuilder(), (builder, instruction, operands) => {
    const attributes = withNested(instruction, (nested) => rematerialise(nested, options));
    changed ||= attributes !== instruction.attributes;
    const scan = { ...instruction, attributes } as Instruction;
    const ids =
      scan.op === 'scan'
        ? readAgain(builder, scan, instruction.operands, operands, recipes, outer)
        : copy(builder, instruction, operands, attributes);
    outer.push(...ids);
    return ids;
  });
  return changed ? result : program;
}

/** Which scan results are recomputed, by their number in the Program. */
function findRecipes(program: Program, options: RematerialiseOptions): Map<ValueId, Recipe> {
  const { store = 0.12, compute = (op: Op) => (transcendental.has(op) ? 0.4 : 0.05), estimates } = options;
  const uses = countUses(program);
  const scans = program.instructions.filter((found): found is InstructionOf<'scan'> => found.op === 'scan');
  const recipes = new Map<ValueId, Recipe>();
  for (const writer of scans) {
    const { body, consts, carries, length } = writer.attributes;
    const types = valueTypes(body);
    const definitions = new Map(body.instructions.flatMap((found) => found.types.map((_, k) => [found.id + k, found])));
    const stacked = new Set(body.results.slice(carries));
    const pinned = new Set<ValueId>();
    const readers = scans.filter((scan) => scan.attributes.length === length);
    body.results.slice(carries).forEach((result, i) => {
      const output = writer.id + carries + i;
      const reads = uses[output] ?? 0;
      const byReaders = readers.reduce(
        (sum, { attributes, operands }) =>
          sum + operands.slice(attributes.consts + attributes.carries).filter((id) => id === output).length,
        0,
      );
      if (reads === 0 || reads !== byReaders || pinned.has(result)) return;
      if (body.results.filter((id) => id === result).length > 1) return;
      const steps: Instruction[] = [];
      const leaves: ValueId[] = [];
      const seen = new Set<ValueId>();
      let cost = 0;
      const visit = (id: ValueId): boolean => {
        if (seen.has(id)) return true;
        seen.add(id);
        const found = definitions.get(id);
        if (found === undefined && id >= consts && id < consts + carries) return false;
        if (found === undefined || (id !== result && stacked.has(id))) {
          leaves.push(id);
          return true;
        }
        const kind = opKinds[found.op];
        if (kind === 'index' || kind === 'reduce' || kind === 'dot' || kind === 'random' || kind === 'control')
          return false;
        if (kind !== 'source' && kind !== 'movement')
          cost += compute(found.op) * estimateElements(at(types, id), estimates);
        if (!found.operands.every(visit)) return false;
        steps.push(found);
        return true;
      };
      if (!visit(result) || cost > store * estimateElements(at(types, result), estimates)) return;
      stacked.delete(result);
      for (const leaf of leaves) pinned.add(leaf);
      recipes.set(output, { writer, result, steps, leaves });
    });
  }
  return recipes;
}

/** Emits a scan that computes some of its xs from others. */
function readAgain(
  builder: ProgramBuilder,
  scan: InstructionOf<'scan'>,
  sources: readonly ValueId[],
  operands: readonly ValueId[],
  recipes: ReadonlyMap<ValueId, Recipe>,
  outer: readonly ValueId[],
): ValueId[] {
  const { body, length, reverse, consts, carries } = scan.attributes;
  const again = sources.map((id, i) => (i < consts + carries ? undefined : recipes.get(id)));
  if (again.every((recipe) => recipe === undefined)) return copy(builder, scan as Instruction, operands);

  const inner = new ProgramBuilder();
  const extraConsts: ValueId[] = [];
  const extraXs: ValueId[] = [];
  for (const recipe of again) {
    for (const leaf of recipe?.leaves ?? []) {
      const { list, id } = leafOutside(recipe as Recipe, leaf, outer);
      const target = list === 'consts' ? extraConsts : extraXs;
      if (!target.includes(id)) target.push(id);
    }
  }
  const map: ValueId[] = [];
  const declare = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const { type, name } = at(body.params, i);
      if (again[i] === undefined) map[i] = inner.param(type, name);
    }
  };
  declare(0, consts);
  const constParams = extraConsts.map((id) => inner.param(builder.type(id)));
  declare(consts, body.params.length);
  const xsParams = extraXs.map((id) => {
    const { dtype, shape } = builder.type(id);
    return inner.param({ dtype, shape: shape.slice(1) });
  });
  again.forEach((recipe, i) => {
    if (recipe === undefined) return;
    const values = new Map<ValueId, ValueId>();
    for (const leaf of recipe.leaves) {
      const { list, id } = leafOutside(recipe, leaf, outer);
      values.set(
        leaf,
        list === 'consts' ? at(constParams, extraConsts.indexOf(id)) : at(xsParams, extraXs.indexOf(id)),
      );
    }
    for (const step of recipe.steps) {
      const inputs = step.operands.map((id) => values.get(id) as ValueId);
      values.set(step.id, at(copy(inner, step, inputs), 0));
    }
    map[i] = values.get(recipe.result) as ValueId;
  });
  for (const instruction of body.instructions) {
    copy(
      inner,
      instruction,
      instruction.operands.map((id) => at(map, id)),
    ).forEach((id, i) => {
      map[instruction.id + i] = id;
    });
  }
  const kept = operands.filter((_, i) => i >= consts && again[i] === undefined);
  const attributes: Attributes['scan'] = {
    body: inner.build(body.results.map((id) => at(map, id))),
    length,
    reverse,
    consts: consts + extraConsts.length,
    carries,
  };
  return copy(
    builder,
    scan as Instruction,
    [...operands.slice(0, consts), ...extraConsts, ...kept, ...extraXs],
    attributes,
  );
}

/** The new Program's value for a leaf of a recipe: an operand of the writer, or one of its ys. */
function leafOutside(
  { writer }: Recipe,
  leaf: ValueId,
  outer: readonly ValueId[],
): { readonly list: 'consts' | 'xs'; readonly id: ValueId } {
  const { body, consts, carries } = writer.attributes;
  if (leaf < consts) return { list: 'consts', id: at(outer, at(writer.operands, leaf)) };
  if (leaf < body.params.length) return { list: 'xs', id: at(outer, at(writer.operands, leaf)) };
  const index = body.results.indexOf(leaf, carries);
  return { list: 'xs', id: at(outer, writer.id + index) };
}
