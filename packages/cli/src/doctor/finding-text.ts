/**
 * Findings for people: a column of states, one of names, and what there is to say; under one another where it is narrow.
 *
 * Commands stand on lines of their own and are never broken, so that they can be copied; long ones begin further left.
 */

import { styleText } from 'node:util';
import { wrap } from '../terminal.ts';
import type { Finding, State } from './finding.ts';

/** Yellow cannot be read on white, nor gray or dim on every theme. */
const colours: { readonly [K in State]: 'green' | 'red' | 'reset' } = {
  ok: 'green',
  missing: 'reset',
  failed: 'red',
  'in pages': 'reset',
};

const stateWidth = 10;
/** Below this there is no room for details beside names. */
const wide = 64;

/** How findings are laid out. */
export interface Layout {
  readonly width: number;
  /** Characters of the longest name. */
  readonly nameWidth: number;
  readonly colour: boolean;
}

/** The lines of one finding. */
export function findingText({ name, state, detail, remedy }: Finding, { width, nameWidth, colour }: Layout): string {
  const beside = width >= wide;
  const indent = beside ? stateWidth + nameWidth + 2 : 2;
  const padding = ' '.repeat(indent);
  const block = (text: string): string[] =>
    wrap(text, width - indent)
      .split('\n')
      .map((line) => `${padding}${line}`);
  const mark = colour ? styleText(colours[state], state, { validateStream: false }) : state;
  const head = `${mark}${' '.repeat(stateWidth - state.length)}${name}`;
  const lines = block(detail);
  if (remedy !== undefined && 'advice' in remedy) lines.push(...block(remedy.advice));
  if (remedy !== undefined && 'command' in remedy) {
    const room = Math.max(2, Math.min(indent, width - remedy.command.length - 2));
    lines.push(`${' '.repeat(room)}$ ${remedy.command}`);
  }
  if (!beside) return [head, ...lines].join('\n');
  const [first = '', ...rest] = lines;
  return [`${head}${first.slice(stateWidth + name.length)}`, ...rest].join('\n');
}
