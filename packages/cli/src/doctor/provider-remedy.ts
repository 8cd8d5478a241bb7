/**
 * What mends a provider that an engine has and that does not start, where that is known.
 */

import { rebuildCommand } from '../backends/install-command.ts';
import type { Finding } from './finding.ts';

const advices: { readonly [provider: string]: string } = {
  webgpu: 'Install the driver of your graphics processor: Vulkan on Linux, DirectX 12 on Windows',
  tensorrt: 'Install NVIDIA TensorRT beside CUDA 12 and cuDNN 9',
  dml: 'DirectML needs Windows with a DirectX 12 graphics processor',
  coreml: 'Core ML needs macOS',
};

/** A command or advice; undefined for providers that nothing is known about. */
export function providerRemedy(provider: string, folder: string): Finding['remedy'] {
  // Its libraries are left out of the package and fetched by its install script; NVIDIA's own come beside them.
  if (provider === 'cuda') {
    return { command: `ONNXRUNTIME_NODE_INSTALL=cuda12 ${rebuildCommand('onnxruntime-node', folder)}` };
  }
  const advice = advices[provider];
  return advice === undefined ? undefined : { advice };
}
