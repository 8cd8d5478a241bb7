/** The labels of a column of texts over many tables, each of which numbers them anew. */
import type { CategoryColumn } from '../table/table.ts';

/** What a label takes in memory beside its characters, as engines keep strings and entries of a map. */
const overhead = 120;

export class LabelCodes {
  readonly labels: string[] = [];
  readonly #codes = new Map<string, number>();
  #bytes: number = 0;

  /** An estimate of the memory that is held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The code here of each label of a table's column. */
  take({ labels }: Pick<CategoryColumn, 'labels'>): Int32Array {
    return Int32Array.from(labels, (label) => {
      const known = this.#codes.get(label);
      if (known !== undefined) return known;
      const code = this.labels.length;
      this.#codes.set(label, code);
      this.labels.push(label);
      this.#bytes += overhead + 2 * label.length;
      return code;
    });
  }

  /** Forgets all of them. */
  clear(): void {
    this.labels.length = 0;
    this.#codes.clear();
    this.#bytes = 0;
  }
}
