/** PyTorch, eager, in a Python process, as two rivals by major version: see `python/torch_peer.py`. */
import type { Contender } from '../contender.ts';
import { pythonPeer } from './python-peer.ts';

export const torch: Contender = pythonPeer('torch', 'torch_peer.py', /^torch [2-9]/);

/** What Debian and older installations have. */
export const torch1: Contender = pythonPeer('torch-1', 'torch_peer.py', /^torch 1\./);
