/**
 * Prints a matrix product on packed panels with the arithmetic that follows it.
 *
 * Column panels are the outer loop, so that a panel stays in the first cache level while rows stream past it. A block of
 * C goes to its place at once where nothing follows; else into a small array, over which the epilogue then runs in
 * vectors. Long sums with nothing behind them are taken block by block of their terms.
 */

import type { Access, Lines, ProductStep } from '@rheo/compiler';
import { axisNames, packedSize } from '@rheo/compiler';
import { evenBlocks, largestBlock } from './blocks.ts';
import type { PrintContext } from './context.ts';
import { address } from './context.ts';
import { counting, printNest } from './nest.ts';
import { storeText, VectorPrinter } from './vector-printer.ts';

/** Terms of one pass over the operands. */
const kBlock = 512;

/** Vectors side by side when there is one row. */
const wideVectors = 8;

/**
 * Bytes of a right operand of which one row is a walk through memory: more than the first cache level has for it, no more
 * than the second.
 */
const walked = { from: 2 ** 15, to: 2 ** 20 };

/** Prints the whole product. */
export function printProduct(context: PrintContext, given: ProductStep, lines: Lines): void {
  const step = withoutSingles(given);
  const { m, n, k, epilogue, panel } = step;
  const { lanes } = context.target;
  const batch = step.batch.length;
  const names = [...axisNames(batch), 'row', 'column'];
  const along = batch + 1;
  const roots = epilogue.stores.map(({ node }) => node);
  const written = new Set(epilogue.stores.map(({ access }) => access.buffer));
  const plain = plainStore(step);
  const outer = new VectorPrinter(context, {
    nodes: epilogue.nodes,
    roots,
    axes: names,
    along: n === 1 ? undefined : along,
    lanes,
    written,
    product: 'load_f(block + width * (row - first) + (column - left))',
  });
  const axes = step.batch.map(({ size }, axis) => ({ name: names[axis] ?? '', size, vector: false }));
  const packed: Access = {
    buffer: step.packed,
    offset: 0,
    strides: step.batch.map(({ packedStride }) => packedStride),
    loops: [],
  };
  const panelSize = packedSize(k, panel, panel);

  printNest(lines, axes, lanes, (depth) => {
    outer.locals(depth, lines);
    if (depth < batch) return;
    lines.add(`const float *const a = ${address(context, step.a, names)};`);
    lines.add(`const float *const b = ${address(context, packed, names)};`);
    const whole = n - (n % panel);
    if (m === 1) oneRow(whole);
    else {
      region(0, whole, panel);
      region(whole, n, n - whole);
    }
  });

  /** Columns [from, to), `width` of them at a time. */
  function region(from: number, to: number, width: number): void {
    if (from >= to) return;
    const vectors = Math.ceil(width / lanes);
    const direct = plain !== undefined && width % lanes === 0;
    const parts = direct ? termBlocks(k) : [{ from: 0, count: k }];
    for (const part of parts) {
      lines.block(counting('left', from, to, width), () =>
        rowBlocks(
          vectors,
          (rows) => {
            const left = `a + first * ${step.mStride}${offset(part.from * step.kStride)}`;
            const right = `b + left / ${panel} * ${panelSize}L${offset(part.from * panel)}`;
            const target = direct
              ? `${address(context, plain, [...names.slice(0, batch), 'first', 'left'])}, ${plain.strides[batch]}`
              : `block, ${vectors * lanes}`;
            const add = part.from === 0 ? 0 : 1;
            lines.add(
              `${context.block({ rows, vectors })}(${left}, ${step.mStride}, ${step.kStride}, ${right}, ${panel}, 0, ${part.count}, ${target}, ${add});`,
            );
          },
          direct
            ? undefined
            : (rows) => {
                finish(rows, width, vectors * lanes);
              },
        ),
      );
    }
  }

  /** A loop over the row blocks of a column panel: one size, or two that differ by one. */
  function rowBlocks(
    vectors: number,
    multiply: (rows: number) => void,
    after: ((rows: string) => void) | undefined,
  ): void {
    const blocks = evenBlocks(m, largestBlock(vectors, context.target));
    if (after !== undefined)
      lines.add(`float block[${(blocks[0]?.rows ?? 1) * vectors * lanes}] __attribute__((aligned(64)));`);
    const [large, small] = blocks as [{ rows: number; count: number }, { rows: number; count: number } | undefined];
    const limit = large.rows * large.count;
    if (after === undefined || small === undefined) {
      lines.block(counting('first', 0, limit, large.rows), () => {
        multiply(large.rows);
        after?.(String(large.rows));
      });
      if (small !== undefined) lines.block(counting('first', limit, m, small.rows), () => multiply(small.rows));
      return;
    }
    lines.block(`for (long first = 0, rows; first < ${m}; first += rows)`, () => {
      lines.add(`rows = first < ${limit} ? ${large.rows} : ${small.rows};`);
      lines.add(`if (first < ${limit})`);
      multiply(large.rows);
      lines.add('else');
      multiply(small.rows);
      after('rows');
    });
  }

  /** The epilogue over a block of C. */
  function finish(rows: string, width: number, step_: number): void {
    lines.add(`const long width = ${step_};`);
    lines.block(`for (long row = first; row < first + ${rows}; ++row)`, () => {
      outer.locals(batch + 1, lines);
      columns(width);
    });
  }

  /** Vectors of one row from `left` on. */
  function columns(width: number): void {
    const full = width - (width % lanes);
    if (full > 0) {
      lines.block(`for (long column = left; column < left + ${full}; column += ${lanes})`, () => points(lanes));
    }
    if (full < width) {
      lines.block('', () => {
        lines.add(`const long column = left + ${full};`);
        points(width - full);
      });
    }
  }

  function points(used: number): void {
    const printer = outer.inner(used);
    printer.locals(along + 1, lines);
    for (const { node, access } of epilogue.stores) {
      lines.add(storeText(context, access, names, n === 1 ? undefined : along, used, printer.text(node)));
    }
  }

  /**
   * One row: several panels at a time, to have enough sums in flight. Weights that the first cache level does not hold are
   * walked forth and back in turn: each run begins with what the one before read last, which is still there.
   */
  function oneRow(whole: number): void {
    const perPanel = panel / lanes;
    const bytes = k * n * 4;
    const turns = batch === 0 && perPanel === 2 && bytes > walked.from && bytes <= walked.to;
    const vectors = turns && whole < 2 * wideVectors * lanes ? wideVectors / 2 : wideVectors;
    const wide = vectors * lanes;
    const grouped = perPanel === 2 ? whole - (whole % wide) : 0;
    const back = `back_${step.packed}`;
    const turned = turns && grouped > wide;
    lines.add('const long row = 0, first = 0;');
    outer.locals(batch + 1, lines);
    if (turned) {
      // Any order gives the same: threads may take the turns of each other.
      lines.add(`static int ${back};`);
      lines.add(`const int turn = __atomic_load_n(&${back}, __ATOMIC_RELAXED);`);
      lines.add(`__atomic_store_n(&${back}, !turn, __ATOMIC_RELAXED);`);
    }
    const part = (from: number, to: number, width: number, vectors: number): void => {
      if (from >= to) return;
      const inTurn = turned && from === 0;
      lines.block(counting(inTurn ? 'next' : 'left', from, to, width), () => {
        if (inTurn) lines.add(`const long left = turn ? ${to - width} - next : next;`);
        lines.add(`float block[${vectors * lanes}] __attribute__((aligned(64)));`);
        lines.add(`const long width = ${vectors * lanes};`);
        lines.add(
          `${context.block({ rows: 1, vectors })}(a, 0, ${step.kStride}, b + left / ${panel} * ${panelSize}L, ${panel}, ${panelSize}, ${k}, block, width, 0);`,
        );
        columns(width);
      });
    };
    part(0, grouped, wide, vectors);
    part(grouped, whole, panel, perPanel);
    part(whole, n, n - whole, Math.ceil((n - whole) / lanes));
  }
}

function offset(elements: number): string {
  return elements === 0 ? '' : ` + ${elements}`;
}

function termBlocks(k: number): { readonly from: number; readonly count: number }[] {
  const count = Math.ceil(k / kBlock);
  const blocks: { from: number; count: number }[] = [];
  for (let i = 0, from = 0; i < count; i++) {
    const size = Math.ceil((k - from) / (count - i));
    blocks.push({ from, count: size });
    from += size;
  }
  return blocks;
}

/** The only store, if it takes the product as it is, row by row. */
function plainStore({ epilogue, batch }: ProductStep): Access | undefined {
  const [store, ...more] = epilogue.stores;
  if (store === undefined || more.length > 0 || epilogue.nodes[store.node]?.kind !== 'product') return undefined;
  return store.access.strides[batch.length + 1] === 1 ? store.access : undefined;
}

/** Steps along axes of one element mean nothing: they become 0. */
function withoutSingles(step: ProductStep): ProductStep {
  const sizes = [...step.batch.map(({ size }) => size), step.m, step.n];
  const still = (access: Access): Access => ({
    ...access,
    strides: access.strides.map((stride, axis) => (sizes[axis] === 1 ? 0 : stride)),
  });
  const { epilogue } = step;
  return {
    ...step,
    epilogue: {
      ...epilogue,
      nodes: epilogue.nodes.map((node) => {
        if (node.kind === 'load' || node.kind === 'gather') return { ...node, access: still(node.access) };
        return node;
      }),
      stores: epilogue.stores.map((store) => ({ ...store, access: still(store.access) })),
    },
  };
}
