/**
 * An explicit Runge–Kutta method as data (Butcher tableau). Stage i has the slope
 *   k_i = f(t + c_i h, y + h Σ_j a_ij k_j)        and the step is        y' = y + h Σ_i b_i k_i.
 */

/** What a method is; rows of `stages` leave zeros at their end out. */
export interface Tableau {
  readonly name: string;
  /** The error of one interval falls with h to this power. */
  readonly order: number;
  /** c */
  readonly nodes: readonly number[];
  /** a, row i with at most i entries */
  readonly stages: readonly (readonly number[])[];
  /** b */
  readonly weights: readonly number[];
}

/** A method that can choose its own steps: the last stage of a step is the first of the next (b is the last row of a). */
export interface AdaptiveTableau extends Tableau {
  /** b − b̂: weights of the difference to the embedded method. */
  readonly errors: readonly number[];
  /** Order of that difference, which the step size is controlled by. */
  readonly errorOrder: number;
  /** Dense output: y(t + θh) = y + h Σ_i k_i Σ_j p_ij θ^(j+1). */
  readonly interpolant: readonly (readonly number[])[];
}
