/**
 * A profile as a tree: layers, in them loops, in them kernels. Children stand in the order of the code.
 */

import type { Profile, ProfileEntry } from '@rheo/ir';

/** A part of the run; its seconds are those of its parts together. */
export interface ProfileNode {
  readonly name: string;
  readonly seconds: number;
  readonly children: readonly ProfileNode[];
  /** Of a kernel. */
  readonly entry?: ProfileEntry;
}

interface Growing {
  readonly name: string;
  readonly parts: Map<string, Growing>;
  readonly entry?: ProfileEntry;
}

/** What stands for kernels that come from no layer, such as an optimiser. */
export const outsideLayers = 'outside of layers';

/** The tree of a profile. */
export function profileTree({ entries }: Profile): ProfileNode {
  const root: Growing = { name: 'run', parts: new Map() };
  const under = (node: Growing, key: string, name: string): Growing => {
    const known = node.parts.get(key);
    if (known !== undefined) return known;
    const made: Growing = { name, parts: new Map() };
    node.parts.set(key, made);
    return made;
  };
  entries.forEach((entry, position) => {
    const layer = entry.layer === undefined ? outsideLayers : `layer ${entry.layer}`;
    let node = under(root, `layer ${entry.layer ?? ''}`, layer);
    for (const { id, name, iterations } of entry.loops) {
      node = under(node, `loop ${id}`, iterations === undefined ? name : `${name} ×${iterations}`);
    }
    node.parts.set(`kernel ${position}`, { name: `${entry.kernel} ${entry.detail}`, parts: new Map(), entry });
  });
  return finished(root);
}

function finished({ name, parts, entry }: Growing): ProfileNode {
  if (entry !== undefined) return { name, seconds: entry.seconds, children: [], entry };
  const children = [...parts.values()].map(finished);
  return { name, seconds: children.reduce((sum, child) => sum + child.seconds, 0), children };
}
