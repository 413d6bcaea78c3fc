"""Starts workers, asks them, and replaces those that crash or hang."""
import json
import select
import subprocess
import sys
import time

from . import chains


class NoDevice(Exception):
    """The device cannot be used; the message says why."""


class Worker:
    """A worker process that is started when it is first asked."""

    def __init__(self, arguments, environment=None):
        self.command = [sys.executable, str(chains.HERE.parent / "run"), "worker", *arguments]
        self.environment, self.process, self.text = environment, None, b""

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.environment)
        self.text = b""
        about = self.line(600)
        if about is None or "no_device" in about:
            self.stop()
            raise NoDevice(about["no_device"] if about else "the worker ended before it said anything")
        return about

    def line(self, seconds):
        """The next answer; None when the process ended or time is up."""
        end = time.monotonic() + seconds
        stream = self.process.stdout
        while b"\n" not in self.text:
            left = end - time.monotonic()
            if left <= 0 or not select.select([stream], [], [], left)[0]:
                return None
            piece = stream.read1(1 << 16)
            if not piece:
                return None
            self.text += piece
        line, _, self.text = self.text.partition(b"\n")
        return json.loads(line)

    def ask(self, request, seconds):
        if self.process is None:
            self.start()
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            answer = self.line(seconds)
        except OSError:
            answer = None
        if answer is not None:
            return answer
        code = self.process.poll()
        self.stop()
        return {"error": f"no answer within {seconds:.0f} s" if code is None else f"the process ended with code {code}"}

    def stop(self):
        if self.process is None:
            return
        self.process.stdin.close()
        try:
            self.process.wait(5 if self.process.poll() is None else 0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process = None
