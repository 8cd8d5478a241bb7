/**
 * Takes factors that do not vary out of sums: Σ w·x is w·Σ x, over axes and over the steps of a scan.
 *
 * In a scan, a carry that gathers c + w·f with an invariant w gathers c + f instead and is multiplied after the loop.
 */

import type { Attributes, Program, ValueId } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import { at, copy, countUses } from './rebuild.ts';
import type { Rewriter, Rules } from './rewriter.ts';
import { rewrite } from './rewriter.ts';
import { range } from './simplify-movement.ts';

/** The Program with invariant factors outside of sums. */
export function factor(program: Program): Program {
  return rewrite(program, factorRules, factorScan);
}

const factorRules: Rules = {
  reduce_sum: [
    (graph, [x = 0], { axes }) => {
      const found = graph.definition(x);
      if (found === undefined || graph.uses(x) > 1) return undefined;
      if (found.op === 'neg') return graph.plain('neg', graph.one('reduce_sum', found.operands, { axes }));
      if (found.op !== 'mul') return undefined;
      const [a = 0, b = 0] = found.operands;
      return outOfSum(graph, a, b, axes) ?? outOfSum(graph, b, a, axes);
    },
  ],
};

/** Σ w·x over axes along which w only repeats itself. */
function outOfSum(graph: Rewriter, w: ValueId, x: ValueId, axes: readonly number[]): ValueId | undefined {
  const repeated = graph.is(w, 'broadcast');
  if (repeated === undefined) return undefined;
  const { shape, axes: kept } = repeated.attributes;
  const first = axes.filter((axis) => !kept.includes(axis));
  if (first.length === 0) return undefined;
  const left = range(0, shape.length).filter((axis) => !first.includes(axis));
  const source = at(repeated.operands, 0);
  const inner = left.map((axis) => at(shape, axis));
  const narrow =
    inner.length === kept.length
      ? source
      : graph.broadcast(
          source,
          inner,
          kept.map((axis) => left.indexOf(axis)),
        );
  const sum = graph.plain('mul', narrow, graph.one('reduce_sum', [x], { axes: first }));
  const rest = axes.filter((axis) => kept.includes(axis)).map((axis) => left.indexOf(axis));
  return rest.length === 0 ? sum : graph.one('reduce_sum', [sum], { axes: rest });
}

interface Factored {
  readonly add: ValueId;
  readonly rest: ValueId;
  readonly factor: ValueId;
}

/** Takes invariant factors out of accumulating carries. */
function factorScan(
  graph: Rewriter,
  operands: readonly ValueId[],
  attributes: Attributes['scan'],
): ValueId[] | undefined {
  const { body, consts, carries } = attributes;
  const found = new Map<number, Factored>();
  const uses = countUses(body);
  for (let carry = 0; carry < carries; carry++) {
    const factored = factorOf(attributes, carry, uses);
    if (factored !== undefined) found.set(carry, factored);
  }
  if (found.size === 0) return undefined;
  const inner = new ProgramBuilder();
  const map: ValueId[] = body.params.map(({ type, name }) => inner.param(type, name));
  const sums = new Map([...found].map(([carry, { add, rest }]) => [add, { carry, rest }]));
  for (const instruction of body.instructions) {
    const sum = sums.get(instruction.id);
    const inputs = sum === undefined ? instruction.operands : [consts + sum.carry, sum.rest];
    map.push(
      ...copy(
        inner,
        instruction,
        inputs.map((id) => at(map, id)),
      ),
    );
  }
  const starts = operands.map((id, i) => (found.has(i - consts) ? graph.like(id, 0) : id));
  const ids = graph.emit('scan', starts, { ...attributes, body: inner.build(body.results.map((id) => at(map, id))) });
  return ids.map((id, i) => {
    const factored = found.get(i);
    if (factored === undefined) return id;
    return graph.plain('add', at(operands, consts + i), graph.plain('mul', id, at(operands, factored.factor)));
  });
}

/** The parts of a carry's next value c + w·f, if nothing else reads the carry and w is a const of the scan. */
function factorOf({ body, consts }: Attributes['scan'], carry: number, uses: readonly number[]): Factored | undefined {
  const param = consts + carry;
  const end = at(body.results, carry);
  const add = body.instructions.find(({ id }) => id === end);
  if (add?.op !== 'add' || uses[param] !== 1 || uses[end] !== 1 || !add.operands.includes(param)) return undefined;
  const term = add.operands[0] === param ? add.operands[1] : add.operands[0];
  const product = body.instructions.find(({ id }) => id === term);
  if (product?.op !== 'mul' || uses[product.id] !== 1) return undefined;
  const [a = 0, b = 0] = product.operands;
  if (a < consts) return { add: end, rest: b, factor: a };
  return b < consts ? { add: end, rest: a, factor: b } : undefined;
}
