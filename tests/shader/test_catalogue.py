# SPDX-License-Identifier: MIT
"""Compiles small modules with `pvg-air compile`: texture, sampler, fragment and other forms of the
intrinsic catalogue (70-air 8) that no shader binary has. Each must translate and validate."""
import pathlib
import subprocess
import sys
import tempfile

FRAME = """target datalayout = "e-p:64:64:64-i1:8:8-i8:8:8-i16:16:16-i32:32:32-i64:64:64-f32:32:32-\
f64:64:64-v16:16:16-v24:32:32-v32:32:32-v48:64:64-v64:64:64-v96:128:128-v128:128:128-v192:256:256-\
v256:256:256-v512:512:512-v1024:1024:1024-n8:16:32"
target triple = "air64-apple-macosx14.0.0"
{declarations}
define void @k({parameters}) {{
{body}
  ret void
}}
!air.{stage} = !{{!0}}
!0 = !{{ptr @k, !1, !2}}
!1 = !{{}}
!2 = !{{{names}}}
{nodes}
"""
TEXTURE = "ptr addrspace(1)"
SAMPLER = "ptr addrspace(2)"
DEVICE = "ptr addrspace(1)"
F4 = "{ <4 x float>, i8 }"
F1 = "{ float, i8 }"
H4 = "{ <4 x half>, i8 }"
U4 = "{ <4 x i32>, i8 }"
XY = "<2 x float> <float 0.5, float 0.25>"
XYZ = "<3 x float> <float 0.5, float 0.25, float 0.125>"
ZERO2 = "<2 x i32> zeroinitializer"
PIXEL = "<2 x i32> <i32 1, i32 2>"


def texture(index, access, name):
    return (f'"air.texture", !"air.location_index", i32 {index}, i32 1, !"air.{access}", '
            f'!"air.arg_type_name", !"{name}"')


def sampler(index):
    return f'"air.sampler", !"air.location_index", i32 {index}, i32 1'


def buffer(index):
    return (f'"air.buffer", !"air.location_index", i32 {index}, i32 1, !"air.read_write", '
            f'!"air.address_space", i32 1, !"air.arg_type_size", i32 4, '
            f'!"air.arg_type_align_size", i32 4')


def call(result, name, operands):
    """The declaration and the call of @air.name whose operands are "type value" texts."""
    types = []
    for operand in operands:
        depth = 0
        for at, letter in enumerate(operand):
            depth += letter in "<({"
            depth -= letter in ">)}"
            if letter == " " and depth == 0 and not operand[at:].startswith(" addrspace"):
                types.append(operand[:at])
                break
    return (f"declare {result} @air.{name}({', '.join(types)})",
            f"call {result} @air.{name}({', '.join(operands)})")


def module(stage, parameters, nodes, calls):
    """@calls: (result type, name, operands); results are stored to %o when it is there."""
    declarations, body = [], []
    for number, (result, name, operands) in enumerate(calls):
        declaration, text = call(result, name, operands)
        if declaration not in declarations:
            declarations.append(declaration)
        if result == "void":
            body.append("  " + text)
            continue
        body.append(f"  %r{number} = {text}")
        value, kind = f"%r{number}", result
        if result.startswith("{"):
            kind = result[1:].split(", i8")[0].strip()
            body.append(f"  %v{number} = extractvalue {result} {value}, 0")
            value = f"%v{number}"
        if kind == "i1":
            body.append(f"  %z{number} = zext i1 {value} to i32")
            value, kind = f"%z{number}", "i32"
        body.append(f"  store {kind} {value}, {DEVICE} %o, align 2")
    numbered = [f"!{10 + i} = !{{i32 {i}, !{node}}}" for i, node in enumerate(nodes)]
    return FRAME.format(declarations="\n".join(declarations), parameters=", ".join(parameters),
                        body="\n".join(body), stage=stage,
                        names=", ".join(f"!{10 + i}" for i in range(len(nodes))),
                        nodes="\n".join(numbered))


def sampled(stage, type_name, calls):
    return module(stage, [f"{TEXTURE} %t", f"{SAMPLER} %s", f"{DEVICE} %o"],
                  [texture(0, "sample", type_name), sampler(0), buffer(0)],
                  [(result, name, [f"{TEXTURE} %t", f"{SAMPLER} %s"] + rest)
                   for result, name, rest in calls])


def unsampled(access, type_name, calls):
    return module("kernel", [f"{TEXTURE} %t", f"{DEVICE} %o"],
                  [texture(0, access, type_name), buffer(0)],
                  [(result, name, [f"{TEXTURE} %t"] + rest) for result, name, rest in calls])


def level(control, a, b="0.0"):
    return [f"i1 {control}", f"float {a}", f"float {b}", "i32 0"]


def cases():
    offset = ["i1 true", "<2 x i32> <i32 1, i32 -1>"]
    none = ["i1 true", ZERO2]
    for stage in ("kernel", "fragment"):
        yield f"2D sampling in a {stage}", sampled(stage, "texture2d<float, sample>", [
            (F4, "sample_texture_2d.v4f32", [XY] + none + level("true", "1.0")),
            (F4, "sample_texture_2d.v4f32", [XY] + offset + level("false", "0.0")),
            (F4, "sample_texture_2d.v4f32", [XY] + none + level("false", "0.5")),
            (F4, "sample_texture_2d.v4f32", [XY] + none + level("false", "0.0", "2.0")),
            (F4, "sample_texture_2d_grad.v4f32", [XY, XY, XY, "float 0.0"] + offset + ["i32 0"]),
            (F4, "gather_texture_2d.v4f32", [XY] + offset + ["i32 2", "i32 0"])])
        yield f"2D array sampling in a {stage}", sampled(
            stage, "texture2d_array<float, sample>", [
                (F4, "sample_texture_2d_array.v4f32",
                 [XY, "i32 3"] + none + level("true", "0.0"))])
        yield f"3D sampling in a {stage}", sampled(stage, "texture3d<float, sample>", [
            (F4, "sample_texture_3d.v4f32",
             [XYZ, "i1 true", "<3 x i32> zeroinitializer"] + level("false", "0.0"))])
        yield f"1D sampling in a {stage}", sampled(stage, "texture1d<float, sample>", [
            (F4, "sample_texture_1d.v4f32",
             ["float 0.5", "i1 false", "i32 0"] + level("false", "0.0"))])
        yield f"cube sampling in a {stage}", sampled(stage, "texturecube<half, sample>", [
            (H4, "sample_texture_cube.v4f16", [XYZ] + level("false", "0.0"))])
        yield f"cube array sampling in a {stage}", sampled(
            stage, "texturecube_array<float, sample>", [
                (F4, "sample_texture_cube_array.v4f32", [XYZ, "i32 2"] + level("true", "0.0"))])
        yield f"depth sampling and comparison in a {stage}", sampled(
            stage, "depth2d<float, sample>", [
                (F1, "sample_depth_2d.f32", ["i32 1", XY] + none + level("false", "0.0")),
                (F1, "sample_compare_depth_2d.f32",
                 ["i32 1", XY, "float 0.5"] + none + level("false", "0.0")),
                (F4, "gather_compare_depth_2d.v4f32",
                 ["i32 1", XY, "float 0.5"] + none + ["i32 0"])])
        yield f"integer sampling in a {stage}", sampled(stage, "texture2d<uint, sample>", [
            (U4, "sample_texture_2d.u.v4i32", [XY] + none + level("false", "0.0"))])
    yield "level queries", sampled("fragment", "texture2d<float, sample>", [
        ("float", "calculate_clamped_lod_texture_2d", [XY, "i32 0"]),
        ("float", "calculate_unclamped_lod_texture_2d", [XY, "i32 0"])])
    yield "multisampled reads", unsampled("read", "texture2d_ms<float, read>", [
        (F4, "read_texture_2d_ms.v4f32", [PIXEL, "i32 2", "i32 1"]),
        ("i32", "get_num_samples_texture_2d_ms", []),
        ("i32", "get_width_texture_2d_ms", [])])
    yield "3D reads", unsampled("read", "texture3d<float, read>", [
        (F4, "read_texture_3d.v4f32", ["<3 x i32> <i32 1, i32 2, i32 3>", "i32 1", "i32 1"]),
        ("i32", "get_depth_texture_3d", ["i32 1"])])
    yield "atomics on textures", unsampled("read_write", "texture2d<uint, read_write>", [
        ("<4 x i32>", f"atomic_{operation}_explicit_texture_2d.u.v4i32",
         [PIXEL, "<4 x i32> <i32 1, i32 0, i32 0, i32 0>", "i32 0", "i32 3"])
        for operation in ("fetch_add", "fetch_max", "fetch_xor", "exchange")])
    yield "writes of narrow integers to arrays", unsampled("write", "texture2d_array<short, write>", [
        ("void", "write_texture_2d_array.s.v4i16",
         ["<2 x i16> <i16 1, i16 2>", "i32 3", "<4 x i16> <i16 -1, i16 2, i16 3, i16 4>", "i32 0",
          "i32 2"])])
    yield "writes to cubes by face", unsampled("write", "texturecube<half, write>", [
        ("void", "write_texture_cube.v4f16",
         [PIXEL, "i32 2", "<4 x half> zeroinitializer", "i32 0", "i32 2"]),
        ("i32", "get_width_texture_cube", ["i32 0"])])
    yield "reading and writing one texture", unsampled("read_write", "texture2d<float, read_write>", [
        (F4, "read_texture_2d.v4f32", [PIXEL, "i32 0", "i32 3"]),
        ("void", "write_texture_2d.v4f32",
         [PIXEL, "<4 x float> zeroinitializer", "i32 0", "i32 3"]),
        ("void", "fence_texture_2d", [])])
    yield "derivatives and helpers", module("fragment", [f"{DEVICE} %o"], [buffer(0)], [
        ("float", "dfdx.f32", ["float 1.0"]), ("<2 x half>", "dfdy.v2f16", ["<2 x half> zeroinitializer"]),
        ("float", "fwidth.f32", ["float 1.0"]), ("i1", "simd_is_helper_thread", []),
        ("i32", "get_num_samples.i32", ["i32 0"]), ("void", "discard_fragment", [])])
    yield "lengths and steps", module("kernel", [f"{DEVICE} %o"], [buffer(0)], [
        ("float", "length.v3f32", [XYZ]), ("<3 x float>", "normalize.v3f32", [XYZ]),
        ("float", "distance.v2f32", [XY, XY]),
        ("float", "smoothstep.f32", ["float 0.0", "float 1.0", "float 0.5"])])
    matrix = "<64 x float>"
    yield "SIMD-group matrices", module("kernel", [f"{DEVICE} %o"], [buffer(0)], [
        (matrix, "simdgroup_matrix_8x8_load.v64f32.p1f32",
         [f"{DEVICE} %o", "i64 8", "<2 x i64> zeroinitializer", "i1 false"]),
        (matrix, "simdgroup_matrix_8x8_init_filled.v64f32.f32", ["float 2.0"]),
        (matrix, "simdgroup_matrix_8x8_multiply_accumulate.v64f32.v64f32.v64f32.v64f32",
         [f"{matrix} %r0", f"{matrix} %r1", f"{matrix} %r0"])])
    yield "SIMD-group shuffles", module("kernel", [f"{DEVICE} %o"], [buffer(0)], [
        ("i32", "simd_shuffle_rotate_up.u.i32", ["i32 7", "i16 3"]),
        ("half", "simd_shuffle_and_fill_down.f16",
         ["half 1.0", "half 2.0", "i16 1", "i16 8"]),
        ("i16", "simd_broadcast_first.u.i16", ["i16 4"]), ("i1", "simd_is_first", []),
        ("i1", "simd_all", ["i1 true"]), ("i64", "simd_active_threads_mask.i64", [])])
    chosen = ["%c = load i32, ptr addrspace(1) %o, align 4", "%b = icmp eq i32 %c, 0",
              f"%w = select i1 %b, {TEXTURE} %t, {TEXTURE} %u",
              f"%r = select i1 %b, {SAMPLER} %s, {SAMPLER} %p"]
    text = module("fragment", [f"{TEXTURE} %t", f"{TEXTURE} %u", f"{SAMPLER} %s", f"{SAMPLER} %p",
                               f"{DEVICE} %o"],
                  [texture(0, "sample", "texture2d<float, sample>"),
                   texture(1, "sample", "texture2d<float, sample>"), sampler(0), sampler(1),
                   buffer(0)],
                  [(F4, "sample_texture_2d.v4f32",
                    [f"{TEXTURE} %w", f"{SAMPLER} %r", XY] + none + level("false", "0.0"))])
    yield "a texture and a sampler chosen at run time", text.replace(
        "{\n  %r0", "{\n  " + "\n  ".join(chosen) + "\n  %r0", 1)


def main(tool):
    number = 0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "case.ll"
        for name, text in cases():
            number += 1
            path.write_text(text)
            done = subprocess.run([tool, "compile", "--in-process", path], capture_output=True,
                                  text=True)
            ok = done.returncode == 0 and "1 functions, 1 ok" in done.stdout
            print(f"{'ok' if ok else 'not ok'} {number} - {name}")
            if not ok:
                print("# " + (done.stdout + done.stderr).strip().replace("\n", "\n# "))
    print(f"1..{number}")


main(sys.argv[1])
