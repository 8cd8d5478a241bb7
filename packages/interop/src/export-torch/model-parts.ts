/**
 * Takes a model apart into what the originals' classes consist of: one recurrent cell, and at most one linear layer behind
 * it. Sequences within sequences count as one.
 */

import type { Layer, LayerDescription, LinearConfig } from '@rheo/layers';
import type { ExportedLayer } from './cannot-express.ts';
import { cannotExpress } from './cannot-express.ts';

/** A layer with its options. */
export interface Part<Config> extends ExportedLayer {
  readonly config: Config;
}

/** The parts of a model. */
export interface ModelParts {
  readonly cell: Part<LayerDescription['config']>;
  readonly head: Part<LinearConfig> | undefined;
}

/** The parts; throws `capability` that names the first layer with no place in the originals. */
export function modelParts(model: Layer): ModelParts {
  const parts = flattened(model, '');
  for (const part of parts) {
    if (part.kind === 'cfc' || part.kind === 'ltc' || part.kind === 'linear') continue;
    throw cannotExpress(part, `ncps.torch and torch_cfc.py have no layer "${part.kind}"`, remedyFor(part.kind));
  }
  const [cell, head, third] = parts;
  if (cell === undefined) throw new Error('a chain has at least one layer');
  if (cell.kind === 'linear') {
    throw cannotExpress(
      cell,
      'a linear layer stands before the recurrent one, and the originals have none there',
      'Export the rest alone, and put the linear layer before it in Python',
    );
  }
  const surplus = head?.kind === 'linear' ? third : head;
  if (surplus !== undefined) {
    throw cannotExpress(
      surplus,
      `${surplus.kind} is one layer too many: the originals’ classes have one recurrent layer and one linear layer`,
      'Export the layers one by one, and chain them in Python',
    );
  }
  return { cell, head: head as Part<LinearConfig> | undefined };
}

function flattened({ kind, config }: LayerDescription, path: string): Part<LayerDescription['config']>[] {
  if (kind !== 'sequential') return [{ kind, config, path }];
  return (config['layers'] as readonly LayerDescription[]).flatMap((layer, index) =>
    flattened(layer, path === '' ? String(index) : `${path}/${index}`),
  );
}

function remedyFor(kind: string): string {
  if (kind === 'dropout') return 'Leave it out of the exported model: it acts in training alone and has no parameters';
  if (kind === 'forward-fill') return 'Leave it out of the exported model, and fill the inputs in Python';
  return 'A CfC or an LTC, alone or with a linear layer behind it, can be exported';
}
