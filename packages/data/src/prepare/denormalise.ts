/** Outputs of a model back in the user's terms: numbers in the unit of their column, labels of classes. */
import { DataError } from '../data-error.ts';
import type { Preparation } from './preparation.ts';

/** Predictions [..., targets] in the units of the target columns. Errors: `shape`, `argument` for classes. */
export function denormalise({ targets, classes }: Preparation, outputs: ArrayLike<number>): Float64Array {
  checkOutputs(outputs, targets.length, classes === null, 'labelsOf');
  return Float64Array.from(outputs, (value, i) => {
    const { center = 0, scale = 1 } = targets[i % targets.length] ?? {};
    return value * scale + center;
  });
}

/** Targets [..., targets] in the units of their columns as the numbers that a model is trained on. */
export function normaliseTargets({ targets, classes }: Preparation, values: ArrayLike<number>): Float64Array {
  checkOutputs(values, targets.length, classes === null, 'the indices of classes');
  return Float64Array.from(values, (value, i) => {
    const { center = 0, scale = 1 } = targets[i % targets.length] ?? {};
    return (value - center) / scale;
  });
}

/**
 * The label with the largest of the outputs [..., classes], the first of equals. Errors: `shape`, `argument` without
 * classes.
 */
export function labelsOf({ classes }: Preparation, outputs: ArrayLike<number>): string[] {
  const labels = classes ?? [];
  checkOutputs(outputs, labels.length, classes !== null, 'denormalise');
  return Array.from({ length: outputs.length / labels.length }, (_, i) => {
    let best = 0;
    const at = (c: number): number => outputs[i * labels.length + c] ?? Number.NEGATIVE_INFINITY;
    for (let c = 1; c < labels.length; c++) if (at(c) > at(best)) best = c;
    return labels[best] ?? '';
  });
}

function checkOutputs(outputs: ArrayLike<number>, width: number, right: boolean, instead: string): void {
  if (!right) {
    throw new DataError('argument', 'the task of the preparation has no such outputs', { remedy: `Use ${instead}.` });
  }
  if (outputs.length % width === 0) return;
  throw new DataError('shape', `${outputs.length} outputs are no whole number of rows of ${width}`, {
    remedy: 'Pass all outputs of the model, row by row.',
  });
}
