/**
 * Turns steps into functions: one per kernel, one per loop. Small functions reach the fast compiler tier one by one,
 * where a single long one would run its whole first call in the slow tier.
 */

import type { Step } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { ModuleBuilder } from '../assembler/module-builder.ts';
import type { EmitContext, SumKernels } from './emit-context.ts';
import { basePointer, pushPointer } from './emit-context.ts';
import { emitMap } from './emit-map.ts';
import { emitPack } from './emit-pack.ts';
import { emitProduct } from './emit-product.ts';

/** Emits a list of steps as calls in `f`, whose parameters are the iteration numbers of `loops`. */
export function emitSteps(
  module: ModuleBuilder,
  context: EmitContext,
  f: FunctionBuilder,
  steps: readonly Step[],
  iterations: ReadonlyMap<number, Local>,
): void {
  for (const step of steps) emitStep(module, context, f, step, iterations);
}

function emitStep(
  module: ModuleBuilder,
  context: EmitContext,
  caller: FunctionBuilder,
  step: Step,
  iterations: ReadonlyMap<number, Local>,
): void {
  const f = module.func(nameOf(step), { params: [...iterations.keys()].map(() => 'i32' as const), results: [] });
  context.beforeKernel?.(caller, step);
  for (const local of iterations.values()) caller.get(local);
  caller.call(f);
  const inside = new Map([...iterations.keys()].map((loop, position) => [loop, f.param(position)]));
  switch (step.kind) {
    case 'map':
      emitMap(f, context, step, inside);
      break;
    case 'reduce':
      sumKernels(context).emitReduce(f, context, step, inside);
      break;
    case 'sums':
      sumKernels(context).emitSums(f, context, step, inside);
      break;
    case 'argmax':
      sumKernels(context).emitArgmax(f, context, step, inside);
      break;
    case 'pack':
      emitPack(f, context, step, inside);
      break;
    case 'product':
      emitProduct(f, context, step, inside);
      break;
    case 'scatter':
      sumKernels(context).emitScatter(f, context, step, inside);
      break;
    case 'loop': {
      if (context.shared?.has(step) === true) {
        context.shared.emit(f, step, (g, iteration) =>
          emitSteps(module, context, g, step.body, new Map([...inside, [step.loop, iteration]])),
        );
        break;
      }
      const counter = f.local('i32');
      const within = new Map([...inside, [step.loop, counter]]);
      const last = step.length - 1;
      f.i32Const(step.reverse ? last : 0);
      f.set(counter);
      f.loop((again) => {
        emitSteps(module, context, f, step.body, within);
        f.get(counter);
        f.i32Const(step.reverse ? -1 : 1);
        f.op('i32.add');
        f.tee(counter);
        f.i32Const(step.reverse ? -1 : step.length);
        f.op('i32.ne');
        f.brIf(again);
      });
      break;
    }
    case 'while':
      f.loop((again) => {
        emitSteps(module, context, f, step.test, inside);
        const flag = basePointer(f, context, step.flag, inside);
        pushPointer(f, flag);
        f.load('i32.load', { offset: flag.constant });
        f.if_(() => {
          emitSteps(module, context, f, step.body, inside);
          f.br(again);
        });
      });
      break;
  }
}

function sumKernels({ sums }: EmitContext): SumKernels {
  if (sums === undefined) throw new Error('a Program with sums is compiled without their kernels');
  return sums;
}

function nameOf(step: Step): string {
  const { name, layer } = step.origin;
  return layer === undefined ? `${step.kind}:${name}` : `${step.kind}:${layer}/${name}`;
}
