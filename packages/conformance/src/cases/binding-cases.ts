/**
 * Cases of `bind`, `runInto` and `readSync`: what streaming is made of.
 */

import type { Backend, DeviceTensor, Executable, SyncBackend, SyncExecutable, TensorData } from '@rheo/ir';
import { parse } from '@rheo/ir';
import type { ConformanceCase } from '../conformance-case.ts';
import { expectThat } from '../conformance-case.ts';
import type { Handles } from '../handles.ts';
import { story } from './contract-cases.ts';
import { expectNumbers, expectThrow, pairProgram, pairResults, vector } from './contract-checks.ts';

const x0 = [1, 2, 3];
const y0 = [10, -20, 30];
const z0 = [-4, 5, 6];

/** (w, h, x) → (h w + x, its rows' sums): w [3,3], h and x [2,3]. */
const stepProgram = parse(`program(%0: f32[3,3], %1: f32[2,3], %2: f32[2,3]) {
  %3: f32[2,3] = dot(%1, %0) contract=[[1],[0]] batch=[[],[]]
  %4: f32[2,3] = add(%3, %2)
  %5: f32[2] = reduce_sum(%4) axes=[1]
  return %4, %5
}`);
const weights = [0, 1, 0, 0, 0, 1, 1, 0, 0];
const wide = { dtype: 'f32', shape: [2, 3] } as const;

/** `contract/bind/snapshot`, `contract/run-into/state` … */
export function bindingCases(): ConformanceCase[] {
  return [...bindCases(), ...runIntoCases()];
}

function up(handles: Handles, numbers: readonly number[]): DeviceTensor {
  return handles.upload(Float32Array.from(numbers), vector);
}

async function firstOf(
  backend: Backend,
  handles: Handles,
  executable: Executable,
  inputs: DeviceTensor[],
): Promise<TensorData> {
  return await backend.read(handles.keepAll(executable.run(inputs))[0] as DeviceTensor);
}

function bindCases(): ConformanceCase[] {
  return [
    story('bind/one', async (backend, handles) => {
      const whole = handles.keep(await backend.compile(pairProgram));
      const [x, y] = [up(handles, x0), up(handles, y0)];
      for (const [index, rest, wanted] of [
        [0, y, pairResults(x0, y0)],
        [1, x, pairResults(x0, y0)],
      ] as const) {
        const fixed = handles.keep(whole.bind(new Map([[index, index === 0 ? x : y]])));
        expectThat(fixed.inputs.length === 1, 'a bound executable takes one input less');
        expectNumbers(`input ${index} bound`, await firstOf(backend, handles, fixed, [rest]), wanted[0]);
      }
      expectNumbers('the whole after binds', await firstOf(backend, handles, whole, [x, y]), pairResults(x0, y0)[0]);
    }),
    story('bind/snapshot', async (backend, handles) => {
      const whole = handles.keep(await backend.compile(pairProgram));
      const [x, y] = [up(handles, x0), up(handles, y0)];
      const fixed = handles.keep(whole.bind(new Map([[1, y]])));
      y.dispose();
      for (let i = 0; i < 4; i++) up(handles, [-7, -7, -7]);
      expectNumbers('after the source ended', await firstOf(backend, handles, fixed, [x]), pairResults(x0, y0)[0]);
    }),
    story('bind/snapshot-overwritten', async (backend, handles) => {
      const sync = asSync(backend);
      if (sync === undefined) return;
      const whole = handles.keep(await sync.compile(pairProgram));
      const [x, y] = [up(handles, x0), up(handles, y0)];
      const fixed = handles.keep(whole.bind(new Map([[1, y]])));
      whole.runInto([x, x], [y, new Float32Array(3)]);
      expectNumbers('after the source changed', await firstOf(backend, handles, fixed, [x]), pairResults(x0, y0)[0]);
      expectNumbers('the source', await backend.read(y), pairResults(x0, x0)[0]);
    }),
    story('bind/twice', async (backend, handles) => {
      const whole = handles.keep(await backend.compile(stepProgram));
      const w = handles.upload(Float32Array.from(weights), { dtype: 'f32', shape: [3, 3] });
      const h = handles.upload(Float32Array.of(1, 2, 3, 4, 5, 6), wide);
      const x = handles.upload(Float32Array.of(10, 20, 30, 40, 50, 60), wide);
      const wanted = [13, 21, 32, 46, 54, 65];
      expectNumbers('the whole', await firstOf(backend, handles, whole, [w, h, x]), wanted);
      const once = handles.keep(whole.bind(new Map([[0, w]])));
      expectNumbers('weights bound', await firstOf(backend, handles, once, [h, x]), wanted);
      const again = handles.keep(once.bind(new Map([[1, x]])));
      expectNumbers('bound again', await firstOf(backend, handles, again, [h]), wanted);
      const all = handles.keep(again.bind(new Map([[0, h]])));
      expectThat(all.inputs.length === 0, 'everything is bound, but inputs are left');
      expectNumbers('all bound', await firstOf(backend, handles, all, []), wanted);
      const other = handles.keep(
        whole.bind(
          new Map([
            [0, w],
            [2, x],
          ]),
        ),
      );
      expectNumbers('two at once', await firstOf(backend, handles, other, [h]), wanted);
    }),
    story('bind/two-sets-of-weights', async (backend, handles) => {
      const whole = handles.keep(await backend.compile(pairProgram));
      const x = up(handles, x0);
      const first = handles.keep(whole.bind(new Map([[1, up(handles, y0)]])));
      const second = handles.keep(whole.bind(new Map([[1, up(handles, z0)]])));
      for (let round = 0; round < 3; round++) {
        expectNumbers('the first', await firstOf(backend, handles, first, [x]), pairResults(x0, y0)[0]);
        expectNumbers('the second', await firstOf(backend, handles, second, [x]), pairResults(x0, z0)[0]);
      }
      first.dispose();
      expectNumbers('after the first ended', await firstOf(backend, handles, second, [x]), pairResults(x0, z0)[0]);
    }),
    story('bind/wrong', async (backend, handles) => {
      const whole = handles.keep(await backend.compile(pairProgram));
      const [x, y] = [up(handles, x0), up(handles, y0)];
      const integers = handles.upload(new Int32Array(3), { dtype: 'i32', shape: [3] });
      expectThrow('an input that does not exist', ['argument'], () => whole.bind(new Map([[2, x]])));
      expectThrow('i32 for f32', ['dtype'], () => whole.bind(new Map([[0, integers]])));
      y.dispose();
      expectThrow('a disposed handle', ['disposed'], () => whole.bind(new Map([[0, y]])));
      const fixed = handles.keep(whole.bind(new Map([[0, x]])));
      expectThrow('too many inputs', ['argument'], () => fixed.run([x, x]));
    }),
    story('bind/donation', async (backend, handles) => {
      const whole = handles.keep(await backend.compile(pairProgram, { donate: [0, 1] }));
      const [x, y] = [up(handles, x0), up(handles, y0)];
      const fixed = handles.keep(whole.bind(new Map([[0, x]])));
      expectNumbers('x is bound and y donated', await firstOf(backend, handles, fixed, [y]), pairResults(x0, y0)[0]);
      expectThrow('y was donated', ['disposed'], () => fixed.run([y]));
      expectNumbers('the source of a bind lives on', await backend.read(x), x0);
      const more = up(handles, z0);
      expectNumbers('a second run', await firstOf(backend, handles, fixed, [more]), pairResults(x0, z0)[0]);
    }),
  ];
}

function runIntoCases(): ConformanceCase[] {
  const sync = (
    id: string,
    tell: (backend: SyncBackend, handles: Handles, run: SyncExecutable) => Promise<void>,
  ): ConformanceCase =>
    story(`run-into/${id}`, async (backend, handles) => {
      const own = asSync(backend);
      if (own !== undefined) await tell(own, handles, handles.keep(await own.compile(pairProgram)));
    });
  const [sum, product] = pairResults(x0, y0);
  return [
    sync('host', async (_backend, _handles, executable) => {
      const [a, b] = [new Float32Array(3), new Float32Array(3)];
      executable.runInto([Float32Array.from(x0), Float32Array.from(y0)], [a, b]);
      expectNumbers('x + 2 y', a, sum);
      expectNumbers('x y', b, product);
    }),
    sync('mixed', async (backend, handles, executable) => {
      const x = up(handles, x0);
      const out = up(handles, [0, 0, 0]);
      const host = new Float32Array(3);
      const alive = backend.liveTensors;
      executable.runInto([x, Float32Array.from(y0)], [host, out]);
      expectThat(backend.liveTensors === alive, 'runInto makes handles');
      expectNumbers('host', host, sum);
      expectNumbers('handle', backend.readSync(out), product);
      expectNumbers('readSync into', backend.readSync(out, host), product);
      expectNumbers('what readSync filled', host, product);
    }),
    sync('state', async (backend, handles, executable) => {
      const state = up(handles, x0);
      const y = Float32Array.from(y0);
      const other = new Float32Array(3);
      executable.runInto([state, y], [state, other]);
      expectNumbers('state, once', backend.readSync(state), sum);
      expectNumbers('the other result saw the state of before', other, product);
      executable.runInto([state, y], [state, other]);
      expectNumbers('state, twice', backend.readSync(state), pairResults(sum, y0)[0]);
      expectNumbers('the other result', other, pairResults(sum, y0)[1]);
      executable.runInto([state, y], [other, state]);
      expectNumbers(
        'state, as the second output',
        backend.readSync(state),
        pairResults(pairResults(sum, y0)[0], y0)[1],
      );
    }),
    sync('state-both', async (backend, handles, executable) => {
      const [x, y] = [up(handles, x0), up(handles, y0)];
      executable.runInto([x, y], [y, x]);
      expectNumbers('crossed', backend.readSync(y), sum);
      expectNumbers('crossed', backend.readSync(x), product);
    }),
    sync('host-in-place', async (_backend, _handles, executable) => {
      const [x, y] = [Float32Array.from(x0), Float32Array.from(y0)];
      executable.runInto([x, y], [y, x]);
      expectNumbers('a host array as input and output', y, sum);
      expectNumbers('a host array as input and output', x, product);
    }),
    sync('matrix-state', async (backend, handles) => {
      const step = handles.keep(await backend.compile(stepProgram));
      const w = handles.upload(Float32Array.from(weights), { dtype: 'f32', shape: [3, 3] });
      const bound = handles.keep(step.bind(new Map([[0, w]])));
      const state = handles.upload(Float32Array.of(1, 2, 3, 4, 5, 6), wide);
      const sums = new Float32Array(2);
      const x = new Float32Array(6);
      bound.runInto([state, x], [state, sums]);
      expectNumbers('rotated by the product', backend.readSync(state), [3, 1, 2, 6, 4, 5]);
      bound.runInto([state, x], [state, sums]);
      expectNumbers('rotated twice', backend.readSync(state), [2, 3, 1, 5, 6, 4]);
      expectNumbers('sums', sums, [6, 15]);
    }),
    sync('keeps-inputs', async (backend, handles) => {
      const executable = handles.keep(await backend.compile(pairProgram, { donate: [0, 1] }));
      const [x, y] = [up(handles, x0), up(handles, y0)];
      executable.runInto([x, y], [new Float32Array(3), new Float32Array(3)]);
      expectNumbers('runInto does not donate', backend.readSync(x), x0);
    }),
    sync('wrong', async (backend, handles, executable) => {
      const [x, y] = [up(handles, x0), up(handles, y0)];
      const out = (): Float32Array => new Float32Array(3);
      const one = out();
      expectThrow('one input of two', ['argument'], () => executable.runInto([x], [out(), out()]));
      expectThrow('one output of two', ['argument'], () => executable.runInto([x, y], [out()]));
      expectThrow('two outputs that are one', ['argument'], () => executable.runInto([x, y], [one, one]));
      expectThrow('two outputs that are one handle', ['argument'], () => executable.runInto([x, y], [x, x]));
      expectThrow('a short input', ['shape'], () => executable.runInto([new Float32Array(2), y], [out(), out()]));
      expectThrow('an input of i32', ['dtype'], () => executable.runInto([new Int32Array(3), y], [out(), out()]));
      expectThrow('a long output', ['shape'], () => executable.runInto([x, y], [new Float32Array(4), out()]));
      expectThrow('an output of i32', ['dtype'], () => executable.runInto([x, y], [new Int32Array(3), out()]));
      y.dispose();
      expectThrow('a disposed input', ['disposed'], () => executable.runInto([x, y], [out(), out()]));
      expectThrow('a disposed output', ['disposed'], () => executable.runInto([x, out()], [out(), y]));
      expectNumbers('the input after refusals', backend.readSync(x), x0);
    }),
    sync('equals-run', async (backend, handles, executable) => {
      const [x, y] = [up(handles, [0.1, -0.7, 1e-5]), up(handles, [3.3, 1 / 3, -1e4])];
      const results = handles.keepAll(executable.run([x, y]));
      const outs = [new Float32Array(3), new Float32Array(3)] as const;
      executable.runInto([x, y], outs);
      expectNumbers('sum', outs[0], [...backend.readSync(results[0] as DeviceTensor)]);
      expectNumbers('product', outs[1], [...backend.readSync(results[1] as DeviceTensor)]);
    }),
  ];
}

/** The backend as a synchronous one; undefined if it is not, and the case has nothing to say. */
function asSync(backend: Backend): SyncBackend | undefined {
  return backend.capabilities.synchronous ? (backend as SyncBackend) : undefined;
}
