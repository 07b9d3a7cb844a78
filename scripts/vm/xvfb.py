# SPDX-License-Identifier: MIT
"""A virtual X server, what it shows, and somebody at its keyboard: the X protocol by hand."""
import pathlib
import shutil
import socket
import struct
import subprocess
import time

WIDTH, HEIGHT = 2560, 1600  # room for a window that grows where it is
_KEYCODES = dict(zip("qwertyuiop", range(24, 34))) | dict(zip("asdfghjkl", range(38, 47))) | dict(
    zip("zxcvbnm", range(52, 59))) | {" ": 65, "\n": 36}


class Unavailable(Exception):
    """There is no Xvfb here."""


class Xvfb:
    """Use with "with". @display is its name, as in $DISPLAY."""

    def __init__(self, folder):
        if not shutil.which("Xvfb"):
            raise Unavailable("no Xvfb; scripts/install-deps test installs it")
        self._screen = pathlib.Path(folder) / "Xvfb_screen0"
        self._process = subprocess.Popen(
            ["Xvfb", "-displayfd", "1", "-ac", "-nolisten", "tcp", "-fbdir", str(folder),
             "-screen", "0", f"{WIDTH}x{HEIGHT}x24"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        number = int(self._process.stdout.readline())
        self.display = f":{number}"
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(f"/tmp/.X11-unix/X{number}")
        self._socket.sendall(struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0))
        length = struct.unpack("<6xH", self._take(8))[0] * 4
        setup = self._take(length)
        vendor, formats = struct.unpack_from("<H3xB", setup, 16)[0], setup[21]
        (self._root,) = struct.unpack_from("<I", setup, 32 + (vendor + 3) // 4 * 4 + 8 * formats)
        reply = self._ask(struct.pack("<BxHHxx", 98, 4, 5) + b"XTEST\0\0\0")
        self._xtest = reply[9]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
        self._process.terminate()
        self._process.wait(10)

    def _take(self, size):
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            if not part:
                raise OSError("the X server closed the connection")
            data += part
        return data

    def _ask(self, request):
        self._socket.sendall(request)
        reply = self._take(32)
        return reply + self._take(struct.unpack_from("<I", reply, 4)[0] * 4)

    def _windows(self):
        reply = self._ask(struct.pack("<BxHI", 15, 2, self._root))
        (count,) = struct.unpack_from("<H", reply, 16)
        return struct.unpack_from(f"<{count}I", reply, 32)

    def find_window(self, width, height, timeout=20):
        """(id, x, y) of the window of that size, once there is one."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for window in self._windows():
                reply = self._ask(struct.pack("<BxHI", 14, 2, window))
                x, y, w, h = struct.unpack_from("<hhHH", reply, 12)
                if (w, h) == (width, height):
                    return window, x, y
            time.sleep(0.2)
        raise AssertionError(f"no window of {width}x{height} pixels appeared")

    def pixels(self, x, y, width, height):
        """What is on the screen there, three bytes a pixel."""
        data = self._screen.read_bytes()
        (header,) = struct.unpack_from(">I", data, 0)
        (stride,) = struct.unpack_from(">I", data, 48)
        (colours,) = struct.unpack_from(">I", data, 76)
        out = bytearray()
        for row in range(y, y + height):
            at = header + colours * 12 + row * stride + x * 4
            line = data[at:at + width * 4]
            rgb = bytearray(width * 3)
            rgb[0::3], rgb[1::3], rgb[2::3] = line[2::4], line[1::4], line[0::4]
            out += rgb
        return bytes(out)

    def _fake(self, kind, detail, x=0, y=0):
        self._socket.sendall(struct.pack("<BBHBBxxIIxxxxxxxxhh8x", self._xtest, 2, 9, kind, detail,
                                         0, self._root if kind == 6 else 0, x, y))

    def focus(self, window, x, y):
        """The keyboard is @window's; the pointer goes to @x, @y."""
        self._socket.sendall(struct.pack("<BBHII", 42, 1, 3, window, 0))
        self._fake(6, 0, x, y)

    def type(self, text):
        for character in text:
            self._fake(2, _KEYCODES[character])
            self._fake(3, _KEYCODES[character])
            time.sleep(0.06)
