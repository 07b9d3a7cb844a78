/* SPDX-License-Identifier: MIT */
/* The spec's own kernels, executed: the numbers that expected.json and 70-air state for them. Skips
 * loudly without the shader binaries or without a Vulkan device. */
#include <glib.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner.h"
#include "shader/metallib.h"
#include "tap.h"

static struct runner *runner;
static const char *folder;

/* One kernel of a file, translated for the runner's device, ready to dispatch. */
struct kernel {
    char *bytes;
    struct pvg_metallib library;
    struct pvg_shader_options options;
    struct pvg_translation translation;
    struct runner_dispatch run;
    struct pvg_error error;
    bool ok;
};

static void open_kernel(struct kernel *k, const char *file, const char *entry)
{
    g_autofree char *path = g_build_filename(folder, file, NULL);
    struct pvg_translate_request request = {.entry = entry, .options = &k->options};
    size_t size;

    if (!g_file_get_contents(path, &k->bytes, &size, NULL) ||
        pvg_metallib_init(&k->library, k->bytes, size) != PVG_ACCEPTED) {
        pvg_error_set(&k->error, "cannot read %s", path);
        return;
    }
    k->options.features = runner_features(runner);
    k->options.heap_slots = RUNNER_SLOTS;
    request.air = k->library.functions[0].bitcode;
    request.air_size = k->library.functions[0].bitcode_size;
    pvg_translate(&request, &k->translation);
    if (k->translation.status != PVG_TRANSLATE_DONE) {
        pvg_error_set(&k->error, "%s", k->translation.reason);
        return;
    }
    k->run.kernel = &k->translation;
    for (unsigned i = 0; i < 3; i++) {
        k->run.local[i] = k->run.groups[i] = 1;
    }
    k->ok = true;
}

static void close_kernel(struct kernel *k)
{
    pvg_translation_finish(&k->translation);
    pvg_metallib_finish(&k->library);
    g_free(k->bytes);
}

static void give(struct kernel *k, unsigned index, void *bytes, size_t size)
{
    k->run.buffers[index] = (struct runner_buffer){.bytes = bytes, .size = size};
}

static void dispatch(struct kernel *k, uint32_t groups, uint32_t local)
{
    k->run.groups[0] = groups;
    k->run.local[0] = local;
    if (k->ok) {
        k->ok = runner_dispatch(runner, &k->run, &k->error);
    }
}

static void expect_words(struct kernel *k, const void *got, const void *want, size_t count)
{
    const uint32_t *g = got, *w = want;

    for (size_t i = 0; k->ok && i < count; i++) {
        if (g[i] != w[i]) {
            pvg_error_set(&k->error, "word %zu is %08x, not %08x", i, g[i], w[i]);
            k->ok = false;
        }
    }
}

static void report(struct kernel *k, const char *sentence)
{
    tap_result(k->ok, sentence, k->error.message);
    close_kernel(k);
}

static void saxpy(const char *file, const char *sentence)
{
    struct kernel k = {0};
    float x[8] = {1, 2, 3, 4, 5, 6, 7, 8}, y[8] = {0, 10, 20, 30, 40, 50, 60, 70};
    const float want[8] = {2.5f, 15, 27.5f, 40, 52.5f, 65, 60, 70};
    struct {
        float a;
        uint32_t n;
    } parameters = {2.5f, 6};

    open_kernel(&k, file, NULL);
    give(&k, 0, x, sizeof(x));
    give(&k, 1, y, sizeof(y));
    give(&k, 2, &parameters, sizeof(parameters));
    dispatch(&k, 1, 8);
    expect_words(&k, y, want, 8);
    report(&k, sentence);
}

static void saxpy_at_offsets(void)
{
    struct kernel k = {0};
    float x[16] = {0}, y[16] = {0}, parameters[8] = {0};
    const uint32_t n = 4;
    unsigned wrong = 0;

    for (unsigned i = 0; i < 16; i++) {
        x[i] = (float)i;
        y[i] = 100.0f;
    }
    parameters[5] = 2.0f;
    memcpy(&parameters[6], &n, sizeof(n));
    open_kernel(&k, "own_saxpy.air", NULL);
    give(&k, 0, x, sizeof(x));
    give(&k, 1, y, sizeof(y));
    give(&k, 2, parameters, sizeof(parameters));
    k.run.buffers[0].offset = 4;
    k.run.buffers[1].offset = 28;
    k.run.buffers[2].offset = 20;
    dispatch(&k, 1, 8);
    for (unsigned i = 0; i < 16; i++) {
        float want = i >= 7 && i < 11 ? 100.0f + 2.0f * x[i - 7 + 1] : 100.0f;

        wrong += y[i] != want;
    }
    if (k.ok && wrong) {
        pvg_error_set(&k.error, "%u elements are wrong", wrong);
        k.ok = false;
    }
    report(&k, "buffers bound at offsets of 4, 28 and 20 bytes are read and written there");
}

static void reduce(void)
{
    struct kernel k = {0};
    uint32_t in[256], out = 1000;
    const uint32_t want = 33640;

    for (uint32_t i = 0; i < 256; i++) {
        in[i] = i;
    }
    open_kernel(&k, "own_reduce_sum.air", NULL);
    give(&k, 0, in, sizeof(in));
    give(&k, 1, &out, sizeof(out));
    k.run.threadgroup_bytes[0] = 256;
    dispatch(&k, 4, 64);
    expect_words(&k, &out, &want, 1);
    report(&k, "a reduction through threadgroup memory and barriers gives 33640");
}

static void control_flow(void)
{
    static const int32_t in[16] = {-5, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 50, 1000};
    static const int32_t want[16] = {-1, 7, 7, 20, 16, 40, 26, 29, 60, 172, 70, 93, 223, 93, 93, 223};
    static const int32_t odd[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 30, 100};
    static const int32_t odd_want[16] = {21, 29, 29, 21, 34, 29, 21, 34, 25, 21, 29, 33, 38, 34, 33, 103};
    struct kernel k = {0}, irreducible = {0};
    int32_t io[16], out[16] = {0};

    memcpy(io, in, sizeof(io));
    open_kernel(&k, "own_cfg_shapes.air", NULL);
    give(&k, 0, io, sizeof(io));
    give(&k, 1, out, sizeof(out));
    dispatch(&k, 1, 16);
    expect_words(&k, out, want, 16);
    report(&k, "loops, switches, breaks and early returns take the paths they should");

    memcpy(io, odd, sizeof(io));
    open_kernel(&irreducible, "own_cfg_irreducible.air", NULL);
    give(&irreducible, 0, io, sizeof(io));
    dispatch(&irreducible, 1, 16);
    expect_words(&irreducible, io, odd_want, 16);
    report(&irreducible, "a loop with two entries takes the paths it should");
}

static void bytes(void)
{
    static const uint8_t in[32] = {0x11, 0xf0, 0x34, 0x12, 0x05, 0xa1, 0xb2, 0xc3, 0xd4, 0x09, 0x0a,
                                   0x0b, 0x00, 0x3e, 0x00, 0xb4, 0x12, 0xf0, 0x34, 0x12, 0x05, 0xa1,
                                   0xb2, 0xc3, 0xd4, 0x09, 0x0a, 0x0b, 0x00, 0x41, 0x00, 0xb4};
    static const uint32_t want[8] = {0x00001235, 0xd4c3b2a1, 0x3fa00000, 0x12340012,
                                     0x00001236, 0xd4c3b2a1, 0x40100000, 0x12340012};

    for (unsigned offset = 0; offset < 4; offset++) {
        struct kernel k = {0};
        uint8_t moved[36] = {0};
        uint32_t out[8] = {0};
        g_autofree char *sentence = g_strdup_printf(
            "bytes, halves and unaligned words are read right from a buffer bound at byte %u",
            offset);

        memcpy(moved + offset, in, sizeof(in));
        open_kernel(&k, "own_byte_access.air", NULL);
        give(&k, 0, moved, sizeof(moved));
        give(&k, 1, out, sizeof(out));
        k.run.buffers[0].offset = offset;
        dispatch(&k, 1, 2);
        expect_words(&k, out, want, 8);
        report(&k, sentence);
    }
}

static void function_constants(void)
{
    static const float before[3] = {1.0f, -2.0f, 0.5f};
    static const float inverted[3] = {-3.0f, 6.0f, -1.5f}, plain[3] = {3.0f, -6.0f, 1.5f};
    static const float unset[3] = {0.0f, -0.0f, 0.0f};
    const float three = 3.0f;

    for (unsigned variant = 0; variant < 3; variant++) {
        static const char *const sentences[] = {
            "function constants 3.0 and true are folded in",
            "function constants 3.0 and false are folded in",
            "function constants without values are zero and counted"};
        const float *want = variant == 0 ? inverted : variant == 1 ? plain : unset;
        struct kernel k = {0};
        float io[3];

        memcpy(io, before, sizeof(io));
        if (variant < 2) {
            k.options.constant_count = 2;
            k.options.constants[0] = (struct pvg_shader_constant){.index = 0, .size = 4};
            memcpy(k.options.constants[0].value, &three, 4);
            k.options.constants[1] =
                (struct pvg_shader_constant){.index = 3, .size = 1, .value = {variant == 0}};
        }
        open_kernel(&k, "own_fc.air", NULL);
        give(&k, 0, io, sizeof(io));
        dispatch(&k, 1, 3);
        for (unsigned i = 0; i < 3; i++) {
            io[i] = io[i] == want[i] ? want[i] : io[i]; /* zeros may have either sign */
        }
        expect_words(&k, io, want, 3);
        if (k.ok && k.translation.reflection.unresolved_constants != (variant == 2 ? 2 : 0)) {
            pvg_error_set(&k.error, "%u constants count as unresolved",
                     k.translation.reflection.unresolved_constants);
            k.ok = false;
        }
        report(&k, sentences[variant]);
    }
}

static void atomics(void)
{
    static const uint32_t want[12] = {0x7e0, 0xfffffc08, 0xfffffff9, 0xffffffba, 0x44, 5,
                                      0xffffffff, 0xffffff00, 0x40, 0xc0, 0x80, 0x4d};
    uint32_t c[12] = {0, 0x3e8, 0xfffffc18, 0x3e8, 0, 0xffffffff, 0, 0xffffffff, 0, 0, 0, 5};
    struct kernel k = {0};
    float f = 1.0f;

    open_kernel(&k, "own_atomics.air", NULL);
    give(&k, 0, c, sizeof(c));
    give(&k, 1, &f, sizeof(f));
    dispatch(&k, 2, 32);
    if (c[11] >= 64 && c[11] != want[11]) {
        pvg_error_set(&k.error, "the exchanged word is %u", c[11]);
    }
    expect_words(&k, c, want, 11);
    if (k.ok && f != 33.0f) {
        pvg_error_set(&k.error, "the float sum is %g, not 33", f);
        k.ok = false;
    }
    report(&k, "atomics of all kinds on device and threadgroup memory add up");
}

static void pointers(void)
{
    static const float want[6] = {3, 10506, 409, 10612, 515, 11018};
    struct kernel k = {0};
    float a[16], b[16], out[6] = {0};

    for (unsigned i = 0; i < 16; i++) {
        a[i] = (float)i;
        b[i] = 100.0f + (float)i;
    }
    open_kernel(&k, "own_pointers.air", NULL);
    give(&k, 0, a, sizeof(a));
    give(&k, 1, b, sizeof(b));
    give(&k, 2, out, sizeof(out));
    dispatch(&k, 1, 6);
    expect_words(&k, out, want, 6);
    report(&k, "a pointer chosen between two buffers at run time reads the right one");
}

static void textures(void)
{
    struct kernel k = {0};
    float src[64], arr[128], dst[64] = {0}, want[64];
    uint32_t tb[3] = {7, 99, 3}, out[5] = {0};
    static const uint32_t sizes[5] = {4, 4, 2, 1, 99};

    for (unsigned i = 0; i < 16; i++) {
        float x = (float)(i % 4), y = (float)(i / 4);

        memcpy(src + 4 * i, (float[4]){x, y, 1, 1}, 16);
        memcpy(want + 4 * i, (float[4]){x + 0.5f, y + 0.25f, 1, 1}, 16);
        for (unsigned layer = 0; layer < 2; layer++) {
            memcpy(arr + 4 * (16 * layer + i), (float[4]){0.5f, 0.25f, (float)layer, 0}, 16);
        }
    }
    open_kernel(&k, "own_texture_ops.air", NULL);
    k.run.textures[0] = (struct runner_texture){src, 4, 4, 1};
    k.run.textures[1] = (struct runner_texture){arr, 4, 4, 2};
    k.run.textures[2] = (struct runner_texture){dst, 4, 4, 1};
    k.run.textures[3] = (struct runner_texture){tb, 3, 1, 1};
    give(&k, 0, out, sizeof(out));
    k.run.local[1] = 4;
    dispatch(&k, 1, 4);
    expect_words(&k, dst, want, 64);
    expect_words(&k, out, sizes, 5);
    report(&k, "textures, arrays and texel buffers are read, written and measured");
}

/* ---- Argument buffers: set 3 ---- */

static bool has_heaps(const char *sentence)
{
    return tap_has(runner_features(runner), PVG_SHADER_FEATURE(DESCRIPTOR_INDEXING), sentence);
}

static void argument_buffer(void)
{
    static const char sentence[] =
        "texture, pointer, constant and sampler come out of an argument buffer";
    struct kernel k = {0};
    float texels[64], data[4] = {0};
    const float want[4] = {2, 2, 2, 2};
    struct {
        uint64_t texture, data;
        float k[4];
        uint64_t sampler, pad;
    } arguments = {3, UINT64_C(5) << 40, {10, 1, 1, 1}, 1, 0};

    if (!has_heaps(sentence)) {
        return;
    }
    for (unsigned i = 0; i < 16; i++) {
        memcpy(texels + 4 * i, (float[4]){0.2f, 0.4f, 0.6f, 1}, 16);
    }
    open_kernel(&k, "own_argbuf.air", NULL);
    k.run.slots[3].texture = (struct runner_texture){texels, 4, 4, 1, 0};
    k.run.slots[5].buffer = (struct runner_buffer){data, sizeof(data), 0, 0};
    give(&k, 0, &arguments, sizeof(arguments));
    dispatch(&k, 1, 4);
    expect_words(&k, data, want, 4);
    report(&k, sentence);
}

/* The handle of a texture the shader writes, and the two of one that copies. */
static void texture_handles(void)
{
    static const char sentence[] = "textures out of argument buffers are written and sampled";
    struct kernel fill = {0}, copy = {0};
    uint32_t written[64] = {0}, copied[64] = {0}, want[64];
    float source[64];
    uint64_t out = 2, arguments[3] = {6, 2, 1};

    if (!has_heaps(sentence)) {
        return;
    }
    for (uint32_t i = 0; i < 16; i++) {
        const uint32_t texel[4] = {i % 4, i / 4, 5, 255};

        memcpy(want + 4 * i, texel, 16);
        for (unsigned c = 0; c < 4; c++) {
            source[4 * i + c] = (float)texel[c] / 255.0f;
        }
    }
    open_kernel(&fill, "../reims/icb_ab_storage_xyplane.metallib", NULL);
    fill.run.slots[2].texture = (struct runner_texture){written, 4, 4, 1, PVG_CLASS_UNSIGNED};
    give(&fill, 0, &out, sizeof(out));
    fill.run.local[1] = 4;
    dispatch(&fill, 1, 4);
    expect_words(&fill, written, want, 64);
    report(&fill, sentence);
    open_kernel(&copy, "../reims/icb_ab_sample_xyplane.metallib", NULL);
    copy.run.slots[2].texture = (struct runner_texture){copied, 4, 4, 1, PVG_CLASS_UNSIGNED};
    copy.run.slots[6].texture = (struct runner_texture){source, 4, 4, 1, PVG_CLASS_FLOAT};
    give(&copy, 0, arguments, sizeof(arguments));
    copy.run.local[1] = 4;
    dispatch(&copy, 1, 4);
    expect_words(&copy, copied, want, 64);
    report(&copy, "a copy by handles keeps every texel");
}

/* Columns as INDEX and expected.json list them, for any SIMD width. */
static void simd(void)
{
    struct kernel k = {0};
    uint32_t out[32 * 14], width, lane;

    memset(out, 0, sizeof(out));
    open_kernel(&k, "own_simd.air", NULL);
    give(&k, 0, out, sizeof(out));
    dispatch(&k, 1, 32);
    width = out[13];
    if (k.ok && (width < 4 || width > 32 || (width & (width - 1)))) {
        pvg_error_set(&k.error, "the SIMD width is %u", width);
        k.ok = false;
    }
    for (uint32_t i = 0; k.ok && i < 32; i++) {
        uint32_t first = i / width * width, sum = 0, before = 0, quad = i / 4 * 4, mask = 0;
        uint32_t want[14];

        lane = i - first;
        for (uint32_t j = first; j < first + width; j++) {
            sum += 3 * j + 1;
            before += j < i ? 3 * j + 1 : 0;
            mask |= (j - first) % 2 ? 1u << (j - first) : 0;
        }
        memcpy(want,
               (uint32_t[14]){sum, 3 * (first + width - 1) + 1, 3 * first + 1, before,
                              before + 3 * i + 1, 3 * (i + 1) + 1, 3 * (first + (lane ^ 2)) + 1,
                              3 * (first + 5) + 1, 12 * quad + 22, 3 * (i ^ 1) + 1, mask, 0, lane,
                              width},
               sizeof(want));
        if (lane == width - 1) {
            want[5] = out[14 * i + 5]; /* undefined */
        }
        expect_words(&k, out + 14 * i, want, 14);
    }
    report(&k, "SIMD-group and quad-group operations give what the width implies");
}

static JsonNode *expected(JsonParser *parser)
{
    g_autofree char *path = g_build_filename(folder, "expected.json", NULL);

    return json_parser_load_from_file(parser, path, NULL) ? json_parser_get_root(parser) : NULL;
}

static void threads(JsonObject *all)
{
    JsonArray *rows = json_object_get_array_member(json_object_get_object_member(all, "own_threads"),
                                                   "rows");
    struct kernel k = {0};
    uint32_t out[30 * 22] = {0}, want[30 * 22];
    static const uint32_t boxes[4][4] = {
        {0, 0, 4, 2}, {2, 0, 2, 2}, {0, 1, 4, 1}, {2, 1, 2, 1}}; /* first group, local size */
    static const uint32_t groups[4] = {2, 1, 2, 1};

    for (unsigned i = 0; i < 30; i++) {
        JsonArray *row = json_array_get_array_element(rows, i);

        for (unsigned j = 0; j < 22; j++) {
            want[22 * i + j] = (uint32_t)json_array_get_int_element(row, j);
        }
    }
    open_kernel(&k, "own_threads.air", NULL);
    give(&k, 0, out, sizeof(out));
    for (unsigned i = 0; i < 4; i++) {
        memcpy(k.run.first_group, boxes[i], 8);
        k.run.local[1] = boxes[i][3];
        memcpy(k.run.nominal, (uint32_t[3]){4, 2, 1}, 12);
        memcpy(k.run.grid, (uint32_t[3]){10, 3, 1}, 12);
        memcpy(k.run.grid_groups, (uint32_t[3]){3, 2, 1}, 12);
        dispatch(&k, groups[i], boxes[i][2]);
    }
    expect_words(&k, out, want, 30 * 22);
    report(&k, "a grid of 10 by 3 threads in groups of 4 by 2, dispatched as four boxes, numbers "
               "its threads as Metal does");
}

static void math(JsonObject *all)
{
    JsonArray *lists = json_object_get_array_member(json_object_get_object_member(all, "own_math"),
                                                    "threads");
    struct kernel k = {0};
    uint32_t in[2 * 5], out[2 * 66] = {0};
    unsigned wrong = 0;

    for (unsigned i = 0; i < 2; i++) {
        JsonObject *given = json_object_get_object_member(json_array_get_object_element(lists, i),
                                                          "in");
        static const char *const names[] = {"x", "y", "z"};

        for (unsigned j = 0; j < 3; j++) {
            float value = (float)json_object_get_double_member(given, names[j]);

            memcpy(&in[5 * i + j], &value, 4);
        }
        in[5 * i + 3] = (uint32_t)strtoul(json_object_get_string_member(given, "a"), NULL, 16);
        in[5 * i + 4] = (uint32_t)strtoul(json_object_get_string_member(given, "b"), NULL, 16);
    }
    open_kernel(&k, "own_math.air", NULL);
    give(&k, 0, in, sizeof(in));
    give(&k, 1, out, sizeof(out));
    dispatch(&k, 1, 2);
    for (unsigned i = 0; k.ok && i < 2; i++) {
        JsonArray *results = json_object_get_array_member(json_array_get_object_element(lists, i),
                                                          "out");

        for (unsigned j = 0; j < json_array_get_length(results); j++) {
            JsonObject *one = json_array_get_object_element(results, j);
            uint32_t got = out[66 * i + j];
            uint32_t word = (uint32_t)strtoul(json_object_get_string_member(one, "word"), NULL, 16);
            bool same = got == word;
            float value, want;

            memcpy(&value, &got, 4);
            memcpy(&want, &word, 4);
            if (strcmp(json_object_get_string_member(one, "kind"), "float") == 0) {
                same |= fabsf(value - want) <= 1e-4f * fmaxf(1.0f, fabsf(want));
            }
            if (!same) {
                printf("# thread %u slot %u %s: %08x (%g), not %08x (%g)\n", i, j,
                       json_object_get_string_member(one, "op"), got, value, word, want);
                wrong++;
            }
        }
    }
    if (wrong) {
        pvg_error_set(&k.error, "%u of 132 results are wrong", wrong);
        k.ok = false;
    }
    report(&k, "66 mathematical results per thread are within their tolerance");
}

static void other_projects(void)
{
    struct kernel k = {0}, m = {0};
    float io[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const float want[8] = {7, 11, 15, 19, 23, 27, 31, 35};
    uint32_t words[4] = {1, 2, 3, 4};
    const uint32_t words_want[4] = {4, 7, 10, 13};

    open_kernel(&k, "../reims/float_mul4_add3.air", NULL);
    give(&k, 0, io, sizeof(io));
    dispatch(&k, 1, 8);
    expect_words(&k, io, want, 8);
    report(&k, "float_mul4_add3 turns 1..8 into 7, 11, .. 35");
    open_kernel(&m, "../reims/compute_mul3add1.mtlb", NULL);
    give(&m, 0, words, sizeof(words));
    dispatch(&m, 1, 4);
    expect_words(&m, words, words_want, 4);
    report(&m, "compute_mul3add1 turns 1..4 into 4, 7, 10, 13");
}

int main(void)
{
    const char *fixtures = g_getenv("PVG_FIXTURES");
    g_autofree char *own = g_build_filename(fixtures ? fixtures : "", "air", "own", NULL);
    g_autoptr(JsonParser) parser = json_parser_new();
    struct pvg_error error = {.message = "no shader binaries; set the meson option spec_fixtures"};

    folder = own;
    if (g_file_test(own, G_FILE_TEST_IS_DIR)) {
        runner = runner_create(NULL, &error);
    }
    if (!runner) {
        return tap_skip_all(error.message);
    }
    saxpy("own_saxpy.air", "saxpy leaves the elements past n alone");
    saxpy("own_saxpy_opaque.air", "saxpy with opaque pointers does the same");
    saxpy_at_offsets();
    reduce();
    control_flow();
    bytes();
    function_constants();
    atomics();
    pointers();
    textures();
    argument_buffer();
    texture_handles();
    simd();
    other_projects();
    if (expected(parser)) {
        threads(json_node_get_object(expected(parser)));
        math(json_node_get_object(expected(parser)));
    }
    runner_destroy(runner);
    return tap_end();
}
