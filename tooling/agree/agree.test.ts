/** Losses agree on every backend in Node, also when a training changes backends in its middle. */
import { backendNames, createBackend } from '../parity/backends.ts';
import { agreeOn } from './agree-on.ts';

const names = backendNames.filter((name) => name !== 'reference');
agreeOn(Object.fromEntries(names.map((name) => [name, () => createBackend(name)])));
