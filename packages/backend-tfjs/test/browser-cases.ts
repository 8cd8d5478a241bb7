/**
 * What of the kit runs in a page, where GPUs are emulated and every new shape compiles a shader: every kind of case, one
 * of the many shapes of each op, two views of each, the smaller training steps, and 100 random Programs.
 */
import type { ConformanceCase } from '@rheo/conformance';
import { cases } from '@rheo/conformance';

const kept: Readonly<Record<string, RegExp>> = {
  op: /3x5|2x3/,
  view: /joined|padded-slice-reversed/,
  training: /^(?!training\/(cfc-adam\/(larger|even|one-row)|passes))/,
  random: /00(0.|10)$/,
};

export const browserCases: readonly ConformanceCase[] = cases.filter(({ id, group }) => kept[group]?.test(id) ?? true);
