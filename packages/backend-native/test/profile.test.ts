/** A profile counts exactly and leaves everything as it was. */
import type { DeviceTensor } from '@rheo/ir';
import { elementCount, isRheoError, parse } from '@rheo/ir';
import { expect, it } from 'vitest';
import { native } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cacheFolder = temporaryFolder();

const program = parse(`program(%0: f32[16,16], %1: f32[4,16], %2: f32[10,4,16]) {
  %3: f32[4,16], %4: f32[10,4,16] = scan(%0, %1, %2) length=10 reverse=false consts=1 carries=1 body=program(%0: f32[16,16], %1: f32[4,16], %2: f32[4,16]) {
    %3: f32[4,16] = dot(%1, %0) contract=[[1],[0]] batch=[[],[]]
    %4: f32[4,16] = add(%3, %2)
    %5: f32[4,16] = tanh(%4)
    return %5, %5
  }
  return %3, %4
}`);

it.each([[[]], [[1]]])(
  'counts the calls and the work of a run, with inputs %j donated',
  async (donate) => {
    const backend = await native({ cacheFolder });
    const executable = await backend.compile(program, { donate });
    const inputs = executable.inputs.map((type) =>
      backend.upload(
        Float32Array.from({ length: elementCount(type.shape) }, (_, i) => Math.sin(i) / 4),
        type,
      ),
    );
    const live = backend.liveTensors;
    const profile = await executable.profile?.(inputs);
    expect(backend.liveTensors).toBe(live);
    const product = profile?.entries.find(({ kernel }) => kernel.startsWith('product'));
    expect(product).toMatchObject({ calls: 10, flops: 10 * (2 * 4 * 16 * 16 + 64), functions: 10 * 64 });
    expect(product?.loops.map(({ iterations }) => iterations)).toEqual([10]);
    expect(product?.seconds).toBeGreaterThan(0);
    expect(profile?.seconds).toBeGreaterThan(0);
    // A run after it gives the numbers that a run elsewhere gives.
    const fresh = await backend.compile(program);
    const [, expected] = fresh.run(inputs) as [DeviceTensor, DeviceTensor];
    const [, found] = executable.run(inputs) as [DeviceTensor, DeviceTensor];
    expect(backend.readSync(found)).toEqual(backend.readSync(expected));
    await backend.dispose();
  },
  120_000,
);

it('counts a while loop by its iterations, and what is left after inputs are bound', async () => {
  const backend = await native({ cacheFolder });
  const counting = await backend.compile(
    parse(`program(%0: f32[]) {
  %1: f32[] = while(%0) consts=0 cond=program(%0: f32[]) {
    %1: f32[] = constant() dtype=f32 shape=[] value=[5]
    %2: bool[] = lt(%0, %1)
    return %2
  } body=program(%0: f32[]) {
    %1: f32[] = constant() dtype=f32 shape=[] value=[1]
    %2: f32[] = add(%0, %1)
    return %2
  }
  return %1
}`),
  );
  const looped = await counting.profile?.([backend.upload(Float32Array.of(0), { dtype: 'f32', shape: [] })]);
  const inside = looped?.entries.filter(({ loops }) => loops.length > 0) ?? [];
  expect(inside.map(({ calls }) => calls).sort()).toEqual([5, 6]);
  const whole = await backend.compile(program);
  const inputs = whole.inputs.map((type) => backend.upload(new Float32Array(elementCount(type.shape)), type));
  const bound = whole.bind(new Map([[0, inputs[0] as DeviceTensor]]));
  const rest = await bound.profile?.(inputs.slice(1));
  expect(rest?.entries.filter(({ kernel }) => kernel.startsWith('pack'))).toEqual([]);
  await backend.dispose();
}, 120_000);

it('refuses wrong inputs and a disposed executable as a run does', async () => {
  const backend = await native({ cacheFolder });
  const executable = await backend.compile(program);
  const code = async (): Promise<string> => {
    try {
      await executable.profile?.([]);
      return 'none';
    } catch (error) {
      return isRheoError(error) ? error.code : String(error);
    }
  };
  expect(await code()).toBe('argument');
  executable.dispose();
  expect(await code()).toBe('disposed');
  await backend.dispose();
}, 120_000);
