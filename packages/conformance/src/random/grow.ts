/**
 * Grows a scope op by op until the tape ends or enough was tried.
 */

import type { Op } from '@rheo/ir';
import { ops } from '@rheo/ir';
import type { Scope } from './scope.ts';
import { steps } from './steps.ts';

/** Ops in the order in which shrinking prefers them, those that make Programs interesting more than once. */
const choices: readonly Op[] = [
  'neg',
  'add',
  'tanh',
  'mul',
  'slice',
  'transpose',
  'reverse',
  'reduce_sum',
  'dot',
  'concat',
  'broadcast',
  'scan',
  'scan',
  'scan',
  'dot',
  'sub',
  'reshape',
  ...ops,
];

/** Tries so many steps. */
export function grow(scope: Scope, tries: number): void {
  for (let i = 0; i < tries && !scope.tape.ended; i++) steps[scope.tape.pick(choices)](scope);
}
