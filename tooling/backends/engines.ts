/**
 * The engines of a run: what ran where, in which version, and from which test.
 */
import type { ConformanceRecord } from '../vitest/conformance-reporter.ts';

/** One row of the matrix, one column of the accuracies. */
export interface Engine {
  /** `onnx/web-wasm, Chromium`. */
  readonly label: string;
  readonly backend: string;
  readonly where: 'Node' | 'Chromium';
  /** The test, from the root. */
  readonly file: string;
  readonly records: readonly ConformanceRecord[];
}

/** The engines by name, Node before Chromium. */
export function enginesOf(records: readonly ConformanceRecord[]): Engine[] {
  const engines = new Map<string, ConformanceRecord[]>();
  for (const record of records) {
    const key = `${record.backend}, ${record.where} ${record.file}`;
    const own = engines.get(key);
    if (own === undefined) engines.set(key, [record]);
    else own.push(record);
  }
  const made = [...engines.values()].flatMap((own): Engine[] => {
    const [first] = own;
    if (first === undefined) return [];
    const { backend, where, file } = first;
    return [{ label: `${backend}, ${where}`, backend, where, file, records: own }];
  });
  const rank = ({ backend, where }: Engine): string =>
    `${backend.startsWith('wasm') ? 0 : 1} ${backend} ${where === 'Node' ? 0 : 1}`;
  return made.sort((left, right) => (rank(left) < rank(right) ? -1 : 1));
}

/** The packages whose versions say what an engine is; none for what this repository makes itself. */
export function packagesOf({ backend }: Pick<Engine, 'backend'>): string[] {
  if (backend.startsWith('onnx/node')) return ['onnxruntime-node'];
  if (backend.startsWith('onnx/web')) return ['onnxruntime-web'];
  if (backend.startsWith('tfjs/')) {
    return ['@tensorflow/tfjs-core', `@tensorflow/tfjs-backend-${backend.slice('tfjs/'.length)}`];
  }
  return [];
}
