/** Memory, handles and executables, beyond what the conformance kit asks. */
import { existsSync, readFileSync } from 'node:fs';
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

const sysfs = '/sys/kernel/mm/transparent_hugepage/enabled';

it('has large pages behind large blocks, and behind no others', async ({ skip }) => {
  skip(!existsSync(sysfs), 'this system has no large pages to ask for');
  const heap = new Heap(await loadForeign(), 2 ** 30);
  const [small, large] = [heap.allocate(2 ** 20, 'test'), heap.allocate(40 * 2 ** 20, 'test')];
  /** What the system says of the mapping in which an address lies. */
  const flagsAt = (address: bigint): string => {
    for (const entry of readFileSync('/proc/self/smaps', 'utf8').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)) {
      const [, from = '0', to = '0'] = entry.match(/^([0-9a-f]+)-([0-9a-f]+) /) ?? [];
      if (BigInt(`0x${from}`) <= address && address < BigInt(`0x${to}`))
        return entry.match(/^VmFlags: (.*)$/m)?.[1] ?? '';
    }
    return 'unmapped';
  };
  expect(flagsAt(large.address + 20n * 2n ** 20n).split(' ')).toContain('hg');
  expect(flagsAt(small.address).split(' ')).not.toContain('hg');
  expect(flagsAt(small.address).split(' ')).toContain('rd');
});

it('refuses options that it does not have', async () => {
  await expect(open({ thread: 2 })).rejects.toThrow(
    /no option "thread".*Use cacheFolder, leastWork, maxBytes, passes, threads/,
  );
  for (const maxBytes of [Number.NaN, -1, 100]) {
    await expect(open({ maxBytes })).rejects.toMatchObject({ code: 'argument' });
  }
});
