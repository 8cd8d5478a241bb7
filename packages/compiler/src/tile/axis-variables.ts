/**
 * Gives every axis of every value of a Program a variable, and unifies those that must run together.
 *
 * Axes are unified through ops, around carries, and into and out of loop bodies. What happens to a variable besides
 * being carried along is recorded: a coupling mixes its positions, a reduction sums them up. `analyseTiles` reads
 * this; nothing here decides.
 */

import type { Instruction, Program, ValueId } from '@rheo/ir';
import { opKinds, valueTypes } from '@rheo/ir';
import { segmentsOf } from '../views.ts';

/** A class of axes that run together. */
export interface AxisVariable {
  readonly id: number;
  readonly size: number | string;
}

/** Something that mixes the positions of a variable: rows along it cannot be computed apart. */
export interface Coupling {
  readonly variable: number;
  readonly why: string;
}

/** A sum over a variable: the value that holds it, in the block where it is made. */
export interface Reduction {
  readonly variable: number;
  readonly block: AxisBlock;
  readonly value: ValueId;
}

/** The axes of one Program; bodies of loops are blocks of their own. */
export interface AxisBlock {
  readonly program: Program;
  /** Variables per value and axis, before unification: look them up with `find`. */
  readonly axes: readonly (readonly number[])[];
  /** Bodies, by the id of their instruction. */
  readonly bodies: ReadonlyMap<ValueId, readonly AxisBlock[]>;
}

/** The unified axes of a Program. */
export interface AxisGraph {
  readonly root: AxisBlock;
  readonly couplings: readonly Coupling[];
  readonly reductions: readonly Reduction[];
  /** Representative of a variable. */
  find(variable: number): number;
  size(variable: number): number | string;
}

/** Unifies the axes of a Program without calls. */
export function unifyAxes(program: Program): AxisGraph {
  const parents: number[] = [];
  const sizes: (number | string)[] = [];
  const couplings: Coupling[] = [];
  const reductions: Reduction[] = [];
  const find = (variable: number): number => {
    let root = variable;
    while (parents[root] !== root) root = parents[root] as number;
    for (let next = variable; next !== root; ) {
      const parent = parents[next] as number;
      parents[next] = root;
      next = parent;
    }
    return root;
  };
  const unite = (a: number, b: number): void => {
    parents[find(b)] = find(a);
  };
  const fresh = (size: number | string): number => {
    parents.push(parents.length);
    sizes.push(size);
    return parents.length - 1;
  };

  const root = visit(program);
  return {
    root,
    couplings: couplings.map((coupling) => ({ ...coupling, variable: find(coupling.variable) })),
    reductions: reductions.map((reduction) => ({ ...reduction, variable: find(reduction.variable) })),
    find,
    size: (variable) => sizes[find(variable)] as number | string,
  };

  function visit(current: Program): AxisBlock {
    const axes = valueTypes(current).map(({ shape }) => shape.map(fresh));
    const bodies = new Map<ValueId, AxisBlock[]>();
    const block: AxisBlock = { program: current, axes, bodies };
    for (const instruction of current.instructions) connect(block, bodies, instruction);
    return block;
  }

  function connect(block: AxisBlock, bodies: Map<ValueId, AxisBlock[]>, instruction: Instruction): void {
    const of = (id: ValueId): readonly number[] => block.axes[id] ?? [];
    const result = of(instruction.id);
    const operands = instruction.operands.map(of);
    const first = operands[0] ?? [];
    const couple = (variable: number | undefined, why: string): void => {
      if (variable !== undefined) couplings.push({ variable, why: `${why} (${instruction.op} %${instruction.id})` });
    };
    const sum = (variable: number | undefined): void => {
      if (variable !== undefined) reductions.push({ variable, block, value: instruction.id });
    };
    const join = (a: readonly number[], b: readonly number[]): void => {
      a.forEach((variable, axis) => {
        const other = b[axis];
        if (other !== undefined) unite(variable, other);
      });
    };
    const joinBut = (axis: number, why: string): void => {
      first.forEach((variable, i) => {
        if (i === axis) couple(variable, why);
        else unite(result[i] as number, variable);
      });
      couple(result[axis], why);
    };
    switch (instruction.op) {
      case 'constant':
      case 'iota':
      case 'dimension':
        return;
      case 'broadcast':
        instruction.attributes.axes.forEach((axis, i) => {
          unite(result[axis] as number, first[i] as number);
        });
        return;
      case 'transpose':
        instruction.attributes.permutation.forEach((axis, i) => {
          unite(result[i] as number, first[axis] as number);
        });
        return;
      case 'reshape': {
        const from = block.axes[instruction.operands[0] as ValueId] ?? [];
        const before = from.map((variable) => sizes[variable] as number);
        const after = result.map((variable) => sizes[variable] as number);
        for (const segment of segmentsOf(before, after)) {
          const left = segment.from.filter((axis) => before[axis] !== 1);
          const right = segment.to.filter((axis) => after[axis] !== 1);
          if (left.length === 1 && right.length === 1) {
            unite(first[left[0] as number] as number, result[right[0] as number] as number);
            continue;
          }
          for (const axis of left) couple(first[axis], 'is merged or split');
          for (const axis of right) couple(result[axis], 'is merged or split');
        }
        return;
      }
      case 'slice':
        joinBut(instruction.attributes.axis, 'is sliced');
        return;
      case 'pad':
        joinBut(instruction.attributes.axis, 'is padded');
        return;
      case 'reverse':
        joinBut(instruction.attributes.axis, 'is reversed');
        return;
      case 'concat': {
        const { axis } = instruction.attributes;
        for (const operand of operands) {
          operand.forEach((variable, i) => {
            if (i === axis) couple(variable, 'is concatenated');
            else unite(result[i] as number, variable);
          });
        }
        couple(result[axis], 'is concatenated');
        return;
      }
      case 'gather': {
        const { axis } = instruction.attributes;
        const index = operands[1] ?? [];
        couple(first[axis], 'is gathered along');
        join(result.slice(0, axis), first.slice(0, axis));
        join(result.slice(axis, axis + index.length), index);
        join(result.slice(axis + index.length), first.slice(axis + 1));
        return;
      }
      case 'scatter_add': {
        const { axis } = instruction.attributes;
        const index = operands[1] ?? [];
        join(result.slice(0, axis), first.slice(0, axis));
        join(first.slice(axis, axis + index.length), index);
        join(result.slice(axis + 1), first.slice(axis + index.length));
        couple(result[axis], 'is scattered into');
        for (const variable of index) sum(variable);
        return;
      }
      case 'reduce_sum':
      case 'reduce_max':
      case 'argmax': {
        const removed = instruction.op === 'argmax' ? [instruction.attributes.axis] : instruction.attributes.axes;
        let next = 0;
        first.forEach((variable, axis) => {
          if (!removed.includes(axis)) unite(result[next++] as number, variable);
          else if (instruction.op === 'reduce_sum') sum(variable);
          else couple(variable, 'has its largest element taken');
        });
        return;
      }
      case 'dot': {
        const { contract, batch } = instruction.attributes;
        const [left, right] = operands as [readonly number[], readonly number[]];
        contract[0].forEach((axis, i) => {
          unite(left[axis] as number, right[contract[1][i] as number] as number);
          sum(left[axis]);
        });
        let next = 0;
        batch[0].forEach((axis, i) => {
          unite(left[axis] as number, right[batch[1][i] as number] as number);
          unite(result[next++] as number, left[axis] as number);
        });
        for (const [side, list] of [left, right].entries()) {
          list.forEach((variable, axis) => {
            if (contract[side as 0 | 1].includes(axis) || batch[side as 0 | 1].includes(axis)) return;
            unite(result[next++] as number, variable);
          });
        }
        return;
      }
      case 'random_bits':
        join(result, operands[1] ?? []);
        join(result, operands[2] ?? []);
        couple(first[0], 'is a key');
        return;
      case 'scan': {
        const { body, consts, carries } = instruction.attributes;
        const inner = visit(body);
        bodies.set(instruction.id, [inner]);
        const at = (id: ValueId | undefined): readonly number[] => (id === undefined ? [] : (inner.axes[id] ?? []));
        operands.forEach((operand, i) => {
          if (i < consts + carries) join(operand, at(i));
          else {
            couple(operand[0], 'is walked by a scan');
            join(operand.slice(1), at(i));
          }
        });
        body.results.forEach((id, i) => {
          const outer = of(instruction.id + i);
          if (i < carries) {
            join(outer, at(id));
            join(outer, at(consts + i));
          } else {
            couple(outer[0], 'is walked by a scan');
            join(outer.slice(1), at(id));
          }
        });
        return;
      }
      case 'while': {
        const { cond, body, consts } = instruction.attributes;
        const inner = [visit(cond), visit(body)];
        bodies.set(instruction.id, inner);
        for (const nested of inner) {
          for (const [i, operand] of operands.entries()) join(operand, nested.axes[i] ?? []);
        }
        body.results.forEach((id, i) => {
          const outer = of(instruction.id + i);
          join(outer, inner[1]?.axes[id] ?? []);
          join(outer, operands[consts + i] ?? []);
        });
        return;
      }
      case 'call':
        throw new Error('calls are inlined before axes are unified');
      default:
        if (opKinds[instruction.op] === 'control') throw new Error(`${instruction.op} has no axis rule`);
        for (const operand of operands) join(result, operand);
    }
  }
}
