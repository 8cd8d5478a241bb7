/**
 * A tape of numbers that decides every choice of the generator. fast-check shortens the tape and lowers its numbers, and
 * with them the Program shrinks: an empty tape reads as zeros, and the first choice is always the simplest.
 */

/** Reads choices off a list. */
export class Tape {
  readonly #cells: readonly number[];
  #at: number = 0;

  constructor(cells: readonly number[]) {
    this.#cells = cells;
  }

  /** True when all was read. */
  get ended(): boolean {
    return this.#at >= this.#cells.length;
  }

  /** An integer of 0 … limit − 1. */
  below(limit: number): number {
    return (this.#cells[this.#at++] ?? 0) % limit;
  }

  /** One of the items. The list is not empty. */
  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** True once in `times`, never on a tape that has ended. */
  once(times: number): boolean {
    return this.below(times) === times - 1;
  }
}
