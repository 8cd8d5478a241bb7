/**
 * Checkpoints of the Python originals as models of Rheo: PyTorch, safetensors and Keras files of ncps and of the authors'
 * CfC code.
 */

export type { ImportConfig, ImportFamily, NcpsWiring } from './import-config.ts';
export type { ImportedModel, ImportFile, ImportReport } from './import-ncps.ts';
export { importNcps } from './import-ncps.ts';
export { wiringOfClass } from './ncps-wiring.ts';
