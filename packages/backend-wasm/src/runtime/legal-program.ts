/**
 * Brings any verified Program into the form that the compiler takes: names bound, calls inlined, four-byte types.
 */

import type { CompileOptions, Program } from '@rheo/ir';
import { nestedPrograms, RheoError, valueTypes } from '@rheo/ir';
import { commonSubexpressions, deadCode, foldAndSimplify, hoist, inlineCalls, specialise } from '@rheo/passes';

/** The Program that is compiled. Parameters and results keep their order. */
export function legalProgram(program: Program, options: CompileOptions): Program {
  let legal = inlineCalls(specialise(program, options.dims ?? {}));
  check(legal);
  legal = foldAndSimplify(legal);
  legal = hoist(legal);
  legal = commonSubexpressions(legal);
  legal = foldAndSimplify(legal);
  return deadCode(legal);
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
