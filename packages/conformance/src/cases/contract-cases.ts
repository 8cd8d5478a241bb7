/**
 * Cases of the backend contract: rules 1 to 6 at the head of `backend.ts` in @rheo/ir.
 *
 * Each case is a short story on one backend; it uses small integers, so that all it expects is exact.
 */

import type { Backend, DeviceTensor, TensorType } from '@rheo/ir';
import { ProgramBuilder, parse, referenceBackend, sameType } from '@rheo/ir';
import type { ConformanceCase } from '../conformance-case.ts';
import { expectThat } from '../conformance-case.ts';
import { type Handles, withHandles } from '../handles.ts';
import { expectNumbers, expectReject, expectThrow, pairProgram, pairResults, vector } from './contract-checks.ts';

/** A case in terms of a backend and the handles that end with it. */
export function story(id: string, tell: (backend: Backend, handles: Handles) => Promise<void>): ConformanceCase {
  return {
    id: `contract/${id}`,
    group: 'contract',
    run: async (backend) => {
      await withHandles(backend, (handles) => tell(backend, handles));
      return { worst: 0 };
    },
  };
}

const x0 = [1, 2, 3];
const y0 = [10, -20, 30];
const [sum0, product0] = pairResults(x0, y0);

/** `contract/wrong-count`, `contract/donation` … */
export function contractCases(): ConformanceCase[] {
  return [...inputCases(), ...donationCases(), ...ownershipCases(), ...boundaryCases()];
}

function pair(handles: Handles): [DeviceTensor, DeviceTensor] {
  return [handles.upload(Float32Array.from(x0), vector), handles.upload(Float32Array.from(y0), vector)];
}

/** Rule 1: what is wrong with inputs is thrown before anything is enqueued. */
function inputCases(): ConformanceCase[] {
  return [
    story('wrong-count', async (backend, handles) => {
      const executable = handles.keep(await backend.compile(pairProgram));
      const [x, y] = pair(handles);
      const alive = backend.liveTensors;
      expectThrow('no inputs', ['argument'], () => executable.run([]));
      expectThrow('one input of two', ['argument'], () => executable.run([x]));
      expectThrow('three inputs for two', ['argument'], () => executable.run([x, y, y]));
      expectThat(backend.liveTensors === alive, 'a refused run changes liveTensors');
      const results = handles.keepAll(executable.run([x, y]));
      expectNumbers('after refusals', await backend.read(results[0] as DeviceTensor), sum0);
    }),
    story('wrong-type', async (backend, handles) => {
      const executable = handles.keep(await backend.compile(pairProgram));
      const [x] = pair(handles);
      const long = handles.upload(new Float32Array(4), { dtype: 'f32', shape: [4] });
      const column = handles.upload(new Float32Array(3), { dtype: 'f32', shape: [3, 1] });
      const integers = handles.upload(new Int32Array(3), { dtype: 'i32', shape: [3] });
      expectThrow('4 elements for 3', ['shape'], () => executable.run([x, long]));
      expectThrow('[3,1] for [3]', ['shape'], () => executable.run([column, x]));
      expectThrow('i32 for f32', ['dtype'], () => executable.run([x, integers]));
    }),
    story('foreign-handle', async (backend, handles) => {
      const executable = handles.keep(await backend.compile(pairProgram));
      const [x] = pair(handles);
      const other = referenceBackend();
      const foreign = other.upload(new Float32Array(3), vector);
      const forged: DeviceTensor = { type: vector, dispose: () => {} };
      expectThrow('a handle of another backend', ['backend'], () => executable.run([x, foreign]));
      expectThrow('an object that is no handle', ['backend'], () => executable.run([x, forged]));
      await expectReject('read of a handle of another backend', ['backend'], async () => await backend.read(foreign));
      await other.dispose();
    }),
    story('disposed-handle', async (backend, handles) => {
      const executable = handles.keep(await backend.compile(pairProgram));
      const [x, y] = pair(handles);
      const alive = backend.liveTensors;
      y.dispose();
      expectThat(backend.liveTensors === alive - 1, 'dispose does not lower liveTensors by one');
      y.dispose();
      expectThat(backend.liveTensors === alive - 1, 'a second dispose changes liveTensors');
      expectThrow('run on a disposed handle', ['disposed'], () => executable.run([x, y]));
      await expectReject('read of a disposed handle', ['disposed'], async () => await backend.read(y));
    }),
    story('disposed-executable', async (backend, handles) => {
      const executable = await backend.compile(pairProgram);
      const [x, y] = pair(handles);
      const results = handles.keepAll(executable.run([x, y]));
      executable.dispose();
      executable.dispose();
      expectThrow('run of a disposed executable', ['disposed'], () => executable.run([x, y]));
      expectThrow('bind of a disposed executable', ['disposed'], () => executable.bind(new Map([[0, x]])));
      expectNumbers('results of before', await backend.read(results[0] as DeviceTensor), sum0);
    }),
    story('same-handle-twice', async (backend, handles) => {
      const executable = handles.keep(await backend.compile(pairProgram));
      const [x] = pair(handles);
      const results = handles.keepAll(executable.run([x, x]));
      expectNumbers('x + 2 x', await backend.read(results[0] as DeviceTensor), pairResults(x0, x0)[0]);
    }),
  ];
}

/** Rules 1 and 3. */
function donationCases(): ConformanceCase[] {
  return [
    story('donation', async (backend, handles) => {
      const executable = handles.keep(await backend.compile(pairProgram, { donate: [0] }));
      const [x, y] = pair(handles);
      const alive = backend.liveTensors;
      const results = handles.keepAll(executable.run([x, y]));
      expectThat(backend.liveTensors === alive + 1, 'one handle died and two came, but liveTensors disagrees');
      expectNumbers('x + 2 y', await backend.read(results[0] as DeviceTensor), sum0);
      expectNumbers('x y', await backend.read(results[1] as DeviceTensor), product0);
      expectThrow('run on a donated handle', ['disposed'], () => executable.run([x, y]));
      await expectReject('read of a donated handle', ['disposed'], async () => await backend.read(x));
      x.dispose();
      expectThat(backend.liveTensors === alive + 1, 'dispose of a donated handle changes liveTensors');
      expectNumbers('what was not donated', await backend.read(y), y0);
    }),
    story('donated-twice', async (backend, handles) => {
      const executable = handles.keep(await backend.compile(pairProgram, { donate: [0] }));
      const [x, y] = pair(handles);
      expectThrow('a donated handle passed twice', ['argument'], () => executable.run([x, x]));
      expectNumbers('the handle after the refusal', await backend.read(x), x0);
      handles.keepAll(executable.run([x, y]));
    }),
    story('donation-refused', async (backend, handles) => {
      const executable = handles.keep(await backend.compile(pairProgram, { donate: [0, 1] }));
      const [x, y] = pair(handles);
      const integers = handles.upload(new Int32Array(3), { dtype: 'i32', shape: [3] });
      expectThrow('i32 for f32', ['dtype'], () => executable.run([x, integers]));
      expectNumbers('a refused run must not take what it was to be given', await backend.read(x), x0);
      const results = handles.keepAll(executable.run([x, y]));
      expectNumbers('x + 2 y', await backend.read(results[0] as DeviceTensor), sum0);
    }),
    story('donation-index', async (backend) => {
      await expectReject('donate an input that does not exist', ['argument'], () =>
        backend.compile(pairProgram, { donate: [2] }),
      );
    }),
    story('donation-loop', async (backend, handles) => {
      const executable = handles.keep(await backend.compile(pairProgram, { donate: [0, 1] }));
      let [x, y] = pair(handles);
      let [a, b] = [x0, y0];
      const alive = backend.liveTensors;
      for (let step = 0; step < 5; step++) {
        const [sum, product] = handles.keepAll(executable.run([x, y]));
        [x, y] = [sum as DeviceTensor, product as DeviceTensor];
        const [nextA, nextB] = pairResults(a, b).map((list) => list.map(Math.fround));
        [a, b] = [nextA ?? [], nextB ?? []];
        expectThat(
          backend.liveTensors === alive,
          `liveTensors grows by ${backend.liveTensors - alive} in ${step + 1} steps`,
        );
      }
      expectNumbers('after five steps', await backend.read(x), a);
    }),
    story('donation-of-what-is-returned', async (backend, handles) => {
      const program = parse('program(%0: f32[3], %1: f32[3]) {\n  return %1, %0, %0\n}');
      const executable = handles.keep(await backend.compile(program, { donate: [0, 1] }));
      const results = handles.keepAll(executable.run(pair(handles)));
      const read = await Promise.all(results.map((result) => backend.read(result)));
      expectNumbers('swapped', read[0], y0);
      expectNumbers('swapped', read[1], x0);
      results[1]?.dispose();
      expectNumbers('the copy', await backend.read(results[2] as DeviceTensor), x0);
    }),
  ];
}

/** Rule 4, and who owns what. */
function ownershipCases(): ConformanceCase[] {
  return [
    story('results-never-alias', async (backend, handles) => {
      const program = parse(
        'program(%0: f32[3], %1: f32[3]) {\n  %2: f32[3] = reshape(%1) shape=[3]\n  return %0, %0, %2\n}',
      );
      const executable = handles.keep(await backend.compile(program));
      const [x, y] = pair(handles);
      const results = handles.keepAll(executable.run([x, y]));
      expectThat(
        results.every((result) => result !== x && result !== y),
        'a result is the handle of an input',
      );
      expectThat(new Set(results).size === 3, 'two results are one handle');
      x.dispose();
      y.dispose();
      // Whatever takes the place of the inputs must not be seen through the results.
      for (let i = 0; i < 4; i++) handles.upload(Float32Array.of(-7, -7, -7), vector);
      expectNumbers('result 0 after its input ended', await backend.read(results[0] as DeviceTensor), x0);
      results[0]?.dispose();
      for (let i = 0; i < 4; i++) handles.upload(Float32Array.of(-7, -7, -7), vector);
      expectNumbers('result 1 after its twin ended', await backend.read(results[1] as DeviceTensor), x0);
      expectNumbers('result 2 after its input ended', await backend.read(results[2] as DeviceTensor), y0);
    }),
    story('results-outlive-runs', async (backend, handles) => {
      const executable = handles.keep(await backend.compile(pairProgram));
      const [x, y] = pair(handles);
      const first = handles.keepAll(executable.run([x, y]));
      for (let i = 0; i < 5; i++) handles.keepAll(executable.run([y, x]));
      expectNumbers('the first result after five runs', await backend.read(first[0] as DeviceTensor), sum0);
    }),
    story('inputs-unchanged', async (backend, handles) => {
      const executable = handles.keep(await backend.compile(pairProgram));
      const [x, y] = pair(handles);
      handles.keepAll(executable.run([x, y]));
      expectNumbers('x after a run', await backend.read(x), x0);
      expectNumbers('y after a run', await backend.read(y), y0);
    }),
    story('constants-unchanged', async (backend, handles) => {
      const b = new ProgramBuilder();
      const c = b.constant('f32', [3], [1, 2, 3]);
      const executable = handles.keep(await backend.compile(b.build([c, c])));
      const first = handles.keepAll(executable.run([]));
      const add = handles.keep(await backend.compile(pairProgram, { donate: [0, 1] }));
      handles.keepAll(add.run([first[0] as DeviceTensor, first[1] as DeviceTensor]));
      const second = handles.keepAll(executable.run([]));
      expectNumbers('a constant after its copy was donated', await backend.read(second[0] as DeviceTensor), x0);
    }),
    story('upload-copies', async (backend, handles) => {
      const data = Float32Array.from(x0);
      const handle = handles.upload(data, vector);
      data.fill(-7);
      expectNumbers('what was uploaded', await backend.read(handle), x0);
    }),
    story('read-copies', async (backend, handles) => {
      const [x] = pair(handles);
      const first = await backend.read(x);
      first.fill(-7);
      const [second, third] = await Promise.all([backend.read(x), backend.read(x)]);
      expectNumbers('a second read', second, x0);
      expectThat(second !== third && second.buffer !== third.buffer, 'two reads share memory');
      expectThat(first instanceof Float32Array, 'f32 must be read as a Float32Array');
    }),
    story('dispose-after-enqueue', async (backend, handles) => {
      const executable = await backend.compile(pairProgram);
      const [x, y] = pair(handles);
      const results = handles.keepAll(executable.run([x, y]));
      executable.dispose();
      x.dispose();
      y.dispose();
      expectNumbers('a result that was pending', await backend.read(results[0] as DeviceTensor), sum0);
    }),
  ];
}

/** Rule 6, and types at the boundary. */
function boundaryCases(): ConformanceCase[] {
  const data = {
    f32: Float32Array.of(0, -1.5, 3e38, 1e-30, Number.POSITIVE_INFINITY, 7),
    i32: Int32Array.of(0, -1, 2 ** 31 - 1, -(2 ** 31), 5, 6),
    u32: Uint32Array.of(0, 1, 2 ** 32 - 1, 2 ** 31, 5, 6),
    bool: Uint8Array.of(0, 1, 1, 0, 1, 0),
  };
  return [
    ...Object.entries(data).map(([dtype, values]) =>
      story(`round-trip/${dtype}`, async (backend, handles) => {
        const type = { dtype, shape: [2, 3] } as TensorType;
        const handle = handles.upload(values, type);
        expectThat(sameType(handle.type, type), 'the handle has another type than what was uploaded');
        const back = await backend.read(handle);
        expectThat(back.constructor === values.constructor, `${dtype} is read as ${back.constructor.name}`);
        expectNumbers('round trip', back, [...values]);
        const empty = handles.upload(values.slice(0, 0), { ...type, shape: [2, 0] });
        expectNumbers('nothing', await backend.read(empty), []);
        const scalar = handles.upload(values.slice(1, 2), { ...type, shape: [] });
        expectNumbers('a scalar', await backend.read(scalar), [...values.slice(1, 2)]);
      }),
    ),
    story('upload-checks', async (backend) => {
      const alive = backend.liveTensors;
      expectThrow('4 elements for 3', ['shape'], () => backend.upload(new Float32Array(4), vector));
      expectThrow('an Int32Array for f32', ['dtype'], () => backend.upload(new Int32Array(3), vector));
      expectThat(backend.liveTensors === alive, 'a refused upload leaves a handle');
    }),
    story('row-major', async (backend, handles) => {
      const program = parse(
        'program(%0: f32[2,3]) {\n  %1: f32[3,2] = transpose(%0) permutation=[1,0]\n  %2: f32[6] = reshape(%1) shape=[6]\n  return %1, %2\n}',
      );
      const executable = handles.keep(await backend.compile(program));
      const x = handles.upload(Float32Array.of(1, 2, 3, 4, 5, 6), { dtype: 'f32', shape: [2, 3] });
      const results = handles.keepAll(executable.run([x]));
      expectNumbers('transposed', await backend.read(results[0] as DeviceTensor), [1, 4, 2, 5, 3, 6]);
      expectNumbers('reshaped', await backend.read(results[1] as DeviceTensor), [1, 4, 2, 5, 3, 6]);
    }),
    story('signature', async (backend, handles) => {
      const executable = handles.keep(await backend.compile(pairProgram));
      for (const [what, types] of [
        ['inputs', executable.inputs],
        ['results', executable.results],
      ] as const) {
        expectThat(types.length === 2 && types.every((type) => sameType(type, vector)), `${what} are not f32[3] twice`);
      }
      expectThat(executable.workspaceBytes >= 0, 'workspaceBytes is not a number of bytes');
    }),
    story('named-dimensions', async (backend, handles) => {
      const program = parse('program(%0: f32[batch,2]) {\n  %1: f32[batch] = reduce_sum(%0) axes=[1]\n  return %1\n}');
      const data = Float32Array.of(1, 2, 3, 4, 5, 6);
      const x = handles.upload(data, { dtype: 'f32', shape: [3, 2] });
      const fixed = handles.keep(await backend.compile(program, { dims: { batch: 3 } }));
      expectNumbers('bound', await backend.read(handles.keepAll(fixed.run([x]))[0] as DeviceTensor), [3, 7, 11]);
      const other = handles.upload(data.slice(0, 4), { dtype: 'f32', shape: [2, 2] });
      expectThrow('2 rows where batch is 3', ['shape'], () => fixed.run([other]));
      await expectReject('a size that is none', ['argument', 'shape'], () =>
        backend.compile(program, { dims: { batch: -1 } }),
      );
      if (!backend.capabilities.freeDims) {
        await expectReject('a free name', ['shape', 'argument', 'capability'], () => backend.compile(program));
        return;
      }
      const free = handles.keep(await backend.compile(program));
      expectNumbers('free, 3', await backend.read(handles.keepAll(free.run([x]))[0] as DeviceTensor), [3, 7, 11]);
      expectNumbers('free, 2', await backend.read(handles.keepAll(free.run([other]))[0] as DeviceTensor), [3, 7]);
    }),
  ];
}
