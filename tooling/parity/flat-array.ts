/**
 * Nested JSON arrays as flat numbers with a shape.
 */

/** Dense, row-major. */
export interface FlatArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Flattens nested arrays of numbers or booleans. Throws for anything else, and for ragged arrays. */
export function flatArray(value: unknown, name: string): FlatArray {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0]) shape.push(inner.length);
  const data: number[] = [];
  const visit = (node: unknown, depth: number): void => {
    if (depth === shape.length) {
      if (typeof node !== 'number' && typeof node !== 'boolean') throw new Error(`${name} holds ${String(node)}`);
      data.push(Number(node));
      return;
    }
    if (!Array.isArray(node) || node.length !== shape[depth]) throw new Error(`${name} is ragged`);
    for (const child of node) visit(child, depth + 1);
  };
  visit(value, 0);
  return { shape, data: Float64Array.from(data) };
}

/** The transpose of a matrix. */
export function transposed({ shape, data }: FlatArray): FlatArray {
  const [rows = 0, columns = 0] = shape;
  return {
    shape: [columns, rows],
    data: Float64Array.from(
      data,
      (_, index) => data[(index % rows) * columns + Math.floor(index / rows)] ?? Number.NaN,
    ),
  };
}

/** The same numbers with another shape of the same size. */
export function reshaped({ data }: FlatArray, shape: readonly number[]): FlatArray {
  if (shape.reduce((product, size) => product * size, 1) !== data.length) {
    throw new Error(`${data.length} numbers do not have the shape [${shape}]`);
  }
  return { shape, data };
}
