/** Which Python interpreters are asked, and what a rival says that finds none. */
import { delimiter } from 'node:path';
import { expect, it } from 'vitest';
import { makeProblem } from '../src/problem.ts';
import { interpreters, pythonPeer } from '../src/rivals/python-peer.ts';
import { shapes } from '../src/shapes.ts';

it('takes a list of interpreters as PATH takes folders', () => {
  expect(interpreters(['one', 'two', ''].join(delimiter))).toEqual(['one', 'two']);
  expect(interpreters('')).toContain('python3');
});

it('leaves a rival out, with the reason, that no interpreter has', async () => {
  const named = process.env['RHEO_PYTHON'];
  process.env['RHEO_PYTHON'] = 'no-such-python';
  try {
    const rival = pythonPeer('torch', 'torch_peer.py', /^torch 2/);
    const [shape] = shapes;
    if (shape === undefined) throw new Error('there are shapes');
    const prepared = await rival.prepare(makeProblem(shape, 'infer'));
    expect(prepared).toEqual({ unsupported: expect.stringContaining('no-such-python') });
  } finally {
    if (named === undefined) delete process.env['RHEO_PYTHON'];
    else process.env['RHEO_PYTHON'] = named;
  }
});
