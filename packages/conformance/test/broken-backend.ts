/** The reference backend with one fault: what the kit is there to catch. */

import type { Attributes, Backend, CompileOptions, DeviceTensor, Executable, Op, Program, TensorData } from '@rheo/ir';
import { ProgramBuilder, referenceBackend } from '@rheo/ir';

/** What a fault may replace. */
export interface Fault {
  program?(program: Program): Program;
  options?(options: CompileOptions): CompileOptions;
  run?(executable: Executable, inputs: readonly DeviceTensor[], backend: Backend): readonly DeviceTensor[];
  read?(backend: Backend, tensor: DeviceTensor): Promise<TensorData>;
}

/** A backend with the fault. */
export function broken(fault: Fault): Backend {
  const sound = referenceBackend();
  return {
    spec: 1,
    name: 'broken',
    capabilities: { ...sound.capabilities, synchronous: false },
    lost: sound.lost,
    get liveTensors() {
      return sound.liveTensors;
    },
    upload: (data, type) => sound.upload(data, type),
    read: (tensor) => fault.read?.(sound, tensor) ?? sound.read(tensor),
    dispose: () => sound.dispose(),
    compile: async (program, options = {}) => {
      const faulty = fault.program?.(program) ?? program;
      return wrapped(await sound.compile(faulty, fault.options?.(options) ?? options), fault, sound);
    },
  };
}

function wrapped(executable: Executable, fault: Fault, backend: Backend): Executable {
  return {
    inputs: executable.inputs,
    results: executable.results,
    workspaceBytes: executable.workspaceBytes,
    run: (inputs) => fault.run?.(executable, inputs, backend) ?? executable.run(inputs),
    bind: (fixed) => wrapped(executable.bind(fixed), fault, backend),
    dispose: () => executable.dispose(),
  };
}

/**
 * The Program with instructions emitted by `change` where it does so, also in bodies of these ops. A `while` is left as it
 * is unless named: with a wrong body it may not end.
 */
export function rewritten(
  program: Program,
  change: (b: ProgramBuilder, op: Op, operands: readonly number[], attributes: Attributes[Op]) => number[] | undefined,
  into: readonly Op[] = ['scan'],
): Program {
  const b = new ProgramBuilder();
  const map: number[] = program.params.map(({ type, name }) => b.param(type, name));
  for (const instruction of program.instructions) {
    const operands = instruction.operands.map((id) => map[id] as number);
    const attributes =
      (instruction.op === 'scan' || instruction.op === 'while' || instruction.op === 'call') &&
      into.includes(instruction.op)
        ? { ...instruction.attributes, body: rewritten(instruction.attributes.body, change, into) }
        : instruction.attributes;
    map.push(
      ...(change(b, instruction.op, operands, attributes) ?? b.emit(instruction.op, operands, attributes as never)),
    );
  }
  return b.build(program.results.map((id) => map[id] as number));
}
