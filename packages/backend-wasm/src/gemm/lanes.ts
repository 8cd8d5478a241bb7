/** Loads and stores of the first 1 to 4 floats of a vector, for the ragged end of a row. */
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';

/** How many lanes of a vector are in use. */
export type Lanes = 1 | 2 | 3 | 4;

/** Pushes `lanes` floats from address + offset, the other lanes zero; reads nothing beyond them. */
export function emitLoadLanes(f: FunctionBuilder, address: Local, offset: number, lanes: Lanes): void {
  f.get(address);
  if (lanes === 4) f.load('v128.load', { offset, align: 2 });
  else if (lanes === 1) f.load('v128.load32_zero', { offset });
  else f.load('v128.load64_zero', { offset, align: 2 });
  if (lanes !== 3) return;
  const low = f.local('v128');
  f.set(low);
  f.get(address);
  f.get(low);
  f.memoryLane('v128.load32_lane', 2, { offset: offset + 8 });
  f.free(low);
}

/** Stores the first `lanes` floats of `value` at address + offset and touches nothing beyond them. */
export function emitStoreLanes(f: FunctionBuilder, address: Local, offset: number, value: Local, lanes: Lanes): void {
  f.get(address);
  f.get(value);
  if (lanes === 4) f.store('v128.store', { offset, align: 2 });
  else if (lanes === 1) f.memoryLane('v128.store32_lane', 0, { offset });
  else f.memoryLane('v128.store64_lane', 0, { offset, align: 2 });
  if (lanes !== 3) return;
  f.get(address);
  f.get(value);
  f.memoryLane('v128.store32_lane', 2, { offset: offset + 8 });
}
