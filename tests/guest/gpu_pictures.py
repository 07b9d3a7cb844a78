# SPDX-License-Identifier: MIT
"""What the guest's GPU driver (guest/driver/steps.c) reports, and leaves on the displays."""
import cases
from vm import guest, png

WIDTH, HEIGHT = 1024, 768
STEPS = ["gpu-start", "gpu-displays", "gpu-submit", "gpu-start-again", "gpu-show", "gpu-cursor"]
CURSOR = range(WIDTH // 2 - 4, WIDTH // 2 + 28), range(HEIGHT // 2 - 5, HEIGHT // 2 + 27)
CURSOR_COLOUR = (0xff, 0x80, 0x00)


def pixel(port, x, y):
    """What the guest draws; see pixel_at() in guest/driver/steps.c."""
    return x & 0xff, y & 0xff, (x // 64 + y // 64 + port) % 2 * 0xff


def expect_steps(running, steps=STEPS):
    """The guest reports @steps, those that were not waited for yet, as done."""
    verdicts = guest.follow_report(running)
    verdicts.pop("gpu-open", None)  # Linux only
    cases.expect_same(list(verdicts), steps, "steps")
    for name, verdict in verdicts.items():
        cases.expect(verdict == "ok", f"{name}: {verdict}")


def expect_picture(screen, port, cursor=False, size=(WIDTH, HEIGHT)):
    """@screen, a png.Picture or a Vnc, shows display @port; @cursor: with the cursor in it."""
    cases.expect_same((screen.width, screen.height), size, "size")
    pixels = screen.pixels() if callable(screen.pixels) else screen.pixels
    for y in range(0, size[1], 7):
        for x in range(0, size[0], 5):
            at = (y * size[0] + x) * 3
            covered = cursor and x in CURSOR[0] and y in CURSOR[1]
            cases.expect_same(tuple(pixels[at:at + 3]),
                              CURSOR_COLOUR if covered else pixel(port, x, y),
                              f"display {port}, pixel {x}, {y}")


def expect_pictures(folder, running, *sizes):
    """Each display of the device "gpu" shows its picture; @sizes has those of all displays."""
    for port, size in enumerate(sizes or [(WIDTH, HEIGHT)]):
        shot = running.screenshot(folder / f"{port}.png", device="gpu", head=port)
        expect_picture(png.Picture(shot), port, size=size)
