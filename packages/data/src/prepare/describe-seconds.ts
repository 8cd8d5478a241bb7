/** A span of time in words: `3600 s (1 h)`. */
export function describeSeconds(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
  ];
  const text = `${Number(seconds.toPrecision(6))} s`;
  const unit = units.find(([length]) => seconds >= length);
  return unit === undefined ? text : `${text} (${Number((seconds / unit[0]).toPrecision(3))} ${unit[1]})`;
}
