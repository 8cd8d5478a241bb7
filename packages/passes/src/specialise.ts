/**
 * Binds named dimensions to numbers everywhere, nested Programs included; `dimension` of a bound name is a constant.
 */

import type { Dim, Program, Shape, TensorType } from '@rheo/ir';
import { ProgramBuilder, RheoError } from '@rheo/ir';
import { at, copy, emitAll, withNested } from './rebuild.ts';

/**
 * The Program with every name in `dims` bound. Names that it does not have are ignored, other names stay free.
 * Throws `argument` when a size is not an integer of at least 0.
 */
export function specialise(program: Program, dims: Readonly<Record<string, number>>): Program {
  const names = Object.keys(dims);
  for (const name of names) {
    const size = dims[name];
    if (!Number.isSafeInteger(size) || (size as number) < 0) {
      throw new RheoError('argument', {
        from: '@rheo/passes',
        what: `dimension "${name}" cannot be ${String(size)}`,
        remedy: 'Bind it to an integer of at least 0',
      });
    }
  }
  return names.length === 0 ? program : bind(program, new Map(Object.entries(dims)));
}

function bind(program: Program, dims: ReadonlyMap<string, number>): Program {
  const dim = (name: Dim): Dim => (typeof name === 'string' ? (dims.get(name) ?? name) : name);
  const shape = (old: Shape): Shape => old.map(dim);
  const type = (old: TensorType): TensorType => ({ dtype: old.dtype, shape: shape(old.shape) });
  const builder = new ProgramBuilder();
  const map = program.params.map((param) => builder.param(type(param.type), param.name));
  emitAll(program, builder, map, (_builder, instruction, operands) => {
    switch (instruction.op) {
      case 'dimension': {
        const size = dim(instruction.attributes.name);
        return typeof size === 'number' ? [builder.constant('i32', [], [size])] : copy(builder, instruction, operands);
      }
      case 'iota':
      case 'reshape':
      case 'broadcast': {
        const { attributes } = instruction;
        return copy(builder, instruction, operands, { ...attributes, shape: shape(attributes.shape) });
      }
      case 'scatter_add': {
        const { attributes } = instruction;
        return copy(builder, instruction, operands, { ...attributes, size: dim(attributes.size) });
      }
      case 'scan': {
        const { body, length, reverse, consts, carries } = instruction.attributes;
        return copy(builder, instruction, operands, {
          body: bind(body, dims),
          length: dim(length),
          reverse,
          consts,
          carries,
        });
      }
      default:
        return copy(
          builder,
          instruction,
          operands,
          withNested(instruction, (nested) => bind(nested, dims)),
        );
    }
  });
  return builder.build(program.results.map((id) => at(map, id)));
}
