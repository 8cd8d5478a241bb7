/**
 * Plans the import of Keras weights: a recurrent layer of ncps or of the authors, and dense layers after it.
 *
 * Masks are constants in Keras and not part of the files, so the wiring must be known: from config.json or from the
 * configuration. An LTC's reversal potentials are zero where no synapse is, which tells a wrong wiring.
 */

import type { Layer, Wiring } from '@rheo/layers';
import { cfc, dropout, linear, ltc, sequential } from '@rheo/layers';
import type { LtcMapping } from './cell-options.ts';
import {
  agreeMapping,
  checkMemory,
  readActivation,
  readDropout,
  readMapping,
  readMode,
  readSequences,
  readSolver,
} from './cell-options.ts';
import { variantOf } from './family.ts';
import type { FileTensor } from './file-tensor.ts';
import { shapeText } from './file-tensor.ts';
import type { ImportFamily } from './import-config.ts';
import type { Fail } from './import-error.ts';
import { nameList, printable } from './import-error.ts';
import type { KerasWeights } from './keras-weights.ts';
import { fixedVariables, ltcVariables } from './ltc-variables.ts';
import { wiringOfConfig } from './ncps-wiring.ts';
import type { ImportPlan } from './plan.ts';
import type { Questions } from './questions.ts';
import { wholeNumber } from './questions.ts';
import { float32 } from './read-parameters.ts';

/** One layer to import: weights with the questions about them, or a layer without weights. */
export type KerasPart =
  | { readonly weights: KerasWeights; readonly questions: Questions }
  | { readonly dropout: number };

/** What planning works on. */
export interface KerasSource {
  readonly family: ImportFamily;
  readonly parts: readonly KerasPart[];
  readonly file: string;
  readonly fail: Fail;
}

interface Cell {
  readonly layer: Layer;
  readonly features: number;
  readonly outputs: number;
  readonly tensors: ReadonlyMap<string, FileTensor>;
}

/** The plan. Throws `format`, `shape` or `argument`. */
export function planKeras(source: KerasSource): ImportPlan {
  const { family, parts, fail } = source;
  const cells = parts.map((part) => planPart(part, source));
  const first = cells.find((cell) => cell.features > 0);
  if (first === undefined) throw fail('it has no recurrent layer');
  return {
    family,
    model: sequential(cells.map(({ layer }) => layer)),
    features: first.features,
    consumed: new Set(),
    notes: [],
    origin: (path) => {
      const [, position = '', rest = ''] = /^(\d+)\/(.*)$/.exec(path) ?? [];
      const part = parts[Number(position)];
      const group = part !== undefined && 'weights' in part ? part.weights.name : '';
      const flat = /(^|\/)(w_tau|A)$/.test(rest);
      return {
        name: `${printable(group, 60)}/${kerasName(rest)}`,
        arrangement: flat ? 'flat' : 'same',
        tensor: cells[Number(position)]?.tensors.get(rest),
      };
    },
  };
}

function planPart(part: KerasPart, source: KerasSource): Cell {
  if ('dropout' in part) return { layer: dropout(part.dropout), features: 0, outputs: 0, tensors: new Map() };
  const { weights, questions } = part;
  if (weights.kind === 'dense') {
    const kernel = required(weights, 'kernel', source.fail);
    const outputs = size(kernel, 1, source.fail);
    return { layer: linear(outputs), features: size(kernel, 0, source.fail), outputs, tensors: weights.tensors };
  }
  checkClass(weights, questions, source.fail);
  const mixed = weights.tensors.has('lstm/input/kernel');
  checkMemory(questions, source.family, mixed);
  if (weights.kind === 'ltc') return planLtc(weights, questions, source, mixed);
  return weights.tensors.has('layers/0/ff1/kernel') || hasWiring(questions)
    ? planWiredCfc(weights, questions, source, mixed)
    : planCfc(weights, questions, source, mixed);
}

function hasWiring(questions: Questions): boolean {
  return questions.source.wiring !== undefined && questions.source.wiring !== null;
}

function checkClass({ kind, name }: KerasWeights, questions: Questions, fail: Fail): void {
  const given = questions.raw('class');
  if (typeof given !== 'string' || /ltc/i.test(given) === (kind === 'ltc')) return;
  throw fail(`the configuration says ${given}, but the weights are those of ${kind === 'ltc' ? 'an LTC' : 'a CfC'}`, {
    code: 'argument',
    at: name,
    remedy: `Pass class: "${kind === 'ltc' ? 'LTC' : 'CfC'}", or the file that belongs to the configuration`,
  });
}

function planCfc(weights: KerasWeights, questions: Questions, { family, fail }: KerasSource, mixed: boolean): Cell {
  const { tensors } = weights;
  const units = size(required(weights, 'ff1/bias', fail), 0, fail);
  let layers = 0;
  while (tensors.has(`backbone/${layers}/kernel`)) layers++;
  const widest = required(weights, layers === 0 ? 'ff1/kernel' : 'backbone/0/kernel', fail);
  const inner = size(widest, 0, fail) - units;
  const features = mixed ? size(required(weights, 'lstm/input/kernel', fail), 0, fail) : inner;
  if (features < 1 || inner < 1) throw small(widest, units, fail);
  questions.agree('units', wholeNumber, units, `the file has ${units} units`);
  if (layers > 0) {
    const width = size(widest, 1, fail);
    questions.agree('backbone_units', wholeNumber, width, `the file has ${width} backbone units`);
    questions.agree('backbone_layers', wholeNumber, layers, `the file has ${layers} backbone layers`);
  }
  const layer = cfc({
    units,
    variant: variantOf(family),
    mode: readMode(questions, family, tensors.has('A')),
    backboneUnits: layers === 0 ? 1 : size(widest, 1, fail),
    backboneLayers: layers,
    backboneActivation: readActivation(questions, family, layers),
    backboneDropout: readDropout(questions, family),
    mixedMemory: mixed,
    ...sequenceOptions(questions, family),
  });
  return { layer, features, outputs: units, tensors };
}

/** The options of Keras RNNs. */
function sequenceOptions(
  questions: Questions,
  family: ImportFamily,
): { readonly returnSequences: boolean; readonly goBackwards: boolean; readonly zeroOutputForMask: boolean } {
  return {
    returnSequences: readSequences(questions, family),
    goBackwards: questions.raw('go_backwards') === true,
    zeroOutputForMask: questions.raw('zero_output_for_mask') === true,
  };
}

function planWiredCfc(weights: KerasWeights, questions: Questions, source: KerasSource, mixed: boolean): Cell {
  const { family, fail } = source;
  // A wiring of one layer has no group of layers in the older form of file.
  const tensors = weights.tensors.has('layers/0/ff1/kernel') ? weights.tensors : asFirstLayer(weights.tensors);
  const own = { ...weights, tensors };
  const inputs =
    size(required(own, 'layers/0/ff1/kernel', fail), 0, fail) - size(required(own, 'layers/0/ff1/bias', fail), 0, fail);
  const features = mixed ? size(required(own, 'lstm/input/kernel', fail), 0, fail) : inputs;
  const mode = readMode(questions, family, tensors.has('layers/0/A'));
  const wiring = wiringOrAsk(questions, inputs, source);
  const layer = cfc({
    wiring,
    variant: variantOf(family),
    mode,
    mixedMemory: mixed,
    ...sequenceOptions(questions, family),
  });
  return { layer, features, outputs: wiring.outputs, tensors };
}

function asFirstLayer(tensors: ReadonlyMap<string, FileTensor>): Map<string, FileTensor> {
  return new Map([...tensors].map(([path, tensor]) => [path.startsWith('lstm/') ? path : `layers/0/${path}`, tensor]));
}

function wiringOrAsk(questions: Questions, inputs: number, { file }: KerasSource): Wiring {
  const given = wiringOfConfig(questions.source.wiring, inputs);
  if (given !== undefined) return given;
  questions.require(
    'wiring',
    '{ class, args }, class one of AutoNCP, NCP, Random, FullyConnected; its seed must be right',
  );
  questions.settle(file);
  throw new Error('settle did not ask');
}

function planLtc(weights: KerasWeights, questions: Questions, source: KerasSource, mixed: boolean): Cell {
  const { family, fail, file } = source;
  const { tensors, input, output } = namedVariables(weights, questions, source);
  const own = { ...weights, tensors };
  const units = size(required(own, 'gleak', fail), 0, fail);
  const inputs = size(required(own, 'sensory_sigma', fail), 0, fail);
  const features = mixed ? size(required(own, 'lstm/input/kernel', fail), 0, fail) : inputs;
  const solver = readSolver(questions, family);
  const given = wiringOfConfig(questions.source.wiring, inputs);
  const authors = family === 'official-tf';
  // LTC(units: 8) of ncps is FullyConnected(8).
  const allToAll = questions.optional('units', wholeNumber);
  if (given === undefined && allToAll === undefined && !authors) wiringOrAsk(questions, inputs, source);
  questions.settle(file);
  if (allToAll !== undefined) questions.agree('units', wholeNumber, units, `the file has ${units} neurons`);
  if (given !== undefined) checkPotentials(given, own, inputs, fail);
  const layer = ltc({
    ...(given === undefined ? { units } : { wiring: given }),
    variant: variantOf(family),
    inputMapping: input,
    outputMapping: output,
    ...solver,
    mixedMemory: mixed,
    ...sequenceOptions(questions, family),
  });
  return { layer, features, outputs: given?.outputs ?? units, tensors };
}

/** Variables by name; numbered ones need the mappings. */
function namedVariables(
  { tensors, name }: KerasWeights,
  questions: Questions,
  { fail }: KerasSource,
): { readonly tensors: ReadonlyMap<string, FileTensor>; readonly input: LtcMapping; readonly output: LtcMapping } {
  const numbered = [...tensors.keys()].filter((path) => path.startsWith('ltc/')).length;
  if (numbered === 0) {
    const shown = (part: string): LtcMapping =>
      tensors.has(`${part}_b`) ? 'affine' : tensors.has(`${part}_w`) ? 'linear' : 'none';
    const [input, output] = [shown('input'), shown('output')];
    agreeMapping(questions, 'input_mapping', input);
    agreeMapping(questions, 'output_mapping', output);
    return { tensors, input, output };
  }
  const both = numbered === fixedVariables + 4 ? 'affine' : numbered === fixedVariables ? 'none' : undefined;
  const input = both ?? readMapping(questions, 'input_mapping') ?? 'affine';
  const output = both ?? readMapping(questions, 'output_mapping') ?? 'affine';
  if (both !== undefined) {
    agreeMapping(questions, 'input_mapping', both);
    agreeMapping(questions, 'output_mapping', both);
  }
  const names = ltcVariables(input, output);
  if (names.length !== numbered) {
    throw fail(`the LTC has ${numbered} variables, with these mappings it would have ${names.length}`, {
      code: 'argument',
      at: name,
      remedy: 'Pass input_mapping and output_mapping ("affine", "linear" or null) as the model was made with',
    });
  }
  const named = [...tensors].map(([path, tensor]): [string, FileTensor] => {
    const number = /^ltc\/(\d+)$/.exec(path)?.[1];
    return [number === undefined ? path : (names[Number(number)] ?? path), tensor];
  });
  return { tensors: new Map(named), input, output };
}

/** Throws `argument` unless the potentials of absent synapses are zero. */
function checkPotentials(wiring: Wiring, weights: KerasWeights, inputs: number, fail: Fail): void {
  const built = wiring.build(inputs);
  for (const [path, polarities] of [
    ['erev', built.adjacency()],
    ['sensory_erev', built.sensoryAdjacency()],
  ] as const) {
    const tensor = required(weights, path, fail);
    const values = float32(tensor, fail);
    const wrong = values.findIndex((value, at) => value !== 0 && polarities[at] === 0);
    if (values.length === polarities.length && wrong < 0) continue;
    throw fail(`the wiring is not that of the file: ${path} has other synapses`, {
      code: 'argument',
      at: tensor.name,
      remedy: 'Pass the class, the arguments and the seed of the wiring that the model was made with',
    });
  }
}

function required({ tensors, name }: KerasWeights, path: string, fail: Fail): FileTensor {
  const tensor = tensors.get(path);
  if (tensor !== undefined) return tensor;
  throw fail(`${kerasName(path)} is missing`, {
    at: name,
    remedy: `Check class and arguments of the configuration; the layer has ${nameList([...tensors.values()].map((t) => t.name))}`,
  });
}

const names: Readonly<Record<string, string>> = {
  'lstm/input/kernel': 'input_kernel',
  'lstm/recurrent/kernel': 'recurrent_kernel',
  'lstm/input/bias': 'bias',
};

/** What Keras calls a parameter. */
function kerasName(path: string): string {
  return (
    names[path] ??
    path.replace(/(ff[12])\/(kernel|bias)$/, (_, head, leaf) => `${head}_${leaf === 'kernel' ? 'weight' : leaf}`)
  );
}

function size({ name, shape }: FileTensor, axis: 0 | 1, fail: Fail): number {
  const found = shape[axis];
  if (found !== undefined && found >= 1) return found;
  throw fail(`${name} has too few axes or is empty`, { code: 'shape', at: name, shapes: [shapeText(shape)] });
}

function small({ name, shape }: FileTensor, units: number, fail: Fail): Error {
  return fail(`${name} is too small for ${units} units`, { code: 'shape', at: name, shapes: [shapeText(shape)] });
}
