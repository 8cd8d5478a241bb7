/**
 * JSON files that the user names.
 */

import { badFile } from './failure.ts';
import { readUserFile } from './user-file.ts';

/** The object of a JSON file; `remedy` says what to pass. Throws `file` or `format`. */
export async function readJsonFile(
  folder: string,
  path: string,
  remedy: string,
): Promise<Readonly<Record<string, unknown>>> {
  const bytes = await readUserFile(folder, path);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw badFile('format', `the file is no JSON (${why})`, path, remedy);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw badFile('format', 'the file holds no JSON object', path, remedy);
}
