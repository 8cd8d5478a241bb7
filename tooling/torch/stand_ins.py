"""The sequence classes of ncps.torch, CfC and LTC, as far as a state dictionary and its outputs need them.

Written from the published formulas, for checks where ncps itself is not installed. Modules and tensors have the original's
names, so that `load_state_dict(strict=True)` accepts what the original accepts. Wirings are AutoNCP (layer sizes alone
count: synapses are in the masks) and FullyConnected. Held to outputs of the original by the test that runs this.
"""

import torch
from torch import nn
from torch.nn import functional


class LecunTanh(nn.Module):
    def forward(self, x):
        return 1.7159 * torch.tanh(0.666 * x)


ACTIVATIONS = {"lecun_tanh": LecunTanh, "relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU, "silu": nn.SiLU}


def fixed(*shape):
    return nn.Parameter(torch.zeros(shape), requires_grad=False)


class CfCCell(nn.Module):
    def __init__(self, inputs, units, mode="default", backbone=(), activation="lecun_tanh", dropout=0.0, masked=False):
        super().__init__()
        self.mode = mode
        if masked:
            self.sparsity_mask = fixed(units, inputs + units)
        if mode == "pure":
            self.w_tau, self.A = fixed(1, units), fixed(1, units)
        width = inputs + units
        layers = []
        for index, size in enumerate(backbone):
            layers += [nn.Linear(width, size), ACTIVATIONS[activation]()]
            layers += [nn.Dropout(dropout)] if dropout > 0 and index > 0 else []
            width = size
        if layers:
            self.backbone = nn.Sequential(*layers)
        for name in ["ff1"] if mode == "pure" else ["ff1", "ff2", "time_a", "time_b"]:
            setattr(self, name, nn.Linear(width, units))

    def head(self, head, z):
        return functional.linear(z, head.weight * getattr(self, "sparsity_mask", 1), head.bias)

    def forward(self, x, h, d):
        z = torch.cat([x, h], 1)
        z = self.backbone(z) if hasattr(self, "backbone") else z
        first = self.head(self.ff1, z)
        if self.mode == "pure":
            h = self.A - self.A * first * torch.exp(-d * (self.w_tau.abs() + first.abs()))
            return h, h
        first, second = torch.tanh(first), torch.tanh(self.head(self.ff2, z))
        gate = torch.sigmoid(self.time_a(z) * d + self.time_b(z))
        h = first + gate * second if self.mode == "no_gate" else first * (1 - gate) + gate * second
        return h, h


class WiredCfCCell(nn.Module):
    def __init__(self, inputs, sizes, mode="default"):
        super().__init__()
        self.sizes = sizes
        for index, (below, size) in enumerate(zip([inputs, *sizes], sizes)):
            setattr(self, f"layer_{index}", CfCCell(below, size, mode, masked=True))

    def forward(self, x, h, d):
        parts = []
        for index, part in enumerate(torch.split(h, self.sizes, 1)):
            x, _ = getattr(self, f"layer_{index}")(x, part, d)
            parts.append(x)
        return x, torch.cat(parts, 1)


class LTCCell(nn.Module):
    def __init__(self, inputs, units, outputs, args):
        super().__init__()
        self.args = args
        for name in ["gleak", "vleak", "cm"]:
            setattr(self, name, fixed(units))
        for name in ["sigma", "mu", "w", "erev", "sparsity_mask"]:
            setattr(self, name, fixed(units, units))
            setattr(self, f"sensory_{name}", fixed(inputs, units))
        for name, size in [("input", inputs), ("output", outputs)]:
            mapping = args.get(f"{name}_mapping", "affine")
            if mapping is not None:
                setattr(self, f"{name}_w", fixed(size))
            if mapping == "affine":
                setattr(self, f"{name}_b", fixed(size))
        self.outputs = outputs

    def mapped(self, name, x):
        return x * getattr(self, f"{name}_w", 1) + getattr(self, f"{name}_b", 0)

    def forward(self, x, v, d):
        positive = functional.softplus if self.args.get("implicit_param_constraints", True) else lambda u: u
        unfolds = self.args.get("ode_unfolds", 6)
        x = self.mapped("input", x)
        sensory = positive(self.sensory_w) * self.sensory_sparsity_mask
        sensory = sensory * torch.sigmoid(self.sensory_sigma * (x.unsqueeze(2) - self.sensory_mu))
        capacity, leak = positive(self.cm) / (d / unfolds), positive(self.gleak)
        for _ in range(unfolds):
            inner = positive(self.w) * self.sparsity_mask * torch.sigmoid(self.sigma * (v.unsqueeze(2) - self.mu))
            drive = (inner * self.erev).sum(1) + (sensory * self.sensory_erev).sum(1)
            conductance = inner.sum(1) + sensory.sum(1) + self.args.get("epsilon", 1e-8)
            v = (capacity * v + leak * self.vleak + drive) / (capacity + leak + conductance)
        return self.mapped("output", v[:, : self.outputs]), v


class LSTMCell(nn.Module):
    def __init__(self, inputs, units):
        super().__init__()
        self.input_map = nn.Linear(inputs, 4 * units)
        self.recurrent_map = nn.Linear(units, 4 * units, bias=False)

    def forward(self, x, h, c):
        candidate, enter, forget, leave = (self.input_map(x) + self.recurrent_map(h)).chunk(4, 1)
        c = c * torch.sigmoid(forget + 1.0) + torch.tanh(candidate) * torch.sigmoid(enter)
        return torch.tanh(c) * torch.sigmoid(leave), c


class Sequence(nn.Module):
    """CfC and LTC: a cell over time, with an LSTM before its state and a linear layer behind it on demand."""

    def __init__(self, config):
        super().__init__()
        args, wiring = config["args"], config.get("wiring")
        inputs = args["input_size"]
        sizes = [args["units"]] if wiring is None else layer_sizes(wiring)
        self.units = sum(sizes)
        self.last = not args.get("return_sequences", True)
        if config["class"] == "LTC":
            outputs = sizes[-1] if wiring is None or wiring["class"] == "AutoNCP" else wiring["args"]["output_dim"]
            self.rnn_cell = LTCCell(inputs, self.units, outputs, args)
        elif wiring is not None:
            self.rnn_cell = WiredCfCCell(inputs, sizes, args.get("mode", "default"))
        else:
            backbone = [args.get("backbone_units", 128)] * args.get("backbone_layers", 1)
            activation, dropout = args.get("activation", "lecun_tanh"), args.get("backbone_dropout", 0.0)
            self.rnn_cell = CfCCell(inputs, self.units, args.get("mode", "default"), backbone, activation, dropout)
        if args.get("mixed_memory", False):
            self.lstm = LSTMCell(inputs, self.units)
        self.fc = nn.Linear(sizes[-1], args["proj_size"]) if args.get("proj_size") else nn.Identity()

    def forward(self, values, times):
        h = c = torch.zeros(values.shape[0], self.units)
        outputs = []
        for step in range(values.shape[1]):
            x = values[:, step]
            if hasattr(self, "lstm"):
                h, c = self.lstm(x, h, c)
            y, h = self.rnn_cell(x, h, times[:, step : step + 1])
            outputs.append(self.fc(y))
        return outputs[-1] if self.last else torch.stack(outputs, 1)


def layer_sizes(wiring):
    """Neurons by layer, from the inputs on."""
    args = wiring["args"]
    if wiring["class"] == "FullyConnected":
        return [args["units"]]
    motor = args["output_size"]
    command = max(int(0.4 * (args["units"] - motor)), 1)
    return [args["units"] - motor - command, command, motor]
