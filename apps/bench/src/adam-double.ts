/** Adam in double precision over flat parameters, as the checks of training need it. */
import { adam } from './problem.ts';

/** A loss and its gradient, one array per parameter. */
export interface LossAndGradient {
  readonly loss: number;
  readonly gradients: readonly Float64Array[];
}

/** The loss before each of `count` successive Adam steps; changes `parameters`, which `evaluate` reads. */
export function adamLosses(
  parameters: readonly Float64Array[],
  evaluate: () => LossAndGradient,
  count: number,
): Float64Array {
  const first = parameters.map(({ length }) => new Float64Array(length));
  const second = parameters.map(({ length }) => new Float64Array(length));
  return Float64Array.from({ length: count }, (_, index) => {
    const { loss, gradients } = evaluate();
    const correction1 = 1 - adam.beta1 ** (index + 1);
    const correction2 = 1 - adam.beta2 ** (index + 1);
    gradients.forEach((gradient, slot) => {
      const [p, m, v] = [parameters[slot], first[slot], second[slot]];
      if (p === undefined || m === undefined || v === undefined) return;
      gradient.forEach((g, i) => {
        const mean = adam.beta1 * (m[i] ?? 0) + (1 - adam.beta1) * g;
        const square = adam.beta2 * (v[i] ?? 0) + (1 - adam.beta2) * g * g;
        m[i] = mean;
        v[i] = square;
        const size = Math.sqrt(square / correction2) + adam.epsilon;
        p[i] = (p[i] ?? Number.NaN) - (adam.learningRate * (mean / correction1)) / size;
      });
    });
    return loss;
  });
}
