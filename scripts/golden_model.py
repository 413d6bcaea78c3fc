"""A model description that is built together with the PyTorch computation it stands for, and the files it is written to."""
import json
import math
import os
import struct

import numpy as np
import torch

LINE = 96  # hex digits per line of a tensor


def tensor_type(shape):
    return "tensor<%sf32>" % "".join("%sx" % d for d in shape)


class Model:
    """A model description that is built together with the PyTorch computation it stands for."""

    def __init__(self, name, about, dynamic=False, elementwise=False):
        self.name, self.about, self.dynamic, self.elementwise = name, about, dynamic, elementwise
        self.inputs, self.args, self.body, self.types = [], [], [], {}
        self.random = np.random.default_rng(sum(ord(c) * 31**i for i, c in enumerate(name)) % 2**32)

    def input(self, name, shape, values=None, parameter=False, scale=1.0, mean=0.0):
        if values is None:
            values = self.random.standard_normal(shape) * scale + mean
        values = np.asarray(values, np.float32).reshape(shape)
        self.inputs.append((name, values))
        text = list(shape)
        if self.dynamic and not parameter:
            text[0] = "?"
        self.types[name] = tensor_type(text)
        self.args.append("%%%s: %s%s" % (name, self.types[name], " {fusion.parameter}" if parameter else ""))

    def parameter(self, name, shape):
        fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 1
        self.input(name, shape, parameter=True, scale=1 / math.sqrt(fan_in))

    def op(self, result, text, operands, shape, functional=True, batched=True):
        """One op; `shape` is its result's, `functional` says how its types are printed."""
        shape = list(shape)
        if self.dynamic and batched and shape:
            shape[0] = "?"
        self.types[result] = tensor_type(shape)
        signature = self.types[result]
        if functional:
            signature = "(%s) -> %s" % (", ".join(self.types[o] for o in operands), signature)
        self.body.append("  %%%s = fusion.%s : %s" % (result, text, signature))

    def write(self, directory, compute, result="y"):
        text = "// %s\n" % self.about
        pad = ",\n" + " " * len("func.func @%s(" % self.name)
        text += "func.func @%s(%s) -> %s {\n" % (self.name, pad.join(self.args), self.types[result])
        text += "\n".join(self.body) + "\n  return %%%s : %s\n}\n" % (result, self.types[result])
        with open(os.path.join(directory, self.name + ".mlir"), "w") as f:
            f.write(text)

        output32, output64 = self.run(compute, torch.float32, None), self.run(compute, torch.float64, None)
        dy = self.gradient_values(np.asarray(self.random.standard_normal(output32.shape), np.float32))
        grads32, grads64 = self.run(compute, torch.float32, dy), self.run(compute, torch.float64, dy)
        golden = {
            "torch": torch.__version__,
            "model": self.name + ".mlir",
            "inputs": [entry(name, values) for name, values in self.inputs],
            "outputs": [entry("y", output32, output64)],
            "grad_outputs": [entry("grad_y", dy)],
            "grads": [entry(name, g32, g64) for (name, _), g32, g64 in zip(self.inputs, grads32, grads64)],
        }
        with open(os.path.join(directory, self.name + ".json"), "w") as f:
            json.dump(golden, f, indent=1)
            f.write("\n")

    def gradient_values(self, dy):
        return dy

    def run(self, compute, dtype, dy):
        """The output, or with dy the gradients of all inputs."""
        if self.elementwise:
            return self.run_one_by_one(compute, dtype, dy)
        leaves = [torch.tensor(values, dtype=dtype, requires_grad=True) for _, values in self.inputs]
        y = compute(*leaves)
        if dy is None:
            return y.detach().numpy()
        y.backward(torch.tensor(dy, dtype=dtype))
        return [leaf.grad.numpy() for leaf in leaves]

    def run_one_by_one(self, compute, dtype, dy):
        """Each element in a tensor of its own: PyTorch's vectorised CPU loops treat NaN in the gradients of relu6 and hardswish
        differently from its scalar loops, and which loop an element meets depends on its position in the tensor."""
        (_, values), = self.inputs
        flat, results = values.reshape(-1), []
        for i, element in enumerate(flat):
            x = torch.tensor([element], dtype=dtype, requires_grad=True)
            y = compute(x)
            if dy is not None:
                y.backward(torch.tensor(dy.reshape(-1)[i : i + 1], dtype=dtype))
            results.append((y.detach() if dy is None else x.grad).numpy()[0])
        result = np.array(results).reshape(values.shape)
        return result if dy is None else [result]


def bits(values, kind):
    digits = "".join(struct.pack(">" + kind, v).hex() for v in values.reshape(-1).tolist())
    return [digits[i : i + LINE] for i in range(0, len(digits), LINE)]


def entry(name, f32, f64=None):
    result = {"name": name, "shape": list(f32.shape), "f32": bits(np.asarray(f32, np.float32), "f")}
    if f64 is not None:
        assert f64.dtype == np.float64
        result["f64"] = bits(f64, "d")
    return result


def list_text(name, values):
    return "%s = array<i64: %s>" % (name, ", ".join(map(str, values)))
