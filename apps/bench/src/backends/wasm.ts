/** Rheo on its WebAssembly backend, on one thread and on two. */
import { wasm as openWasm } from '@rheo/backend-wasm';
import type { Contender } from '../contender.ts';
import { onSync } from './on-sync.ts';

export const wasm: Contender = onSync('wasm', () => openWasm());

/** For what two threads gain; only what has independent parts is shared out. */
export const wasmOnTwo: Contender = onSync('wasm-2', () => openWasm({ threads: 2 }));
