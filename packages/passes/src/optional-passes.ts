/**
 * Passes that pay on some targets only, as objects to hand to `optimise` or to a backend that takes them.
 */

import type { Program } from '@rheo/ir';
import { mergeDots, splitConcatDot } from './concat-dots.ts';
import { hoistStreamed } from './hoist-streamed.ts';
import type { Pass } from './rebuild.ts';
import { rematerialise } from './rematerialise.ts';
import { sinkOutputs } from './sink-outputs.ts';

/** Name of an optional pass. */
export type OptionalPassName = 'sinkOutputs' | 'hoistStreamed' | 'splitConcatDot' | 'mergeDots' | 'rematerialise';

/** Some of the optional passes. */
export type OptionalPasses = { readonly [K in OptionalPassName]?: Pass };

/** All optional passes, with their standard options. */
export const optionalPasses: { readonly [K in OptionalPassName]: Pass } = {
  sinkOutputs: { name: 'sinkOutputs', run: sinkOutputs },
  hoistStreamed: { name: 'hoistStreamed', run: hoistStreamed },
  splitConcatDot: { name: 'splitConcatDot', run: splitConcatDot },
  mergeDots: { name: 'mergeDots', run: mergeDots },
  rematerialise: { name: 'rematerialise', run: (program: Program): Program => rematerialise(program) },
};
