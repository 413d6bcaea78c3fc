"""What the compiler made of a chain: loaded by the runtime, launched in given memory."""
import gzip
import math
import time

from . import capi, data


def read_program(path):
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


class Loaded:
    """A program with memory for all its tensors; inputs and parameters may be the caller's."""

    def __init__(self, context, memory, path, given, gradient=None):
        begin = time.perf_counter()
        self.executable = capi.Executable(context, read_program(path))
        context.synchronize()
        self.load_seconds = time.perf_counter() - begin
        self.context, self.memory = context, memory
        self.handles = {}
        fixed = iter(given)
        for index, tensor in enumerate(self.executable.tensors):
            if tensor["role"] in ("input", "parameter"):
                self.handles[index] = next(fixed)
            elif tensor["role"] == "grad_output":
                self.handles[index] = gradient
            else:
                self.handles[index] = memory.empty(tensor["shape"])
        phases = [capi.FORWARD, capi.BACKWARD] if gradient is not None else [capi.FORWARD]
        self.workspaces = [self.executable.workspace(phase) for phase in phases]
        most = max(self.workspaces)
        self.workspace = memory.empty([most // 4 + 64]) if most else None  # launches need multiples of 256, which allocations are
        self.bytes = sum(4 * math.prod(tensor["shape"]) for tensor in self.executable.tensors) + most
        self.launchers = {}

    def launcher(self, phase, inputs):
        """Launches a phase on a set of inputs; the other tensors are shared."""
        pointers = {index: self.memory.address(handle) for index, handle in self.handles.items()}
        names = iter(inputs)
        for index, tensor in enumerate(self.executable.tensors):
            if tensor["role"] == "input":
                pointers[index] = self.memory.address(next(names))
        return self.executable.launcher(phase, pointers, self.memory.address(self.workspace) if self.workspace is not None else None)

    def results(self):
        """(name, handle, shape) of what it computes: the output, then gradients by the argument they belong to."""
        order = {"output": 0, "grad_input": 1, "grad_parameter": 1}
        found = [(order[t["role"]], t["of"], index) for index, t in enumerate(self.executable.tensors) if t["role"] in order]
        tensors = self.executable.tensors
        return [(tensors[index]["name"], self.handles[index], tensors[index]["shape"], of if kind else None) for kind, of, index in sorted(found)]

    def close(self):
        self.context.synchronize()
        self.executable.close()


def measure(session, facts, entry, options):
    """Times of forward, of forward that saves, of backward, of both; memory, host time of launches, time to load."""
    result = {}
    memory = session.memory()
    try:
        inputs, parameters = data.arguments(memory, facts, 0)
        sets = [inputs] + [data.arguments(memory, facts, which)[0] for which in range(1, options["sets"])]
        for key in ("forward", "training"):
            gradient = data.gradient(memory, facts) if key == "training" else None
            loaded = Loaded(session.context, memory, session.pack / entry[key]["program"], inputs + parameters, gradient)
            try:
                result.update(measure_program(session, loaded, sets, key == "training", options))
            finally:
                loaded.close()
        return result
    finally:
        memory.close()


def measure_program(session, loaded, sets, training, options):
    clock, repeats, warmup = session.clock, options["repeats"], options["warmup"]
    forward = [loaded.launcher(capi.FORWARD, inputs) for inputs in sets]
    if not training:
        return {"forward_us": clock.spread(lambda i: forward[i](), len(sets), repeats, warmup),
                "forward_launch_us": clock.host(lambda i: forward[i](), len(sets), options["launches"]),
                "forward_peak_bytes": loaded.bytes, "forward_load_s": loaded.load_seconds}
    backward = [loaded.launcher(capi.BACKWARD, inputs) for inputs in sets]

    def both(i):
        forward[i]()
        backward[i]()
    times = {"both_us": clock.spread(both, len(sets), repeats, warmup)}
    times["saving_us"] = clock.spread(lambda i: forward[i](), len(sets), repeats, warmup)
    both(0)  # backward reads what forward of this very set saved
    times["backward_us"] = clock.spread(lambda i: backward[0](), 1, repeats, warmup)
    return {**times, "both_launch_us": clock.host(both, len(sets), options["launches"]), "both_peak_bytes": loaded.bytes,
            "both_load_s": loaded.load_seconds}
