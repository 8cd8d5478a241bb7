/**
 * Arguments that the families share, under the names of ncps, read once for all of them.
 */

import type { Activation, CfcMode } from '@rheo/layers';
import { activationNames } from '@rheo/layers';
import type { ImportFamily } from './import-config.ts';
import type { Choice, Questions } from './questions.ts';
import { flag, notNegative, wholeNumber, wordOf } from './questions.ts';

const modes: Choice<CfcMode> = wordOf<CfcMode>(['default', 'no_gate', 'pure']);
const activation: Choice<Activation> = wordOf<Activation>(activationNames, { lecun: 'lecun_tanh', swish: 'silu' });

/** A mapping of an LTC; the originals take any other value for none. */
const mapping: Choice<LtcMapping> = {
  takes: '"affine", "linear", null',
  read: (value) => (value === 'affine' || value === 'linear' ? value : 'none'),
};

export type LtcMapping = 'affine' | 'linear' | 'none';

/** The mode of a CfC; `pure` shows in the tensors, the other two have the same ones. */
export function readMode(questions: Questions, family: ImportFamily, pure: boolean): CfcMode {
  if (family.startsWith('official')) {
    questions.agree('minimal', flag, pure, pure ? 'the file has A and w_tau' : 'the file has no A and w_tau');
    if (pure) return 'pure';
    return questions.ask('no_gate', flag, false) ? 'no_gate' : 'default';
  }
  if (pure) {
    questions.agree('mode', modes, 'pure', 'the file has A and w_tau, which the mode "pure" alone has');
    return 'pure';
  }
  const mode = questions.ask('mode', wordOf<CfcMode>(['default', 'no_gate', 'pure']), 'default');
  if (mode === 'pure')
    questions.agree('mode', modes, 'default', 'the file has no A and w_tau, so it is "default" or "no_gate"');
  return mode;
}

/** The activation of a backbone; without one it has no effect and is not asked for. */
export function readActivation(questions: Questions, family: ImportFamily, layers: number): Activation {
  const name = family.startsWith('official') ? 'backbone_activation' : 'activation';
  if (layers === 0) return questions.optional(name, activation) ?? 'lecun_tanh';
  return questions.ask(name, activation, 'lecun_tanh');
}

/** The rate of a backbone's dropout, which acts in training alone. */
export function readDropout(questions: Questions, family: ImportFamily): number {
  return questions.optional(family.startsWith('official') ? 'backbone_dr' : 'backbone_dropout', notNegative) ?? 0;
}

/** Whether all outputs are returned or the last; it has no influence on weights, so the original's default will do. */
export function readSequences(questions: Questions, family: ImportFamily): boolean {
  return questions.optional('return_sequences', flag) ?? family === 'ncps-torch';
}

/** The mixed memory that the tensors show, compared with what was said. */
export function checkMemory(questions: Questions, family: ImportFamily, mixed: boolean): void {
  const name = family.startsWith('official') ? 'use_mixed' : 'mixed_memory';
  questions.agree(name, flag, mixed, mixed ? 'the file has the LSTM of mixed memory' : 'the file has no LSTM');
}

/** Unfolds and epsilon of an LTC; the authors’ torch code has them fixed. */
export function readSolver(
  questions: Questions,
  family: ImportFamily,
): { readonly odeUnfolds?: number; readonly epsilon?: number } {
  if (family === 'official-torch') {
    const odeUnfolds = questions.optional('ode_unfolds', wholeNumber);
    return odeUnfolds === undefined ? {} : { odeUnfolds };
  }
  return {
    odeUnfolds: questions.ask('ode_unfolds', wholeNumber, family === 'official-tf' ? 3 : 6),
    epsilon: questions.ask('epsilon', notNegative, 1e-8),
  };
}

/** A mapping that was said, if it was. */
export function readMapping(questions: Questions, name: 'input_mapping' | 'output_mapping'): LtcMapping | undefined {
  return questions.optional(name, mapping);
}

/** Throws unless the mapping of the tensors is the one that was said. */
export function agreeMapping(questions: Questions, name: 'input_mapping' | 'output_mapping', shown: LtcMapping): void {
  questions.agree(
    name,
    mapping,
    shown,
    `the file has the tensors of ${shown === 'none' ? 'no mapping' : `"${shown}"`}`,
  );
}
