/**
 * Which of the five families a configuration names, in whatever spelling.
 */

import type { CfcVariant } from '@rheo/layers';
import type { ImportConfig, ImportFamily } from './import-config.ts';
import { configError } from './import-error.ts';

/** All families. */
export const families: readonly ImportFamily[] = [
  'ncps-torch',
  'ncps-keras',
  'ncps-tf',
  'official-tf',
  'official-torch',
];

/** The variant of Rheo's layers; ncps.tf and ncps.keras compute the same. */
export function variantOf(family: ImportFamily): CfcVariant {
  return family === 'ncps-tf' ? 'ncps-keras' : family;
}

/** The family that a configuration names; undefined if it names none. Throws `argument` for an unknown name. */
export function namedFamily(config: ImportConfig, kind: 'torch' | 'keras'): ImportFamily | undefined {
  const given = config.framework ?? config['family'] ?? config['backend'] ?? config['code'];
  const official = config.hparams !== undefined;
  if (given === undefined || given === null) {
    return official ? (kind === 'torch' ? 'official-torch' : 'official-tf') : undefined;
  }
  const name = String(given).toLowerCase();
  const authors = official || /official|raminmh|torch_cfc|tf_cfc|cfc\.(torch|tf)/.test(name);
  if (/torch/.test(name)) return authors ? 'official-torch' : 'ncps-torch';
  if (/keras/.test(name) && !authors) return 'ncps-keras';
  if (/keras|tf|tensorflow/.test(name)) return authors ? 'official-tf' : 'ncps-tf';
  throw configError(
    `there is no family "${name.slice(0, 80)}"`,
    'framework',
    'It takes ncps.torch, ncps.keras, ncps.tf, official.torch or official.tf',
  );
}

/** True for families whose tensors have the names of PyTorch. */
export function isTorchFamily(family: ImportFamily): boolean {
  return family === 'ncps-torch' || family === 'official-torch';
}
