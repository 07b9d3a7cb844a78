#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A guest uses the GPU as its own driver does: guest/platform/gpu.c, which is the guest kit."""
import cases
from vm import guest, png

WIDTH, HEIGHT = 1024, 768


STEPS = ["gpu-start", "gpu-displays", "gpu-submit", "gpu-start-again", "gpu-show", "gpu-cursor"]


def pixel(port, x, y):
    """What the guest draws; see pixel_at() there."""
    return x & 0xff, y & 0xff, (x // 64 + y // 64 + port) % 2 * 0xff


def drive(folder, screens, board="vmapple", extra=()):
    """Lets the guest do all its steps and takes @screens: what distinguishes each screenshot."""
    boot = guest.Guest(folder, board=board, task="gpu",
                       program=cases.guest_program(guest.BOARDS[board].arch))
    with boot.start(extra=extra) as running:
        verdicts = guest.follow_report(running)
        pictures = [png.Picture(running.screenshot(folder / f"{i}.png", **screen))
                    for i, screen in enumerate(screens)]
        guest.power_off(running)
    cases.expect_same(list(verdicts), STEPS, "steps")
    for name, verdict in verdicts.items():
        cases.expect(verdict == "ok", f"{name}: {verdict}")
    for port, picture in enumerate(pictures):
        cases.expect_same((picture.width, picture.height), (WIDTH, HEIGHT), "size")
        for y in range(0, HEIGHT, 7):
            for x in range(0, WIDTH, 5):
                at = (y * WIDTH + x) * 3
                cases.expect_same(tuple(picture.pixels[at:at + 3]), pixel(port, x, y),
                                  f"display {port}, pixel {x}, {y}")


def the_mmio_form_comes_up_works_and_shows_a_picture(folder):
    drive(folder, [{}])


def the_mmio_form_has_two_displays(folder):
    drive(folder, [{}], extra=["-global", "apple-gfx-mmio.displays=2"])


def the_pci_form_shows_two_pictures_on_two_displays(folder):
    cases.need_qemu("amd64")
    drive(folder, [{"device": "gpu", "head": 0}, {"device": "gpu", "head": 1}], board="q35",
          extra=["-global", "apple-gfx-pci.displays=2"])


cases.run(
    the_mmio_form_comes_up_works_and_shows_a_picture,
    the_mmio_form_has_two_displays,
    the_pci_form_shows_two_pictures_on_two_displays)
