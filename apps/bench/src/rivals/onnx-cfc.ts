/**
 * A CfC as an ONNX model: a Scan over time for whole sequences, or the bare step for streaming.
 *
 * Weights are initialisers of the outer graph, which the Scan body captures by name. The body's results go through
 * Identity, because engines have returned zeros for a value that leaves the body under two names.
 */
import type { CfcProblem } from '../problem.ts';
import {
  bodyAttribute,
  float32Tensor,
  float32Value,
  graph,
  int64Vector,
  intAttribute,
  model,
  node,
} from './onnx-writer.ts';

/** Version of the default operator set that the models use. */
export const opset = 17;

/** Nodes of one step: reads `xt` [B,F], `h` [B,H] and `elapsed` [B,1]; writes `next` [B,H]. */
function stepNodes(depth: number): Uint8Array[] {
  const nodes = [node('Concat', ['xt', 'h'], ['z0'], [intAttribute('axis', 1)])];
  for (let layer = 0; layer < depth; layer += 1) {
    nodes.push(
      node('Gemm', [`z${layer}`, `w${layer}`, `b${layer}`], [`a${layer}`]),
      node('Mul', [`a${layer}`, 'slope'], [`s${layer}`]),
      node('Tanh', [`s${layer}`], [`t${layer}`]),
      node('Mul', [`t${layer}`, 'amplitude'], [`z${layer + 1}`]),
    );
  }
  return [
    ...nodes,
    node('Gemm', [`z${depth}`, `w${depth}`, `b${depth}`], ['out']),
    node('Split', ['out', 'quarters'], ['p1', 'p2', 'pa', 'pb'], [intAttribute('axis', 1)]),
    node('Tanh', ['p1'], ['f1']),
    node('Tanh', ['p2'], ['f2']),
    node('Mul', ['pa', 'elapsed'], ['pt']),
    node('Add', ['pt', 'pb'], ['pg']),
    node('Sigmoid', ['pg'], ['gate']),
    node('Sub', ['one', 'gate'], ['rest']),
    node('Mul', ['f1', 'rest'], ['l1']),
    node('Mul', ['gate', 'f2'], ['l2']),
    node('Add', ['l1', 'l2'], ['next']),
  ];
}

/**
 * The model's bytes. Inputs `x`, `elapsed` [B,1] and `h0` [B,H]; output `hT` [B,H] and, but for streaming, `y` [T,B,H].
 * `x` is [T,B,F], for streaming [B,F].
 */
export function cfcModel(problem: CfcProblem): Uint8Array {
  const { batch, features, units, steps, depth } = problem.shape;
  const { body, head } = problem.weights;
  const constants = [
    float32Tensor('slope', [], Float32Array.of(0.666)),
    float32Tensor('amplitude', [], Float32Array.of(1.7159)),
    float32Tensor('one', [], Float32Array.of(1)),
    int64Vector('quarters', [units, units, units, units]),
  ];
  const weights = [...body, head].flatMap((layer, index) => [
    float32Tensor(`w${index}`, [layer.inputs, layer.outputs], layer.weight),
    float32Tensor(`b${index}`, [layer.outputs], layer.bias),
  ]);
  const initializers = [...constants, ...weights];
  const state = [batch, units];
  const times = float32Value('elapsed', [batch, 1]);

  if (problem.mode === 'stream') {
    const step = graph({
      name: 'cfc_step',
      nodes: [...stepNodes(depth), node('Identity', ['next'], ['hT'])],
      initializers,
      inputs: [float32Value('xt', [batch, features]), times, float32Value('h', state)],
      outputs: [float32Value('hT', state)],
    });
    return model(step, opset);
  }

  const scanBody = graph({
    name: 'step',
    nodes: [...stepNodes(depth), node('Identity', ['next'], ['carried']), node('Identity', ['next'], ['emitted'])],
    inputs: [float32Value('h', state), float32Value('xt', [batch, features])],
    outputs: [float32Value('carried', state), float32Value('emitted', state)],
  });
  const scan = node(
    'Scan',
    ['h0', 'x'],
    ['hT', 'y'],
    [bodyAttribute('body', scanBody), intAttribute('num_scan_inputs', 1)],
  );
  const sequence = graph({
    name: 'cfc',
    nodes: [scan],
    initializers,
    inputs: [float32Value('x', [steps, batch, features]), times, float32Value('h0', state)],
    outputs: [float32Value('hT', state), float32Value('y', [steps, batch, units])],
  });
  return model(sequence, opset);
}
