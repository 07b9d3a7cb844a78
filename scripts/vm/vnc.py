# SPDX-License-Identifier: MIT
"""A small VNC viewer for tests: RFB 3.8, no authentication, raw rectangles."""
import socket
import struct
import time

_RAW, _SIZE = 0, -308
_POINTER, _KEY, _UPDATE_REQUEST, _SET_SIZE = 5, 4, 3, 251


class Vnc:
    """@width, @height and @name are the server's. It is at a port of this host, or a path."""

    def __init__(self, at, host="127.0.0.1"):
        if isinstance(at, int):
            self._socket = socket.create_connection((host, at), timeout=20)
        else:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(20)
            self._socket.connect(str(at))
        version = self._take(12)
        if not version.startswith(b"RFB 003."):
            raise ValueError(f"not a VNC server: {version!r}")
        self._socket.sendall(b"RFB 003.008\n")
        self._take(self._take(1)[0])
        self._socket.sendall(b"\x01")  # no authentication
        if self._take(4) != bytes(4):
            raise ValueError("the VNC server refused us")
        self._socket.sendall(b"\x01")  # shared
        self.width, self.height = struct.unpack(">HH", self._take(4))
        self._take(16)
        (length,) = struct.unpack(">I", self._take(4))
        self.name = self._take(length).decode()
        # 32 bits a pixel, little-endian, true colour, red at 16, green at 8, blue at 0
        self._socket.sendall(struct.pack(">B3x4BHHH3B3x", 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0))
        self._socket.sendall(struct.pack(">BxHi", 2, 1, _RAW))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def _take(self, size):
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            if not part:
                raise ValueError("the VNC server closed the connection")
            data += part
        return data

    def pixels(self):
        """The whole screen, three bytes a pixel."""
        self._socket.sendall(
            struct.pack(">BBHHHH", _UPDATE_REQUEST, 0, 0, 0, self.width, self.height))
        screen = bytearray(self.width * self.height * 3)
        while self._take(1) != b"\0":
            pass  # a bell
        (count,) = struct.unpack(">xH", self._take(3))
        for _ in range(count):
            x, y, width, height, encoding = struct.unpack(">HHHHi", self._take(12))
            if encoding != _RAW:
                raise ValueError(f"unasked-for encoding {encoding}")
            data = self._take(width * height * 4)
            for row in range(height):
                line = data[row * width * 4:(row + 1) * width * 4]
                at = ((y + row) * self.width + x) * 3
                out = bytearray(width * 3)
                out[0::3], out[1::3], out[2::3] = line[2::4], line[1::4], line[0::4]
                screen[at:at + width * 3] = out
        return bytes(screen)

    def resize(self, width, height):
        """The user makes the window another size. Nothing else can be done behind this."""
        self._socket.sendall(struct.pack(">BxHii", 2, 2, _RAW, _SIZE))
        self._socket.sendall(struct.pack(">BxHHBxIHHHHI", _SET_SIZE, width, height, 1,
                                         0, 0, 0, width, height, 0))
        asked = 0
        while not asked:  # before the answer it may tell that the screen's size is another one
            _, count = struct.unpack(">BxH", self._take(4))
            asked, status, *_, encoding = struct.unpack(">HHHHi", self._take(12))
            if (count, encoding) != (1, _SIZE):
                raise ValueError(f"unasked-for encoding {encoding}")
            self._take(4 + 16 * self._take(1)[0] - 1)
        if status != 4:  # 4: it is up to the guest
            raise ValueError(f"the VNC server refused another size: {status}")

    def key(self, keysym):
        for down in (1, 0):
            self._socket.sendall(struct.pack(">BBxxI", _KEY, down, keysym))

    def type(self, text):
        """At a typist's pace: QEMU's USB keyboard holds no more than 16 events."""
        for character in text:
            self.key(0xff0d if character == "\n" else ord(character))
            time.sleep(0.06)

    def point(self, x, y, buttons=0):
        self._socket.sendall(struct.pack(">BBHH", _POINTER, buttons, x, y))
