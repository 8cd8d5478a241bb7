/**
 * What every pass of the compiler is worth: each shape with one pass switched off, or an optional one on, against what the
 * backend does unasked. The choice of passes for a target is held against this table.
 */
import { native } from '@rheo/backend-native';
import { wasm } from '@rheo/backend-wasm';
import type { Backend } from '@rheo/ir';
import { optionalPasses } from '@rheo/passes';
import type { PreparedModel } from '../backends/prepare-model.ts';
import { prepareInfer, prepareTrain } from '../backends/prepare-model.ts';
import { workOf } from '../backends/work-of.ts';
import { type Effort, interleave } from '../interleave.ts';
import { makeProblem } from '../problem.ts';
import type { Ratio } from '../report.ts';
import { figure, ratioOf } from '../report.ts';
import { type Mode, type Shape, shapes } from '../shapes.ts';
import { markdownTable } from './markdown.ts';
import type { Table } from './table.ts';
import { rounded } from './table.ts';

type Switches = Readonly<Record<string, boolean>>;

/** A way to compile, against the backend's own choice. */
export interface Variant {
  readonly name: string;
  readonly passes: Switches;
}

const off = ['tile', 'hoist', 'sink', 'factor', 'commonSubexpressions', 'simplify'] as const;

/** The backend's own choice first, twice: where its memory happens to lie is worth some percent too. */
export const variants: readonly Variant[] = [
  { name: 'as it is', passes: {} },
  { name: 'again', passes: {} },
  ...off.map((name) => ({ name: `no ${name}`, passes: { [name]: false } })),
  ...Object.keys(optionalPasses).map((name) => ({ name: `+ ${name}`, passes: { [name]: true } })),
];

const backends: Readonly<Record<string, () => Promise<Backend>>> = {
  wasm: () => wasm({ passes: optionalPasses }),
  native: () => native({ passes: optionalPasses }),
};

/** Ratios nearer to 1 than this may be the clock. */
const noise = 0.05;

/** How many times as long each variant takes as the backend's own choice. */
export interface PassesResult {
  readonly backend: string;
  readonly shape: string;
  readonly mode: Mode;
  readonly usPerStep: number;
  readonly ratios: readonly (Ratio & { readonly variant: string })[];
}

/** Times all variants of one program side by side. Throws where one gives other numbers than the first. */
export async function measureVariants(
  open: () => Promise<Backend>,
  shape: Shape,
  mode: 'infer' | 'train',
  effort: Effort,
): Promise<Pick<PassesResult, 'usPerStep' | 'ratios'>> {
  const entries: { readonly variant: string; readonly prepared: PreparedModel }[] = [];
  try {
    let first: Float32Array | undefined;
    for (const { name, passes } of variants) {
      const work = { ...workOf(makeProblem(shape, mode)), passes };
      const prepared = await (mode === 'infer' ? prepareInfer : prepareTrain)(await open(), work);
      entries.push({ variant: name, prepared });
      const values = await prepared.check();
      first ??= values;
      const worst = values.reduce(
        (most, value, at) => Math.max(most, Math.abs(value - (first?.[at] ?? Number.NaN))),
        0,
      );
      if (!(worst <= 1e-4)) throw new Error(`bench: ${shape.name} (${mode}): ${name} differs by ${worst}`);
    }
    const timings = await interleave(
      entries.map(({ prepared }) => prepared),
      effort,
    );
    const rounds = timings.map(({ usByRound }) => ({ rounds: usByRound }));
    const base = rounds[0] ?? { rounds: [] };
    return {
      usPerStep: (timings[0]?.usPerRun ?? Number.NaN) / shape.steps,
      ratios: entries.map(({ variant }, index) => ({ variant, ...ratioOf(rounds[index] ?? base, base) })),
    };
  } finally {
    for (const { prepared } of entries) await prepared.dispose();
  }
}

/** The table of one backend: a row for each program, a column for each variant. */
export function passesMarkdown(results: readonly PassesResult[]): string {
  const heading = ['program', 'µs a step', ...variants.slice(1).map(({ name }) => name)];
  const rows = results.map(({ shape, mode, usPerStep, ratios }) => [
    `${shape} ${mode}`,
    figure(usPerStep),
    ...ratios.slice(1).map(({ median }) => median.toFixed(2)),
  ]);
  return markdownTable(heading, rows);
}

const again = (ratios: PassesResult['ratios']): number => ratios[1]?.median ?? 1;

/** Where another choice would have been faster in every round, by more than the clock and the place in memory. */
export function passesVerdict(results: readonly PassesResult[]): string {
  const better = results.flatMap(({ backend, shape, mode, ratios }) =>
    ratios
      .slice(2)
      .filter(({ median, high }) => median < Math.min(1, again(ratios)) * (1 - noise) && high < 1)
      .map(({ variant, median }) => `${backend}, ${shape} ${mode}: ${variant} (${median.toFixed(2)})`),
  );
  const count = results.reduce((sum, { ratios }) => sum + ratios.length - 2, 0);
  const percent = `${Math.round(noise * 100)} %`;
  if (better.length === 0) return `None of ${count} other choices is faster by more than ${percent} in every round.`;
  return `${better.length} of ${count} other choices are faster by more than ${percent}, in every round: ${better.join('; ')}.`;
}

const method = `How many times as long a step takes as with the passes that the backend runs unasked: above 1, the switched pass
pays; below 1, the other choice would be faster; "again" is the same once more, and shows what is chance. All variants of a program are timed in turn in one run, and a ratio is the
median over the rounds. \`no\` switches a pass off, \`+\` an optional one on; numbers of all variants agree.`;

export const passesTable: Table = {
  name: 'passes',
  title: 'What each pass is worth',
  where: 'WebAssembly and native code',
  measure: async (effort, tell) => {
    const results: PassesResult[] = [];
    for (const [backend, open] of Object.entries(backends)) {
      for (const shape of shapes) {
        for (const mode of shape.modes) {
          if (mode === 'stream') continue;
          tell(`${backend}, ${shape.name} ${mode}`);
          results.push({ backend, shape: shape.name, mode, ...(await measureVariants(open, shape, mode, effort)) });
        }
      }
    }
    return {
      lines: results.flatMap(({ ratios, usPerStep, ...what }) =>
        ratios.map(({ variant, median, low, high }) => ({
          table: 'passes',
          ...what,
          variant,
          of_standard: rounded(median),
          low: rounded(low),
          high: rounded(high),
          us_per_step: rounded(usPerStep * median),
        })),
      ),
      parts: [
        method,
        ...Object.keys(backends).flatMap((backend) => [
          `## ${backend}`,
          passesMarkdown(results.filter((result) => result.backend === backend)),
        ]),
        `## The choice\n\n${passesVerdict(results)}`,
      ],
    };
  },
};
