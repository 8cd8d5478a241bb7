/**
 * Wraps a loop over tiles of rows around the part of a Program in which rows do not meet.
 *
 * The loop is a scan without carries: each iteration takes some rows through all time steps, forward and backward, and
 * leaves its rows of the outputs and its own partial sums, which are added up in the order of the tiles afterwards. What
 * one tile keeps for the way back is small enough for a cache, and tiles can be given to threads. Tiles depend on shapes
 * only, so results do not depend on the number of threads.
 */

import type { DType, Instruction, Program, ValueId } from '@rheo/ir';
import { ProgramBuilder, valueTypes } from '@rheo/ir';
import { commonSubexpressions } from '@rheo/passes';
import type { FoundAxis, TileAxis } from './analyse-tiles.ts';
import { findTile } from './analyse-tiles.ts';
import type { AxisBlock } from './axis-variables.ts';
import { unifyAxes } from './axis-variables.ts';
import type { Retiling } from './retile.ts';
import { emitRetiled, holdsArrays, isArray, numberings, shapeIn } from './retile.ts';
import { indexesInLoops, rowsLast } from './rows-last.ts';
import { unshare } from './unshare.ts';

/** What decides about tiles. */
export interface TileOptions {
  /**
   * Rows of a tile for an axis of `size` rows, `size` or more for no tiles; `rowsPerTile` unless given. `indexed` says
   * that loops read or add at indices: then rows may come to lie in the lanes of vectors.
   */
  readonly rows?: (size: number, indexed: boolean) => number;
}

/**
 * Rows of a tile where nothing else is known: at least four tiles if that leaves eight rows or more to each, so that
 * four threads have work, and 64 at most, so that what a tile keeps stays small. Multiples of eight fill the register
 * blocks of matrix products; sixteen, the widest vectors.
 */
export function rowsPerTile(size: number, indexed: boolean = false): number {
  const unit = indexed ? 16 : 8;
  return Math.min(64, Math.max(unit, Math.ceil(size / (4 * unit)) * unit));
}

/** The Program with a loop over tiles; the same object where there is nothing to tile. It must be static and without calls. */
export function tileProgram(given: Program, { rows = rowsPerTile }: TileOptions = {}): Program {
  if (!given.instructions.some(({ op }) => op === 'scan')) return given;
  const program = unshare(given);
  const graph = unifyAxes(program);
  const operations = new Map(program.instructions.map((instruction) => [instruction.id, instruction]));
  const loops = (axis: TileAxis): boolean => axis.region.some((id) => operations.get(id)?.op === 'scan');
  const found = findTile(graph, loops);
  if (found === undefined) return given;
  const size = found.axis.size as number;
  const wanted = Math.floor(rows(size, indexesInLoops(graph.root)));
  const base = { graph, variable: found.variable };
  if (!(wanted >= 1) || wanted >= size || holdsArrays({ ...base, rows: wanted }, graph.root)) return given;
  const whole = Math.floor(size / wanted);
  const pieces = [{ start: 0, tiles: whole, rows: wanted }];
  if (whole * wanted < size) pieces.push({ start: whole * wanted, tiles: 1, rows: size - whole * wanted });
  const tiled = emitTiled(program, graph.root, found, pieces, (piece) => ({ ...base, rows: piece.rows }));
  return commonSubexpressions(tiled);
}

/** Tiles of one size, side by side. */
interface Piece {
  readonly start: number;
  readonly tiles: number;
  readonly rows: number;
}

function emitTiled(
  program: Program,
  block: AxisBlock,
  { axis }: FoundAxis,
  pieces: readonly Piece[],
  retilingOf: (piece: Piece) => Retiling,
): Program {
  const along = (id: ValueId): number => axis.axisOf[id] ?? -1;
  const chosen = new Set(axis.region);
  const sums = new Set(axis.accumulators);
  // Arrays of constants lie in memory as they are; tiles read their part.
  const region = program.instructions.filter((found) => chosen.has(found.id) && !isArray(found));
  const made = new Set(region.flatMap(valuesOf));
  const repeated = region.filter(({ op }) => op === 'constant' || op === 'iota');
  const again = new Set(repeated.map(({ id }) => id));
  const rest = program.instructions.filter((found) => !made.has(found.id) || again.has(found.id));
  const read = new Set([...rest.flatMap(({ operands }) => operands), ...program.results]);
  const outputs = [...made].filter((id) => read.has(id) && !again.has(id));
  const inputs = [...new Set(region.flatMap(({ operands }) => operands))].filter((id) => !made.has(id));

  const builder = new ProgramBuilder();
  const map = new Map<ValueId, ValueId>();
  program.params.forEach(({ type, name }, id) => {
    map.set(id, builder.param(type, name));
  });
  const after = new Set<ValueId>(outputs);
  const emitRest = (late: boolean): void => {
    for (const instruction of rest) {
      const dependent = instruction.operands.some((id) => after.has(id));
      if (dependent) for (const id of valuesOf(instruction)) after.add(id);
      if (dependent !== late) continue;
      const operands = instruction.operands.map((id) => map.get(id) as ValueId);
      const ids = builder.emit(instruction.op, operands, instruction.attributes as never, instruction.metadata);
      ids.forEach((id, index) => {
        map.set(instruction.id + index, id);
      });
    }
  };
  emitRest(false);

  const parts = pieces.map((piece) => {
    const retiling = retilingOf(piece);
    const dtypes = [...numberings(retiling, block)];
    const body = tileBody(program, block, retiling, { region, inputs, outputs, along, dtypes });
    const consts = inputs.filter((id) => along(id) < 0).map((id) => map.get(id) as ValueId);
    const xs = inputs
      .filter((id) => along(id) >= 0)
      .map((id) => cut(builder, map.get(id) as ValueId, along(id), piece));
    const firsts = dtypes.map((dtype) => firstRows(builder, dtype, piece));
    return builder.emit('scan', [...consts, ...xs, ...firsts], {
      body,
      length: piece.tiles,
      reverse: false,
      consts: consts.length,
      carries: 0,
    });
  });
  outputs.forEach((id, index) => {
    const stacks = parts.map((ids) => ids[index] as ValueId);
    const whole = (): ValueId => (sums.has(id) ? addUp(builder, stacks) : ofFirstTile(builder, stacks[0] as ValueId));
    map.set(id, along(id) < 0 ? whole() : joinRows(builder, stacks, along(id)));
  });
  emitRest(true);
  return builder.build(program.results.map((id) => map.get(id) as ValueId));
}

interface TileParts {
  readonly region: readonly Instruction[];
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  readonly along: (id: ValueId) => number;
  readonly dtypes: readonly DType[];
}

/** One tile: what is the same for all, its rows, and its first row as a number. */
function tileBody(
  program: Program,
  block: AxisBlock,
  retiling: Retiling,
  { region, inputs, outputs, along, dtypes }: TileParts,
): Program {
  const types = valueTypes(program);
  const inner = new ProgramBuilder();
  const map = new Map<ValueId, ValueId>();
  for (const cutUp of [false, true]) {
    for (const id of inputs) {
      if (along(id) >= 0 !== cutUp) continue;
      const { dtype, shape } = types[id] as (typeof types)[number];
      map.set(id, inner.param({ dtype, shape: shapeIn(retiling, block, id, shape) }, program.params[id]?.name));
    }
  }
  const offsets = new Map(dtypes.map((dtype) => [dtype, inner.param({ dtype, shape: [] })]));
  emitRetiled(retiling, block, region, inner, map, offsets);
  const body = inner.build(outputs.map((id) => map.get(id) as ValueId));
  const ordered = [...inputs.filter((id) => along(id) < 0), ...inputs.filter((id) => along(id) >= 0)];
  return rowsLast(body, ordered.map(along)) ?? body;
}

function valuesOf(instruction: Instruction): ValueId[] {
  return instruction.types.map((_, index) => instruction.id + index);
}

/** [.., size, ..] → [tiles, .., rows, ..]: a view. */
function cut(builder: ProgramBuilder, id: ValueId, axis: number, { start, tiles, rows }: Piece): ValueId {
  const whole = builder.type(id).shape as readonly number[];
  const limit = start + tiles * rows;
  const some = start === 0 && limit === whole[axis] ? id : builder.one('slice', [id], { axis, start, limit });
  const split = builder.one('reshape', [some], {
    shape: [...whole.slice(0, axis), tiles, rows, ...whole.slice(axis + 1)],
  });
  const others = Array.from({ length: whole.length + 1 }, (_, i) => i).filter((i) => i !== axis);
  return axis === 0 ? split : builder.one('transpose', [split], { permutation: [axis, ...others] });
}

/** First row of every tile. */
function firstRows(builder: ProgramBuilder, dtype: DType, { start, tiles, rows }: Piece): ValueId {
  const count = builder.one('iota', [], { dtype, shape: [tiles], axis: 0 } as never);
  const scaled = builder.plain('mul', count, builder.fill(dtype, [tiles], rows));
  return start === 0 ? scaled : builder.plain('add', scaled, builder.fill(dtype, [tiles], start));
}

/** Partial sums of all tiles, in their order. */
function addUp(builder: ProgramBuilder, stacks: readonly ValueId[]): ValueId {
  return stacks
    .map((id) => builder.one('reduce_sum', [id], { axes: [0] }))
    .reduce((sum, part) => builder.plain('add', sum, part));
}

/** What a loop computes besides rows and sums is the same in every tile. */
function ofFirstTile(builder: ProgramBuilder, stack: ValueId): ValueId {
  const [, ...shape] = builder.type(stack).shape as readonly number[];
  return builder.one('reshape', [builder.one('slice', [stack], { axis: 0, start: 0, limit: 1 })], { shape });
}

/** [tiles, .., rows, ..] of every piece → [.., size, ..]. */
function joinRows(builder: ProgramBuilder, stacks: readonly ValueId[], axis: number): ValueId {
  const joined = stacks.map((id) => {
    const shape = builder.type(id).shape as readonly number[];
    const order = shape.map((_, i) => i).slice(1);
    order.splice(axis, 0, 0);
    const moved = axis === 0 ? id : builder.one('transpose', [id], { permutation: order });
    const [tiles = 0, ...one] = shape;
    return builder.one('reshape', [moved], { shape: one.map((dim, i) => (i === axis ? tiles * dim : dim)) });
  });
  const [first] = joined;
  return joined.length === 1 && first !== undefined ? first : builder.one('concat', joined, { axis });
}
