"""PyTorch as a rival: eager modules in the order of operations of the published CfC cell, one thread.

Separate linear maps for the four heads, a Python loop over time, autograd and torch.optim.Adam: what a user of the
library runs, not the fastest that could be written with it.
"""
import os
import re
import sys

try:
    import torch
    from torch import nn
except Exception as missing:
    print('{"unavailable": "%s"}' % str(missing).replace('"', "'"), flush=True)
    sys.exit(0)

import peer

torch.set_num_threads(1)


def linear(weight, bias):
    layer = nn.Linear(weight.shape[0], weight.shape[1])
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight.T.copy()))
        layer.bias.copy_(torch.from_numpy(bias))
    return layer


class LTCCell(nn.Module):
    """The published LTC cell without maps of inputs and outputs: absent synapses are multiplied by a mask of zeros."""

    def __init__(self, tensors, unfolds):
        super().__init__()
        for name, values in tensors.items():
            tensor = torch.from_numpy(values)
            if name.endswith("mask"):
                self.register_buffer(name, tensor)
            else:
                setattr(self, name, nn.Parameter(tensor if tensor.shape[0] > 1 else tensor[0]))
        self.unfolds = unfolds

    def forward(self, x, v, elapsed):
        positive = nn.functional.softplus
        held = positive(self.sensory_w) * torch.sigmoid(self.sensory_sigma * (x.unsqueeze(-1) - self.sensory_mu))
        held = held * self.sensory_mask
        held_above, held_below = (held * self.sensory_erev).sum(1), held.sum(1)
        capacity, gleak, weight = positive(self.cm) / (elapsed / self.unfolds), positive(self.gleak), positive(self.w)
        for _ in range(self.unfolds):
            open_ = weight * torch.sigmoid(self.sigma * (v.unsqueeze(-1) - self.mu)) * self.mask
            above = capacity * v + gleak * self.vleak + (open_ * self.erev).sum(1) + held_above
            v = above / (capacity + gleak + open_.sum(1) + held_below + 1e-8)
        return v


class Cell(nn.Module):
    """The published CfC cell; a mask, where there is one, multiplies the weights of f1 and f2 on every call."""

    def __init__(self, layers, units, mask=None):
        super().__init__()
        self.register_buffer("mask", None if mask is None else torch.from_numpy(mask.T.copy()))
        self.backbone = nn.ModuleList(linear(w, b) for w, b in layers[:-1])
        weight, bias = layers[-1]
        quarter = [slice(k * units, (k + 1) * units) for k in range(4)]
        self.ff1, self.ff2, self.time_a, self.time_b = (linear(weight[:, q], bias[q]) for q in quarter)

    def head(self, layer, z):
        return layer(z) if self.mask is None else nn.functional.linear(z, layer.weight * self.mask, layer.bias)

    def forward(self, x, h, elapsed):
        z = torch.cat([x, h], 1)
        for layer in self.backbone:
            z = 1.7159 * torch.tanh(0.666 * layer(z))
        f1 = torch.tanh(self.head(self.ff1, z))
        f2 = torch.tanh(self.head(self.ff2, z))
        gate = torch.sigmoid(self.time_a(z) * elapsed + self.time_b(z))
        return f1 * (1.0 - gate) + gate * f2


class Wired(nn.Module):
    """The published wired CfC: masked cells for the layers of the wiring, the state cut up and put together each step."""

    def __init__(self, layers, masks):
        super().__init__()
        self.sizes = [mask.shape[1] for mask in masks]
        self.cells = nn.ModuleList(Cell([layer], size, mask) for layer, size, mask in zip(layers, self.sizes, masks))

    def forward(self, x, h, elapsed):
        states = []
        for cell, part in zip(self.cells, torch.split(h, self.sizes, dim=1)):
            x = cell(x, part, elapsed)
            states.append(x)
        return torch.cat(states, 1)


def prepare(problem):
    if problem["cell"] == "cfc":
        cell = Cell(problem["layers"], problem["units"])
    elif problem["cell"] == "ncp":
        cell = Wired(problem["layers"], problem["masks"])
    else:
        cell = LTCCell(problem["tensors"], problem["unfolds"])
    # Motor neurons come first in an LTC, last in a wired CfC.
    motors, wired = problem["outputs"], problem["cell"] == "ncp"
    x = torch.from_numpy(problem["x"]).transpose(0, 1).contiguous()
    elapsed = torch.from_numpy(problem["elapsed"])
    rows = problem["rows"]
    start = torch.zeros(problem["batch"], problem["units"])

    def forward():
        h, outputs = start, []
        for t in range(rows):
            h = cell(x[:, t], h, elapsed)
            outputs.append(h[:, -motors:] if wired else h[:, :motors])
        return torch.stack(outputs, 1)

    if problem["mode"] == "infer":

        def infer():
            with torch.no_grad():
                return forward()

        infer()
        return lambda: infer().transpose(0, 1).numpy(), infer

    if problem["mode"] == "stream":
        carried = {"h": start, "row": 0}

        def call():
            with torch.no_grad():
                row = carried["row"]
                carried["row"] = (row + 1) % rows
                carried["h"] = cell(x[:, row], carried["h"], elapsed)
                return carried["h"]

        def check():
            carried["h"], carried["row"] = start, 0
            return torch.cat([call() for _ in range(problem["checked"])]).numpy()

        call()
        return check, call

    adam = problem["adam"]
    betas = (adam["beta1"], adam["beta2"])
    optimizer = torch.optim.Adam(cell.parameters(), lr=adam["learningRate"], betas=betas, eps=adam["epsilon"])

    def train():
        optimizer.zero_grad()
        loss = (forward() ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    losses = [train().item()]
    return lambda: losses + [train().item() for _ in range(problem["checked"] - 1)], train


def blas():
    """The library of matrix products that this build uses, where it tells, and what it is told about the processor."""
    found = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    if found is None:
        return ""
    told = os.environ.get("OPENBLAS_CORETYPE")
    kernels = "" if told is None or found.group(1) == "mkl" else " (OPENBLAS_CORETYPE=%s)" % told
    return " with %s BLAS%s" % (found.group(1), kernels)


peer.serve("torch " + torch.__version__ + blas(), prepare)
