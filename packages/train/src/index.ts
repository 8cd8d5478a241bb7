/**
 * Losses, optimisers, the training loop and checkpoints.
 */

export type { Evaluation } from './evaluation.ts';
export type { EvaluateOptions, Fitted, FittedParts } from './fitted.ts';
export { createFitted, hostInputs } from './fitted.ts';
export type { Checkpoint, CheckpointOptions } from './from-checkpoint.ts';
export { fromCheckpoint, load } from './from-checkpoint.ts';
export type { L2 } from './l2.ts';
export { cfcParts, l2 } from './l2.ts';
export { crossEntropy } from './losses/cross-entropy.ts';
export type { Loss, PreparedTargets, WeightedSum } from './losses/loss.ts';
export { weightedSum } from './losses/loss.ts';
export { meanSquaredError } from './losses/mean-squared-error.ts';
export type { AdamOptions, AdamVariant, AdamwOptions } from './optimizers/adam.ts';
export { adam, adamw } from './optimizers/adam.ts';
export { clipByGlobalNorm, clipByNorm } from './optimizers/clip.ts';
export type { Optimizer, OptimizerConfig, OptimizerInput, OptimizerOutput } from './optimizers/optimizer.ts';
export type { Walker2dRecipe, Walker2dRecipeName, Walker2dSetup } from './recipes/walker2d.ts';
export { walker2dRecipes, walker2dSetup } from './recipes/walker2d.ts';
export type { ExponentialOptions } from './schedules/exponential.ts';
export { exponential } from './schedules/exponential.ts';
export type { Progress, Schedule } from './schedules/schedule.ts';
export type { CheckpointSource } from './to-checkpoint.ts';
export { toCheckpoint } from './to-checkpoint.ts';
export { train } from './train.ts';
export type { EpochReport, StepReport, TrainOptions } from './train-options.ts';
export type { TrainingData } from './training-data.ts';
export type { EpochRecord, TrainingFacts } from './training-facts.ts';
export { TrainingStopped } from './training-stopped.ts';
