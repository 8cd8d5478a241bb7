/**
 * Trees: nested arrays and plain objects of leaves, as parameters, states and batches come.
 *
 * Leaves are visited in the order in which arrays and objects are written (`Object.keys`). Anything that is neither an
 * array nor a plain object is a leaf; so are plain objects that are a tensor type (`dtype` and `shape`) or carry one
 * (`type`), such as parameters and handles. Paths join keys and indices with `/`: `cell/backbone/0/kernel`.
 */

import { RheoError } from '@rheo/ir';

/** A leaf, or an array or plain object of trees. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [key: string]: Tree<T> };

/** Shape of a tree without its leaves, plain data: `'*'` stands for a leaf. */
export type TreeStructure = '*' | readonly TreeStructure[] | { readonly [key: string]: TreeStructure };

/** A tree taken apart; `leaves[i]` was found at `paths[i]`, the empty path being the tree itself. */
export interface FlatTree<T> {
  readonly leaves: readonly T[];
  readonly structure: TreeStructure;
  readonly paths: readonly string[];
}

/** Takes a tree apart. Throws `argument` for null or undefined in it. */
export function flattenTree<T>(tree: Tree<T>): FlatTree<T> {
  const leaves: T[] = [];
  const paths: string[] = [];
  const visit = (node: Tree<T>, path: string): TreeStructure => {
    if (node === null || node === undefined) {
      throw new RheoError('argument', {
        from: '@rheo/core',
        what: `a tree holds ${String(node)}`,
        where: path === '' ? 'its root' : path,
        remedy: 'Leave the key out, or use an empty array',
      });
    }
    if (Array.isArray(node)) return node.map((child: Tree<T>, index) => visit(child, join(path, String(index))));
    if (isBranch(node)) {
      return Object.fromEntries(Object.keys(node).map((key) => [key, visit(node[key] as Tree<T>, join(path, key))]));
    }
    leaves.push(node as T);
    paths.push(path);
    return '*';
  };
  const structure = visit(tree, '');
  return { leaves, structure, paths };
}

/** Puts leaves back. Throws `argument` when their number does not fit the structure. */
export function unflattenTree<T>(structure: TreeStructure, leaves: readonly T[]): Tree<T> {
  const count = leafCount(structure);
  if (count !== leaves.length) {
    throw new RheoError('argument', {
      from: '@rheo/core',
      what: `${leaves.length} leaves for a tree of ${count}`,
      where: JSON.stringify(structure),
    });
  }
  let next = 0;
  const build = (node: TreeStructure): Tree<T> => {
    if (node === '*') return leaves[next++] as T;
    if (Array.isArray(node)) return node.map(build);
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, build(child)]));
  };
  return build(structure);
}

/** Number of leaves of a structure. */
export function leafCount(structure: TreeStructure): number {
  if (structure === '*') return 1;
  let count = 0;
  for (const child of Object.values(structure)) count += leafCount(child);
  return count;
}

/** True if both structures have the same keys in the same order. */
export function sameStructure(a: TreeStructure, b: TreeStructure): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Applies `fn` to the leaves of one tree, or of several trees of one structure together. */
export function mapTree<A, R>(fn: (leaf: A, path: string) => R, tree: Tree<A>): Tree<R>;
export function mapTree<A, B, R>(fn: (a: A, b: B, path: string) => R, a: Tree<A>, b: Tree<B>): Tree<R>;
export function mapTree<A, R>(fn: (...leaves: (A | string)[]) => R, ...trees: Tree<A>[]): Tree<R>;
export function mapTree<A, R>(fn: (...leaves: never[]) => R, ...trees: Tree<A>[]): Tree<R> {
  const flat = trees.map((tree) => flattenTree(tree));
  const first = flat[0];
  if (first === undefined) throw new RheoError('argument', { from: '@rheo/core', what: 'mapTree takes a tree' });
  for (const other of flat) {
    if (!sameStructure(first.structure, other.structure)) {
      throw new RheoError('argument', {
        from: '@rheo/core',
        what: 'mapTree takes trees of one structure',
        shapes: flat.map(({ structure }) => JSON.stringify(structure)),
      });
    }
  }
  const apply = fn as unknown as (...leaves: unknown[]) => R;
  const mapped = first.paths.map((path, index) => apply(...flat.map(({ leaves }) => leaves[index]), path));
  return unflattenTree(first.structure, mapped);
}

function isBranch(node: unknown): node is { readonly [key: string]: unknown } {
  if (typeof node !== 'object' || node === null) return false;
  const prototype: unknown = Object.getPrototypeOf(node);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const { type } = node as { readonly type?: unknown };
  return !isType(node) && !isType(type);
}

function isType(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { dtype, shape } = value as { readonly dtype?: unknown; readonly shape?: unknown };
  return typeof dtype === 'string' && Array.isArray(shape);
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}/${key}`;
}
