/**
 * Cells, layers and model descriptions: closed-form continuous-time networks and their kin, with streaming.
 */

export type { Activation } from './activations.ts';
export { activationNames, activations } from './activations.ts';
export type { SequenceContext, SequenceOutputs } from './apply-sequence.ts';
export { applySequence } from './apply-sequence.ts';
export type { StepInputs } from './apply-step.ts';
export { applyStep } from './apply-step.ts';
export type { OptionsOf, RecurrentConfig } from './baselines/baseline-layer.ts';
export type { CtGruConfig } from './baselines/ct-gru.ts';
export { ctGru } from './baselines/ct-gru.ts';
export type { CtRnnConfig } from './baselines/ct-rnn.ts';
export { ctRnn } from './baselines/ct-rnn.ts';
export type { OdeConfig, SolverName } from './baselines/evolve.ts';
export type { GruConfig } from './baselines/gru.ts';
export { gru } from './baselines/gru.ts';
export type { GruDConfig } from './baselines/gru-d.ts';
export { gruD } from './baselines/gru-d.ts';
export type { GruOdeConfig } from './baselines/gru-ode.ts';
export { gruOde } from './baselines/gru-ode.ts';
export type { OdeLstmConfig } from './baselines/ode-lstm.ts';
export { odeLstm } from './baselines/ode-lstm.ts';
export type { OdeRnnConfig } from './baselines/ode-rnn.ts';
export { odeRnn } from './baselines/ode-rnn.ts';
export type { PhasedLstmConfig } from './baselines/phased-lstm.ts';
export { phasedLstm } from './baselines/phased-lstm.ts';
export type { RnnConfig } from './baselines/rnn.ts';
export { rnn } from './baselines/rnn.ts';
export type { RnnDecayConfig } from './baselines/rnn-decay.ts';
export { rnnDecay } from './baselines/rnn-decay.ts';
export type { BidirectionalConfig, Merge } from './bidirectional.ts';
export { bidirectional } from './bidirectional.ts';
export type { CfcMode } from './cells/cfc-cell.ts';
export type { CfcConfig, CfcOptions } from './cfc.ts';
export { cfc } from './cfc.ts';
export type { CfcVariant, CfcVariantOptions, MemoryPlacement } from './cfc-variants.ts';
export { cfcVariants } from './cfc-variants.ts';
export type { HostInputs } from './check-inputs.ts';
export type { ModelDescription } from './description.ts';
export { describe, modelFromDescription } from './description.ts';
export type { DropoutConfig } from './dropout.ts';
export { dropout } from './dropout.ts';
export type { ForwardFillConfig } from './forward-fill.ts';
export { forwardFill } from './forward-fill.ts';
export type { FloatArray, HostArray } from './host-array.ts';
export { floatArray } from './host-array.ts';
export { build, initialise, matchParameters } from './initialise.ts';
export type { LayerObservation } from './insight/observe.ts';
export { observe } from './insight/observe.ts';
export type { Saliency, SaliencyOptions } from './insight/saliency.ts';
export { saliency } from './insight/saliency.ts';
export type { DiagramLayer, DiagramNeuron, DiagramSynapse, WiringDiagram } from './insight/wiring-diagram.ts';
export { wiringDiagram, wiringDiagrams } from './insight/wiring-diagram.ts';
export type * from './layer.ts';
export type { LinearConfig } from './linear.ts';
export { linear } from './linear.ts';
export type { LstmConfig, LstmOptions } from './lstm.ts';
export { lstm } from './lstm.ts';
export type { LtcConfig, LtcOptions } from './ltc.ts';
export { ltc } from './ltc.ts';
export type { LtcRanges } from './ltc-parameters.ts';
export type { LtcVariant, LtcVariantOptions } from './ltc-variants.ts';
export { ltcVariants } from './ltc-variants.ts';
export { ltcVectorField } from './ltc-vector-field.ts';
export type { LtcObservation, ObserveOptions } from './observe-ltc.ts';
export { observeLtc } from './observe-ltc.ts';
export type { Initialiser, ParameterSpec } from './parameter.ts';
export type { PredictInputs, Prediction, Predictor } from './predict.ts';
export { predict, predictor } from './predict.ts';
export type { ElapsedForm, ModelProgram, PredictProgramOptions, StepProgramOptions } from './programs.ts';
export { predictProgram, stepProgram } from './programs.ts';
export type { SequenceInputs } from './sequence-axes.ts';
export type { LayerDescription, SequentialConfig } from './sequential.ts';
export { sequential } from './sequential.ts';
export type { Tolerances } from './solvers/adaptive-step.ts';
export { dormandPrince } from './solvers/dormand-prince.ts';
export { euler } from './solvers/euler.ts';
export { heun } from './solvers/heun.ts';
export { midpoint } from './solvers/midpoint.ts';
export { requireFinished } from './solvers/require-finished.ts';
export type { Decay, Derivative } from './solvers/right-hand-side.ts';
export { rk4 } from './solvers/rk4.ts';
export { rungeKuttaStep } from './solvers/runge-kutta.ts';
export { derivativeOf, semiImplicitStep } from './solvers/semi-implicit.ts';
export type { AdaptiveOptions, AdaptiveSolution, Interval } from './solvers/solve-adaptive.ts';
export { solveAdaptive } from './solvers/solve-adaptive.ts';
export type { ParametricDerivative } from './solvers/solve-adjoint.ts';
export { solveAdjoint } from './solvers/solve-adjoint.ts';
export { solveAt } from './solvers/solve-at.ts';
export type { FixedInterval } from './solvers/solve-fixed.ts';
export { solveFixed, solveSemiImplicit } from './solvers/solve-fixed.ts';
export type { AdaptiveTableau, Tableau } from './solvers/tableau.ts';
export { stateTypes } from './state.ts';
export type { Stepper, StepperOptions } from './stepper.ts';
export { stepper } from './stepper.ts';
export type { Stream, StreamOptions } from './stream.ts';
export { stream } from './stream.ts';
export type { LtcCellConstants, LtcCellWithLeak } from './theory/closed-form.ts';
export { closedFormBound, closedFormLtc, exactLtc, exactPieces, ltcFlow, pieceIntegral } from './theory/closed-form.ts';
export type { LtcNetwork, LtcNeuron, LtcSynapse } from './theory/ltc-network.ts';
export type { ClosedForm, Trajectory, TranslateOptions, Translation } from './theory/translate-ltc.ts';
export { algorithm1, heldStep, translateLtc } from './theory/translate-ltc.ts';
export type { WiredCfcConfig, WiredCfcOptions } from './wired-cfc.ts';
export type { WiredCfcVariantOptions } from './wired-cfc-variants.ts';
export { wiredCfcVariants } from './wired-cfc-variants.ts';
export type { SynapseReference } from './wirings/ablate.ts';
export { ablate } from './wirings/ablate.ts';
export type { AblatedSynapse } from './wirings/ablated-synapses.ts';
export type { FullyConnectedConfig } from './wirings/fully-connected.ts';
export { fullyConnected } from './wirings/fully-connected.ts';
export type { Connection, LayeredConfig, LayeredOptions, LayerSpec } from './wirings/layered-wiring.ts';
export { layeredWiring } from './wirings/layered-wiring.ts';
export type { LegacyRandom } from './wirings/legacy-random.ts';
export { legacyRandom } from './wirings/legacy-random.ts';
export type { AutoNcpConfig, NcpConfig, NcpOptions } from './wirings/ncp.ts';
export { autoNcp, ncp } from './wirings/ncp.ts';
export type { NumpyRandom } from './wirings/numpy-random.ts';
export { numpyRandom } from './wirings/numpy-random.ts';
export type { RandomWiringConfig } from './wirings/random-wiring.ts';
export { randomWiring } from './wirings/random-wiring.ts';
export { seedSequence } from './wirings/seed-sequence.ts';
export type { Polarity } from './wirings/synapse-draft.ts';
export type {
  BuiltWiring,
  Neuron,
  NeuronType,
  Synapse,
  Wiring,
  WiringConfig,
  WiringKind,
  WiringLayer,
} from './wirings/wiring.ts';
export type { WiringDescription } from './wirings/wiring-description.ts';
export { describeWiring, wiringFromDescription } from './wirings/wiring-description.ts';
