"""Runs models through fusion-run, several per process, and says what became of each."""
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from generate import DYNAMIC_BATCH

TIMEOUT = 60  # seconds for one model; a usual one takes less than one
PER_PROCESS = 10
WHERE = ["--sanitize"]  # on the host driver with its checks, or ["--device=cuda"]


@dataclass
class Outcome:
    """`kind`: ok, unsupported, unjudged (NaN), mismatch, error, crash or timeout. `message` is alike for failures of one cause."""
    kind: str
    message: str = ""
    zeros: int = 0  # results of nothing but zeros
    results: int = 0
    text: str = ""

    @property
    def failed(self):
        return self.kind not in ("ok", "unsupported", "unjudged")

    @property
    def key(self):
        return self.kind, self.message


def command(tool, paths):
    return [tool, *map(str, paths), "--grad=all", "--check", *WHERE, "--batch=%d" % DYNAMIC_BATCH]


def without_details(message):
    message = re.sub(r"'?tensor<[^>]*>'?", "TENSOR", message)
    message = re.sub(r"\S+\.cu\b", "SOURCE", message)
    message = re.sub(r"\b(v|x|weight|bias|gamma|beta|mean|variance|grad_\w+?)\d+\b", "VALUE", message)
    return re.sub(r"(?<![\w.])\d[\d.]*(?:e[-+]?\d+)?(?!\w)", "N", message)[:300]


def failed_checks(out):
    """The phases that differ: forward, backward, dual numbers."""
    return sorted({line.split(":")[0].split(" ")[0] for line in out.splitlines() if "FAILED" in line and line != "FAILED"})


def judge(code, out, err):
    """What one model's output means."""
    lines = re.findall(r"^(?:forward|backward) \S+: .*", out, re.MULTILINE)
    found = Outcome("ok", zeros=sum("all zero" in line for line in lines), results=len(lines), text=err + out)
    error = re.search(r"^(.*?)\berror: (.*)", err, re.MULTILINE)
    finding = re.search(r"^\S+: (\S.*?) \(\d+x\)", err, re.MULTILINE)
    if code < 0 or code >= 128:
        found.kind, found.message = "crash", "signal %d" % -code if code < 0 else "exit code %d" % code
        detail = re.search(r"(Assertion .*|UNREACHABLE.*|.*terminate called.*|LLVM ERROR.*)", err)
        found.message += ": " + without_details(detail.group(1)) if detail else ""
    elif code == 3 and error and re.search(r":\d+:\d+: $", error.group(1)) and "not supported" in error.group(2):
        found.kind, found.message = "unsupported", without_details(error.group(2))
    elif code == 4 and finding:
        found.kind, found.message = "mismatch", "found on the host: " + finding.group(1)
    elif code == 4:
        checks = failed_checks(out)
        nan = checks == ["dual"] and re.search(r"^dual numbers: .*difference -?nan", out, re.MULTILINE)
        found.kind, found.message = ("unjudged", "NaN") if nan else ("mismatch", ", ".join(checks) + " differ")
    elif code:
        compiling = re.search(r"\.cu:\d+:\d+: (error: .*)", err)
        said = compiling.group(1) if compiling else error.group(2) if error else err.strip()
        found.kind, found.message = "error", "exit code %d: %s" % (code, without_details(said))
    return found


def run_one(tool, path):
    try:
        done = subprocess.run(command(tool, [path]), capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return Outcome("timeout", "more than %d s" % TIMEOUT)
    return judge(done.returncode, done.stdout, done.stderr)


def run_several(tool, paths):
    """The outcome of each path. What is not fine in a process of several runs again in one of its own, so that its diagnostics stand alone."""
    try:
        done = subprocess.run(command(tool, paths), capture_output=True, text=True, timeout=TIMEOUT + 5 * len(paths))
        out = done.stdout
    except subprocess.TimeoutExpired as late:
        out = (late.stdout or b"").decode()
    outcomes = {}
    parts = re.split(r"^== (\S+\.mlir)\n", out, flags=re.MULTILINE)
    for name, text in zip(parts[1::2], parts[2::2]):
        if text.endswith("ok\n"):
            outcomes[Path(name)] = judge(0, text, "")
    return {path: outcomes.get(path) or run_one(tool, path) for path in paths}


def run_all(tool, paths, jobs):
    """Outcomes in order of the paths."""
    size = PER_PROCESS if len(paths) > 1 else 1
    groups = [paths[i:i + size] for i in range(0, len(paths), size)]
    with ThreadPoolExecutor(jobs) as pool:
        found = {}
        for outcomes in pool.map(lambda group: run_several(tool, group), groups):
            found.update(outcomes)
            yield from ((path, found[path]) for path in outcomes)
