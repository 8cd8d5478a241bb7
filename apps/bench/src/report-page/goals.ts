/**
 * The goals of speed and size, and whether a record meets them.
 *
 * A ratio is how many times as long a rival took as ours in the same run; against several rivals the fastest counts.
 */
import type { Result } from '../measure.ts';
import { type Ratio, ratioOf } from '../report.ts';
import type { BenchRecord, Group } from './record.ts';

/** A ratio of ours to rivals on one shape in one mode. */
export interface RatioGoal {
  readonly shape: string;
  readonly mode: string;
  readonly ours: string;
  readonly rivals: readonly string[];
  readonly atLeast: number;
}

export interface GoalClass {
  readonly title: string;
  readonly goals: readonly RatioGoal[];
}

/** `[shape, mode, ratio]` of one class. */
type Line = readonly [shape: string, mode: string, atLeast: number];

const goalClass = (title: string, ours: string, rivals: readonly string[], lines: readonly Line[]): GoalClass => ({
  title,
  goals: lines.map(([shape, mode, atLeast]) => ({ shape, mode, ours, rivals, atLeast })),
});

/** Engines that run in pages. */
export const pageRivals: readonly string[] = ['onnxruntime-web', 'jax-js', 'tfjs-wasm'];

export const goalClasses: readonly GoalClass[] = [
  goalClass('wasm against the fastest engine for browsers', 'wasm', pageRivals, [
    ['S', 'infer', 2],
    ['S', 'train', 10],
    ['M', 'infer', 1.6],
    ['L', 'infer', 1.4],
    ['stream', 'stream', 15],
  ]),
  goalClass(
    'wasm against PyTorch 2',
    'wasm',
    ['torch'],
    [
      ['S', 'train', 2],
      ['NCP', 'train', 6],
      ['LTC28', 'train', 12],
      ['LTC64', 'train', 1.8],
      ['stream', 'stream', 15],
    ],
  ),
  goalClass(
    'native against PyTorch 2',
    'native',
    ['torch'],
    [
      ['S', 'train', 5],
      ['M', 'train', 2.5],
      ['L', 'train', 1.3],
      ['NCP', 'train', 15],
      ['LTC28', 'train', 40],
      ['LTC64', 'train', 4.5],
      ['stream', 'stream', 40],
    ],
  ),
  goalClass(
    'native against JAX',
    'native',
    ['jax'],
    [
      ['S', 'infer', 1.3],
      ['S', 'train', 1.8],
      ['M', 'train', 1.4],
      ['L', 'train', 1.5],
      ['LTC28', 'train', 40],
      ['LTC64', 'train', 8],
      ['stream', 'stream', 20],
    ],
  ),
  goalClass(
    'two threads of wasm against one',
    'wasm-2',
    ['wasm'],
    [
      ['S', 'train', 1.6],
      ['M', 'train', 1.6],
      ['L', 'train', 1.6],
      ['LTC64', 'train', 1.6],
    ],
  ),
];

/** A goal with what was found. */
export interface Verdict {
  readonly goal: RatioGoal;
  /** Absent where one of the two was not measured. */
  readonly ratio?: Ratio;
  /** The rival that is compared with, and its engine. */
  readonly against?: Result;
  readonly met?: boolean;
}

/** Looks a goal up in the measurements of Node. */
export function judge(goal: RatioGoal, groups: readonly Group[]): Verdict {
  const group = groups.find(({ where, shape, mode }) => where === 'Node' && shape === goal.shape && mode === goal.mode);
  const ours = group?.results.find(({ kind, name }) => kind === 'backend' && name === goal.ours);
  const [fastest] = (group?.results ?? [])
    .filter(({ name }) => goal.rivals.includes(name))
    .toSorted((a, b) => a.usPerStep - b.usPerStep);
  if (ours === undefined || fastest === undefined) return { goal };
  const ratio = ratioOf(fastest, ours);
  return { goal, ratio, against: fastest, met: ratio.median >= goal.atLeast };
}

/** A limit with the worst that was found. */
export interface LimitVerdict {
  readonly title: string;
  readonly limit: number;
  readonly unit: 'ms' | 'bytes';
  readonly found?: number;
  /** Which measurement it is of. */
  readonly worst?: string;
  readonly met?: boolean;
}

const worstOf = (
  groups: readonly Group[],
  name: string,
  of: (result: Result) => number | undefined,
): { readonly found: number; readonly worst: string } | undefined => {
  let worst: { found: number; worst: string } | undefined;
  for (const { where, shape, mode, results } of groups) {
    const found = results.filter((result) => result.kind === 'backend' && result.name === name).map(of)[0];
    if (where !== 'Node' || found === undefined || (worst !== undefined && worst.found >= found)) continue;
    worst = { found, worst: `${shape} ${mode}` };
  }
  return worst;
};

/** Compile times and the bundle. */
export function judgeLimits({ groups, bundle }: BenchRecord): readonly LimitVerdict[] {
  const ms = (title: string, limit: number, name: string, of: (result: Result) => number | undefined): LimitVerdict => {
    const found = worstOf(groups, name, of);
    return { title, limit, unit: 'ms', ...(found === undefined ? {} : { ...found, met: found.found <= limit }) };
  };
  const size = bundle?.gzipped;
  return [
    ms('compile time, wasm', 150, 'wasm', ({ builtMs }) => builtMs),
    ms('compile time, native', 600, 'native', ({ builtMs }) => builtMs),
    ms('compile time, native, cached', 20, 'native', ({ cachedMs }) => cachedMs),
    {
      title: 'bundle for inference: core, layers and wasm, gzip',
      limit: 60 * 1024,
      unit: 'bytes',
      ...(size === undefined ? {} : { found: size, met: size <= 60 * 1024 }),
    },
  ];
}
