/**
 * How the rows of requests become the numbers of a model: by column name through the preparation of the model file, or as
 * plain numbers where the file has none. The memory of a key begins with the rows seen and the time of the last one.
 */

import type { Preparation, PreparedStream } from '@rheo/data';
import { streamPreparation } from '@rheo/data';
import type { Stepper } from '@rheo/layers';
import { Refusal } from './refusal.ts';

/** The parts of a request that a reader looks at. */
export interface Row {
  readonly time?: unknown;
  readonly dt?: unknown;
  readonly values?: unknown;
}

/** Writes the numbers of a row and gives the elapsed time, or undefined for the model's default. */
export interface RowReader {
  readonly memorySize: number;
  /** Throws `Refusal` or a typed error; what it has written then counts for nothing. */
  read(row: Row, memory: Float64Array, x: Float32Array, observed: Float32Array): number | undefined;
}

/** Rows by column name. */
export function preparedRows(preparation: Preparation): RowReader {
  const prepared: PreparedStream = streamPreparation(preparation);
  return {
    memorySize: prepared.memory,
    read({ time, dt, values }, memory, x, observed) {
      if (dt !== undefined) throw refuse('dt', 'Give the time of the row as `time`; elapsed times follow from it');
      if (typeof values !== 'object' || values === null || Array.isArray(values)) {
        throw refuse('values', 'It is an object with the columns of the model, such as {"speed": 1.5}');
      }
      observed.fill(1);
      return prepared.encode({ time, values: values as Record<string, unknown> }, memory, x);
    },
  };
}

/** Rows of plain numbers, in the order of the model's inputs, with `dt`, `time` or neither. */
export function plainRows({ features, needsObserved, hasDefaultElapsed }: Stepper): RowReader {
  const missing = needsObserved ? ', or null where one was not observed' : '';
  return {
    memorySize: 3,
    read({ time, dt, values }, memory, x, observed) {
      if (!Array.isArray(values) || values.length !== features) {
        throw refuse('values', `It is a list of ${features} numbers${missing}`);
      }
      for (let at = 0; at < features; at++) {
        const value: unknown = values[at];
        const absent = needsObserved && value === null;
        if (!absent && !(typeof value === 'number' && Number.isFinite(Math.fround(value)))) {
          throw refuse(`values[${at}]`, `It is a number that float32 can hold${missing}`);
        }
        x[at] = absent ? 0 : Number(value);
        observed[at] = absent ? 0 : 1;
      }
      return elapsed(time, dt, memory);
    },
  };

  /** Memory: rows, the clock, and whether a time has set it. */
  function elapsed(time: unknown, dt: unknown, memory: Float64Array): number | undefined {
    const [rows = 0, before = 0, isSet = 0] = memory;
    memory[0] = rows + 1;
    if (dt !== undefined) {
      if (time !== undefined) throw refuse('dt', 'Give `time` or `dt`, not both');
      if (!isTime(dt) || dt < 0) throw refuse('dt', 'It is a number of at least 0, the time since the row before');
      memory[1] = before + dt;
      return dt;
    }
    if (time === undefined) {
      if (hasDefaultElapsed) return undefined;
      throw refuse('time', 'Give `time` or `dt`: the layers of this model do not agree on a default');
    }
    if (!isTime(time)) throw refuse('time', 'It is a number, in the unit of the elapsed times of the training');
    memory[1] = time;
    memory[2] = 1;
    if (rows === 0 || isSet === 0) return 0;
    if (time < before) {
      const message = `time runs backwards, from ${before} to ${time}. Give the rows of a key in the order of their times`;
      throw new Refusal('value', message, { where: 'time' });
    }
    const since = time - before;
    if (isTime(since)) return since;
    throw refuse('time', 'The time since the row before is more than float32 can hold');
  }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(Math.fround(value));
}

function refuse(where: string, message: string): Refusal {
  return new Refusal('request', `${where}: ${message}.`, { where });
}
