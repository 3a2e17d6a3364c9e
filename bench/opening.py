"""Opening: a hundred scenarios the first time and again, and commands as processes."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter

import yaml

from bench.authors import SCENARIOS
from bench.place import ROOT, Measured, Place, WrongResultError

# What a fresh process does. `monotonic` counts from the start of the machine, so the parent can subtract.
_LOAD = """
import json, sys, time
from pathlib import Path
from bot.content import load
began = time.perf_counter()
library = load(Path(sys.argv[1]), Path(sys.argv[2]))
took = time.perf_counter() - began
print(json.dumps({"ready": time.monotonic(), "load": took, "scenarios": len(library.editions)}))
"""


def first(place: Place) -> Measured:
    """Time opening the hundred with an empty cache."""
    return _median(place, lambda cache: (_open(place, cache),))


def unchanged(place: Place) -> Measured:
    """Time opening the hundred when a process before has cached them."""
    return _median(place, lambda cache: (_open(place, cache), _open(place, cache))[1:])


def _median(place: Place, measure: Callable[[Path], tuple[dict[str, float], ...]]) -> Measured:
    took: list[dict[str, float]] = []
    for _ in range(place.starts):
        with tempfile.TemporaryDirectory(dir=place.folder) as cache:
            took.extend(measure(Path(cache)))
    return Measured({name: statistics.median(one[name] for one in took) for name in took[0]})


def _open(place: Place, cache: Path) -> dict[str, float]:
    """Load in a fresh process: time the call alone, and all from the start of the process."""
    command = [sys.executable, "-c", _LOAD, str(place.hundred), str(cache)]
    began = time.monotonic()
    told = json.loads(_run(command, _home(str(cache))))
    if told["scenarios"] != SCENARIOS:
        raise WrongResultError(f"{told['scenarios']} scenarios were loaded")
    return {"whole": told["ready"] - began, "load": told["load"]}


def parse(place: Place) -> Measured:
    """Time PyYAML's C loader on the same files: what any loader pays, and no check made."""
    texts = [path.read_text("utf-8") for path in sorted(place.hundred.rglob("*.yaml"))]
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    began = perf_counter()
    for text in texts:
        yaml.load(text, Loader=loader)  # noqa: S506  # it is the safe one
    return Measured({"load": perf_counter() - began, "bytes": float(sum(map(len, texts)))})


def chat(place: Place) -> Measured:
    """Time `mayshare chat` on the hundred, cached, from its start until it has read the end of its input."""
    with tempfile.TemporaryDirectory(dir=place.folder) as home:
        environment = _home(home) | {"MAYSHARE_CONTENT": str(place.hundred)}
        return Measured(_timed([*_mayshare(), "chat"], place, environment))


def ask(place: Place) -> Measured:
    """Time `mayshare ask` on the shipped laws, the whole process: the first time, and cached."""
    command = [*_mayshare(), "ask", "Can a teacher tell the school nurse about a student's medicine?"]
    with tempfile.TemporaryDirectory(dir=place.folder) as home:
        environment = _home(home) | {"MAYSHARE_CONTENT": str(place.content)}
        began = perf_counter()
        told = _run(command, environment)
        first_time = perf_counter() - began
        if "Where it stands" not in told:
            raise WrongResultError(f"mayshare ask said: {told}")
        return Measured({**_timed(command, place, environment), "first": first_time})


def help_(place: Place) -> Measured:
    """Time `mayshare --help`, the whole process, beside a Python that does nothing."""
    with tempfile.TemporaryDirectory(dir=place.folder) as home:
        bare = _timed([sys.executable, "-c", "pass"], place, _home(home))
        return Measured({**_timed([*_mayshare(), "--help"], place, _home(home)), "bare": bare["whole"]})


def _home(folder: str) -> dict[str, str]:
    """Give an environment without settings, in which the program keeps all it keeps in a folder."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG") if name in os.environ}
    own = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"), folder)
    return kept | own | {"MAYSHARE_DATABASE": str(Path(folder) / "mayshare.db")}


def _mayshare() -> list[str]:
    """Give the installed command, else the module it starts."""
    script = Path(sys.executable).with_name("mayshare")
    return [str(script)] if script.exists() else [sys.executable, "-m", "adapters"]


def _timed(command: list[str], place: Place, environment: Mapping[str, str]) -> dict[str, float]:
    _run(command, environment)  # once for bytecode and caches
    took = []
    for _ in range(2 * place.starts + 1):
        began = perf_counter()
        _run(command, environment)
        took.append(perf_counter() - began)
    return {"whole": statistics.median(took)}


def _run(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise WrongResultError(f"{' '.join(command[:3])} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout
