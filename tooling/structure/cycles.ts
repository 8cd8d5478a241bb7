/**
 * Circular imports between files, found as strongly connected components (Tarjan). Only imports of values count: types may be
 * mutually recursive (a Program holds instructions, an instruction holds Programs), and neither they nor `import()` make a file's
 * start depend on the order in which files are loaded.
 */
import type { Finding, Workspace } from './workspace.ts';
import { resolveRelative } from './workspace.ts';

/** One finding for each group of files that import each other. */
export function checkCycles(workspace: Workspace): Finding[] {
  const graph = new Map<string, string[]>();
  for (const member of workspace.members) {
    for (const file of [...member.sources, ...member.tests]) {
      const targets = file.imports
        .filter((edge) => edge.kind === 'value' && edge.specifier.startsWith('.'))
        .map((edge) => resolveRelative(file.path, edge.specifier));
      graph.set(file.path, targets);
    }
  }
  return components(graph).map((group) => ({
    rule: 'cycle',
    path: group[0] ?? '',
    message: `import each other: ${group.join(', ')}; move what both need into a file of its own`,
  }));
}

function components(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const groups: string[][] = [];
  const visit = (node: string): void => {
    const at = index.size;
    index.set(node, at);
    low.set(node, at);
    stack.push(node);
    onStack.add(node);
    for (const next of graph.get(node) ?? []) {
      if (!graph.has(next)) continue;
      if (!index.has(next)) {
        visit(next);
        low.set(node, Math.min(low.get(node) ?? at, low.get(next) ?? at));
      } else if (onStack.has(next)) low.set(node, Math.min(low.get(node) ?? at, index.get(next) ?? at));
    }
    if (low.get(node) !== at) return;
    const group = stack.splice(stack.indexOf(node));
    for (const member of group) onStack.delete(member);
    if (group.length > 1 || (graph.get(node) ?? []).includes(node)) groups.push(group.sort());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return groups;
}
