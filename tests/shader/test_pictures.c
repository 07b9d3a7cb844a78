/* SPDX-License-Identifier: MIT */
/* Vertex and fragment functions of the shader binaries, drawn on lavapipe: every pixel is what
 * expected.json and 70-air say. Skips loudly without the binaries or without a Vulkan device. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "shader/metallib.h"
#include "tap.h"

static struct runner *runner;
static const char *folder;

struct picture {
    char *bytes[3];
    struct pvg_metallib library[3];
    struct pvg_translation stage[3]; /* vertex or mesh, fragment, object */
    struct runner_draw draw;
    struct pvg_error error;
    bool ok;
};

static bool open_stage(struct picture *p, unsigned i, const char *file, const char *entry)
{
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_autofree struct pvg_shader_options *options = g_new0(struct pvg_shader_options, 1);
    struct pvg_translate_request request = {.entry = entry, .options = options};
    size_t size;

    options->features = runner_features(runner);
    options->heap_slots = RUNNER_SLOTS;
    if (i == 1) {
        options->has_varyings = 1;
        options->varyings = p->stage[0].reflection.varyings;
    }
    if (!g_file_get_contents(path, &p->bytes[i], &size, NULL) ||
        pvg_metallib_init(&p->library[i], p->bytes[i], size) != PVG_ACCEPTED) {
        pvg_error_set(&p->error, "cannot read %s", path);
        return false;
    }
    for (uint32_t f = 0; f < p->library[i].count; f++) {
        const struct pvg_metallib_function *function = &p->library[i].functions[f];

        if (f == 0 || (entry && strcmp(function->name, entry) == 0)) {
            request.air = function->bitcode;
            request.air_size = function->bitcode_size;
        }
    }
    pvg_translate(&request, &p->stage[i]);
    pvg_error_set(&p->error, "%s", p->stage[i].reason);
    return p->stage[i].status == PVG_TRANSLATE_DONE;
}

static void open_picture(struct picture *p, const char *vertex, const char *vertex_entry,
                         const char *fragment, const char *fragment_entry)
{
    p->ok = open_stage(p, 0, vertex, vertex_entry) && open_stage(p, 1, fragment, fragment_entry);
    p->draw.vertex = &p->stage[0];
    p->draw.fragment = &p->stage[1];
}

static void finish(struct picture *p, const uint8_t *want, int tolerance, const char *sentence)
{
    if (p->ok) {
        p->ok = runner_draw(runner, &p->draw, &p->error);
    }
    for (size_t i = 0; p->ok && i < sizeof(p->draw.pixels); i++) {
        if (abs(p->draw.pixels[i] - want[i % 4]) > tolerance) {
            const uint8_t *at = p->draw.pixels + i / 4 * 4;

            pvg_error_set(&p->error, "pixel %zu is (%u, %u, %u, %u)", i / 4, at[0], at[1],
                     at[2], at[3]);
            p->ok = false;
        }
    }
    tap_result(p->ok, sentence, p->error.message);
    for (unsigned i = 0; i < 3; i++) {
        pvg_translation_finish(&p->stage[i]);
        pvg_metallib_finish(&p->library[i]);
        g_free(p->bytes[i]);
    }
}

static float quad[24] = {-1, -1, 0, 1, 1, -1, 1, 1, -1, 1, 0, 0, -1, 1, 0, 0, 1, -1, 1, 1, 1, 1, 1, 0};

struct uniforms {
    float matrix[16], offset[2], pad[2];
};

static void use_quad(struct picture *p, struct uniforms *uniforms)
{
    *uniforms = (struct uniforms){.matrix = {[0] = 1, [5] = 1, [10] = 1, [15] = 1}};
    p->draw.vertices = quad;
    p->draw.vertices_size = sizeof(quad);
    p->draw.stride = 16;
    p->draw.attribute_offset[1] = 8;
    p->draw.vertex_count = 6;
    p->draw.buffers[0][2] = (struct runner_buffer){uniforms, sizeof(*uniforms), 0, 0};
}

static void tinted_quad(float gain, const uint8_t *want, const char *sentence)
{
    float tint[8] = {1, 1, 1, 1, gain, 0, 0, 0};
    struct picture p = {.draw.texel = {17, 91, 203, 255}};
    struct uniforms uniforms;

    open_picture(&p, "own/own_quad_vs.air", NULL, "own/own_quad_fs.air", NULL);
    use_quad(&p, &uniforms);
    p.draw.buffers[1][0] = (struct runner_buffer){tint, sizeof(tint), 0, 0};
    finish(&p, want, 1, sentence);
}

/* A mesh function, behind an object function or not, covers the target. @scale is what a buffer at
 * index 0 of @scaled_set holds: 1 covers everything. */
static void mesh(const char *object, const char *file, int scaled_set, const char *sentence)
{
    float scale = 1;
    struct picture p = {.draw.vertex_count = 1, .draw.local = {32, 1, 1}};

    if (!tap_has(runner_features(runner), PVG_SHADER_FEATURE(MESH), sentence)) {
        return;
    }
    open_picture(&p, file, "mesh_main", "reims/icb_mesh_frag.metallib", NULL);
    if (p.ok && object) {
        p.ok = open_stage(&p, 2, object, "object_main");
        p.draw.object = &p.stage[2];
    }
    if (scaled_set >= 0) {
        p.draw.buffers[scaled_set][0] = (struct runner_buffer){&scale, sizeof(scale), 0, 0};
    }
    p.draw.threadgroup_bytes[0] = 16;
    finish(&p, (uint8_t[4]){102, 68, 34, 255}, 2, sentence);
}

static void meshes(void)
{
    mesh(NULL, "reims/icb_mesh.metallib", -1, "a mesh function covers the target");
    mesh(NULL, "reims/icb_mesh_buf.metallib", 0, "a mesh function scales by a buffer");
    mesh("reims/icb_object_stage.metallib", "reims/icb_mesh_with_payload.metallib", -1,
         "a payload goes from an object function to its mesh");
    mesh("reims/icb_object_mesh.metallib", "reims/icb_object_mesh.metallib", -1,
         "object and mesh function of one library work together");
    mesh("reims/icb_object_buf.metallib", "reims/icb_object_buf.metallib", 2,
         "an object function reads a buffer");
    mesh("reims/icb_object_tg.metallib", "reims/icb_object_tg.metallib", -1,
         "an object function uses threadgroup memory");
}

int main(void)
{
    const char *fixtures = g_getenv("PVG_FIXTURES");
    g_autofree char *air = g_build_filename(fixtures ? fixtures : "", "air", NULL);
    struct pvg_error error = {.message = "no shader binaries; set the meson option spec_fixtures"};

    folder = air;
    if (g_file_test(air, G_FILE_TEST_IS_DIR)) {
        runner = runner_create(NULL, &error);
    }
    if (!runner) {
        return tap_skip_all(error.message);
    }
    tinted_quad(1.0f, (uint8_t[4]){17, 91, 203, 255}, "a textured quad shows its texel everywhere");
    tinted_quad(0.5f, (uint8_t[4]){9, 46, 102, 128}, "half the gain halves it");
    tinted_quad(7.0f, (uint8_t[4]){17, 91, 203, 255}, "a gain of seven saturates to one");
    {
        struct picture p = {.draw.texel = {51, 102, 153, 255}};
        struct uniforms uniforms;

        open_picture(&p, "own/own_quad_vs.air", NULL, "own/own_legacy_fs.air", NULL);
        use_quad(&p, &uniforms);
        finish(&p, (uint8_t[4]){102, 51, 0, 255}, 1,
               "AIR 1.8 samples with seven operands and a literal sampler");
    }
    {
        struct picture p = {.draw.vertex_count = 3};

        open_picture(&p, "reims/render_tri.air", NULL, "reims/render_frag.air", NULL);
        finish(&p, (uint8_t[4]){64, 128, 191, 255}, 1,
               "positions out of a private array cover the target");
    }
    {
        float colour[4] = {0x67 / 255.0f, 0x44 / 255.0f, 0x22 / 255.0f, 1};
        struct picture p = {.draw.vertex_count = 3};

        open_picture(&p, "reims/oracle_draw_vtx.mtlb", NULL, "reims/oracle_draw_frag.mtlb", NULL);
        p.draw.buffers[1][0] = (struct runner_buffer){colour, sizeof(colour), 0, 0};
        finish(&p, (uint8_t[4]){0x67, 0x44, 0x22, 255}, 1,
               "a triangle made of vertex_id shows the colour of a constant buffer");
    }
    {
        float colour[4] = {0x67 / 255.0f, 0x44 / 255.0f, 0x22 / 255.0f, 1};
        float triangle[12] = {-1, -1, 0, 1, 3, -1, 0, 1, -1, 3, 0, 1};
        struct picture p = {.draw.vertex_count = 3};

        open_picture(&p, "reims/render_stagein_vtx.mtlb", NULL, "reims/render_stagein_frag.mtlb",
                     NULL);
        p.draw.vertices = triangle;
        p.draw.vertices_size = sizeof(triangle);
        p.draw.stride = 16;
        p.draw.buffers[1][0] = (struct runner_buffer){colour, sizeof(colour), 0, 0};
        finish(&p, (uint8_t[4]){0x67, 0x44, 0x22, 255}, 1,
               "a position attribute passes through the vertex function");
    }
    {
        static float positions[24] = {-1, -1, 0, 1, 1, -1, 0, 1, -1, 1, 0, 1,
                                      -1, 1, 0, 1, 1, -1, 0, 1, 1, 1, 0, 1};
        static float uvs[12] = {0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0};
        static const char *const fragments[] = {"reims/textured_quad.air",
                                                "reims/render_frag_static_sampler.air"};

        for (unsigned i = 0; i < 2; i++) {
            struct picture p = {.draw.vertex_count = 6, .draw.texel = {17, 91, 203, 255}};

            open_picture(&p, "reims/textured_quad.air", "vmain", fragments[i],
                         i ? "static_sampler_fragment" : "fmain");
            p.draw.buffers[0][0] = (struct runner_buffer){positions, sizeof(positions), 0, 0};
            p.draw.buffers[0][1] = (struct runner_buffer){uvs, sizeof(uvs), 0, 0};
            finish(&p, (uint8_t[4]){17, 91, 203, 255}, 1,
                   i ? "a static sampler shows the texel" : "positions and uvs out of buffers do");
        }
    }
    meshes();
    runner_destroy(runner);
    return tap_end();
}
