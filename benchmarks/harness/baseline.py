"""PyTorch's side: eager, eager in a CUDA graph, torch.compile; float64 eager as the reference for errors."""
import time

from . import data, torch_source
from .ours import Loaded

SUBJECTS = ["eager", "graph", "compile", "autotune"]
# CUDA graphs of torch.compile copy every input into static memory first, so they are left to the subject `graph`.
MODES = {"compile": None, "autotune": "max-autotune-no-cudagraphs"}


def policy(torch):
    """PyTorch's defaults for precision, set and said: TF32 in convolutions, fp32 in matrix products."""
    torch.backends.cudnn.allow_tf32 = True
    torch.set_float32_matmul_precision("highest")
    return {"convolutions": "TF32 allowed", "matrix products": "fp32 (highest)", "cudnn.benchmark": torch.backends.cudnn.benchmark,
            "torch.compile": {name: mode or "default" for name, mode in MODES.items()}, "pytorch": torch.__version__}


class Baseline:
    """A chain's function in PyTorch with its arguments."""

    def __init__(self, session, facts, subject, options):
        self.torch, self.facts, self.subject, self.options, self.session = session.torch, facts, subject, options, session
        self.memory = session.torch_memory()
        inputs, parameters = data.arguments(self.memory, facts, 0)
        self.sets = [[tensor.requires_grad_() for tensor in inputs + parameters]]
        self.gradient = data.gradient(self.memory, facts)
        function = torch_source.function(facts)
        self.function = function if subject in ("eager", "graph") else self.torch.compile(function, mode=MODES[subject])

    def forward(self, i):
        with self.torch.no_grad():
            return self.function(*self.sets[i])

    def both(self, i):
        return self.torch.autograd.grad(self.function(*self.sets[i]), self.sets[i], self.gradient)

    def more_sets(self):
        parameters = self.sets[0][len(self.facts.inputs):]
        for which in range(1, self.options["sets"]):
            inputs, _ = data.arguments(self.memory, self.facts, which)
            self.sets.append([tensor.requires_grad_() for tensor in inputs] + parameters)

    def captured(self, call):
        """The call as one CUDA graph per set."""
        torch, graphs, pool = self.torch, [], None
        side = torch.cuda.Stream()
        for i in range(len(self.sets)):
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(2):
                    call(i)
            torch.cuda.current_stream().wait_stream(side)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, pool=pool):
                kept = call(i)
            pool = graph.pool()
            del kept  # graphs run one after the other and may share memory
            graphs.append(graph)
        return lambda i: graphs[i].replay()

    def run(self):
        cuda, options, result = self.session.cuda, self.options, {}
        for name, call in (("forward", self.forward), ("both", self.both)):
            begin = time.perf_counter()
            call(0)
            self.session.synchronize()
            first = time.perf_counter() - begin
            begin = time.perf_counter()
            call(0)
            self.session.synchronize()
            if self.subject in MODES:
                result[f"{name}_compile_s"] = max(0.0, first - (time.perf_counter() - begin))
            if cuda:
                self.torch.cuda.empty_cache()
                self.torch.cuda.reset_peak_memory_stats()
                call(0)
                self.torch.cuda.synchronize()
                result[f"{name}_peak_bytes"] = self.torch.cuda.max_memory_allocated()
        self.more_sets()
        for name, call in (("forward", self.forward), ("both", self.both)):
            timed = self.captured(call) if self.subject == "graph" else call
            result[f"{name}_us"] = self.session.clock.spread(timed, len(self.sets), options["repeats"], options["warmup"])
            result[f"{name}_launch_us"] = self.session.clock.host(timed, len(self.sets), options["launches"])
        return result

    def close(self):
        self.sets, self.gradient, self.function = [], None, None
        self.memory.close()


def measure(session, facts, subject, options):
    if subject == "graph" and not session.cuda:
        return {"not_run": "CUDA graphs need a GPU"}
    if subject in MODES:
        session.torch._dynamo.reset()
    baseline = Baseline(session, facts, subject, options)
    try:
        return baseline.run()
    finally:
        baseline.close()


def warm(session, facts, subject):
    """Compiles once, cold, for the caches on disk: seconds of forward, and of forward and backward."""
    result = {}
    session.torch._dynamo.reset()
    baseline = Baseline(session, facts, subject, {"sets": 1})
    try:
        for name, call in (("forward", baseline.forward), ("both", baseline.both)):
            begin = time.perf_counter()
            call(0)
            session.synchronize()
            result[f"{name}_cold_compile_s"] = time.perf_counter() - begin
        return result
    finally:
        baseline.close()


# ---------------------------------------------------------------- errors

def differences(torch, found, reference):
    """Largest error over the largest magnitude, and root mean square error over root mean square."""
    found = found.to(torch.float64)
    if not torch.isfinite(found).all() or not torch.isfinite(reference).all():
        return {"finite": False, "same_places": bool((torch.isfinite(found) == torch.isfinite(reference)).all())}
    peak, power = reference.abs().max().item(), reference.square().mean().sqrt().item()
    found -= reference
    largest, mean = found.abs().max().item(), found.square().mean().sqrt().item()
    if peak == 0:
        return {"max": largest, "rms": mean, "reference": "all zero: absolute errors, which prove little"}
    return {"max": largest / peak, "rms": mean / power}


def values_and_gradients(torch, function, arguments, gradient):
    leaves = [tensor.detach().requires_grad_() for tensor in arguments]
    result = function(*leaves)
    gradients = torch.autograd.grad(result, leaves, gradient, allow_unused=True)
    return [result.detach(), *(torch.zeros_like(leaf) if g is None else g for leaf, g in zip(leaves, gradients))]


def errors(session, facts, entry):
    """Errors of our output and gradients, and of eager fp32, against eager float64 on the same inputs."""
    if facts.random:
        return {"not_run": "it draws random numbers, of which PyTorch draws others"}
    memory = session.torch_memory()
    try:
        return compared(session, facts, entry, memory)
    finally:
        memory.close()


def compared(session, facts, entry, memory):
    torch, function = session.torch, torch_source.function(facts)
    inputs, parameters = data.arguments(memory, facts, 0)
    arguments, gradient = inputs + parameters, data.gradient(memory, facts)
    with torch.no_grad():
        wide = [tensor.double() for tensor in arguments]
    reference = values_and_gradients(torch, function, wide, gradient.double())
    del wide
    names = ["y"] + [f"grad_{i}" for i in range(len(arguments))]
    eager = values_and_gradients(torch, function, arguments, gradient)
    result = {"eager": {name: differences(torch, value, wanted) for name, value, wanted in zip(names, eager, reference)}}
    del eager
    if session.cuda:
        torch.cuda.empty_cache()
    result["ours"] = ours_errors(session, facts, entry, arguments, gradient, names, reference)
    return result


def ours_errors(session, facts, entry, arguments, gradient, names, reference):
    torch, memory = session.torch, session.memory()
    try:
        given, upstream = arguments, gradient
        if not memory.torch:  # the runtime's device keeps memory of its own
            given = [memory.empty(tensor.shape) for tensor in arguments]
            upstream = memory.empty(gradient.shape)
            for pointer, tensor in zip([*given, upstream], [*arguments, gradient]):
                session.context.write(pointer, bytearray(tensor.detach().contiguous().numpy().tobytes()))
        loaded = Loaded(session.context, memory, session.pack / entry["training"]["program"], given, upstream)
        try:
            for phase in (0, 1):
                loaded.launcher(phase, given[:len(facts.inputs)])()
            session.context.synchronize()
            found = {}
            for _, handle, shape, of in loaded.results():
                place = 0 if of is None else of + 1  # a program's tensors begin with its arguments
                name, wanted, value = names[place], reference[place], handle
                if not memory.torch:
                    size = 4 * max(1, wanted.numel())
                    value = torch.frombuffer(session.context.read(handle, size), dtype=torch.float32)[:wanted.numel()].reshape(shape)
                found[name] = differences(torch, value.reshape(wanted.shape), wanted)
            return found
        finally:
            loaded.close()
    finally:
        memory.close()
