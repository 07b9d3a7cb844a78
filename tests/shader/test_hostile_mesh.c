/* SPDX-License-Identifier: MIT */
/* Object and mesh functions that set what is not theirs: vertices, indices, primitives, grids and
 * payloads out of range, executed. Skips where the device has no mesh shaders. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "ir.h"
#include "runner.h"
#include "shader/audit.h"
#include "tap.h"

#define WORDS 64

static struct runner *runner;

struct function {
    const char *stage, *definitions, *inputs;
    const char *outputs, *more; /* NULL: none */
};

/* What stands in front of every mesh function's body: three vertices, one triangle, and buffers 0
 * (out) and 1 (in). */
#define MESH_INPUTS "!{!10, !11, !12}"
#define MESH_NODES                                                                                 \
    "!10 = " IR_BUFFER(0, 0, 4) "!11 = " IR_BUFFER(1, 1, 4)                                        \
    "!12 = !{i32 2, !\"air.mesh\", !13}\n"                                                         \
    "!13 = !{!\"air.mesh_type_info\", !14, !1, i32 3, i32 1, !\"air.triangle\"}\n"                 \
    "!14 = !{!15}\n!15 = !{!\"air.position\"}\n"
#define DECLARATIONS                                                                               \
    "declare void @air.set_position_mesh(ptr addrspace(7), i32, <4 x float>)\n"                    \
    "declare void @air.set_index_mesh(ptr addrspace(7), i32, i8)\n"                                \
    "declare void @air.set_primitive_count_mesh(ptr addrspace(7), i32)\n"                          \
    "declare i32 @air.atomic.global.add.u.i32(ptr addrspace(1), i32, i32, i32, i1)\n"
#define POSITION(vertex, x, y)                                                                     \
    "  call void @air.set_position_mesh(ptr addrspace(7) %m, i32 " vertex                          \
    ", <4 x float> <float " x ", float " y ", float 0.0, float 1.0>)\n"
#define INDEX(position, vertex)                                                                    \
    "  call void @air.set_index_mesh(ptr addrspace(7) %m, i32 " position ", i8 " vertex ")\n"
#define COUNT(count)                                                                               \
    "  call void @air.set_primitive_count_mesh(ptr addrspace(7) %m, i32 " count ")\n"
#define COVER                                                                                      \
    POSITION("0", "-1.0", "-1.0") POSITION("1", "3.0", "-1.0") POSITION("2", "-1.0", "3.0")        \
    INDEX("0", "0") INDEX("1", "1") INDEX("2", "2")
#define MESH(body)                                                                                 \
    {                                                                                              \
        "mesh",                                                                                    \
            DECLARATIONS                                                                           \
            "define void @k(ptr addrspace(1) %d, ptr addrspace(1) %o, ptr addrspace(7) %m) {\n"    \
            "  %n = load i32, ptr addrspace(1) %o\n  %b = trunc i32 %n to i8\n" body               \
            "  ret void\n}\n" MESH_NODES,                                                          \
            MESH_INPUTS                                                                            \
    }

/* An object function that asks for the grid in buffer 0 and may be refused more than four groups. */
static const struct function grid_of_buffer = {
    "object",
    "declare void @air.set_threadgroups_per_grid_mesh_properties(ptr addrspace(3), <3 x i32>)\n"
    "define void @k(ptr addrspace(1) %g, ptr addrspace(3) %p) {\n"
    "  %v = load <3 x i32>, ptr addrspace(1) %g, align 4\n"
    "  call void @air.set_threadgroups_per_grid_mesh_properties(ptr addrspace(3) %p, <3 x i32> %v)\n"
    "  ret void\n}\n"
    "!10 = " IR_BUFFER(0, 0, 4) "!11 = !{i32 1, !\"air.mesh_grid_properties\"}\n"
    "!20 = !{!\"air.max_mesh_work_groups\", i32 4}\n",
    "!{!10, !11}", .more = ", !20"};

/* A payload of four words, of which the one that buffer 0 names is set to 7. */
#define PAYLOAD(bytes)                                                                             \
    "!{i32 1, !\"air.payload\", !\"air.arg_type_size\", i32 " bytes                                \
    ", !\"air.arg_type_align_size\", i32 4}\n"
static const struct function payload_at = {
    "object",
    "declare void @air.set_threadgroups_per_grid_mesh_properties(ptr addrspace(3), <3 x i32>)\n"
    "define void @k(ptr addrspace(1) %g, ptr addrspace(6) %p, ptr addrspace(3) %m) {\n"
    "  store <4 x i32> <i32 1, i32 2, i32 3, i32 4>, ptr addrspace(6) %p, align 4\n"
    "  %i = load i32, ptr addrspace(1) %g\n"
    "  %q = getelementptr i32, ptr addrspace(6) %p, i32 %i\n"
    "  store i32 7, ptr addrspace(6) %q, align 4\n"
    "  call void @air.set_threadgroups_per_grid_mesh_properties(ptr addrspace(3) %m, "
    "<3 x i32> <i32 1, i32 1, i32 1>)\n"
    "  ret void\n}\n"
    "!10 = " IR_BUFFER(0, 0, 4) "!11 = " PAYLOAD("16")
    "!12 = !{i32 2, !\"air.mesh_grid_properties\"}\n",
    "!{!10, !11, !12}"};

/* The mesh function reads the word that its buffer 1 names into its buffer 0. */
#define READER(bytes)                                                                              \
    {                                                                                              \
        "mesh",                                                                                    \
            "define void @k(ptr addrspace(1) %d, ptr addrspace(6) %p, ptr addrspace(7) %m, "       \
            "ptr addrspace(1) %o) {\n"                                                             \
            "  %n = load i32, ptr addrspace(1) %o\n"                                               \
            "  %q = getelementptr i32, ptr addrspace(6) %p, i32 %n\n"                              \
            "  %v = load i32, ptr addrspace(6) %q, align 4\n"                                      \
            "  store i32 %v, ptr addrspace(1) %d\n  ret void\n}\n"                                 \
            "!10 = " IR_BUFFER(0, 0, 4) "!11 = " PAYLOAD(bytes)                                    \
            "!12 = !{i32 2, !\"air.mesh\", !13}\n"                                                 \
            "!13 = !{!\"air.mesh_type_info\", !14, !1, i32 3, i32 1, !\"air.triangle\"}\n"         \
            "!14 = !{!15}\n!15 = !{!\"air.position\"}\n"                                           \
            "!16 = " IR_BUFFER(3, 1, 4),                                                           \
            "!{!10, !11, !12, !16}"                                                                \
    }
static const struct function read_payload = READER("16"), read_larger_payload = READER("16384");

static const struct function red = {
    "fragment",
    "define <4 x float> @k() {\n  ret <4 x float> <float 1.0, float 0.0, float 0.0, float 1.0>\n}\n"
    "!10 = !{!\"air.render_target\", i32 0, i32 0}\n",
    "!{}", .outputs = "!{!10}"};

static bool translate(const struct function *f, struct pvg_translation *out,
                      struct pvg_error *error)
{
    g_autofree struct pvg_shader_options *options = g_new0(struct pvg_shader_options, 1);
    LLVMMemoryBufferRef bitcode =
        ir_entry(f->stage, f->definitions, f->outputs ?: "!{}", f->inputs, f->more ?: "");
    struct pvg_translate_request request = {.entry = "k", .options = options};
    bool ok = bitcode != NULL;

    options->features = runner_features(runner);
    options->heap_slots = RUNNER_SLOTS;
    if (ok) {
        request.air = LLVMGetBufferStart(bitcode);
        request.air_size = LLVMGetBufferSize(bitcode);
        pvg_translate(&request, out);
        pvg_error_set(error, "%s", out->reason);
        ok = out->status == PVG_TRANSLATE_DONE && pvg_shader_audit(out, options, error);
        LLVMDisposeMemoryBuffer(bitcode);
    }
    return ok;
}

struct drawing {
    const struct function *object, *mesh;
    uint32_t in, grid[3]; /* the mesh's buffer 1, the object's buffer 0 */
    uint32_t out[WORDS];  /* the mesh's buffer 0, afterwards */
    bool covered;         /* the target is red all over; else it is as it was */
};

/* False with @error; also when the target is neither. */
static bool draw(struct drawing *d, struct pvg_error *error)
{
    g_autofree struct pvg_translation *t = g_new0(struct pvg_translation, 3);
    g_autofree struct runner_draw *r = g_new0(struct runner_draw, 1);
    static const uint8_t colours[2][4] = {{9, 9, 9, 9}, {255, 0, 0, 255}};
    bool ok = translate(d->mesh, &t[0], error) && translate(&red, &t[1], error) &&
              (!d->object || translate(d->object, &t[2], error));

    r->vertex = &t[0];
    r->fragment = &t[1];
    r->object = d->object ? &t[2] : NULL;
    r->vertex_count = 1;
    r->buffers[0][0] = (struct runner_buffer){d->out, sizeof(d->out), 0, 0};
    r->buffers[0][1] = (struct runner_buffer){&d->in, 4, 0, 0};
    r->buffers[2][0] = (struct runner_buffer){d->grid, sizeof(d->grid), 0, 0};
    memcpy(r->clear, colours[0], 4);
    ok = ok && runner_draw(runner, r, error);
    d->covered = ok && !memcmp(r->pixels, colours[1], 4);
    for (size_t i = 0; ok && i < sizeof(r->pixels); i++) {
        if (r->pixels[i] != colours[d->covered][i % 4]) {
            pvg_error_set(error, "pixel %zu is another than the first", i / 4);
            ok = false;
        }
    }
    for (unsigned i = 0; i < 3; i++) {
        pvg_translation_finish(&t[i]);
    }
    return ok;
}

static const uint32_t wild[] = {3, 255, 256, 0x7fffffff, 0x80000000, 0xfffffffe, UINT32_MAX};

/* What is set out of range is followed by what is right: the picture is whole, whatever was hit. */
static void outputs_out_of_range(const char *sentence, const struct function *mesh)
{
    struct pvg_error error = {0};
    bool ok = true;

    if (!tap_has(runner_features(runner), PVG_SHADER_FEATURE(MESH), sentence)) {
        return;
    }
    for (size_t i = 0; ok && i < G_N_ELEMENTS(wild); i++) {
        struct drawing d = {.mesh = mesh, .in = wild[i]};

        ok = draw(&d, &error);
        if (ok && !d.covered) {
            pvg_error_set(&error, "%u: the triangle is not there", wild[i]);
            ok = false;
        }
    }
    tap_result(ok, sentence, error.message);
}

static void counts(void)
{
    static const char sentence[] = "as many primitives are drawn as are counted, and declared";
    static const struct function mesh = MESH(COVER COUNT("%n"));
    static const uint32_t few[] = {0, 1, 2};
    struct pvg_error error = {0};
    bool ok = true;

    if (!tap_has(runner_features(runner), PVG_SHADER_FEATURE(MESH), sentence)) {
        return;
    }
    for (size_t i = 0; ok && i < G_N_ELEMENTS(few) + G_N_ELEMENTS(wild); i++) {
        uint32_t count = i < G_N_ELEMENTS(few) ? few[i] : wild[i - G_N_ELEMENTS(few)];
        struct drawing d = {.mesh = &mesh, .in = count};

        ok = draw(&d, &error);
        if (ok && d.covered != (count != 0)) {
            pvg_error_set(&error, "%u primitives: drawn %d", count, d.covered);
            ok = false;
        }
    }
    tap_result(ok, sentence, error.message);
}

static void grids(void)
{
    static const char sentence[] = "an object function starts no more groups than it declares";
    static const struct function mesh =
        MESH("  %x = call i32 @air.atomic.global.add.u.i32(ptr addrspace(1) %d, i32 1, i32 0, "
             "i32 2, i1 true)\n" COVER COUNT("1"));
    static const struct {
        uint32_t grid[3], groups;
    } rows[] = {
        {{1, 1, 1}, 1},
        {{2, 2, 1}, 4},
        {{0, 3, 3}, 0},
        {{5, 1, 1}, 4},
        {{1, 1, UINT32_MAX}, 4},
        {{UINT32_MAX, UINT32_MAX, UINT32_MAX}, 4},
        {{0x10000, 0x10000, 0x10000}, 4},
        {{3, 3, 3}, 3},
    };
    struct pvg_error error = {0};
    bool ok = true;

    if (!tap_has(runner_features(runner), PVG_SHADER_FEATURE(MESH), sentence)) {
        return;
    }
    for (size_t i = 0; ok && i < G_N_ELEMENTS(rows); i++) {
        struct drawing d = {.object = &grid_of_buffer, .mesh = &mesh};

        memcpy(d.grid, rows[i].grid, sizeof(d.grid));
        ok = draw(&d, &error);
        if (ok && d.out[0] != rows[i].groups) {
            pvg_error_set(&error, "%u x %u x %u: %u groups ran, not %u", d.grid[0], d.grid[1],
                          d.grid[2], d.out[0], rows[i].groups);
            ok = false;
        }
    }
    tap_result(ok, sentence, error.message);
}

static void payloads(void)
{
    static const char sentence[] = "a payload's words are all that reading and writing it reaches";
    struct pvg_error error = {0};
    bool ok = true;

    if (!tap_has(runner_features(runner), PVG_SHADER_FEATURE(MESH), sentence)) {
        return;
    }
    for (size_t i = 0; ok && i < 16 * G_N_ELEMENTS(wild); i++) {
        uint32_t written = i / 16 ? wild[i / 16 - 1] : 0, read = i % 16;
        struct drawing d = {.object = &payload_at, .mesh = &read_payload, .grid = {written}};
        uint32_t word, set = MIN(written, 3);

        d.in = read < 4 ? read : wild[read % G_N_ELEMENTS(wild)];
        word = MIN(d.in, 3);
        ok = draw(&d, &error);
        if (ok && d.out[0] != (word == set ? 7 : word + 1)) {
            pvg_error_set(&error, "word %u, after a store to %u, is %u", d.in, written, d.out[0]);
            ok = false;
        }
    }
    tap_result(ok, sentence, error.message);
}

static void another_payload(void)
{
    static const char sentence[] = "the record tells a mesh function that expects a larger payload";
    struct drawing d = {.object = &payload_at, .mesh = &read_larger_payload, .in = 1000};
    struct pvg_error error = {0};
    bool ok;

    if (!tap_has(runner_features(runner), PVG_SHADER_FEATURE(MESH), sentence)) {
        return;
    }
    ok = !draw(&d, &error) && strstr(error.message, "payload is larger");
    tap_result(ok, sentence, error.message);
}

int main(void)
{
    static const struct function vertices = MESH(POSITION("%n", "5.0", "5.0") COVER COUNT("1"));
    static const struct function positions = MESH(INDEX("%n", "0") COVER COUNT("1"));
    static const struct function indices =
        MESH(POSITION("0", "-1.0", "-1.0") POSITION("1", "3.0", "-1.0") POSITION("2", "-1.0", "3.0")
             INDEX("0", "0") INDEX("1", "1") "  %h = or i8 %b, -128\n" INDEX("2", "%h") COUNT("1"));
    struct pvg_error error;

    runner = runner_create(NULL, &error);
    if (!runner) {
        return tap_skip_all(error.message);
    }
    outputs_out_of_range("vertices past the last are no harm", &vertices);
    outputs_out_of_range("index positions past the last are no harm", &positions);
    outputs_out_of_range("indices of vertices past the last are the last", &indices);
    counts();
    grids();
    payloads();
    another_payload();
    runner_destroy(runner);
    return tap_end();
}
