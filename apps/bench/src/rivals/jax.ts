/** JAX, `lax.scan` under `jit`, in a Python process: see `python/jax_peer.py`. */
import type { Contender } from '../contender.ts';
import { pythonPeer } from './python-peer.ts';

export const jax: Contender = pythonPeer('jax', 'jax_peer.py', /^jax /);
