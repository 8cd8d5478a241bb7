/** Whole numbers of 32 bits, of a count not known beforehand, in one buffer that grows by half. */
export class GrowingInt32 {
  #values: Int32Array = new Int32Array(64);
  #length: number = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Int32Array(Math.ceil(this.#length * 1.5));
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** A copy of just the values. */
  finish(): Int32Array {
    return this.#values.slice(0, this.#length);
  }
}
