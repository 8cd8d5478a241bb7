"""JAX as a rival: the whole sequence as lax.scan under jit, one thread on one core, Adam written out.

One fused product for the four heads; synapses of an LTC as dense matrices times a mask. Training compiles value,
gradient and update into one function, with the old parameters donated.
"""
import os
import sys

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
try:
    import jax
    import jax.numpy as jnp
except Exception as missing:
    print('{"unavailable": "%s"}' % str(missing).replace('"', "'"), flush=True)
    sys.exit(0)

import peer


def cfc_step(layers, h, x, elapsed):
    z = jnp.concatenate([x, h], axis=1)
    for weight, bias in layers[:-1]:
        z = 1.7159 * jnp.tanh(0.666 * (z @ weight + bias))
    weight, bias = layers[-1]
    p1, p2, pa, pb = jnp.split(z @ weight + bias, 4, axis=1)
    gate = jax.nn.sigmoid(pa * elapsed + pb)
    return jnp.tanh(p1) * (1.0 - gate) + gate * jnp.tanh(p2)


def cfc_of(problem):
    """Parameters, and the step from parameters, state, input and elapsed time to the next state."""
    return [(jnp.asarray(w), jnp.asarray(b)) for w, b in problem["layers"]], cfc_step


def ncp_of(problem):
    layers, _ = cfc_of(problem)
    masks = [jnp.concatenate([mask, mask, jnp.ones_like(mask), jnp.ones_like(mask)], axis=1)
             for mask in map(jnp.asarray, problem["masks"])]
    sizes = [mask.shape[1] // 4 for mask in masks]

    def step(layers, h, x, elapsed):
        states, begin = [], 0
        for (weight, bias), mask, size in zip(layers, masks, sizes):
            x = cfc_step([(weight * mask, bias)], h[:, begin : begin + size], x, elapsed)
            states.append(x)
            begin += size
        return jnp.concatenate(states, axis=1)

    return layers, step


def ltc_of(problem):
    tensors = {name: jnp.asarray(value) for name, value in problem["tensors"].items()}
    mask, sensory_mask = tensors.pop("mask"), tensors.pop("sensory_mask")
    unfolds, positive = problem["unfolds"], jax.nn.softplus

    def step(p, v, x, elapsed):
        held = positive(p["sensory_w"]) * jax.nn.sigmoid(p["sensory_sigma"] * (x[:, :, None] - p["sensory_mu"]))
        held = held * sensory_mask
        above, below = (held * p["sensory_erev"]).sum(1), held.sum(1)
        capacity, gleak, weight = positive(p["cm"]) / (elapsed / unfolds), positive(p["gleak"]), positive(p["w"])
        for _ in range(unfolds):
            open_ = weight * jax.nn.sigmoid(p["sigma"] * (v[:, :, None] - p["mu"])) * mask
            upper = capacity * v + gleak * p["vleak"] + (open_ * p["erev"]).sum(1) + above
            v = upper / (capacity + gleak + open_.sum(1) + below + 1e-8)
        return v

    return tensors, step


cells = {"cfc": cfc_of, "ncp": ncp_of, "ltc": ltc_of}


def prepare(problem):
    layers, step = cells[problem["cell"]](problem)
    motors, wired = problem["outputs"], problem["cell"] == "ncp"
    x, elapsed = jnp.asarray(problem["x"]), jnp.asarray(problem["elapsed"])
    start = jnp.zeros((problem["batch"], problem["units"]), jnp.float32)

    def forward(layers, x, elapsed):
        def body(h, xt):
            h = step(layers, h, xt, elapsed)
            # Motor neurons come first in an LTC, last in a wired CfC.
            return h, h[:, -motors:] if wired else h[:, :motors]

        return jax.lax.scan(body, start, x)[1]

    if problem["mode"] == "infer":
        compiled = jax.jit(forward)

        def infer():
            return compiled(layers, x, elapsed).block_until_ready()

        infer()
        return infer, infer

    if problem["mode"] == "stream":
        compiled = jax.jit(step)
        inputs = [x[row] for row in range(problem["rows"])]
        carried = {"h": start, "row": 0}

        def call():
            row = carried["row"]
            carried["row"] = (row + 1) % len(inputs)
            carried["h"] = compiled(layers, carried["h"], inputs[row], elapsed).block_until_ready()
            return carried["h"]

        def check():
            carried["h"], carried["row"] = start, 0
            return jnp.concatenate([call() for _ in range(problem["checked"])])

        call()
        return check, call

    adam = problem["adam"]
    rate, beta1, beta2, epsilon = (adam[key] for key in ("learningRate", "beta1", "beta2", "epsilon"))
    tree = jax.tree_util.tree_map

    def loss_of(layers, x, elapsed):
        return jnp.mean(forward(layers, x, elapsed) ** 2)

    def update(layers, first, second, count, x, elapsed):
        loss, grads = jax.value_and_grad(loss_of)(layers, x, elapsed)
        count = count + 1
        first = tree(lambda m, g: beta1 * m + (1 - beta1) * g, first, grads)
        second = tree(lambda v, g: beta2 * v + (1 - beta2) * g * g, second, grads)
        scale1, scale2 = 1 / (1 - beta1**count), 1 / (1 - beta2**count)
        layers = tree(
            lambda p, m, v: p - rate * (m * scale1) / (jnp.sqrt(v * scale2) + epsilon), layers, first, second
        )
        return layers, first, second, count, loss

    compiled = jax.jit(update, donate_argnums=(0, 1, 2))
    zeros = lambda: tree(jnp.zeros_like, layers)
    state = {"now": (layers, zeros(), zeros(), jnp.float32(0))}

    def train():
        *now, loss = compiled(*state["now"], x, elapsed)
        state["now"] = tuple(now)
        jax.block_until_ready(now)
        return loss

    losses = [float(train())]
    return lambda: losses + [float(train()) for _ in range(problem["checked"] - 1)], train


peer.serve("jax " + jax.__version__, prepare)
