import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { expect, it, vi } from 'vitest';
import { recipes } from '../src/recipes.ts';
import { runCommand } from '../src/run-command.ts';
import { rheo } from './collect.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the example of the README is the one that runs here, and prints what it says', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const err = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  await import('./readme-example.ts');
  const printed = `${err.mock.calls[0]?.[0]}${log.mock.calls[0]?.[0]}`;
  vi.restoreAllMocks();
  expect(readme).toContain(readFileSync(new URL('readme-example.ts', import.meta.url), 'utf8'));
  expect(readme).toContain(printed);
});

it('prints its version and its help on standard output', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(await rheo('.', ['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  for (const args of [['--help'], ['help'], []]) {
    const { code, out, err } = await rheo('.', args);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Usage: rheo [options] [command]');
  }
  expect((await rheo('.', ['help', 'evaluate'])).out).toContain('rheo evaluate [options] <model>');
  expect((await rheo('.', ['help', 'train', 'walker2d'])).out).toContain('rheo train walker2d [options]');
});

it('help for an unknown command says so, with the nearest name', async () => {
  const { code, out, err } = await rheo('.', ['help', 'trian']);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('there is no command "trian"');
  expect(err).toContain('Did you mean train?');
});

it('an example that goes on hangs below its beginning', async () => {
  const { out } = await rheo('.', ['train', '--help'], undefined, 40);
  expect(out).toContain('\n  rheo train --resume\n      runs/sensors-2026-01-31-1\n');
});

it('titles are bold on a terminal that takes it', async () => {
  const shown = async (isTTY: boolean): Promise<string> => {
    const written: string[] = [];
    const sink = { write: (text: string) => written.push(text), isTTY, columns: 80 };
    await runCommand(['train', '--help'], { out: sink, err: sink, folder: '.' });
    return written.join('');
  };
  vi.stubEnv('NO_COLOR', undefined);
  const [terminal, pipe] = [await shown(true), await shown(false)];
  vi.stubEnv('NO_COLOR', '1');
  expect(await shown(true)).toBe(pipe);
  vi.unstubAllEnvs();
  for (const title of ['Usage:', 'Model:', 'Examples:']) expect(terminal).toContain(`\u001b[1m${title}\u001b[22m`);
  expect(pipe).not.toContain('\u001b');
  expect(stripVTControlCharacters(terminal)).toBe(pipe);
});

it('the README names every option, recipe and exit code', async () => {
  for (const command of [['train'], ['train', 'walker2d'], ['init'], ['evaluate'], ['predict'], ['serve']]) {
    const { out } = await rheo('.', ['help', ...command.slice(0, 1)]);
    expect(out).toContain('Usage: rheo');
    const help = await rheo('.', [...command, '--help']);
    for (const [option] of help.out.matchAll(/--[a-z]+(-[a-z]+)*/g))
      if (option !== '--help') expect(readme).toContain(option);
  }
  for (const name of Object.keys(recipes)) expect(readme).toContain(`\`${name}\``);
});

it.each([40, 80, 160])('every help fits %i columns, whole words and all of them', async (columns) => {
  const words = (text: string): string => text.replace(/\s+/g, ' ');
  const { out: all } = await rheo('.', ['--help']);
  const names = [...all.matchAll(/^ {2}([a-z]+) \[/gm)].map(([, name = '']) => [name]);
  expect(names.length).toBeGreaterThan(8);
  for (const command of [[], ...names, ['train', 'walker2d']]) {
    if (command[0] === 'help') continue;
    const { out } = await rheo('.', [...command, '--help'], undefined, columns);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(words(out)).toBe(words((await rheo('.', [...command, '--help'], undefined, 1000)).out));
  }
});
