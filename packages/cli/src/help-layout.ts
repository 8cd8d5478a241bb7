/**
 * How help is laid out: terms and what they mean side by side, or one below the other where that leaves too little room.
 * Only a word or term that is longer than a line is wider than the terminal. Titles are bold, where commander leaves that in.
 */

import { styleText } from 'node:util';
import type { HelpConfiguration } from 'commander';
import { wrap } from './terminal.ts';

/** Least width for the meanings beside their terms. */
const leastBeside = 32;

/** A title of help; commander takes the bold out where the output has no colours. */
export function title(text: string): string {
  return styleText('bold', text, { validateStream: false });
}

/** For `configureHelp` of a command. */
export const helpLayout: HelpConfiguration = {
  minWidthToWrap: 20,
  styleTitle: title,
  formatItem: (term, termWidth, description, { helpWidth = 80 }) => {
    const beside = helpWidth - termWidth - 4;
    if (description === '') return `  ${term}`;
    if (beside >= leastBeside) {
      const lines = wrap(description, beside).split('\n');
      return `  ${term.padEnd(termWidth)}  ${lines.join(`\n${' '.repeat(termWidth + 4)}`)}`;
    }
    return `  ${term}\n${wrap(`      ${description}`, helpWidth)}`;
  },
};
