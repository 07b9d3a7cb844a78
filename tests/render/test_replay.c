/* SPDX-License-Identifier: MIT */
/* Sessions with work for the GPU, recorded and played back on the same GPU: results that the guest
 * reads are the device's own, so what counts is that packets complete in the same order, with the
 * same verdicts, and that the same pictures come out. */
#include <glib/gstdio.h>

#include <pvg/replay.h>

#include "kit/display.h"
#include "kit/surface.h"
#include "stage.h"

static struct pvg_writer *blit(struct stage *stage)
{
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    return &stage->stream.w;
}

/* Fills a surface and a buffer on the GPU, reads the buffer back, shows the surface: three times. */
static void draw_and_present(struct stage *stage)
{
    struct kit_surface surface;
    struct kit_buffer buffer;
    uint32_t texture;

    kit_display_start(&stage->kit, 0);
    kit_display_wait_online(&stage->kit, 0);
    kit_surface_create(&stage->kit, &surface, 64, 32);
    texture = kit_surface_texture(&stage->kit, &stage->task, &surface);
    kit_buffer_create(&stage->kit, &stage->task, &buffer, 0x1000);
    for (unsigned i = 1; i <= 3; i++) {
        pvg_wire_fill_texture_color_encode(blit(stage), &(struct pvg_wire_fill_texture_color){
                                                            .texture = texture,
                                                            .size = {64, 32, 1},
                                                            .rgba = {i / 4.0, 0.5, 0.25, 1},
                                                            .format = 80,
                                                        });
        pvg_wire_fill_buffer_encode(&stage->stream.w, &(struct pvg_wire_fill_buffer){
                                                          .buffer = buffer.object,
                                                          .size = 0x1000,
                                                          .value = (uint8_t)i,
                                                      });
        kit_segment_end(&stage->stream);
        stage_run_with(stage, texture, buffer.object);
        stage_expect(stage, &buffer, 0, 0x1000, (uint8_t)i);
        kit_wait(&stage->kit, kit_display_channel(&stage->kit, 0),
                 kit_present(&stage->kit, 0, surface.id, NULL));
    }
}

struct heard {
    unsigned frames;
    uint64_t hashes[8][2];
    GString *words;
};

static void take_frame(void *user, const struct pvg_replay_frame *frame)
{
    struct heard *heard = user;

    if (heard->frames < G_N_ELEMENTS(heard->hashes)) {
        memcpy(heard->hashes[heard->frames], frame->hash, sizeof(frame->hash));
    }
    heard->frames++;
}

static void take_line(void *user, const char *text)
{
    g_string_append_printf(((struct heard *)user)->words, "%s\n", text);
}

static void play(const char *path, struct heard *heard)
{
    const char *gpu = getenv("PVG_TEST_GPU");
    const struct pvg_replay_options options = {
        .size = sizeof(options),
        .gpu = gpu ? gpu : "llvmpipe",
        .user = heard,
        .frame = take_frame,
        .line = take_line,
    };
    struct pvg_replay_result result;
    struct pvg_error error = {0};

    if (!pvg_replay(path, &options, &result, &error)) {
        fail_msg("%s", error.message);
    }
    if (!result.as_recorded) {
        fail_msg("%s", result.divergence);
    }
}

static void session_is_played_back(enum pvg_variant variant)
{
    g_autofree char *folder = g_dir_make_tmp("pvg-replay-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "session", NULL);
    struct heard first = {.words = g_string_new(NULL)}, second = {.words = g_string_new(NULL)};
    void *state;

    assert_int_equal(stage_setup_recorded(&state, variant, path), 0);
    draw_and_present(state);
    assert_int_equal(stage_teardown(&state), 0);
    play(path, &first);
    play(path, &second);
    assert_int_equal(first.frames, 3);
    assert_memory_equal(first.hashes, second.hashes, sizeof(first.hashes));
    assert_int_not_equal(first.hashes[0][0], first.hashes[1][0]);
    assert_non_null(strstr(first.words->str, "segment blit"));
    assert_non_null(strstr(first.words->str, "value=3"));
    g_string_free(first.words, TRUE);
    g_string_free(second.words, TRUE);
    g_unlink(path);
    g_rmdir(folder);
}

static void what_the_gpu_drew_is_played_back(void **state)
{
    session_is_played_back(PVG_VARIANT_PCI);
}

static void what_the_gpu_drew_is_played_back_with_16k_pages(void **state)
{
    session_is_played_back(PVG_VARIANT_MMIO);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_gpu_drew_is_played_back),
        cmocka_unit_test(what_the_gpu_drew_is_played_back_with_16k_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
