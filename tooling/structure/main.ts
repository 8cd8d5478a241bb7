/**
 * `tsx tooling/structure/main.ts [ROOT]`: checks the structure of the repository and prints one line for each broken rule.
 * Exit code 1 when there is any, or when it found nothing to read.
 */
import { fileURLToPath } from 'node:url';
import { checkStructure } from './check.ts';

const root = process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url));
const { findings, files, members } = checkStructure(root);
for (const finding of findings) {
  const line = finding.line === undefined ? '' : `:${finding.line}`;
  console.error(`${finding.path}${line} [${finding.rule}] ${finding.message}`);
}
console.log(`structure: ${members} packages, ${files} files, ${findings.length} problems`);
process.exitCode = findings.length > 0 || files === 0 ? 1 : 0;
