/**
 * The families of backends: which engine each one needs, where it can compute, and how it is created.
 *
 * One table for `--backend` and for `rheo doctor`, so that what one lists the other takes.
 */

import type { OnnxRuntime } from '@rheo/backend-onnx';
import { onnx } from '@rheo/backend-onnx';
import type { TfjsModule } from '@rheo/backend-tfjs';
import { tfjs } from '@rheo/backend-tfjs';
import { wasm } from '@rheo/backend-wasm';
import type { Backend } from '@rheo/ir';
import { referenceBackend } from '@rheo/ir';

/** Name of a family. */
export type FamilyName = 'wasm' | 'native' | 'reference' | 'onnx' | 'onnx-web' | 'tfjs';

/** A family of backends. */
export interface Family {
  /** What it is, in a few words. */
  readonly title: string;
  /** Where it can compute in Node; the first one is meant where none is named. Empty where there is no choice. */
  readonly places: readonly string[];
  /** True where the engine that is installed may have more places. */
  readonly open: boolean;
  /** True where a machine may lack what it needs without anything being broken. */
  readonly optional?: boolean;
  /** What an engine that is installed says that it has. */
  readonly installedPlaces?: (runtime: unknown) => readonly string[];
  /** True where a number of threads, or `auto`, may stand in the place of a place. */
  readonly threaded?: boolean;
  /** Places that only pages have. */
  readonly inPages: readonly string[];
  /** Sets of packages any of which will do, the first preferred; the first of a set is the runtime. Empty for none. */
  engines(place: string): readonly (readonly [string, ...string[]])[];
  /** Creates the backend on the runtime of its engine. */
  create(place: string, runtime: unknown): Promise<Backend>;
}

/** All families, in the order in which they are listed. */
export const families: { readonly [K in FamilyName]: Family } = {
  wasm: {
    title: 'generated WebAssembly',
    places: [],
    open: false,
    inPages: [],
    threaded: true,
    engines: () => [],
    create: (place) => wasm(threadsOf(place)),
  },
  native: {
    title: 'C, built by the compiler of this machine',
    places: [],
    open: false,
    optional: true,
    threaded: true,
    inPages: [],
    engines: () => [],
    // Its foreign function interface is a binary, which is not for every machine: loaded only where it is asked for.
    create: async (place) => (await import('@rheo/backend-native')).native(threadsOf(place)),
  },
  reference: {
    title: 'the definition, slow',
    places: [],
    open: false,
    inPages: [],
    engines: () => [],
    create: async () => referenceBackend({ precision: 'single' }),
  },
  onnx: {
    title: 'ONNX Runtime',
    places: ['cpu', 'cuda', 'dml', 'coreml', 'webgpu', 'tensorrt'],
    open: true,
    installedPlaces: (runtime) => providersOf(runtime),
    inPages: [],
    engines: () => [['onnxruntime-node']],
    create: (place, runtime) => onnx({ runtime: silent(runtime), provider: place }),
  },
  'onnx-web': {
    title: 'ONNX Runtime as in pages',
    places: ['wasm'],
    open: false,
    inPages: ['webgpu', 'webnn'],
    engines: () => [['onnxruntime-web']],
    create: (place, runtime) => onnx({ runtime: silent(runtime), provider: place }),
  },
  tfjs: {
    title: 'TensorFlow.js',
    places: ['cpu', 'wasm', 'tensorflow'],
    open: false,
    inPages: ['webgl', 'webgpu'],
    engines: (place) => tfjsEngines[place] ?? [],
    create: (place, runtime) => tfjs({ tf: inProduction(runtime), backend: place }),
  },
};

/** The option for a number of threads that was named. */
function threadsOf(place: string): { readonly threads?: number | 'auto' } {
  if (place === '') return {};
  return { threads: place === 'auto' ? 'auto' : Number(place) };
}

/** A core and what registers the place with it; the union package has the cpu in it, and the native ones have all. */
const tfjsEngines: { readonly [place: string]: readonly (readonly [string, ...string[]])[] } = {
  cpu: [['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'], ['@tensorflow/tfjs']],
  wasm: [
    ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'],
    ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
  ],
  tensorflow: [['@tensorflow/tfjs-node'], ['@tensorflow/tfjs-node-gpu']],
};

/** The engine does not write to the terminal what it also throws. */
function silent(runtime: unknown): OnnxRuntime {
  const { env } = runtime as { env?: { logLevel?: string } };
  if (env !== undefined) env.logLevel = 'fatal';
  return runtime as OnnxRuntime;
}

/** Without its greeting, and without checks that the adapter makes itself. */
function inProduction(runtime: unknown): TfjsModule {
  (runtime as { enableProdMode?: () => void }).enableProdMode?.();
  return runtime as TfjsModule;
}

function providersOf(runtime: unknown): readonly string[] {
  const { listSupportedBackends } = runtime as { listSupportedBackends?: () => readonly { readonly name: string }[] };
  return listSupportedBackends?.().map(({ name }) => name) ?? ['cpu'];
}

/** Names of the families. */
export const familyNames: readonly FamilyName[] = Object.keys(families) as FamilyName[];
