/* SPDX-License-Identifier: MIT */
/* Shaders that try to leave what is bound to them, executed, with canaries around it.
 * Spec: 02-errata-gpu 2.9. */
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ir.h"
#include "runner.h"
#include "shader/audit.h"
#include "tap.h"

#define BEFORE 256 /* bytes of canary in front of the bound range: a multiple of any alignment */
#define RANGE  64  /* bytes bound */
#define CANARY 0xc5

static struct runner *runner;

static bool translate(LLVMMemoryBufferRef bitcode, const struct pvg_shader_options *options,
                      struct pvg_translation *out, char *why, size_t size)
{
    struct pvg_translate_request request = {.entry = "k", .options = options};

    if (!bitcode) {
        snprintf(why, size, "the test's own text is wrong");
        return false;
    }
    request.air = LLVMGetBufferStart(bitcode);
    request.air_size = LLVMGetBufferSize(bitcode);
    pvg_translate(&request, out);
    if (out->status != PVG_TRANSLATE_DONE) {
        snprintf(why, size, "%s", out->reason);
    }
    return out->status == PVG_TRANSLATE_DONE;
}

/* Offsets a shader may come up with, in bytes. */
static const int64_t offsets[] = {0, RANGE - 8, RANGE - 4, RANGE - 1, RANGE, RANGE + 1, RANGE + 4,
                                  -1, -4, -8, -BEFORE, 1 << 20, INT32_MAX, INT32_MIN,
                                  INT64_C(1) << 32, (INT64_C(1) << 32) - 4, INT64_MAX - 7,
                                  INT64_MIN};

/* Runs a kernel of (data, offset in, result out) for one offset; false if a canary died. */
static bool try_offset(const struct pvg_translation *kernel, int64_t offset, uint64_t *result,
                       uint8_t *inside)
{
    uint8_t memory[BEFORE + RANGE + 256];
    struct runner_dispatch d = {.kernel = kernel, .groups = {1, 1, 1}, .local = {1, 1, 1}};
    struct pvg_error error;
    bool intact = true;

    memset(memory, CANARY, sizeof(memory));
    memset(memory + BEFORE, 0x11, RANGE);
    *result = 0;
    d.buffers[0] = (struct runner_buffer){memory, sizeof(memory), BEFORE, RANGE};
    d.buffers[1] = (struct runner_buffer){&offset, sizeof(offset), 0, 0};
    d.buffers[2] = (struct runner_buffer){result, sizeof(*result), 0, 0};
    if (!runner_dispatch(runner, &d, &error)) {
        printf("# %s\n", error.message);
        return false;
    }
    for (size_t i = 0; i < sizeof(memory); i++) {
        if (i < BEFORE || i >= BEFORE + RANGE) {
            intact &= memory[i] == CANARY;
        }
    }
    memcpy(inside, memory + BEFORE, RANGE);
    return intact;
}

struct width {
    const char *type, *atomic;
    unsigned bytes, align;
};

static const struct width widths[] = {
    {"i8", NULL, 1, 1},   {"i16", NULL, 2, 2},         {"i32", NULL, 4, 4},
    {"i64", NULL, 8, 8},  {"<4 x float>", NULL, 16, 4}, {"i32", NULL, 4, 1},
    {"i16", NULL, 2, 1},  {"i32", "xchg.i32", 4, 4},
};

static const char nodes[] = "!10 = " IR_BUFFER(0, 0, 4) "!11 = " IR_BUFFER(1, 1, 8)
                            "!12 = " IR_BUFFER(2, 2, 8);

static LLVMMemoryBufferRef store_kernel(const struct width *w)
{
    g_autofree char *access =
        w->atomic ? g_strdup_printf("%%old = call i32 @air.atomic.global.%s(ptr addrspace(1) %%p, "
                                    "i32 -1, i32 0, i32 2, i1 true)",
                                    w->atomic)
                  : g_strdup_printf("store %s %s, ptr addrspace(1) %%p, align %u", w->type,
                                    w->type[0] == '<' ? "<float 1.0, float 1.0, float 1.0, "
                                                        "float 1.0>"
                                                      : "-1",
                                    w->align);
    g_autofree char *text = g_strdup_printf(
        "declare i32 @air.atomic.global.xchg.i32(ptr addrspace(1), i32, i32, i32, i1)\n"
        "define void @k(ptr addrspace(1) %%d, ptr addrspace(1) %%o, ptr addrspace(1) %%r) {\n"
        "  %%i = load i64, ptr addrspace(1) %%o, align 8\n"
        "  %%p = getelementptr i8, ptr addrspace(1) %%d, i64 %%i\n"
        "  %s\n  ret void\n}\n%s", access, nodes);

    return ir_kernel(text, "!{!10, !11, !12}");
}

static LLVMMemoryBufferRef load_kernel(const struct width *w)
{
    g_autofree char *widen = w->bytes < 8 ? g_strdup_printf("%%x = zext %s %%v to i64", w->type)
                                          : g_strdup("%x = add i64 %v, 0");
    g_autofree char *text = g_strdup_printf(
        "define void @k(ptr addrspace(1) %%d, ptr addrspace(1) %%o, ptr addrspace(1) %%r) {\n"
        "  %%i = load i64, ptr addrspace(1) %%o, align 8\n"
        "  %%p = getelementptr i8, ptr addrspace(1) %%d, i64 %%i\n"
        "  %%v = load %s, ptr addrspace(1) %%p, align %u\n"
        "  %s\n"
        "  store i64 %%x, ptr addrspace(1) %%r, align 8\n  ret void\n}\n%s",
        w->type, w->align, widen, nodes);

    return ir_kernel(text, "!{!10, !11, !12}");
}

static bool is_inside(int64_t offset, unsigned bytes)
{
    return offset >= 0 && offset <= RANGE - (int64_t)bytes;
}

static void stores_stay_inside(const struct width *w)
{
    LLVMMemoryBufferRef bitcode = store_kernel(w);
    g_autofree struct pvg_shader_options *options = g_new0(struct pvg_shader_options, 1);
    g_autofree struct pvg_translation *out = g_new0(struct pvg_translation, 1);
    g_autofree char *sentence = g_strdup_printf(
        "%s of %s aligned to %u never touches what is outside the bound range",
        w->atomic ? "an atomic" : "a store", w->type, w->align);
    char why[256] = "";
    bool ok;

    options->features = runner_features(runner);
    options->heap_slots = RUNNER_SLOTS;
    ok = translate(bitcode, options, out, why, sizeof(why));
    for (size_t i = 0; ok && i < G_N_ELEMENTS(offsets); i++) {
        uint8_t inside[RANGE];
        uint64_t result;

        if (offsets[i] % w->align) {
            continue; /* a promise of the compiler, not of safety: the store goes elsewhere inside */
        }
        if (!try_offset(out, offsets[i], &result, inside)) {
            snprintf(why, sizeof(why), "offset %" G_GINT64_FORMAT " killed a canary", offsets[i]);
            ok = false;
        } else if (is_inside(offsets[i], w->bytes) && inside[offsets[i]] == 0x11) {
            snprintf(why, sizeof(why), "offset %" G_GINT64_FORMAT " was not written", offsets[i]);
            ok = false;
        }
    }
    tap_result(ok, sentence, why);
    pvg_translation_finish(out);
    if (bitcode) {
        LLVMDisposeMemoryBuffer(bitcode);
    }
}

static void loads_stay_inside(const struct width *w)
{
    LLVMMemoryBufferRef bitcode = load_kernel(w);
    g_autofree struct pvg_shader_options *options = g_new0(struct pvg_shader_options, 1);
    g_autofree struct pvg_translation *out = g_new0(struct pvg_translation, 1);
    g_autofree char *sentence = g_strdup_printf(
        "a load of %s aligned to %u never sees what is outside the bound range", w->type, w->align);
    char why[256] = "";
    bool ok;

    options->features = runner_features(runner);
    options->heap_slots = RUNNER_SLOTS;
    ok = translate(bitcode, options, out, why, sizeof(why));
    for (size_t i = 0; ok && i < G_N_ELEMENTS(offsets); i++) {
        uint8_t inside[RANGE];
        uint64_t result, all = UINT64_C(0x1111111111111111) >> (64 - 8 * w->bytes);

        ok = try_offset(out, offsets[i], &result, inside);
        for (unsigned byte = 0; ok && byte < 8; byte++) {
            if ((result >> (8 * byte) & 0xff) == CANARY) {
                snprintf(why, sizeof(why), "offset %" G_GINT64_FORMAT " read %" PRIx64, offsets[i],
                         result);
                ok = false;
            }
        }
        if (ok && is_inside(offsets[i], w->bytes) && offsets[i] % w->align == 0 && result != all) {
            snprintf(why, sizeof(why), "offset %" G_GINT64_FORMAT " read %" PRIx64, offsets[i],
                     result);
            ok = false;
        }
    }
    tap_result(ok, sentence, why);
    pvg_translation_finish(out);
    if (bitcode) {
        LLVMDisposeMemoryBuffer(bitcode);
    }
}

/* Runs one kernel of (data, index in, result out) and expects it to end without harm. */
static void survives(const char *sentence, const char *definitions, const char *inputs,
                     int64_t index, uint32_t budget)
{
    g_autofree char *text = g_strconcat(definitions, nodes, NULL);
    LLVMMemoryBufferRef bitcode = ir_kernel(text, inputs);
    g_autofree struct pvg_shader_options *options = g_new0(struct pvg_shader_options, 1);
    g_autofree struct pvg_translation *out = g_new0(struct pvg_translation, 1);
    uint8_t inside[RANGE];
    uint64_t result = 0;
    char why[256] = "";
    bool ok;

    options->features = runner_features(runner);
    options->heap_slots = RUNNER_SLOTS;
    options->budget = budget;
    ok = translate(bitcode, options, out, why, sizeof(why));
    if (ok && !try_offset(out, index, &result, inside)) {
        snprintf(why, sizeof(why), "a canary died");
        ok = false;
    }
    tap_result(ok, sentence, why);
    pvg_translation_finish(out);
    if (bitcode) {
        LLVMDisposeMemoryBuffer(bitcode);
    }
}

static void threadgroup_and_private(void)
{
    static const int64_t indices[] = {64, -1, INT32_MAX, INT64_C(1) << 31, 20000, 100000};

    for (size_t i = 0; i < G_N_ELEMENTS(indices); i++) {
        g_autofree char *group = g_strdup_printf(
            "threadgroup memory indexed by %" G_GINT64_FORMAT " is not left", indices[i]);
        g_autofree char *local = g_strdup_printf(
            "a private array indexed by %" G_GINT64_FORMAT " is not left", indices[i]);

        survives(group,
                 "@w = internal addrspace(3) global [64 x i32] undef, align 4\n"
                 "define void @k(ptr addrspace(1) %d, ptr addrspace(1) %o, ptr addrspace(1) %r) {\n"
                 "  %i = load i64, ptr addrspace(1) %o, align 8\n"
                 "  %p = getelementptr [64 x i32], ptr addrspace(3) @w, i64 0, i64 %i\n"
                 "  store i32 7, ptr addrspace(3) %p, align 4\n"
                 "  %v = load i32, ptr addrspace(3) %p, align 4\n"
                 "  store i32 %v, ptr addrspace(1) %r, align 4\n  ret void\n}\n",
                 "!{!10, !11, !12}", indices[i], 0);
        survives(local,
                 "define void @k(ptr addrspace(1) %d, ptr addrspace(1) %o, ptr addrspace(1) %r) {\n"
                 "  %a = alloca [16 x i32], align 4\n"
                 "  %i = load i64, ptr addrspace(1) %o, align 8\n"
                 "  %p = getelementptr [16 x i32], ptr %a, i64 0, i64 %i\n"
                 "  store i32 7, ptr %p, align 4\n"
                 "  %q = getelementptr [16 x i32], ptr %a, i64 0, i64 3\n"
                 "  %v = load i32, ptr %q, align 4\n"
                 "  store i32 %v, ptr addrspace(1) %r, align 4\n  ret void\n}\n",
                 "!{!10, !11, !12}", indices[i], 0);
    }
}

static void endless_loops(void)
{
    survives("a loop without an exit ends when the budget is spent",
             "define void @k(ptr addrspace(1) %d, ptr addrspace(1) %o, ptr addrspace(1) %r) {\n"
             "  br label %l\nl:\n  store volatile i32 1, ptr addrspace(1) %r, align 4\n"
             "  br label %l\n}\n", "!{!10, !11, !12}", 0, 100000);
    survives("a loop whose exit never comes ends when the budget is spent",
             "define void @k(ptr addrspace(1) %d, ptr addrspace(1) %o, ptr addrspace(1) %r) {\n"
             "e:\n  br label %l\nl:\n  %v = load volatile i32, ptr addrspace(1) %o, align 4\n"
             "  %c = icmp eq i32 %v, 12345\n  br i1 %c, label %x, label %l\n"
             "x:\n  store i32 1, ptr addrspace(1) %r, align 4\n  ret void\n}\n",
             "!{!10, !11, !12}", 0, 100000);
    survives("nested loops share one budget",
             "define void @k(ptr addrspace(1) %d, ptr addrspace(1) %o, ptr addrspace(1) %r) {\n"
             "e:\n  br label %a\n"
             "a:\n  %i = phi i32 [0, %e], [%i1, %n]\n  br label %b\n"
             "b:\n  %j = phi i32 [0, %a], [%j1, %b]\n"
             "  store volatile i32 %j, ptr addrspace(1) %r, align 4\n"
             "  %j1 = add i32 %j, 1\n  %c = icmp ult i32 %j1, 1000000000\n"
             "  br i1 %c, label %b, label %n\n"
             "n:\n  %i1 = add i32 %i, 1\n  %f = icmp ult i32 %i1, 1000000000\n"
             "  br i1 %f, label %a, label %x\nx:\n  ret void\n}\n",
             "!{!10, !11, !12}", 0, 100000);
}

/* ---- Handles and pointers that nobody handed out ---- */

#define SECRET UINT32_C(0x5ec4e7)

/* Runs one kernel of (number in, result out) with a buffer and a float texture in slot 3, a canary
 * buffer that is bound nowhere. The result must be @want, or no secret; of the buffer's words only
 * @written may have changed, to 7; the canary must live. */
static void number_reaches(const char *body, uint64_t value, const uint32_t *want, int written,
                           const char *sentence)
{
    static const char intro[] =
        "declare <4 x float> @air.read_texture_2d.v4f32(ptr addrspace(1), <2 x i32>, i32, i32)\n"
        "declare void @air.write_texture_2d.v4f32(ptr addrspace(1), <2 x i32>, <4 x float>, i32, "
        "i32)\n"
        "declare <4 x float> @air.sample_texture_2d.v4f32(ptr addrspace(1), ptr addrspace(2), "
        "<2 x float>, i1, <2 x i32>, i1, float, float, i32)\n"
        "declare i32 @air.atomic.global.add.u.i32(ptr addrspace(1), i32, i32, i32, i1)\n"
        "define void @k(ptr addrspace(1) %o, ptr addrspace(1) %r) {\n"
        "  %n = load i64, ptr addrspace(1) %o, align 8\n"
        "  %p = inttoptr i64 %n to ptr addrspace(1)\n"
        "  %s = inttoptr i64 %n to ptr addrspace(2)\n";
    g_autofree char *text = g_strconcat(intro, body, "  ret void\n}\n!10 = " IR_BUFFER(0, 0, 8)
                                        "!11 = " IR_BUFFER(1, 1, 4), NULL);
    LLVMMemoryBufferRef bitcode = ir_kernel(text, "!{!10, !11}");
    g_autofree struct pvg_shader_options *options = g_new0(struct pvg_shader_options, 1);
    g_autofree struct pvg_translation *out = g_new0(struct pvg_translation, 1);
    struct runner_dispatch d = {.kernel = out, .groups = {1, 1, 1}, .local = {1, 1, 1}};
    uint32_t result = 0, words[8], neighbour[64];
    float texels[16] = {0};
    struct pvg_error error = {0};
    bool ok;

    for (unsigned i = 0; i < 64; i++) {
        words[i % 8] = 0x11111111;
        neighbour[i] = SECRET;
    }
    texels[0] = 0.5f;
    options->features = runner_features(runner);
    options->heap_slots = RUNNER_SLOTS;
    ok = translate(bitcode, options, out, error.message, sizeof(error.message)) &&
         pvg_shader_audit(out, options, &error);
    d.buffers[0] = (struct runner_buffer){&value, sizeof(value), 0, 0};
    d.buffers[1] = (struct runner_buffer){&result, sizeof(result), 0, 0};
    d.buffers[2] = (struct runner_buffer){neighbour, sizeof(neighbour), 0, 0};
    d.slots[3].buffer = (struct runner_buffer){words, sizeof(words), 0, 0};
    d.slots[3].texture = (struct runner_texture){texels, 2, 2, 1, 0};
    ok = ok && runner_dispatch(runner, &d, &error);
    for (unsigned i = 0; ok && i < 64; i++) {
        ok = neighbour[i] == SECRET;
    }
    for (int i = 0; ok && i < 8; i++) {
        if (words[i] != (i == written ? 7 : 0x11111111)) {
            pvg_error_set(&error, "word %d is 0x%08x", i, words[i]);
            ok = false;
        }
    }
    if (ok && (want ? result != *want : result == SECRET)) {
        pvg_error_set(&error, "the result is 0x%08x", result);
        ok = false;
    }
    tap_result(ok, sentence, error.message);
    pvg_translation_finish(out);
    if (bitcode) {
        LLVMDisposeMemoryBuffer(bitcode);
    }
}

static void made_up_numbers(void)
{
    static const char load[] = "  %v = load i32, ptr addrspace(1) %p, align 4\n"
                               "  store i32 %v, ptr addrspace(1) %r, align 4\n";
    static const char write[] = "  store i32 7, ptr addrspace(1) %p, align 4\n";
    static const char add[] =
        "  %v = call i32 @air.atomic.global.add.u.i32(ptr addrspace(1) %p, i32 1, i32 0, i32 2, "
        "i1 true)\n  store i32 %v, ptr addrspace(1) %r, align 4\n";
    static const char fetch[] =
        "  %v = call <4 x float> @air.read_texture_2d.v4f32(ptr addrspace(1) %p, <2 x i32> "
        "zeroinitializer, i32 0, i32 1)\n  %x = extractelement <4 x float> %v, i32 0\n"
        "  store float %x, ptr addrspace(1) %r, align 4\n";
    static const char blot[] =
        "  call void @air.write_texture_2d.v4f32(ptr addrspace(1) %p, <2 x i32> <i32 9, i32 9>, "
        "<4 x float> zeroinitializer, i32 0, i32 2)\n";
    static const char sample[] =
        "  %v = call <4 x float> @air.sample_texture_2d.v4f32(ptr addrspace(1) %p, "
        "ptr addrspace(2) %s, <2 x float> zeroinitializer, i1 true, <2 x i32> zeroinitializer, "
        "i1 true, float 0.0, float 0.0, i32 0)\n  %x = extractelement <4 x float> %v, i32 0\n"
        "  store float %x, ptr addrspace(1) %r, align 4\n";
    static const uint32_t ones = 0x11111111, zero = 0, half = 0x3f000000;
    static const struct {
        uint64_t number;
        const char *what;
    } wild[] = {
        {0, "null"},
        {UINT64_C(3) << 40 | 32, "one past the end"},
        {UINT64_C(3) << 40 | 0xfffffffc, "far past the end"},
        {UINT64_C(3) << 40 | UINT64_C(1) << 32, "4 GiB past the start"},
        {UINT64_C(4) << 40, "an empty slot"},
        {UINT64_C(15) << 40, "the last slot"},
        {UINT64_C(16) << 40, "the slot behind the last"},
        {UINT64_C(0xffffff) << 40, "the slot of all ones"},
        {UINT64_MAX, "all ones"},
        {0x7f0000001000, "what looks like a host address"},
    };

    if (!tap_has(runner_features(runner), PVG_SHADER_FEATURE(DESCRIPTOR_INDEXING),
                 "made-up numbers reach nothing")) {
        return;
    }
    number_reaches(load, UINT64_C(3) << 40 | 28, &ones, -1, "a pointer that was handed out is read");
    number_reaches(write, UINT64_C(3) << 40 | 4, &zero, 1, "a pointer that was handed out is written");
    number_reaches(fetch, 3, &half, -1, "a texture that was handed out is read");
    number_reaches(sample, 3, &half, -1, "a texture and a sampler that were handed out sample");
    for (size_t i = 0; i < G_N_ELEMENTS(wild); i++) {
        g_autofree char *loads = g_strdup_printf("a load through %s is zero", wild[i].what);
        g_autofree char *stores = g_strdup_printf("a store through %s vanishes", wild[i].what);
        g_autofree char *adds = g_strdup_printf("an atomic through %s vanishes", wild[i].what);
        g_autofree char *reads = g_strdup_printf("a texture read by %s is harmless", wild[i].what);
        g_autofree char *writes = g_strdup_printf("a texture write by %s is harmless", wild[i].what);
        g_autofree char *samples = g_strdup_printf("sampling by %s is harmless", wild[i].what);

        number_reaches(load, wild[i].number, &zero, -1, loads);
        number_reaches(write, wild[i].number, &zero, -1, stores);
        number_reaches(add, wild[i].number, &zero, -1, adds);
        number_reaches(fetch, wild[i].number, NULL, -1, reads);
        number_reaches(blot, wild[i].number, NULL, -1, writes);
        number_reaches(sample, wild[i].number, NULL, -1, samples);
    }
}

int main(void)
{
    struct pvg_error error;

    runner = runner_create(NULL, &error);
    if (!runner) {
        return tap_skip_all(error.message);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(widths); i++) {
        stores_stay_inside(&widths[i]);
        if (!widths[i].atomic && widths[i].bytes <= 8) {
            loads_stay_inside(&widths[i]);
        }
    }
    threadgroup_and_private();
    endless_loops();
    made_up_numbers();
    runner_destroy(runner);
    return tap_end();
}
