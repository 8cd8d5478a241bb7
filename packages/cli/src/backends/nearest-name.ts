/**
 * The name that somebody probably meant: the fewest edits from it, or from a part of it before or behind a colon.
 */

/** The nearest of `known`, the first of equally near ones; none where most of it would have to change. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  const cost = (candidate: string): number =>
    Math.min(...[candidate, ...candidate.split(':')].map((part) => edits(wanted, part)));
  const [nearest] = known.toSorted((a, b) => cost(a) - cost(b));
  return nearest === undefined || cost(nearest) * 2 > wanted.length ? undefined : nearest;
}

/** Edits of one character between two words. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
