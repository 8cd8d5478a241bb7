/** Runs every structure rule over one repository. */
import { checkBorders } from './borders.ts';
import { checkCycles } from './cycles.ts';
import { checkLength } from './length.ts';
import { checkLockfile } from './lockfile.ts';
import { checkManifests } from './manifests.ts';
import type { Finding } from './workspace.ts';
import { readWorkspace } from './workspace.ts';

/** What was read, and every broken rule. */
export interface StructureReport {
  readonly findings: readonly Finding[];
  readonly files: number;
  readonly members: number;
}

/** Checks the repository at `root`. */
export function checkStructure(root: string): StructureReport {
  const workspace = readWorkspace(root);
  const rules = [checkBorders, checkCycles, checkLength, checkManifests, checkLockfile];
  const files = workspace.members.reduce((sum, member) => sum + member.sources.length + member.tests.length, 0);
  return { findings: rules.flatMap((rule) => rule(workspace)), files, members: workspace.members.length };
}
