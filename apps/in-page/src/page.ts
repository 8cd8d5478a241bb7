/**
 * The page: choose a CSV file, name its columns, train, stop, predict the same file, and keep the model. Nothing leaves the
 * computer.
 */

import type { TableModel, Task } from 'rheo';
import { loadTableModel, wasm } from 'rheo';
import type { WorkerOptions } from './train-in-worker.ts';
import { trainInWorker } from './train-in-worker.ts';

const html = `
  <form>
    <label>CSV file <input name="file" type="file" accept=".csv,text/csv" required></label>
    <label>Task <select name="task">
      <option>forecast</option><option>next-step</option><option>regression</option><option>classification</option>
    </select></label>
    <label>Target column <input name="target" required></label>
    <label>Time column <input name="time" placeholder="none: rows are equally spaced"></label>
    <label>Series column <input name="group" placeholder="none: one series"></label>
    <label>Epochs <input name="epochs" type="number" min="1" value="20" required></label>
    <button>Train</button> <button type="button" name="stop" disabled>Stop</button>
  </form>
  <progress max="1" value="0"></progress>
  <p role="status"></p>
  <ul></ul>
  <p class="result"></p>`;

/** Fills `root` with the page. */
export function showPage(root: HTMLElement): void {
  root.innerHTML = html;
  const find = <T extends Element>(selector: string): T => {
    const found = root.querySelector<T>(selector);
    if (found === null) throw new Error(`the page has no ${selector}`);
    return found;
  };
  const form = find<HTMLFormElement>('form');
  const stop = find<HTMLButtonElement>('[name=stop]');
  const status = find('[role=status]');
  const bar = find<HTMLProgressElement>('progress');
  form.onsubmit = async (event) => {
    event.preventDefault();
    const { file, options } = readForm(new FormData(form));
    const controller = new AbortController();
    stop.onclick = () => controller.abort();
    stop.disabled = false;
    bar.value = 0;
    status.textContent = `Reading ${file.name} …`;
    find('ul').replaceChildren();
    find('.result').replaceChildren();
    try {
      const {
        model,
        error,
        notes = [],
      } = await trainInWorker(file, options, {
        signal: controller.signal,
        onEpoch: ({ epoch, epochs, loss }) => {
          bar.value = epoch / epochs;
          status.textContent = `Epoch ${epoch} of ${epochs}, loss ${loss.toFixed(4)}`;
        },
      });
      status.textContent = error ?? 'Done';
      find('ul').replaceChildren(...notes.map((note) => element('li', note)));
      if (model !== undefined) find('.result').replaceChildren(...(await results(model, file)));
    } catch (error) {
      status.textContent = String(error);
    } finally {
      stop.disabled = true;
    }
  };
}

function readForm(form: FormData): { readonly file: File; readonly options: WorkerOptions } {
  const text = (name: string): string => String(form.get(name) ?? '').trim();
  const [time, group] = [text('time'), text('group')];
  return {
    file: form.get('file') as File,
    options: {
      task: text('task') as Task,
      target: text('target'),
      epochs: Number(text('epochs')),
      ...(time === '' ? {} : { time }),
      ...(group === '' ? {} : { group }),
    },
  };
}

/** The last prediction in words, and a link to the model file. */
async function results(bytes: Uint8Array<ArrayBuffer>, file: File): Promise<Node[]> {
  const backend = await wasm();
  try {
    const model: TableModel = loadTableModel(bytes, { backend });
    const { keys = [], values = {} } = (await model.predict(file)).at(-1) ?? {};
    const said = Object.entries(values).map(([column, value]) => {
      return `${column} ${typeof value === 'number' ? value.toPrecision(4) : value}`;
    });
    const link = element('a', 'Save the model');
    link.href = URL.createObjectURL(new Blob([bytes]));
    link.download = 'model.safetensors';
    const where = keys.length === 0 ? '' : `${keys.join(', ')}: `;
    return [element('span', `After the last row, ${where}${said.join(', ')}. `), link];
  } finally {
    await backend.dispose();
  }
}

function element<K extends keyof HTMLElementTagNameMap>(name: K, text: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
