/**
 * Cross entropy of classes, from logits: log Σ e^x − x[label], through log-sum-exp, so it stays finite however large the
 * logits are. Targets are labels (one whole number per item) or probabilities (one per class: one-hot or soft).
 */

import type { Tensor } from '@rheo/core';
import { broadcast, eq, iota, keepAxes, logSumExp, mul, reduceSum, select, sub } from '@rheo/core';
import { formatType, RheoError } from '@rheo/ir';
import type { Loss, PreparedTargets } from './loss.ts';
import { floatTargets } from './loss.ts';

/**
 * Cross entropy from logits, one output per class. Integer targets, and float targets of width 1, are labels of
 * 0 … classes − 1; float targets of width classes are probabilities.
 */
export const crossEntropy: Loss = { name: 'cross-entropy', prepareTargets, each };

function prepareTargets(targets: Float32Array | Int32Array, width: number, outputs: number): PreparedTargets {
  if (outputs < 2) {
    throw new RheoError('shape', {
      from: '@rheo/train',
      what: `crossEntropy needs one output per class, and the model has ${outputs}`,
      where: 'outputs',
      remedy: 'Let the model end in linear(classes) with at least 2 classes',
    });
  }
  if (width !== 1) return floatTargets('crossEntropy', targets, width, outputs);
  const data = new Int32Array(targets.length);
  for (const [index, label] of targets.entries()) {
    if (!Number.isInteger(label) || label < 0 || label >= outputs) {
      throw new RheoError('value', {
        from: '@rheo/train',
        what: `label ${label} of item ${index} is no class of 0 … ${outputs - 1}`,
        where: 'targets',
        remedy: 'Number the classes from 0; padded steps may have any valid label',
      });
    }
    data[index] = label;
  }
  return { dtype: 'i32', itemShape: [], data };
}

function each(outputs: Tensor, targets: Tensor): Tensor {
  const total = logSumExp(outputs, -1);
  if (targets.dtype !== 'i32') {
    return reduceSum(mul(targets, sub(keepAxes(total, outputs, -1), outputs)), -1);
  }
  const { shape } = outputs;
  if (targets.shape.length !== shape.length - 1) {
    throw new RheoError('shape', {
      from: '@rheo/train',
      what: 'labels must have the shape of the outputs without the classes',
      where: 'targets',
      shapes: [formatType(targets.type), formatType(outputs.type)],
    });
  }
  const labels = broadcast(
    targets,
    shape,
    targets.shape.map((_, axis) => axis),
  );
  return sub(total, reduceSum(select(eq(iota(shape, shape.length - 1), labels), outputs, 0), -1));
}
