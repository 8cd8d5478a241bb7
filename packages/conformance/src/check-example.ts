/**
 * Runs one Program on a backend and compares every result with the reference interpreter.
 */

import type { Backend, CompileOptions, DType, Program, TensorData, TensorType } from '@rheo/ir';
import {
  evaluate,
  formatType,
  isRheoError,
  nestedPrograms,
  resultTypes,
  sameType,
  substituteDims,
  valueTypes,
} from '@rheo/ir';
import { specialise } from '@rheo/passes';
import type { CaseReport, ConformanceCase, Group } from './conformance-case.ts';
import { ConformanceFailure, expectThat, worstOf } from './conformance-case.ts';
import type { Example } from './example.ts';
import { withHandles } from './handles.ts';
import type { Random } from './random-source.ts';
import type { Expected } from './tolerance.ts';
import { deviation, programTolerance } from './tolerance.ts';
import { ulpsOf } from './ulps.ts';

/** A case that checks Programs against the reference. */
export function exampleCase(
  group: Group,
  id: string,
  make: (random: Random) => Example | readonly Example[],
): ConformanceCase {
  return {
    id,
    group,
    run: async (backend, random) => {
      const made = make(random);
      const reports: CaseReport[] = [];
      for (const example of Array.isArray(made) ? (made as readonly Example[]) : [made as Example]) {
        reports.push(await checkExample(backend, example));
      }
      return worstOf(reports);
    },
  };
}

/** Compiles, runs once and compares. A backend without a dtype of the Program must refuse it with `capability`. */
export async function checkExample(backend: Backend, example: Example): Promise<CaseReport> {
  const { program, inputs, dims, passes } = example;
  const lacking = missingDType(program, backend.capabilities.dtypes);
  if (lacking !== undefined) return await expectRefusal(backend, example, lacking);
  const types = program.params.map(({ type }) => substituteDims(type, dims ?? {}));
  soil(backend);
  const got = await withHandles(backend, async (handles) => {
    const options: CompileOptions = { ...(dims && { dims }), ...(passes && { passes }) };
    let executable: Awaited<ReturnType<Backend['compile']>>;
    try {
      executable = handles.keep(await backend.compile(program, options));
    } catch (cause) {
      throw new ConformanceFailure(`compile failed: ${String(cause)}`, { ...example, cause });
    }
    try {
      const given = inputs.map((data, index) => handles.upload(data, types[index] as TensorType));
      const results = handles.keepAll(executable.run(given));
      expectThat(results.length === program.results.length, 'run returns a wrong number of results', { program });
      const wanted = resultTypes(program);
      results.forEach(({ type }, index) => {
        const expected = substituteDims(wanted[index] as TensorType, dims ?? {});
        expectThat(sameType(type, expected), `result ${index} is ${formatType(type)}, not ${formatType(expected)}`, {
          program,
        });
      });
      const read: TensorData[] = [];
      for (const result of results) read.push(await backend.read(result));
      return read;
    } catch (cause) {
      if (cause instanceof ConformanceFailure) throw cause;
      throw new ConformanceFailure(`run failed: ${String(cause)}`, { ...example, cause });
    }
  });
  return compareResults(example, got);
}

/** Leaves freed memory full of NaN behind: whoever reads what he did not write then computes NaN. */
function soil(backend: Backend): void {
  // Blocks of many sizes at once, so that allocators with a list for each size get some in all of them.
  const blocks = [1, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096].flatMap((count) => {
    const data = new Float32Array(count).fill(Number.NaN);
    const type: TensorType = { dtype: 'f32', shape: [count] };
    return [backend.upload(data, type), backend.upload(data, type)];
  });
  for (const block of blocks) block.dispose();
}

/** The largest errors of all results. Throws `ConformanceFailure` where one is above its bound. */
export function compareResults(example: Example, got: readonly ArrayLike<number>[]): CaseReport {
  const { tolerance = programTolerance } = example;
  const reports: CaseReport[] = [];
  expectedResults(example).forEach((expected, index) => {
    const found = got[index] ?? [];
    if (found.length !== expected.double.length) {
      throw new ConformanceFailure(
        `result ${index} has ${found.length} elements, not ${expected.double.length}`,
        example,
      );
    }
    const far = deviation(expected, found, tolerance);
    const ulps = ulpsOf(expected, found, tolerance);
    reports.push(ulps === undefined ? { worst: far.worst } : { worst: far.worst, ulps });
    if (far.worst > 1) {
      throw new ConformanceFailure(
        `result ${index} (${formatType(expected.type)}) element ${far.index}: expected ${far.expected}, got ${far.got}; ` +
          `the bound is ${far.bound.toExponential(2)} (tolerance "${tolerance.name}")`,
        { ...example, worst: far.worst },
      );
    }
  });
  return worstOf(reports);
}

/** What the reference says about every result. */
export function expectedResults({ program, inputs, dims, tolerance = programTolerance }: Example): Expected[] {
  const options = dims === undefined ? {} : { dims };
  const double = evaluate(program, inputs, options);
  const single = evaluate(program, inputs, { ...options, precision: 'single' });
  const terms =
    tolerance.scale === 'terms'
      ? evaluate(
          program,
          inputs.map((data) =>
            data instanceof Float32Array || data instanceof Float64Array ? data.map(Math.abs) : data,
          ),
          options,
        )
      : undefined;
  return resultTypes(program).map((type, index) => {
    const expected = { type, double: double[index] as TensorData, single: single[index] as TensorData };
    return terms === undefined ? expected : { ...expected, terms: terms[index] as TensorData };
  });
}

/** A Program with its named dimensions bound. */
export function boundProgram({ program, dims }: Example): Program {
  return dims === undefined ? program : specialise(program, dims);
}

function missingDType(program: Program, has: readonly DType[]): DType | undefined {
  const own = valueTypes(program).find(({ dtype }) => !has.includes(dtype));
  if (own !== undefined) return own.dtype;
  for (const instruction of program.instructions) {
    for (const nested of nestedPrograms(instruction)) {
      const inner = missingDType(nested, has);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}

async function expectRefusal(backend: Backend, { program, dims }: Example, dtype: DType): Promise<CaseReport> {
  try {
    const executable = await backend.compile(program, dims === undefined ? {} : { dims });
    executable.dispose();
  } catch (error) {
    if (isRheoError(error) && error.code === 'capability') return { worst: 0 };
    throw new ConformanceFailure(`a Program of ${dtype}, which the backend lacks, is refused with: ${String(error)}`, {
      program,
      cause: error,
    });
  }
  throw new ConformanceFailure(`a Program of ${dtype} compiles, but the backend says it lacks ${dtype}`, { program });
}
