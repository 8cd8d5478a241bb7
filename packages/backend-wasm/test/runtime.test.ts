import { wasm } from '@rheo/backend-wasm';
import type { DeviceTensor } from '@rheo/ir';
import { parse, tensorType } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { testLocalBackend } from '../../compiler/test/local-backend.ts';
import { Heap } from '../src/runtime/heap.ts';

const double = parse(`program(%0: f32[4]) {
  %1: f32[4] = add(%0, %0)
  return %1
}`);

testLocalBackend({
  open: wasm,
  factory: 'wasm',
  full: /memory of .* MiB cannot grow by .* MiB \(limit 1\.0 MiB\) \(upload of f32\[1000000\]\)\. Use a smaller batch/,
});

describe('the heap', () => {
  it('reuses freed blocks and joins neighbours', () => {
    const heap = new Heap(2 ** 24);
    const blocks = Array.from({ length: 8 }, () => heap.allocate(1000, 'test'));
    const { bytes } = heap;
    for (const address of [blocks[1], blocks[3], blocks[2]]) heap.release(address as number);
    // 3 × 1024 bytes have become one free block.
    expect(heap.allocate(3000, 'test')).toBe(blocks[1]);
    for (let round = 0; round < 1000; round++) heap.release(heap.allocate(5000, 'test'));
    expect(heap.bytes).toBe(bytes);
  });

  it('grows on demand and keeps what it holds', async () => {
    const backend = await wasm();
    const small = backend.upload(Float32Array.of(1, 2, 3, 4), tensorType('f32', [4]));
    const before = backend.memoryBytes;
    const large = backend.upload(new Float32Array(1_000_000).fill(7), tensorType('f32', [1_000_000]));
    expect(backend.memoryBytes).toBeGreaterThan(before);
    expect(Array.from(backend.readSync(small))).toEqual([1, 2, 3, 4]);
    const executable = await backend.compile(double);
    const [result] = executable.run([small]);
    expect(Array.from(backend.readSync(result as DeviceTensor))).toEqual([2, 4, 6, 8]);
    large.dispose();
    await backend.dispose();
  });
});

it('refuses options that it does not have', async () => {
  await expect(wasm({ workers: 2 } as object)).rejects.toThrow(/no option "workers".*Use .*threads/);
  for (const maxBytes of [Number.NaN, -1, 100]) {
    await expect(wasm({ maxBytes })).rejects.toMatchObject({ code: 'argument' });
  }
});
