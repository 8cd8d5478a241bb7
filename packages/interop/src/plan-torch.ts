/**
 * Plans the import of a PyTorch state dictionary: what the names and shapes tell, what the configuration adds, and the
 * model of Rheo that computes the same.
 *
 * Masks are part of these files. Where the configured wiring has other synapses than they say, the masks win, because
 * the originals load such a file into any model of the same sizes.
 */

import type { Layer, Wiring } from '@rheo/layers';
import { cfc, fullyConnected, linear, ltc, sequential } from '@rheo/layers';
import type { LtcMapping } from './cell-options.ts';
import {
  agreeMapping,
  checkMemory,
  readActivation,
  readDropout,
  readMode,
  readSequences,
  readSolver,
} from './cell-options.ts';
import { variantOf } from './family.ts';
import type { FileTensor } from './file-tensor.ts';
import { shapeText } from './file-tensor.ts';
import type { ImportFamily } from './import-config.ts';
import type { Fail } from './import-error.ts';
import type { PolarityMatrix } from './ncps-wiring.ts';
import { wiringOfConfig, wiringOfLayers, wiringOfMatrices } from './ncps-wiring.ts';
import type { ImportPlan } from './plan.ts';
import type { Questions } from './questions.ts';
import { flag, wholeNumber } from './questions.ts';
import { float32 } from './read-parameters.ts';
import type { TorchNames } from './torch-names.ts';
import { torchName } from './torch-names.ts';

/** What planning works on. */
export interface TorchSource {
  readonly family: ImportFamily;
  readonly names: TorchNames;
  readonly questions: Questions;
  readonly fail: Fail;
}

interface Cell {
  readonly layer: Layer;
  readonly features: number;
  readonly notes: readonly string[];
  readonly mask?: FileTensor | undefined;
}

/** The plan. Throws `format`, `shape` or `argument`. */
export function planTorch(source: TorchSource): ImportPlan {
  const { family, names, questions, fail } = source;
  const { tensors } = names;
  const isLtc = tensors.has('gleak') || tensors.has('sigma');
  checkClass(source, isLtc);
  checkMemory(questions, family, tensors.has('lstm.input_map.weight'));
  const cell = isLtc ? planLtc(source) : names.layers > 0 ? planWiredCfc(source) : planCfc(source);
  questions.agree('input_size', wholeNumber, cell.features, `the file has ${cell.features} input features`);
  const head = tensors.get('fc.weight');
  const layers = head === undefined ? [cell.layer] : [cell.layer, linear(sizeOf(head, 0, fail))];
  const shapes = [...tensors.values()].filter(({ name }) => name.endsWith('sparsity_mask'));
  return {
    family,
    model: sequential(layers),
    features: cell.features,
    consumed: new Set(shapes.map(({ name }) => name)),
    notes: cell.notes,
    origin: (path) => {
      const [, position, rest = ''] = /^(\d+)\/(.*)$/.exec(path) ?? [];
      const { bare, arrangement } = torchName(position === '1' ? `fc/${rest}` : rest, names);
      const own = bare.startsWith('fc.') || bare.startsWith('lstm.') ? bare : `${names.cell}${bare}`;
      const heads = bare === 'ff1.weight' || bare === 'ff2.weight';
      const mask = heads ? cell.mask : undefined;
      return { name: `${names.prefix}${own}`, arrangement, tensor: tensors.get(bare), mask };
    },
  };
}

function checkClass({ questions, names, fail }: TorchSource, isLtc: boolean): void {
  const name = questions.raw('class');
  if (typeof name !== 'string' || /ltc/i.test(name) === isLtc) return;
  const [wrong] = names.tensors.values();
  throw fail(`the configuration says ${name}, but the tensors are those of ${isLtc ? 'an LTC' : 'a CfC'}`, {
    code: 'argument',
    at: wrong?.name ?? '',
    remedy: `Pass class: "${isLtc ? 'LTC' : 'CfC'}", or the file that belongs to the configuration`,
  });
}

function planCfc(source: TorchSource): Cell {
  const { family, names, questions, fail } = source;
  const { tensors, backbone } = names;
  const units = sizeOf(required(source, 'ff1.bias'), 0, fail);
  const [first] = backbone;
  const widest = required(source, first === undefined ? 'ff1.weight' : `backbone.${first}.weight`);
  const features = sizeOf(widest, 1, fail) - units;
  if (features < 1) throw tooFew(widest, units, fail);
  const backboneUnits = first === undefined ? undefined : sizeOf(widest, 0, fail);
  questions.agree('units', wholeNumber, units, `the file has ${units} units`);
  questions.agree('hidden_size', wholeNumber, units, `the file has ${units} units`);
  if (questions.raw('backbone_layers') !== 0 || backbone.length > 0) {
    questions.agree('backbone_layers', wholeNumber, backbone.length, `the file has ${backbone.length} backbone layers`);
  }
  if (backboneUnits !== undefined) {
    questions.agree('backbone_units', wholeNumber, backboneUnits, `the file has ${backboneUnits} backbone units`);
  }
  const mask = tensors.get('sparsity_mask');
  return {
    features,
    mask,
    notes:
      mask === undefined ? [] : ['weights that the sparsity mask switches off were set to 0; the mask is not kept'],
    layer: cfc({
      units,
      variant: variantOf(family),
      mode: readMode(questions, family, tensors.has('A') || tensors.has('w_tau')),
      backboneUnits: backboneUnits ?? 1,
      backboneLayers: backbone.length,
      backboneActivation: readActivation(questions, family, backbone.length),
      backboneDropout: readDropout(questions, family),
      mixedMemory: tensors.has('lstm.input_map.weight'),
      returnSequences: readSequences(questions, family),
    }),
  };
}

function planWiredCfc(source: TorchSource): Cell {
  const { family, names, questions, fail } = source;
  const { tensors, layers } = names;
  const masks = Array.from({ length: layers }, (_, layer) => {
    const units = sizeOf(required(source, `layer_${layer}.ff1.bias`), 0, fail);
    return layerMask(required(source, `layer_${layer}.sparsity_mask`), units, fail);
  });
  const features = masks[0]?.length ?? 0;
  const given = wiringOfConfig(questions.source.wiring, features);
  const fits = given !== undefined && sameLayers(given, features, masks);
  return {
    features,
    notes:
      given === undefined || fits ? [] : ['the wiring is that of the file’s masks, which is not the configured one'],
    layer: cfc({
      wiring: fits ? given : wiringOfLayers(masks),
      variant: variantOf(family),
      mode: readMode(questions, family, tensors.has('layer_0.A')),
      mixedMemory: tensors.has('lstm.input_map.weight'),
      returnSequences: readSequences(questions, family),
    }),
  };
}

/** [units, inputs + units] in the file; gives [inputs][units]. The part of the own state must be ones. */
function layerMask(tensor: FileTensor, units: number, fail: Fail): number[][] {
  const columns = sizeOf(tensor, 1, fail);
  const inputs = columns - units;
  if (inputs < 1 || tensor.shape[0] !== units) throw tooFew(tensor, units, fail);
  const values = float32(tensor, fail);
  const entry = (target: number, source: number): number => (values[target * columns + source] === 0 ? 0 : 1);
  for (let target = 0; target < units; target++) {
    for (let source = inputs; source < columns; source++) {
      if (entry(target, source) === 1) continue;
      throw fail('a layer of a wired CfC is dense in its own state, but this mask is not', { at: tensor.name });
    }
  }
  return Array.from({ length: inputs }, (_, source) =>
    Array.from({ length: units }, (_, target) => entry(target, source)),
  );
}

function sameLayers(wiring: Wiring, features: number, masks: readonly PolarityMatrix[]): boolean {
  if (wiring.layers.length !== masks.length) return false;
  const built = wiring.build(features);
  const [inner, sensory] = [built.adjacency(), built.sensoryAdjacency()];
  return masks.every((mask, index) => {
    const own = wiring.layers[index]?.neurons ?? [];
    const below = index === 0 ? undefined : wiring.layers[index - 1]?.neurons;
    if (mask[0]?.length !== own.length || mask.length !== (below?.length ?? features)) return false;
    return mask.every((row, source) =>
      row.every((entry, column) => {
        const from = below === undefined ? source : (below[source] ?? 0);
        const polarity = (below === undefined ? sensory : inner)[from * wiring.units + (own[column] ?? 0)];
        return Math.abs(polarity ?? 0) === entry;
      }),
    );
  });
}

function planLtc(source: TorchSource): Cell {
  const { family, names, questions, fail } = source;
  const { tensors } = names;
  const units = sizeOf(required(source, 'gleak'), 0, fail);
  const features = sizeOf(required(source, 'sensory_sigma'), 0, fail);
  const mapped = (name: 'input' | 'output'): LtcMapping =>
    tensors.has(`${name}_b`) ? 'affine' : tensors.has(`${name}_w`) ? 'linear' : 'none';
  const [inputMapping, outputMapping] = [mapped('input'), mapped('output')];
  if (family === 'ncps-torch') {
    agreeMapping(questions, 'input_mapping', inputMapping);
    agreeMapping(questions, 'output_mapping', outputMapping);
  }
  const wired = family === 'ncps-torch' ? ltcWiring(source, units, features) : undefined;
  return {
    features,
    notes: wired?.notes ?? [],
    layer: ltc({
      ...(wired === undefined ? { units } : { wiring: wired.wiring }),
      variant: variantOf(family),
      inputMapping,
      outputMapping,
      ...readSolver(questions, family),
      ...(family === 'ncps-torch' ? { positivity: readPositivity(questions) } : {}),
      mixedMemory: tensors.has('lstm.input_map.weight'),
      returnSequences: readSequences(questions, family),
    }),
  };
}

function readPositivity(questions: Questions): 'implicit' | 'explicit' {
  const bare = /cell$/i.test(String(questions.raw('class') ?? ''));
  return questions.ask('implicit_param_constraints', flag, !bare) ? 'implicit' : 'explicit';
}

/** The wiring of an LTC: the configured one if its synapses are those of the masks, else one made of them. */
function ltcWiring(
  source: TorchSource,
  units: number,
  features: number,
): { readonly wiring: Wiring; readonly notes: readonly string[] } {
  const { names, questions, fail } = source;
  const inner = signs(source, 'sparsity_mask', 'erev', [units, units]);
  const sensory = signs(source, 'sensory_sparsity_mask', 'sensory_erev', [features, units]);
  const given = wiringOfConfig(questions.source.wiring, features);
  const allToAll = questions.optional('units', wholeNumber);
  const mapped = names.tensors.get('output_w');
  const outputs = mapped === undefined ? (given?.outputs ?? allToAll) : sizeOf(mapped, 0, fail);
  if (allToAll !== undefined) questions.agree('units', wholeNumber, units, `the file has ${units} neurons`);
  if (outputs === undefined)
    questions.require('wiring', '{ class, args } of the wiring, which tells the number of outputs');
  const built = given?.build(features);
  const fits =
    given !== undefined &&
    given.units === units &&
    given.outputs === outputs &&
    sameMask(built?.adjacency() ?? [], inner) &&
    sameMask(built?.sensoryAdjacency() ?? [], sensory);
  if (fits) return { wiring: given, notes: [] };
  const notes = given === undefined ? [] : ['the wiring is that of the file’s masks, which is not the configured one'];
  const size = Math.min(outputs ?? units, units);
  // Where every synapse exists, a short description will do: the file has the potentials.
  const full = [...inner, ...sensory].every((row) => row.every((polarity) => polarity !== 0));
  const wiring = full ? fullyConnected(units, { outputs: size }) : wiringOfMatrices(inner, sensory, size);
  return { wiring, notes };
}

function sameMask(polarities: ArrayLike<number>, matrix: PolarityMatrix): boolean {
  const flat = matrix.flat();
  return (
    flat.length === polarities.length && flat.every((entry, at) => Math.abs(entry) === Math.abs(polarities[at] ?? 0))
  );
}

/** Synapses of the mask with the signs of the reversal potentials. */
function signs(
  source: TorchSource,
  maskName: string,
  erevName: string,
  [rows, columns]: readonly [number, number],
): PolarityMatrix {
  const [mask, erev] = [maskName, erevName].map((name) => {
    const tensor = required(source, name);
    if (tensor.shape.join() !== [rows, columns].join()) {
      throw source.fail(`${name} should be ${shapeText([rows, columns])}`, {
        code: 'shape',
        at: tensor.name,
        shapes: [shapeText(tensor.shape)],
      });
    }
    return float32(tensor, source.fail);
  });
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      const at = row * columns + column;
      return (mask?.[at] ?? 0) === 0 ? 0 : (erev?.[at] ?? 0) < 0 ? -1 : 1;
    }),
  );
}

function required({ names, fail }: TorchSource, bare: string): FileTensor {
  const tensor = names.tensors.get(bare);
  if (tensor !== undefined) return tensor;
  const name = `${names.prefix}${names.cell}${bare}`;
  throw fail(`the tensor ${name} is missing`, {
    at: name,
    remedy: 'Check framework and class of the configuration, and that the whole state dictionary was saved',
  });
}

function sizeOf({ name, shape }: FileTensor, axis: 0 | 1, fail: Fail): number {
  const size = shape[axis];
  if (size !== undefined && size >= 1) return size;
  throw fail(`${name} has too few axes or is empty`, { code: 'shape', at: name, shapes: [shapeText(shape)] });
}

function tooFew({ name, shape }: FileTensor, units: number, fail: Fail): Error {
  return fail(`${name} is too small for ${units} units`, { code: 'shape', at: name, shapes: [shapeText(shape)] });
}
