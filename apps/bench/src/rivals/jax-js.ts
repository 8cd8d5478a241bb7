/**
 * jax-js on its WebAssembly device: the sequence unrolled under `jit`, since it has no scan.
 *
 * Training is one jitted function of value, gradient and a hand-written Adam. Every function takes ownership of its
 * arguments, hence the `.ref` wherever a value is used again.
 */
import type { Array as JaxArray } from '@jax-js/jax';
import type { Contender, Prepared, Unsupported } from '../contender.ts';
import { adam, type CfcProblem, checkedCalls, checkedLosses, type Problem } from '../problem.ts';

type Jax = typeof import('@jax-js/jax');

/** Weights and biases in turn, the head last. */
type Parameters = JaxArray[];
type AdamState = { first: Parameters; second: Parameters };

async function load(): Promise<Jax> {
  const jax = await import('@jax-js/jax');
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  return jax;
}

function entry(list: readonly JaxArray[], index: number): JaxArray {
  const value = list[index];
  if (value === undefined) throw new Error(`bench: jax-js has no array ${index} of ${list.length}`);
  return value;
}

/** One step; consumes x and h, borrows the parameters and elapsed times. */
function step(jax: Jax, p: Parameters, x: JaxArray, h: JaxArray, elapsed: JaxArray): JaxArray {
  const { numpy: np, nn } = jax;
  let z = np.concatenate([x, h], 1);
  for (let k = 0; k < p.length - 2; k += 2) {
    const a = np.matmul(z, entry(p, k).ref).add(entry(p, k + 1).ref);
    z = np.tanh(a.mul(0.666)).mul(1.7159);
  }
  const out = np.matmul(z, entry(p, p.length - 2).ref).add(entry(p, p.length - 1).ref);
  const parts = np.split(out, 4, 1);
  const gate = nn.sigmoid(entry(parts, 2).mul(elapsed.ref).add(entry(parts, 3)));
  const first = np.tanh(entry(parts, 0)).mul(np.subtract(1, gate.ref));
  return first.add(gate.mul(np.tanh(entry(parts, 1))));
}

/** Consumes its arguments, as jitted functions must. */
function makeForward(jax: Jax, problem: CfcProblem): (p: Parameters, x: JaxArray, elapsed: JaxArray) => JaxArray {
  const { numpy: np, tree } = jax;
  const { batch, units } = problem.shape;
  return (p, x, elapsed) => {
    const outputs: JaxArray[] = [];
    let h = np.zeros([batch, units]);
    for (const xt of np.unstack(x, 0)) {
      h = step(jax, p, xt, h, elapsed);
      outputs.push(h.ref);
    }
    h.dispose();
    elapsed.dispose();
    tree.dispose(p);
    return np.stack(outputs, 0);
  };
}

/** Adam by hand: `scale1` and `scale2` are the two bias corrections 1/(1 - beta^t). Consumes its arguments. */
function adamUpdate(
  jax: Jax,
  p: Parameters,
  gradients: Parameters,
  state: AdamState,
  scale1: JaxArray,
  scale2: JaxArray,
): { p: Parameters; state: AdamState } {
  const { numpy: np } = jax;
  const next: { p: Parameters; state: AdamState } = { p: [], state: { first: [], second: [] } };
  p.forEach((value, k) => {
    const g = entry(gradients, k);
    const m = entry(state.first, k)
      .mul(adam.beta1)
      .add(g.ref.mul(1 - adam.beta1));
    const v = entry(state.second, k)
      .mul(adam.beta2)
      .add(np.square(g).mul(1 - adam.beta2));
    const root = np.sqrt(v.ref.mul(scale2.ref)).add(adam.epsilon);
    next.p.push(value.sub(m.ref.mul(scale1.ref).div(root).mul(adam.learningRate)));
    next.state.first.push(m);
    next.state.second.push(v);
  });
  scale1.dispose();
  scale2.dispose();
  return next;
}

async function prepare(problem: Problem): Promise<Prepared | Unsupported> {
  if (problem.cell !== 'cfc') return { unsupported: 'only CfC is written for it' };
  const jax = await load();
  const { numpy: np, tree } = jax;
  const { batch, features, units } = problem.shape;
  const forward = makeForward(jax, problem);
  const begin = performance.now();

  const parameters: Parameters = [...problem.weights.body, problem.weights.head].flatMap((layer) => [
    np.array(layer.weight).reshape([layer.inputs, layer.outputs]),
    np.array(layer.bias),
  ]);
  const elapsed = np.array(problem.elapsed).reshape([batch, 1]);

  if (problem.mode === 'stream') {
    const call1 = jax.jit((p: Parameters, xt: JaxArray, h: JaxArray, dt: JaxArray) => {
      const next = step(jax, p, xt, h, dt);
      dt.dispose();
      tree.dispose(p);
      return next;
    });
    let state = np.zeros([batch, units]);
    let row = 0;
    const call = (): Float32Array => {
      const from = row * batch * features;
      row = (row + 1) % problem.rows;
      const xt = np.array(problem.x.slice(from, from + batch * features)).reshape([batch, features]);
      state = call1(tree.ref(parameters), xt, state, elapsed.ref);
      return state.ref.dataSync() as Float32Array;
    };
    call();
    const compileMs = performance.now() - begin;
    return {
      compileMs,
      check: async () => {
        const result = new Float32Array(checkedCalls * batch * units);
        state.dispose();
        state = np.zeros([batch, units]);
        row = 0;
        for (let k = 0; k < checkedCalls; k += 1) result.set(call(), k * batch * units);
        return result;
      },
      run: () => {
        call();
      },
      dispose: () => {
        tree.dispose([...parameters, elapsed, state]);
        call1.dispose();
      },
    };
  }

  const x = np.array(problem.x).reshape([problem.rows, batch, features]);
  if (problem.mode === 'infer') {
    const infer = jax.jit(forward);
    const once = (): JaxArray => infer(tree.ref(parameters), x.ref, elapsed.ref);
    const run = async (): Promise<void> => {
      const y = once();
      await jax.blockUntilReady(y);
      y.dispose();
    };
    await run();
    const compileMs = performance.now() - begin;
    return {
      compileMs,
      check: async () => (await once().data()) as Float32Array,
      run,
      dispose: () => {
        tree.dispose([...parameters, elapsed, x]);
        infer.dispose();
      },
    };
  }

  const loss = (p: Parameters, input: JaxArray, dt: JaxArray): JaxArray => np.mean(np.square(forward(p, input, dt)));
  const update = jax.jit(
    (p: Parameters, state: AdamState, input: JaxArray, dt: JaxArray, scale1: JaxArray, scale2: JaxArray) => {
      const [value, gradients] = jax.valueAndGrad(loss)(tree.ref(p), input, dt);
      return { value, ...adamUpdate(jax, p, gradients, state, scale1, scale2) };
    },
  );
  const zeros = (): Parameters => parameters.map((p) => np.zeros(p.shape));
  let current = { p: parameters, state: { first: zeros(), second: zeros() } };
  let steps = 0;
  const run = async (): Promise<JaxArray> => {
    steps += 1;
    const scale1 = np.array(Float32Array.of(1 / (1 - adam.beta1 ** steps)));
    const scale2 = np.array(Float32Array.of(1 / (1 - adam.beta2 ** steps)));
    const { value, ...next } = update(current.p, current.state, x.ref, elapsed.ref, scale1, scale2);
    current = next;
    await jax.blockUntilReady(current);
    return value;
  };
  const losses = new Float32Array(checkedLosses);
  losses[0] = (await run()).item();
  const compileMs = performance.now() - begin;
  return {
    compileMs,
    check: async () => {
      for (let k = 1; k < checkedLosses; k += 1) losses[k] = (await run()).item();
      return losses;
    },
    run: async () => {
      (await run()).dispose();
    },
    dispose: () => {
      tree.dispose([current.p, current.state.first, current.state.second, elapsed, x]);
      update.dispose();
    },
  };
}

export const jaxJs: Contender = { name: 'jax-js', kind: 'rival', prepare };
