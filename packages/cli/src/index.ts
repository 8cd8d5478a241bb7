/**
 * The `rheo` command as functions, for programs that run it in place. It needs Node.
 */

export type { TrainedTable, TrainTableOptions } from './commands/train-table.ts';
export { trainTable } from './commands/train-table.ts';
export type { TrainedWalker2d, TrainWalker2dOptions } from './commands/train-walker2d.ts';
export { trainWalker2d } from './commands/train-walker2d.ts';
export type { Failure } from './failure.ts';
export { failureOf } from './failure.ts';
export { interruption } from './interruption.ts';
export { runCommand } from './run-command.ts';
export type { Sink, Source, Terminal } from './terminal.ts';
export { widthOf, wrap } from './terminal.ts';
export type { RunResult } from './walker2d-words.ts';
