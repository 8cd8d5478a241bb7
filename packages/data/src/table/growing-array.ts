/** Float64 values of a number not known beforehand, in one buffer that doubles. */
export class GrowingArray {
  #values: Float64Array = new Float64Array(1024);
  #length: number = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** A copy of just the values. */
  toFloat64(): Float64Array {
    return this.#values.slice(0, this.#length);
  }

  /** A copy as whole numbers of 32 bits. */
  toInt32(): Int32Array {
    return Int32Array.from(this.#values.subarray(0, this.#length));
  }
}
