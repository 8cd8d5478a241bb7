/**
 * Brings any verified Program into the form that the lowering takes: names bound, calls inlined, four-byte types,
 * and the passes run that pay on the target. Errors name the backend that asks.
 */

import type { CompileOptions, Program, TensorType } from '@rheo/ir';
import { nestedPrograms, RheoError, valueTypes } from '@rheo/ir';
import type { OptionalPasses, PassSwitches } from '@rheo/passes';
import { optimiseLazily, specialise, standardPassNames } from '@rheo/passes';

/** Names that the compile option `passes` may switch. */
export function switchablePasses(optional: OptionalPasses): readonly string[] {
  return [...standardPassNames, 'tile', ...Object.keys(optional)].filter((name) => name !== 'inlineCalls');
}

/** The backend that compiles. */
export interface LegalTarget {
  /** Its package: `@rheo/backend-wasm`. */
  readonly from: string;
  /** The function that creates it: `wasm`. */
  readonly factory: string;
  /** Passes beyond the standard ones that compile options may switch. */
  readonly optional: OptionalPasses;
}

/**
 * The Program that is compiled, with its loops over tiles of rows and chunks of steps unless the pass `tile` is switched
 * off. Parameters and results keep their order. Rejects with `capability` for f64, `shape` for a name of a dimension
 * without a number, `argument` for a pass that does not exist or an input that cannot be donated.
 */
export async function legalProgram(program: Program, options: CompileOptions, target: LegalTarget): Promise<Program> {
  const bound = specialise(program, options.dims ?? {});
  check(bound, target.from);
  checkDonation(bound, options, target.from);
  const { tile = true, ...others } = switches(options, target) as PassSwitches & { readonly tile?: boolean };
  const clean = await optimiseLazily(bound, { ...others, inlineCalls: true }, target.optional);
  if (!tile || !hasRows(clean)) return clean;
  const { cutLoops } = await import('./tile/cut-loops.ts');
  return cutLoops(clean);
}

/** True if some loop might be cut into tiles. */
function hasRows({ instructions, params }: Program): boolean {
  const wide = ({ shape }: TensorType): boolean => shape.some((size) => typeof size === 'number' && size >= 16);
  return instructions.some(({ op }) => op === 'scan') && params.some(({ type }) => wide(type));
}

function checkDonation(program: Program, { donate = [] }: CompileOptions, from: string): void {
  for (const index of donate) {
    if (index < program.params.length && Number.isInteger(index) && index >= 0) continue;
    throw new RheoError('argument', { from, what: `there is no input ${index} to donate`, where: 'donate' });
  }
}

function switches({ passes = {} }: CompileOptions, { from, factory, optional }: LegalTarget): PassSwitches {
  const known = switchablePasses(optional);
  for (const name of Object.keys(passes)) {
    if (known.includes(name) || name === 'inlineCalls') continue;
    throw new RheoError('argument', {
      from,
      what: `there is no pass "${name}" here`,
      where: 'compile option passes',
      remedy: `Use one of ${known.join(', ')}, or create the backend with ${factory}({ passes: { ${name} } })`,
    });
  }
  return passes;
}

function check(program: Program, from: string): void {
  for (const { dtype, shape } of valueTypes(program)) {
    if (dtype === 'f64') {
      throw new RheoError('capability', {
        from,
        what: 'has no f64',
        remedy: 'Trace the Program in f32, or run it on the reference backend',
      });
    }
    const name = shape.find((dim) => typeof dim === 'string');
    if (name !== undefined) {
      throw new RheoError('shape', {
        from,
        what: `dimension "${name}" has no number`,
        where: 'compile',
        remedy: `Pass { dims: { ${name}: … } }`,
      });
    }
  }
  for (const instruction of program.instructions) for (const nested of nestedPrograms(instruction)) check(nested, from);
}
