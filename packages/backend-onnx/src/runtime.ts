/**
 * What is used of an ONNX Runtime module, and the check that it has the execution provider that was asked for.
 *
 * The module is the user's: onnxruntime-node or onnxruntime-web, of any version from 1.20 on. Nothing is imported here.
 */

import type { DType, TensorData } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import { Loss } from './loss.ts';

/** A module of ONNX Runtime: `import * as runtime from 'onnxruntime-node'`. */
export interface OnnxRuntime {
  readonly InferenceSession: { readonly create: (...args: never[]) => Promise<unknown> };
  readonly Tensor: new (...args: never[]) => unknown;
  readonly env?: unknown;
}

/** Name of an execution provider: where the engine computes. Others that an engine may know work too. */
export type Provider = 'cpu' | 'wasm' | 'webgpu' | 'webnn' | 'cuda' | 'dml' | 'coreml' | (string & {});

/** A tensor of the engine. */
export interface EngineTensor {
  readonly data: TensorData;
}

/** A loaded model. */
export interface EngineSession {
  run(feeds: Readonly<Record<string, EngineTensor>>): Promise<Readonly<Record<string, EngineTensor>>>;
  release(): Promise<void>;
}

/** The engine as the adapter sees it. */
export interface Engine {
  /** `node-cpu`, `web-wasm` …: the runtime and its provider. */
  readonly name: string;
  readonly provider: Provider;
  /** Set once its device is gone. */
  readonly loss: Loss;
  session(model: Uint8Array): Promise<EngineSession>;
  tensor(dtype: DType, data: TensorData, dims: readonly number[]): EngineTensor;
  /** Lets go of the device. */
  close(): Promise<void>;
}

interface Module {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<EngineSession> };
  readonly Tensor: new (type: string, data: TensorData, dims: readonly number[]) => EngineTensor;
  readonly env?: {
    readonly wasm?: { numThreads?: number };
    /** A promise of the GPU's device, once a session was made. */
    readonly webgpu?: { readonly device?: unknown };
    readonly versions?: { readonly common?: string; readonly node?: string; readonly web?: string };
  };
  readonly listSupportedBackends?: () => readonly { readonly name: string }[];
}

const typeNames: { readonly [K in DType]: string } = {
  f32: 'float32',
  f64: 'float64',
  i32: 'int32',
  u32: 'uint32',
  bool: 'bool',
};

/**
 * The engine with exactly this provider. `probe` is a model that any engine runs.
 * Throws `argument` for what is no ONNX Runtime, `capability` where it lacks the provider, with what was found.
 */
export async function openEngine(
  runtime: OnnxRuntime,
  provider: Provider,
  threads: number,
  probe: Uint8Array,
): Promise<Engine> {
  const module = runtime as unknown as Module;
  if (typeof module?.InferenceSession?.create !== 'function' || typeof module.Tensor !== 'function') {
    throw new RheoError('argument', {
      from: '@rheo/backend-onnx',
      what: 'runtime is not a module of ONNX Runtime',
      where: 'onnx',
      remedy: "Pass the module itself: import * as runtime from 'onnxruntime-node' (or onnxruntime-web)",
    });
  }
  const found = module.listSupportedBackends?.().map(({ name }) => name);
  if (found !== undefined && !found.includes(provider)) throw missing(module, provider, found);
  // Read by the engine when it starts; later it has no effect.
  if (provider === 'wasm' && module.env?.wasm !== undefined) module.env.wasm.numThreads = threads;
  const options = {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  };
  const loss = new Loss();
  // The runtime destroys its GPU device with the last session, so one stays as long as the backend.
  let anchor: EngineSession | undefined;
  const engine: Engine = {
    name: `${kindOf(module)}-${provider}`,
    provider,
    loss,
    session: (model) => module.InferenceSession.create(model, options),
    tensor: (dtype, data, dims) => new module.Tensor(typeNames[dtype], data, dims),
    close: async () => await anchor?.release(),
  };
  try {
    const session = await engine.session(probe);
    if (provider === 'webgpu') anchor = session;
    else await session.release();
  } catch (cause) {
    throw missing(module, provider, found, cause);
  }
  if (provider === 'webgpu') await watch(module, loss);
  return engine;
}

/** Hears of the end of the GPU that the runtime for the web computes on. */
async function watch(module: Module, loss: Loss): Promise<void> {
  const device = (await module.env?.webgpu?.device) as
    | { readonly lost?: Promise<{ readonly message?: string }> }
    | undefined;
  device?.lost?.then(
    ({ message }) => loss.tell(message || 'the engine gives no reason'),
    () => undefined,
  );
}

/** First line of what the engine threw, without the place in its sources and the condition that did not hold. */
function reasonOf({ message }: Error): string {
  const [line = ''] = message.split('\n');
  return line.replace(/^\S+\.cc:\d+ .* was false\. /, '');
}

/** Only the runtime for Node lists what it has. */
function kindOf(module: Module): 'node' | 'web' {
  return module.listSupportedBackends === undefined ? 'web' : 'node';
}

function missing(module: Module, provider: string, found: readonly string[] | undefined, cause?: unknown): RheoError {
  const { versions } = module.env ?? {};
  const kind = kindOf(module);
  const reason = cause instanceof Error ? `: ${reasonOf(cause)}` : '';
  const others = (found ?? ['wasm']).filter((name) => name !== provider);
  return new RheoError('capability', {
    from: '@rheo/backend-onnx',
    what: `onnxruntime-${kind} ${versions?.[kind] ?? versions?.common ?? ''} does not run provider "${provider}" here${reason}`,
    where: 'provider',
    shapes: found ?? [],
    remedy:
      others.length > 0
        ? `Choose one of ${others.join(', ')}`
        : 'See that the engine finds its own files: env.wasm.wasmPaths',
    cause,
  });
}
