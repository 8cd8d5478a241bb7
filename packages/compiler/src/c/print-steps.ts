/**
 * Prints steps as C statements: one loop nest per kernel, loops inside loops for scans.
 */

import { collapseKernel } from '../collapse-kernel.ts';
import type {
  Access,
  ArgmaxStep,
  LoopStep,
  MapStep,
  Origin,
  ProductStep,
  ReduceStep,
  ScatterStep,
  Step,
  WhileStep,
} from '../kernels.ts';
import type { CContext, Lines } from './c-context.ts';
import { axisNames, dtypeOf, element, loopName, place } from './c-context.ts';
import { KernelPrinter } from './kernel-printer.ts';
import { literal } from './literals.ts';
import { bare } from './operations.ts';
import { comment } from './text.ts';

/** Prints steps in order; neighbours of one layer share a comment. */
export function printSteps(context: CContext, steps: readonly Step[], lines: Lines): void {
  let layer: string | undefined;
  for (const step of steps) {
    if (step.origin.layer !== undefined && step.origin.layer !== layer) {
      layer = step.origin.layer;
      lines.add('');
      lines.add(comment(`Layer ${layer}`));
    }
    printStep(context, step, lines);
  }
}

function printStep(context: CContext, step: Step, lines: Lines): void {
  switch (step.kind) {
    case 'map':
      printMap(context, step, lines);
      break;
    case 'reduce':
      printReduce(context, step, lines);
      break;
    case 'argmax':
      printArgmax(context, step, lines);
      break;
    case 'sums':
      throw new Error('the C printer has no kernels of several sums: lower without them');
    case 'pack':
      throw new Error('the C printer wants products that read their operands where they lie: lower without packing');
    case 'product':
      printProduct(context, step, lines);
      break;
    case 'scatter':
      printScatter(context, step, lines);
      break;
    case 'loop':
      printLoop(context, step, lines);
      break;
    case 'while':
      printWhile(context, step, lines);
      break;
  }
}

/** Loops over axes from `depth` on, with `locals` run at every level and `inside` at the end. */
function nest(
  context: CContext,
  lines: Lines,
  sizes: readonly number[],
  names: readonly string[],
  depth: number,
  level: (depth: number) => void,
  end: number = sizes.length,
): void {
  level(depth);
  if (depth === end) return;
  lines.block(counting(context, names[depth] ?? '', sizes[depth] ?? 0), () =>
    nest(context, lines, sizes, names, depth + 1, level, end),
  );
}

function counting({ dialect }: CContext, name: string, size: number): string {
  return `for (${dialect.index} ${name} = 0; ${name} < ${size}; ++${name})`;
}

function store(context: CContext, access: Access, axes: readonly string[], value: string): string {
  const dtype = dtypeOf(context, access.buffer);
  const cast = dtype === 'bool' ? `(${context.dialect.memory.bool})${value}` : bare(value);
  return `${element(context, access, axes)} = ${cast};`;
}

/** Kernels have a block of their own, for their locals, under a word on what they compute. */
function titled(lines: Lines, { name }: Origin, inside: () => void): void {
  lines.block('', inside, comment(name));
}

function printMap(context: CContext, step: MapStep, lines: Lines): void {
  const outputs = step.stores.map(({ access }) => access);
  const kernel = collapseKernel(step.shape, step.nodes, outputs);
  const axes = axisNames(kernel.shape.length);
  const roots = step.stores.map(({ node }) => node);
  const printer = new KernelPrinter(context, kernel.nodes, roots, axes, new Set(outputs.map(({ buffer }) => buffer)));
  titled(lines, step.origin, () =>
    nest(context, lines, kernel.shape, axes, 0, (depth) => {
      printer.locals(depth, lines);
      if (depth < axes.length) return;
      kernel.outputs.forEach((access, index) => {
        lines.add(store(context, access, axes, printer.text(roots[index] ?? 0)));
      });
    }),
  );
}

function printReduce(context: CContext, step: ReduceStep, lines: Lines): void {
  const outputs = step.stores.map(({ access }) => access);
  const kernel = collapseKernel(step.shape, step.nodes, outputs, step.shape.length - step.reduced);
  const axes = axisNames(kernel.shape.length);
  const roots = step.stores.map(({ node }) => node);
  const printer = new KernelPrinter(context, kernel.nodes, roots, axes, new Set(outputs.map(({ buffer }) => buffer)));
  const { dialect } = context;
  const dtype = step.dtype === 'f64' ? 'f32' : step.dtype;
  const start = step.op === 'reduce_sum' ? 0 : dtype === 'f32' ? Number.NEGATIVE_INFINITY : -(2 ** 31);
  const names = roots.map((_, index) =>
    (roots.length === 1 ? 'sum' : `sum${index}`).replace('sum', step.op === 'reduce_sum' ? 'sum' : 'most'),
  );
  const accumulate = (name: string, value: string): string => {
    if (step.op === 'reduce_max') {
      return `${name} = ${context.helper(dtype === 'f32' ? 'max' : 'max_i32')}(${name}, ${bare(value)});`;
    }
    if (dtype !== 'i32') return `${name} += ${bare(value)};`;
    return `${name} = (${dialect.value.i32})((${dialect.value.u32})${name} + (${dialect.value.u32})${value});`;
  };
  titled(lines, step.origin, () =>
    nest(
      context,
      lines,
      kernel.shape,
      axes,
      0,
      (depth) => {
        if (depth < kernel.split) {
          printer.locals(depth, lines);
          return;
        }
        for (const name of names) lines.add(`${dialect.value[dtype]} ${name} = ${bare(literal(dtype, start))};`);
        nest(context, lines, kernel.shape, axes, depth, (inner) => {
          printer.locals(inner, lines);
          if (inner < axes.length) return;
          roots.forEach((root, index) => {
            lines.add(accumulate(names[index] ?? '', printer.text(root)));
          });
        });
        kernel.outputs.forEach((access, index) => {
          lines.add(store(context, access, axes, names[index] ?? ''));
        });
      },
      kernel.split,
    ),
  );
}

function printArgmax(context: CContext, step: ArgmaxStep, lines: Lines): void {
  const kernel = collapseKernel(step.shape, [{ kind: 'load', dtype: step.dtype, access: step.load }], [step.store]);
  const [load] = kernel.nodes;
  const [target] = kernel.outputs;
  if (load?.kind !== 'load' || target === undefined) throw new Error('an argmax has a load and a store');
  const axes = axisNames(kernel.shape.length);
  const { dialect } = context;
  const type = dialect.value[step.dtype === 'f64' ? 'f32' : step.dtype];
  titled(lines, step.origin, () =>
    nest(context, lines, kernel.shape, axes, 0, (depth) => {
      if (depth < axes.length) return;
      lines.add(`${type} most = ${element(context, load.access, axes)};`);
      lines.add(`${dialect.value.i32} best = 0;`);
      const moved = step.stride === 1 ? 'k' : `${step.stride} * k`;
      lines.block(`for (${dialect.index} k = 1; k < ${step.size}; ++k)`, () => {
        lines.add(`const ${type} value = ${element(context, load.access, axes, moved)};`);
        lines.block('if (value > most)', () => {
          lines.add('most = value;');
          lines.add('best = k;');
        });
      });
      lines.add(store(context, target, axes, 'best'));
    }),
  );
}

function printProduct(context: CContext, step: ProductStep, lines: Lines): void {
  const { natural, epilogue, m, n, k } = step;
  if (natural === undefined) throw new Error('the C printer wants products without packing');
  const sizes = [...step.batch.map(({ size }) => size), m, n];
  const axes = [...axisNames(step.batch.length), 'row', 'column'].map((name, axis) => (sizes[axis] === 1 ? '0' : name));
  const at = (access: Access, extra: readonly number[]): Access => ({
    ...access,
    strides: [...access.strides, ...extra].map((stride, axis) => (sizes[axis] === 1 ? 0 : stride)),
  });
  const term = (access: Access, stride: number): string =>
    element(context, access, axes, stride === 0 || k === 1 ? undefined : stride === 1 ? 'k' : `${stride} * k`);
  const left = term(at(step.a, [step.mStride, 0]), step.kStride);
  const right = term(at(natural.access, [0, natural.nStride]), natural.kStride);
  const outputs = epilogue.stores.map(({ access }) => at(access, []));
  const roots = epilogue.stores.map(({ node }) => node);
  const nodes = epilogue.nodes.map((node) =>
    node.kind === 'load' || node.kind === 'gather' ? { ...node, access: at(node.access, []) } : node,
  );
  const written = new Set(outputs.map(({ buffer }) => buffer));
  const printer = new KernelPrinter(context, nodes, roots, axes, written, 'sum');
  const float = context.dialect.value.f32;
  const level = (depth: number): void => {
    if (depth < axes.length) {
      printer.locals(depth, lines);
      return;
    }
    lines.add(`${float} sum = 0.0f;`);
    lines.block(counting(context, 'k', k), () => lines.add(`sum += ${left} * ${right};`));
    printer.locals(depth, lines);
    outputs.forEach((access, index) => {
      lines.add(store(context, access, axes, printer.text(roots[index] ?? 0)));
    });
  };
  const walk = (depth: number): void => {
    level(depth);
    if (depth === axes.length) return;
    if (sizes[depth] === 1) walk(depth + 1);
    else lines.block(counting(context, axes[depth] ?? '', sizes[depth] ?? 0), () => walk(depth + 1));
  };
  titled(lines, step.origin, () => walk(0));
}

function printScatter(context: CContext, step: ScatterStep, lines: Lines): void {
  const kernel = collapseKernel(step.shape, step.nodes, [step.store]);
  const target = kernel.outputs[0] as Access;
  const axes = axisNames(kernel.shape.length);
  const printer = new KernelPrinter(context, kernel.nodes, [step.value, step.index], axes, new Set());
  const { dialect } = context;
  const start: Access = { ...target, strides: [] };
  titled(lines, step.origin, () => {
    lines.add(
      `memset(&${element(context, start, [])}, 0, ${step.clear} * sizeof(${dialect.memory[step.dtype === 'f64' ? 'f32' : step.dtype]}));`,
    );
    nest(context, lines, kernel.shape, axes, 0, (depth) => {
      printer.locals(depth, lines);
      if (depth < axes.length) return;
      const index = printer.clamped(step.index, step.size);
      const name = context.name(target.buffer);
      const moved = step.stride === 1 ? index : `${step.stride} * ${index}`;
      const value = bare(printer.text(step.value));
      lines.add(`const ${dialect.index} at = ${place(target, axes, moved)};`);
      if (step.dtype !== 'i32') lines.add(`${name}[at] += ${value};`);
      else {
        const { i32, u32 } = dialect.value;
        lines.add(`${name}[at] = (${i32})((${u32})${name}[at] + (${u32})(${value}));`);
      }
    });
  });
}

function printLoop(context: CContext, step: LoopStep, lines: Lines): void {
  const t = loopName(step.loop);
  const head = step.reverse
    ? `for (${context.dialect.index} ${t} = ${step.length - 1}; ${t} >= 0; --${t})`
    : counting(context, t, step.length);
  lines.block(head, () => printSteps(context, step.body, lines), comment(step.origin.name));
}

function printWhile(context: CContext, step: WhileStep, lines: Lines): void {
  const inside = (): void => {
    printSteps(context, step.test, lines);
    lines.add(`if (!${element(context, step.flag, [])}) break;`);
    printSteps(context, step.body, lines);
  };
  lines.block('for (;;)', inside, comment(step.origin.name));
}
