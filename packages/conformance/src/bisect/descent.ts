/**
 * The search for the first value that differs: in a Program, and on inside of scan, while and call.
 *
 * A scan is run once more with the values of its body as further ys: the first step at which one of them differs is
 * taken, and the search goes on within that step from the state that backend `a` had. A while is taken one iteration
 * at a time, each from the state of `a`; a call is its body.
 */

import type { Attributes, Instruction, InstructionOf, Op, Program, TensorData, ValueId } from '@rheo/ir';
import { ProgramBuilder, staticShape, valueTypes } from '@rheo/ir';
import type { Difference, Shows } from './difference.ts';
import type { Both, Gap, Pair } from './pair.ts';
import { row } from './pair.ts';
import { definer, groupsOf, liveValues } from './probe.ts';
import { firstStep, scanOf, scanOperands } from './scan-steps.ts';

/** Where a search is: the pair, and the way from the outermost Program. */
export interface Search {
  readonly pair: Pair;
  readonly path: readonly string[];
}

/** The first value of a Program that differs on these inputs, taken apart as far as it goes. */
export async function firstWithin(
  search: Search,
  program: Program,
  inputs: readonly TensorData[],
): Promise<Difference | undefined> {
  for (const group of groupsOf(program, liveValues(program))) {
    const values = await search.pair.run(probeOf(program, group), inputs);
    for (const [index, both] of values.entries()) {
      const gap = search.pair.gap(both);
      const instruction = definer(program, group[index] as ValueId);
      if (gap !== undefined && instruction !== undefined) {
        return await takenApart(search, program, inputs, instruction, both, gap);
      }
    }
  }
  return undefined;
}

/** The first difference inside of an instruction whose value differs, or that value. */
async function takenApart(
  search: Search,
  program: Program,
  inputs: readonly TensorData[],
  instruction: Instruction,
  both: Both,
  gap: Gap,
): Promise<Difference> {
  const operands = await search.pair.runA(probeOf(program, instruction.operands), inputs);
  const called = instruction.op === 'call' ? ` "${instruction.attributes.name}"` : '';
  const label = `%${instruction.id} ${instruction.op}${called}`;
  const inside: Search = { pair: search.pair, path: [...search.path, label] };
  const found = await within(inside, instruction, operands);
  if (found !== undefined) return found;
  const example = search.pair.example(alone(program, instruction), operands);
  const again = await search.pair.run(example.program, operands);
  const shows: Shows = again.some((value) => search.pair.gap(value) !== undefined) ? 'alone' : 'in place';
  const { layer, name } = instruction.metadata ?? {};
  return {
    path: pathOf(inside.path, layer),
    op: instruction.op,
    ...(layer === undefined ? {} : { layer }),
    ...(name === undefined ? {} : { name }),
    type: both.type,
    ...gap,
    shows,
    example,
  };
}

/** What differs inside of an instruction with Programs of its own. */
async function within(
  search: Search,
  instruction: Instruction,
  operands: readonly TensorData[],
): Promise<Difference | undefined> {
  switch (instruction.op) {
    case 'scan':
      return await inScan(search, instruction, operands);
    case 'while':
      return await inWhile(search, instruction, operands);
    case 'call':
      return await firstWithin(search, instruction.attributes.body, operands);
    default:
      return undefined;
  }
}

/** The first step and value of a scan that differ; undefined if the scan agrees with its inner values as ys. */
async function inScan(
  search: Search,
  scan: InstructionOf<'scan'>,
  operands: readonly TensorData[],
): Promise<Difference | undefined> {
  const { body, consts, carries, reverse } = scan.attributes;
  const [length = 0] = staticShape([scan.attributes.length]);
  if (length === 0) return undefined;
  const types = scanOperands(scan.attributes, length);
  const state = body.params.map((_, id) => id).slice(consts);
  const first = await firstStep(search.pair, scan, types, operands, length, [...state, ...liveValues(body)]);
  if (first === undefined) return undefined;
  const { step, value, both, gap } = first;
  const before = state.slice(0, carries);
  const carried = await search.pair.runA(scanOf(scan, types, before), operands);
  const inputs = [
    ...operands.slice(0, consts),
    ...carried.map((data) => row(data, step, length)),
    ...operands.slice(consts + carries).map((data) => row(data, step, length)),
  ];
  const path = [...search.path, `step ${step}`];
  const instruction = definer(body, value);
  if (instruction !== undefined) {
    return await takenApart({ pair: search.pair, path }, body, inputs, instruction, both, gap);
  }
  const kind = value < consts + carries ? `carry ${value - consts}` : `xs ${value - consts - carries}`;
  const { layer } = scan.metadata ?? {};
  const name = body.params[value]?.name;
  return {
    path: pathOf([...path, `%${value} parameter, ${kind}${reverse ? ', in reverse' : ''}`], layer),
    op: 'parameter',
    ...(layer === undefined ? {} : { layer }),
    ...(name === undefined ? {} : { name }),
    type: both.type,
    ...gap,
    shows: 'in place',
    example: search.pair.example(scanOf(scan, types, [value]), operands),
  };
}

/** The first iteration and value of a while that differ. */
async function inWhile(
  search: Search,
  { attributes }: InstructionOf<'while'>,
  operands: readonly TensorData[],
): Promise<Difference | undefined> {
  const { cond, body, consts } = attributes;
  const fixed = operands.slice(0, consts);
  let state = operands.slice(consts);
  for (let iteration = 0; ; iteration++) {
    const inputs = [...fixed, ...state];
    const at = (part: string): Search => ({
      pair: search.pair,
      path: [...search.path, `iteration ${iteration}`, part],
    });
    const inCondition = await firstWithin(at('cond'), cond, inputs);
    if (inCondition !== undefined) return inCondition;
    const [goesOn] = await search.pair.runA(cond, inputs);
    if (goesOn?.[0] !== 1) return undefined;
    const inBody = await firstWithin(at('body'), body, inputs);
    if (inBody !== undefined) return inBody;
    state = await search.pair.runA(body, inputs);
  }
}

/** Text of a path, with the layer at its end. */
export function pathOf(path: readonly string[], layer: string | undefined): string {
  return `instruction ${path.join(' › ')}${layer === undefined ? '' : ` (layer ${layer})`}`;
}

/** One instruction as a Program of its own. */
function alone(program: Program, { op, operands, attributes, metadata }: Instruction): Program {
  const types = valueTypes(program);
  const b = new ProgramBuilder();
  const params = operands.map((id) => b.param(types[id] as (typeof types)[number]));
  return b.build(b.emit(op as Op, params, attributes as Attributes[Op], metadata));
}

const probes = new WeakMap<Program, Map<string, Program>>();

/** The Program with other results; the same object for the same ones, so that it is compiled once. */
function probeOf(program: Program, results: readonly ValueId[]): Program {
  const known = probes.get(program) ?? new Map<string, Program>();
  probes.set(program, known);
  const key = results.join();
  const made = known.get(key) ?? { ...program, results };
  known.set(key, made);
  return made;
}
