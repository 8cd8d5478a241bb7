/** Runs the program in a module worker and posts what came out. */
import { runProgram } from './program.ts';

runProgram().then(
  (result) => postMessage(result),
  (error: unknown) => postMessage({ error: String(error) }),
);
