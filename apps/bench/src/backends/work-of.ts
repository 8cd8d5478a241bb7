/**
 * A problem as a model of ours, with the same numbers in the order of its parameters.
 */

import { flattenTree } from '@rheo/core';
import type { Layer } from '@rheo/layers';
import { build, cfc, ltc } from '@rheo/layers';
import type { CfcProblem, LtcProblem, NcpProblem, Problem } from '../problem.ts';
import type { Dense } from '../weights.ts';
import type { Work } from './prepare-model.ts';

/** The model that a problem is for. */
export function modelOf({ shape }: Problem): Layer {
  if (shape.cell === 'ltc') {
    const { wiring, unfolds } = shape;
    return ltc({ wiring, odeUnfolds: unfolds, inputMapping: 'none', outputMapping: 'none' });
  }
  if (shape.cell === 'ncp') return cfc({ wiring: shape.wiring });
  return cfc({ units: shape.units, backboneUnits: shape.backbone, backboneLayers: shape.depth });
}

const heads = ['ff1', 'ff2', 'time_a', 'time_b'];

/** The problem's weights in the order of the model's parameters. */
export function cfcParameters(problem: CfcProblem, model: Layer): Float32Array[] {
  const { body, head } = problem.weights;
  const { units } = problem.shape;
  return flattenTree(build(model, problem.shape.features).parameters).paths.map((path) => {
    const [part = '', index = ''] = path.split('/');
    const bias = path.endsWith('bias');
    if (part === 'backbone') return take(body[Number(index)] as Dense, bias, 0, (body[Number(index)] as Dense).outputs);
    return take(head, bias, heads.indexOf(part) * units, units);
  });
}

function ltcParameters({ weights, shape }: LtcProblem, model: Layer): Float32Array[] {
  const { paths } = flattenTree(build(model, shape.features).parameters);
  return paths.map((path) => weights.parameters[path as keyof typeof weights.parameters]);
}

function ncpParameters({ weights, shape }: NcpProblem, model: Layer): Float32Array[] {
  return flattenTree(build(model, shape.features).parameters).paths.map((path) => {
    const [, index = '', part = ''] = path.split('/');
    const { head } = weights.layers[Number(index)] as { head: Dense };
    const units = head.outputs / heads.length;
    return take(head, path.endsWith('bias'), heads.indexOf(part) * units, units);
  });
}

function weightsOf(problem: Problem, model: Layer): Float32Array[] {
  if (problem.cell === 'cfc') return cfcParameters(problem, model);
  return problem.cell === 'ltc' ? ltcParameters(problem, model) : ncpParameters(problem, model);
}

function take({ inputs, outputs, weight, bias }: Dense, wantBias: boolean, from: number, count: number): Float32Array {
  if (wantBias) return bias.slice(from, from + count);
  const kernel = new Float32Array(inputs * count);
  for (let row = 0; row < inputs; row += 1) {
    kernel.set(weight.subarray(row * outputs + from, row * outputs + from + count), row * count);
  }
  return kernel;
}

/** A problem as a model with its weights and inputs. */
export function workOf(problem: Problem): Work {
  const model = modelOf(problem);
  const { steps, batch, features } = problem.shape;
  const elapsed = new Float32Array(steps * batch);
  for (let step = 0; step < steps; step += 1) elapsed.set(problem.elapsed, step * batch);
  return { model, weights: weightsOf(problem, model), steps, batch, features, x: problem.x, elapsed };
}
