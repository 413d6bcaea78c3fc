"""Measures what it is told to, one request per line of standard input, in a process of its own: a crash or a hang takes nothing else along."""
import gc
import json
import os
import sys
from pathlib import Path

from . import baseline, capi, chains, ours, rates
from .data import RuntimeMemory, TorchMemory
from .timing import Clock


class Session:
    """A device, the pack, and PyTorch where it can be had."""

    def __init__(self, pack, device, facts, pytorch, flush_bytes):
        self.pack = Path(pack)
        self.index = json.loads((self.pack / "index.json").read_text(encoding="utf-8"))
        self.torch, self.no_torch = None, "PyTorch was not asked for"
        self.cuda_device = device.startswith("cuda")
        if pytorch:
            self.import_torch()
        self.cuda = self.torch is not None and self.cuda_device
        self.context = capi.Context(capi.Library(self.pack / self.index["library"]), device)
        self.clock = Clock(self.context, flush_bytes)
        self.chains = {chain.number: chain for chain in chains.read(facts)}
        self.entries = {entry["chain"]: entry for entry in self.index["chains"]}

    def import_torch(self):
        try:
            import torch
        except ImportError as error:
            self.no_torch = f"no PyTorch: {error}"
            return
        if self.cuda_device and not torch.cuda.is_available():
            self.no_torch = "PyTorch sees no GPU"
            return
        self.torch, self.no_torch = torch, None
        self.policy = baseline.policy(torch)

    def memory(self):
        """Memory that the runtime's device can use, PyTorch's where it can be shared."""
        return TorchMemory(self.torch, "cuda") if self.cuda else RuntimeMemory(self.context)

    def torch_memory(self):
        return TorchMemory(self.torch, "cuda" if self.cuda else "cpu")

    def synchronize(self):
        self.context.synchronize()

    def about(self):
        return {"device": {**self.context.device, "named": self.context.name},
                "pytorch": self.policy if self.torch else {"not_run": self.no_torch}}

    def answer(self, request):
        kind, options = request["subject"], request.get("options", {})
        if kind == "about":
            return self.about()
        if kind == "rates":
            return rates.measure(self, options)
        facts, entry = self.chains[request["chain"]], self.entries.get(request["chain"])
        if kind in ("ours", "errors") and (entry is None or "error" in entry):
            return {"not_run": "the pack has no program for it: " + (entry or {}).get("error", "it was not compiled")}
        if kind == "ours":
            return ours.measure(self, facts, entry, options)
        if not self.torch:
            return {"not_run": self.no_torch}
        if kind == "errors":
            return baseline.errors(self, facts, entry)
        if request.get("warm"):
            return baseline.warm(self, facts, kind)
        return baseline.measure(self, facts, kind, options)

    def guarded(self, request):
        gc.collect()  # what a failed request held must not take memory from the next
        try:
            return self.answer(request)
        except capi.Failure as failure:
            return {"not_run" if failure.status == capi.OUT_OF_MEMORY else "error": str(failure), "status": failure.status}
        except Exception as error:  # whatever PyTorch or a chain does, the next request gets its answer
            if type(error).__name__ == "OutOfMemoryError":
                self.torch.cuda.empty_cache()
                return {"not_run": "out of device memory"}
            return {"error": f"{type(error).__name__}: {str(error)[:500]}"}


def add_arguments(parser):
    parser.add_argument("--pack", required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--file", required=True)
    parser.add_argument("--flush-bytes", type=int, required=True)
    parser.add_argument("--no-torch", action="store_true")


def run(options):
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not stand between answers
    try:
        session = Session(options.pack, options.device, options.file, not options.no_torch, options.flush_bytes)
    except (capi.Failure, OSError) as error:
        print(json.dumps({"no_device": str(error)}), file=answers, flush=True)
        return 5
    print(json.dumps(session.about()), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(session.guarded(json.loads(line))), file=answers, flush=True)
    return 0
