/**
 * Numbers for people and for tables.
 */

/** An error or loss: four decimals, or four significant digits when it is small. */
export function formatLoss(value: number): string {
  return value !== 0 && Math.abs(value) < 0.01 ? value.toPrecision(4) : value.toFixed(4);
}

/** A duration that was measured. */
export function formatSeconds(seconds: number): string {
  return seconds < 60 ? `${seconds.toFixed(seconds < 10 ? 2 : 1)} s` : formatWholeSeconds(seconds);
}

/** A duration that is only roughly known. */
export function formatWholeSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const rest = String(whole % 60).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${rest} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor(whole / 60) % 60).padStart(2, '0')} min`;
}

/** The shortest decimal that reads back as the same float32. */
export function formatFloat32(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}

/** A figure in the user's unit: four significant digits, whole where it is large. */
export function formatFigure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1000 || value === 0) return String(Math.round(value));
  return size >= 1e-4 ? String(Number(value.toPrecision(4))) : value.toPrecision(3);
}

/** A share in per cent. */
export function formatShare(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

/** A count and its noun, which takes an s unless the count is one. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
