/**
 * `rheo profile MODEL`: where the time of a forward pass or of a training step goes, by kernel, against the peaks that the
 * same backend reaches on this machine. A table, JSON, and a page with a flame picture.
 */

import { compile, flattenTree } from '@rheo/core';
import type { Backend, Profile } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type { Checkpoint } from '@rheo/train';
import { fromCheckpoint } from '@rheo/train';
import { withBackend } from '../backends.ts';
import { machine } from '../doctor/machine.ts';
import { profilePage } from '../pictures/profile-page.ts';
import { bestOf, measurePeaks, shareOfPeak } from '../profile/measure-peaks.ts';
import { profileFacts, profileTable } from '../profile/profile-table.ts';
import { madeUp, profiledProgram } from '../profile/profiled-program.ts';
import { jsonLine } from '../progress/json-lines.ts';
import { labelled } from '../progress/plain-lines.ts';
import type { Terminal } from '../terminal.ts';
import { widthOf } from '../terminal.ts';
import { readUserFile, refuseInputs, writeUserFile } from '../user-file.ts';

/** Options of the command. */
export interface ProfileOptions {
  readonly batch: number;
  readonly steps: number;
  /** A training step in place of a forward pass. */
  readonly train?: boolean | undefined;
  /** Where the page with the flame picture goes. */
  readonly html?: string | undefined;
  readonly backend: string;
  readonly json?: boolean | undefined;
}

/** Runs the command. Throws typed errors; `capability` where the backend cannot tell its kernels apart. */
export async function profile(file: string, options: ProfileOptions, terminal: Terminal): Promise<void> {
  const { folder, out } = terminal;
  const { batch, steps, html, backend: name } = options;
  const checkpoint = fromCheckpoint(await readUserFile(folder, file), { file });
  if (html !== undefined) refuseInputs(folder, html, '--html', [file]);
  const train = options.train === true;
  const { measured, peaks } = await withBackend(name, folder, async (backend) => {
    const before = await measurePeaks(backend);
    const found = before === undefined ? undefined : await measureModel(backend, checkpoint, { ...options, train });
    const after = await measurePeaks(backend);
    if (before === undefined || found === undefined || after === undefined) throw cannot(name);
    return { measured: found, peaks: bestOf(before, after) };
  });
  const what = `${train ? 'a training step' : 'a forward pass'}, batch ${batch}, ${steps} steps`;
  const { processor, node } = machine();
  const facts = [
    ['profile', `${what}, ${name}, one thread`],
    ['machine', `${processor}, Node ${node}`],
    ...profileFacts(measured, peaks),
  ] as const;
  if (html !== undefined) {
    await writeUserFile(
      folder,
      html,
      profilePage({ title: `Profile of ${file}`, summary: what, facts, measured, peaks }),
    );
  }
  if (options.json === true) {
    const { entries, seconds, timedSeconds, runs } = measured;
    out.write(
      `${jsonLine('result', {
        model: file,
        backend: name,
        mode: train ? 'train' : 'infer',
        batch,
        steps,
        seconds,
        timed_seconds: timedSeconds,
        runs,
        peaks: {
          flops: peaks.flops,
          functions: peaks.functions,
          cache_bytes: peaks.cacheBytes,
          memory_bytes: peaks.memoryBytes,
        },
        kernels: entries.map((entry) => ({ ...entry, of_peak: shareOfPeak(entry, peaks) })),
        ...(html === undefined ? {} : { html }),
      })}\n`,
    );
    return;
  }
  const width = widthOf(out);
  const blocks = [
    labelled(facts, width),
    profileTable(measured, peaks, width),
    ...(html === undefined ? [] : [[`The flame picture is in ${html}`]]),
  ];
  out.write(`${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`);
}

async function measureModel(
  backend: Backend,
  { model, features, parameters }: Checkpoint,
  { batch, steps, train }: { readonly batch: number; readonly steps: number; readonly train: boolean },
): Promise<Profile | undefined> {
  const executable = await compile(backend, profiledProgram(model, { features, batch, steps, train }));
  const { leaves } = flattenTree(parameters);
  const given = executable.inputs.map((type, index) => {
    const leaf = leaves[index];
    // Moments of the optimiser begin at zero.
    const moment = train && index >= leaves.length && index < 3 * leaves.length;
    const data = leaf?.data ?? madeUp(type);
    return backend.upload(moment ? data.map(() => 0) : data, type);
  });
  if (train) return executable.profile?.(given);
  // As in a prediction: what depends on the parameters alone is done once.
  const bound = executable.bind(new Map(given.slice(0, leaves.length).map((tensor, index) => [index, tensor])));
  return bound.profile?.(given.slice(leaves.length));
}

function cannot(name: string): RheoError {
  return new RheoError('capability', {
    from: '@rheo/cli',
    what: `the backend ${name} cannot tell the time of its kernels apart`,
    where: '--backend',
    remedy: 'Use --backend wasm, or the profiler of the engine itself',
  });
}
