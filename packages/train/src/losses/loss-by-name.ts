/**
 * The losses that a checkpoint can name, made again from their options.
 */

import { binaryCrossEntropy, binaryCrossEntropyWith } from './binary-cross-entropy.ts';
import { crossEntropy } from './cross-entropy.ts';
import { crossEntropyWith } from './cross-entropy-with.ts';
import { huber } from './huber.ts';
import type { Loss } from './loss.ts';
import { meanAbsoluteError } from './mean-absolute-error.ts';
import { meanSquaredError } from './mean-squared-error.ts';

const plain: readonly Loss[] = [meanSquaredError, meanAbsoluteError, crossEntropy, binaryCrossEntropy];
const configured: readonly ((config: object) => Loss)[] = [huber, crossEntropyWith, binaryCrossEntropyWith];

/**
 * The loss of a name and its options, or undefined when it is none of Rheo's own. Throws `argument` for options that the
 * loss does not take.
 */
export function lossByName(name: string, config?: object): Loss | undefined {
  if (config === undefined) return [...plain, huber()].find((loss) => loss.name === name);
  const make = configured.find((candidate) => candidate({}).name === name);
  return make?.(config);
}
