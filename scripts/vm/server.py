# SPDX-License-Identifier: MIT
"""A running pvg-server."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import time


class ServerError(Exception):
    """The server did not do what was expected; says what it said."""


def _children(pid):
    try:
        return [int(word) for word in
                pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # it has ended
        return []


def _comm(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


class Server:
    """Use with "with". Listens at @socket with VNC on the first free ports, listed in @ports."""

    def __init__(self, program, folder, *options, displays=1, env=None):
        self.folder = pathlib.Path(folder)
        self.socket = self.folder / "gfx.sock"
        self.log = self.folder / "server.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(word) for word in
                 [program, "--socket", self.socket, "--displays", displays, "--vnc", "127.0.0.1",
                  "--screenshots", self.folder, "--control", self.folder / "control", *options]],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                # A confined process cannot look for leaks, which means tracing itself.
                env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0", **(env or {})})
        self.wait_log(r"listening on")
        self.ports = [int(port) for port in re.findall(r"VNC on \S+ port (\d+)", self.said())]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def said(self):
        return self.log.read_text(errors="replace")

    def wait_log(self, pattern, timeout=30):
        deadline = time.monotonic() + timeout
        while not re.search(pattern, self.said()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise ServerError(f"pvg-server did not say /{pattern}/:\n{self.said()}")
            time.sleep(0.02)

    def screenshots(self, displays=1):
        """Asks for PNGs and returns their paths once they are there."""
        stored = [self.folder / f"display-{number + 1}.png" for number in range(displays)]
        for path in stored:
            path.unlink(missing_ok=True)
        self._process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 10
        while not all(path.exists() for path in stored):
            if time.monotonic() > deadline:
                raise ServerError(f"pvg-server stored no screenshots:\n{self.said()}")
            time.sleep(0.02)
        return stored

    def ask(self, command):
        """What the server answers to a line on its control socket, without the last line."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(30)
            control.connect(str(self.folder / "control"))
            control.sendall(command.encode() + b"\n")
            answer = b""
            while not re.search(rb"^(ok|error: .*)\n", answer, re.MULTILINE):
                part = control.recv(65536)
                if not part:
                    raise ServerError(f"pvg-server hung up on {command!r}")
                answer += part
        *lines, verdict = answer.decode().splitlines()
        if verdict != "ok":
            raise ServerError(f"pvg-server on {command!r}: {verdict}")
        return lines

    def statistics(self):
        """{name: count}"""
        pairs = (line.rsplit(" ", 1) for line in self.ask("statistics"))
        return {name: int(value) for name, value in pairs}

    def gpu_worker(self):
        """The process id of the GPU worker that there is now."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = [pid for child in _children(self._process.pid) for pid in _children(child)
                     if _comm(pid) == "pvg-gpu-worker"]
            if found:
                return found[0]
            time.sleep(0.02)
        raise ServerError(f"pvg-server has no GPU worker:\n{self.said()}")

    def processes(self):
        """The process ids of the server and the GPU worker, which are to be confined."""
        return [self._process.pid, self.gpu_worker()]

    def stop(self):
        """Ends the server; its exit status."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise ServerError(f"pvg-server did not end:\n{self.said()}") from None
