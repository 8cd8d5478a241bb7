/**
 * Reads the arguments of a configuration and collects those that are missing, so that one error asks for all of them.
 */

import { RheoError } from '@rheo/ir';
import type { ImportConfig } from './import-config.ts';
import { configError, printable } from './import-error.ts';

/** What one argument takes: in words, and as a test. */
export interface Choice<T> {
  readonly takes: string;
  read(value: unknown): T | undefined;
}

/** One of some words; other spellings may stand for them. */
export function wordOf<T extends string>(words: readonly T[], aliases: Readonly<Record<string, T>> = {}): Choice<T> {
  return {
    takes: words.map((word) => `"${word}"`).join(', '),
    read: (value) => {
      const word = typeof value === 'string' && Object.hasOwn(aliases, value) ? aliases[value] : value;
      return words.find((known) => known === word);
    },
  };
}

export const flag: Choice<boolean> = {
  takes: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : undefined),
};

export const wholeNumber: Choice<number> = {
  takes: 'a whole number of at least 1',
  read: (value) => (Number.isSafeInteger(value) && Number(value) >= 1 ? Number(value) : undefined),
};

export const notNegative: Choice<number> = {
  takes: 'a number of at least 0',
  read: (value) => (typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : undefined),
};

/** The arguments of one configuration. */
export class Questions {
  private readonly config: ImportConfig;
  private readonly given: ReadonlyMap<string, unknown>;
  private readonly complete: boolean;
  private readonly missing: string[] = [];

  constructor(config: ImportConfig) {
    if (typeof config !== 'object' || config === null || Array.isArray(config)) {
      throw configError('the configuration is no object', 'config', 'Pass { framework, class, args }');
    }
    this.config = config;
    const groups = ['args', 'hparams', 'options'] as const;
    const given = new Map<string, unknown>(Object.entries(config));
    for (const group of groups) {
      const part = config[group];
      if (part === undefined || part === null) continue;
      if (typeof part !== 'object' || Array.isArray(part)) {
        throw configError(`${group} is no object`, `config.${group}`, 'Pass the arguments by name');
      }
      for (const [name, value] of Object.entries(part)) given.set(name, value);
    }
    this.given = given;
    this.complete = groups.some((group) => config[group] !== undefined && config[group] !== null);
  }

  /** The argument as it was given. */
  raw(name: string): unknown {
    return this.given.get(name) ?? undefined;
  }

  /** The argument if it was given. Throws `argument` for a wrong value. */
  optional<T>(name: string, choice: Choice<T>): T | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const read = choice.read(value);
    if (read === undefined) {
      throw configError(
        `${name} is ${printable(JSON.stringify(value) ?? 'undefined', 80)}`,
        name,
        `It takes ${choice.takes}`,
      );
    }
    return read;
  }

  /** The argument; where it is absent, the original's default if the arguments were given as a whole, else a question. */
  ask<T>(name: string, choice: Choice<T>, original: T): T {
    const read = this.optional(name, choice);
    if (read === undefined && !this.complete) {
      this.missing.push(`${name} (${choice.takes}; the original's default is ${JSON.stringify(original)})`);
    }
    return read ?? original;
  }

  /** Asks for what has no default. */
  require(name: string, takes: string): void {
    this.missing.push(`${name} (${takes})`);
  }

  /** Throws `argument` if the argument was given and is not what the file shows. */
  agree<T>(name: string, choice: Choice<T>, shown: T, evidence: string): void {
    const read = this.optional(name, choice);
    if (read === undefined || read === shown) return;
    throw configError(
      `${name} is ${JSON.stringify(read)} in the configuration, but ${evidence}`,
      name,
      `Correct it to ${JSON.stringify(shown)}, or pass the configuration that belongs to the file`,
    );
  }

  /** Throws one `argument` that lists everything that was asked for in vain. */
  settle(file: string): void {
    if (this.missing.length === 0) return;
    throw new RheoError('argument', {
      from: '@rheo/interop',
      what: `the file cannot tell ${this.missing.length === 1 ? 'this' : 'these'}: ${this.missing.join('; ')}`,
      where: printable(file),
      remedy:
        'Add them to the configuration; with the constructor’s arguments as args: { … }, those left out have the ' +
        'defaults of the original',
    });
  }

  /** The configuration itself. */
  get source(): ImportConfig {
    return this.config;
  }
}
