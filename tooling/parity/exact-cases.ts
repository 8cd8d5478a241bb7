/**
 * Files of wirings and of random streams: no arithmetic of a backend is in them, and every entry must be equal.
 */

import type { Wiring } from '@rheo/layers';
import { legacyRandom, numpyRandom, seedSequence } from '@rheo/layers';
import type { Fields } from './vector.ts';
import { fieldsOf, numberOf } from './vector.ts';
import { wiringOfClass } from './wiring-of.ts';

/** Names of what differs in a `wiring_*` file; the second build of one wiring object is what ncps makes of it. */
export function wiringDifferences(fields: Fields): string[] {
  if (!Array.isArray(fields['cases'])) return buildDifferences(fields, 1);
  return (fields['cases'] as readonly Fields[]).flatMap((each) => [
    ...buildDifferences(fieldsOf(each['first_build']), 1),
    ...buildDifferences(fieldsOf(each['second_build']), 2).map((name) => `second ${name}`),
  ]);
}

/** Names of what differs in a file of random streams. Throws for a stream that is not known. */
export function streamDifferences(fields: Fields): string[] {
  const streams = fields['streams'];
  if (!Array.isArray(streams) || streams.length === 0) throw new Error('the vector has no streams');
  return (streams as readonly Fields[]).flatMap(({ seed, ...wanted }) =>
    Object.entries(wanted)
      .filter(([name, values]) => !same(streamOf(name, BigInt(String(seed)), (values as unknown[]).length), values))
      .map(([name]) => `${name} of seed ${String(seed)}`),
  );
}

function buildDifferences(fields: Fields, timesBuilt: number): string[] {
  const wiring = wiringOfClass(String(fields['class']), fieldsOf(fields['args']), timesBuilt);
  const inputs = numberOf(fields, 'input_dim', 0);
  const built = wiring.build(inputs);
  const found: Fields = {
    units: built.units,
    input_dim: built.inputs,
    output_dim: built.outputs,
    num_layers: built.layers.length,
    layers: built.layers.map(({ neurons }) => neurons),
    neuron_types: built.neurons.map(({ type }) => type),
    synapse_count: built.synapseCount,
    sensory_synapse_count: built.sensorySynapseCount,
    adjacency_matrix: rows(built.adjacency(), built.units),
    sensory_adjacency_matrix: rows(built.sensoryAdjacency(), built.units),
  };
  for (const name of ['adjacency_matrix', 'sensory_adjacency_matrix']) {
    if (!(name in fields)) throw new Error(`the vector has no ${name}`);
  }
  const differences = Object.keys(found).filter((name) => name in fields && !same(found[name], fields[name]));
  const config = fields['config'];
  // Where ncps cannot say its own configuration, the file holds a note.
  if (typeof config === 'object' && config !== null && !sameConfig(wiring, fields, fieldsOf(config), inputs)) {
    differences.push('config');
  }
  return differences;
}

/** The configuration that ncps returns must make the same wiring. */
function sameConfig(wiring: Wiring, { class: name }: Fields, config: Fields, inputs: number): boolean {
  const again = wiringOfClass(String(name), config).build(inputs);
  const built = wiring.build(inputs);
  return (
    same([...again.adjacency()], [...built.adjacency()]) &&
    same([...again.sensoryAdjacency()], [...built.sensoryAdjacency()])
  );
}

function streamOf(name: string, seed: bigint, length: number): unknown[] {
  const draws = <T>(draw: () => T): T[] => Array.from({ length }, draw);
  const permutation = /^RandomState_permutation_(\d+)$/.exec(name);
  const choice = /^default_rng_choice_(\d+)_size_(\d+)_no_replacement$/.exec(name);
  if (permutation !== null) return legacyRandom(Number(seed)).choose(Number(permutation[1]), Number(permutation[1]));
  if (choice !== null) return numpyRandom(seed).choose(Number(choice[1]), Number(choice[2]));
  switch (name) {
    case 'RandomState_uint32': {
      const random = legacyRandom(Number(seed));
      return draws(() => random.uint32());
    }
    case 'RandomState_choice_pm1': {
      const random = legacyRandom(Number(seed));
      return draws(() => [-1, 1][random.below(2)]);
    }
    case 'SeedSequence_uint32':
      return [...seedSequence(seed, length)];
    case 'PCG64_uint64_decimal_strings': {
      const random = numpyRandom(seed);
      return draws(() => String(random.uint64()));
    }
    case 'default_rng_choice_m1_1_1': {
      const random = numpyRandom(seed);
      return draws(() => [-1, 1, 1][random.below(3)]);
    }
    default:
      throw new Error(`no stream is called ${name}`);
  }
}

function rows(matrix: Int8Array, columns: number): number[][] {
  return Array.from({ length: matrix.length / columns }, (_, row) => [
    ...matrix.subarray(row * columns, (row + 1) * columns),
  ]);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
