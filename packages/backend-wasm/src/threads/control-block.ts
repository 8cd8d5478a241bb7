/**
 * The few words of shared memory through which the caller and the workers agree on what to do.
 *
 * Words that different threads write lie in cache lines of their own. Generated code takes iterations by adding to
 * `next`; everything else is read and written by crew.ts and worker-source.ts.
 */

/** Places in the block, in words of four bytes. */
export const words = {
  /** Counts everything that workers should look at; they sleep on it. */
  signal: 0,
  /** Number of messages that have been posted to each worker. */
  mail: 1,
  /** Number of the job whose iterations may be taken; 0 between jobs. */
  open: 16,
  /** Program of the open job. */
  program: 17,
  /** Loop of the open job. */
  loop: 18,
  /** The next iteration that nobody has taken. */
  next: 32,
  /** Workers that are inside the open job, and workers that have been. */
  active: 48,
  entered: 49,
  /** 1 + the number of a worker that failed, and its message: a length, then one character a word. */
  failed: 64,
  textLength: 65,
  text: 66,
} as const;

/** Longest message of a failure, in characters. */
export const textLimit = 200;

/** Size of the block in bytes. */
export const controlBytes: number = (words.text + textLimit) * 4;
