/**
 * What of the kit runs on GPUs in a page, where they are emulated and every new shape compiles a shader: all of it, but ten
 * of the cases with ten random Programs each.
 */
import type { ConformanceCase } from '@rheo/conformance';
import { cases } from '@rheo/conformance';

export const browserCases: readonly ConformanceCase[] = cases.filter(
  ({ id }) => !id.startsWith('random/') || id <= 'random/0010',
);
