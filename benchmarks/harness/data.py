"""Input sets: the same values for every subject of a chain, in PyTorch's memory where there is PyTorch for the device, else in the runtime's."""
import array
import math
import random

PERIOD = 1048573  # a prime: no extent divides it, so that rows and images differ


def scale(role, shape):
    """Parameters of rank 2 and more are divided by the root of their fan-in, so that values stay near 1."""
    return 1 / math.sqrt(math.prod(shape[1:])) if role == "parameter" and len(shape) > 1 else 1.0


class RuntimeMemory:
    """Memory of the runtime's, filled from the host with a pattern of random values."""

    torch = None

    def __init__(self, context):
        self.context, self.pointers, self.pattern = context, [], None

    def empty(self, shape):
        size = max(4, 4 * math.prod(shape))
        self.pointers.append(self.context.allocate(size))
        return self.pointers[-1]

    def randn(self, shape, seed, factor=1.0):
        if self.pattern is None:
            source = random.Random(1)
            self.pattern = array.array("f", (source.gauss(0, 1) for _ in range(PERIOD)))
        pointer, left, done = self.empty(shape), math.prod(shape), 0
        first = seed * 7919 % PERIOD
        values = self.pattern[first:] + self.pattern[:first]
        if factor != 1.0:
            values = array.array("f", (value * factor for value in values))
        block = values * max(1, min(16, left // PERIOD + 1))
        while done < left:
            part = block[:left - done]
            self.context.write(pointer + 4 * done, part)
            done += len(part)
        return pointer

    @staticmethod
    def address(handle):
        return handle

    def close(self):
        self.context.synchronize()
        for pointer in self.pointers:
            self.context.release(pointer)
        self.pointers = []


class TorchMemory:
    """PyTorch's memory on the device that the runtime uses."""

    def __init__(self, torch, device):
        self.torch, self.device, self.keep = torch, device, []

    def empty(self, shape):
        self.keep.append(self.torch.empty(list(shape), dtype=self.torch.float32, device=self.device))
        return self.keep[-1]

    def randn(self, shape, seed, factor=1.0):
        generator = self.torch.Generator(self.device)
        generator.manual_seed(seed)
        values = self.torch.randn(list(shape), generator=generator, dtype=self.torch.float32, device=self.device)
        self.keep.append(values.mul_(factor))
        return values

    @staticmethod
    def address(handle):
        return handle.data_ptr()

    def close(self):
        self.keep = []
        if self.device != "cpu":
            self.torch.cuda.synchronize()
            self.torch.cuda.empty_cache()


def arguments(memory, facts, which):
    """Inputs of set `which`, then parameters, which all sets share, in the order of the model's arguments."""
    inputs = [memory.randn(shape, 1000 + 100 * which + i) for i, shape in enumerate(facts.inputs)]
    return inputs, parameters(memory, facts) if which == 0 else []


def parameters(memory, facts):
    return [memory.randn(shape, 1 + i, scale("parameter", shape)) for i, shape in enumerate(facts.parameters)]


def gradient(memory, facts):
    return memory.randn(facts.output, 99)
