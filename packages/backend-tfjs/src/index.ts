/**
 * TensorFlow.js as a backend.
 */

export type { TfjsModule } from './runtime.ts';
export type { TfjsBackendName, TfjsBackendOptions } from './tfjs.ts';
export { tfjs } from './tfjs.ts';
