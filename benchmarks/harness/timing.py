"""Times on the device with a cold L2 cache, and what a call costs the host."""
import time

from .stats import spread

FLUSH_BYTES = 256 << 20  # twice the largest L2 cache there is


class Clock:
    """Times calls on a context's device."""

    def __init__(self, context, flush_bytes=FLUSH_BYTES):
        self.context, self.flush_bytes = context, flush_bytes
        self.buffer = context.allocate(flush_bytes) if flush_bytes else None

    def samples(self, call, sets, repeats, warmup):
        """Microseconds of `call(set)` on the device. The cache is flushed in front of each; the flush, which the device is busy with while the
        host enqueues the call, is not part of the time."""
        times = []
        for i in range(warmup + repeats):
            if self.buffer:
                self.context.fill(self.buffer, self.flush_bytes, i % 256)
            times.append(self.context.microseconds(lambda: call(i % sets)))
        return times[warmup:]

    def spread(self, call, sets, repeats, warmup):
        return spread(self.samples(call, sets, repeats, warmup))

    def host(self, call, sets, repeats):
        """Microseconds of host time of a call that does not wait for the device."""
        times = []
        call(0)
        self.context.synchronize()
        for i in range(repeats):
            begin = time.perf_counter_ns()
            call(i % sets)
            times.append((time.perf_counter_ns() - begin) / 1e3)
        self.context.synchronize()
        return spread(times)
