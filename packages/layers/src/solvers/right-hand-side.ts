/**
 * Right-hand sides of ordinary differential equations, as functions on a tensor or a tree of tensors with rows in front.
 * They may use any tensor of the traces around them; gradients flow to those too.
 */

import type { Operand, Tensor, Tree } from '@rheo/core';

/** dy/dt at time t: a number, [] or [batch, 1]. The result is like y. */
export type Derivative<Y extends Tree<Tensor>> = (t: Operand, y: Y) => Y;

/** dy/dt = source − rate ⊙ y with a rate ≥ 0: the form of LTC, CT-RNN, GRU-ODE and other leaky equations. */
export type Decay<Y extends Tree<Tensor>> = (t: Operand, y: Y) => { readonly source: Y; readonly rate: Y };
