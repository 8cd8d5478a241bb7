"""The conversation of a Python peer with the benchmark: one command a line in, one JSON object a line out.

Commands: `prepare {json}` builds a problem, `check` returns the numbers to verify, `run N` times N runs and returns
their durations, `memory` returns the most bytes that the process took up since `prepare` beyond what it had before its
first problem, `quit` ends. A peer supplies `prepare(problem) -> (check, run)`, where `problem` holds the shape and
its float32 arrays; `check()` returns a flat list or array and `run()` does one complete run.
"""
import base64
import json
import sys
import time

import numpy as np


def floats(text, shape):
    return np.frombuffer(base64.b64decode(text), dtype="<f4").reshape(shape).copy()


def read_problem(text):
    problem = json.loads(text)
    problem["x"] = floats(problem["x"], (problem["rows"], problem["batch"], problem["features"]))
    problem["elapsed"] = floats(problem["elapsed"], (problem["batch"], 1))
    sizes = problem.get("layers")
    if sizes is not None:
        problem["layers"] = [
            (floats(layer["weight"], (layer["inputs"], layer["outputs"])), floats(layer["bias"], (layer["outputs"],)))
            for layer in sizes
        ]
    if problem["cell"] == "ncp":
        problem["masks"] = [
            floats(text, (layer["inputs"], layer["outputs"] // 4))
            for text, layer in zip(problem["masks"], sizes)
        ]
    if problem["cell"] == "ltc":
        problem["tensors"] = {name: floats(text, (-1, problem["units"])) for name, text in problem["tensors"].items()}
    return problem


def memory_now(field):
    """Bytes of this process by Linux's account: VmRSS is now, VmHWM the most; None elsewhere."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def forget_peak():
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


def say(**fields):
    print(json.dumps(fields), flush=True)


def serve(version, prepare):
    """Answers commands until `quit` or the end of input."""
    say(ready=True, version=version)
    before = memory_now("VmRSS")
    check = run = None
    for line in sys.stdin:
        command, _, rest = line.strip().partition(" ")
        try:
            if command == "quit":
                return
            if command == "prepare":
                check = run = None
                forget_peak()
                problem = read_problem(rest)
                begin = time.perf_counter()
                check, run = prepare(problem)
                say(compile_ms=(time.perf_counter() - begin) * 1e3)
            elif command == "check":
                values = np.asarray(check(), dtype="<f4").ravel()
                say(values=base64.b64encode(values.tobytes()).decode())
            elif command == "memory":
                most = memory_now("VmHWM")
                say(**({} if most is None or before is None else {"memory": max(0, most - before)}))
            elif command == "run":
                durations = []
                for _ in range(int(rest)):
                    begin = time.perf_counter()
                    run()
                    durations.append(round((time.perf_counter() - begin) * 1e6, 3))
                say(us=durations)
            else:
                say(error=f"unknown command {command!r}")
        except Exception as problem_met:  # the benchmark reports it and goes on with the others
            say(error=f"{type(problem_met).__name__}: {problem_met}")
