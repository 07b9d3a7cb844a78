/* SPDX-License-Identifier: MIT */
/* Statements work on variables in memory, as a compiler's first draft does; the translator's passes
 * make values of them. Operations whose result AIR leaves undefined are kept defined here: shifts
 * are masked, divisors are odd. */
#include "generate.h"

#include <stdbool.h>

#define VARIABLES 6u /* i32: %v0 .. */
#define ARRAY     8u /* words of a private array: %a */

struct program {
    GRand *random;
    GString *out;
    unsigned value, label;   /* the next names */
    unsigned depth;          /* of statements */
    unsigned budget;         /* statements left */
    const char *stop, *next; /* labels of the loop we are in: break and continue; NULL: none */
};

static unsigned pick(struct program *p, unsigned count)
{
    return g_rand_int_range(p->random, 0, count);
}

static unsigned line(struct program *p, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Writes "  %tN = ..." and returns N. */
static unsigned line(struct program *p, const char *format, ...)
{
    va_list arguments;

    g_string_append_printf(p->out, "  %%t%u = ", p->value);
    va_start(arguments, format);
    g_string_append_vprintf(p->out, format, arguments);
    va_end(arguments);
    g_string_append_c(p->out, '\n');
    return p->value++;
}

static unsigned variable(struct program *p)
{
    return line(p, "load i32, ptr %%v%u, align 4", pick(p, VARIABLES));
}

static unsigned constant(struct program *p)
{
    static const int32_t edges[] = {0, 1, -1, 2, 7, 31, 255, 65535, INT32_MIN, INT32_MAX};
    int32_t value =
        pick(p, 2) ? edges[pick(p, G_N_ELEMENTS(edges))] : (int32_t)g_rand_int(p->random);

    return line(p, "add i32 %d, 0", value);
}

static unsigned input(struct program *p, unsigned index)
{
    unsigned masked = line(p, "and i32 %%t%u, %u", index, GENERATED_INPUT_WORDS - 1);
    unsigned at = line(p, "getelementptr inbounds i32, ptr addrspace(1) %%in, i32 %%t%u", masked);

    return line(p, "load i32, ptr addrspace(1) %%t%u, align 4", at);
}

static unsigned element(struct program *p, unsigned index)
{
    unsigned masked = line(p, "and i32 %%t%u, %u", index, ARRAY - 1);

    return line(p, "getelementptr inbounds [%u x i32], ptr %%a, i32 0, i32 %%t%u", ARRAY, masked);
}

static unsigned expression(struct program *p, unsigned depth);

static unsigned arithmetic(struct program *p, unsigned depth)
{
    static const char *const operations[] = {"add", "sub", "mul", "and", "or", "xor"};
    unsigned a = expression(p, depth), b = expression(p, depth);

    return line(p, "%s i32 %%t%u, %%t%u", operations[pick(p, G_N_ELEMENTS(operations))], a, b);
}

static unsigned shift(struct program *p, unsigned depth)
{
    static const char *const operations[] = {"shl", "lshr", "ashr"};
    unsigned a = expression(p, depth), b = expression(p, depth);

    b = line(p, "and i32 %%t%u, 31", b);
    return line(p, "%s i32 %%t%u, %%t%u", operations[pick(p, 3)], a, b);
}

/* Odd and positive, so neither zero nor -1. */
static unsigned divide(struct program *p, unsigned depth)
{
    static const char *const operations[] = {"udiv", "sdiv", "urem", "srem"};
    unsigned a = expression(p, depth), b = expression(p, depth);

    b = line(p, "and i32 %%t%u, 2147483647", b);
    b = line(p, "or i32 %%t%u, 1", b);
    return line(p, "%s i32 %%t%u, %%t%u", operations[pick(p, 4)], a, b);
}

static unsigned compare(struct program *p, unsigned depth)
{
    static const char *const predicates[] = {"eq",  "ne",  "ugt", "uge", "ult",
                                             "ule", "sgt", "sge", "slt", "sle"};
    unsigned a = expression(p, depth), b = expression(p, depth);

    return line(p, "icmp %s i32 %%t%u, %%t%u", predicates[pick(p, G_N_ELEMENTS(predicates))], a, b);
}

static unsigned selected(struct program *p, unsigned depth)
{
    unsigned c = compare(p, depth), a = expression(p, depth), b = expression(p, depth);

    return line(p, "select i1 %%t%u, i32 %%t%u, i32 %%t%u", c, a, b);
}

static unsigned builtin(struct program *p, unsigned depth)
{
    static const char *const one[] = {"popcount.i32", "reverse_bits.i32", "abs.s.i32"};
    static const char *const two[] = {"min.s.i32",     "max.s.i32",     "min.u.i32",
                                      "max.u.i32",     "mul_hi.s.i32",  "mul_hi.u.i32",
                                      "add_sat.u.i32", "sub_sat.s.i32", "rotate.i32"};
    unsigned a = expression(p, depth), b;

    switch (pick(p, 4)) {
    case 0:
        return line(p, "call i32 @air.%s(i32 %%t%u)", one[pick(p, G_N_ELEMENTS(one))], a);
    case 1:
        return line(p, "call i32 @air.clz.i32(i32 %%t%u, i1 false)", a);
    default:
        b = expression(p, depth);
        return line(p, "call i32 @air.%s(i32 %%t%u, i32 %%t%u)", two[pick(p, G_N_ELEMENTS(two))], a,
                    b);
    }
}

/* Through another width and back. */
static unsigned narrowed(struct program *p, unsigned depth)
{
    static const char *const widths[] = {"i8", "i16"}, *const extends[] = {"zext", "sext"};
    static const char *const operations[] = {"add", "mul", "xor", "sub"};
    const char *width = widths[pick(p, 2)], *operation = operations[pick(p, 4)];
    unsigned a = expression(p, depth), b = expression(p, depth), c;

    a = line(p, "trunc i32 %%t%u to %s", a, width);
    b = line(p, "trunc i32 %%t%u to %s", b, width);
    c = line(p, "%s %s %%t%u, %%t%u", operation, width, a, b);
    return line(p, "%s %s %%t%u to i32", extends[pick(p, 2)], width, c);
}

static unsigned widened(struct program *p, unsigned depth)
{
    static const char *const operations[] = {"add", "mul", "xor", "sub"};
    unsigned a = expression(p, depth), b = expression(p, depth), c;

    a = line(p, "sext i32 %%t%u to i64", a);
    b = line(p, "zext i32 %%t%u to i64", b);
    c = line(p, "%s i64 %%t%u, %%t%u", operations[pick(p, 4)], a, b);
    c = line(p, "%s i64 %%t%u, %u", pick(p, 2) ? "lshr" : "ashr", c, pick(p, 40));
    return line(p, "trunc i64 %%t%u to i32", c);
}

/* Four lanes, an operation, a shuffle, and one lane out again. */
static unsigned vectored(struct program *p, unsigned depth)
{
    static const char *const operations[] = {"add", "mul", "xor", "sub"};
    unsigned a = expression(p, depth), b = expression(p, depth), v, w;

    v = line(p, "insertelement <4 x i32> <i32 1, i32 2, i32 3, i32 4>, i32 %%t%u, i32 %u", a,
             pick(p, 4));
    w = line(p, "insertelement <4 x i32> %%t%u, i32 %%t%u, i32 %u", v, b, pick(p, 4));
    v = line(p, "%s <4 x i32> %%t%u, %%t%u", operations[pick(p, 4)], v, w);
    if (pick(p, 2)) {
        v = line(p, "call <4 x i32> @air.max.s.v4i32(<4 x i32> %%t%u, <4 x i32> %%t%u)", v, w);
    }
    v = line(p,
             "shufflevector <4 x i32> %%t%u, <4 x i32> %%t%u, <4 x i32> <i32 %u, i32 %u, i32 %u, "
             "i32 %u>",
             v, w, pick(p, 8), pick(p, 8), pick(p, 8), pick(p, 8));
    return line(p, "extractelement <4 x i32> %%t%u, i32 %u", v, pick(p, 4));
}

/* Small whole numbers, on which single precision is exact. */
static unsigned floated(struct program *p, unsigned depth)
{
    static const char *const operations[] = {"fadd", "fsub", "fmul"};
    unsigned a = expression(p, depth), b = expression(p, depth), c;

    a = line(p, "and i32 %%t%u, 1023", a);
    b = line(p, "and i32 %%t%u, 1023", b);
    a = line(p, "call float @air.convert.f.f32.s.i32(i32 %%t%u)", a);
    b = line(p, "call float @air.convert.f.f32.u.i32(i32 %%t%u)", b);
    c = line(p, "%s float %%t%u, %%t%u", operations[pick(p, 3)], a, b);
    if (pick(p, 2)) {
        c = line(p, "call float @air.fmax.f32(float %%t%u, float %%t%u)", c, a);
    }
    return line(p, "call i32 @air.convert.s.i32.f.f32(float %%t%u)", c);
}

static unsigned expression(struct program *p, unsigned depth)
{
    static unsigned (*const inner[])(struct program *, unsigned) = {
        arithmetic, arithmetic, arithmetic, shift,   divide,   selected,
        builtin,    builtin,    narrowed,   widened, vectored, floated,
    };
    unsigned leaf;

    if (depth && pick(p, 4)) {
        return inner[pick(p, G_N_ELEMENTS(inner))](p, depth - 1);
    }
    switch (pick(p, 4)) {
    case 0:
        return constant(p);
    case 1:
        leaf = variable(p);
        return input(p, leaf);
    case 2:
        leaf = variable(p);
        leaf = element(p, leaf);
        return line(p, "load i32, ptr %%t%u, align 4", leaf);
    default:
        return variable(p);
    }
}

/* ---- statements ---- */

static void statements(struct program *p);

static void put_label(struct program *p, const char *kind, unsigned number)
{
    g_string_append_printf(p->out, "%s%u:\n", kind, number);
}

static void assign(struct program *p)
{
    unsigned value = expression(p, 3), at;

    if (pick(p, 4) == 0) {
        at = variable(p);
        at = element(p, at);
        g_string_append_printf(p->out, "  store i32 %%t%u, ptr %%t%u, align 4\n", value, at);
    } else {
        g_string_append_printf(p->out, "  store i32 %%t%u, ptr %%v%u, align 4\n", value,
                               pick(p, VARIABLES));
    }
}

static void branch(struct program *p)
{
    unsigned condition = compare(p, 2), n = p->label++;
    bool both = pick(p, 2);

    g_string_append_printf(p->out, "  br i1 %%t%u, label %%then%u, label %%%s%u\n", condition, n,
                           both ? "else" : "join", n);
    put_label(p, "then", n);
    statements(p);
    g_string_append_printf(p->out, "  br label %%join%u\n", n);
    if (both) {
        put_label(p, "else", n);
        statements(p);
        g_string_append_printf(p->out, "  br label %%join%u\n", n);
    }
    put_label(p, "join", n);
}

/* At most seven times, whatever the body does to the variables: the counter is its own. */
static void loop(struct program *p)
{
    const char *stop = p->stop, *next = p->next;
    unsigned n = p->label++, count = 1 + pick(p, 7), i, c;
    g_autofree char *done = g_strdup_printf("done%u", n), *step = g_strdup_printf("step%u", n);
    bool test_last = pick(p, 2);

    g_string_append_printf(p->out, "  store i32 0, ptr %%c%u, align 4\n", p->depth);
    g_string_append_printf(p->out, "  br label %%%s%u\n", test_last ? "body" : "head", n);
    put_label(p, "head", n);
    i = line(p, "load i32, ptr %%c%u, align 4", p->depth);
    c = line(p, "icmp ult i32 %%t%u, %u", i, count);
    g_string_append_printf(p->out, "  br i1 %%t%u, label %%body%u, label %%done%u\n", c, n, n);
    put_label(p, "body", n);
    p->stop = done;
    p->next = step;
    statements(p);
    p->stop = stop;
    p->next = next;
    g_string_append_printf(p->out, "  br label %%step%u\n", n);
    put_label(p, "step", n);
    i = line(p, "load i32, ptr %%c%u, align 4", p->depth);
    i = line(p, "add i32 %%t%u, 1", i);
    g_string_append_printf(p->out, "  store i32 %%t%u, ptr %%c%u, align 4\n", i, p->depth);
    g_string_append_printf(p->out, "  br label %%head%u\n", n);
    put_label(p, "done", n);
}

/* Cases end in a jump to the end, or fall through. */
static void choice(struct program *p)
{
    unsigned value = expression(p, 2), n = p->label++, cases = 2 + pick(p, 4);

    value = line(p, "and i32 %%t%u, 7", value);
    g_string_append_printf(p->out, "  switch i32 %%t%u, label %%other%u [", value, n);
    for (unsigned i = 0; i < cases; i++) {
        g_string_append_printf(p->out, " i32 %u, label %%case%u_%u", i * 8 / cases, n, i);
    }
    g_string_append(p->out, " ]\n");
    for (unsigned i = 0; i < cases; i++) {
        g_string_append_printf(p->out, "case%u_%u:\n", n, i);
        statements(p);
        if (i + 1 < cases && pick(p, 3) == 0) {
            g_string_append_printf(p->out, "  br label %%case%u_%u\n", n, i + 1);
        } else {
            g_string_append_printf(p->out, "  br label %%end%u\n", n);
        }
    }
    put_label(p, "other", n);
    statements(p);
    g_string_append_printf(p->out, "  br label %%end%u\n", n);
    put_label(p, "end", n);
}

/* Leaves the loop, its turn, or the function, on a condition. */
static void leave(struct program *p)
{
    unsigned condition = compare(p, 1), n = p->label++, value;

    g_string_append_printf(p->out, "  br i1 %%t%u, label %%leave%u, label %%stay%u\n", condition, n,
                           n);
    put_label(p, "leave", n);
    if (p->stop && pick(p, 4)) {
        g_string_append_printf(p->out, "  br label %%%s\n", pick(p, 2) ? p->stop : p->next);
    } else {
        value = expression(p, 1);
        g_string_append_printf(p->out, "  ret i32 %%t%u\n", value);
    }
    put_label(p, "stay", n);
}

static void statement(struct program *p)
{
    if (!p->budget || p->depth >= 4) {
        assign(p);
        return;
    }
    p->budget--;
    p->depth++;
    switch (pick(p, 8)) {
    case 0:
    case 1:
        branch(p);
        break;
    case 2:
    case 3:
        loop(p);
        break;
    case 4:
        choice(p);
        break;
    case 5:
        leave(p);
        break;
    default:
        assign(p);
        break;
    }
    p->depth--;
}

static void statements(struct program *p)
{
    for (unsigned i = 0, n = 1 + pick(p, 3); i < n; i++) {
        statement(p);
    }
}

static void program(GString *out, uint32_t seed, unsigned number)
{
    struct program p = {.random = g_rand_new_with_seed(seed), .out = out, .budget = 5};
    unsigned sum;

    g_string_append_printf(
        out, "define internal i32 @p%u(ptr addrspace(1) %%in, i32 %%row) {\nentry:\n", number);
    for (unsigned i = 0; i < VARIABLES; i++) {
        g_string_append_printf(out, "  %%v%u = alloca i32, align 4\n", i);
    }
    for (unsigned i = 0; i < 6; i++) {
        g_string_append_printf(out, "  %%c%u = alloca i32, align 4\n", i);
    }
    g_string_append_printf(out, "  %%a = alloca [%u x i32], align 4\n", ARRAY);
    for (unsigned i = 0; i < ARRAY; i++) {
        unsigned at =
            line(&p, "getelementptr inbounds [%u x i32], ptr %%a, i32 0, i32 %u", ARRAY, i);

        g_string_append_printf(out, "  store i32 %u, ptr %%t%u, align 4\n", i * 77, at);
    }
    for (unsigned i = 0; i < VARIABLES; i++) {
        unsigned value = line(&p, "add i32 %%row, %u", i * 13);

        value = input(&p, value);
        g_string_append_printf(out, "  store i32 %%t%u, ptr %%v%u, align 4\n", value, i);
    }
    for (unsigned i = 0; i < 4; i++) {
        statement(&p);
    }
    sum = variable(&p);
    for (unsigned i = 0; i < VARIABLES; i++) {
        unsigned value = line(&p, "load i32, ptr %%v%u, align 4", i);

        sum = line(&p, "mul i32 %%t%u, 31", sum);
        sum = line(&p, "add i32 %%t%u, %%t%u", sum, value);
    }
    g_string_append_printf(out, "  ret i32 %%t%u\n}\n\n", sum);
    g_rand_free(p.random);
}

static const char module_head[] =
    "target datalayout = \"e-p:64:64:64-i1:8:8-i8:8:8-i16:16:16-i32:32:32-i64:64:64-f32:32:32-"
    "f64:64:64-v16:16:16-v24:32:32-v32:32:32-v48:64:64-v64:64:64-v96:128:128-v128:128:128-"
    "v192:256:256-v256:256:256-v512:512:512-v1024:1024:1024-n8:16:32\"\n"
    "target triple = \"air64-apple-macosx14.0.0\"\n"
    "declare i32 @air.popcount.i32(i32)\n"
    "declare i32 @air.reverse_bits.i32(i32)\n"
    "declare i32 @air.abs.s.i32(i32)\n"
    "declare i32 @air.clz.i32(i32, i1)\n"
    "declare i32 @air.min.s.i32(i32, i32)\n"
    "declare i32 @air.max.s.i32(i32, i32)\n"
    "declare i32 @air.min.u.i32(i32, i32)\n"
    "declare i32 @air.max.u.i32(i32, i32)\n"
    "declare i32 @air.mul_hi.s.i32(i32, i32)\n"
    "declare i32 @air.mul_hi.u.i32(i32, i32)\n"
    "declare i32 @air.add_sat.u.i32(i32, i32)\n"
    "declare i32 @air.sub_sat.s.i32(i32, i32)\n"
    "declare i32 @air.rotate.i32(i32, i32)\n"
    "declare <4 x i32> @air.max.s.v4i32(<4 x i32>, <4 x i32>)\n"
    "declare float @air.convert.f.f32.s.i32(i32)\n"
    "declare float @air.convert.f.f32.u.i32(i32)\n"
    "declare i32 @air.convert.s.i32.f.f32(float)\n"
    "declare float @air.fmax.f32(float, float)\n\n";

static const char module_tail[] =
    "!air.kernel = !{!0}\n"
    "!0 = !{ptr @k, !1, !2}\n"
    "!1 = !{}\n"
    "!2 = !{!3, !4, !5}\n"
    "!3 = !{i32 0, !\"air.buffer\", !\"air.location_index\", i32 0, i32 1, !\"air.read\", "
    "!\"air.address_space\", i32 1, !\"air.arg_type_size\", i32 4, !\"air.arg_type_align_size\", "
    "i32 4, !\"air.arg_type_name\", !\"uint\", !\"air.arg_name\", !\"in\"}\n"
    "!4 = !{i32 1, !\"air.buffer\", !\"air.location_index\", i32 1, i32 1, !\"air.read_write\", "
    "!\"air.address_space\", i32 1, !\"air.arg_type_size\", i32 4, !\"air.arg_type_align_size\", "
    "i32 4, !\"air.arg_type_name\", !\"uint\", !\"air.arg_name\", !\"out\"}\n"
    "!5 = !{i32 2, !\"air.thread_position_in_grid\", !\"air.arg_type_name\", !\"uint\", "
    "!\"air.arg_name\", !\"t\"}\n"
    "!air.version = !{!6}\n"
    "!6 = !{i32 2, i32 6, i32 0}\n"
    "!air.language_version = !{!7}\n"
    "!7 = !{!\"Metal\", i32 3, i32 1, i32 0}\n";

GString *generate_kernel(uint32_t first_seed, unsigned count)
{
    GString *out = g_string_new(module_head);

    for (unsigned i = 0; i < count; i++) {
        program(out, first_seed + i, i);
    }
    g_string_append(out, "define void @k(ptr addrspace(1) %in, ptr addrspace(1) %out, i32 %t) {\n"
                         "  %first = mul i32 %t, ");
    g_string_append_printf(out, "%u\n", count);
    for (unsigned i = 0; i < count; i++) {
        g_string_append_printf(out,
                               "  %%r%u = call i32 @p%u(ptr addrspace(1) %%in, i32 %%t)\n"
                               "  %%i%u = add i32 %%first, %u\n"
                               "  %%o%u = getelementptr inbounds i32, ptr addrspace(1) %%out, i32 "
                               "%%i%u\n"
                               "  store i32 %%r%u, ptr addrspace(1) %%o%u, align 4\n",
                               i, i, i, i, i, i, i, i);
    }
    g_string_append(out, "  ret void\n}\n\n");
    g_string_append(out, module_tail);
    return out;
}
