/**
 * The data sample of the repository, for commands that are run inside it. No published package holds the sample.
 */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Path of the bundled Walker2d sample, or undefined outside of the repository. */
export function bundledSample(): string | undefined {
  const path = fileURLToPath(new URL('../../../apps/quickstart/data/walker2d-sample.zip', import.meta.url));
  return existsSync(path) ? path : undefined;
}
