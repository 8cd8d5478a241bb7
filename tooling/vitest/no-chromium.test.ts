import { test } from 'vitest';
import { noChromiumReason } from './chromium.ts';

// Takes the place of the browser project where there is no browser, so that the skip is counted and its reason printed.
test('browser tests', (context) => {
  context.skip(noChromiumReason);
});
