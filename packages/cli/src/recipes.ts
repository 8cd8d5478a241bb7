/**
 * What `rheo train walker2d` can train, by name: the paper's configurations, and one for the bundled sample.
 *
 * The sample has a twentieth of the data, so its recipe takes smaller steps through it: batches of 16, and a rate that
 * falls faster. Model and loss are those of the paper's CfC.
 */

import type { Walker2dRecipe } from '@rheo/train';
import { walker2dRecipes } from '@rheo/train';

const sample: Walker2dRecipe = {
  ...walker2dRecipes.cfc,
  learningRate: 0.01,
  decay: 0.9,
  batchSize: 16,
  epochs: 25,
};

/** Recipes by name; `cfc` is the default, `sample` that of the bundled sample. */
export const recipes: Readonly<Record<string, Walker2dRecipe>> = { ...walker2dRecipes, sample };
