/** In a page, where the main thread takes its part and spins, two threads give the bits of one as well. */
import type { Layer } from '@rheo/layers';
import { it } from 'vitest';
import { cells, expectSameBits } from './on-threads.ts';

const names = ['CfC with dropout', 'LTC', 'both directions, with dropout between layers'];

it.each(names)('%s', (name) => expectSameBits(cells[name] as Layer, [2]), 120_000);
