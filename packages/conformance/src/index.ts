/**
 * The test kit for backends: cases with stable ids, and what runs them, free of any test framework.
 */

export type { BisectOptions } from './bisect/bisect.ts';
export { bisect } from './bisect/bisect.ts';
export type { CaseBisection } from './bisect/bisect-case.ts';
export { bisectCase } from './bisect/bisect-case.ts';
export type { Difference, Shows } from './bisect/difference.ts';
export { describeDifference } from './bisect/difference.ts';
export { cases } from './cases.ts';
export { checkExample, compareResults, exampleCase } from './check-example.ts';
export type { CaseReport, ConformanceCase, CreateBackend, FailureDetails, Group } from './conformance-case.ts';
export { ConformanceFailure } from './conformance-case.ts';
export type { Example } from './example.ts';
export type { ProgramOptions } from './random/arbitrary-program.ts';
export { arbitraryProgram } from './random/arbitrary-program.ts';
export { checkRandom } from './random/random-cases.ts';
export type { Random } from './random-source.ts';
export { randomFrom } from './random-source.ts';
export type { ConformanceOptions, ConformanceResult, Skip } from './run-conformance.ts';
export { runCase, runConformance, skipReasons } from './run-conformance.ts';
export type { ReportedCase, TestBackendOptions, TestContext, TestFramework } from './test-backend.ts';
export { testBackend } from './test-backend.ts';
export * from './tolerance.ts';
export { ulpsOf } from './ulps.ts';
