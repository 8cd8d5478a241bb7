/**
 * The native backend of Rheo: Node on Linux and macOS with a C compiler.
 */

export type { NativeBackend, NativeOptions } from './runtime/native.ts';
export { native } from './runtime/native.ts';
