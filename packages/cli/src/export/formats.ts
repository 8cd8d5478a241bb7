/**
 * The formats of `rheo export`, by name.
 */

import type { ExportFormat } from './export-format.ts';
import { onnxFormat } from './onnx-format.ts';

/** Name of a format. */
export type FormatName = 'onnx';

/** All formats. */
export const formats: { readonly [K in FormatName]: ExportFormat } = { onnx: onnxFormat };

/** Names of the formats. */
export const formatNames: readonly FormatName[] = Object.keys(formats) as FormatName[];
