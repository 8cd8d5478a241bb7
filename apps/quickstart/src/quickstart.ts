/**
 * The first five minutes: train a small CfC on the bundled sample, save it, read it back, and stream observations
 * through it. The command `rheo train walker2d` does the work; this adds the words around it.
 */

import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Terminal, trainWalker2d, widthOf, wrap } from '@rheo/cli';
import { readWalker2d } from '@rheo/data/node';
import { streamLive } from './stream-live.ts';

const sample = fileURLToPath(new URL('../data/walker2d-sample.zip', import.meta.url));

/** The value that the stream shows: a joint's speed that moves much. */
const feature = 13;

/** Options of `npm start -- …`. */
export interface QuickstartOptions {
  readonly epochs?: number | undefined;
  readonly out?: string | undefined;
}

/** Runs it all. Throws typed errors. Returns the exit code. */
export async function quickstart(options: QuickstartOptions, terminal: Terminal): Promise<number> {
  const { out, folder } = terminal;
  const say = (text: string): unknown => out.write(`${wrap(text, widthOf(out))}\n`);
  say(
    'Rheo: a liquid network learns to walk.\n' +
      'A robot in a simulator, 17 joint angles and speeds per row, and a tenth of the rows lost: what is the next row? ' +
      'A closed-form continuous-time network (CfC) learns it in WebAssembly, from each row and the time since the one before.\n',
  );
  const { result, model } = await trainWalker2d({ data: sample, recipe: 'sample', ...options }, terminal);
  if (result.stopped) return 130;

  say(`\nThe saved model as a stream: one row in, the next row out. Of its values this is number ${feature}.\n`);
  const { test } = await readWalker2d(sample);
  await streamLive({ model, data: test, row: 0, from: 40, count: 10, feature }, terminal);

  const path = relative(folder, model);
  out.write(`\nLook at   ${path.replace('model.safetensors', 'report.html')}\n`);
  out.write(`Again     npm run rheo evaluate ${path}\n`);
  out.write('Options   npm run rheo help\n');
  return 0;
}
