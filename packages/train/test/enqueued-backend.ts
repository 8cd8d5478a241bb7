/**
 * The reference backend as an asynchronous one: no `runInto`, results only by `read`.
 */

import type { Backend, Executable } from '@rheo/ir';
import { referenceBackend } from '@rheo/ir';

export interface EnqueuedBackend extends Backend {
  /** Programs run so far. */
  readonly runs: number;
  /** Runs throw from now on. */
  fail(error: Error): void;
}

export function enqueuedBackend(): EnqueuedBackend {
  const inner = referenceBackend({ precision: 'single' });
  let runs = 0;
  let failure: Error | undefined;
  const hide = (executable: Executable): Executable => ({
    inputs: executable.inputs,
    results: executable.results,
    workspaceBytes: 0,
    run: (inputs) => {
      runs++;
      if (failure !== undefined) throw failure;
      return executable.run(inputs);
    },
    bind: (fixed) => hide(executable.bind(fixed)),
    dispose: () => executable.dispose(),
  });
  return {
    spec: 1,
    name: 'enqueued',
    capabilities: { ...inner.capabilities, synchronous: false },
    lost: inner.lost,
    compile: async (program, options) => hide(await inner.compile(program, options)),
    upload: (data, type) => inner.upload(data, type),
    read: (tensor) => inner.read(tensor),
    dispose: () => inner.dispose(),
    get liveTensors(): number {
      return inner.liveTensors;
    },
    get runs(): number {
      return runs;
    },
    fail: (error) => {
      failure = error;
    },
  };
}
