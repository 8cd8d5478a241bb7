/**
 * A wired CfC in plain double precision, forward and backward: the numbers contenders are held to.
 *
 * Each layer of the wiring is the CfC of `cfc-double.ts` without backbone, its f1 and f2 masked, and reads the activity
 * that the layer below has in the same step. It works on the distinct rows of a batch only.
 */
import { adamLosses } from './adam-double.ts';
import { type Affine, cfcStep, cfcStepBackward, type Tape, toDouble, zerosLike } from './cfc-double.ts';
import { distinctRows, type NcpProblem } from './problem.ts';
import { outputsOf } from './shapes.ts';
import type { NcpLayer } from './weights.ts';

const at = (values: ArrayLike<number>, index: number): number => values[index] ?? Number.NaN;

/** Multiplies the weights of f1 and f2, or their gradient, by the mask of the layer. */
function masked({ inputs, outputs, weight, bias }: Affine, { mask }: NcpLayer): Affine {
  const units = outputs / 4;
  const kept = weight.map((value, index) => {
    const column = index % outputs;
    if (column >= 2 * units) return value;
    return value * at(mask, Math.floor(index / outputs) * units + (column % units));
  });
  return { inputs, outputs, weight: kept, bias };
}

/** Steps of the distinct rows from zero states: result[row][time][layer]. */
function unroll(heads: readonly Affine[], problem: NcpProblem): Tape[][][] {
  const { batch, features, steps } = problem.shape;
  return Array.from({ length: distinctRows(problem.shape) }, (_, row) => {
    let states = heads.map(({ outputs }) => new Float64Array(outputs / 4));
    return Array.from({ length: steps }, (_, t) => {
      const from = (t * batch + row) * features;
      let below: Float32Array | Float64Array = problem.x.subarray(from, from + features);
      const tapes = heads.map((head, layer) => {
        const tape = cfcStep([head], below, states[layer] ?? new Float64Array(0), at(problem.elapsed, row));
        below = tape.next;
        return tape;
      });
      states = tapes.map(({ next }) => Float64Array.from(next));
      return tapes;
    });
  });
}

/** All outputs, [steps, batch, outputs] in row order, from zero states. */
export function forwardNcp(problem: NcpProblem): Float64Array {
  const { shape, weights } = problem;
  const outputs = outputsOf(shape);
  const rows = unroll(
    weights.layers.map((layer) => masked(toDouble(layer.head), layer)),
    problem,
  );
  const result = new Float64Array(shape.steps * shape.batch * outputs);
  for (let t = 0; t < shape.steps; t += 1) {
    for (let b = 0; b < shape.batch; b += 1) {
      const next = rows[b % rows.length]?.[t]?.at(-1)?.next;
      if (next !== undefined) result.set(next.subarray(0, outputs), (t * shape.batch + b) * outputs);
    }
  }
  return result;
}

/** The loss mean(y²) of the given heads and its gradient, one Affine per layer. */
export function gradientNcp(
  problem: NcpProblem,
  heads: readonly Affine[] = problem.weights.layers.map(({ head }) => toDouble(head)),
): { loss: number; gradients: Affine[] } {
  const { layers } = problem.weights;
  const acting = heads.map((head, index) => masked(head, layers[index] as NcpLayer));
  const outputs = outputsOf(problem.shape);
  const count = distinctRows(problem.shape) * problem.shape.steps * outputs;
  const gradients = acting.map(zerosLike);
  let loss = 0;
  unroll(acting, problem).forEach((sequence, row) => {
    const carried = acting.map((head) => new Float64Array(head.outputs / 4));
    for (const tapes of sequence.toReversed()) {
      // What reaches a layer from the layer above in the same step; above the last one, from the loss.
      let above = (tapes.at(-1)?.next ?? new Float64Array(0)).map((y, u) => (u < outputs ? (2 * y) / count : 0));
      for (const y of tapes.at(-1)?.next.subarray(0, outputs) ?? []) loss += (y * y) / count;
      for (let layer = acting.length - 1; layer >= 0; layer -= 1) {
        const [head, gradient, tape, own] = [acting[layer], gradients[layer], tapes[layer], carried[layer]];
        if (head === undefined || gradient === undefined || tape === undefined || own === undefined) continue;
        const dh = own.map((d, u) => d + at(above, u));
        const back = cfcStepBackward([head], [gradient], tape, dh, at(problem.elapsed, row));
        above = back.slice(0, back.length - own.length);
        carried[layer] = back.slice(-own.length);
      }
    }
  });
  return { loss, gradients: gradients.map((gradient, index) => masked(gradient, layers[index] as NcpLayer)) };
}

/** The loss before each of `count` successive Adam steps. */
export function trainNcp(problem: NcpProblem, count: number): Float64Array {
  const heads = problem.weights.layers.map(({ head }) => toDouble(head));
  const flat = (affines: readonly Affine[]): Float64Array[] => affines.flatMap(({ weight, bias }) => [weight, bias]);
  const evaluate = (): { loss: number; gradients: Float64Array[] } => {
    const { loss, gradients } = gradientNcp(problem, heads);
    return { loss, gradients: flat(gradients) };
  };
  return adamLosses(flat(heads), evaluate, count);
}
