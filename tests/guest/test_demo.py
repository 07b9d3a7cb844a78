#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The demo: a stock kernel's guest draws a 3D scene through the GPU, and the GPU refuses nothing."""
import cases
from vm import guest, png

PICTURES = 4
DRAWS = 7  # a picture; 8 with Apple's shaders
WIDTH, HEIGHT = 640, 400


def draw_scene(folder, board="vmapple"):
    """Lets the guest draw a few small pictures; looks at the last one.

    Another driver of the GPU has come and gone before, as in "make run".
    """
    boot = guest.Guest(folder, board=board, program=cases.guest_program(guest.BOARDS[board].arch),
                       task="check,demo", options={"checks": "present", "frames": PICTURES,
                                                     "width": WIDTH, "height": HEIGHT})
    with boot.start() as running:
        verdicts = guest.follow_report(running)
        statistics = guest.gpu_statistics(running, board)
        picture = png.Picture(running.screenshot(folder / "screenshot.png"))
        guest.power_off(running)
    cases.expect_same(verdicts, {"present": "ok", "demo": "ok"}, "report")
    refused = {name: count for name, count in statistics.items()
               if name.startswith("refused.") and count}
    cases.expect_same(refused, {}, "refusals")
    cases.expect_same(statistics["sessions"], 2, "sessions")
    # The newest may still be on its way.
    cases.expect(statistics["displays.0.presents"] >= 120 + PICTURES, "too few presents")
    cases.expect_same(statistics["gpu.draws"], PICTURES * (DRAWS + bool(guest.apple_shaders())), "draws")
    cases.expect_same(statistics["gpu.dispatches"], PICTURES, "dispatches")
    expect_scene(picture)


def expect_scene(picture):
    """Sky above, blue; tiles below, grey, dark and bright in turn; the golden knot in between."""
    cases.expect_same((picture.width, picture.height), (WIDTH, HEIGHT), "size")
    red, green, blue = picture.pixel(WIDTH - 8, 8)
    cases.expect(blue > red and blue > 60, f"the sky is {red}, {green}, {blue}")
    row = [picture.pixel(x, HEIGHT - 40) for x in range(WIDTH)]
    brightness = [sum(pixel) for pixel in row]
    cases.expect(max(brightness) - min(brightness) > 150, "there are no tiles on the floor")
    knot = [picture.pixel(x, y) for x in range(WIDTH // 3, WIDTH * 2 // 3)
            for y in range(HEIGHT // 3, HEIGHT // 2)]
    golden = sum(red > blue + 40 for red, _, blue in knot)
    cases.expect(golden > len(knot) // 20, f"{golden} of {len(knot)} pixels are golden")


def a_guest_draws_a_3d_scene(folder):
    draw_scene(folder)


def an_x86_64_guest_draws_it_too(folder):
    cases.need_qemu("amd64")
    draw_scene(folder, board="q35")


cases.run(a_guest_draws_a_3d_scene, an_x86_64_guest_draws_it_too)
