/**
 * Built Programs: from the folder of objects where it has them, else compiled and kept there.
 */

import type { CompileOptions, Program } from '@rheo/ir';
import { parse, print } from '@rheo/ir';
import type { Source } from '../codegen/source.ts';
import type { ObjectSource } from '../toolchain/build.ts';
import { buildObject, buildObjectSync, findObject, objectKey } from '../toolchain/build.ts';
import type { LoadedObject } from '../toolchain/foreign.ts';
import type { Layout } from './layout.ts';
import { layoutOf } from './layout.ts';
import type { PlanIndex } from './plan-index.ts';
import type { Printed, PrintOptions } from './print-program.ts';
import { printProgram } from './print-program.ts';

/** A Program with all that it takes to run it. */
export interface BuiltProgram {
  readonly layout: Layout;
  /** Loaded; whoever gets it unloads it. */
  readonly object: LoadedObject;
  /** The legal Program that it was compiled from, for what is compiled later. */
  legal(): Program;
  /** Its key in the index of plans, if it has one. */
  readonly key: string | undefined;
}

/** See the head of this file. */
export class Programs {
  readonly #objects: ObjectSource;
  readonly #plans: PlanIndex;
  readonly #options: PrintOptions;

  constructor(objects: ObjectSource, plans: PlanIndex, options: PrintOptions) {
    this.#objects = objects;
    this.#plans = plans;
    this.#options = options;
  }

  /** Finds a Program or compiles it; `legalise` is called for the latter. Rejects as it does, and as `buildObject`. */
  async compile(program: Program, options: CompileOptions, legalise: () => Promise<Program>): Promise<BuiltProgram> {
    const key = this.#plans.keyOf(program, options);
    const known = this.#find(key);
    if (known !== undefined) return known;
    const legal = await legalise();
    const printed = printProgram(legal, new Set(), this.#options);
    const object = await buildObject(this.#objects, printed.source);
    return this.#keep(key, printed, object, legal, print(legal));
  }

  /** The same Program with inputs bound, while everything waits. */
  bind(from: BuiltProgram, bound: ReadonlySet<number>): BuiltProgram {
    const key = this.#plans.boundKeyOf(from.key, bound);
    const known = this.#find(key, from.legal);
    if (known !== undefined) return known;
    const legal = from.legal();
    const printed = printProgram(legal, bound, this.#options);
    const object = buildObjectSync(this.#objects, printed.source);
    return this.#keep(key, printed, object, legal, '');
  }

  /** Builds and loads other source, while everything waits. */
  build(source: Source): LoadedObject {
    return buildObjectSync(this.#objects, source);
  }

  #find(key: string | undefined, legal?: () => Program): BuiltProgram | undefined {
    const plan = key === undefined ? undefined : this.#plans.find(key);
    const object = plan === undefined ? undefined : findObject(this.#objects, plan.object);
    if (plan === undefined || object === undefined) return undefined;
    let read: Program | undefined;
    const readLegal = (): Program => {
      read ??= parse(plan.legal);
      return read;
    };
    return { layout: plan.layout, object, key, legal: legal ?? readLegal };
  }

  #keep(key: string | undefined, printed: Printed, object: LoadedObject, legal: Program, text: string): BuiltProgram {
    const layout = layoutOf(legal, printed.lowered, printed.plan);
    if (key !== undefined) {
      this.#plans.keep(key, { object: objectKey(this.#objects, printed.source), layout, legal: text });
    }
    return { layout, object, key, legal: () => legal };
  }
}
