/**
 * The exact k-th smallest of numbers that are passed over, without holding them: radix selection, sixteen bits of the
 * doubles in their order at each of four passes.
 */

const digits = 4;
const radix = 1 << 16;

interface Search {
  /** Rank among the numbers that begin with the digits found. */
  rank: number;
  readonly found: number[];
}

/**
 * The numbers of these ranks (0 is the smallest), as a sorted `Float64Array` would have them; infinity for a rank beyond the
 * last. `pass` gives the same numbers each time, without NaN.
 */
export async function orderStatistics(
  pass: () => AsyncIterable<Float64Array>,
  ranks: readonly number[],
): Promise<number[]> {
  const searches = ranks.map((rank): Search => ({ rank, found: [] }));
  const keys = new Uint16Array(digits);
  let total = 0;
  for (let digit = 0; digit < digits; digit++) {
    const counts = searches.map(() => new Float64Array(radix));
    total = 0;
    for await (const numbers of pass()) {
      total += numbers.length;
      for (const number of numbers) {
        keyOf(number, keys);
        searches.forEach(({ found }, s) => {
          for (let d = 0; d < digit; d++) if (found[d] !== keys[d]) return;
          const count = counts[s];
          const at = keys[digit] ?? 0;
          if (count !== undefined) count[at] = (count[at] ?? 0) + 1;
        });
      }
    }
    searches.forEach((search, s) => {
      let at = 0;
      const count = counts[s] ?? new Float64Array();
      while (at < radix - 1 && search.rank >= (count[at] ?? 0)) search.rank -= count[at++] ?? 0;
      search.found.push(at);
    });
  }
  return searches.map(({ found }, s) => ((ranks[s] ?? 0) < total ? numberOf(found) : Number.POSITIVE_INFINITY));
}

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
const [low, high] = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? [0, 1] : [1, 0];

/** Sixteen bits at a time, so that greater numbers have greater digits: the sign is turned, and all bits of negatives. */
function keyOf(number: number, keys: Uint16Array): void {
  double[0] = number;
  const top = halves[high] ?? 0;
  const bottom = halves[low] ?? 0;
  const negative = top >>> 31 === 1;
  const first = negative ? ~top : top ^ 0x80000000;
  const second = negative ? ~bottom : bottom;
  keys[0] = first >>> 16;
  keys[1] = first;
  keys[2] = second >>> 16;
  keys[3] = second;
}

function numberOf([a = 0, b = 0, c = 0, d = 0]: readonly number[]): number {
  const first = ((a << 16) | b) >>> 0;
  const second = ((c << 16) | d) >>> 0;
  const negative = first >>> 31 === 0;
  halves[high] = negative ? ~first : first ^ 0x80000000;
  halves[low] = negative ? ~second : second;
  return double[0] ?? 0;
}
