/**
 * What is done about loops over many rows and steps, in one file that is loaded when it is needed: a page that predicts
 * step by step never does.
 */

import type { Program } from '@rheo/ir';
import { chunkScans } from './chunk-scans.ts';
import { sinkSlices } from './sink-slices.ts';
import { tileProgram } from './tile-program.ts';

/** The Program with loops over tiles of rows and chunks of steps; the same object if there are none. It must be static and without calls. */
export function cutLoops(program: Program): Program {
  return chunkScans(sinkSlices(tileProgram(program)));
}
