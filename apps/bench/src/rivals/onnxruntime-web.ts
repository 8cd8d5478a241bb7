/**
 * ONNX Runtime web on WebAssembly, one thread, running the Scan graph of `onnx-cfc.ts`.
 *
 * Streaming makes a tensor of each call's input and passes the returned state back, as a user would. The engine has no
 * gradients, so training is refused.
 */
import type { Tensor } from 'onnxruntime-web';
import type { Contender, Prepared, Unsupported } from '../contender.ts';
import { leaveNoWorker } from '../leave-no-worker.ts';
import { checkedCalls, type Problem } from '../problem.ts';
import { cfcModel, opset } from './onnx-cfc.ts';
import { float32Value, graph, model, node } from './onnx-writer.ts';

type Engine = typeof import('onnxruntime-web');

const options = { executionProviders: ['wasm'], graphOptimizationLevel: 'all' } as const;

function floatsOf(tensor: Tensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new Error('bench: ONNX Runtime web returned no float32 tensor; check the output names of the graph');
}

/** Loads the engine's WebAssembly through a one-node session, so that no problem's compile time holds it. */
async function load(): Promise<Engine> {
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = 1;
  const value = [1];
  const trivial = graph({
    name: 'trivial',
    nodes: [node('Identity', ['from'], ['to'])],
    inputs: [float32Value('from', value)],
    outputs: [float32Value('to', value)],
  });
  const session = await ort.InferenceSession.create(model(trivial, opset), options);
  await session.release();
  return ort;
}

let loading: Promise<Engine> | undefined;

async function prepare(problem: Problem): Promise<Prepared | Unsupported> {
  if (problem.cell !== 'cfc') return { unsupported: 'only CfC is written for it' };
  if (problem.mode === 'train') return { unsupported: 'the engine runs inference only' };
  loading ??= leaveNoWorker(load);
  const ort = await loading;
  const { batch, features, units, steps } = problem.shape;
  const elapsed = new ort.Tensor('float32', problem.elapsed, [batch, 1]);
  const zero = (): Tensor => new ort.Tensor('float32', new Float32Array(batch * units), [batch, units]);

  const begin = performance.now();
  const session = await ort.InferenceSession.create(cfcModel(problem), options);

  if (problem.mode === 'stream') {
    let state = zero();
    let row = 0;
    const call = async (): Promise<Tensor> => {
      const from = row * batch * features;
      row = (row + 1) % problem.rows;
      const xt = new ort.Tensor('float32', problem.x.slice(from, from + batch * features), [batch, features]);
      const next = (await session.run({ xt, elapsed, h: state }))['hT'];
      if (next === undefined) throw new Error('bench: ONNX Runtime web returned no state; check the graph');
      state = next;
      return next;
    };
    await call();
    const compileMs = performance.now() - begin;
    return {
      compileMs,
      check: async () => {
        const result = new Float32Array(checkedCalls * batch * units);
        state = zero();
        row = 0;
        for (let k = 0; k < checkedCalls; k += 1) result.set(floatsOf(await call()), k * batch * units);
        return result;
      },
      run: async () => {
        await call();
      },
      dispose: () => session.release(),
    };
  }

  const feeds = { x: new ort.Tensor('float32', problem.x, [steps, batch, features]), elapsed, h0: zero() };
  await session.run(feeds);
  const compileMs = performance.now() - begin;
  return {
    compileMs,
    check: async () => floatsOf((await session.run(feeds))['y']),
    run: async () => {
      await session.run(feeds);
    },
    dispose: () => session.release(),
  };
}

export const onnxruntimeWeb: Contender = { name: 'onnxruntime-web', kind: 'rival', prepare };
