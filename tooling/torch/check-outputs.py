"""Loads exported state dictionaries with strict=True into modules built from their configurations, and runs them.

    python3 check-outputs.py FOLDER

FOLDER/outputs.json is a list of cases: `file`, `config`, and the arrays `values`, `times` and `outputs` as .npy files.
Prints the largest difference of each file as JSON, of numbers above 1 as a part of them.
"""

import json
import sys
from pathlib import Path

import numpy
import torch
from stand_ins import Sequence


def difference(folder, case):
    module = Sequence(case["config"]).eval()
    module.load_state_dict(torch.load(str(folder / case["file"]), map_location="cpu"), strict=True)
    values, times, wanted = (torch.from_numpy(numpy.load(folder / case[name])) for name in ["values", "times", "outputs"])
    with torch.no_grad():
        found = module(values, times)
    if found.shape != wanted.shape:
        sys.exit(f"{case['file']}: outputs are {tuple(found.shape)}, not {tuple(wanted.shape)}")
    return float(((found - wanted).abs() / wanted.abs().clamp(min=1)).max())


folder = Path(sys.argv[1])
cases = json.loads((folder / "outputs.json").read_text())
print(json.dumps({case["file"]: difference(folder, case) for case in cases}))
