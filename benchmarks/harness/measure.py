"""Measures the programs of a pack on the device at hand, next to PyTorch; what is missing reads NOT RUN.

Results are written after every chain, so that a run that is stopped can go on with --resume. docs/benchmarks.md says what is measured and how.
"""
import concurrent.futures
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from . import baseline, chains, gate, table
from .timing import FLUSH_BYTES
from .workers import NoDevice, Worker

NO_DEVICE = 5  # docs/exit-codes.md


def add_arguments(parser):
    here = chains.HERE.parent
    parser.add_argument("--pack", default=str(here) if (here / "index.json").is_file() else None, help="the pack's folder (default: the one this tool lies in)")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:N, or host: runs everything on the CPU, which shows that it works and not how fast")
    parser.add_argument("--file", help="the file of chains (default: the pack's)")
    parser.add_argument("--only", metavar="N,...", help="these chains only; the gate is about all of them and then NOT RUN")
    parser.add_argument("--subjects", default="ours,errors,eager,graph,compile,autotune", help="what is measured (default: everything): %(default)s")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--sets", type=int, default=3, help="input sets that repeats go around")
    parser.add_argument("--launches", type=int, default=10, help="launches whose host time is taken")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop measuring after that time and print what there is")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for one subject of one chain")
    parser.add_argument("--jobs", type=int, default=1, help="compile with torch.compile's default mode beforehand, so many chains at a time")
    parser.add_argument("--cache", metavar="DIR", help="folder for what torch.compile keeps (default: a new one, so that its compile times are cold)")
    parser.add_argument("--no-torch", action="store_true", help="as if there was no PyTorch")
    parser.add_argument("--flush-mb", type=int, default=FLUSH_BYTES >> 20, help="MiB written between timings, so that L2 is cold")
    parser.add_argument("-o", dest="output", default="results.json", help="where the results go (default: %(default)s)")
    parser.add_argument("--resume", metavar="FILE", help="results to go on from: what is measured there is not measured again")


class Measuring:
    """One run: asks workers for every chain and subject that is not there yet."""

    def __init__(self, options, results, workers):
        self.options, self.results, self.workers = options, results, workers
        self.end = time.monotonic() + options.seconds
        self.subjects = options.subjects.split(",")
        self.how = {key: getattr(options, key) for key in ("repeats", "warmup", "sets", "launches")}

    def left(self):
        return self.end - time.monotonic()

    def ask(self, worker, request):
        if self.left() <= 0:
            return {"not_run": f"the {self.options.seconds:g} s were over"}
        try:
            return worker.ask({**request, "options": self.how}, min(self.options.timeout, max(1.0, self.left())))
        except NoDevice as error:
            return {"error": f"the device was lost: {error}"}

    def wants(self, row, subject):
        return subject in self.subjects and (subject not in row or "not_run" in row[subject] or "error" in row[subject])

    def warm(self):
        """Compiles in several processes what `compile` will time, and notes how long that took, cold."""
        rows = [row for row in self.results["chains"] if self.wants(row, "compile")]
        if self.options.jobs <= 1 or not rows:
            return
        local, made = threading.local(), []

        def one(row):
            if not hasattr(local, "worker"):
                local.worker = Worker(self.workers[0], self.workers[1])
                made.append(local.worker)
            row["warm"] = self.ask(local.worker, {"chain": row["chain"], "subject": "compile", "warm": True})
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            list(pool.map(one, rows))
        for worker in made:
            worker.stop()

    def run(self, worker):
        if "rates" not in self.results or "error" in self.results["rates"]:
            self.results["rates"] = self.ask(worker, {"subject": "rates"})
        self.save()
        for subject in ["ours", "errors", *baseline.SUBJECTS]:  # where time ends early, what matters most is there
            if subject == "compile" and not self.results["pytorch"].get("not_run"):
                self.warm()
            for done, row in enumerate(self.results["chains"], 1):
                if self.wants(row, subject):
                    row[subject] = self.ask(worker, {"chain": row["chain"], "subject": subject})
                    self.save()
                    print(f"{subject} {done}/{len(self.results['chains'])}: chain {row['chain']}: {brief(row[subject])}", file=sys.stderr, flush=True)

    def save(self):
        path = Path(self.options.output)
        new = path.with_name(path.name + ".new")
        new.write_text(json.dumps(self.results, separators=(",", ":")).replace('{"chain"', '\n{"chain"') + "\n", encoding="utf-8")
        new.replace(path)


def brief(found):
    if "both_us" in found:
        return f"F {found['forward_us']['median']:.1f} us, F+B {found['both_us']['median']:.1f} us"
    if "error" in found or "not_run" in found:
        return f"failed: {found['error']}" if "error" in found else f"NOT RUN: {found['not_run']}"
    return "done"


def clocks():
    """What nvidia-smi says of the GPU, as found; nothing where it is not there."""
    query = "name,driver_version,clocks.sm,clocks.mem,clocks.max.sm,power.limit,temperature.gpu"
    try:
        found = subprocess.run(["nvidia-smi", f"--query-gpu={query}", "--format=csv"], capture_output=True, text=True, timeout=30)
        return found.stdout.strip().splitlines() if found.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired):
        return None


def start(options, index, facts):
    """The results of a run that has not measured anything yet, or those of the run it goes on from."""
    entries = {entry["chain"]: entry for entry in index["chains"]}
    results = {"format": "fusion-benchmark-results", "version": 1, "kind": "measured", "date": datetime.date.today().isoformat(), "device_named": options.device,
               "arch": index["arch"], "chains_of_pack": len(index["chains"]), "how": {key: getattr(options, key) for key in ("repeats", "warmup", "sets", "launches", "jobs", "flush_mb")},
               "host": {"machine": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}, "compiled_on": index["host"], "clocks": clocks()}
    before = {}
    if options.resume:
        old = json.loads(Path(options.resume).read_text(encoding="utf-8"))
        before = {row["chain"]: row for row in old["chains"]}
        results.update({key: old[key] for key in ("rates",) if key in old and "error" not in old[key]})
    results["chains"] = [{"chain": chain.number, "name": chain.name, "plan": entries.get(chain.number, {"error": "not in the pack"}),
                          **{key: value for key, value in before.get(chain.number, {}).items() if key not in ("chain", "name", "plan")}} for chain in facts]
    return results


def run(options):
    unknown = set(options.subjects.split(",")) - {"ours", "errors", *baseline.SUBJECTS}
    if unknown or not options.pack or not (Path(options.pack) / "index.json").is_file():
        what = f"subjects among ours, errors, {', '.join(baseline.SUBJECTS)}, but got {', '.join(sorted(unknown))}" if unknown else \
            f"a pack's folder, but got {options.pack}; `benchmarks/run pack -o DIR` makes one"
        print(f"benchmarks: error: expected {what}", file=sys.stderr)
        return 2
    pack = Path(options.pack)
    index = json.loads((pack / "index.json").read_text(encoding="utf-8"))
    file = options.file or str(pack / "facts.json")
    results = start(options, index, chains.read(file, options.only))
    with tempfile.TemporaryDirectory() as folder:
        cache = options.cache or folder
        environment = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": f"{cache}/inductor", "TRITON_CACHE_DIR": f"{cache}/triton"}
        arguments = [f"--pack={pack}", f"--device={options.device}", f"--file={file}", f"--flush-bytes={options.flush_mb << 20}", *["--no-torch"] * options.no_torch]
        worker = Worker(arguments, environment)
        try:
            results.update(worker.start())
        except NoDevice as error:
            print(f"NOT RUN: no device: {error}")
            return NO_DEVICE
        measuring = Measuring(options, results, (arguments, environment))
        try:
            measuring.run(worker)
        except KeyboardInterrupt:
            print("benchmarks: stopped; what was measured is kept", file=sys.stderr)
        finally:
            worker.stop()
    results["verdicts"] = gate.judge(results)
    measuring.save()
    print("\n".join(table.render(results)))
    print(f"\nwritten: {options.output}")
    return gate.exit_code(results)
