/** A profile counts exactly, leaves everything as it was, and its times are times of this run: for every backend that has profiles. */
import type { DeviceTensor, Program, SyncBackend } from '@rheo/ir';
import { elementCount, isRheoError, parse } from '@rheo/ir';
import { expect, it } from 'vitest';

const program: Program = parse(`program(%0: f32[16,16], %1: f32[4,16], %2: f32[10,4,16]) {
  %3: f32[4,16], %4: f32[10,4,16] = scan(%0, %1, %2) length=10 reverse=false consts=1 carries=1 body=program(%0: f32[16,16], %1: f32[4,16], %2: f32[4,16]) {
    %3: f32[4,16] = dot(%1, %0) contract=[[1],[0]] batch=[[],[]]
    %4: f32[4,16] = add(%3, %2)
    %5: f32[4,16] = tanh(%4)
    return %5, %5
  }
  return %3, %4
}`);

const data = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(i) / 4);

/** Declares the tests. */
export function testProfiles(open: () => Promise<SyncBackend>): void {
  it.each([[[]], [[1]]])(
    'counts the calls and the work of a run, with inputs %j donated',
    async (donate) => {
      const backend = await open();
      const executable = await backend.compile(program, { donate });
      const inputs = executable.inputs.map((type) => backend.upload(data(elementCount(type.shape)), type));
      const live = backend.liveTensors;
      const profile = await executable.profile?.(inputs);
      expect(backend.liveTensors).toBe(live);
      const product = profile?.entries.find(({ kernel }) => kernel.startsWith('product'));
      expect(product?.calls).toBe(10);
      expect(product?.flops).toBe(10 * (2 * 4 * 16 * 16 + 64));
      expect(product?.functions).toBe(10 * 64);
      expect(product?.loops.map(({ iterations }) => iterations)).toEqual([10]);
      expect(product?.seconds).toBeGreaterThan(0);
      expect(profile?.seconds).toBeGreaterThan(0);
      // A run after it gives the numbers that a run before it gave.
      const fresh = await backend.compile(program);
      const [, expected] = fresh.run(inputs) as [DeviceTensor, DeviceTensor];
      const [, found] = executable.run(inputs) as [DeviceTensor, DeviceTensor];
      expect(backend.readSync(found)).toEqual(backend.readSync(expected));
      await backend.dispose();
    },
    120_000,
  );

  it('profiles what is left after inputs are bound', async () => {
    const backend = await open();
    const executable = await backend.compile(program);
    const inputs = executable.inputs.map((type) => backend.upload(data(elementCount(type.shape)), type));
    const whole = await executable.profile?.(inputs);
    const bound = executable.bind(new Map([[0, inputs[0] as DeviceTensor]]));
    const rest = await bound.profile?.(inputs.slice(1));
    const packs = (kernels: readonly { readonly kernel: string }[] = []): number =>
      kernels.filter(({ kernel }) => kernel.startsWith('pack')).length;
    expect(packs(whole?.entries)).toBe(1);
    expect(packs(rest?.entries)).toBe(0);
    await backend.dispose();
  }, 120_000);

  it('counts the iterations that a while loop took', async () => {
    const backend = await open();
    const executable = await backend.compile(
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
    const profile = await executable.profile?.([backend.upload(Float32Array.of(0), { dtype: 'f32', shape: [] })]);
    const inside = profile?.entries.filter(({ loops }) => loops.length > 0) ?? [];
    expect(inside.map(({ calls }) => calls).sort()).toEqual([5, 6]);
    expect(inside.flatMap(({ loops }) => loops.map(({ iterations }) => iterations))).toEqual([undefined, undefined]);
    await backend.dispose();
  }, 120_000);

  it('refuses wrong inputs and a disposed executable as a run does', async () => {
    const backend = await open();
    const executable = await backend.compile(program);
    const code = async (inputs: readonly DeviceTensor[]): Promise<string> => {
      try {
        await executable.profile?.(inputs);
        return 'none';
      } catch (error) {
        return isRheoError(error) ? error.code : String(error);
      }
    };
    expect(await code([])).toBe('argument');
    executable.dispose();
    expect(await code([])).toBe('disposed');
    await backend.dispose();
  }, 120_000);
}
