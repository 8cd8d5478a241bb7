/**
 * `rheo import FILE`: a checkpoint of the Python originals becomes a model file of Rheo. With `--check` the outputs that the
 * original computed are computed again on wasm and compared; a model that differs is not written.
 */

import { basename } from 'node:path';
import type { ImportConfig, ImportedModel } from '@rheo/interop';
import { importNcps } from '@rheo/interop';
import { predict } from '@rheo/layers';
import { toCheckpoint } from '@rheo/train';
import { withWasm } from '../backends.ts';
import type { CheckData } from '../check-data.ts';
import { readCheckData } from '../check-data.ts';
import { badFile } from '../failure.ts';
import { readJsonFile } from '../json-file.ts';
import { jsonLine } from '../progress/json-lines.ts';
import { labelled } from '../progress/plain-lines.ts';
import type { Terminal } from '../terminal.ts';
import { widthOf, wrap } from '../terminal.ts';
import { readUserFile, refuseInputs, writeUserFile } from '../user-file.ts';

const configRemedy = 'Pass a JSON file with { framework, class, args }';

/** Options of the command. */
export interface ImportOptions {
  /** JSON: framework, class, constructor arguments, wiring. */
  readonly config?: string | undefined;
  /** JSON: input, timespans, output. */
  readonly check?: string | undefined;
  readonly out?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Allowed difference of outputs up to 1; larger outputs may differ by this part of them. */
const tolerance = 1e-5;

/** Runs the command; false if the check found a difference. Throws typed errors. */
export async function importCheckpoint(file: string, options: ImportOptions, terminal: Terminal): Promise<boolean> {
  const { folder, out } = terminal;
  const bytes = await readUserFile(folder, file);
  const config = options.config === undefined ? {} : await readJsonFile(folder, options.config, configRemedy);
  const data = options.check === undefined ? undefined : await readCheckData(folder, options.check);
  const imported = importNcps({ name: file, bytes }, config as ImportConfig);
  const difference = data === undefined ? undefined : await compare(imported, data, options.check ?? '');
  const same = difference === undefined || difference.same;
  if (same && options.out !== undefined) {
    const { family, format, notes } = imported.report;
    const extra = { imported: { file: basename(file), family, format, notes: [...notes] } };
    refuseInputs(folder, options.out, '--out', [file, options.config ?? file, options.check ?? file]);
    await writeUserFile(folder, options.out, toCheckpoint(imported, extra));
  }
  if (options.json === true) {
    const checked =
      difference === undefined ? {} : { largest_difference: difference.largest, same: difference.same, tolerance };
    const written = same && options.out !== undefined ? { out: options.out } : {};
    out.write(`${jsonLine('result', { ...imported.report, ...checked, ...written })}\n`);
  } else {
    out.write(`${describe(imported, difference, same ? options.out : undefined, widthOf(out))}\n`);
  }
  return same;
}

interface Difference {
  readonly largest: number;
  readonly same: boolean;
}

async function compare(imported: ImportedModel, data: CheckData, check: string): Promise<Difference> {
  const { outputs } = await withWasm((wasm) => predict(imported.model, imported.parameters, wasm, data.inputs));
  if (outputs.data.length !== data.output.length) {
    throw badFile(
      'format',
      `output has ${data.output.length} numbers, the model gives [${outputs.shape.join(', ')}]`,
      check,
      'Check return_sequences and the wiring of the configuration',
    );
  }
  let largest = 0;
  let same = true;
  data.output.forEach((expected, index) => {
    const difference = Math.abs(expected - (outputs.data[index] ?? Number.NaN));
    if (!(difference <= largest)) largest = difference;
    if (!(difference <= tolerance * Math.max(1, Math.abs(expected)))) same = false;
  });
  return { largest, same };
}

function describe(
  { report, model }: ImportedModel,
  difference: Difference | undefined,
  out: string | undefined,
  width: number,
): string {
  const kinds = (model.config['layers'] as readonly { readonly kind: string }[]).map(({ kind }) => kind).join(', ');
  const rows: [string, string][] = [
    ['imported', `${report.file} (${report.family}, ${report.format})`],
    ['model', `${kinds}: ${report.features} inputs, ${report.outputs} outputs`],
    ['parameters', `${report.numbers} in ${report.tensors} tensors`],
  ];
  if (difference !== undefined) {
    const verdict = difference.same ? 'the same' : `DIFFERENT, more than ${tolerance}`;
    rows.push(['largest difference', `${difference.largest.toExponential(2)}: ${verdict}`]);
  }
  if (out !== undefined) rows.push(['model file', out]);
  return [...labelled(rows, width), ...report.notes.map((note) => wrap(`Note: ${note}.`, width))].join('\n');
}
