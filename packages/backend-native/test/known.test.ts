/** Programs that are known from before pass the cases that hang on what a plan holds: constants, bound inputs, loops, training. */

import { cases, testBackend } from '@rheo/conformance';
import type { CompileOptions, Program } from '@rheo/ir';
import * as vitest from 'vitest';
import type { NativeBackend } from '../src/index.ts';
import { nativeWith } from '../src/runtime/native.ts';
import { findCompiler } from '../src/toolchain/find-compiler.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cacheFolder = temporaryFolder();

/** A backend on which every executable is of a Program that was compiled before. */
async function create(): Promise<NativeBackend> {
  const backend = await nativeWith(await findCompiler(), { cacheFolder }, { id: 'known' });
  const compile = backend.compile.bind(backend);
  return Object.assign(backend, {
    compile: async (program: Program, options?: CompileOptions) => {
      (await compile(program, options)).dispose();
      return compile(program, options);
    },
  });
}

testBackend({
  framework: vitest,
  create,
  cases: cases.filter(({ id }) => /^(contract|lifecycle|while|training\/(cfc-adam|ltc)|random\/000)/.test(id)),
});
