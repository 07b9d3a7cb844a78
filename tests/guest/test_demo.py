#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The demo: a stock kernel's guest draws a 3D scene through the GPU, and the GPU refuses nothing."""
import cases
import demo_scene
from vm import guest, png


def draw_scene(folder, board="vmapple"):
    """Lets the guest draw a few small pictures; looks at the last one.

    Another driver of the GPU has come and gone before, as in "make run".
    """
    boot = guest.Guest(folder, board=board, program=cases.guest_program(guest.BOARDS[board].arch),
                       task="check,demo", options={"checks": "present", **demo_scene.OPTIONS})
    with boot.start() as running:
        verdicts = guest.follow_report(running)
        statistics = guest.gpu_statistics(running, board)
        picture = png.Picture(running.screenshot(folder / "screenshot.png"))
        guest.power_off(running)
    cases.expect_same(verdicts, {"present": "ok", "demo": "ok"}, "report")
    demo_scene.expect_drawn(statistics)
    cases.expect_same(statistics["sessions"], 2, "sessions")
    # The newest may still be on its way.
    cases.expect(statistics["displays.0.presents"] >= 120 + demo_scene.PICTURES,
                 "too few presents")
    demo_scene.expect_scene(picture)


def a_guest_draws_a_3d_scene(folder):
    draw_scene(folder)


def an_x86_64_guest_draws_it_too(folder):
    cases.need_qemu("amd64")
    draw_scene(folder, board="q35")


cases.run(a_guest_draws_a_3d_scene, an_x86_64_guest_draws_it_too)
