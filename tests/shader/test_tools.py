#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What pvg-metallib makes, pvg-air reads: from OpenCL C, from C, and from the IR of either.

Usage: test_tools.py PVG_METALLIB PVG_AIR FOLDER_OF_THIS_FILE
"""
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

EXPECTED = """\
vertex place
  in  vertex_id  uint  vertex_index
  in  vertex_input 0  float2  corner
  out position  float4  position
  out vertex_output  float2  user(uv)  uv
  out vertex_output  float3  user(normal)  normal
  out vertex_output  uint  user(number)  number
fragment shade
  in  fragment_input  float2  user(uv)  uv
  in  fragment_input  float3  user(normal)  normal
  in  fragment_input  uint  user(number)  number
  in  texture 0  texture2d<float, sample>  sample  image
  in  sampler 0  sampler  smooth
  out render_target 0  float4  colour
  out depth  float  depth
kernel scale
  in  buffer 0  void  read_write  from
  in  buffer 1  void  read_write  to
  in  buffer 2  void  read  factor
  in  buffer 0  void  read_write  shared
  in  texture 3  texture2d<float, write>  write  image
  in  thread_position_in_grid  uint  i
  in  thread_index_in_threadgroup  uint  lane
"""


def run(*command, status=0):
    done = subprocess.run(command, capture_output=True, text=True)
    if status is not None and done.returncode != status:
        raise AssertionError(f"{command}: status {done.returncode}\n{done.stderr}")
    return done


def listed(air, path):
    lines = run(air, "list", path).stdout.splitlines()
    return "".join((line if line.startswith(" ") else " ".join(line.split()[:2])) + "\n"
                   for line in lines)


def shaders_in_opencl_c_and_in_c_become_the_same_functions(metallib, air, here, tmp):
    for source in ("kinds.cl", "kinds.c"):
        run(metallib, "-o", tmp / "kinds.metallib", here / source)
        assert listed(air, tmp / "kinds.metallib") == EXPECTED, listed(air, tmp / "kinds.metallib")


def the_text_of_a_module_makes_the_same_library_again(metallib, air, here, tmp):
    text = run(metallib, "--text", "-o", tmp / "one.metallib", here / "kinds.cl").stdout
    (tmp / "kinds.ll").write_text(text)
    run(metallib, "-o", tmp / "two.metallib", tmp / "kinds.ll")
    assert listed(air, tmp / "two.metallib") == EXPECTED
    assert listed(air, tmp / "kinds.ll") == EXPECTED


def precise_arithmetic_calls_the_precise_functions(metallib, air, here, tmp):
    fast = run(metallib, "--text", here / "kinds.cl").stdout
    precise = run(metallib, "--text", "--precise", here / "kinds.cl").stdout
    assert "@air.fast_sin.f32" in fast and "fast_math_enable" in fast
    assert "@air.sin.f32" in precise and "fast_math_disable" in precise
    assert "@air.fast_" not in precise and " nnan " not in precise


def a_shader_that_does_not_compile_is_named(metallib, air, here, tmp):
    (tmp / "bad.cl").write_text("KERNEL void k(float plain) { }\n")
    done = run(metallib, "-o", tmp / "bad.metallib", tmp / "bad.cl", status=1)
    assert 'cannot use "k"' in done.stderr and "metal.h" in done.stderr, done.stderr
    assert not (tmp / "bad.metallib").exists()


def a_file_that_is_no_shader_is_refused_by_reason(metallib, air, here, tmp):
    (tmp / "bad.metallib").write_bytes(b"MTLB" + bytes(84))
    done = run(air, "list", tmp / "bad.metallib", status=2)
    assert "is not a shader library" in done.stderr, done.stderr


class Skipped(Exception):
    """The test cannot run here."""


def kernel_run(air, *arguments, status=0):
    done = run(air, "run", *arguments, status=None)
    if "Vulkan instance" in done.stderr or "no Vulkan device" in done.stderr or \
            "libvulkan" in done.stderr:
        raise Skipped(done.stderr.strip())
    if done.returncode != status:
        raise AssertionError(f"{arguments}: status {done.returncode}\n{done.stderr}")
    return done


def what_is_written_is_optimized_when_asked(metallib, air, here, tmp):
    if not shutil.which("spirv-opt"):
        raise Skipped("spirv-opt is not installed")
    run(metallib, "-o", tmp / "kinds.metallib", here / "kinds.cl")
    for folder, *options in (("plain",), ("small", "--optimize")):
        run(air, "compile", "-o", tmp / folder, *options, tmp / "kinds.metallib")
    for name in ("scale", "place", "shade"):
        plain, small = ((tmp / folder / f"{name}.spv").read_bytes() for folder in ("plain", "small"))
        assert small[:4] == plain[:4] and small != plain and len(small) % 4 == 0, name


INVERT = """
KERNEL void invert(TEXTURE(texture2d, from, 0, texture2d<float, read>),
                   TEXTURE(texture2d, to, 1, texture2d<float, write>),
                   BUFFER(device float *, first, 0), BUILTIN(uint2, at, thread_position_in_grid))
{
    write_2d(to, at, 1.0f - read_2d(from, at));
    if (at.x == 0 && at.y == 0) {
        first[0] = read_2d(from, at).y;
    }
}
"""


def a_kernel_runs_on_a_picture_and_on_made_up_texels(metallib, air, here, tmp):
    (tmp / "invert.cl").write_text(INVERT)
    library = tmp / "invert.metallib"
    run(metallib, "-o", library, tmp / "invert.cl")
    picture = bytes(range(40, 58))
    (tmp / "in.ppm").write_bytes(b"P6 # a comment\n3 2\n255\n" + picture)
    done = kernel_run(air, library, "--texture", f"0=@{tmp / 'in.ppm'}", "--texture",
                      "1=float[3x2]", "--buffer", "0=float[1]", "--threads", "3x2", "--limit", "1",
                      "--save", f"texture:1={tmp / 'out.ppm'}", "--save",
                      f"buffer:0={tmp / 'first'}")
    assert (tmp / "out.ppm").read_bytes() == b"P6\n3 2\n255\n" + bytes(255 - b for b in picture)
    assert struct.unpack("<f", (tmp / "first").read_bytes())[0] == as_float(41 / 255)
    assert "texture 1, 3x2x1 of 4 float:" in done.stdout, done.stdout
    done = kernel_run(air, library, "-x", "0=float[2x1]:ramp", "-x", "1=float[2x1]", "-b",
                      "0=float[1]", "-t", "2", "-s", f"texture:0={tmp / 'raw'}")
    assert "texture 1, 2x1x1 of 4 float: 1 0 -1 -2 -3 -4 -5 -6\n" in done.stdout, done.stdout
    done = kernel_run(air, library, "-x", f"0=float[2x1]@{tmp / 'raw'}", "-x", "1=float[2x1]", "-b",
                      "0=float[1]", "-t", "2")
    assert "texture 0, 2x1x1 of 4 float: 0 1 2 3 4 5 6 7\n" in done.stdout, done.stdout


def as_float(value):
    """@value as a float has it."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


def a_texture_that_does_not_fit_is_refused_by_reason(metallib, air, here, tmp):
    (tmp / "invert.cl").write_text(INVERT)
    library = tmp / "invert.metallib"
    run(metallib, "-o", library, tmp / "invert.cl")
    (tmp / "short").write_bytes(bytes(31))
    (tmp / "bad.ppm").write_bytes(b"P6 16384 16384 255\n")
    for texture, why in (("0=uint[2x1]", "of type float"), ("5=float[2x1]", "no texture 5"),
                         ("0=float[0x1]", "is not a texture"), ("32=float[1]", "is not a texture"),
                         (f"0=float[2x1]@{tmp / 'short'}", "31 bytes"),
                         ("0=float[2x1]:noise", ":noise"), (f"0=@{tmp / 'bad.ppm'}", "damaged"),
                         ("0=@nowhere.ppm", "nowhere.ppm")):
        done = kernel_run(air, library, "--texture", texture, status=2)
        assert why in done.stderr, done.stderr


def main(metallib, air, here):
    tests = [test for name, test in globals().items()
             if callable(test) and
             name not in ("run", "listed", "main", "Skipped", "kernel_run", "as_float")]
    failed = 0
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        with tempfile.TemporaryDirectory() as tmp:
            try:
                test(metallib, air, pathlib.Path(here), pathlib.Path(tmp))
                print(f"ok {number} {test.__name__}")
            except Skipped as why:
                print(f"ok {number} {test.__name__} # SKIP {why}")
            except AssertionError as error:
                failed += 1
                print(f"not ok {number} {test.__name__}\n# " + str(error).replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
