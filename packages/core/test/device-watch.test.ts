import { watchDevice } from '@rheo/core';
import type { Backend, DeviceLost } from '@rheo/ir';
import { RheoError, referenceBackend } from '@rheo/ir';
import { expect, it } from 'vitest';

function losable(): { backend: Backend; end: (lost: DeviceLost) => void; fail: (error: Error) => void } {
  let end: (lost: DeviceLost) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const lost = new Promise<DeviceLost>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return { backend: Object.assign(Object.create(referenceBackend()), { name: 'some', lost }), end, fail };
}

const never = (): Promise<never> => new Promise(() => undefined);
const unplugged: DeviceLost = { reason: 'lost', message: 'it was unplugged' };

it('gives what the work gives, or its failure, while the device is there', async () => {
  const watch = watchDevice(losable().backend);
  expect(await watch.wait(Promise.resolve(3))).toBe(3);
  await expect(watch.wait(Promise.reject(new TypeError('mine')))).rejects.toThrow(TypeError);
  expect(watch.gone).toBeUndefined();
  watch.check();
});

it('ends all that waits when the device goes, and all that comes later', async () => {
  const { backend, end } = losable();
  const watch = watchDevice(backend);
  const waiting = [watch.wait(never()), watchDevice(backend).wait(never())];
  const gone = { code: 'lost', message: '@rheo/core: the device of some was lost: it was unplugged' };
  end(unplugged);
  for (const one of waiting) await expect(one).rejects.toMatchObject(gone);
  await expect(watch.wait(never())).rejects.toMatchObject(gone);
  // The failure of work on a dead device is nobody's unhandled rejection.
  await expect(watch.wait(Promise.reject(new Error('engine')))).rejects.toMatchObject(gone);
  expect(() => watch.check()).toThrow(expect.objectContaining(gone));
  expect(watch.gone).toBe(unplugged);
});

it('tells an orderly end apart, and takes a `lost` that fails for a loss', async () => {
  const backend = referenceBackend();
  const waiting = watchDevice(backend).wait(never());
  const ended = backend.dispose();
  await expect(waiting).rejects.toMatchObject({ code: 'disposed' });
  await ended;
  const broken = losable();
  const watch = watchDevice(broken.backend);
  broken.fail(new Error('no adapter'));
  await expect(watch.wait(never())).rejects.toMatchObject({
    code: 'lost',
    message: expect.stringMatching(/no adapter/),
  });
});

it('frees what it can: failures count only while the device is there', async () => {
  const { backend, end } = losable();
  const watch = watchDevice(backend);
  let freed = 0;
  const good = { dispose: () => void freed++ };
  const failing = (error: Error) => ({
    dispose: () => {
      throw error;
    },
  });
  // The device is gone, though nobody has said so yet.
  watch.free([failing(new RheoError('lost', { from: 'test', what: 'gone' })), good]);
  expect(freed).toBe(1);
  expect(() => watch.free([failing(new Error('a fault'))])).toThrow('a fault');
  end(unplugged);
  await expect(watch.wait(never())).rejects.toThrow();
  watch.free([failing(new Error('no context')), good]);
  expect(freed).toBe(2);
});
