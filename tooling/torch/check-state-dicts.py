"""Loads exported state dictionaries in PyTorch and compares every tensor, bit by bit.

    python3 check-state-dicts.py FOLDER

FOLDER/cases.json is a list of cases. Each has a `file` and either `like`, a file of the original with the same contents,
or `tensors`: in the order of the file, the name and the .npy file of each, transposed where `transposed` says so. Files are
loaded as PyTorch loads files that it does not trust (`weights_only`), and mapped into memory, where the version can.
Prints one line and leaves with status 0, or prints every fault and leaves with status 1.
"""

import inspect
import json
import sys
from collections import OrderedDict
from pathlib import Path

import numpy
import torch


def load(path):
    """The state dictionary of a file, by every way that this PyTorch has."""
    known = inspect.signature(torch.load).parameters
    careful = {"weights_only": True} if "weights_only" in known else {}
    ways = [careful] + ([{**careful, "mmap": True}] if "mmap" in known else [])
    return [torch.load(str(path), map_location="cpu", **way) for way in ways]


def expected(folder, case):
    """Names and arrays that a file should have, in order."""
    if "like" in case:
        original = load(folder / case["like"])[0]
        return [(name, tensor.contiguous().numpy()) for name, tensor in original.items()]
    return [
        (entry["name"], numpy.load(folder / entry["array"]).T if entry["transposed"] else numpy.load(folder / entry["array"]))
        for entry in case["tensors"]
    ]


def faults(found, wanted):
    """What is wrong with a state dictionary."""
    if not isinstance(found, OrderedDict):
        yield f"it is {type(found).__name__}, not OrderedDict"
    names = [name for name, _ in wanted]
    if list(found) != names:
        yield f"its keys are {list(found)}, not {names}"
        return
    for name, array in wanted:
        tensor = found[name]
        if tensor.dtype != torch.float32 or tensor.requires_grad or not tensor.is_contiguous():
            yield f"{name} is {tensor.dtype}, requires_grad {tensor.requires_grad}, strides {tensor.stride()}"
        elif tuple(tensor.shape) != array.shape:
            yield f"{name} is {tuple(tensor.shape)}, not {array.shape}"
        elif tensor.numpy().tobytes() != numpy.ascontiguousarray(array).tobytes():
            yield f"{name} has other numbers"


def main(folder):
    tensors = 0
    wrong = []
    cases = json.loads((folder / "cases.json").read_text())
    for case in cases:
        wanted = expected(folder, case)
        tensors += len(wanted)
        for found in load(folder / case["file"]):
            wrong += [f"{case['file']}: {fault}" for fault in faults(found, wanted)]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(cases)} files, {tensors} tensors equal")


main(Path(sys.argv[1]))
