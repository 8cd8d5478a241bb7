/**
 * Writes what `torch.save(state_dict, path)` writes since PyTorch 1.6: a ZIP archive with a pickle and the storages beside
 * it, stored and aligned to 64 bytes so that PyTorch may also map the file into memory. Equal tensors give equal bytes.
 */

import { isDataError, writeZip } from '@rheo/data';
import { RheoError } from '@rheo/ir';
import { pickleStateDict } from './write-pickle.ts';

/** A named tensor of float32, row-major. */
export interface TorchTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The bytes of a `.pt` file. Throws `capability` beyond 4 GiB. */
export function writeTorchFile(tensors: readonly TorchTensor[]): Uint8Array {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const entries = [
    { name: 'data.pkl', data: pickleStateDict(tensors) },
    { name: 'byteorder', data: text('little') },
    ...tensors.map(({ data }, index) => ({ name: `data/${index}`, data: littleEndian(data) })),
    { name: 'version', data: text('3\n') },
  ];
  try {
    return writeZip(
      entries.map(({ name, data }) => ({ name: `archive/${name}`, data })),
      { stored: true, alignment: 64 },
    );
  } catch (cause) {
    if (!isDataError(cause)) throw cause;
    throw new RheoError('capability', {
      from: '@rheo/interop',
      what: `a PyTorch file cannot hold this model: ${cause.details.what}`,
      remedy: 'Use exportSafetensors, which has no such limit',
      cause,
    });
  }
}

function littleEndian(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setFloat32(index * 4, value, true);
  });
  return bytes;
}
