# SPDX-License-Identifier: MIT
"""A running machine: QEMU as a child, its serial console by lines, its monitor by commands."""
import pathlib
import re
import socket
import subprocess
import threading
import time

from .qmp import Qmp, QmpError


class MachineError(Exception):
    """The machine did not do what was expected; says what it did."""


class Machine:
    """Use with "with": the machine ends with the block.

    @log, a path, receives all that the serial console shows.
    """

    def __init__(self, qemu, arguments, log):
        self.log = pathlib.Path(log)
        self.started = time.monotonic()
        self._lines = []  # (seconds since the start, text)
        self._seen = 0  # how many of them wait_line has passed
        self._news = threading.Condition()
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [str(word) for word in
             [qemu, *arguments, "-serial", "stdio", "-no-user-config",
              "-chardev", f"socket,id=qmp,fd={theirs.fileno()}",
              "-mon", "chardev=qmp,mode=control"]],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            pass_fds=[theirs.fileno()])
        theirs.close()
        self._complaints = b""
        self._readers = [threading.Thread(target=self._read_serial),
                         threading.Thread(target=self._read_complaints)]
        for reader in self._readers:
            reader.start()
        try:
            self.monitor = Qmp(ours)
        except (QmpError, OSError) as error:
            self.stop()
            raise MachineError(f"QEMU did not start: {self.complaints.strip()}") from error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _read_serial(self):
        with self.log.open("wb") as log:
            for line in self._process.stdout:
                log.write(line)
                log.flush()
                with self._news:
                    text = line.decode(errors="replace").rstrip("\r\n")
                    self._lines.append((time.monotonic() - self.started, text))
                    self._news.notify_all()
        with self._news:
            self._lines.append((time.monotonic() - self.started, None))
            self._news.notify_all()

    def _read_complaints(self):
        self._complaints = self._process.stderr.read()

    @property
    def complaints(self):
        """All that QEMU wrote to its error output; complete once it has ended."""
        return self._complaints.decode(errors="replace")

    def lines(self):
        """What the guest has said so far."""
        with self._news:
            return [text for _, text in self._lines if text is not None]

    def wait_line(self, pattern, timeout=60):
        """Waits for the next console line in which the regular expression @pattern is found.

        Lines before it are passed over. Returns the match; its second of arrival is then in
        @at (since the start).
        """
        deadline = time.monotonic() + timeout
        with self._news:
            while True:
                while self._seen < len(self._lines):
                    at, text = self._lines[self._seen]
                    if text is None:
                        raise MachineError(self._story(f"the machine ended before it said /{pattern}/"))
                    self._seen += 1
                    match = re.search(pattern, text)
                    if match:
                        self.at = at
                        return match
                left = deadline - time.monotonic()
                if left <= 0:
                    raise MachineError(self._story(f"did not say /{pattern}/ in {timeout} s"))
                self._news.wait(left)

    def _story(self, what):
        last = [text for _, text in self._lines if text is not None][-12:]
        story = "\n".join(["  " + text for text in last]) or "  (nothing)"
        return f"{what}; its last lines ({self.log}):\n{story}\n{self.complaints}"

    def qmp(self, name, **arguments):
        """Executes a monitor command."""
        try:
            return self.monitor.command(name, **arguments)
        except (QmpError, OSError) as error:
            raise MachineError(self._story(f"the monitor: {error}")) from error

    def press(self, *keys):
        """Types keys, by QMP's names, one after the other."""
        for key in keys:
            for down in (True, False):
                self.qmp("input-send-event", events=[
                    {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": key}}}])

    def point(self, x, y):
        """Moves the tablet to @x, @y (0 to 0x7fff) and clicks there."""
        self.qmp("input-send-event", events=[
            {"type": "abs", "data": {"axis": "x", "value": x}},
            {"type": "abs", "data": {"axis": "y", "value": y}}])
        for down in (True, False):
            self.qmp("input-send-event",
                     events=[{"type": "btn", "data": {"down": down, "button": "left"}}])

    def screenshot(self, path, device=None, head=0):
        """Stores what a display shows as a PNG: the first of all, or @device's number @head."""
        which = {"device": device, "head": head} if device else {}
        self.qmp("screendump", filename=str(path), format="png", **which)
        return path

    def wait_migrated(self, timeout=60):
        """Waits until a migration that was started has completed."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            status = self.qmp("query-migrate")["status"]
            if status == "completed":
                return
            if status == "failed":
                break
            time.sleep(0.1)
        raise MachineError(self._story(f"did not migrate in {timeout} s"))

    def wait_end(self, timeout=60):
        """Waits until QEMU ends by itself; its exit status."""
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise MachineError(self._story(f"did not end in {timeout} s")) from None
        self._join()
        return status

    def _join(self):
        for reader in self._readers:
            reader.join()
        self._process.stdout.close()
        self._process.stderr.close()

    def kill(self):
        """Ends QEMU as a crash would, without a chance to say goodbye."""
        self._process.kill()
        self._process.wait()

    def stop(self):
        """Ends the machine at once, if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._join()
