/** Fills the gaps of one feature along a run of rows, looking back only and never beyond the start of the run. */

/** Values without a gap, and for each whether it was known and how long ago the last known one was. */
export interface Filled {
  readonly values: Float64Array;
  readonly known: Uint8Array;
  /** In the unit of `times`; 0 where known, and the time since the start before any value is known. */
  readonly age: Float64Array;
}

/** `initial` stands for gaps before the first value, and for all of them unless `carry`. */
export function fillMissing(raw: Float64Array, times: Float64Array, initial: number, carry: boolean): Filled {
  const values = new Float64Array(raw.length);
  const known = new Uint8Array(raw.length);
  const age = new Float64Array(raw.length);
  let last = initial;
  let since = times[0] ?? 0;
  for (let i = 0; i < raw.length; i++) {
    const value = raw[i] ?? Number.NaN;
    const now = times[i] ?? 0;
    if (Number.isNaN(value)) {
      values[i] = carry ? last : initial;
      age[i] = now - since;
      continue;
    }
    values[i] = value;
    known[i] = 1;
    last = value;
    since = now;
  }
  return { values, known, age };
}
