/** Runs the program in a module worker and posts what came out. */
import { runProgram } from './program.ts';

runProgram().then(
  (values) => postMessage({ values }),
  (error: unknown) => postMessage({ error: String(error) }),
);
