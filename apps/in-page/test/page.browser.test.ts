/** The page in Chromium: a training from a `File` in a worker, with progress, to its end and stopped on the way. */
import { loadTableModel, wasm } from 'rheo';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { showPage } from '../src/page.ts';

const rows = Array.from(
  { length: 400 },
  (_, i) => `${i + 0.3 * Math.sin(i * i)},${(50 + 10 * Math.sin(i / 4)).toFixed(3)}`,
);
const csv = `t,level\n${rows.join('\n')}\n`;

let root: HTMLElement;
beforeEach(() => {
  root = document.body.appendChild(document.createElement('main'));
  showPage(root);
});
afterEach(() => root.remove());

const find = <T extends Element>(selector: string): T => root.querySelector<T>(selector) as T;
const status = (): string => find('[role=status]').textContent ?? '';

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function begin(text: string, epochs: number, target = 'level'): void {
  const files = new DataTransfer();
  files.items.add(new File([text], 'tank.csv'));
  find<HTMLInputElement>('[name=file]').files = files.files;
  find<HTMLInputElement>('[name=target]').value = target;
  find<HTMLInputElement>('[name=time]').value = 't';
  find<HTMLInputElement>('[name=epochs]').value = String(epochs);
  find<HTMLFormElement>('form').requestSubmit();
}

async function savedModel(): Promise<Uint8Array> {
  const { href } = find<HTMLAnchorElement>('a[download]');
  return new Uint8Array(await (await fetch(href)).arrayBuffer());
}

it('trains in a worker, tells of every epoch, and leaves a model that predicts in the units of the file', async () => {
  const seen = new Set<string>();
  const bar: number[] = [];
  const observer = new MutationObserver(() => {
    seen.add(status());
    bar.push(find<HTMLProgressElement>('progress').value);
  });
  observer.observe(root, { subtree: true, childList: true, characterData: true });
  begin(csv, 12);
  await until(() => find('a[download]') !== null);
  observer.disconnect();
  expect(status()).toBe('Done');
  expect(seen).toContain('Reading tank.csv …');
  expect([...seen].filter((text) => /^Epoch \d+ of 12, loss \d\.\d{4}$/.test(text)).length).toBeGreaterThanOrEqual(6);
  expect(Math.max(...bar)).toBe(1);
  expect([...root.querySelectorAll('li')].map(({ textContent }) => textContent)).toContain('Features: level.');
  const [, level] = /After the last row, level (\S+)\. /.exec(find('.result').textContent ?? '') ?? [];
  expect(Number(level)).toBeGreaterThan(30);
  expect(Number(level)).toBeLessThan(70);

  const backend = await wasm();
  const predicted = await loadTableModel(await savedModel(), { backend }).predict(csv);
  expect(predicted.length).toBe(400);
  await backend.dispose();
}, 120_000);

it('stops when asked to, at once, and keeps what was learnt', async () => {
  begin(csv, 100_000);
  await until(() => status().startsWith('Epoch 2 '));
  find<HTMLButtonElement>('[name=stop]').click();
  await until(() => find('a[download]') !== null);
  expect(status()).toMatch(/training was aborted in epoch \d+/);
  expect(find<HTMLButtonElement>('[name=stop]').disabled).toBe(true);
  const backend = await wasm();
  const { history } = loadTableModel(await savedModel(), { backend }).fitted;
  expect(history.length).toBeGreaterThanOrEqual(2);
  expect(history.length).toBeLessThan(100_000);
  await backend.dispose();
}, 120_000);

it('says what is wrong with a file', async () => {
  begin('t,level\n1,2\n2,three\n3,4,5\n', 5);
  await until(() => status().includes('tank.csv') && !status().startsWith('Reading'));
  expect(status()).toMatch(/tank\.csv, line 4/);
  begin(csv, 5, 'lvel');
  await until(() => status().includes('lvel'));
  expect(status()).toMatch(/level/);
}, 120_000);
