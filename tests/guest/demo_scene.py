# SPDX-License-Identifier: MIT
"""The demo's scene (guest/demo): what the guest is told, and what the device shows and counts."""
import cases
from vm import guest

PICTURES = 4
DRAWS = 7  # a picture; 8 with Apple's shaders
WIDTH, HEIGHT = 640, 400
CURSOR = 24  # pixels, at most
OPTIONS = {"frames": PICTURES, "width": WIDTH, "height": HEIGHT}


def expect_drawn(statistics):
    """The GPU drew all of it and refused nothing."""
    refused = {name: count for name, count in statistics.items()
               if name.startswith("refused.") and count}
    cases.expect_same(refused, {}, "refusals")
    cases.expect_same(statistics["gpu.draws"], PICTURES * (DRAWS + bool(guest.apple_shaders())), "draws")
    cases.expect_same(statistics["gpu.dispatches"], PICTURES, "dispatches")


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
