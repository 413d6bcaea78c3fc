"""libfusion_runtime's C interface (include/fusion/fusion.h) by ctypes: as much of it as measuring needs."""
import ctypes
from ctypes import POINTER, byref, c_char, c_char_p, c_float, c_int, c_int32, c_int64, c_size_t, c_uint8, c_uint16, c_uint32, c_uint64, c_ubyte, c_void_p

FORWARD, BACKWARD = 0, 1
INPUTS, OUTPUTS, SAVED = 0, 1, 2
ROLES = ["input", "parameter", "output", "saved", "grad_output", "grad_input", "grad_parameter"]
DEVICE_ERROR, UNSUPPORTED, OUT_OF_MEMORY = 5, 3, 6
BODY = ctypes.CFUNCTYPE(c_int, c_void_p)


class Failure(Exception):
    """A call that failed, with the library's message."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class DeviceInfo(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("name", c_char * 128), ("major", c_int32), ("minor", c_int32), ("shared_bytes", c_uint64),
                ("total_memory", c_uint64), ("dl_device_type", c_int32), ("dl_device_id", c_int32)]


class ContextOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("device", c_char_p), ("driver", c_void_p), ("libcuda", c_char_p),
                ("cache_directory", c_char_p), ("cache_bytes", c_uint64), ("diagnostic", c_void_p), ("progress", c_void_p), ("user", c_void_p),
                ("compile_seconds", ctypes.c_double), ("compile_memory_bytes", c_uint64), ("compile_worker", c_char_p)]


class TensorInfo(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("role", c_int), ("name", c_char_p), ("of", c_int64), ("shape", POINTER(c_int64)), ("rank", c_uint32)]


class Tensor(ctypes.Structure):
    """DLPack's layout, as fusion_tensor."""
    _fields_ = [("data", c_void_p), ("device_type", c_int32), ("device_id", c_int32), ("ndim", c_int32), ("code", c_uint8), ("bits", c_uint8),
                ("lanes", c_uint16), ("shape", POINTER(c_int64)), ("strides", POINTER(c_int64)), ("byte_offset", c_uint64)]


class LaunchArgs(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("phase", c_int), ("batch", c_int64), ("inputs", c_void_p), ("outputs", c_void_p), ("saved", c_void_p),
                ("input_count", c_uint32), ("output_count", c_uint32), ("saved_count", c_uint32), ("workspace", c_void_p),
                ("workspace_bytes", c_uint64), ("stream", c_void_p)]


SIGNATURES = {
    "context_create": [POINTER(ContextOptions), POINTER(c_void_p)], "context_device": [c_void_p, POINTER(DeviceInfo)],
    "program_parse": [c_char_p, c_size_t, POINTER(c_void_p)], "program_tensor": [c_void_p, c_uint32, POINTER(TensorInfo)],
    "executable_create": [c_void_p, c_void_p, c_uint32, POINTER(c_void_p)], "executable_prepare": [c_void_p, c_int],
    "executable_argument": [c_void_p, c_int, c_int, c_uint32, POINTER(c_uint32)],
    "executable_workspace_bytes": [c_void_p, c_int, c_int64, POINTER(c_int64)], "launch": [c_void_p, POINTER(LaunchArgs)],
    "allocate": [c_void_p, c_uint64, c_char_p, POINTER(c_void_p)], "copy_to_device": [c_void_p, c_void_p, c_void_p, c_uint64],
    "copy_to_host": [c_void_p, c_void_p, c_void_p, c_uint64], "fill": [c_void_p, c_void_p, c_ubyte, c_uint64, c_void_p], "synchronize": [c_void_p],
    "elapsed": [c_void_p, c_void_p, BODY, c_void_p, POINTER(c_float)],
}


class Library:
    """The library; call(name, ...) runs fusion_NAME and raises what fails."""

    def __init__(self, path):
        self.path, self.raw = str(path), ctypes.CDLL(str(path))
        self.raw.fusion_last_error.restype = self.raw.fusion_version.restype = c_char_p
        self.raw.fusion_program_destroy.argtypes = self.raw.fusion_executable_destroy.argtypes = [c_void_p]
        self.raw.fusion_program_batch.argtypes, self.raw.fusion_program_batch.restype = [c_void_p, POINTER(c_int), POINTER(c_int64)], None
        self.raw.fusion_release.argtypes = [c_void_p, c_void_p]
        self.raw.fusion_executable_argument_count.argtypes = [c_void_p, c_int, c_int]
        self.raw.fusion_program_tensor_count.argtypes = [c_void_p]
        self.functions = {}
        for name, arguments in SIGNATURES.items():
            self.functions[name] = getattr(self.raw, f"fusion_{name}")
            self.functions[name].argtypes, self.functions[name].restype = arguments, c_int

    def call(self, name, *arguments):
        status = self.functions[name](*arguments)
        if status:
            raise Failure(status, self.raw.fusion_last_error().decode(errors="replace"))


class Context:
    """A device; memory on it, and times of what runs there."""

    def __init__(self, library, device):
        self.library, self.handle, self.name = library, c_void_p(), device
        options = ContextOptions(struct_size=ctypes.sizeof(ContextOptions), device=device.encode(), flags=1)  # no disk cache: times of a cold start
        library.call("context_create", byref(options), byref(self.handle))
        self.info = DeviceInfo(struct_size=ctypes.sizeof(DeviceInfo))
        library.call("context_device", self.handle, byref(self.info))

    @property
    def device(self):
        return {"name": self.info.name.decode(errors="replace"), "capability": f"{self.info.major}.{self.info.minor}", "memory": self.info.total_memory}

    def allocate(self, size):
        pointer = c_void_p()
        self.library.call("allocate", self.handle, size, b"benchmark", byref(pointer))
        return pointer.value

    def release(self, pointer):
        self.library.raw.fusion_release(self.handle, pointer)

    def write(self, pointer, data):
        """Copies any object with a buffer to the device."""
        view = memoryview(data).cast("B")
        source = (c_ubyte * len(view)).from_buffer(view) if not view.readonly else c_char_p(bytes(view))
        self.library.call("copy_to_device", self.handle, pointer, ctypes.cast(source, c_void_p), len(view))

    def read(self, pointer, size):
        data = bytearray(size)
        self.library.call("copy_to_host", self.handle, ctypes.cast((c_ubyte * size).from_buffer(data), c_void_p), pointer, size)
        return data

    def fill(self, pointer, size, value=0):
        self.library.call("fill", self.handle, pointer, value, size, None)

    def synchronize(self):
        self.library.call("synchronize", self.handle)

    def microseconds(self, body):
        """What `body` enqueues on the default stream takes on the device, between two events."""
        raised, milliseconds = [], c_float()

        def guarded(_):
            try:
                body()
                return 0
            except Exception as error:  # it must not pass through C
                raised.append(error)
                return 9
        try:
            self.library.call("elapsed", self.handle, None, BODY(guarded), None, byref(milliseconds))
        except Failure:
            if raised:
                raise raised[0] from None
            raise
        return milliseconds.value * 1e3


class Executable:
    """A program loaded on a context's device."""

    def __init__(self, context, text):
        self.context, self.library = context, context.library
        program, self.handle = c_void_p(), c_void_p()
        self.library.call("program_parse", text, len(text), byref(program))
        try:
            dynamic, size = c_int(), c_int64()
            self.library.raw.fusion_program_batch(program, byref(dynamic), byref(size))
            self.batch = size.value  # programs of chains have one batch
            self.tensors = [self.tensor(program, index) for index in range(self.library.raw.fusion_program_tensor_count(program))]
            self.library.call("executable_create", context.handle, program, 0, byref(self.handle))
        finally:
            self.library.raw.fusion_program_destroy(program)

    def close(self):
        self.library.raw.fusion_executable_destroy(self.handle)

    def tensor(self, program, index):
        info = TensorInfo(struct_size=ctypes.sizeof(TensorInfo))
        self.library.call("program_tensor", program, index, byref(info))
        return {"name": info.name.decode(), "role": ROLES[info.role], "of": info.of, "shape": [self.batch if info.shape[i] < 0 else info.shape[i] for i in range(info.rank)]}

    def arguments(self, phase, group):
        count = self.library.raw.fusion_executable_argument_count(self.handle, phase, group)
        found = []
        for place in range(count):
            index = c_uint32()
            self.library.call("executable_argument", self.handle, phase, group, place, byref(index))
            found.append(index.value)
        return found

    def workspace(self, phase):
        size = c_int64()
        self.library.call("executable_workspace_bytes", self.handle, phase, self.batch, byref(size))
        return size.value

    def launcher(self, phase, pointers, workspace):
        """A function without arguments that launches a phase; `pointers` holds the address of every tensor by index."""
        info, keep, lists = self.context.info, [], []
        for group in (INPUTS, OUTPUTS, SAVED):
            indices = self.arguments(phase, group)
            array = (POINTER(Tensor) * max(1, len(indices)))()
            for place, index in enumerate(indices):
                shape = self.tensors[index]["shape"]
                extents = (c_int64 * max(1, len(shape)))(*shape)
                tensor = Tensor(data=pointers[index], device_type=info.dl_device_type, device_id=info.dl_device_id, ndim=len(shape), code=2, bits=32, lanes=1,
                                shape=extents)
                array[place] = ctypes.pointer(tensor)
                keep += [extents, tensor]
            keep.append(array)
            lists.append((ctypes.cast(array, c_void_p), len(indices)))
        size = self.workspace(phase)
        launch = LaunchArgs(struct_size=ctypes.sizeof(LaunchArgs), phase=phase, batch=-1, inputs=lists[0][0], outputs=lists[1][0], saved=lists[2][0],
                            input_count=lists[0][1], output_count=lists[1][1], saved_count=lists[2][1], workspace=workspace, workspace_bytes=size)
        function, handle, pointer, failed = self.library.functions["launch"], self.handle, byref(launch), self.library.raw.fusion_last_error

        def run():
            status = function(handle, pointer)
            if status:
                raise Failure(status, failed().decode(errors="replace"))
        run.keep = (keep, launch)
        return run
