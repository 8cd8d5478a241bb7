/**
 * Weights of classes as a setting: `balanced`, or a number for some of the labels, `worn=3,good=1` on the command line and
 * an object in a configuration file.
 */

import type { Takes } from './takes.ts';

/** `balanced`: as rare as a class is in the training part; else by label, 1 for those that are not named. */
export type ClassWeights = 'balanced' | { readonly [label: string]: number };

/** See the file. */
export const classWeights: Takes<ClassWeights> = {
  what: 'balanced, or labels with numbers above 0 such as a=1,b=3',
  schema: {
    anyOf: [
      { enum: ['balanced'] },
      { type: 'object', minProperties: 1, additionalProperties: { type: 'number', exclusiveMinimum: 0 } },
    ],
  },
  parse: (text) => {
    if (text === 'balanced') return text;
    // A label may hold the sign itself.
    const pairs = text.split(',').map((part) => /^(.+)=(.*)$/.exec(part.trim()));
    const entries = pairs.map((pair) => [pair?.[1]?.trim() ?? '', numberOf(pair?.[2])] as const);
    const twice = new Set(entries.map(([label]) => label)).size < entries.length;
    return twice || pairs.includes(null) ? text : Object.fromEntries(entries);
  },
  read: (value) => {
    if (value === 'balanced') return value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const weights = Object.values(value);
    const fits = (weight: unknown): boolean => typeof weight === 'number' && Number.isFinite(weight) && weight > 0;
    return weights.length > 0 && weights.every(fits) ? (value as ClassWeights) : undefined;
  },
};

function numberOf(text: string | undefined): number {
  return text === undefined || text.trim() === '' ? Number.NaN : Number(text);
}
