/**
 * Two backends that run the same Programs, and the comparison of what they give.
 *
 * Compiled Programs are kept until `dispose`, as loops run the same ones again and again.
 */

import type { Backend, Executable, Program, TensorData, TensorType } from '@rheo/ir';
import { isFloat, resultTypes } from '@rheo/ir';
import { boundsOf, sameSpecial, verdictOf } from '../bounds.ts';
import { expectedResults } from '../check-example.ts';
import type { Example } from '../example.ts';
import { withHandles } from '../handles.ts';
import type { Expected, Tolerance } from '../tolerance.ts';

/** One value as both backends have it, and what the reference says. */
export interface Both {
  readonly type: TensorType;
  readonly a: TensorData;
  readonly b: TensorData;
  readonly expected: Expected;
}

/** The element at which two backends differ most. */
export interface Gap {
  readonly element: number;
  readonly a: number;
  readonly b: number;
  readonly bound: number;
}

/** What is compared, and how exactly. */
export interface PairOptions {
  readonly a: Backend;
  readonly b: Backend;
  readonly tolerance: Tolerance;
  readonly passes: Readonly<Record<string, boolean>> | undefined;
}

/** Runs Programs without named dimensions on both backends. */
export class Pair {
  readonly #options: PairOptions;
  readonly #compiled: Map<Backend, Map<Program, Executable>> = new Map();

  constructor(options: PairOptions) {
    this.#options = options;
  }

  /** Results of backend `a`. */
  async runA(program: Program, inputs: readonly TensorData[]): Promise<TensorData[]> {
    return await this.#run(this.#options.a, program, inputs);
  }

  /** Results of both backends and of the reference. */
  async run(program: Program, inputs: readonly TensorData[]): Promise<Both[]> {
    const { a, b } = this.#options;
    const expected = expectedResults(this.example(program, inputs));
    const ofA = await this.#run(a, program, inputs);
    const ofB = await this.#run(b, program, inputs);
    return resultTypes(program).map((type, index) => ({
      type,
      a: ofA[index] as TensorData,
      b: ofB[index] as TensorData,
      expected: expected[index] as Expected,
    }));
  }

  /** The element that is furthest beyond its bound; undefined if none is. */
  gap(both: Both): Gap | undefined {
    return gapOf(both, this.#options.tolerance);
  }

  /** A Program with inputs, as exact as this comparison is. */
  example(program: Program, inputs: readonly TensorData[]): Example {
    const { tolerance, passes } = this.#options;
    return { program, inputs, tolerance, ...(passes === undefined ? {} : { passes }) };
  }

  /** Ends all compiled Programs. */
  dispose(): void {
    for (const programs of this.#compiled.values()) for (const executable of programs.values()) executable.dispose();
    this.#compiled.clear();
  }

  async #run(backend: Backend, program: Program, inputs: readonly TensorData[]): Promise<TensorData[]> {
    const executable = await this.#compile(backend, program);
    return await withHandles(backend, async (handles) => {
      const given = program.params.map(({ type }, index) => handles.upload(inputs[index] as TensorData, type));
      const results = handles.keepAll(executable.run(given));
      const read: TensorData[] = [];
      for (const result of results) read.push(await backend.read(result));
      return read;
    });
  }

  async #compile(backend: Backend, program: Program): Promise<Executable> {
    const { passes } = this.#options;
    const programs = this.#compiled.get(backend) ?? new Map<Program, Executable>();
    this.#compiled.set(backend, programs);
    const known = programs.get(program);
    if (known !== undefined) return known;
    const made = await backend.compile(program, passes === undefined ? {} : { passes });
    programs.set(program, made);
    return made;
  }
}

/** Row `index` of a value whose leading axis has `rows` of them. */
export function rowOf({ type, a, b, expected }: Both, index: number, rows: number): Both {
  const own: TensorType = { dtype: type.dtype, shape: type.shape.slice(1) };
  const cut = (data: TensorData): TensorData => row(data, index, rows);
  return {
    type: own,
    a: cut(a),
    b: cut(b),
    expected: {
      type: own,
      double: cut(expected.double),
      single: cut(expected.single),
      ...(expected.terms === undefined ? {} : { terms: cut(expected.terms) }),
    },
  };
}

/** The part of dense data that belongs to one index of the leading axis. */
export function row(data: TensorData, index: number, rows: number): TensorData {
  const size = data.length / rows;
  return data.slice(index * size, (index + 1) * size);
}

/** `b` may be off by the bound, and by what `a` itself is off, at most another bound. */
function gapOf({ type, a, b, expected }: Both, tolerance: Tolerance): Gap | undefined {
  const boundAt = boundsOf(expected, tolerance);
  let worst = 1;
  let found: Gap | undefined;
  for (let element = 0; element < a.length; element++) {
    const x = a[element] as number;
    const y = b[element] as number;
    const d = expected.double[element] as number;
    const s = expected.single[element] as number;
    const verdict = isFloat(type.dtype) ? verdictOf(type, d, s) : 'number';
    if (verdict === 'open' || x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    const bound = boundAt(element);
    const off = Number.isNaN(x) ? bound : Math.abs(x - d);
    const limit = bound + Math.min(off, bound);
    let error = verdict === 'number' ? Math.abs(x - y) / limit : Number.POSITIVE_INFINITY;
    if (verdict === 'special' && sameSpecial(type, d, x) && sameSpecial(type, d, y)) error = 0;
    if (Number.isNaN(error)) error = Number.POSITIVE_INFINITY;
    if (error <= worst) continue;
    worst = error;
    found = { element, a: x, b: y, bound: limit };
  }
  return found;
}
