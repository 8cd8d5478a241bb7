/**
 * The handles that a case makes, so that all of them end with it, also when it fails.
 */

import type { Backend, DeviceTensor, TensorData, TensorType } from '@rheo/ir';

/** Collects handles and disposes them together. */
export class Handles {
  readonly #backend: Backend;
  readonly #kept: Set<{ dispose(): void }> = new Set();

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Takes charge of a handle or an executable. */
  keep<T extends { dispose(): void }>(item: T): T {
    this.#kept.add(item);
    return item;
  }

  /** Takes charge of several. */
  keepAll<T extends { dispose(): void }>(items: readonly T[]): readonly T[] {
    for (const item of items) this.#kept.add(item);
    return items;
  }

  /** Uploads and keeps. */
  upload(data: TensorData, type: TensorType): DeviceTensor {
    return this.keep(this.#backend.upload(data, type));
  }

  /** Ends everything, the latest first. */
  dispose(): void {
    for (const item of [...this.#kept].reverse()) item.dispose();
    this.#kept.clear();
  }
}

/** Runs `use` with fresh handles and disposes them afterwards. */
export async function withHandles<T>(backend: Backend, use: (handles: Handles) => Promise<T>): Promise<T> {
  const handles = new Handles(backend);
  try {
    return await use(handles);
  } finally {
    handles.dispose();
  }
}
