/**
 * A preparation from the JSON of a model file, checked part by part: a file may be damaged, of a later version, or written
 * by hand, and wrong numbers would only show as wrong predictions.
 */
import { DataError } from '../data-error.ts';
import type { Feature, Horizon, Preparation, Target, TimePreparation } from './preparation.ts';

type Json = Readonly<Record<string, unknown>>;
type Check<T> = (value: unknown, at: string) => T;

/** Errors: `format` naming the part that is wrong. `file` goes into the message. */
export function readPreparation(value: unknown, file?: string): Preparation {
  try {
    return preparation(value, 'preparation');
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    throw new DataError('format', `${error.at} is ${error.found} where ${error.wanted} is needed`, {
      ...(file === undefined ? {} : { file }),
      remedy: 'Use a model file as this version of Rheo wrote it.',
    });
  }
}

class Wrong {
  readonly at: string;
  readonly found: string;
  readonly wanted: string;

  constructor(at: string, value: unknown, wanted: string) {
    this.at = at;
    this.found = value === undefined ? 'missing' : (JSON.stringify(value) ?? typeof value).slice(0, 60);
    this.wanted = wanted;
  }
}

const text: Check<string> = (value, at) => {
  if (typeof value !== 'string') throw new Wrong(at, value, 'a text');
  return value;
};
const flag: Check<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw new Wrong(at, value, 'true or false');
  return value;
};
const finite: Check<number> = (value, at) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Wrong(at, value, 'a finite number');
  return value;
};
const positive: Check<number> = (value, at) => {
  if (finite(value, at) <= 0) throw new Wrong(at, value, 'a number above zero');
  return finite(value, at);
};
const notNegative: Check<number> = (value, at) => {
  if (finite(value, at) < 0) throw new Wrong(at, value, 'a number of at least zero');
  return finite(value, at);
};
const count: Check<number> = (value, at) => {
  if (!Number.isSafeInteger(value) || Number(value) < 1) throw new Wrong(at, value, 'a whole number of at least 1');
  return Number(value);
};
const object: Check<Json> = (value, at) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Wrong(at, value, 'an object');
  return value as Json;
};

function oneOf<const T extends string>(...allowed: readonly T[]): Check<T> {
  return (value, at) => {
    const found = allowed.find((one) => one === value);
    if (found === undefined) throw new Wrong(at, value, `one of ${allowed.join(', ')}`);
    return found;
  };
}

function listOf<T>(check: Check<T>): Check<T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw new Wrong(at, value, 'a list');
    return value.map((one, i) => check(one, `${at}[${i}]`));
  };
}

function orNull<T>(check: Check<T>): Check<T | null> {
  return (value, at) => (value === null ? null : check(value, at));
}

/** Checks a member of an object. */
function member<T>(from: Json, at: string, name: string, check: Check<T>): T {
  return check(Object.hasOwn(from, name) ? from[name] : undefined, `${at}.${name}`);
}

const preparation: Check<Preparation> = (value, at) => {
  const from = object(value, at);
  const part = <T>(name: string, check: Check<T>): T => member(from, at, name, check);
  if (from['version'] !== 1) throw new Wrong(`${at}.version`, from['version'], '1');
  const read: Preparation = {
    format: part('format', oneOf('rheo.preparation')),
    version: 1,
    task: part('task', oneOf('regression', 'classification', 'next-step', 'forecast')),
    time: part('time', orNull(time)),
    timeScale: part('timeScale', positive),
    group: part('group', listOf(text)),
    features: part('features', listOf(feature)),
    calendar: part('calendar', listOf(oneOf('day', 'week', 'year'))),
    targets: part('targets', listOf(target)),
    classes: part('classes', orNull(listOf(text))),
    at: part('at', oneOf('step', 'end')),
    horizon: part('horizon', orNull(horizon)),
    window: part('window', (window, inside) => ({
      steps: member(object(window, inside), inside, 'steps', count),
      stride: member(object(window, inside), inside, 'stride', count),
    })),
  };
  if (read.features.length + read.calendar.length === 0) throw new Wrong(`${at}.features`, [], 'a feature');
  if (read.targets.length === 0) throw new Wrong(`${at}.targets`, [], 'a target');
  const classified = read.task === 'classification';
  if (classified !== (read.classes !== null))
    throw new Wrong(`${at}.classes`, read.classes, classified ? 'a list' : 'null');
  if (read.classes !== null && new Set(read.classes).size < Math.max(2, read.classes.length)) {
    throw new Wrong(`${at}.classes`, read.classes, 'a list of different labels');
  }
  const ahead = read.task === 'forecast' || read.task === 'next-step';
  if (ahead !== (read.horizon !== null)) throw new Wrong(`${at}.horizon`, read.horizon, ahead ? 'an object' : 'null');
  return read;
};

const time: Check<TimePreparation> = (value, at) => {
  const from = object(value, at);
  const units = [
    'date',
    'epoch-seconds',
    'epoch-milliseconds',
    'epoch-microseconds',
    'epoch-nanoseconds',
    'number',
  ] as const;
  return {
    column: member(from, at, 'column', text),
    unit: member(from, at, 'unit', oneOf(...units)),
    order: member(from, at, 'order', oneOf('error', 'sort')),
    repeats: member(from, at, 'repeats', oneOf('error', 'first', 'last', 'mean')),
  };
};

const feature: Check<Feature> = (value, at) => {
  const from = object(value, at);
  const column = member(from, at, 'column', text);
  if (member(from, at, 'kind', oneOf('number', 'category')) === 'category') {
    const labels = member(from, at, 'labels', listOf(text));
    return { column, kind: 'category', labels, other: member(from, at, 'other', flag) };
  }
  return {
    column,
    kind: 'number',
    center: member(from, at, 'center', finite),
    scale: member(from, at, 'scale', positive),
    fill: member(from, at, 'fill', finite),
    missing: member(from, at, 'missing', oneOf('forward-fill', 'mean')),
    marks: member(from, at, 'marks', flag),
  };
};

const target: Check<Target> = (value, at) => {
  const from = object(value, at);
  return {
    column: member(from, at, 'column', text),
    center: member(from, at, 'center', finite),
    scale: member(from, at, 'scale', positive),
  };
};

const horizon: Check<Horizon> = (value, at) => {
  const from = object(value, at);
  if (member(from, at, 'kind', oneOf('steps', 'time')) === 'steps') {
    return { kind: 'steps', steps: member(from, at, 'steps', count) };
  }
  return {
    kind: 'time',
    ahead: member(from, at, 'ahead', positive),
    tolerance: member(from, at, 'tolerance', notNegative),
  };
};
