/**
 * Where engines that the user installed are looked for: what lies in the current folder counts before what lies beside
 * this command, so that a command installed for all finds the engines of a project.
 */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Files from which packages are resolved, as Node does; they need not exist. */
export function enginePlaces(folder: string): readonly string[] {
  return [join(folder, 'package.json'), fileURLToPath(import.meta.url)];
}
