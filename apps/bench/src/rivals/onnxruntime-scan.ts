/**
 * The Scan graph of `onnx-cfc.ts` on an ONNX Runtime, whichever package it comes in, on one thread.
 *
 * Streaming makes a tensor of each call's input and passes the returned state back, as a user would. The engine has no
 * gradients, so training is refused.
 */
import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-web';
import type { Prepared, Unsupported } from '../contender.ts';
import { checkedCalls, type Problem } from '../problem.ts';
import { cfcModel } from './onnx-cfc.ts';

/** What the packages of ONNX Runtime have in common. */
export interface OnnxEngine {
  readonly Tensor: TensorConstructor;
  readonly open: (model: Uint8Array) => Promise<InferenceSession>;
  /** Package and version. */
  readonly engine: string;
}

function floatsOf(tensor: Tensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new Error('bench: ONNX Runtime returned no float32 tensor; check the output names of the graph');
}

/** Prepares a CfC on the engine that `load` gives. */
export async function prepareScan(load: () => Promise<OnnxEngine>, problem: Problem): Promise<Prepared | Unsupported> {
  if (problem.cell !== 'cfc') return { unsupported: 'only CfC is written for it' };
  if (problem.mode === 'train') return { unsupported: 'the engine runs inference only' };
  const ort = await load();
  const { engine } = ort;
  const { batch, features, units, steps } = problem.shape;
  const elapsed = new ort.Tensor('float32', problem.elapsed, [batch, 1]);
  const zero = (): Tensor => new ort.Tensor('float32', new Float32Array(batch * units), [batch, units]);

  const begin = performance.now();
  const session = await ort.open(cfcModel(problem));

  if (problem.mode === 'stream') {
    let state = zero();
    let row = 0;
    const call = async (): Promise<Tensor> => {
      const from = row * batch * features;
      row = (row + 1) % problem.rows;
      const xt = new ort.Tensor('float32', problem.x.slice(from, from + batch * features), [batch, features]);
      const next = (await session.run({ xt, elapsed, h: state }))['hT'];
      if (next === undefined) throw new Error('bench: ONNX Runtime returned no state; check the graph');
      state = next;
      return next;
    };
    await call();
    const compileMs = performance.now() - begin;
    return {
      engine,
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
    engine,
    compileMs,
    check: async () => floatsOf((await session.run(feeds))['y']),
    run: async () => {
      await session.run(feeds);
    },
    dispose: () => session.release(),
  };
}
