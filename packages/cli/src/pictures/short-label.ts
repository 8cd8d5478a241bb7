/** A label of at most `most` characters; the middle of a longer one becomes an ellipsis. */
export function shortLabel(label: string, most: number): string {
  const signs = [...label];
  if (signs.length <= most) return label;
  const head = Math.ceil((most - 1) / 2);
  return `${signs.slice(0, head).join('')}…${signs.slice(signs.length - (most - 1 - head)).join('')}`;
}
