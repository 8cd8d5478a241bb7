/**
 * The losses that a checkpoint can name.
 */

import { crossEntropy } from './cross-entropy.ts';
import type { Loss } from './loss.ts';
import { meanSquaredError } from './mean-squared-error.ts';

const losses: readonly Loss[] = [meanSquaredError, crossEntropy];

/** The loss of a name, or undefined when it is none of Rheo's own. */
export function lossByName(name: string): Loss | undefined {
  return losses.find((loss) => loss.name === name);
}
