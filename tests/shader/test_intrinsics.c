/* SPDX-License-Identifier: MIT */
/* Each built-in function alone, on edges and random numbers, on Vulkan and in plain C. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "comparison.h"
#include "reference.h"
#include "tap.h"

#define THREADS  1024u
#define OPERANDS 4u

/* ---- inputs: a column of words for each operand ---- */

static uint32_t float_bits(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, 4);
    return bits;
}

static float bits_float(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, 4);
    return value;
}

static uint32_t float_input(GRand *random, enum inputs inputs, unsigned i)
{
    static const uint32_t edges[] = {
        0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000,
        0xffc00001, 0x00000001, 0x807fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x4f000000,
        0xcf000000, 0x4f800000, 0x3f000000, 0xbf000000, 0x40200000, 0xc0200000, 0x4b800001,
        0x3f7fffff, 0x4effffff, 0x477fe000, 0x437f0000, 0x46fffe00, 0x40600000, 0xc0600000,
    };
    uint32_t bits = i < G_N_ELEMENTS(edges) ? edges[i] : g_rand_int(random);

    switch (inputs) {
    case INPUTS_ANY:
        return bits;
    case INPUTS_FINITE:
        return isfinite(bits_float(bits)) && (isnormal(bits_float(bits)) || !bits)
                   ? bits
                   : float_bits(g_rand_double_range(random, -1000, 1000));
    case INPUTS_UNIT:
        return float_bits(g_rand_double_range(random, -1, 1));
    case INPUTS_ANGLE:
        return float_bits(g_rand_double_range(random, -3.14159, 3.14159));
    case INPUTS_POSITIVE:
        return float_bits(exp2(g_rand_double_range(random, i % 2 ? -3 : -20, i % 2 ? 3 : 20)));
    case INPUTS_SMALL:
        return float_bits(g_rand_double_range(random, -80, 80));
    case INPUTS_WHOLE:
        return float_bits(g_rand_int_range(random, 1, 1000));
    case INPUTS_BITS:
        break;
    }
    return 0;
}

static uint32_t integer_input(GRand *random, enum inputs inputs, unsigned operand, unsigned i)
{
    static const uint32_t edges[] = {0,      1,      2,          3,          0x7fffffff, 0x80000000,
                                     0xffff, 0x8000, 0x80000001, UINT32_MAX, 0xff,       0x80};
    unsigned count = G_N_ELEMENTS(edges);

    if (inputs == INPUTS_BITS && operand) {
        return g_rand_int_range(random, 0, 32);
    }
    if (i < count * count) { /* every edge with every other */
        return edges[operand % 2 ? i / count : i % count];
    }
    return g_rand_int(random) >> (i % 4 == 0 ? g_rand_int_range(random, 0, 32) : 0);
}

static void fill(const struct reference *row, uint32_t in[THREADS][OPERANDS])
{
    g_autoptr(GRand) random = g_rand_new_with_seed(3);

    for (unsigned i = 0; i < THREADS; i++) {
        for (unsigned operand = 0; row->types[operand + 1]; operand++) {
            /* Edges of the second operand turn slower, so that they meet those of the first. */
            unsigned turn = operand ? (i + i / 28 * operand) % 28 + (i < 784 ? 0 : 28) : i % 56;

            in[i][operand] = row->types[operand + 1] == 'f'
                                 ? float_input(random, row->inputs, turn)
                                 : integer_input(random, row->inputs, operand, i);
        }
    }
}

/* ---- the kernel ---- */

static const char *ir_type(char type)
{
    switch (type) {
    case 'f':
        return "float";
    case 's':
        return "i16";
    case 'c':
        return "i8";
    case 'b':
        return "i1";
    default:
        return "i32";
    }
}

static const char module_head[] =
    "target datalayout = \"e-p:64:64:64-i1:8:8-i8:8:8-i16:16:16-i32:32:32-i64:64:64-f32:32:32-"
    "f64:64:64-v16:16:16-v24:32:32-v32:32:32-v48:64:64-v64:64:64-v96:128:128-v128:128:128-"
    "v192:256:256-v256:256:256-v512:512:512-v1024:1024:1024-n8:16:32\"\n"
    "target triple = \"air64-apple-macosx14.0.0\"\n"
    "!air.kernel = !{!0}\n"
    "!0 = !{ptr @k, !1, !2}\n!1 = !{}\n!2 = !{!3, !4, !5}\n"
    "!3 = !{i32 0, !\"air.buffer\", !\"air.location_index\", i32 0, i32 1, !\"air.read\", "
    "!\"air.address_space\", i32 1, !\"air.arg_type_size\", i32 4, !\"air.arg_type_align_size\", "
    "i32 4}\n"
    "!4 = !{i32 1, !\"air.buffer\", !\"air.location_index\", i32 1, i32 1, !\"air.read_write\", "
    "!\"air.address_space\", i32 1, !\"air.arg_type_size\", i32 4, !\"air.arg_type_align_size\", "
    "i32 4}\n"
    "!5 = !{i32 2, !\"air.thread_position_in_grid\"}\n"
    "!air.version = !{!6}\n!6 = !{i32 2, i32 6, i32 0}\n"
    "!air.compile_options = !{!7}\n!7 = !{!\"air.compile.fast_math_disable\"}\n";

/* out[t] = f(in[t][0], in[t][1], ...), all in words. */
static char *kernel_text(const struct reference *row)
{
    GString *out = g_string_new(module_head), *call = g_string_new(""), *types = g_string_new("");
    const char *result = ir_type(row->types[0]);

    g_string_append(out, "define void @k(ptr addrspace(1) %in, ptr addrspace(1) %out, i32 %t) {\n"
                         "  %row = mul i32 %t, 4\n");
    for (unsigned i = 0; row->types[i + 1]; i++) {
        const char *type = ir_type(row->types[i + 1]), *comma = i ? ", " : "";

        g_string_append_printf(types, "%s%s", comma, type);
        if (row->types[i + 1] == 'b') {
            g_string_append_printf(call, "%si1 false", comma);
            continue;
        }
        g_string_append_printf(
            out,
            "  %%i%u = add i32 %%row, %u\n"
            "  %%p%u = getelementptr i32, ptr addrspace(1) %%in, i32 %%i%u\n"
            "  %%w%u = load i32, ptr addrspace(1) %%p%u, align 4\n"
            "  %%a%u = %s i32 %%w%u to %s\n",
            i, i, i, i, i, i, i,
            row->types[i + 1] == 's' || row->types[i + 1] == 'c' ? "trunc" : "bitcast", i, type);
        g_string_append_printf(call, "%s%s %%a%u", comma, type, i);
    }
    g_string_append_printf(out, "  %%r = call %s @%s(%s)\n", result, row->name, call->str);
    g_string_append_printf(out,
                           "  %%word = %s %s %%r to i32\n"
                           "  %%at = getelementptr i32, ptr addrspace(1) %%out, i32 %%t\n"
                           "  store i32 %%word, ptr addrspace(1) %%at, align 4\n"
                           "  ret void\n}\ndeclare %s @%s(%s)\n",
                           row->types[0] == 's' || row->types[0] == 'c' ? "zext" : "bitcast",
                           result, result, row->name, types->str);
    g_string_free(call, TRUE);
    g_string_free(types, TRUE);
    return g_string_free(out, FALSE);
}

/* ---- the comparison ---- */

static bool close_enough(const struct reference *row, uint32_t ours, uint32_t theirs)
{
    float a = bits_float(ours), b = bits_float(theirs);
    int64_t x = (int32_t)ours, y = (int32_t)theirs;

    if (ours == theirs) {
        return true;
    }
    if (row->types[0] != 'f') {
        return false;
    }
    if (isnan(a) && isnan(b)) {
        return true;
    }
    if (fabsf(a) < 0x1p-126f && fabsf(b) < 0x1p-126f) {
        return true; /* denormals may be flushed, and the sign of zero lost with them */
    }
    x = x < 0 ? INT32_MIN - x : x;
    y = y < 0 ? INT32_MIN - y : y;
    return fabs((double)a - b) <= row->absolute || (isfinite(a) && llabs(x - y) <= row->ulps);
}

/* Denormal inputs may be taken for zero: both answers are right. */
static bool flush(const struct reference *row, const uint32_t *in, uint32_t *out)
{
    bool changed = false;

    for (unsigned i = 0; i < OPERANDS; i++) {
        out[i] = in[i];
        if (row->types[i + 1] == 'f' && !(in[i] & 0x7f800000) && in[i] & 0x7fffff) {
            out[i] &= 0x80000000;
            changed = true;
        }
        if (!row->types[i + 1]) {
            break;
        }
    }
    return changed;
}

struct sides {
    uint32_t in[THREADS][OPERANDS], flushed[THREADS][OPERANDS];
    uint32_t ours[THREADS], theirs[THREADS], theirs_flushed[THREADS];
};

static bool run(struct runner *device, GBytes *bitcode, void *in, uint32_t *out,
                struct pvg_error *error)
{
    struct runner_dispatch dispatch = {.groups = {1, 1, 1}, .local = {THREADS, 1, 1}};

    dispatch.buffers[0] = (struct runner_buffer){.bytes = in, .size = 4 * OPERANDS * THREADS};
    dispatch.buffers[1] = (struct runner_buffer){.bytes = out, .size = 4 * THREADS};
    return device ? comparison_on_device(device, bitcode, "k", &dispatch, error)
                  : comparison_on_oracle(bitcode, "k", &dispatch, 1, error);
}

static bool compare(struct runner *device, const struct reference *row, struct sides *sides)
{
    g_autofree char *text = kernel_text(row);
    struct pvg_error error = {0};
    GBytes *bitcode = comparison_assemble(text, &error);
    unsigned faults = 0;
    bool ran;

    memset(sides, 0, sizeof(*sides));
    fill(row, sides->in);
    for (unsigned i = 0; i < THREADS; i++) {
        flush(row, sides->in[i], sides->flushed[i]);
    }
    ran = bitcode && run(NULL, bitcode, sides->in, sides->theirs, &error) &&
          run(NULL, bitcode, sides->flushed, sides->theirs_flushed, &error) &&
          run(device, bitcode, sides->in, sides->ours, &error);
    if (!ran) {
        printf("# %s\n", error.message);
    }
    for (unsigned i = 0; ran && i < THREADS; i++) {
        if (!close_enough(row, sides->ours[i], sides->theirs[i]) &&
            !close_enough(row, sides->ours[i], sides->theirs_flushed[i]) && faults++ < 4) {
            printf("# %s(0x%08x, 0x%08x, 0x%08x): 0x%08x (%g), not 0x%08x (%g)\n", row->name,
                   sides->in[i][0], sides->in[i][1], sides->in[i][2], sides->ours[i],
                   bits_float(sides->ours[i]), sides->theirs[i], bits_float(sides->theirs[i]));
        }
    }
    if (bitcode) {
        g_bytes_unref(bitcode);
    }
    return ran && !faults;
}

int main(void)
{
    g_autofree struct sides *sides = g_new(struct sides, 1);
    struct pvg_error error = {0};
    struct runner *device = runner_create(NULL, &error);
    bool all = true;

    if (!device) {
        return tap_skip_all(error.message);
    }
    printf("1..%zu\n", reference_count);
    for (size_t i = 0; i < reference_count; i++) {
        bool same = compare(device, &references[i], sides);

        printf("%s %zu %s\n", same ? "ok" : "not ok", i + 1, references[i].name);
        all &= same;
    }
    runner_destroy(device);
    return !all;
}
