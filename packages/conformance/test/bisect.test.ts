/** `bisect` names the one fault of a broken backend: the instruction, the step, the element. */

import type { Attributes, Backend, Instruction, Op, Program, TensorData, ValueId } from '@rheo/ir';
import { hash, ProgramBuilder, parse, print, referenceBackend } from '@rheo/ir';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryProgram, bisect, bisectCase, cases, describeDifference, functionTolerance } from '../src/index.ts';
import { broken, rewritten } from './broken-backend.ts';

const vector = Float32Array.of(0.1, 0.2, 0.3);

const model = parse(`program(%0: f32[3], %1: f32[6,3]) {
  %2: f32[3] = neg(%0) at "model/0/norm"
  %3: f32[3], %4: f32[6,3] = scan(%2, %0, %1) length=6 reverse=false consts=1 carries=1 body=program(%0: f32[3], %1: f32[3] "h", %2: f32[3]) {
    %3: f32[3] = add(%1, %2) at "model/1/cfc"
    %4: f32[3] = mul(%3, %0) at "model/1/cfc"
    %5: f32[3] = tanh(%4) at "model/1/cfc" as "state"
    return %5, %4
  } at "model/1/cfc"
  %5: f32[3] = exp(%3) at "model/2/read"
  return %5, %4
}`);
const modelInputs = [vector, Float32Array.from({ length: 18 }, (_, i) => Math.sin(i))];

/** A backend that computes something else where `op` stands, in all Programs. */
function wrong(op: Op, instead: (b: ProgramBuilder, operands: readonly ValueId[]) => ValueId[]): Backend {
  return broken({
    program: (program) =>
      rewritten(program, (b, own, operands) => (own === op ? instead(b, operands) : undefined), [
        'scan',
        'while',
        'call',
      ]),
  });
}

/** Adds a half to the result of an op where its operand is above `limit`. */
function aHalfMore(b: ProgramBuilder, op: 'tanh' | 'exp', [x = 0]: readonly ValueId[], limit: number): ValueId[] {
  const shape = b.type(x).shape;
  const [y] = b.emit(op, [x], {});
  const more = b.plain('add', y as ValueId, b.fill('f32', shape, 0.5));
  const p = b.plain('lt', b.fill('f32', shape, limit), x);
  return [b.plain('select', p, more, y as ValueId)];
}

/** Every scan counts its steps, and what `change` emits gets the count as i32[]; nested scans count on their own. */
function counting(
  program: Program,
  change: (
    b: ProgramBuilder,
    instruction: Instruction,
    operands: readonly ValueId[],
    count: ValueId | undefined,
  ) => ValueId[] | undefined,
  counted: boolean = false,
): Program {
  const b = new ProgramBuilder();
  const { params } = program;
  const count = counted ? b.param({ dtype: 'i32', shape: [] }) : undefined;
  const map: ValueId[] = params.map(({ type }) => b.param(type));
  for (const instruction of program.instructions) {
    const operands = instruction.operands.map((id) => map[id] as ValueId);
    const made = change(b, instruction, operands, count);
    if (made !== undefined) map.push(...made);
    else if (instruction.op === 'scan') map.push(...countingScan(b, instruction, operands, change));
    else map.push(...b.emit(instruction.op as Op, operands, instruction.attributes as Attributes[Op]));
  }
  const results = program.results.map((id) => map[id] as ValueId);
  if (count === undefined) return b.build(results);
  return b.build([b.plain('add', count, b.constant('i32', [], [1])), ...results]);
}

function countingScan(
  b: ProgramBuilder,
  { attributes }: Extract<Instruction, { op: 'scan' }>,
  operands: readonly ValueId[],
  change: Parameters<typeof counting>[1],
): ValueId[] {
  const { consts, carries } = attributes;
  // The count is the first carry, so consts come behind it: they become carries that never change.
  const inner = counting(attributes.body, change, true);
  const [next, ...rest] = inner.results;
  const fixed = inner.params.slice(1, 1 + consts).map((_, index) => index + 1);
  const body: Program = { ...inner, results: [next as ValueId, ...fixed, ...rest] };
  const zero = b.constant('i32', [], [0]);
  const made = b.emit('scan', [zero, ...operands], { ...attributes, body, consts: 0, carries: 1 + consts + carries });
  return made.slice(1 + consts);
}

function stepBackend(op: Op, at: number): Backend {
  return broken({
    program: (program) =>
      counting(program, (b, instruction, operands, count) => {
        if (instruction.op !== op || count === undefined) return undefined;
        const [y] = b.emit(instruction.op as Op, operands, instruction.attributes as Attributes[Op]);
        const { shape } = b.type(y as ValueId);
        const now = b.plain('eq', count, b.constant('i32', [], [at]));
        const more = b.plain('add', y as ValueId, b.fill('f32', shape, 0.25));
        return [b.plain('select', b.broadcast(now, shape, []), more, y as ValueId)];
      }),
  });
}

test('agreement is undefined: the reference in double and in single, on random Programs', async () => {
  const [double, single] = [referenceBackend(), referenceBackend({ precision: 'single' })];
  for (const { program, inputs, dims = {} } of fc.sample(arbitraryProgram(), { numRuns: 40, seed: 3 })) {
    expect(await bisect(program, inputs, double, single, { dims })).toBeUndefined();
  }
  expect([double.liveTensors, single.liveTensors]).toEqual([0, 0]);
});

test('an instruction at the top level, with its layer', async () => {
  const backend = wrong('neg', (b, [x = 0]) => [x, b.plain('abs', x)].slice(1));
  const found = await bisect(model, modelInputs, referenceBackend(), backend);
  expect(found).toMatchObject({
    path: 'instruction %2 neg (layer model/0/norm)',
    op: 'neg',
    layer: 'model/0/norm',
    type: { dtype: 'f32', shape: [3] },
    element: 2,
    shows: 'alone',
  });
  expect([found?.a, found?.b]).toEqual([Math.fround(-0.3), Math.fround(0.3)]);
  expect(found?.bound).toBeCloseTo(48 * 2 ** -23, 7);
  expect(backend.liveTensors).toBe(0);
});

test('a step of a scan, and the instruction in it; what shows it is that instruction with the operands of a', async () => {
  const found = await bisect(model, modelInputs, referenceBackend(), stepBackend('tanh', 3));
  expect(found).toMatchObject({
    path: 'instruction %3 scan › step 3 › %5 tanh (layer model/1/cfc)',
    op: 'tanh',
    name: 'state',
    type: { dtype: 'f32', shape: [3] },
    // Alone there is no step 3: the fault needs its scan.
    shows: 'in place',
  });
  expect((found?.b ?? 0) - (found?.a ?? 0)).toBeCloseTo(0.25, 6);
  expect(print(found?.example.program as Program)).toContain('%1: f32[3] = tanh(%0) at "model/1/cfc" as "state"');
});

test('a fault that depends on the value shows alone, with the inputs of its step', async () => {
  const backend = wrong('tanh', (b, operands) => aHalfMore(b, 'tanh', operands, 0.2));
  const found = await bisect(model, modelInputs, referenceBackend(), backend);
  // The same recurrence, h' = tanh((h + x) · −v), to the first step at which an operand of tanh is above the limit.
  let h: readonly number[] = [...vector];
  let step = -1;
  for (let operands: readonly number[] = []; operands.every((z) => z <= 0.2); step++) {
    operands = h.map((value, i) => (value + Math.sin(3 * (step + 1) + i)) * -(vector[i] ?? 0));
    h = operands.map(Math.tanh);
  }
  expect(step).toBeGreaterThan(0);
  expect(found?.path).toBe(`instruction %3 scan › step ${step} › %5 tanh (layer model/1/cfc)`);
  expect(found?.shows).toBe('alone');
  const [operand] = found?.example.inputs ?? [];
  expect(Math.tanh(operand?.[found?.element ?? 0] ?? 0)).toBeCloseTo(found?.a ?? 0, 6);
  expect(operand?.[found?.element ?? 0]).toBeGreaterThan(0.2);
});

test('the first of two faults', async () => {
  const backend = broken({
    program: (program) =>
      rewritten(program, (b, op, operands) =>
        op === 'exp' || op === 'tanh' ? aHalfMore(b, op, operands, op === 'exp' ? -9 : 0.2) : undefined,
      ),
  });
  expect((await bisect(model, modelInputs, referenceBackend(), backend))?.op).toBe('tanh');
});

test('in reverse the last step comes first', async () => {
  const reversed = parse(print(model).replace('reverse=false', 'reverse=true'));
  const found = await bisect(reversed, modelInputs, referenceBackend(), stepBackend('tanh', 2));
  expect(found?.path).toBe('instruction %3 scan › step 3 › %5 tanh (layer model/1/cfc)');
});

test('a scan that walks the wrong way hands its body the wrong slices', async () => {
  const reversed = parse(print(model).replace('reverse=false', 'reverse=true'));
  const backend = broken({
    program: (program) =>
      rewritten(program, (b, op, operands, attributes) =>
        op === 'scan' ? b.emit('scan', operands, { ...(attributes as Attributes['scan']), reverse: false }) : undefined,
      ),
  });
  const found = await bisect(reversed, modelInputs, referenceBackend(), backend);
  expect(found).toMatchObject({
    path: 'instruction %3 scan › step 5 › %1 parameter, carry 0, in reverse (layer model/1/cfc)',
    op: 'parameter',
    name: 'h',
  });
});

const nested = parse(`program(%0: f32[2], %1: f32[3,2]) {
  %2: f32[2], %3: f32[3,2] = scan(%0, %1) length=3 reverse=false consts=0 carries=1 body=program(%0: f32[2], %1: f32[2]) {
    %2: f32[2] = scan(%1, %0) length=4 reverse=false consts=1 carries=1 body=program(%0: f32[2], %1: f32[2]) {
      %2: f32[2] = mul(%0, %1)
      %3: f32[2] = sin(%2)
      return %3
    }
    return %2, %2
  }
  return %3
}`);

test('a scan in a scan', async () => {
  const inputs = [Float32Array.of(0.5, 0.9), Float32Array.of(1, 1.1, 1.2, 1.3, 1.4, 1.5)];
  const found = await bisect(nested, inputs, referenceBackend(), stepBackend('sin', 2));
  expect(found?.path).toBe('instruction %2 scan › step 0 › %2 scan › step 2 › %3 sin');
});

test('a while and a call', async () => {
  const program = parse(`program(%0: f32[]) {
  %1: f32[] = constant() dtype=f32 shape=[] value=[4]
  %2: f32[] = while(%1, %0) consts=1 cond=program(%0: f32[], %1: f32[]) {
    %2: bool[] = lt(%1, %0)
    return %2
  } body=program(%0: f32[], %1: f32[]) {
    %2: f32[] = call(%1) name="grow" body=program(%0: f32[]) {
      %1: f32[] = exp(%0)
      return %1
    } gradient=inline
    return %2
  }
  return %2
}`);
  const backend = wrong('exp', (b, operands) => aHalfMore(b, 'exp', operands, 1));
  const found = await bisect(program, [Float32Array.of(0.2)], referenceBackend(), backend);
  expect(found?.path).toBe('instruction %2 while › iteration 1 › body › %2 call "grow" › %1 exp');
});

test('results that are wrong only without their intermediate values', async () => {
  const own = hash(model);
  const backend = broken({
    program: (program) =>
      hash(program) === own
        ? rewritten(program, (b, op, operands) => (op === 'exp' ? aHalfMore(b, 'exp', operands, -9) : undefined))
        : program,
  });
  const found = await bisect(model, modelInputs, referenceBackend(), backend);
  expect(found).toMatchObject({ path: 'result 0: instruction %5 exp (layer model/2/read)', shows: 'as a whole' });
  expect(found?.example.program).toEqual(model);
});

test('the tolerance decides; ten units in the last place are within that of whole Programs', async () => {
  const b = new ProgramBuilder();
  const program = b.build([b.plain('tanh', b.param({ dtype: 'f32', shape: [3] }))]);
  const backend = wrong('tanh', (own, [x = 0]) => {
    const [y] = own.emit('tanh', [x], {});
    return [own.plain('mul', y as ValueId, own.fill('f32', [3], 1 + 10 * 2 ** -23))];
  });
  const reference = referenceBackend();
  expect(await bisect(program, [vector], reference, backend)).toBeUndefined();
  const found = await bisect(program, [vector], reference, backend, { tolerance: functionTolerance });
  expect(found?.path).toBe('instruction %1 tanh');
});

test('many values are taken in several runs, named dimensions are bound', async () => {
  const b = new ProgramBuilder();
  let x = b.param({ dtype: 'f32', shape: ['n'] });
  for (let i = 0; i < 120; i++) x = b.plain(i === 100 ? 'tanh' : 'neg', x);
  const program = b.build([x]);
  let most = 0;
  const backend = broken({
    program: (own) => {
      most = Math.max(most, own.results.length);
      return rewritten(own, (builder, op, operands) =>
        op === 'tanh' ? aHalfMore(builder, 'tanh', operands, -9) : undefined,
      );
    },
  });
  const inputs: TensorData[] = [vector];
  const found = await bisect(program, inputs, referenceBackend(), backend, { dims: { n: 3 } });
  expect(found?.path).toBe('instruction %101 tanh');
  expect(most).toBeLessThan(64);
  await expect(bisect(program, inputs, referenceBackend(), backend)).rejects.toMatchObject({ code: 'shape' });
  await expect(bisect(program, [], referenceBackend(), backend)).rejects.toMatchObject({ code: 'argument' });
});

test('a failing case is bisected against the reference, and told to people', async () => {
  const item = cases.find(({ id }) => id === 'scan/cumulative');
  if (item === undefined) throw new Error('no such case');
  const backend = wrong('add', (b, operands) => b.emit('sub', operands, {}));
  const { failure, difference } = await bisectCase(item, backend);
  expect(failure?.message).toMatch(/expected/);
  expect(difference?.path).toMatch(/^instruction %\d+ scan › step 0 › %\d+ add$/);
  if (difference === undefined) throw new Error('no difference');
  expect(describeDifference(difference, 'reference', 'broken')).toMatch(
    /add: f32\[.*\], element \d+\n {2}reference: .*\n {2}broken: .*\n {2}may differ by .*; shows alone\nprogram\(/,
  );
  expect(await bisectCase(item, referenceBackend())).toEqual({});
});
