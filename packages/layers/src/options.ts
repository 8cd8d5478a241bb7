/**
 * Checks the options of a layer, as code or a file gives them. Every option is checked at run time, because
 * descriptions come from files; an unknown name is answered with the nearest known one.
 */

import { RheoError } from '@rheo/ir';
import type { Json } from './layer.ts';
import { nearest } from './nearest.ts';

/** A test of one option, and in words what it takes. */
export interface OptionRule {
  readonly takes: string;
  accepts(value: unknown): boolean;
}

export const positiveInteger: OptionRule = {
  takes: 'an integer of at least 1',
  accepts: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
};

export const naturalNumber: OptionRule = {
  takes: 'an integer of at least 0',
  accepts: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
};

/** A probability below 1. */
export const rate: OptionRule = {
  takes: 'a number from 0 up to but not including 1',
  accepts: (value) => typeof value === 'number' && value >= 0 && value < 1,
};

export const finite: OptionRule = { takes: 'a finite number', accepts: (value) => Number.isFinite(value) };

export const notNegative: OptionRule = {
  takes: 'a finite number of at least 0',
  accepts: (value) => Number.isFinite(value) && Number(value) >= 0,
};

export const flag: OptionRule = { takes: 'true or false', accepts: (value) => typeof value === 'boolean' };

/** One of some words. */
export function oneOf(words: readonly string[]): OptionRule {
  return { takes: words.map((word) => `"${word}"`).join(', '), accepts: (value) => words.includes(value as string) };
}

/** Rules by option name. */
export type OptionRules = Readonly<Record<string, OptionRule>>;

/**
 * The options with their defaults, checked. Undefined counts as absent; an option without a default is required.
 * Throws `argument` naming the layer kind, the option and what it takes.
 */
export function readOptions<Config extends { readonly [key: string]: Json }>(
  kind: string,
  rules: OptionRules,
  defaults: Partial<Config>,
  given: object,
): Config {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw optionError(kind, `options are ${describeValue(given)}`, undefined, 'Pass an object');
  }
  const config: Record<string, Json> = {};
  for (const [name, value] of Object.entries(defaults)) if (value !== undefined) config[name] = value;
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) throw unknownName(kind, 'option', name, Object.keys(rules));
    if (value === undefined) continue;
    if (!rule.accepts(value)) {
      const near = typeof value === 'string' ? nearest(value, wordsOf(rule)) : undefined;
      const meant = near === undefined ? '' : `Did you mean "${near}"? `;
      throw optionError(kind, `${name} is ${describeValue(value)}`, name, `${meant}It takes ${rule.takes}`);
    }
    config[name] = value as Json;
  }
  for (const [name, rule] of Object.entries(rules)) {
    if (!(name in config)) throw optionError(kind, `${name} is missing`, name, `It takes ${rule.takes}`);
  }
  return config as Config;
}

/** The error for a name that does not exist. */
export function unknownName(kind: string, what: string, name: string, known: readonly string[]): RheoError {
  const near = nearest(name, known);
  const remedy = near === undefined ? `There are ${known.join(', ')}` : `Did you mean "${near}"?`;
  return optionError(kind, `no ${what} "${name.slice(0, 80)}"`, name.slice(0, 80), remedy);
}

function optionError(kind: string, what: string, where: string | undefined, remedy: string): RheoError {
  return new RheoError('argument', { from: '@rheo/layers', what: `${kind}: ${what}`, where, remedy });
}

function wordsOf(rule: OptionRule): string[] {
  return [...rule.takes.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
