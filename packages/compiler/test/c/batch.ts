/**
 * Many Programs in one C file: their inputs come in on standard input, their results go out on standard output.
 */

import type { DType, Program, TensorData } from '@rheo/ir';
import { allocate, elementCount, resultTypes } from '@rheo/ir';
import { optimise } from '@rheo/passes';
import { lower, printC } from '../../src/index.ts';

/** A static Program with its inputs. */
export interface Job {
  readonly program: Program;
  readonly inputs: readonly TensorData[];
}

const types: { readonly [K in DType]: string } = {
  f32: 'float',
  f64: 'double',
  i32: 'int32_t',
  u32: 'uint32_t',
  bool: 'uint8_t',
};

/** The file. Scratch and results are full of NaN before each run, so that reading what nobody wrote shows. */
export function batchSource(jobs: readonly Job[]): string {
  const parts = ['#include <math.h>', '#include <stdint.h>', '#include <stdio.h>', '#include <string.h>', ''];
  jobs.forEach(({ program }, index) => {
    const prefix = `p${index}`;
    const text = printC(lower(optimise(program), undefined, { packing: false }), { prefix });
    if (text.scratch.length > 0) parts.push(`typedef struct { ${text.scratch.join(' ')} } ${prefix}_scratch;`);
    parts.push(...text.helpers, ...text.tables, text.run);
    const inputs = program.params.map(({ type }, i) => ({
      name: `in${i}`,
      ...sized(type.dtype, elementCount(type.shape)),
    }));
    const results = resultTypes(program).map((type, i) => ({
      name: `out${i}`,
      ...sized(type.dtype, elementCount(type.shape)),
    }));
    parts.push(`static int run_${prefix}(void) {`);
    for (const { name, type, size } of [...inputs, ...results])
      parts.push(`  static ${type} ${name}[${Math.max(1, size)}];`);
    if (text.scratch.length > 0) {
      parts.push(`  static ${prefix}_scratch scratch;`, '  memset(&scratch, 255, sizeof scratch);');
    }
    for (const { name, size } of inputs) {
      parts.push(`  if (fread(${name}, sizeof ${name}[0], ${size}, stdin) != ${size}) return 0;`);
    }
    for (const { name } of results) parts.push(`  memset(${name}, 255, sizeof ${name});`);
    const given = [
      ...(text.scratch.length > 0 ? ['&scratch'] : []),
      ...[...inputs, ...results].map(({ name }) => name),
    ];
    parts.push(`  ${prefix}_run(${given.join(', ')});`);
    for (const { name, size } of results) {
      parts.push(`  if (fwrite(${name}, sizeof ${name}[0], ${size}, stdout) != ${size}) return 0;`);
    }
    parts.push('  return 1;', '}', '');
  });
  parts.push(
    'int main(void) {',
    ...jobs.map((_, index) => `  if (!run_p${index}()) return 1;`),
    '  return 0;',
    '}',
    '',
  );
  return parts.join('\n');
}

/** What the file reads. */
export function batchInput(jobs: readonly Job[]): Uint8Array {
  return Buffer.concat(
    jobs.flatMap(({ program, inputs }) =>
      program.params.map(({ type }, i) => bytesOf(allocate(type.dtype, elementCount(type.shape)), inputs[i])),
    ),
  );
}

/** Results of every job, from what the file wrote. */
export function batchResults(jobs: readonly Job[], output: Buffer): TensorData[][] {
  let offset = 0;
  return jobs.map(({ program }) =>
    resultTypes(program).map((type) => {
      const data = allocate(type.dtype, elementCount(type.shape));
      const bytes = new Uint8Array(data.buffer);
      bytes.set(output.subarray(offset, offset + bytes.length));
      offset += bytes.length;
      return data;
    }),
  );
}

function sized(dtype: DType, size: number): { type: string; size: number } {
  return { type: types[dtype], size };
}

function bytesOf(into: TensorData, values: ArrayLike<number> | undefined): Uint8Array {
  into.set(values ?? []);
  return new Uint8Array(into.buffer);
}
