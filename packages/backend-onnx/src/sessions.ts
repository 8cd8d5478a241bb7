/**
 * The engine's sessions of one Program: one for all sizes, and more only where a named dimension turns out to be 0.
 *
 * Engines refuse loops of length 0 and reshapes of nothing; with the number known, the exporter leaves them out. Bound
 * inputs are initialisers, which the engine packs when it loads the model; such sessions are made at their first run.
 */

import type { Dims, Program, TensorData } from '@rheo/ir';
import { dimensionNames, isRheoError, RheoError } from '@rheo/ir';
import { toOnnx } from '@rheo/onnx';
import { optimise, specialise } from '@rheo/passes';
import type { Engine, EngineSession } from './runtime.ts';

/** See the head of this file. */
export class Sessions {
  readonly #engine: Engine;
  readonly #program: Program;
  readonly #names: readonly string[];
  readonly #weights: ReadonlyMap<number, Promise<TensorData>>;
  readonly #made: Map<string, EngineSession> = new Map();

  constructor(engine: Engine, program: Program, weights: ReadonlyMap<number, Promise<TensorData>>) {
    this.#engine = engine;
    this.#program = program;
    this.#names = dimensionNames(program);
    this.#weights = weights;
  }

  /** The session for these sizes, or none for a Program without results. Called within the queue only. */
  async get(dims: Dims): Promise<EngineSession | undefined> {
    if (this.#program.results.length === 0) return undefined;
    const empty = this.#names.some((name) => dims[name] === 0);
    const key = empty ? JSON.stringify(this.#names.map((name) => dims[name])) : '';
    const found = this.#made.get(key);
    if (found !== undefined) return found;
    const program = empty ? optimise(specialise(this.#program, dims)) : this.#program;
    const weights = new Map<number, TensorData>();
    for (const [index, data] of this.#weights) weights.set(index, await data);
    const model = toOnnx(program, { opset: 18, names: boundaryNames(program), weights });
    const made = this.#engine.loss.during(() => this.#engine.session(model));
    const session = await made.catch((cause: unknown) => {
      throw engineFailure('the engine refused the model', cause);
    });
    this.#made.set(key, session);
    return session;
  }

  /** Ends all sessions. Called within the queue only. */
  async release(): Promise<void> {
    const sessions = [...this.#made.values()];
    this.#made.clear();
    for (const session of sessions) await session.release();
  }
}

/** Name of an input of the model. */
export function inputName(index: number): string {
  return `input_${index}`;
}

/** Name of a result of the model. */
export function outputName(index: number): string {
  return `output_${index}`;
}

function boundaryNames(program: Program): { inputs: string[]; outputs: string[] } {
  return {
    inputs: program.params.map((_, index) => inputName(index)),
    outputs: program.results.map((_, index) => outputName(index)),
  };
}

/** What the engine throws, as a typed error; a typed error stays as it is. */
export function engineFailure(what: string, cause: unknown): RheoError {
  if (isRheoError(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const memory = /alloc|out of memory/i.test(reason);
  return new RheoError(memory ? 'memory' : 'backend', {
    from: '@rheo/backend-onnx',
    what: `${what}: ${reason}`,
    cause,
  });
}
