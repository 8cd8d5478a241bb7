/**
 * TensorFlow.js on its WebAssembly backend, one thread: a hand-written loop over time inside `tidy`.
 *
 * The four head maps are one fused product and biases are fused into the products, which is the fastest form of the
 * loop. The backend is synchronous, so a run is complete when it returns.
 */
import type { Rank, Tensor1D, Tensor2D, Tensor3D, Variable } from '@tensorflow/tfjs-core';
import type { Contender, Prepared, Unsupported } from '../contender.ts';
import { adam, checkedCalls, checkedLosses, type Problem } from '../problem.ts';
import { products } from '../shapes.ts';
import { loadTfjsWasm } from '../tfjs-wasm-files.ts';

type Core = typeof import('@tensorflow/tfjs-core');
interface Layer {
  readonly weight: Tensor2D;
  readonly bias: Tensor1D;
}

/** Loads the engine once and puts it on WebAssembly with one thread. */
async function load(): Promise<Core> {
  const tf = await import('@tensorflow/tfjs-core');
  if (tf.getBackend() === 'wasm') return tf;
  await loadTfjsWasm();
  await tf.setBackend('wasm');
  await tf.ready();
  return tf;
}

/** The core (4.22) registers no gradients in its bundle for Node, nor when a bundler drops what it takes for unused. */
async function registerGradients(): Promise<void> {
  if (!('process' in globalThis)) {
    await import('@tensorflow/tfjs-core/dist/register_all_gradients.js');
    return;
  }
  const { createRequire } = await import('node:module');
  createRequire(import.meta.url)('@tensorflow/tfjs-core/dist/register_all_gradients.js');
}

function step(tf: Core, layers: readonly Layer[], x: Tensor2D, h: Tensor2D, elapsed: Tensor2D): Tensor2D {
  let z: Tensor2D = tf.concat2d([x, h], 1);
  for (const { weight, bias } of layers.slice(0, -1)) {
    z = tf.mul(tf.tanh(tf.mul(tf.fused.matMul({ a: z, b: weight, bias }), 0.666)), 1.7159);
  }
  const head = layers.at(-1);
  if (head === undefined) throw new Error('bench: a CfC needs a head');
  const out = tf.fused.matMul({ a: z, b: head.weight, bias: head.bias });
  const [p1, p2, pa, pb] = tf.split(out, 4, 1);
  if (p1 === undefined || p2 === undefined || pa === undefined || pb === undefined) throw new Error('bench: bad split');
  const gate = tf.sigmoid(tf.add(tf.mul(pa, elapsed), pb));
  return tf.add(tf.mul(tf.tanh(p1), tf.sub(1, gate)), tf.mul(gate, tf.tanh(p2)));
}

async function prepare(problem: Problem): Promise<Prepared | Unsupported> {
  if (problem.cell !== 'cfc') return { unsupported: 'only CfC is written for it' };
  // Shape L: 16 s.
  if (problem.mode === 'train' && products(problem.shape) > 2e7) {
    return { unsupported: 'one training step takes a quarter of a minute' };
  }
  const tf = await load();
  const { batch, features, units } = problem.shape;
  const trains = problem.mode === 'train';
  if (trains) await registerGradients();
  const begin = performance.now();

  const variables: Variable[] = [];
  const leaf = <T extends Tensor1D | Tensor2D>(value: T): T => {
    if (!trains) return value;
    const variable = tf.variable(value);
    value.dispose();
    variables.push(variable);
    return variable as unknown as T;
  };
  const layers: Layer[] = [...problem.weights.body, problem.weights.head].map((dense) => ({
    weight: leaf(tf.tensor2d(dense.weight, [dense.inputs, dense.outputs])),
    bias: leaf(tf.tensor1d(dense.bias)),
  }));
  const elapsed = tf.tensor2d(problem.elapsed, [batch, 1]);
  const x = tf.tensor3d(problem.x, [problem.rows, batch, features]);
  const zero = tf.zeros<Rank.R2>([batch, units]);

  const forward = (): Tensor3D =>
    tf.tidy(() => {
      const outputs: Tensor2D[] = [];
      let h = zero;
      for (const xt of tf.unstack(x, 0)) {
        h = step(tf, layers, xt as Tensor2D, h, elapsed);
        outputs.push(h);
      }
      return tf.stack(outputs, 0) as Tensor3D;
    });
  const dispose = (): void => {
    tf.dispose([x, elapsed, zero, ...layers.flatMap((layer) => [layer.weight, layer.bias])]);
  };

  if (problem.mode === 'stream') {
    let state = tf.clone(zero);
    let row = 0;
    const call = (): Float32Array => {
      const from = row * batch * features;
      row = (row + 1) % problem.rows;
      const next = tf.tidy(() => {
        const xt = tf.tensor2d(problem.x.subarray(from, from + batch * features), [batch, features]);
        return step(tf, layers, xt, state, elapsed);
      });
      state.dispose();
      state = next;
      return next.dataSync<'float32'>();
    };
    call();
    const compileMs = performance.now() - begin;
    return {
      compileMs,
      check: async () => {
        const result = new Float32Array(checkedCalls * batch * units);
        state.dispose();
        state = tf.clone(zero);
        row = 0;
        for (let k = 0; k < checkedCalls; k += 1) result.set(call(), k * batch * units);
        return result;
      },
      run: () => {
        call();
      },
      dispose: () => {
        state.dispose();
        dispose();
      },
    };
  }

  if (trains) {
    const optimizer = tf.train.adam(adam.learningRate, adam.beta1, adam.beta2, adam.epsilon);
    const trainStep = (readLoss: boolean): number => {
      const loss = optimizer.minimize(() => tf.mean(tf.square(forward())), readLoss, variables);
      const value = loss?.dataSync()[0] ?? Number.NaN;
      loss?.dispose();
      return value;
    };
    const losses = new Float32Array(checkedLosses);
    losses[0] = trainStep(true);
    const compileMs = performance.now() - begin;
    return {
      compileMs,
      check: async () => {
        for (let k = 1; k < checkedLosses; k += 1) losses[k] = trainStep(true);
        return losses;
      },
      run: () => {
        trainStep(false);
      },
      dispose: () => {
        optimizer.dispose();
        dispose();
      },
    };
  }

  forward().dispose();
  const compileMs = performance.now() - begin;
  return {
    compileMs,
    check: async () => {
      const y = forward();
      const values = y.dataSync<'float32'>().slice();
      y.dispose();
      return values;
    },
    run: () => {
      forward().dispose();
    },
    dispose: () => {
      dispose();
    },
  };
}

export const tfjsWasm: Contender = { name: 'tfjs-wasm', kind: 'rival', prepare };
