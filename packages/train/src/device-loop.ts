/**
 * Runs one compiled Program again and again, its state staying on the device.
 *
 * Inputs are the state (if any), fixed handles, and host buffers that are read anew at each step; results are the new
 * state, then what is to be read, in f32. On a synchronous backend a step writes the state in place and allocates nothing
 * but the record of what is read; elsewhere the state is donated, buffers are uploaded, and the rest stays on the device
 * until it is drained. Draining does not outlive the device: it rejects with `lost` or `disposed`.
 */

import { watchDevice } from '@rheo/core';
import type { Backend, DeviceTensor, Executable, SyncExecutable, TensorData } from '@rheo/ir';

/** What a loop runs on; `executable` must have been compiled with `donatedState` where the backend is not synchronous. */
export interface LoopParts {
  readonly backend: Backend;
  readonly executable: Executable;
  readonly state: readonly DeviceTensor[];
  readonly fixed: readonly DeviceTensor[];
  readonly buffers: readonly TensorData[];
  /** How many numbers each of the results behind the state has. */
  readonly sizes: readonly number[];
}

/** A running loop; it owns its state, not the fixed handles. */
export interface DeviceLoop {
  /** Handles of the state as they are now. */
  readonly state: readonly DeviceTensor[];
  /** Runs once on what the buffers hold. */
  step(): void;
  /** The results behind the state, of all steps since the last call, in order. */
  drain(): Promise<Drained[]>;
  /** Frees the state and what was not drained. */
  dispose(): void;
}

/** What one step gave beside the state. */
export type Drained = readonly ArrayLike<number>[];

/** A loop in the way that suits the backend. */
export function deviceLoop(parts: LoopParts): DeviceLoop {
  const { executable } = parts;
  return isSync(executable) ? inPlaceLoop(parts, executable) : enqueuedLoop(parts);
}

/** Positions to donate when a Program with this much state is compiled for a loop on this backend. */
export function donatedState(backend: Backend, state: number): number[] {
  // `runInto` writes in place and does not donate.
  return backend.capabilities.synchronous ? [] : Array.from({ length: state }, (_, index) => index);
}

function inPlaceLoop({ backend, state, fixed, buffers, sizes }: LoopParts, executable: SyncExecutable): DeviceLoop {
  const outputs = sizes.map((size) => new Float32Array(size));
  const inputs = [...state, ...fixed, ...buffers];
  const results = [...state, ...outputs];
  let drained: Drained[] = [];
  return {
    state,
    step: () => {
      executable.runInto(inputs, results);
      drained.push(outputs.map((output) => output.slice()));
    },
    drain: async () => {
      const rows = drained;
      drained = [];
      return rows;
    },
    dispose: () => watchDevice(backend).free(state),
  };
}

function enqueuedLoop({ backend, executable, state, fixed, buffers }: LoopParts): DeviceLoop {
  const types = executable.inputs.slice(state.length + fixed.length);
  let current = state;
  let pending: (readonly DeviceTensor[])[] = [];
  const watch = watchDevice(backend);
  return {
    get state(): readonly DeviceTensor[] {
      return current;
    },
    step: () => {
      const uploaded = buffers.map((buffer, position) => {
        const type = types[position];
        if (type === undefined) throw new Error('a loop has more buffers than its Program has inputs');
        return backend.upload(buffer, type);
      });
      try {
        const results = executable.run([...current, ...fixed, ...uploaded]);
        current = results.slice(0, state.length);
        pending.push(results.slice(state.length));
      } finally {
        watch.free(uploaded);
      }
    },
    drain: async () => {
      const rows = pending;
      pending = [];
      try {
        const read = rows.map((row) => Promise.all(row.map((handle) => backend.read(handle))));
        return await watch.wait(Promise.all(read));
      } finally {
        rows.forEach(watch.free);
      }
    },
    dispose: () => {
      watch.free(current);
      pending.forEach(watch.free);
      pending = [];
    },
  };
}

function isSync(executable: Executable): executable is SyncExecutable {
  return 'runInto' in executable;
}
