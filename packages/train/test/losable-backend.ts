/**
 * A backend around another whose device is lost at a chosen moment: from then on runs, uploads and compiles fail with
 * `lost`, `lost` resolves, and reads fail too, or are never answered at all, as an engine leaves them. Handles refuse to
 * be disposed, as those of a dead context may.
 */

import type { Backend, DeviceLost, DeviceTensor, Executable, SyncExecutable, TensorData } from '@rheo/ir';
import { RheoError } from '@rheo/ir';

export interface LosableBackend extends Backend {
  /** Runs so far, of all executables. */
  readonly runs: number;
  lose(): void;
}

export interface LosableOptions {
  /** The device is lost in the run after this many. */
  readonly afterRuns?: number;
  /** The device is lost while the read after this many is pending. */
  readonly afterReads?: number;
  /** What becomes of reads on the lost device. */
  readonly reads?: 'fail' | 'never settle';
  /** How soon `lost` resolves: at once, in the next turn, or not. */
  readonly tells?: 'at once' | 'late' | 'never';
}

export function losableBackend(inner: Backend, options: LosableOptions = {}): LosableBackend {
  const { afterRuns = Number.POSITIVE_INFINITY, afterReads = Number.POSITIVE_INFINITY } = options;
  const { reads = 'fail', tells = 'at once' } = options;
  let runs = 0;
  let answered = 0;
  let dead = false;
  let tell: (lost: DeviceLost) => void = () => {};
  const lost = new Promise<DeviceLost>((resolve) => {
    tell = resolve;
  });
  inner.lost.then(tell);
  const failure = (): RheoError => new RheoError('lost', { from: 'test', what: 'the device is gone' });
  const lose = (): void => {
    dead = true;
    const say = (): void => tell({ reason: 'lost', message: 'somebody pulled the plug' });
    if (tells === 'at once') say();
    if (tells === 'late') setTimeout(say, 0);
  };
  const alive = (): void => {
    if (dead) throw failure();
  };
  const run = (): void => {
    alive();
    if (runs >= afterRuns) lose();
    alive();
    runs++;
  };
  const guarded = (handle: DeviceTensor): DeviceTensor => {
    const { dispose } = handle;
    handle.dispose = () => {
      alive();
      dispose.call(handle);
    };
    return handle;
  };
  const hide = (executable: Executable | SyncExecutable): Executable => {
    const common: Executable = {
      inputs: executable.inputs,
      results: executable.results,
      workspaceBytes: executable.workspaceBytes,
      run: (inputs) => {
        run();
        return executable.run(inputs).map(guarded);
      },
      bind: (fixed) => hide(executable.bind(fixed)),
      dispose: () => {
        alive();
        executable.dispose();
      },
    };
    if (!('runInto' in executable)) return common;
    const runInto: SyncExecutable['runInto'] = (inputs, outputs) => {
      run();
      executable.runInto(inputs, outputs);
    };
    return { ...common, runInto } as SyncExecutable;
  };
  return {
    spec: 1,
    name: `losable ${inner.name}`,
    capabilities: inner.capabilities,
    lost,
    compile: async (program, compileOptions) => {
      alive();
      return hide(await inner.compile(program, compileOptions));
    },
    upload: (data, type) => {
      alive();
      return guarded(inner.upload(data, type));
    },
    read: async (tensor): Promise<TensorData> => {
      if (answered++ >= afterReads && !dead) lose();
      if (dead && reads === 'never settle') return new Promise(() => undefined);
      alive();
      return inner.read(tensor);
    },
    dispose: () => inner.dispose(),
    get liveTensors(): number {
      return inner.liveTensors;
    },
    get runs(): number {
      return runs;
    },
    lose,
  };
}
