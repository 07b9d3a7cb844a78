# SPDX-License-Identifier: MIT
"""PNG files with 8 bits a channel, as QEMU's screendump writes them: read, and compared."""
import struct
import zlib

_CHANNELS = {2: 3, 6: 4}  # colour type: RGB, RGBA


class Picture:
    """@pixels has three bytes a pixel."""

    def __init__(self, path):
        data = path.read_bytes()
        if data[:8] != b"\x89PNG\r\n\x1a\n":
            raise ValueError(f"{path} is no PNG")
        at, packed = 8, b""
        while at < len(data):
            length, kind = struct.unpack_from(">I4s", data, at)
            body = data[at + 8:at + 8 + length]
            at += length + 12
            if kind == b"IHDR":
                self.width, self.height, depth, colour, _, _, interlace = struct.unpack(
                    ">IIBBBBB", body)
                if depth != 8 or colour not in _CHANNELS or interlace:
                    raise ValueError(f"{path}: depth {depth}, colour type {colour}")
            elif kind == b"IDAT":
                packed += body
        channels = _CHANNELS[colour]
        rows = list(_rows(zlib.decompress(packed), self.width * channels, channels))
        if channels == 4:
            rows = [_without_alpha(row) for row in rows]
        self.pixels = b"".join(rows)

    def pixel(self, x, y):
        """(red, green, blue)."""
        at = (y * self.width + x) * 3
        return tuple(self.pixels[at:at + 3])

    def first_difference(self, other):
        """A sentence on where @other differs; None when it does not."""
        if (self.width, self.height) != (other.width, other.height):
            return f"{other.width}x{other.height} pixels, not {self.width}x{self.height}"
        for at in range(0, len(self.pixels), self.width * 3):
            ours, theirs = (p.pixels[at:at + self.width * 3] for p in (self, other))
            if ours != theirs:
                x = next(i for i in range(self.width) if ours[3 * i:3 * i + 3] != theirs[3 * i:3 * i + 3])
                return (f"pixel {x},{at // (self.width * 3)} is #{theirs[3 * x:3 * x + 3].hex()}, "
                        f"not #{ours[3 * x:3 * x + 3].hex()}")
        return None


def _without_alpha(row):
    out = bytearray(len(row) // 4 * 3)
    for channel in range(3):
        out[channel::3] = row[channel::4]
    return bytes(out)


def _rows(data, length, step):
    """The rows of the image, filters undone; @step is the bytes of a pixel."""
    above = bytes(length)
    for at in range(0, len(data), length + 1):
        row = bytearray(data[at + 1:at + 1 + length])
        _unfilter(data[at], row, above, step)
        yield bytes(row)
        above = row


def _unfilter(kind, row, above, step):
    for i in range(len(row) if kind else 0):
        left = row[i - step] if i >= step else 0
        up = above[i]
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = up
        elif kind == 3:
            guess = (left + up) // 2
        else:
            guess = _paeth(left, up, above[i - step] if i >= step else 0)
        row[i] = (row[i] + guess) & 0xff


def _paeth(left, up, corner):
    line = left + up - corner
    distances = (abs(line - left), abs(line - up), abs(line - corner))
    return (left, up, corner)[distances.index(min(distances))]
