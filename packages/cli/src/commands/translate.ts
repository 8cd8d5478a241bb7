/**
 * `rheo translate MODEL`: a trained LTC without its solver, in closed form, and how far that is from the differential
 * equation, on the user's sequences or on generated ones.
 */

import { extname } from 'node:path';
import type { ClosedForm, HostInputs, LtcNetwork } from '@rheo/layers';
import { translateLtc, wiringDiagrams } from '@rheo/layers';
import { fromCheckpoint } from '@rheo/train';
import { misuse } from '../failure.ts';
import type { Observations } from '../observations.ts';
import { readObservations } from '../observations.ts';
import { jsonLine } from '../progress/json-lines.ts';
import { labelled } from '../progress/plain-lines.ts';
import type { Terminal } from '../terminal.ts';
import { widthOf, wrap } from '../terminal.ts';
import { readUserFile, refuseInputs, writeUserFile } from '../user-file.ts';

/** Options of the command. */
export interface TranslateOptions {
  /** A `.csv` table or a `.npy` array; generated sequences unless given. */
  readonly data?: string | undefined;
  /** One closed form; several are compared unless given. */
  readonly form?: ClosedForm | undefined;
  /** Renewals of the conductances for each observation, for `held`. */
  readonly substeps?: number | undefined;
  /** Where the network of the closed form goes, JSON. */
  readonly out?: string | undefined;
  readonly json?: boolean | undefined;
}

/** The error of one closed form against the equation. */
interface Row {
  readonly form: ClosedForm;
  readonly substeps: number | undefined;
  readonly meanSquaredError: number;
  readonly largestError: number;
}

/** Runs the command. Throws typed errors. */
export async function translate(file: string, options: TranslateOptions, terminal: Terminal): Promise<void> {
  const { folder, out } = terminal;
  if (options.form === 'algorithm-1' && options.substeps !== undefined) {
    throw misuse('algorithm-1 has no substeps', '--substeps', 'Leave it out, or use --form held');
  }
  const { model, parameters, features } = fromCheckpoint(await readUserFile(folder, file), { file });
  if (!wiringDiagrams(model, parameters).some(({ kind }) => kind === 'ltc')) {
    throw misuse('the model has no LTC to translate', file, 'Pass a model whose first layer is an LTC');
  }
  const data = options.data === undefined ? generated(features) : await observed(folder, options.data);
  if (data.features !== features) {
    const what = `the data have ${data.features} features, the model was trained on ${features}`;
    throw misuse(what, options.data ?? file, 'Pass the features that the model was trained on, in their order');
  }
  const sequences = Array.from({ length: data.count }, (_, row) => sequence(data, row));
  const rows: Row[] = [];
  let network: LtcNetwork | undefined;
  let squares = 0;
  let numbers = 0;
  for (const wanted of formsOf(options)) {
    const parts = sequences.map((inputs) => translateLtc(model, parameters, inputs, wanted));
    const counts = parts.map(({ equation }) => equation.data.length);
    numbers = counts.reduce((sum, count) => sum + count, 0);
    squares = parts.reduce((sum, { equation }) => sum + equation.data.reduce((all, v) => all + v * v, 0), 0);
    network = parts[0]?.network;
    rows.push({
      form: wanted.form,
      substeps: wanted.substeps,
      meanSquaredError: parts.reduce((sum, part, at) => sum + part.meanSquaredError * (counts[at] ?? 0), 0) / numbers,
      largestError: Math.max(...parts.map(({ largestError }) => largestError)),
    });
  }
  if (network === undefined) throw misuse('there are no sequences', options.data ?? file, 'Pass at least one');
  const scale = Math.sqrt(squares / numbers);
  if (options.out !== undefined) {
    refuseInputs(folder, options.out, '--out', [file, options.data ?? file]);
    const { form, substeps } = formsOf(options)[0] ?? {};
    await writeUserFile(
      folder,
      options.out,
      `${JSON.stringify({ format: 'rheo-closed-form', form, substeps, network })}\n`,
    );
  }
  const steps = sequences.reduce((sum, { values }) => sum + (values.shape[1] ?? 0), 0);
  if (options.json === true) {
    const forms = rows.map(({ form, substeps, meanSquaredError, largestError }) => ({
      form,
      ...(substeps === undefined ? {} : { substeps }),
      mse: meanSquaredError,
      largest_error: largestError,
    }));
    const { neurons, synapses } = network;
    out.write(
      `${jsonLine('result', {
        neurons: neurons.length,
        synapses: synapses.length,
        sequences: sequences.length,
        steps,
        generated: options.data === undefined,
        potential_rms: scale,
        forms,
        ...(options.out === undefined ? {} : { out: options.out }),
      })}\n`,
    );
    return;
  }
  out.write(`${report({ network, rows, scale, sequences: sequences.length, steps, options }, widthOf(out))}\n`);
}

/** The forms to compare; the first is what `--out` writes. */
function formsOf({ form, substeps }: TranslateOptions): { readonly form: ClosedForm; readonly substeps?: number }[] {
  if (form === 'algorithm-1') return [{ form }];
  if (form !== undefined || substeps !== undefined) return [{ form: 'held', substeps: substeps ?? 1 }];
  return [...[1, 4, 16].map((count) => ({ form: 'held', substeps: count }) as const), { form: 'algorithm-1' }];
}

interface Report {
  readonly network: LtcNetwork;
  readonly rows: readonly Row[];
  readonly scale: number;
  readonly sequences: number;
  readonly steps: number;
  readonly options: TranslateOptions;
}

function report({ network, rows, scale, sequences, steps, options }: Report, width: number): string {
  const { neurons, synapses } = network;
  const facts: [string, string][] = [
    ['LTC', `${neurons.length} neurons, ${synapses.length} synapses`],
    ['sequences', `${sequences} of together ${steps} steps, ${options.data ?? 'generated'}`],
    ['potentials', `${scale.toPrecision(3)} root mean square, by the equation`],
  ];
  const errors = rows.map(({ form, substeps, meanSquaredError, largestError }): [string, string] => {
    const name = substeps === undefined ? form : `${form}, ${substeps} substep${substeps === 1 ? '' : 's'}`;
    return [name, `MSE ${meanSquaredError.toExponential(2)}, largest ${largestError.toExponential(2)}`];
  });
  return [
    ...labelled(facts, width),
    '',
    wrap('Error of the closed form against the differential equation, over all neurons and steps:', width),
    ...labelled(errors, width),
    ...(options.out === undefined ? [] : ['', ...labelled([['closed form', options.out]], width)]),
  ].join('\n');
}

async function observed(folder: string, path: string): Promise<Observations> {
  const ending = extname(path).toLowerCase();
  if (ending === '.csv' || ending === '.npy') return readObservations(folder, path);
  throw misuse('the data are neither a table nor an array', path, 'Pass a .csv or a .npy file');
}

/** Smooth inputs in ±1 at irregular times, the same each time. */
function generated(features: number): Observations {
  const [count, steps] = [4, 50];
  const values = new Float32Array(count * steps * features);
  const dt = new Float32Array(count * steps);
  for (let row = 0; row < count; row++) {
    let clock = 0;
    for (let step = 0; step < steps; step++) {
      const place = row * steps + step;
      dt[place] = 1 + 0.5 * Math.sin(7.3 * step + 2.1 * row);
      clock += dt[place] ?? 0;
      for (let feature = 0; feature < features; feature++) {
        values[place * features + feature] = Math.sin(0.15 * (1 + (feature % 5)) * clock + 1.3 * feature + 0.7 * row);
      }
    }
  }
  return { values, dt, count, steps, features };
}

/** One sequence, without its padding. */
function sequence({ values, dt, steps, features, lengths }: Observations, row: number): HostInputs {
  const length = lengths?.[row] ?? steps;
  const start = row * steps;
  return {
    values: {
      dtype: 'f32',
      shape: [1, length, features],
      data: values.subarray(start * features, (start + length) * features),
    },
    ...(dt === undefined ? {} : { dt: { dtype: 'f32', shape: [1, length], data: dt.subarray(start, start + length) } }),
  };
}
