/** PyTorch, eager, in a Python process: see `python/torch_peer.py`. */
import type { Contender } from '../contender.ts';
import { pythonPeer } from './python-peer.ts';

export const torch: Contender = pythonPeer('torch', 'torch_peer.py', ['cfc', 'ltc']);
