/** File length: a file over the ceiling holds more than one idea. Also reports files that the parser cannot read. */
import type { Finding, Workspace } from './workspace.ts';

/** Lines a file may have. */
export const maximumLines = 600;

/** One finding for each file that is too long or unreadable. */
export function checkLength(workspace: Workspace): Finding[] {
  const findings: Finding[] = [];
  for (const member of workspace.members) {
    for (const file of [...member.sources, ...member.tests]) {
      if (file.lines > maximumLines) {
        findings.push({
          rule: 'length',
          path: file.path,
          message: `${file.lines} lines, over ${maximumLines}; split it by idea`,
        });
      }
      if (file.unreadable !== undefined) findings.push({ rule: 'syntax', path: file.path, message: file.unreadable });
    }
  }
  return findings;
}
