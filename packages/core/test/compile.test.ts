import type { Backend, Executable } from '@rheo/ir';
import { referenceBackend, tensorType } from '@rheo/ir';
import { describe, expect, it, vi } from 'vitest';
import type { Tensor } from '../src/index.ts';
import { compile, mul, trace, withLayer } from '../src/index.ts';

const double = (layer: string): ReturnType<typeof trace>['program'] =>
  trace((x: Tensor) => withLayer(layer, () => mul(x, 2)), [tensorType('f32', ['n'])]).program;

describe('compile', () => {
  it('shares the code of equal Programs and options, and keeps it for the last user', async () => {
    const backend = referenceBackend();
    const spy = vi.spyOn(backend, 'compile');
    const dims = { n: 2 };
    const [a, b] = await Promise.all([
      compile(backend, double('a'), { dims }),
      compile(backend, double('b'), { dims }),
    ]);
    expect(spy).toHaveBeenCalledTimes(1);
    a.dispose();
    a.dispose();
    expect(() => a.run([])).toThrow(/after it was disposed/);
    const out = new Float32Array(2);
    b.runInto([Float32Array.of(1, 2)], [out]);
    expect(Array.from(out)).toEqual([2, 4]);
    b.dispose();
    const c = await compile(backend, double('a'), { dims });
    expect(spy).toHaveBeenCalledTimes(2);
    await compile(backend, double('a'), { dims: { n: 3 } });
    await compile(backend, double('a'), { dims, donate: [0] });
    expect(spy).toHaveBeenCalledTimes(4);
    c.dispose();
    await backend.dispose();
  });

  it('does not mix backends', async () => {
    const [first, second] = [referenceBackend(), referenceBackend()];
    const spy = vi.spyOn(second, 'compile');
    await compile(first, double('a'));
    await compile(second, double('a'));
    expect(spy).toHaveBeenCalledTimes(1);
  });

  it('forgets a failed compile', async () => {
    let calls = 0;
    const executable = { inputs: [], results: [], workspaceBytes: 0, dispose: () => {} } as unknown as Executable;
    const backend = {
      compile: () => (calls++ === 0 ? Promise.reject(new Error('full')) : Promise.resolve(executable)),
    } as unknown as Backend;
    await expect(compile(backend, double('a'))).rejects.toThrow('full');
    const made = await compile(backend, double('a'));
    expect('runInto' in made).toBe(false);
    expect('profile' in made).toBe(false);
  });
});
