/**
 * Arrays on the host, as users pass them and get them back, and the checks that numbers must pass before they run.
 */

import { RheoError } from '@rheo/ir';

/** A dense row-major array with its shape. What `@rheo/data` reads has this form. */
export interface HostArray {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** A float32 result. */
export interface FloatArray {
  readonly dtype: 'f32';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Makes a float32 array; `data` is copied unless it is a Float32Array. */
export function floatArray(data: ArrayLike<number>, shape: readonly number[]): FloatArray {
  return { dtype: 'f32', shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

/** Throws `argument` or `shape` unless `array` is dense, with an integer shape that fits its data and these axes. */
export function checkArray(array: HostArray, name: string, axes: readonly (readonly (number | undefined)[])[]): void {
  const { shape, data } = Object(array) as Partial<HostArray>;
  if (!Array.isArray(shape) || typeof data?.length !== 'number') {
    throw new RheoError('argument', {
      from: '@rheo/layers',
      what: `${name} is no array with a shape`,
      where: name,
      remedy: `Pass { dtype: "f32", shape: ${axes.map(text).join(' or ')}, data }`,
    });
  }
  const count = shape.reduce((product: number, size: number) => product * size, 1);
  const fits = axes.some(
    (wanted) =>
      wanted.length === shape.length && wanted.every((size, axis) => size === undefined || size === shape[axis]),
  );
  const whole = fits && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!whole || count !== data.length) {
    throw new RheoError('shape', {
      from: '@rheo/layers',
      what: `${name} does not fit`,
      where: name,
      shapes: [`[${shape.join(',')}] with ${data.length} numbers`],
      remedy: whole ? `It needs ${count} numbers` : `It takes ${axes.map(text).join(' or ')}`,
    });
  }
}

/** Float32 numbers, all of them finite. Throws `value` naming the first that is not, `dtype` for text or big integers. */
export function finiteNumbers(array: HostArray, name: string): Float32Array {
  const { data, shape } = array;
  const numbers = new Float32Array(data.length);
  for (let index = 0; index < data.length; index++) {
    const value = data[index];
    if (typeof value !== 'number') {
      throw new RheoError('dtype', {
        from: '@rheo/layers',
        what: `${name} holds a ${typeof value}`,
        where: name,
        remedy: 'Pass a Float32Array or plain numbers',
      });
    }
    numbers[index] = value;
    if (!Number.isFinite(numbers[index])) {
      throw badValue(name, `is ${value}`, index, shape, 'Replace missing values, and scale what float32 cannot hold');
    }
  }
  return numbers;
}

/** The error for one number. */
export function badValue(
  name: string,
  what: string,
  index: number,
  shape: readonly number[],
  remedy: string,
): RheoError {
  const position: number[] = [];
  for (let axis = shape.length - 1, rest = index; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    position.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  const where = position.length === 0 ? name : `${name}[${position.join(',')}]`;
  return new RheoError('value', { from: '@rheo/layers', what: `${where} ${what}`, where, remedy });
}

function text(shape: readonly (number | undefined)[]): string {
  return `[${shape.map((size) => size ?? 'any').join(', ')}]`;
}
