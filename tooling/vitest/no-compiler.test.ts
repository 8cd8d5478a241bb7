import { test } from 'vitest';
import { noCompilerReason } from './c-compiler.ts';

// Takes the place of the native backend's tests where there is no compiler, so that the skip is counted and its reason printed.
test('tests of the native backend', (context) => {
  context.skip(noCompilerReason);
});
