/**
 * What a cell may look like: numbers, booleans and times, each by a strict rule, so that a column of one kind never
 * takes a cell of another. A date without a zone is read as UTC.
 */

/** Texts that mean "no value" unless the caller names others; compared after trimming. */
export const usualMissing: readonly string[] = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL'];

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const commaNumber = /^[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?$/;
const date =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?[ ]?(Z|z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** A finite number, or undefined. */
export function parseNumber(text: string, decimal: '.' | ',' = '.'): number | undefined {
  if (!(decimal === '.' ? number : commaNumber).test(text)) return undefined;
  const value = Number(decimal === '.' ? text : text.replace(',', '.'));
  return Number.isFinite(value) ? value : undefined;
}

/** 1 for true and yes, 0 for false and no, in any case; else undefined. */
export function parseBoolean(text: string): number | undefined {
  const lower = text.length > 5 ? '' : text.toLowerCase();
  if (lower === 'true' || lower === 'yes') return 1;
  return lower === 'false' || lower === 'no' ? 0 : undefined;
}

/** A time as milliseconds since 1970 in UTC, and whether its text named a zone. */
export interface ParsedTime {
  readonly time: number;
  readonly zoned: boolean;
}

/** An ISO 8601 date, with or without time of day and zone; else undefined. A day that no calendar has is none. */
export function parseTime(text: string): ParsedTime | undefined {
  const match = date.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  const at = new Date(0);
  at.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (at.getUTCMonth() !== Number(month) - 1 || at.getUTCDate() !== Number(day)) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const clock = (Number(hour) * 60 + Number(minute)) * 60 + Number(second);
  const milliseconds = fraction === '' ? 0 : Number(`0.${fraction}`) * 1000;
  return { time: at.getTime() + clock * 1000 + milliseconds - offset(zone), zoned: zone !== undefined };
}

function offset(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || '0');
  return (zone[0] === '-' ? -1 : 1) * minutes * 60_000;
}
