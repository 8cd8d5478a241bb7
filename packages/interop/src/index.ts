/**
 * Checkpoints of the Python originals as models of Rheo: PyTorch, safetensors and Keras files of ncps and of the authors'
 * CfC code. And models of Rheo out, for other engines and frameworks.
 */

export type { ExportCOptions, ExportedC } from './export-c/export-c.ts';
export { exportC } from './export-c/export-c.ts';
export type { ExportedElapsed } from './export-c/step-model.ts';
export type { ExportedOnnx, OnnxExportOptions, OnnxPort } from './export-onnx/export-onnx.ts';
export { exportOnnx } from './export-onnx/export-onnx.ts';
export { exportSafetensors } from './export-safetensors.ts';
export type { TorchExport } from './export-torch/export-torch.ts';
export { exportTorch } from './export-torch/export-torch.ts';
export type { ImportConfig, ImportFamily, NcpsWiring } from './import-config.ts';
export type { ImportedModel, ImportFile, ImportReport } from './import-ncps.ts';
export { importNcps } from './import-ncps.ts';
export { wiringOfClass } from './ncps-wiring.ts';
