"""What the device at hand reaches: bandwidth of a copy, rates of matrix products and of convolutions."""
import ctypes

from . import capi
from .ours import read_program, Loaded

COPY_BYTES = 1 << 30


def driver_copy(session, options):
    """Bytes per second of cuMemcpyDtoD, read and written; an error's text where libcuda does not do it."""
    cuda = ctypes.CDLL("libcuda.so.1")
    device, context = ctypes.c_int(), ctypes.c_void_p()
    for call in (lambda: cuda.cuInit(0), lambda: cuda.cuDeviceGet(ctypes.byref(device), session.context.info.dl_device_id),
                 lambda: cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), device), lambda: cuda.cuCtxSetCurrent(context)):
        if call():
            raise OSError("libcuda does not open the device's primary context")
    size = min(COPY_BYTES, session.context.info.total_memory // 8)
    buffers = [session.context.allocate(size) for _ in range(2)]
    copy = cuda.cuMemcpyDtoDAsync_v2
    copy.argtypes = [ctypes.c_uint64, ctypes.c_uint64, ctypes.c_size_t, ctypes.c_void_p]
    try:
        for buffer in buffers:
            session.context.fill(buffer, size, 1)

        def run(_):
            if copy(*buffers, size, None):
                raise OSError("cuMemcpyDtoD failed")
        spread = session.clock.spread(run, 1, options["repeats"], options["warmup"])
        return 2 * size / spread["median"] * 1e6
    finally:
        session.context.synchronize()
        for buffer in buffers:
            session.context.release(buffer)


def program_time(session, name, options):
    """Median microseconds of an extra program of the pack, and what it moves and multiplies."""
    entry, memory = session.index["extras"][name], session.memory()
    try:
        executable = capi.Executable(session.context, read_program(session.pack / entry["program"]))
        given = [memory.randn(tensor["shape"], 5 + i, 0.02) for i, tensor in enumerate(executable.tensors) if tensor["role"] in ("input", "parameter")]
        shapes = [tensor["shape"] for tensor in executable.tensors if tensor["role"] == "input"]
        executable.close()
        loaded = Loaded(session.context, memory, session.pack / entry["program"], given)
        try:
            launch = loaded.launcher(capi.FORWARD, given[:len(shapes)])
            return session.clock.spread(lambda _: launch(), 1, options["repeats"], options["warmup"])["median"]
        finally:
            loaded.close()
    finally:
        memory.close()


def library_rates(session, options):
    """Flop per second of PyTorch's library calls, each the better of what was tried."""
    torch, rates = session.torch, {}

    def product(dtype, precision):
        torch.set_float32_matmul_precision(precision)
        a, b = (torch.randn(8192, 8192, device="cuda", dtype=dtype) for _ in range(2))
        try:
            spread = session.clock.spread(lambda _: torch.mm(a, b), 1, options["repeats"], options["warmup"])
        finally:
            torch.set_float32_matmul_precision("highest")
        return 2 * 8192 ** 3 / spread["median"] * 1e6

    def convolution():
        x, w = torch.randn(64, 256, 64, 64, device="cuda"), torch.randn(256, 256, 3, 3, device="cuda")
        spread = session.clock.spread(lambda _: torch.nn.functional.conv2d(x, w, padding=1), 1, options["repeats"], options["warmup"])
        return 2 * 64 * 256 * 64 * 64 * 256 * 9 / spread["median"] * 1e6

    rates["fp32"] = {"flops_per_s": product(torch.float32, "highest"), "by": "torch.mm 8192, fp32"}
    rates["tf32"] = max(({"flops_per_s": product(torch.float32, "high"), "by": "torch.mm 8192, TF32"}, {"flops_per_s": convolution(), "by": "conv2d, TF32"}),
                        key=lambda rate: rate["flops_per_s"])
    rates["bf16"] = {"flops_per_s": product(torch.bfloat16, "highest"), "by": "torch.mm 8192, bf16"}
    return rates


def measure(session, options):
    """Rates by kind; what was not measured is taken from the compiler's table of devices, and says so."""
    extras = session.index.get("extras", {})
    result = {"rates": {kind: {"flops_per_s": value, "by": "the compiler's table of devices, not measured"}
                        for kind, value in session.index.get("device_rates", {}).items() if kind != "copy"}}
    copies = {}
    if "copy" in extras:
        copies["x + 1 by our own program"] = extras["copy"]["forward"]["bytes"] / program_time(session, "copy", options) * 1e6
    if session.cuda_device:
        try:
            copies["cuMemcpyDtoD"] = driver_copy(session, options)
        except OSError as error:
            result["cuMemcpyDtoD"] = f"NOT RUN: {error}"
    if copies:
        by = max(copies, key=copies.get)
        result["copy"] = {"bytes_per_s": copies[by], "by": by, "all": copies}
    if session.torch and session.cuda:
        result["rates"].update(library_rates(session, options))
        result["rates"]["3xtf32"] = {"flops_per_s": result["rates"]["tf32"]["flops_per_s"] / 3, "by": "a third of TF32: " + result["rates"]["tf32"]["by"]}
        result["rates"]["fp16"] = dict(result["rates"]["bf16"])
    if "matmul" in extras:
        us = program_time(session, "matmul", options)
        flops = sum(kernel["contraction_flops"] for kernel in extras["matmul"]["forward"]["kernels"])
        result["matmul"] = {"ours_us": us, "ours_flops_per_s": flops / us * 1e6, "unit": extras["matmul"]["forward"]["kernels"][0]["unit"]}
        if session.torch and session.cuda:
            result["matmul"]["library_flops_per_s"] = result["rates"]["fp32"]["flops_per_s"]
    return result
