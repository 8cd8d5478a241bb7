/**
 * Every pass by name, for tools and tests.
 */

import { standardPasses } from './optimise.ts';
import type { PassName } from './optimise-with.ts';
import { optionalPasses } from './optional-passes.ts';
import type { Pass } from './rebuild.ts';

/** All passes by name, with their standard options. */
export const passes: { readonly [K in PassName]: Pass } = { ...standardPasses, ...optionalPasses };

/** Names of all passes that can be switched. */
export const passNames: readonly PassName[] = /* @__PURE__ */ Object.keys(passes) as PassName[];
