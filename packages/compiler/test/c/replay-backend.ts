/**
 * A backend for the conformance kit that runs nothing: it first notes what it is asked for, and later answers with what
 * compiled C made of it, so that thousands of Programs need only a few calls of the compiler.
 */

import type { Backend, Capabilities, CompileOptions, DeviceLost, DeviceTensor, Executable, Program } from '@rheo/ir';
import { hash, nestedPrograms, RheoError, referenceBackend, resultTypes, type TensorData, valueTypes } from '@rheo/ir';
import { specialise } from '@rheo/passes';
import type { Job } from './batch.ts';

/** Notes jobs while `answers` is empty; afterwards answers from it. */
export class ReplayBackend implements Backend {
  readonly spec = 1 as const;
  readonly name = 'c';
  readonly capabilities: Capabilities;
  readonly lost: Promise<DeviceLost>;
  readonly jobs: Map<string, Job> = new Map();
  answers: ReadonlyMap<string, readonly TensorData[]> | undefined;
  readonly #inner = referenceBackend({ precision: 'single' });

  constructor() {
    this.capabilities = { ...this.#inner.capabilities, dtypes: ['f32', 'i32', 'u32', 'bool'], freeDims: false };
    this.lost = this.#inner.lost;
  }

  get liveTensors(): number {
    return this.#inner.liveTensors;
  }

  async compile(given: Program, { dims = {} }: CompileOptions = {}): Promise<Executable> {
    refuseDoubles(given);
    const program = specialise(given, dims);
    const executable = await this.#inner.compile(program);
    const run = executable.run.bind(executable);
    const name = hash(program);
    return Object.assign(executable, {
      run: (handles: readonly DeviceTensor[]): readonly DeviceTensor[] => {
        const inputs = handles.map((handle) => this.#inner.readSync(handle));
        const key = `${name} ${inputs.map((data) => Buffer.from(data.buffer).toString('base64')).join(' ')}`;
        if (this.answers === undefined) {
          this.jobs.set(key, { program, inputs });
          return run(handles);
        }
        const answer = this.answers.get(key);
        if (answer === undefined) throw new Error('this run was not noted');
        return resultTypes(program).map((type, index) => this.#inner.upload(answer[index] as TensorData, type));
      },
    });
  }

  upload: Backend['upload'] = (data, type) => this.#inner.upload(data, type);
  read: Backend['read'] = (tensor) => this.#inner.read(tensor);

  async dispose(): Promise<void> {
    await this.#inner.dispose();
  }
}

function refuseDoubles(program: Program): void {
  if (valueTypes(program).some(({ dtype }) => dtype === 'f64')) {
    throw new RheoError('capability', { from: '@rheo/compiler', what: 'C has no f64 here' });
  }
  for (const instruction of program.instructions)
    for (const nested of nestedPrograms(instruction)) refuseDoubles(nested);
}
