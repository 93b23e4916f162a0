"""`python -m tests.mutants`: plants one small mistake at a time, and asks the tests whether they notice.

Everything happens in copies of what git knows of here, so nothing here is touched.
"""

import argparse
import contextlib
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.postgres import postgres
from tests.conftest import make_template
from tests.mutants import python, sql
from tests.mutants.change import Change, sample
from tests.mutants.slot import Run, Slot
from tests.mutants.targets import files, tests_of

SECONDS_MAX = 900.0
"""For the tests of a file, unchanged."""

PATIENCE, PATIENCE_SECONDS = 2.0, 10.0
"""A change that makes them run so many times as long, and so much longer, is noticed."""

KILLERS_KEPT = 30
OK, FAILED = 0, 1


@dataclass(slots=True)
class Known:
    """Of one file: how long its tests take, and which of them noticed something, the last one first."""

    tests: list[str]
    seconds: float
    killers: list[str] = field(default_factory=list)


class Mutants:
    def __init__(self, slots: "queue.Queue[Slot]") -> None:
        self._slots = slots
        self._known: dict[str, Known] = {}
        self._lock = threading.Lock()
        self.survivors: list[Change] = []
        self.counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])

    def learn(self, path: str) -> None:
        """Runs the tests of a file as it is. They have to pass."""
        with self._slot() as slot:
            tests = [test for test in tests_of(path) if (slot.directory / test).exists()]
            same = next((known for known in self._known.values() if known.tests == tests), None)
            if same is None:
                run = slot.run(tests, [], SECONDS_MAX)
                if run.status != OK:
                    sys.exit(f"{' '.join(tests)}: not green without any change: {run.killer}")
                same = Known(tests, run.seconds)
            self._known[path] = Known(tests, same.seconds)

    def try_out(self, change: Change) -> None:
        known = self._known[change.path]
        with self._slot() as slot:
            changed = slot.directory / change.path
            source = changed.read_bytes()
            changed.write_bytes(change.apply(source))
            try:
                seconds_max = known.seconds * PATIENCE + PATIENCE_SECONDS
                run = slot.run(known.tests, known.killers, seconds_max, anew="/migrations/" in change.path)
            finally:
                changed.write_bytes(source)
        with self._lock:
            self._judge(change, run)

    def _judge(self, change: Change, run: Run) -> None:
        known, counts = self._known[change.path], self.counts[change.path]
        counts[1] += 1
        if run.status == OK:
            self.survivors.append(change)
            verdict = "SURVIVED"
        else:
            counts[0] += 1
            verdict = "killed"
        if run.killer:
            # Its parameters and those of other tests may be named by what is changed.
            known.killers = [run.killer, *(one for one in known.killers if one != run.killer)][:KILLERS_KEPT]
        by = run.killer or ("time" if run.status is None else f"status {run.status}")
        print(f"{verdict:8} {change.text}" + ("" if run.status == OK else f"  ({by})"), flush=True)

    @contextlib.contextmanager
    def _slot(self) -> Iterator[Slot]:
        slot = self._slots.get()
        try:
            yield slot
        finally:
            self._slots.put(slot)


def found(root: Path, path: str) -> list[Change]:
    source = (root / path).read_bytes()
    of = sql if path.endswith(".sql") else python
    return sorted(set(of.changes(path, source)))


def _copy(root: Path, directory: Path) -> Path:
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in names.stdout.splitlines():
        if (root / name).is_file() and not name.startswith(".venv"):
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, directory / name)
    return directory


def _report(mutants: Mutants, seed: int) -> None:
    print("\nsurvivors:")
    for change in sorted(mutants.survivors):
        print(f"  {change.text}")
    print("\nkilled of all, by file:")
    for path, (killed, count) in sorted(mutants.counts.items()):
        print(f"  {killed:5d} of {count:5d}  {killed / count:4.0%}  {path}")
    killed = sum(counts[0] for counts in mutants.counts.values())
    count = sum(counts[1] for counts in mutants.counts.values())
    print(f"  {killed:5d} of {count:5d}  {killed / max(1, count):4.0%}  in all (seed {seed})")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("files", nargs="*", help="how the paths begin that are changed; all, if not given")
    parser.add_argument("--share", type=float, default=1.0, help="of all changes, from 0 to 1")
    parser.add_argument("--seed", type=int, default=1, help="which of them, where it is less than all")
    parser.add_argument("--slots", type=int, default=2, help="how many are tried at once")
    parser.add_argument("--list", action="store_true", help="only say what would be changed")
    return parser.parse_args()


def main() -> None:
    options = _options()
    root = Path(__file__).parents[2]
    paths = list(dict.fromkeys(files(root, options.files)))
    if not paths:
        sys.exit(f"no file begins with any of {options.files}")
    every = [change for path in paths for change in found(root, path)]
    chosen = sample(every, options.share, options.seed)
    print(f"{len(chosen)} of {len(every)} changes in {len(paths)} files, seed {options.seed}", flush=True)
    if options.list:
        print("\n".join(change.text for change in chosen))
        return
    # As by Ctrl-C: what was tried is told, and nothing stays behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.ExitStack() as exits:
        # Not below a folder of root's: its Postgres runs as another user.
        directory = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="tigerbrush-mutants-")))
        directory.chmod(0o755)
        url = exits.enter_context(postgres(directory / "postgres"))
        make_template(url)
        slots: queue.Queue[Slot] = queue.Queue()
        for number in range(options.slots):
            copy = _copy(root, directory / f"slot-{number}")
            slot = Slot(copy, {"TESTS_POSTGRES_URL": url})
            exits.callback(slot.stop)
            slots.put(slot)
        mutants = Mutants(slots)
        exits.callback(_report, mutants, options.seed)
        for path in dict.fromkeys(change.path for change in chosen):
            mutants.learn(path)
        threads = ThreadPoolExecutor(options.slots)
        exits.callback(threads.shutdown, cancel_futures=True)
        list(threads.map(mutants.try_out, chosen))


if __name__ == "__main__":
    main()
