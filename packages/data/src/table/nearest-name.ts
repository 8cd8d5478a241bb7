/** The name that a misspelt one was most likely meant to be. */

/** The nearest of `names` by edit distance, case ignored; undefined when nothing is near. */
export function nearestName(wanted: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  // Further away than a third of its letters a word is another word.
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const name of names) {
    const far = distance(wanted.toLowerCase().slice(0, 100), name.toLowerCase().slice(0, 100));
    if (far < least) [best, least] = [name, far];
  }
  return best;
}

/** The end of a remedy: `Did you mean "temp"? The columns are …`. */
export function suggestColumn(wanted: string, names: readonly string[]): string {
  const near = nearestName(wanted, names);
  const shown = names.slice(0, 20).join(', ');
  const list = `The columns are ${shown}${names.length > 20 ? ` and ${names.length - 20} more` : ''}.`;
  return near === undefined ? list : `Did you mean ${near}? ${list}`;
}

/** Letters to add, drop, replace or swap with their neighbour. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(replaced, swapped, at(i - 1, j) + 1, at(i, j - 1) + 1));
    }
  }
  return at(a.length, b.length);
}
