/**
 * What a metric of a training is: a number from the outputs of the model and the targets of a whole data set, on the host.
 */

/** Outputs and targets, item by item: time steps of sequences, or sequences where the model has one output for each. */
export interface Measured {
  /** Of the model, as they are (of classes: logits), [items, width]. */
  readonly outputs: Float32Array;
  readonly width: number;
  /** As the loss takes them: labels, or numbers [items, targetWidth]. */
  readonly targets: Float32Array | Int32Array;
  readonly targetWidth: number;
  /** 1 for items that count, those with a weight of 0 left out; all count where absent. */
  readonly mask?: Uint8Array | undefined;
}

/** A metric; `name` is its place in the history. */
export interface Metric {
  readonly name: string;
  /** The number. Throws what has no answer on these data. */
  measure(measured: Measured): number;
}
