/**
 * `pnpm bench`: times our backends and rival engines on the same models, interleaved in one run.
 *
 * Figures go to standard output, reasons for missing ones to standard error. Exit code 0; 1 where a contender computed
 * wrong numbers or failed; 2 for a command line that cannot be carried out.
 */
import { readArguments, UsageError, usage } from './arguments.ts';
import type { Contender } from './contender.ts';
import { contenders } from './contenders.ts';
import type { Effort } from './interleave.ts';
import { measure, standardEffort } from './measure.ts';
import { makeProblem } from './problem.ts';
import { jsonLine, refusalLines, table } from './report.ts';
import { parts } from './report-page/take.ts';
import { writeReport } from './report-page/write-report.ts';
import { modes, shapes } from './shapes.ts';
import { runTable, tables } from './tables/run-table.ts';

/** Of a table: more rows, each with less time. */
const tableEffort = { ...standardEffort, warmMs: 600, timedMs: 1200 };

const namesOf = (kind: Contender['kind']): string[] =>
  contenders.filter((contender) => contender.kind === kind).map((contender) => contender.name);

async function run(args: readonly string[]): Promise<number> {
  const options = readArguments(args, {
    shapes: shapes.map((shape) => shape.name),
    modes,
    backends: namesOf('backend'),
    rivals: namesOf('rival'),
    tables: tables.map(({ name }) => name),
    parts,
  });
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const { budget } = options;
  const effort = (usual: Effort): Effort => (budget === undefined ? usual : { ...usual, timedMs: budget });
  const kept = tables.find(({ name }) => name === options.table);
  if (kept !== undefined) {
    await runTable(kept, effort(tableEffort), options);
    return 0;
  }
  const chosen = contenders.filter(({ kind, name }) =>
    (kind === 'backend' ? options.backends : options.rivals).includes(name),
  );
  let code = 0;
  try {
    const wantedShapes = shapes.filter(({ name }) => options.shapes.includes(name));
    if (options.report) {
      const plan = {
        shapes: wantedShapes,
        modes: modes.filter((name) => options.modes.includes(name)),
        contenders: chosen,
        effort: effort(standardEffort),
        scalingEffort: effort(tableEffort),
      };
      return (await writeReport(plan, options.parts, options.append)) ? 0 : 1;
    }
    for (const shape of wantedShapes) {
      for (const mode of shape.modes.filter((name) => options.modes.includes(name))) {
        const measurement = await measure(chosen, makeProblem(shape, mode), effort(standardEffort));
        if (options.json) for (const result of measurement.results) console.log(jsonLine(result));
        else console.log(`${table(measurement)}\n`);
        for (const line of refusalLines(measurement)) console.error(line);
        if (measurement.refusals.some(({ failed }) => failed)) code = 1;
      }
    }
  } finally {
    for (const contender of chosen) contender.close?.();
  }
  return code;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
