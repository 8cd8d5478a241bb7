/** A token bucket: so many rows a second, and as many at once after a rest. */

export class TokenBucket {
  readonly #rate: number;
  #tokens: number;
  #filled: number;

  /** `rate` in rows a second, 0 for no limit; `now` in seconds of any clock that does not run backwards. */
  constructor(rate: number, now: number) {
    this.#rate = rate;
    this.#tokens = Math.max(1, rate);
    this.#filled = now;
  }

  /** Takes one and gives 0, or takes none and gives the seconds until there is one. */
  take(now: number): number {
    if (this.#rate === 0) return 0;
    const gained = Math.max(0, now - this.#filled) * this.#rate;
    this.#tokens = Math.min(Math.max(1, this.#rate), this.#tokens + gained);
    this.#filled = now;
    if (this.#tokens < 1) return (1 - this.#tokens) / this.#rate;
    this.#tokens -= 1;
    return 0;
  }
}
