import { flattenTree } from '@rheo/core';
import { build, describe as describeModel, modelFromDescription } from '@rheo/layers';
import { walker2dRecipes, walker2dSetup } from '@rheo/train';
import { describe, expect, it } from 'vitest';
import { isPenalised } from '../src/l2.ts';

const count = (name: keyof typeof walker2dRecipes): number => {
  const { parameters } = build(walker2dSetup(walker2dRecipes[name]).model, 17);
  const sizes = flattenTree(parameters).leaves.map(({ type }) => type.shape.reduce<number>((n, d) => n * Number(d), 1));
  return sizes.reduce((sum, size) => sum + size, 0);
};

describe('the Walker2d recipes', () => {
  it('have as many parameters as the layers of the paper', () => {
    const dense = (inputs: number, outputs: number): number => inputs * outputs + outputs;
    expect(count('cfc')).toBe(dense(17 + 64, 256) + 4 * dense(256, 64) + dense(64, 17));
    expect(count('no-gate')).toBe(dense(17 + 256, 128) + 4 * dense(128, 256) + dense(256, 17));
    expect(count('cf-s')).toBe(dense(17 + 256, 192) + dense(192, 256) + 2 * 256 + dense(256, 17));
    // The memory's output stands in for the input; its recurrent kernel has no bias.
    const memory = dense(17, 4 * 128) + 128 * 4 * 128;
    expect(count('mmrnn')).toBe(memory + dense(256, 128) + dense(128, 128) + 4 * dense(128, 128) + dense(128, 17));
  });

  it.each(Object.entries(walker2dRecipes))(
    '%s is a model that can be described, with Adam as in Keras',
    (_, recipe) => {
      const { model, optimizer, penalty, ...rest } = walker2dSetup(recipe);
      expect(describeModel(modelFromDescription(describeModel(model)))).toEqual(describeModel(model));
      expect(optimizer.config).toMatchObject({ epsilon: 1e-7, variant: 'keras', decay: { rate: 0.95 } });
      expect(rest).toMatchObject({ epochs: 50, batchSize: recipe.batchSize });
      expect(penalty.rate).toBe(recipe.l2);
    },
  );

  it('penalises the cell and not the read-out', () => {
    const { model, penalty } = walker2dSetup();
    const { leaves, paths } = flattenTree(build(model, 17).parameters);
    const counted = paths.filter((path, i) => {
      const leaf = leaves[i];
      return leaf !== undefined && isPenalised(penalty, { ...leaf, path });
    });
    expect(counted.every((path) => path.startsWith('0/'))).toBe(true);
    expect(counted).toHaveLength(5);
  });
});
