/**
 * The formats of `rheo export`, by name.
 */

import { cFormat } from './c-format.ts';
import type { ExportFormat } from './export-format.ts';
import { onnxFormat } from './onnx-format.ts';
import { safetensorsFormat } from './safetensors-format.ts';
import { torchFormat } from './torch-format.ts';

/** Name of a format. */
export type FormatName = 'onnx' | 'c' | 'torch' | 'safetensors';

/** All formats. */
export const formats: { readonly [K in FormatName]: ExportFormat } = {
  onnx: onnxFormat,
  c: cFormat,
  torch: torchFormat,
  safetensors: safetensorsFormat,
};

/** Names of the formats. */
export const formatNames: readonly FormatName[] = Object.keys(formats) as FormatName[];
