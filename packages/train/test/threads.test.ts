/** A training on two and four threads of wasm ends with the bits of one thread, whatever the cell. */
import type { Layer } from '@rheo/layers';
import { it } from 'vitest';
import { cells, expectSameBits } from './on-threads.ts';

it.each(Object.keys(cells))('%s', (name) => expectSameBits(cells[name] as Layer, [2, 4]), 120_000);
