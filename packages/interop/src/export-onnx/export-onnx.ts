/**
 * A model as an ONNX file: over whole sequences with batch and time left free, or one step with its state in and out.
 *
 * Parameters are initialisers under their paths; inputs and outputs have names that a viewer shows. What the file needs
 * to be used rightly travels as metadata. Dropout, which acts in training alone, is not in it.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import type { Program, TensorData } from '@rheo/ir';
import { RheoError, resultTypes } from '@rheo/ir';
import type { BuiltLayer, ElapsedForm, Layer, ModelProgram, RecurrentLayer } from '@rheo/layers';
import { build, describe, matchParameters, predictProgram, stateTypes, stepProgram } from '@rheo/layers';
import { toOnnx } from '@rheo/onnx';
import { optimise } from '@rheo/passes';

/** What is exported. */
export interface OnnxExportOptions {
  /** Input features of the model. */
  readonly features: number;
  /** "sequence" unless given: [batch, time, features] in; "step": one observation, state in and out. */
  readonly form?: 'sequence' | 'step';
  /**
   * How elapsed times come: "row" unless given: [batch, time], in a step [batch, 1]; "shared": [time], in a step a
   * scalar; "unit": one more axis of units; "none": the model's default time between steps.
   */
  readonly dt?: ElapsedForm;
  /**
   * Which steps ("steps", [batch, time], sequences only) or features ("features", as the values) were observed: f32 of
   * 0 and 1. "features" where a layer needs to know, else "none", unless given.
   */
  readonly mask?: 'none' | 'steps' | 'features';
  /** Facts of the caller's own, stored beside those that are always there. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A port of the exported model. */
export interface OnnxPort {
  readonly name: string;
  /** Free axes have names. */
  readonly shape: readonly (number | string)[];
}

/** An exported model. */
export interface ExportedOnnx {
  /** The bytes of a ModelProto, opset 17, IR 8. */
  readonly bytes: Uint8Array;
  /** In order: the state's leaves (of a step: `state/…`), `values`, `dt` and `mask` (unless "none"). */
  readonly inputs: readonly OnnxPort[];
  /** In order: `outputs`, then the state's leaves: `final_state/…` of a sequence, `next_state/…` of a step. */
  readonly outputs: readonly OnnxPort[];
}

/**
 * Exports a model to ONNX.
 * Throws `argument` where the model and the options do not go together (a step of a bidirectional model; times per unit
 * without units), `shape` for parameters of another model, `memory` beyond 2 GB.
 */
export function exportOnnx(model: Layer, parameters: Tree<Parameter>, options: OnnxExportOptions): ExportedOnnx {
  const { features, form = 'sequence', dt = 'row', metadata = {} } = options;
  const built = build(model, features);
  const layers = recurrentLayers(built);
  const mask = options.mask ?? (layers.some(({ needsObserved }) => needsObserved) ? 'features' : 'none');
  if (form === 'step' && mask === 'steps') {
    throw new RheoError('argument', {
      from: '@rheo/interop',
      what: 'one step takes no mask of steps',
      where: 'mask',
      remedy: 'Leave out steps that were not observed, or export the sequence form',
    });
  }
  const { leaves, paths } = flattenTree(matchParameters(built, parameters));
  const states = flattenTree(stateTypes(built, 'batch')).paths;
  const { program: traced, inputs: kinds }: ModelProgram =
    form === 'step'
      ? stepProgram(model, { features, batch: 'batch', dt, observed: mask === 'features' })
      : predictProgram(model, { features, dt, mask });
  const program = optimise(traced);
  const inputs = kinds.flatMap((kind) => (kind === 'state' ? stateNames('state', states) : [kind]));
  const after = form === 'step' ? 'next_state' : 'final_state';
  const outputs = ['outputs', ...stateNames(after, states)];
  const weights = new Map(leaves.map(({ data }, index): [number, TensorData] => [index, data]));
  const bytes = toOnnx(program, {
    weights,
    names: { inputs: [...paths.map((path) => (path === '' ? 'parameter' : path)), ...inputs], outputs },
    name: model.kind,
    metadata: {
      rheo_form: form,
      rheo_dt: dt,
      rheo_mask: mask,
      rheo_features: String(features),
      ...defaultElapsed(layers),
      rheo_model: JSON.stringify(describe(model)),
      ...metadata,
    },
  });
  return { bytes, ...ports(program, leaves.length, inputs, outputs) };
}

function recurrentLayers(layer: BuiltLayer): readonly RecurrentLayer[] {
  if (layer.form === 'chain') return layer.parts.flatMap(recurrentLayers);
  if (layer.form === 'bidirectional') return [layer.forward, layer.backward];
  return layer.form === 'recurrent' ? [layer] : [];
}

/** The time between steps where none is given, for those who feed `dt`. */
function defaultElapsed(layers: readonly RecurrentLayer[]): Record<string, string> {
  const found = new Set(layers.filter(({ units }) => units !== undefined).map((layer) => layer.defaultElapsed));
  return found.size === 0 ? {} : { rheo_default_dt: [...found].join(' ') };
}

function stateNames(start: string, paths: readonly string[]): string[] {
  return paths.map((path) => (path === '' ? start : `${start}/${path}`));
}

function ports(
  program: Program,
  weights: number,
  inputs: readonly string[],
  outputs: readonly string[],
): Pick<ExportedOnnx, 'inputs' | 'outputs'> {
  const results = resultTypes(program);
  return {
    inputs: inputs.map((name, index) => ({ name, shape: program.params[weights + index]?.type.shape ?? [] })),
    outputs: outputs.map((name, index) => ({ name, shape: results[index]?.shape ?? [] })),
  };
}
