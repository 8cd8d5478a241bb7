/**
 * From a lowered Program to the bytes of a WebAssembly module with two entry points, `prepare` and `run`.
 *
 * The module imports the backend's memory and owns the addresses [base, base + bytes), where the planned buffers lie.
 * Inputs and results come as addresses: parameters of both entry points, kept in globals. Beyond `maxParameters` they
 * are given to `place1`, `place2` … first. Constants of the code are immediates: loads from a table measured 4 to 13 %
 * slower.
 */

import type { Lowered, Step } from '@rheo/compiler';
import { planMemory } from '@rheo/compiler';
import type { Callable, FunctionBuilder, Global } from '../assembler/function-builder.ts';
import type { MemoryLimits } from '../assembler/module-builder.ts';
import { ModuleBuilder } from '../assembler/module-builder.ts';
import { inlineConstants } from '../math/constant-pool.ts';
import type { EmitContext, SumKernels } from './emit-context.ts';
import { emitSteps } from './emit-steps.ts';
import type { Layout, Sharing } from './sharing.ts';

/** Addresses that one entry point takes: engines refuse functions of more than a thousand parameters. */
export const maxParameters = 900;

/** A module and what it needs in memory. */
export interface GeneratedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of memory from the base on. */
  readonly workspaceBytes: number;
  /** Data to be written before the first call. */
  readonly data: readonly { readonly address: number; readonly bytes: Uint8Array }[];
}

/** The memory that modules import, and how threads share out their loops. */
export interface Target {
  readonly memory: MemoryLimits;
  /** Absent where one thread works. */
  readonly sharing?: Sharing;
  /** Emitters of kernels that gather, once they have been loaded. */
  sums?: SumKernels;
}

/** Lays out the workspace, which must be reserved before code is generated for its address. */
export function layOut(lowered: Lowered, { sharing }: Target): Layout {
  const shared = sharing?.layOut(lowered);
  if (shared !== undefined) return shared;
  const plan = planMemory(lowered);
  return { plan, bytes: plan.bytes };
}

/**
 * Generates the module for a workspace at `base` (a multiple of 64). With `numbers`, for profiling, it also imports
 * `env.tick` and calls it with the number of a kernel before it calls the kernel.
 */
export function generate(
  lowered: Lowered,
  layout: Layout,
  base: number,
  target: Target,
  numbers?: ReadonlyMap<Step, number>,
): GeneratedModule {
  const { plan } = layout;
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', target.memory);
  const tick = numbers === undefined ? undefined : module.importFunc('env', 'tick', { params: ['i32'], results: [] });
  const shared = layout.shared && target.sharing?.open(module, layout, base);
  const globals = new Map<number, Global>();
  const external = lowered.buffers.filter(({ kind }) => kind === 'input' || kind === 'result');
  for (const { id } of external) globals.set(id, module.global('i32', 0, { mutable: true }));
  const context: EmitContext = {
    buffers: lowered.buffers,
    address: (buffer) => base + (plan.offsets[buffer] ?? 0),
    base: (buffer) => globals.get(buffer) as Global,
    constants: inlineConstants,
    sums: target.sums,
    ...(shared === undefined ? {} : { shared }),
    ...(tick === undefined ? {} : { beforeKernel: ticking(tick, numbers ?? new Map()) }),
  };
  const entry = (name: string, from: number): FunctionBuilder => {
    const buffers = external.slice(from, from + maxParameters);
    const f = module.func(name, { params: buffers.map(() => 'i32' as const), results: [], exportAs: name });
    buffers.forEach(({ id }, position) => {
      f.get(f.param(position));
      f.setGlobal(globals.get(id) as Global);
      shared?.publish(f, from + position, f.param(position));
    });
    return f;
  };
  for (let from = maxParameters; from < external.length; from += maxParameters)
    entry(`place${from / maxParameters}`, from);
  for (const name of ['prepare', 'run'] as const) {
    const f = entry(name, 0);
    emitSteps(module, context, f, name === 'prepare' ? lowered.prepare : lowered.steps, new Map());
  }
  shared?.close([...globals.values()]);
  const data: { address: number; bytes: Uint8Array }[] = [];
  for (const { id, kind, dtype, data: values } of lowered.buffers) {
    if (kind !== 'constant' || values === undefined) continue;
    data.push({ address: base + (plan.offsets[id] ?? 0), bytes: encode(dtype, values) });
  }
  return { bytes: module.bytes(), workspaceBytes: layout.bytes, data };
}

function ticking(tick: Callable, numbers: ReadonlyMap<Step, number>): NonNullable<EmitContext['beforeKernel']> {
  return (caller, step) => {
    const number = numbers.get(step);
    if (number === undefined) return;
    caller.i32Const(number);
    caller.call(tick);
  };
}

function encode(dtype: string, values: readonly number[]): Uint8Array {
  if (dtype === 'f32') return new Uint8Array(Float32Array.from(values).buffer);
  if (dtype === 'u32') return new Uint8Array(Uint32Array.from(values).buffer);
  return new Uint8Array(Int32Array.from(values, (value) => (dtype === 'bool' ? -value : value)).buffer);
}
