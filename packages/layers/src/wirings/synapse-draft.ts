/**
 * The matrices of a wiring while its synapses are drawn. Every synapse is checked by the rules of the originals.
 */

import { RheoError } from '@rheo/ir';

/** +1 excites, -1 inhibits. */
export type Polarity = -1 | 1;

/** Mutable matrices [source, target]; a wiring keeps them to itself once they are drawn. */
export class SynapseDraft {
  readonly kind: string;
  readonly inputs: number;
  readonly units: number;
  readonly inner: Int8Array;
  readonly sensory: Int8Array;

  constructor(kind: string, inputs: number, units: number) {
    this.kind = kind;
    this.inputs = inputs;
    this.units = units;
    this.inner = new Int8Array(units * units);
    this.sensory = new Int8Array(inputs * units);
  }

  /** Sets a synapse between neurons; one that is there is overwritten. Throws `argument`. */
  connect(source: number, target: number, polarity: Polarity): void {
    if (!isIndex(source, this.units)) {
      throw this.#error(`Cannot add synapse originating in ${source} if cell has only ${this.units} units`);
    }
    this.#checkTarget(target, polarity);
    this.inner[source * this.units + target] = polarity;
  }

  /** Sets a synapse from an input; one that is there is overwritten. Throws `argument`. */
  connectSensory(source: number, target: number, polarity: Polarity): void {
    if (!isIndex(source, this.inputs)) {
      throw this.#error(
        `Cannot add sensory synapse originating in ${source} if input has only ${this.inputs} features`,
        'Remove the synapse, or give the layer more input features',
      );
    }
    this.#checkTarget(target, polarity);
    this.sensory[source * this.units + target] = polarity;
  }

  #checkTarget(target: number, polarity: number): void {
    if (!isIndex(target, this.units)) {
      throw this.#error(`Cannot add synapse feeding into ${target} if cell has only ${this.units} units`);
    }
    if (polarity !== 1 && polarity !== -1) {
      throw this.#error(`Cannot add synapse with polarity ${polarity} (expected -1 or +1)`);
    }
  }

  #error(what: string, remedy: string = 'Change the synapse, or the sizes of the wiring'): RheoError {
    return new RheoError('argument', {
      from: '@rheo/layers',
      what: `${this.kind}: ${what}`,
      where: 'synapses',
      remedy,
    });
  }
}

function isIndex(value: number, count: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value < count;
}
