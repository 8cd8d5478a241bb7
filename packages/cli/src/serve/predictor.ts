/**
 * Rows to answers, one at a time, in the order in which they come. A row that is refused changes nothing: no state, no
 * clock, and no state of another key goes to make room for it.
 */

import type { KeyStates } from './key-states.ts';
import type { Limits } from './limits.ts';
import type { RequestRow } from './read-row.ts';
import { readRow } from './read-row.ts';
import { Refusal } from './refusal.ts';
import type { Prediction, ServedModel } from './served-model.ts';
import type { TokenBucket } from './token-bucket.ts';

/** The answer to a row. */
export type Answer = {
  readonly id?: string | number;
  readonly key: string;
  readonly time?: unknown;
  /** Rows that the state of the key has seen, this one included; 1: the key is new, or its state was dropped. */
  readonly step: number;
} & Prediction;

export class Predictor {
  /** Rows answered. */
  answered: number = 0;
  readonly #model: ServedModel;
  readonly #states: KeyStates;
  readonly #limits: Limits;
  readonly #state: Float32Array;
  readonly #memory: Float64Array;
  readonly #x: Float32Array;
  readonly #observed: Float32Array;

  constructor(model: ServedModel, states: KeyStates, limits: Limits) {
    this.#model = model;
    this.#states = states;
    this.#limits = limits;
    const { stateSize, features } = model.step;
    this.#state = new Float32Array(stateSize);
    this.#memory = new Float64Array(model.rows.memorySize);
    this.#x = new Float32Array(features);
    this.#observed = new Float32Array(features);
  }

  /** Answers one parsed row. `now` in seconds since 1970. Throws `Refusal` or a typed error. */
  predict(value: unknown, now: number, connection: TokenBucket): Answer {
    const wait = connection.take(now);
    if (wait > 0) throw tooFast('this connection', this.#limits.connectionRate, wait);
    const row = readRow(value, this.#limits);
    const { key, id, time } = row;
    const keyWait = this.#states.charge(key, now);
    if (keyWait > 0) throw tooFast('this key', this.#limits.keyRate, keyWait);
    this.#states.read(key, this.#state, this.#memory);
    const prediction = this.#step(row);
    this.#states.write(key, this.#state, this.#memory, now);
    this.answered++;
    const head = { ...(id === undefined ? {} : { id }), key, ...(time === undefined ? {} : { time }) };
    return { ...head, step: this.#memory[0] ?? 0, ...prediction };
  }

  #step(row: RequestRow): Prediction {
    const { step, rows, predictionOf } = this.#model;
    const elapsed = rows.read(row, this.#memory, this.#x, this.#observed);
    return predictionOf(step.step(this.#state, this.#x, elapsed, step.needsObserved ? this.#observed : undefined));
  }
}

function tooFast(whose: string, rate: number, wait: number): Refusal {
  const message = `More than ${rate} rows a second for ${whose}. Send fewer, or raise the limit of the server.`;
  return new Refusal('rate', message, { retryAfter: Math.ceil(wait * 1000) / 1000 });
}
