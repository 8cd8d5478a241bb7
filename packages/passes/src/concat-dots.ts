/**
 * Two ways to write products with concatenated operands: apart, so that streamed parts can leave a loop, or merged,
 * so that one product does the work of several.
 *
 * `splitConcatDot` turns dot(concat(x, h), W) into dot(x, Wx) + dot(h, Wh). `mergeDots` turns products in a loop that
 * share an operand, and whose other operands are consts of the loop, into one with the concatenated consts.
 */

import type { Attributes, Instruction, InstructionOf, Program, ValueId } from '@rheo/ir';
import { ProgramBuilder, valueCount } from '@rheo/ir';
import { at, changeScans, copy, rebuild } from './rebuild.ts';
import { Rewriter } from './rewriter.ts';
import { range } from './simplify-movement.ts';

/** The Program with products of concats of streamed and recurrent parts, in loops, as sums of products. */
export function splitConcatDot(program: Program): Program {
  return changeScans(program, splitInScan);
}

function splitInScan(
  builder: ProgramBuilder,
  scan: InstructionOf<'scan'>,
  operands: readonly ValueId[],
): ValueId[] | undefined {
  const { body, consts, carries } = scan.attributes;
  const recurrent = new Uint8Array(valueCount(body)).fill(1, consts, consts + carries);
  for (const { id, types, operands: inputs } of body.instructions) {
    if (inputs.some((input) => recurrent[input] === 1)) recurrent.fill(1, id, id + types.length);
  }
  const concats = new Map<ValueId, InstructionOf<'concat'>>();
  for (const found of body.instructions) if (found.op === 'concat') concats.set(found.id, found);
  let changed = false;
  const split = rebuild(body, new Rewriter(), (graph, instruction, inputs) => {
    if (instruction.op !== 'dot') return copy(graph, instruction, inputs);
    for (const side of [0, 1] as const) {
      const concat = concats.get(at(instruction.operands, side));
      if (concat === undefined || recurrent[at(instruction.operands, 1 - side)] === 1) continue;
      const kinds = concat.operands.map((id) => recurrent[id] === 1);
      if (!kinds.includes(true) || !kinds.includes(false)) continue;
      const sum = splitDot(graph, inputs, instruction.attributes, side, kinds);
      if (sum === undefined) continue;
      changed = true;
      return [sum];
    }
    return copy(graph, instruction, inputs);
  });
  return changed ? copy(builder, scan as Instruction, operands, { ...scan.attributes, body: split }) : undefined;
}

/** A sum of one product for each run of parts of one kind. */
function splitDot(
  graph: Rewriter,
  operands: readonly ValueId[],
  attributes: Attributes['dot'],
  side: 0 | 1,
  kinds: readonly boolean[],
): ValueId | undefined {
  const found = graph.is(at(operands, side), 'concat');
  const position = found === undefined ? -1 : attributes.contract[side].indexOf(found.attributes.axis);
  if (found === undefined || position < 0) return undefined;
  const { axis } = found.attributes;
  const other = at(operands, 1 - side);
  const otherAxis = at(attributes.contract[side === 0 ? 1 : 0], position);
  const terms: ValueId[] = [];
  let start = 0;
  for (let first = 0; first < kinds.length; ) {
    let next = first + 1;
    while (next < kinds.length && kinds[next] === kinds[first]) next++;
    const parts = found.operands.slice(first, next);
    const part = parts.length === 1 ? at(parts, 0) : graph.one('concat', parts, { axis });
    const limit = start + (graph.dim(part, axis) as number);
    const piece = graph.one('slice', [other], { axis: otherAxis, start, limit });
    terms.push(graph.one('dot', side === 0 ? [part, piece] : [piece, part], attributes));
    [start, first] = [limit, next];
  }
  return terms.reduce((sum, term) => graph.plain('add', sum, term));
}

/** The Program with products in loops that share an operand merged, where the other operands are consts. */
export function mergeDots(program: Program): Program {
  return changeScans(program, mergeInScan);
}

/** Products that become one: the i-th has the const `consts[i]`, of which `axis` is the only free axis. */
interface Group {
  readonly first: InstructionOf<'dot'>;
  readonly side: 0 | 1;
  readonly axis: number;
  readonly ids: ValueId[];
  readonly consts: ValueId[];
}

function mergeInScan(
  builder: ProgramBuilder,
  scan: InstructionOf<'scan'>,
  operands: readonly ValueId[],
): ValueId[] | undefined {
  const { body, length, reverse, consts, carries } = scan.attributes;
  const groups = [...findGroups(body, consts).values()].filter((group) => group.ids.length > 1);
  if (groups.length === 0) return undefined;

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
  return copy(builder, scan as Instruction, [...operands.slice(0, consts), ...merged, ...operands.slice(consts)], {
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
