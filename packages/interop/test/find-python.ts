/** A Python that has a package: RHEO_PYTHON, then Debian's, then whichever comes first. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Path or name of the interpreter, or undefined if none imports the package. */
export async function findPython(name: string): Promise<string | undefined> {
  for (const python of [process.env['RHEO_PYTHON'], '/usr/bin/python3', 'python3']) {
    if (python === undefined || python === '') continue;
    const found = await promisify(execFile)(python, ['-c', `import ${name}`]).then(
      () => true,
      () => false,
    );
    if (found) return python;
  }
  return undefined;
}
