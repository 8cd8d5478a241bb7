/**
 * Sequences with time as typed arrays: file formats, NumPy's legacy generator, batching, the Walker2d data set.
 * Runs wherever JavaScript runs and reads bytes only; files on a disk are read by `@rheo/data/node`.
 */
export { type Batch, type BatchOptions, batchCount, batches, epochOrder } from './batches.ts';
export { bucketByLength, type LengthBucket } from './bucket-by-length.ts';
export {
  DataError,
  type DataErrorCode,
  type DataErrorDetails,
  type DataErrorPlace,
  isDataError,
} from './data-error.ts';
export { type ElapsedOptions, elapsedFromTimes } from './elapsed-from-times.ts';
export { widenBfloat16, widenHalf } from './half.ts';
export { type ArrayByDType, type DType, type NdArray, type NdArrayOf, toFloat32, toInt32 } from './nd-array.ts';
export { denormalise, labelsOf, normaliseTargets } from './prepare/denormalise.ts';
export { fitPreparation, type PreparedTable } from './prepare/fit-preparation.ts';
export {
  type CalendarCycle,
  type CategoryFeature,
  channelNames,
  columnKinds,
  type Feature,
  type Horizon,
  type NumberFeature,
  type Preparation,
  type Target,
  type Task,
  type TimePreparation,
  type TimeUnit,
} from './prepare/preparation.ts';
export { type ApplyOptions, type PreparedSequences, prepare } from './prepare/prepare.ts';
export type { PrepareOptions, SplitOptions, TimeOptions } from './prepare/prepare-options.ts';
export { readPreparation } from './prepare/read-preparation.ts';
export { type PreparedStream, type StreamRow, streamPreparation } from './prepare/stream-preparation.ts';
export type { TableSequences } from './prepare/table-sequences.ts';
export { RandomState } from './random-state.ts';
export { type Npy, readNpy } from './read-npy.ts';
export { readSafetensors, type Safetensors } from './read-safetensors.ts';
export { type ReadZipOptions, readZip, type ZipEntry } from './read-zip.ts';
export { checkSequences, type SequenceData } from './sequence-data.ts';
export { isSequenceSource, type SequenceBuffers, type SequenceSource } from './sequence-source.ts';
export { seriesColumn } from './table/array-columns.ts';
export type { ByteBuffer, ByteSource } from './table/byte-source.ts';
export { readNpyTable, readNpzTable } from './table/read-arrays.ts';
export { readArrow, readArrowTables } from './table/read-arrow.ts';
export { type ReadCsvOptions, readCsv, readCsvTables } from './table/read-csv.ts';
export { type ReadJsonlOptions, readJsonl, readJsonlTables } from './table/read-jsonl.ts';
export {
  type Decompressor,
  type ParquetSource,
  type ReadParquetOptions,
  readParquet,
  readParquetTables,
} from './table/read-parquet.ts';
export {
  type CategoryColumn,
  type Column,
  type ColumnKind,
  cellText,
  columnOf,
  type NumericColumn,
  type Table,
} from './table/table.ts';
export type { ReadTableOptions } from './table/table-builder.ts';
export type { TextSource } from './table/text-chunks.ts';
export { loadWalker2d, type Walker2d, type Walker2dFile, type Walker2dOptions, walker2dFromZip } from './walker2d.ts';
export { writeNpy } from './write-npy.ts';
export { writeSafetensors } from './write-safetensors.ts';
export { type WriteZipOptions, writeZip } from './write-zip.ts';
export type { ZipLimits } from './zip-limits.ts';
