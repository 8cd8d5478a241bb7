/**
 * `rheo export MODEL --format NAME`: a model file for other engines. What was written has been checked: run by something
 * that shares no code with the exporter, on random sequences; a file that differs from the model is not written.
 */

import { basename, dirname, join } from 'node:path';
import type { ElapsedForm } from '@rheo/layers';
import { fromCheckpoint } from '@rheo/train';
import type { ExportFormat, Verification } from '../export/export-format.ts';
import { tolerance } from '../export/export-format.ts';
import type { FormatName } from '../export/formats.ts';
import { formats } from '../export/formats.ts';
import { misuse } from '../failure.ts';
import { jsonLine } from '../progress/json-lines.ts';
import { labelled } from '../progress/plain-lines.ts';
import type { Terminal } from '../terminal.ts';
import { widthOf, wrap } from '../terminal.ts';
import { readUserFile, refuseInputs, writeUserFile } from '../user-file.ts';

/** Options of the command. */
export interface ExportOptions {
  readonly format: FormatName;
  /** Beside the model, under its name with another ending, unless given. */
  readonly out?: string | undefined;
  readonly step?: boolean | undefined;
  readonly dt?: ElapsedForm | undefined;
  /** Name of the functions in C; that of the file unless given. */
  readonly name?: string | undefined;
  readonly unverified?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Runs the command; false if the export differs from the model. Throws typed errors. */
export async function exportModel(file: string, options: ExportOptions, terminal: Terminal): Promise<boolean> {
  const { folder, out } = terminal;
  const format = formats[options.format];
  refuseOptions(options, format);
  const stem = basename(file).replace(/\.[^.]*$/, '') || 'model';
  const target = options.out ?? join(dirname(file), `${stem}${options.step === true ? '-step' : ''}${format.ending}`);
  const checkpoint = fromCheckpoint(await readUserFile(folder, file), { file });
  const sidecarOf = (ending: string): string => `${target.replace(/\.[^./\\]*$/, '')}${ending}`;
  refuseInputs(folder, target, '--out', [file]);
  const { bytes, facts, verification, sidecar } = await format.make({
    checkpoint,
    folder,
    step: options.step === true,
    dt: options.dt,
    name: options.name ?? identifier(stem),
    verify: options.unverified !== true,
  });
  const same = 'unchecked' in verification || verification.largest <= verification.allowed;
  const beside = sidecar === undefined ? undefined : sidecarOf(sidecar.ending);
  if (beside !== undefined) {
    refuseInputs(folder, beside, '--out', [file]);
    if (beside === target)
      throw misuse(`${target} is also the name of its configuration`, '--out', `Name it ${format.ending}`);
  }
  if (same) {
    await writeUserFile(folder, target, bytes);
    if (sidecar !== undefined && beside !== undefined) await writeUserFile(folder, beside, sidecar.text);
  }
  const size = typeof bytes === 'string' ? new TextEncoder().encode(bytes).length : bytes.length;
  if (options.json === true) {
    out.write(
      `${jsonLine('result', {
        format: options.format,
        bytes: size,
        ...Object.fromEntries(facts),
        ...('unchecked' in verification
          ? { verified: false, reason: verification.unchecked }
          : {
              verified: same,
              by: verification.by,
              on: verification.on,
              largest_difference: verification.largest,
              allowed_difference: verification.allowed,
            }),
        ...(same ? { out: target, ...(beside === undefined ? {} : { config: beside }) } : {}),
      })}\n`,
    );
    return same;
  }
  const rows: [string, string][] = [
    ['exported', `${file} as ${options.format}`],
    ...facts.map(([name, value]): [string, string] => [name, value]),
    ...verdict(verification, same),
  ];
  if (same) rows.push(['written', `${target}, ${size} bytes`]);
  if (same && beside !== undefined) rows.push(['its configuration', beside]);
  const width = widthOf(out);
  const lines = labelled(rows, width);
  if (!same) lines.push(wrap('Nothing was written. This is a fault of Rheo, please report it.', width));
  out.write(`${lines.join('\n')}\n`);
  return same;
}

function verdict(verification: Verification, same: boolean): [string, string][] {
  if ('unchecked' in verification) return [['not checked', verification.unchecked]];
  const { by, on, largest, allowed } = verification;
  // The model in double differs from the model on wasm by half of what is allowed then.
  const remark = largest > tolerance ? ', no more than this model differs from itself in double' : '';
  const found = Number.isNaN(largest) ? 'other shapes or NaN' : largest === 0 ? 'none' : largest.toExponential(2);
  return [
    ['checked by', `${by}, on ${on}`],
    ['largest difference', same ? `${found}${remark}` : `${found}: DIFFERENT, more than ${allowed.toExponential(1)}`],
  ];
}

/** An option that the format has no use for would be ignored silently. */
function refuseOptions(options: ExportOptions, { takes }: ExportFormat): void {
  for (const name of ['step', 'dt', 'name'] as const) {
    if (options[name] === undefined || takes.has(name)) continue;
    const others = Object.entries(formats).filter(([, format]) => format.takes.has(name));
    const remedy = `It belongs to ${others.map(([other]) => `--format ${other}`).join(' and ')}`;
    throw misuse(`--format ${options.format} has no use for --${name}`, `--${name}`, remedy);
  }
}

/** A name of C for a file name. */
function identifier(stem: string): string {
  const name = stem.replace(/[^A-Za-z0-9_]+/g, '_').toLowerCase();
  return /^[a-z]/.test(name) ? name : `model_${name}`;
}
