import { expect, test } from 'vitest';
import { threefry2x32 } from '../src/index.ts';

// Known answers that accompany the generator's original implementation (Random123, threefry2x32, 20 rounds).
test.each([
  [
    [0, 0],
    [0, 0],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x13198a2e, 0x03707344],
    [0x243f6a88, 0x85a308d3],
    [0xc4923a9c, 0x483df7a0],
  ],
])('key %j counter %j gives %j', ([key0 = 0, key1 = 0], [high = 0, low = 0], words) => {
  expect(threefry2x32(key0, key1, high, low)).toEqual(words);
});

test('both words are u32 for words given as i32', () => {
  expect(threefry2x32(-1, -1, -1, -1)).toEqual([0x1cb996fc, 0xbb002be7]);
});
