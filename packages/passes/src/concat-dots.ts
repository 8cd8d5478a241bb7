/**
 * Two ways to write products with concatenated operands: apart, so that streamed parts can leave a loop, or merged,
 * so that one product does the work of several.
 *
 * `splitConcatDot` turns dot(concat(x, h), W) into dot(x, Wx) + dot(h, Wh). `mergeDots` turns products in a loop that
 * share an operand, and whose other operands are consts of the loop, into one with the concatenated consts.
 */

import type { Attributes, InstructionOf, Program, ValueId } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import { at, copy, rebuild, withNested } from './rebuild.ts';
import type { Rewriter, Rules } from './rewriter.ts';
import { rewrite } from './rewriter.ts';
import { range } from './simplify-movement.ts';

/** The Program with products of a concat along a contracted axis as sums of products. */
export function splitConcatDot(program: Program): Program {
  return rewrite(program, splitRules);
}

const splitRules: Rules = {
  dot: [
    (graph, operands, attributes) => split(graph, operands, attributes, 0) ?? split(graph, operands, attributes, 1),
  ],
};

function split(
  graph: Rewriter,
  operands: readonly ValueId[],
  attributes: Attributes['dot'],
  side: 0 | 1,
): ValueId | undefined {
  const found = graph.is(at(operands, side), 'concat');
  if (found === undefined) return undefined;
  const { axis } = found.attributes;
  const position = attributes.contract[side].indexOf(axis);
  if (position < 0) return undefined;
  const other = at(operands, 1 - side);
  const otherAxis = at(attributes.contract[1 - side] as readonly number[], position);
  let start = 0;
  const terms = found.operands.map((part) => {
    const limit = start + (graph.dim(part, axis) as number);
    const piece = graph.one('slice', [other], { axis: otherAxis, start, limit });
    start = limit;
    return graph.one('dot', side === 0 ? [part, piece] : [piece, part], attributes);
  });
  return terms.reduce((sum, term) => graph.plain('add', sum, term));
}

/** The Program with products in loops that share an operand merged, where the other operands are consts. */
export function mergeDots(program: Program): Program {
  return rebuild(program, new ProgramBuilder(), (builder, instruction, operands) => {
    const attributes = withNested(instruction, mergeDots);
    if (instruction.op !== 'scan') return copy(builder, instruction, operands, attributes);
    return mergeInScan(builder, { ...instruction, attributes } as InstructionOf<'scan'>, operands);
  });
}

/** Products that become one: the i-th has the const `consts[i]`, of which `axis` is the only free axis. */
interface Group {
  readonly first: InstructionOf<'dot'>;
  readonly side: 0 | 1;
  readonly axis: number;
  readonly ids: ValueId[];
  readonly consts: ValueId[];
}

function mergeInScan(builder: ProgramBuilder, scan: InstructionOf<'scan'>, operands: readonly ValueId[]): ValueId[] {
  const { body, length, reverse, consts, carries } = scan.attributes;
  const groups = [...findGroups(body, consts).values()].filter((group) => group.ids.length > 1);
  if (groups.length === 0) return copy(builder, scan as never, operands);

  const merged = groups.map((group) =>
    builder.one(
      'concat',
      group.consts.map((id) => at(operands, id)),
      { axis: group.axis },
    ),
  );
  const inner = new ProgramBuilder();
  const map: ValueId[] = [];
  const declare = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const { type, name } = at(body.params, i);
      map[i] = inner.param(type, name);
    }
  };
  declare(0, consts);
  const weights = merged.map((id) => inner.param(builder.type(id)));
  declare(consts, body.params.length);
  const slices = new Map<ValueId, ValueId>();
  for (const instruction of body.instructions) {
    const ready = slices.get(instruction.id);
    if (ready !== undefined) {
      map[instruction.id] = ready;
      continue;
    }
    const inputs = instruction.operands.map((id) => at(map, id));
    const index = groups.findIndex((group) => group.first === instruction);
    const group = groups[index];
    if (group === undefined) {
      copy(inner, instruction, inputs).forEach((id, i) => {
        map[instruction.id + i] = id;
      });
      continue;
    }
    const weight = at(weights, index);
    const both = group.side === 0 ? [weight, at(inputs, 1)] : [at(inputs, 0), weight];
    const [whole = 0] = copy(inner, instruction, both);
    // The free axis of the left operand comes first (there are no batch axes), that of the right comes last.
    const axis = group.side === 0 ? 0 : inner.type(whole).shape.length - 1;
    let start = 0;
    group.consts.forEach((id, i) => {
      const limit = start + (at(at(body.params, id).type.shape, group.axis) as number);
      slices.set(at(group.ids, i), inner.one('slice', [whole], { axis, start, limit }));
      start = limit;
    });
    map[instruction.id] = slices.get(instruction.id) as ValueId;
  }
  return copy(builder, scan as never, [...operands.slice(0, consts), ...merged, ...operands.slice(consts)], {
    body: inner.build(body.results.map((id) => at(map, id))),
    length,
    reverse,
    consts: consts + groups.length,
    carries,
  });
}

function findGroups(body: Program, consts: number): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const instruction of body.instructions) {
    if (instruction.op !== 'dot' || instruction.attributes.batch[0].length > 0) continue;
    for (const side of [0, 1] as const) {
      const weight = at(instruction.operands, side);
      const shared = at(instruction.operands, 1 - side);
      if (weight >= consts || shared < consts) continue;
      const bound = instruction.attributes.contract[side];
      const { shape } = at(body.params, weight).type;
      const free = range(0, shape.length).filter((axis) => !bound.includes(axis));
      const [axis] = free;
      if (free.length !== 1 || axis === undefined || typeof shape[axis] !== 'number') continue;
      const key = `${side} ${shared} ${instruction.attributes.contract.join(' | ')} ${axis}/${shape.length}`;
      const group = groups.get(key);
      if (group === undefined) {
        groups.set(key, { first: instruction, side, axis, ids: [instruction.id], consts: [weight] });
      } else {
        group.ids.push(instruction.id);
        group.consts.push(weight);
      }
    }
  }
  return groups;
}
