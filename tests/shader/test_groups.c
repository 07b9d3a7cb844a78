/* SPDX-License-Identifier: MIT */
/* Kernels whose threads meet or whose types are not 32 bits wide: the same AIR on a Vulkan device
 * and by the oracle, on edges and random numbers. Each is the body of
 *
 *     thread %t of THREADS, SIMD width %w, inputs %x and %y, neighbours in @in: result %r (i32)
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comparison.h"
#include "tap.h"

#define THREADS 64
#define SHARED  16 /* words after the results that all threads may use */

enum likeness {
    BITS,
    FLOATS, /* NaN is NaN; a denormal may be zero */
    HALVES, /* as floats, in the low half */
};

static const struct {
    const char *sentence, *declarations, *body;
    enum likeness likeness;
    bool texture;
} rows[] = {
#define SIMD(name, type)                                                                           \
    {"air." name, "declare " type " @air." name "(" type ")\n",                                    \
     "  %r = call " type " @air." name "(" type " %x)\n", BITS, false}
    SIMD("simd_sum.u.i32", "i32"),
    SIMD("simd_product.u.i32", "i32"),
    SIMD("simd_min.u.i32", "i32"),
    SIMD("simd_max.u.i32", "i32"),
    SIMD("simd_min.s.i32", "i32"),
    SIMD("simd_max.s.i32", "i32"),
    SIMD("simd_and.u.i32", "i32"),
    SIMD("simd_or.u.i32", "i32"),
    SIMD("simd_xor.u.i32", "i32"),
    SIMD("simd_prefix_inclusive_sum.u.i32", "i32"),
    SIMD("simd_prefix_exclusive_sum.u.i32", "i32"),
    SIMD("simd_broadcast_first.u.i32", "i32"),
    SIMD("quad_sum.u.i32", "i32"),
    SIMD("quad_max.u.i32", "i32"),
    SIMD("quad_and.u.i32", "i32"),
    SIMD("quad_prefix_inclusive_sum.u.i32", "i32"),
    SIMD("quad_prefix_exclusive_sum.u.i32", "i32"),
    SIMD("quad_prefix_inclusive_product.u.i32", "i32"),
    SIMD("quad_prefix_exclusive_product.u.i32", "i32"),
    SIMD("quad_broadcast_first.u.i32", "i32"),
#define FILL(name, n, modulo)                                                                      \
    {"air." name " by " #n " in parts of " #modulo,                                                \
     "declare i32 @air." name "(i32, i32, i16, i16)\n",                                            \
     "  %r = call i32 @air." name "(i32 %x, i32 %y, i16 " #n ", i16 " #modulo ")\n", BITS, false}
    FILL("simd_shuffle_and_fill_up.u.i32", 3, 8),
    FILL("simd_shuffle_and_fill_down.u.i32", 1, 4),
    FILL("quad_shuffle_and_fill_up.u.i32", 1, 4),
    FILL("quad_shuffle_and_fill_down.u.i32", 1, 2),
    {"air.quad_ballot", "declare i64 @air.quad_ballot.i64(i1)\n",
     "  %c = icmp ult i32 %x, %y\n  %v = call i64 @air.quad_ballot.i64(i1 %c)\n"
     "  %r = trunc i64 %v to i32\n", BITS, false},
    {"air.quad_all, air.quad_any and air.quad_is_first",
     "declare i1 @air.quad_all(i1)\ndeclare i1 @air.quad_any(i1)\ndeclare i1 @air.quad_is_first()\n",
     "  %c = icmp ult i32 %x, -1073741824\n  %d = icmp ugt i32 %y, -1073741824\n"
     "  %p = call i1 @air.quad_all(i1 %c)\n  %q = call i1 @air.quad_any(i1 %d)\n"
     "  %s = call i1 @air.quad_is_first()\n"
     "  %e = zext i1 %p to i32\n  %f = zext i1 %q to i32\n  %g = shl i32 %f, 1\n"
     "  %h = zext i1 %s to i32\n  %i = shl i32 %h, 2\n  %j = or i32 %e, %g\n"
     "  %r = or i32 %i, %j\n", BITS, false},
#define LANE(name, lane)                                                                           \
    {"air." name, "declare i32 @air." name "(i32, i16)\n",                                         \
     "  %l = " lane "\n  %s = trunc i32 %l to i16\n"                                               \
     "  %r = call i32 @air." name "(i32 %x, i16 %s)\n", BITS, false}
    LANE("simd_shuffle.u.i32", "urem i32 %y, %w"),
    LANE("simd_shuffle_xor.u.i32", "and i32 3, 3"),
    LANE("quad_shuffle_xor.u.i32", "and i32 2, 2"),
    LANE("quad_broadcast.u.i32", "and i32 1, 1"),
    {"air.simd_shuffle_down within the group", "declare i32 @air.simd_shuffle_down.u.i32(i32, i16)\n",
     "  %v = call i32 @air.simd_shuffle_down.u.i32(i32 %x, i16 2)\n  %l = urem i32 %t, %w\n"
     "  %m = add i32 %l, 2\n  %c = icmp ult i32 %m, %w\n  %r = select i1 %c, i32 %v, i32 0\n",
     BITS, false},
    {"air.simd_shuffle_up within the group", "declare i32 @air.simd_shuffle_up.u.i32(i32, i16)\n",
     "  %v = call i32 @air.simd_shuffle_up.u.i32(i32 %x, i16 1)\n  %l = urem i32 %t, %w\n"
     "  %c = icmp uge i32 %l, 1\n  %r = select i1 %c, i32 %v, i32 0\n", BITS, false},
    {"air.simd_ballot", "declare i64 @air.simd_ballot.i64(i1)\n",
     "  %c = icmp ult i32 %x, %y\n  %v = call i64 @air.simd_ballot.i64(i1 %c)\n"
     "  %r = trunc i64 %v to i32\n", BITS, false},
    {"air.simd_all and air.simd_any", "declare i1 @air.simd_all(i1)\ndeclare i1 @air.simd_any(i1)\n",
     "  %a = or i32 %x, 1\n  %c = icmp ne i32 %a, 0\n  %d = icmp eq i32 %x, %y\n"
     "  %p = call i1 @air.simd_all(i1 %c)\n  %q = call i1 @air.simd_any(i1 %d)\n"
     "  %e = zext i1 %p to i32\n  %f = zext i1 %q to i32\n  %g = shl i32 %f, 1\n"
     "  %r = or i32 %e, %g\n", BITS, false},
    {"air.simd_max of floats", "declare float @air.simd_max.f32(float)\n",
     "  %i = and i32 %x, 65535\n  %f = uitofp i32 %i to float\n"
     "  %v = call float @air.simd_max.f32(float %f)\n  %r = bitcast float %v to i32\n", FLOATS,
     false},
    {"air.simd_sum of whole floats", "declare float @air.simd_sum.f32(float)\n",
     "  %i = and i32 %x, 65535\n  %f = uitofp i32 %i to float\n"
     "  %v = call float @air.simd_sum.f32(float %f)\n  %r = bitcast float %v to i32\n", FLOATS,
     false},

    {"threadgroup memory passes words on behind a barrier",
     "@tg = internal addrspace(3) global [64 x i32] undef, align 4\n"
     "declare void @air.wg.barrier(i32, i32)\n",
     "  %p = getelementptr [64 x i32], ptr addrspace(3) @tg, i32 0, i32 %t\n"
     "  store i32 %x, ptr addrspace(3) %p\n  call void @air.wg.barrier(i32 2, i32 1)\n"
     "  %o = urem i32 %y, 64\n"
     "  %q = getelementptr [64 x i32], ptr addrspace(3) @tg, i32 0, i32 %o\n"
     "  %r = load i32, ptr addrspace(3) %q\n", BITS, false},
    {"bytes and halves in threadgroup memory do not disturb their neighbours",
     "@tb = internal addrspace(3) global [64 x i8] undef, align 4\n"
     "@th = internal addrspace(3) global [64 x i16] undef, align 4\n"
     "declare void @air.wg.barrier(i32, i32)\n",
     "  %b = trunc i32 %x to i8\n  %h = trunc i32 %y to i16\n"
     "  %p = getelementptr [64 x i8], ptr addrspace(3) @tb, i32 0, i32 %t\n"
     "  %q = getelementptr [64 x i16], ptr addrspace(3) @th, i32 0, i32 %t\n"
     "  store i8 %b, ptr addrspace(3) %p\n  store i16 %h, ptr addrspace(3) %q\n"
     "  call void @air.wg.barrier(i32 2, i32 1)\n  %n = xor i32 %t, 1\n"
     "  %u = getelementptr [64 x i8], ptr addrspace(3) @tb, i32 0, i32 %n\n"
     "  %v = getelementptr [64 x i16], ptr addrspace(3) @th, i32 0, i32 %n\n"
     "  %c = load i8, ptr addrspace(3) %u\n  %d = load i16, ptr addrspace(3) %v\n"
     "  %e = zext i8 %c to i32\n  %f = sext i16 %d to i32\n  %r = xor i32 %e, %f\n", BITS, false},
    {"a tree of sums with a barrier a step",
     "@ts = internal addrspace(3) global [64 x i32] undef, align 4\n"
     "declare void @air.wg.barrier(i32, i32)\n",
     "  %p = getelementptr [64 x i32], ptr addrspace(3) @ts, i32 0, i32 %t\n"
     "  store i32 %x, ptr addrspace(3) %p\n  call void @air.wg.barrier(i32 2, i32 1)\n"
     "  br label %loop\nloop:\n  %s = phi i32 [32, %entry], [%s2, %next]\n"
     "  %c = icmp ult i32 %t, %s\n  br i1 %c, label %add, label %next\n"
     "add:\n  %o = add i32 %t, %s\n"
     "  %q = getelementptr [64 x i32], ptr addrspace(3) @ts, i32 0, i32 %o\n"
     "  %a = load i32, ptr addrspace(3) %p\n  %b = load i32, ptr addrspace(3) %q\n"
     "  %d = add i32 %a, %b\n  store i32 %d, ptr addrspace(3) %p\n  br label %next\n"
     "next:\n  call void @air.wg.barrier(i32 2, i32 1)\n  %s2 = lshr i32 %s, 1\n"
     "  %m = icmp ne i32 %s2, 0\n  br i1 %m, label %loop, label %done\n"
     "done:\n  %r = load i32, ptr addrspace(3) @ts\n", BITS, false},

#define ATOMIC(name)                                                                               \
    {"air.atomic.global." name,                                                                    \
     "declare i32 @air.atomic.global." name "(ptr addrspace(1), i32, i32, i32, i1)\n",             \
     "  %k = urem i32 %t, 16\n  %j = add i32 %k, 64\n"                                             \
     "  %p = getelementptr i32, ptr addrspace(1) %out, i32 %j\n"                                   \
     "  %v = call i32 @air.atomic.global." name "(ptr addrspace(1) %p, i32 %x, i32 0, i32 2, "     \
     "i1 1)\n  %r = add i32 0, 0\n", BITS, false}
    ATOMIC("add.u.i32"),
    ATOMIC("sub.u.i32"),
    ATOMIC("and.u.i32"),
    ATOMIC("or.u.i32"),
    ATOMIC("xor.u.i32"),
    ATOMIC("min.u.i32"),
    ATOMIC("max.u.i32"),
    ATOMIC("min.s.i32"),
    ATOMIC("max.s.i32"),
    {"atomics on threadgroup memory",
     "@ta = internal addrspace(3) global [2 x i32] undef, align 4\n"
     "declare i32 @air.atomic.local.add.u.i32(ptr addrspace(3), i32, i32, i32, i1)\n"
     "declare i32 @air.atomic.local.xor.u.i32(ptr addrspace(3), i32, i32, i32, i1)\n"
     "declare void @air.wg.barrier(i32, i32)\n",
     "  %q = getelementptr [2 x i32], ptr addrspace(3) @ta, i32 0, i32 1\n"
     "  store i32 0, ptr addrspace(3) @ta\n  store i32 0, ptr addrspace(3) %q\n"
     "  call void @air.wg.barrier(i32 2, i32 1)\n"
     "  %a = call i32 @air.atomic.local.add.u.i32(ptr addrspace(3) @ta, i32 %x, i32 0, i32 1, "
     "i1 1)\n"
     "  %b = call i32 @air.atomic.local.xor.u.i32(ptr addrspace(3) %q, i32 %y, i32 0, i32 1, "
     "i1 1)\n  call void @air.wg.barrier(i32 2, i32 1)\n"
     "  %c = load i32, ptr addrspace(3) @ta\n  %d = load i32, ptr addrspace(3) %q\n"
     "  %r = xor i32 %c, %d\n", BITS, false},

#define WIDE(name, text)                                                                           \
    {"64 bits: " name, "",                                                                         \
     "  %a0 = zext i32 %x to i64\n  %a1 = zext i32 %y to i64\n  %a2 = shl i64 %a1, 32\n"           \
     "  %a = or i64 %a0, %a2\n  %b0 = shl i64 %a0, 17\n  %b = xor i64 %b0, %a1\n" text             \
     "  %lo = trunc i64 %v to i32\n  %hi0 = lshr i64 %v, 32\n  %hi = trunc i64 %hi0 to i32\n"      \
     "  %r = xor i32 %lo, %hi\n", BITS, false}
    WIDE("add", "  %v = add i64 %a, %b\n"),
    WIDE("sub", "  %v = sub i64 %a, %b\n"),
    WIDE("mul", "  %v = mul i64 %a, %b\n"),
    WIDE("udiv", "  %d = or i64 %b, 1\n  %v = udiv i64 %a, %d\n"),
    WIDE("sdiv", "  %d = or i64 %b, 3\n  %v = sdiv i64 %a, %d\n"),
    WIDE("urem", "  %d = or i64 %b, 1\n  %v = urem i64 %a, %d\n"),
    WIDE("shl", "  %s = and i64 %b, 63\n  %v = shl i64 %a, %s\n"),
    WIDE("lshr", "  %s = and i64 %b, 63\n  %v = lshr i64 %a, %s\n"),
    WIDE("ashr", "  %s = and i64 %b, 63\n  %v = ashr i64 %a, %s\n"),
    WIDE("compare", "  %c = icmp slt i64 %a, %b\n  %v = zext i1 %c to i64\n"),
    WIDE("unsigned compare", "  %c = icmp ugt i64 %a, %b\n  %v = zext i1 %c to i64\n"),

#define HALF(name, text)                                                                           \
    {"half: " name, "",                                                                            \
     "  %a0 = trunc i32 %x to i16\n  %b0 = trunc i32 %y to i16\n"                                  \
     "  %a = bitcast i16 %a0 to half\n  %b = bitcast i16 %b0 to half\n" text                       \
     "  %h = bitcast half %v to i16\n  %r = zext i16 %h to i32\n", HALVES, false}
    HALF("add", "  %v = fadd half %a, %b\n"),
    HALF("sub", "  %v = fsub half %a, %b\n"),
    HALF("mul", "  %v = fmul half %a, %b\n"),
    HALF("negate", "  %v = fneg half %a\n"),
    HALF("compare", "  %c = fcmp olt half %a, %b\n  %v = select i1 %c, half %a, half %b\n"),
    HALF("unordered compare", "  %c = fcmp uge half %a, %b\n  %v = select i1 %c, half %a, half %b\n"),
    HALF("from float", "  %f = bitcast i32 %x to float\n  %v = fptrunc float %f to half\n"),
    {"half: to float", "",
     "  %a0 = trunc i32 %x to i16\n  %a = bitcast i16 %a0 to half\n"
     "  %f = fpext half %a to float\n  %r = bitcast float %f to i32\n", FLOATS, false},

#define FLOAT(name, text)                                                                          \
    {"float: " name, "",                                                                           \
     "  %a = bitcast i32 %x to float\n  %b = bitcast i32 %y to float\n" text                       \
     "  %r = bitcast float %v to i32\n", FLOATS, false}
    FLOAT("add", "  %v = fadd float %a, %b\n"),
    FLOAT("sub", "  %v = fsub float %a, %b\n"),
    FLOAT("mul", "  %v = fmul float %a, %b\n"),
    FLOAT("negate", "  %v = fneg float %a\n"),
#define COMPARE(name)                                                                              \
    FLOAT("compare " name, "  %c = fcmp " name " float %a, %b\n"                                   \
                           "  %v = select i1 %c, float 1.0, float 2.0\n")
    COMPARE("oeq"),
    COMPARE("one"),
    COMPARE("olt"),
    COMPARE("ole"),
    COMPARE("ueq"),
    COMPARE("une"),
    COMPARE("ult"),
    COMPARE("uge"),
    COMPARE("ord"),
    COMPARE("uno"),

#define NARROW(name, type, text)                                                                   \
    {type ": " name, "",                                                                           \
     "  %a = trunc i32 %x to " type "\n  %b = trunc i32 %y to " type "\n" text                     \
     "  %r = sext " type " %v to i32\n", BITS, false}
    NARROW("mul", "i8", "  %v = mul i8 %a, %b\n"),
    NARROW("sdiv", "i8", "  %d = or i8 %b, 2\n  %v = sdiv i8 %a, %d\n"),
    NARROW("ashr", "i8", "  %s = and i8 %b, 7\n  %v = ashr i8 %a, %s\n"),
    NARROW("compare", "i8", "  %c = icmp slt i8 %a, %b\n  %v = select i1 %c, i8 %a, i8 %b\n"),
    NARROW("mul", "i16", "  %v = mul i16 %a, %b\n"),
    NARROW("udiv", "i16", "  %d = or i16 %b, 1\n  %v = udiv i16 %a, %d\n"),
    NARROW("lshr", "i16", "  %s = and i16 %b, 15\n  %v = lshr i16 %a, %s\n"),
    NARROW("compare", "i16", "  %c = icmp ugt i16 %a, %b\n  %v = select i1 %c, i16 %a, i16 %b\n"),

#define TEXTURES                                                                                   \
    "declare <4 x float> @air.read_texture_2d.v4f32(ptr addrspace(1), <2 x i32>, i32, i32)\n"      \
    "declare i32 @air.get_width_texture_2d(ptr addrspace(1), i32)\n"                               \
    "declare void @air.write_texture_2d.v4f32(ptr addrspace(1), <2 x i32>, <4 x float>, i32, "     \
    "i32)\n"
    {"reading texels, inside and outside", TEXTURES,
     "  %i = urem i32 %x, 10\n  %j = urem i32 %y, 10\n"
     "  %p0 = insertelement <2 x i32> zeroinitializer, i32 %i, i32 0\n"
     "  %p = insertelement <2 x i32> %p0, i32 %j, i32 1\n"
     "  %v = call <4 x float> @air.read_texture_2d.v4f32(ptr addrspace(1) %tex, <2 x i32> %p, "
     "i32 0, i32 0)\n  %q = urem i32 %t, 4\n  %e = extractelement <4 x float> %v, i32 %q\n"
     "  %r = bitcast float %e to i32\n", BITS, true},
/* Coordinates in the middle of sixteenths: no texel's edge, nor one's middle. */
#define SIXTEENTHS                                                                                 \
    "  %i = urem i32 %x, 16\n  %j = urem i32 %y, 16\n  %a = uitofp i32 %i to float\n"              \
    "  %b = uitofp i32 %j to float\n  %c = fadd float %a, 5.0e-01\n"                              \
    "  %d = fadd float %b, 5.0e-01\n  %e = fmul float %c, %scale\n  %f = fmul float %d, %scale\n"  \
    "  %p0 = insertelement <2 x float> zeroinitializer, float %e, i32 0\n"                         \
    "  %p = insertelement <2 x float> %p0, float %f, i32 1\n"
#define COMPONENT                                                                                  \
    "  %q = urem i32 %t, 4\n  %z = extractelement <4 x float> %v, i32 %q\n"                        \
    "  %r = bitcast float %z to i32\n"
/* nearest, clamped to the edge; with pixel coordinates */
#define NEAREST "ptr addrspace(2) inttoptr (i64 -9223372036854251447 to ptr addrspace(2))"
#define PIXELS  "ptr addrspace(2) inttoptr (i64 -9223372036854218679 to ptr addrspace(2))"
#define SAMPLED(sampler, scale, offset)                                                            \
    "declare <4 x float> @air.sample_texture_2d.v4f32(ptr addrspace(1), ptr addrspace(2), "        \
    "<2 x float>, i1, <2 x i32>, i1, float)\n",                                                    \
        "  %scale = fadd float 0.0, " scale "\n" SIXTEENTHS                                        \
        "  %v = call <4 x float> @air.sample_texture_2d.v4f32(ptr addrspace(1) %tex, " sampler     \
        ", <2 x float> %p, i1 true, <2 x i32> " offset ", i1 true, float 0.0)\n" COMPONENT,        \
        BITS, true
    {"sampling the nearest texel", SAMPLED(NEAREST, "6.25e-02", "zeroinitializer")},
    {"sampling at an offset, past the edge", SAMPLED(NEAREST, "6.25e-02", "<i32 3, i32 -2>")},
    {"sampling by pixel coordinates", SAMPLED(PIXELS, "5.0e-01", "zeroinitializer")},
    {"gathering four texels",
     "declare <4 x float> @air.gather_texture_2d.v4f32(ptr addrspace(1), ptr addrspace(2), "
     "<2 x float>, i1, <2 x i32>, i32, i32)\n",
     "  %scale = fadd float 0.0, 6.25e-02\n" SIXTEENTHS
     "  %v = call <4 x float> @air.gather_texture_2d.v4f32(ptr addrspace(1) %tex, " NEAREST
     ", <2 x float> %p, i1 true, <2 x i32> zeroinitializer, i32 2, i32 0)\n" COMPONENT,
     BITS, true},
    {"the width of a texture", TEXTURES,
     "  %r = call i32 @air.get_width_texture_2d(ptr addrspace(1) %tex, i32 0)\n", BITS, true},
    {"writing texels, inside and outside", TEXTURES,
     "  %j = udiv i32 %t, 8\n  %i = urem i32 %t, 8\n  %k = mul i32 %i, 2\n"
     "  %p0 = insertelement <2 x i32> zeroinitializer, i32 %k, i32 0\n"
     "  %p = insertelement <2 x i32> %p0, i32 %j, i32 1\n  %f0 = and i32 %x, 65535\n"
     "  %f = uitofp i32 %f0 to float\n  %v = insertelement <4 x float> zeroinitializer, float %f, "
     "i32 2\n  call void @air.write_texture_2d.v4f32(ptr addrspace(1) %image, <2 x i32> %p, "
     "<4 x float> %v, i32 0, i32 2)\n  %r = add i32 0, 0\n", BITS, true},
};

static const char frame[] =
    "target datalayout = \"e-p:64:64:64-i1:8:8-i8:8:8-i16:16:16-i32:32:32-i64:64:64-f32:32:32-"
    "f64:64:64-v16:16:16-v24:32:32-v32:32:32-v48:64:64-v64:64:64-v96:128:128-v128:128:128-"
    "v192:256:256-v256:256:256-v512:512:512-v1024:1024:1024-n8:16:32\"\n"
    "target triple = \"air64-apple-macosx14.0.0\"\n%s"
    "define void @k(ptr addrspace(1) %%in, ptr addrspace(1) %%out, i32 %%t%s) {\nentry:\n"
    "  %%w = load i32, ptr addrspace(1) %%in\n  %%t1 = add i32 %%t, 1\n  %%t2 = add i32 %%t, 65\n"
    "  %%px = getelementptr i32, ptr addrspace(1) %%in, i32 %%t1\n"
    "  %%py = getelementptr i32, ptr addrspace(1) %%in, i32 %%t2\n"
    "  %%x = load i32, ptr addrspace(1) %%px\n  %%y = load i32, ptr addrspace(1) %%py\n%s"
    "  %%pr = getelementptr i32, ptr addrspace(1) %%out, i32 %%t\n"
    "  store i32 %%r, ptr addrspace(1) %%pr\n  ret void\n}\n"
    "!air.kernel = !{!0}\n!0 = !{ptr @k, !1, !2}\n!1 = !{}\n!2 = !{!3, !4, !5%s}\n"
    "!3 = !{i32 0, !\"air.buffer\", !\"air.location_index\", i32 0, i32 1, !\"air.read\", "
    "!\"air.address_space\", i32 1}\n"
    "!4 = !{i32 1, !\"air.buffer\", !\"air.location_index\", i32 1, i32 1, !\"air.read_write\", "
    "!\"air.address_space\", i32 1}\n"
    "!5 = !{i32 2, !\"air.thread_position_in_grid\"}\n"
    "!6 = !{i32 3, !\"air.texture\", !\"air.location_index\", i32 0, i32 1, !\"air.sample\"}\n"
    "!7 = !{i32 4, !\"air.texture\", !\"air.location_index\", i32 1, i32 1, !\"air.write\"}\n";

struct side {
    uint32_t out[THREADS + SHARED];
    float image[8 * 8 * 4];
};

static uint32_t random_word(GRand *random, unsigned i)
{
    static const uint32_t edges[] = {0, 1, 0x7fffffff, 0x80000000, UINT32_MAX, 0x7f800000,
                                     0xff800000, 0x7fc00000, 0x00000001, 0x3f800000, 0x7c00,
                                     0xfc00, 0x7e00, 0x03ff, 0x8000, 0x00800000};

    return i % 3 ? g_rand_int(random) : edges[g_rand_int(random) % G_N_ELEMENTS(edges)];
}

static float half_value(uint32_t bits)
{
    uint16_t word = (uint16_t)bits;
    _Float16 half;

    memcpy(&half, &word, 2);
    return (float)half;
}

static bool alike(enum likeness likeness, uint32_t ours, uint32_t theirs)
{
    float a, b, least = likeness == HALVES ? 0x1p-14f : 0x1p-126f;

    memcpy(&a, &ours, 4);
    memcpy(&b, &theirs, 4);
    switch (likeness) {
    case HALVES:
        a = half_value(ours);
        b = half_value(theirs);
        break;
    case BITS:
        return ours == theirs;
    case FLOATS:
        break;
    }
    return a == b || (isnan(a) && isnan(b)) || (fabsf(a) <= least && fabsf(b) <= least);
}

static bool run(struct runner *device, GBytes *bitcode, uint32_t *in, float *texels,
                struct side *side, uint32_t width, struct pvg_error *error)
{
    struct runner_dispatch d = {.groups = {1, 1, 1}, .local = {THREADS, 1, 1}};

    memset(side, 0, sizeof(*side));
    d.buffers[0] = (struct runner_buffer){.bytes = in, .size = 4 * (1 + 2 * THREADS)};
    d.buffers[1] = (struct runner_buffer){.bytes = side->out, .size = sizeof(side->out)};
    d.textures[0] = (struct runner_texture){texels, 8, 8, 1, 0};
    d.textures[1] = (struct runner_texture){side->image, 8, 8, 1, 0};
    return device ? comparison_on_device(device, bitcode, "k", &d, error)
                  : comparison_on_oracle(bitcode, "k", &d, width, error);
}

static bool compare(struct runner *device, size_t row, unsigned rounds, GRand *random)
{
    g_autofree char *text = g_strdup_printf(
        frame, rows[row].declarations,
        rows[row].texture ? ", ptr addrspace(1) %tex, ptr addrspace(1) %image" : "",
        rows[row].body, rows[row].texture ? ", !6, !7" : "");
    struct side *ours = g_new(struct side, 1), *theirs = g_new(struct side, 1);
    struct pvg_error error = {0};
    GBytes *bitcode = comparison_assemble(text, &error);
    unsigned faults = 0;
    bool ran = bitcode != NULL;

    for (unsigned round = 0; ran && round < rounds; round++) {
        uint32_t in[1 + 2 * THREADS] = {runner_subgroup_size(device)};
        float texels[8 * 8 * 4];

        for (unsigned i = 1; i < G_N_ELEMENTS(in); i++) {
            in[i] = random_word(random, i);
        }
        for (unsigned i = 0; i < G_N_ELEMENTS(texels); i++) {
            texels[i] = (float)g_rand_double(random);
        }
        ran = run(NULL, bitcode, in, texels, theirs, in[0], &error) &&
              run(device, bitcode, in, texels, ours, in[0], &error);
        for (unsigned i = 0; ran && i < THREADS + SHARED; i++) {
            if (!alike(i < THREADS ? rows[row].likeness : BITS, ours->out[i], theirs->out[i]) &&
                faults++ < 3) {
                printf("# word %u (0x%08x, 0x%08x): 0x%08x, not 0x%08x\n", i,
                       in[1 + i % THREADS], in[65 + i % THREADS], ours->out[i], theirs->out[i]);
            }
        }
        faults += ran && memcmp(ours->image, theirs->image, sizeof(ours->image)) != 0;
    }
    if (!ran) {
        printf("# %s\n", error.message);
    }
    if (bitcode) {
        g_bytes_unref(bitcode);
    }
    g_free(ours);
    g_free(theirs);
    return ran && !faults;
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
    g_autoptr(GRand) random = g_rand_new_with_seed(11);
    struct pvg_error error = {0};
    struct runner *device = runner_create(NULL, &error);
    bool all = true;

    if (!device) {
        return tap_skip_all(error.message);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("1..%zu\n", G_N_ELEMENTS(rows));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        bool same = compare(device, i, rounds, random);

        printf("%s %zu %s\n", same ? "ok" : "not ok", i + 1, rows[i].sentence);
        all &= same;
    }
    runner_destroy(device);
    return !all;
}
