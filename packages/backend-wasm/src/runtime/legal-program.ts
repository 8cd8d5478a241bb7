/**
 * Brings any verified Program into the form that the compiler takes: names bound, calls inlined, four-byte types,
 * and the passes run that pay on this target.
 */

import type { CompileOptions, Program } from '@rheo/ir';
import { nestedPrograms, RheoError, valueTypes } from '@rheo/ir';
import type { OptionalPasses, PassSwitches } from '@rheo/passes';
import { optimise, specialise, standardPasses } from '@rheo/passes';

/** Names that the compile option `passes` may switch. */
export function switchablePasses(optional: OptionalPasses): readonly string[] {
  return [...Object.keys(standardPasses), ...Object.keys(optional)].filter((name) => name !== 'inlineCalls');
}

/** The Program that is compiled. Parameters and results keep their order. */
export function legalProgram(program: Program, options: CompileOptions, optional: OptionalPasses): Program {
  const bound = specialise(program, options.dims ?? {});
  check(bound);
  return optimise(bound, { ...switches(options, optional), inlineCalls: true }, optional);
}

function switches({ passes = {} }: CompileOptions, optional: OptionalPasses): PassSwitches {
  const known = switchablePasses(optional);
  for (const name of Object.keys(passes)) {
    if (known.includes(name) || name === 'inlineCalls') continue;
    throw new RheoError('argument', {
      from: '@rheo/backend-wasm',
      what: `there is no pass "${name}" here`,
      where: 'compile option passes',
      remedy: `Use one of ${known.join(', ')}, or create the backend with wasm({ passes: { ${name} } })`,
    });
  }
  return passes;
}

function check(program: Program): void {
  for (const { dtype, shape } of valueTypes(program)) {
    if (dtype === 'f64') {
      throw new RheoError('capability', {
        from: '@rheo/backend-wasm',
        what: 'has no f64',
        remedy: 'Trace the Program in f32, or run it on the reference backend',
      });
    }
    const name = shape.find((dim) => typeof dim === 'string');
    if (name !== undefined) {
      throw new RheoError('shape', {
        from: '@rheo/backend-wasm',
        what: `dimension "${name}" has no number`,
        where: 'compile',
        remedy: `Pass { dims: { ${name}: … } }`,
      });
    }
  }
  for (const instruction of program.instructions) for (const nested of nestedPrograms(instruction)) check(nested);
}
