# SPDX-License-Identifier: MIT
"""A QMP client: one connection, commands answered in order, events kept until asked for."""
import json
import time


class QmpError(Exception):
    """QEMU refused a command."""


class Qmp:
    def __init__(self, socket):
        self._socket = socket
        self._buffer = b""
        self.events = []
        self._receive(30)  # the greeting
        self.command("qmp_capabilities")

    def _receive(self, timeout):
        """The next message; None when none comes in time."""
        deadline = time.monotonic() + timeout
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                return None
            if not data:
                raise QmpError("QEMU has closed its monitor")
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\n", 1)
        return json.loads(line)

    def command(self, name, timeout=60, **arguments):
        """Executes a command and returns what it returns. Underscores stand for QMP's hyphens."""
        arguments = {key.replace("_", "-"): value for key, value in arguments.items()}
        request = {"execute": name, "arguments": arguments}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            message = self._receive(timeout)
            if message is None:
                raise QmpError(f"no answer to {name} in {timeout} s")
            if "event" in message:
                self.events.append(message)
            elif "error" in message:
                raise QmpError(f"{name}: {message['error']['desc']}")
            else:
                return message["return"]

    def wait_event(self, name, timeout=60):
        """The next event of that name, also one that came before."""
        deadline = time.monotonic() + timeout
        while True:
            for index, event in enumerate(self.events):
                if event["event"] == name:
                    return self.events.pop(index)
            message = self._receive(max(0, deadline - time.monotonic()))
            if message is None:
                raise QmpError(f"no event {name} in {timeout} s")
            self.events.append(message)
