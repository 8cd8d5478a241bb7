/** Memory, handles and executables, beyond what the conformance kit asks. */
import { describe, expect, it } from 'vitest';
import { testLocalBackend } from '../../compiler/test/local-backend.ts';
import { native } from '../src/index.ts';
import { Heap } from '../src/runtime/heap.ts';
import { loadForeign } from '../src/toolchain/foreign.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cacheFolder = temporaryFolder();
const open = (options: object = {}) => native({ cacheFolder, ...options });

testLocalBackend({
  open,
  factory: 'native',
  full: /MiB more than the .* MiB in use cannot be had \(limit 1\.0 MiB\) \(upload of f32\[1000000\]\)\. Use a smaller batch/,
});

describe('the heap', () => {
  it('starts at multiples of 64 bytes, is reused, and goes back', async () => {
    const heap = new Heap(await loadForeign(), 2 ** 30);
    const blocks = [1, 100, 5000, 10_000_000].map((bytes) => heap.allocate(bytes, 'test'));
    for (const [index, { address, bytes }] of blocks.entries()) {
      expect(address % 64n).toBe(0n);
      expect(bytes).toBeGreaterThanOrEqual([1, 100, 5000, 10_000_000][index] as number);
    }
    const before = heap.bytes;
    for (let round = 0; round < 1000; round++) {
      const block = heap.allocate(5000, 'test');
      if (round > 0) expect(heap.bytes).toBeLessThanOrEqual(before + block.bytes);
      heap.release(block);
    }
    // Sizes that never come again do not pile up.
    for (let size = 1; size <= 400; size++) heap.release(heap.allocate(size * 1e6, 'test'));
    expect(heap.bytes).toBeLessThan(before + 450e6);
  });
});

it('refuses options that it does not have', async () => {
  await expect(open({ thread: 2 })).rejects.toThrow(
    /no option "thread".*Use cacheFolder, leastWork, maxBytes, passes, threads/,
  );
  for (const maxBytes of [Number.NaN, -1, 100]) {
    await expect(open({ maxBytes })).rejects.toMatchObject({ code: 'argument' });
  }
});
