/**
 * `rheo inspect MODEL`: what a model file holds. Layers, parameters and training as text or JSON; wirings as a picture; one
 * step as it is compiled.
 */

import { flattenTree } from '@rheo/core';
import { print } from '@rheo/ir';
import type { Json, LayerDescription, WiringDiagram } from '@rheo/layers';
import { build, describe, wiringDiagrams } from '@rheo/layers';
import type { Checkpoint, TrainingFacts } from '@rheo/train';
import { fromCheckpoint } from '@rheo/train';
import { compiledStep, instructionCount } from '../compiled-step.ts';
import { misuse } from '../failure.ts';
import { counted, formatLoss } from '../format-number.ts';
import { fromExtra } from '../model-record.ts';
import { wiringPicture } from '../pictures/wiring.ts';
import { jsonLine } from '../progress/json-lines.ts';
import { labelled } from '../progress/plain-lines.ts';
import { fromTableExtra } from '../table-record.ts';
import { recordWords } from '../tables/record-words.ts';
import type { Terminal } from '../terminal.ts';
import { widthOf, wrap } from '../terminal.ts';
import { readUserFile, refuseInputs, writeUserFile } from '../user-file.ts';

/** Options of the command. */
export interface InspectOptions {
  /** Where the picture of the wirings goes. */
  readonly svg?: string | undefined;
  /** Also the kernels of one step. */
  readonly kernels?: boolean | undefined;
  /** Also the Program of one step after the passes. */
  readonly passes?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Runs the command. Throws typed errors. */
export async function inspect(file: string, options: InspectOptions, terminal: Terminal): Promise<void> {
  const { folder, out } = terminal;
  const checkpoint = fromCheckpoint(await readUserFile(folder, file), { file });
  const { model, features, parameters, training, extra } = checkpoint;
  const wirings = wiringDiagrams(model, parameters);
  const compiled = options.kernels === true || options.passes === true ? compiledStep(model, features) : undefined;
  if (options.svg !== undefined) {
    if (wirings.length === 0) {
      const remedy = 'Leave --svg out; LTCs and CfCs made with a wiring can be drawn';
      throw misuse(`${file} has no layer with a wiring, so there is nothing to draw`, '--svg', remedy);
    }
    refuseInputs(folder, options.svg, '--svg', [file]);
    await writeUserFile(folder, options.svg, wiringPicture(wirings));
  }
  const table = parameterTable(checkpoint);
  if (options.json === true) {
    out.write(
      `${jsonLine('result', {
        model: describe(model),
        features,
        outputs: build(model, features).outputs,
        parameters: table,
        parameter_count: total(table),
        ...(training === undefined ? {} : { training }),
        ...(Object.keys(extra).length === 0 ? {} : { extra }),
        wirings,
        ...(options.passes === true && compiled !== undefined ? { program: print(compiled.optimised) } : {}),
        ...(options.kernels === true && compiled !== undefined ? { kernels: compiled.kernels } : {}),
        ...(options.svg === undefined ? {} : { svg: options.svg }),
      })}\n`,
    );
    return;
  }
  const width = widthOf(out);
  const blocks = [
    summary(checkpoint, table, width, file),
    ['layers', ...indented(layerLines(model)).map((line) => wrap(line, width, 4))],
    [
      'parameters',
      ...indented(aligned(table.map(({ path, shape, count }) => [path, `[${shape.join(', ')}]`, String(count)]))),
    ],
    ...wirings.map((wiring) => wiringLines(wiring).map((line) => wrap(line, width, 4))),
  ];
  if (options.passes === true && compiled !== undefined) {
    const { traced, optimised } = compiled;
    const counts = `one step: ${instructionCount(traced)} instructions as traced, ${instructionCount(optimised)} after the passes`;
    blocks.push([wrap(counts, width), print(optimised)]);
  }
  if (options.kernels === true && compiled !== undefined) {
    blocks.push([wrap('kernels of one step (i: inputs, r: results, b: buffers)', width), compiled.kernels]);
  }
  if (options.svg !== undefined) blocks.push(labelled([['picture', options.svg]], width));
  out.write(`${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`);
}

interface ParameterRow {
  readonly path: string;
  readonly shape: readonly number[];
  readonly role: string;
  readonly trainable: boolean;
  readonly count: number;
}

function parameterTable({ parameters }: Checkpoint): ParameterRow[] {
  const { leaves, paths } = flattenTree(parameters);
  return leaves.map(({ type, role, trainable, data }, index) => ({
    path: paths[index] ?? '',
    shape: type.shape as readonly number[],
    role,
    trainable,
    count: data.length,
  }));
}

function total(table: readonly ParameterRow[]): number {
  return table.reduce((sum, { count }) => sum + count, 0);
}

function summary(checkpoint: Checkpoint, table: readonly ParameterRow[], width: number, file: string): string[] {
  const { model, features, training, extra } = checkpoint;
  const fixed = total(table.filter(({ trainable }) => !trainable));
  const rows: [string, string][] = [
    ['model', `${model.kind}, ${counted(features, 'input')}, ${counted(build(model, features).outputs, 'output')}`],
    ['parameters', `${total(table)} in ${table.length} tensors${fixed === 0 ? '' : `, ${fixed} of them fixed`}`],
    ['training', training === undefined ? 'not recorded' : trainingText(training)],
  ];
  const record = fromExtra(extra);
  const ofTable = fromTableExtra(extra, file);
  if (record !== undefined) {
    rows.push(['task', `${record.task}, recipe ${record.recipe}, data ${record.dataName}`]);
    rows.push(['test error (MSE)', formatLoss(record.testMse)]);
  } else if (ofTable !== undefined) {
    rows.push(...recordWords(ofTable));
  } else if (Object.keys(extra).length > 0) {
    rows.push(['notes', JSON.stringify(extra)]);
  }
  return labelled(rows, width);
}

function trainingText({ steps, history, loss, optimizer, batchSize, seed }: TrainingFacts): string {
  const last = history.at(-1);
  const validation = last?.validationLoss === undefined ? '' : `, validation ${formatLoss(last.validationLoss)}`;
  return [
    `${steps} steps in ${counted(history.length, 'epoch')}`,
    `${loss}, ${optimizer.name}, batches of ${batchSize}, seed ${seed}`,
    ...(last === undefined ? [] : [`last loss ${formatLoss(last.loss)}${validation}`]),
  ].join('; ');
}

/** One line for each layer, inner ones indented; long options are left to `--json`. */
function layerLines({ kind, config }: LayerDescription): string[] {
  const inner = (config['layers'] ?? (config['layer'] === undefined ? [] : [config['layer']])) as LayerDescription[];
  const own = Object.entries(config).filter(([name]) => name !== 'layers' && name !== 'layer');
  const shown = own.flatMap(([name, value]) => optionText(name, value));
  return [
    [kind, shown.join(', ')].join(' ').trimEnd(),
    ...inner.flatMap((layer, index) => layerLines(layer).map((line, at) => `${at === 0 ? `${index} ` : '  '}${line}`)),
  ];
}

function optionText(name: string, value: Json): string[] {
  if (name === 'wiring' && value !== null) return [`wiring ${String((value as { kind?: Json }).kind)}`];
  return typeof value === 'object' ? [] : [`${name} ${value}`];
}

function wiringLines({ path, kind, layers, synapses }: WiringDiagram): string[] {
  const exciting = synapses.filter(({ polarity }) => polarity > 0).length;
  const turned = synapses.filter(({ polarity, drawn }) => drawn !== undefined && drawn !== polarity).length;
  const strongest = synapses.slice(-3).toReversed();
  return [
    `wiring${path === '' ? '' : ` of layer ${path}`} (${kind})`,
    ...indented([
      layers.map(({ name, neurons }) => `${neurons.length} ${name}`).join(' → '),
      `${synapses.length} synapses: ${exciting} excite, ${synapses.length - exciting} inhibit${turned === 0 ? '' : `; ${turned} changed sign in training`}`,
      ...strongest.map(({ source, target, polarity, weight }) => {
        return `strong: ${source} ${polarity > 0 ? 'excites' : 'inhibits'} ${target}, weight ${weight.toPrecision(3)}`;
      }),
    ]),
  ];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** Columns as wide as their widest entry. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((entry, at) => entry.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
