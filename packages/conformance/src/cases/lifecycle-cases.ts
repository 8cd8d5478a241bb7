/**
 * Cases of a backend's end, and of two backends beside each other. They make backends of their own.
 */

import type { Backend, DeviceTensor } from '@rheo/ir';
import type { ConformanceCase } from '../conformance-case.ts';
import { expectThat } from '../conformance-case.ts';
import { withHandles } from '../handles.ts';
import { expectNumbers, expectReject, expectThrow, pairProgram, pairResults, vector } from './contract-checks.ts';

/** `lifecycle/dispose`, `lifecycle/two-backends`. */
export function lifecycleCases(): ConformanceCase[] {
  return [
    {
      id: 'lifecycle/dispose',
      group: 'lifecycle',
      run: async (_backend, _random, create) => await checkEnd(await create()),
    },
    {
      id: 'lifecycle/two-backends',
      group: 'lifecycle',
      run: async (_backend, _random, create) => await checkTwo(await create(), await create()),
    },
  ];
}

/** Rule 5: after its end everything throws, and nothing lives. */
async function checkEnd(backend: Backend): Promise<{ worst: number }> {
  const executable = await backend.compile(pairProgram);
  const x = backend.upload(Float32Array.of(1, 2, 3), vector);
  const [result] = executable.run([x, x]);
  let ended = false;
  const told = backend.lost.then(({ reason }) => {
    ended = true;
    return reason;
  });
  await Promise.resolve();
  expectThat(!ended, 'lost is resolved while the backend lives');
  await backend.dispose();
  await backend.dispose();
  expectThat((await told) === 'disposed', 'lost does not say that the backend was disposed');
  expectThat(backend.liveTensors === 0, `${backend.liveTensors} handles live on after their backend`);
  expectThrow('upload', ['disposed'], () => backend.upload(Float32Array.of(1, 2, 3), vector));
  expectThrow('run', ['disposed'], () => executable.run([x, x]));
  await expectReject('read', ['disposed'], async () => await backend.read(result as DeviceTensor));
  await expectReject('compile', ['disposed'], async () => await backend.compile(pairProgram));
  x.dispose();
  executable.dispose();
  return { worst: 0 };
}

async function checkTwo(one: Backend, other: Backend): Promise<{ worst: number }> {
  await withHandles(other, async (handles) => {
    const mine = one.upload(Float32Array.of(1, 2, 3), vector);
    const x = handles.upload(Float32Array.of(1, 2, 3), vector);
    const executable = handles.keep(await other.compile(pairProgram));
    expectThrow('a handle of a twin', ['backend'], () => executable.run([x, mine]));
    await one.dispose();
    const results = handles.keepAll(executable.run([x, x]));
    const [sum] = pairResults([1, 2, 3], [1, 2, 3]);
    expectNumbers('after the twin ended', await other.read(results[0] as DeviceTensor), sum);
  });
  await other.dispose();
  return { worst: 0 };
}
