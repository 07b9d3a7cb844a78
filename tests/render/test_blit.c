/* SPDX-License-Identifier: MIT */
#include "stage.h"

static struct pvg_writer *blit(struct stage *stage)
{
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    return &stage->stream.w;
}

static void fill(struct stage *stage, const struct kit_buffer *buffer, uint64_t start,
                 uint64_t size, uint8_t value)
{
    pvg_wire_fill_buffer_encode(blit(stage), &(struct pvg_wire_fill_buffer){
                                                 .buffer = buffer->object,
                                                 .start = start,
                                                 .size = size,
                                                 .value = value,
                                             });
    kit_segment_end(&stage->stream);
    stage_run_with(stage, buffer->object);
}

static void a_fill_changes_its_range_and_nothing_else(void **state)
{
    static const struct {
        uint64_t start, size;
    } ranges[] = {{0x100, 0x40}, {0, 0x1000}, {1, 1}, {3, 2}, {5, 11}, {0xfff, 1}, {2, 0xffd}};
    struct stage *stage = *state;
    struct kit_buffer buffer = stage_buffer(stage, 0x1000, 0);

    for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++) {
        const uint64_t end = ranges[i].start + ranges[i].size;

        stage_fill(stage, &buffer, 0xa5);
        fill(stage, &buffer, ranges[i].start, ranges[i].size, 0x5a);
        stage_expect(stage, &buffer, 0, ranges[i].start, 0xa5);
        stage_expect(stage, &buffer, ranges[i].start, end, 0x5a);
        stage_expect(stage, &buffer, end, buffer.size, 0xa5);
    }
}

/* From the stamp on the guest's bytes are the newest, at once. */
static void what_the_cpu_writes_behind_a_stamp_is_what_the_next_fill_sees(void **state)
{
    struct stage *stage = *state;
    struct kit_buffer buffer = stage_buffer(stage, 0x1000, 0);

    for (unsigned i = 0; i < 100; i++) {
        fill(stage, &buffer, 0, 0x1000, 0x5a);
        stage_fill(stage, &buffer, 0xa5);
        fill(stage, &buffer, 0x10, 0x40, 0x5a);
        stage_expect(stage, &buffer, 0, 0x10, 0xa5);
        stage_expect(stage, &buffer, 0x10, 0x50, 0x5a);
        stage_expect(stage, &buffer, 0x50, 0x1000, 0xa5);
    }
}

static void a_fill_past_the_end_is_refused_and_touches_nothing(void **state)
{
    static const struct {
        uint64_t start, size;
    } outside[] = {{0x1000, 1}, {0xfc1, 0x40}, {0, 0x1001}, {UINT64_MAX, 1}, {1, UINT64_MAX}};
    struct stage *stage = *state;
    struct kit_buffer buffer = stage_buffer(stage, 0x1000, 0xa5);

    stage->may_refuse = true;
    for (size_t i = 0; i < G_N_ELEMENTS(outside); i++) {
        fill(stage, &buffer, outside[i].start, outside[i].size, 0);
        assert_int_equal(stage_refusals(stage, PVG_REFUSED_RANGE), i + 1);
    }
    stage_expect(stage, &buffer, 0, buffer.size, 0xa5);
}

static void a_pattern_keeps_its_phase(void **state)
{
    static const uint8_t want[12] = {9, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 9};
    struct stage *stage = *state;
    struct kit_buffer buffer = stage_buffer(stage, 0x40, 9);
    uint8_t bytes[12];

    pvg_wire_fill_buffer_pattern_encode(blit(stage), &(struct pvg_wire_fill_buffer_pattern){
                                                         .buffer = buffer.object,
                                                         .start = 1,
                                                         .size = 10,
                                                         .pattern = 0x04030201,
                                                     });
    kit_segment_end(&stage->stream);
    stage_run_with(stage, buffer.object);
    stage_read(stage, &buffer, 0, bytes, sizeof(bytes));
    assert_memory_equal(bytes, want, sizeof(want));
}

static void copy(struct stage *stage, const struct kit_buffer *from, uint64_t source,
                 const struct kit_buffer *to, uint64_t destination, uint64_t size)
{
    pvg_wire_copy_buffer_encode(blit(stage), &(struct pvg_wire_copy_buffer){
                                                 .source = from->object,
                                                 .destination = to->object,
                                                 .source_offset = source,
                                                 .destination_offset = destination,
                                                 .size = size,
                                             });
    kit_segment_end(&stage->stream);
    stage_run_with(stage, from->object, to->object);
}

static void a_copy_between_buffers_moves_every_byte_of_scattered_pages(void **state)
{
    struct stage *stage = *state;
    struct kit_buffer from = stage_buffer(stage, 0x23456, 0),
                      to = stage_buffer(stage, 0x30000, 0xee);
    g_autofree uint8_t *bytes = g_malloc(from.size), *got = g_malloc(from.size);

    for (uint64_t i = 0; i < from.size; i++) {
        bytes[i] = (uint8_t)(i * 31 + (i >> 8));
    }
    stage_write(stage, &from, 0, bytes, from.size);
    copy(stage, &from, 3, &to, 0x1001, from.size - 3);
    stage_read(stage, &to, 0x1001, got, from.size - 3);
    assert_memory_equal(got, bytes + 3, from.size - 3);
    stage_expect(stage, &to, 0, 0x1001, 0xee);
    stage_expect(stage, &to, 0x1001 + from.size - 3, to.size, 0xee);
}

static void a_copy_onto_itself_moves_as_memmove_does(void **state)
{
    struct stage *stage = *state;
    struct kit_buffer buffer = stage_buffer(stage, 0x100, 0);
    uint8_t bytes[0x100], got[0x100];

    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)i;
    }
    stage_write(stage, &buffer, 0, bytes, sizeof(bytes));
    copy(stage, &buffer, 0, &buffer, 0x10, 0x80);
    memmove(bytes + 0x10, bytes, 0x80);
    stage_read(stage, &buffer, 0, got, sizeof(got));
    assert_memory_equal(got, bytes, sizeof(bytes));
}

static void records_of_one_encoder_see_what_earlier_ones_did(void **state)
{
    struct stage *stage = *state;
    struct kit_buffer a = stage_buffer(stage, 0x1000, 1), b = stage_buffer(stage, 0x1000, 2);
    struct pvg_writer *w = blit(stage);

    for (unsigned i = 0; i < 20; i++) { /* there and back, a byte further each time */
        const struct kit_buffer *from = i % 2 ? &b : &a, *to = i % 2 ? &a : &b;

        pvg_wire_fill_buffer_encode(w, &(struct pvg_wire_fill_buffer){
                                           .buffer = from->object,
                                           .start = i,
                                           .size = 1,
                                           .value = (uint8_t)(0x40 + i),
                                       });
        pvg_wire_copy_buffer_encode(w, &(struct pvg_wire_copy_buffer){
                                           .source = from->object,
                                           .destination = to->object,
                                           .size = 0x100,
                                       });
    }
    kit_segment_end(&stage->stream);
    stage_run_with(stage, a.object, b.object);
    for (unsigned i = 0; i < 20; i++) {
        stage_expect(stage, &a, i, i + 1, (uint8_t)(0x40 + i));
        stage_expect(stage, &b, i, i + 1, (uint8_t)(0x40 + i));
    }
}

static void packets_in_flight_see_what_earlier_packets_wrote(void **state)
{
    struct stage *stage = *state;
    struct kit_buffer buffer = stage_buffer(stage, 0x8000, 0);
    struct pvg_wire_exec_resource resource = {.object = buffer.object, .validity.set_host = 1};
    uint32_t stamp = 0;

    for (unsigned i = 0; i < 30; i++) { /* each doubles what is there */
        struct pvg_writer *w = blit(stage);

        if (i == 0) {
            pvg_wire_fill_buffer_encode(w, &(struct pvg_wire_fill_buffer){
                                               .buffer = buffer.object, .size = 1, .value = 0x77});
        }
        pvg_wire_copy_buffer_encode(w, &(struct pvg_wire_copy_buffer){
                                           .source = buffer.object,
                                           .destination = buffer.object,
                                           .source_offset = i,
                                           .destination_offset = i + 1,
                                           .size = 1,
                                       });
        kit_segment_end(&stage->stream);
        stamp = kit_submit(&stage->kit, &stage->stream, &resource, 1, NULL);
    }
    kit_wait(&stage->kit, kit_exec_channel(&stage->kit), stamp);
    stage_expect(stage, &buffer, 0, 31, 0x77);
    stage_expect(stage, &buffer, 31, buffer.size, 0);
}

/* ---- Textures ---- */

static void random_bytes(uint8_t *bytes, size_t size)
{
    uint32_t seed = 12345;

    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

/* Formats whose texels are plain bytes: any bytes go in and come out. */
static const struct {
    uint16_t format;
    uint8_t bytes;
} plain[] = {
    {10, 1},  {13, 1},  {14, 1},  {20, 2},   {23, 2},   {24, 2}, {30, 2}, {33, 2},
    {40, 2},  {41, 2},  {43, 2},  {53, 4},   {54, 4},   {60, 4}, {63, 4}, {70, 4},
    {71, 4},  {73, 4},  {80, 4},  {81, 4},   {90, 4},   {91, 4}, {94, 4}, {103, 8},
    {110, 8}, {113, 8}, {114, 8}, {123, 16}, {124, 16}, {1, 1},
};

static void texels_go_in_and_out_unchanged_in_every_plain_format(void **state)
{
    struct stage *stage = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(plain); i++) {
        const unsigned width = 13, height = 7, b = plain[i].bytes, tight = width * b;
        const struct pvg_wire_texture_body body = stage_texture_2d(plain[i].format, width, height);
        struct kit_buffer from = stage_buffer(stage, 0x2000, 0),
                          to = stage_buffer(stage, 0x2000, 0xcc);
        struct kit_texture texture;
        uint8_t bytes[16 * 13 * 7], got[sizeof(bytes)];
        struct pvg_writer *w;

        kit_texture_create(&stage->kit, &stage->task, &texture, &body, b);
        random_bytes(bytes, tight * height);
        stage_write(stage, &from, 16, bytes, tight * height);
        w = blit(stage);
        pvg_wire_copy_buffer_to_texture_encode(w, &(struct pvg_wire_copy_buffer_to_texture){
                                                      .source = from.object,
                                                      .destination = texture.object,
                                                      .source_offset = 16,
                                                      .bytes_per_row = tight,
                                                      .size = {width, height, 1},
                                                  });
        pvg_wire_copy_texture_to_buffer_encode(w, &(struct pvg_wire_copy_texture_to_buffer){
                                                      .source = texture.object,
                                                      .destination = to.object,
                                                      .size = {width, height, 1},
                                                      .destination_offset = 32,
                                                      .bytes_per_row = 256,
                                                  });
        kit_segment_end(&stage->stream);
        stage_run_with(stage, from.object, texture.object, to.object);
        stage_texture_read(stage, &texture, 0, 0, height, tight, got); /* the guest's own copy */
        assert_memory_equal(got, bytes, tight * height);
        for (unsigned y = 0; y < height; y++) {
            stage_read(stage, &to, 32 + 256 * y, got, tight);
            assert_memory_equal(got, bytes + tight * y, tight);
        }
        stage_expect(stage, &to, 0, 32, 0xcc); /* what lies between rows is the guest's */
        stage_expect(stage, &to, 32 + tight, 32 + 256, 0xcc);
    }
}

static void what_the_cpu_wrote_into_a_texture_is_what_a_copy_reads(void **state)
{
    struct stage *stage = *state;
    const struct pvg_wire_texture_body body = stage_texture_2d(80, 19, 11);
    struct kit_buffer to = stage_buffer(stage, 0x1000, 0);
    struct kit_texture texture;
    uint8_t bytes[19 * 11 * 4], got[5 * 4];

    kit_texture_create(&stage->kit, &stage->task, &texture, &body, 4);
    for (unsigned round = 0; round < 3; round++) { /* also after it was uploaded once */
        random_bytes(bytes, sizeof(bytes));
        bytes[(3 * 19 + 4) * 4] = (uint8_t)round;
        stage_texture_write(stage, &texture, 0, 0, 11, 19 * 4, bytes);
        pvg_wire_copy_texture_to_buffer_encode(blit(stage),
                                               &(struct pvg_wire_copy_texture_to_buffer){
                                                   .source = texture.object,
                                                   .destination = to.object,
                                                   .origin = {4, 3, 0},
                                                   .size = {5, 2, 1},
                                                   .bytes_per_row = 20,
                                               });
        kit_segment_end(&stage->stream);
        stage_run_with(stage, texture.object, to.object);
        for (unsigned y = 0; y < 2; y++) {
            stage_read(stage, &to, 20 * y, got, 20);
            assert_memory_equal(got, bytes + ((3 + y) * 19 + 4) * 4, 20);
        }
    }
}

static void levels_and_slices_are_kept_apart(void **state)
{
    struct stage *stage = *state;
    struct pvg_wire_texture_body body = stage_texture_2d(73, 8, 8);
    struct kit_buffer from = stage_buffer(stage, 0x1000, 0);
    struct kit_texture texture;
    struct pvg_writer *w;

    body.type = PVG_WIRE_TEXTURE_TYPE_2D_ARRAY;
    body.array_length = 3;
    body.levels = 4;
    kit_texture_create(&stage->kit, &stage->task, &texture, &body, 4);
    for (unsigned i = 0; i < 12; i++) {
        uint8_t block[256];

        memset(block, (int)(i + 1), sizeof(block));
        stage_write(stage, &from, 256 * i, block, sizeof(block));
    }
    w = blit(stage);
    for (unsigned level = 0; level < 4; level++) {
        for (unsigned slice = 0; slice < 3; slice++) {
            const unsigned side = 8u >> level;

            pvg_wire_copy_buffer_to_texture_encode(w,
                                                   &(struct pvg_wire_copy_buffer_to_texture){
                                                       .source = from.object,
                                                       .destination = texture.object,
                                                       .source_offset = 256 * (level * 3 + slice),
                                                       .bytes_per_row = side * 4,
                                                       .size = {side, side, 1},
                                                       .slice = (uint16_t)slice,
                                                       .level = (uint16_t)level,
                                                   });
        }
    }
    kit_segment_end(&stage->stream);
    stage_run_with(stage, from.object, texture.object);
    for (unsigned level = 0; level < 4; level++) {
        for (unsigned slice = 0; slice < 3; slice++) {
            const unsigned side = 8u >> level;
            uint8_t got[256], want[256];

            stage_texture_read(stage, &texture, level, slice, side, side * 4, got);
            memset(want, (int)(level * 3 + slice + 1), sizeof(want));
            assert_memory_equal(got, want, side * side * 4);
        }
    }
}

static void planes_of_a_3d_texture_are_copied_together(void **state)
{
    struct stage *stage = *state;
    struct pvg_wire_texture_body body = stage_texture_2d(73, 4, 4);
    struct kit_buffer from = stage_buffer(stage, 0x1000, 0), to = stage_buffer(stage, 0x1000, 0);
    struct kit_texture texture;
    uint8_t bytes[4 * 4 * 4 * 5], got[4 * 4 * 4 * 2];
    struct pvg_writer *w;

    body.type = PVG_WIRE_TEXTURE_TYPE_3D;
    body.depth = 5;
    kit_texture_create(&stage->kit, &stage->task, &texture, &body, 4);
    random_bytes(bytes, sizeof(bytes));
    stage_write(stage, &from, 0, bytes, sizeof(bytes));
    w = blit(stage);
    pvg_wire_copy_buffer_to_texture_encode(w, &(struct pvg_wire_copy_buffer_to_texture){
                                                  .source = from.object,
                                                  .destination = texture.object,
                                                  .bytes_per_row = 16,
                                                  .bytes_per_image = 64,
                                                  .size = {4, 4, 5},
                                              });
    pvg_wire_copy_texture_to_buffer_encode(w, &(struct pvg_wire_copy_texture_to_buffer){
                                                  .source = texture.object,
                                                  .destination = to.object,
                                                  .origin = {0, 0, 2},
                                                  .size = {4, 4, 2},
                                                  .bytes_per_row = 16,
                                                  .bytes_per_image = 64,
                                              });
    kit_segment_end(&stage->stream);
    stage_run_with(stage, from.object, texture.object, to.object);
    stage_read(stage, &to, 0, got, sizeof(got));
    assert_memory_equal(got, bytes + 2 * 64, sizeof(got));
}

static void a_region_goes_from_texture_to_texture_and_within_one(void **state)
{
    struct stage *stage = *state;
    const struct pvg_wire_texture_body body = stage_texture_2d(70, 16, 16);
    struct kit_texture a, b;
    uint32_t texels[256], got[256], want[256] = {0};
    struct pvg_writer *w;

    kit_texture_create(&stage->kit, &stage->task, &a, &body, 4);
    kit_texture_create(&stage->kit, &stage->task, &b, &body, 4);
    random_bytes((uint8_t *)texels, sizeof(texels));
    stage_texture_write(stage, &a, 0, 0, 16, 64, texels);
    w = blit(stage);
    pvg_wire_copy_texture_encode(w, &(struct pvg_wire_copy_texture){
                                        .source = a.object,
                                        .destination = b.object,
                                        .source_origin = {1, 2, 0},
                                        .size = {10, 8, 1},
                                        .destination_origin = {3, 4, 0},
                                    });
    pvg_wire_copy_texture_encode(w, &(struct pvg_wire_copy_texture){
                                        .source = b.object, /* overlapping, in one texture */
                                        .destination = b.object,
                                        .source_origin = {3, 4, 0},
                                        .size = {10, 8, 1},
                                        .destination_origin = {5, 5, 0},
                                    });
    kit_segment_end(&stage->stream);
    stage_run_with(stage, a.object, b.object);
    for (unsigned y = 0; y < 8; y++) {
        memcpy(&want[(4 + y) * 16 + 3], &texels[(2 + y) * 16 + 1], 40);
    }
    for (unsigned y = 0; y < 8; y++) {
        memcpy(&want[(5 + y) * 16 + 5], &texels[(2 + y) * 16 + 1], 40);
    }
    stage_texture_read(stage, &b, 0, 0, 16, 64, got);
    assert_memory_equal(got, want, sizeof(want));
}

static void mip_levels_are_averages(void **state)
{
    struct stage *stage = *state;
    struct pvg_wire_texture_body body = stage_texture_2d(70, 8, 8);
    struct kit_texture texture;
    uint8_t texels[256], got[16];

    body.levels = 4;
    kit_texture_create(&stage->kit, &stage->task, &texture, &body, 4);
    for (unsigned i = 0; i < 64; i++) { /* red is the column, green the row */
        texels[4 * i] = (uint8_t)(i % 8 * 32);
        texels[4 * i + 1] = (uint8_t)(i / 8 * 32);
        texels[4 * i + 2] = 100;
        texels[4 * i + 3] = 255;
    }
    stage_texture_write(stage, &texture, 0, 0, 8, 32, texels);
    pvg_wire_generate_mipmaps_encode(
        blit(stage), &(struct pvg_wire_generate_mipmaps){.texture = texture.object});
    kit_segment_end(&stage->stream);
    stage_run_with(stage, texture.object);
    stage_texture_read(stage, &texture, 2, 0, 2, 8, got);
    for (unsigned i = 0; i < 4; i++) { /* mean of 0, 32, 64, 96 and of 128 to 224, within 1 */
        assert_in_range(got[4 * i], (i % 2 ? 176 : 48) - 1, (i % 2 ? 176 : 48) + 1);
        assert_in_range(got[4 * i + 1], (i / 2 ? 176 : 48) - 1, (i / 2 ? 176 : 48) + 1);
        assert_int_equal(got[4 * i + 2], 100);
        assert_int_equal(got[4 * i + 3], 255);
    }
}

static void a_texture_is_filled_with_a_colour_inside_its_region_only(void **state)
{
    struct stage *stage = *state;
    const struct pvg_wire_texture_body body = stage_texture_2d(80, 8, 8);
    struct kit_texture texture;
    uint32_t texels[64], got[64];

    kit_texture_create(&stage->kit, &stage->task, &texture, &body, 4);
    memset(texels, 0x11, sizeof(texels));
    stage_texture_write(stage, &texture, 0, 0, 8, 32, texels);
    pvg_wire_fill_texture_color_encode(blit(stage), &(struct pvg_wire_fill_texture_color){
                                                        .texture = texture.object,
                                                        .size = {3, 2, 1},
                                                        .origin = {2, 5, 0},
                                                        .rgba = {1, 0.5, 0, 1},
                                                        .format = 80,
                                                    });
    kit_segment_end(&stage->stream);
    stage_run_with(stage, texture.object);
    stage_texture_read(stage, &texture, 0, 0, 8, 32, got);
    for (unsigned i = 0; i < 64; i++) {
        const unsigned x = i % 8, y = i / 8;
        const bool inside = x >= 2 && x < 5 && y >= 5 && y < 7;

        assert_true(inside ? got[i] == 0xffff8000 || got[i] == 0xffff7f00 : got[i] == 0x11111111);
    }
}

static void regions_outside_a_texture_are_refused(void **state)
{
    static const struct pvg_wire_copy_texture_to_buffer bad[] = {
        {.size = {17, 16, 1}},
        {.origin = {1, 0, 0}, .size = {16, 16, 1}},
        {.origin = {UINT64_MAX, 0, 0}, .size = {2, 1, 1}},
        {.size = {16, 16, 2}},
    };
    struct stage *stage = *state;
    const struct pvg_wire_texture_body body = stage_texture_2d(80, 16, 16);
    struct kit_buffer to = stage_buffer(stage, 0x1000, 0x33);
    struct kit_texture texture;

    stage->may_refuse = true;
    kit_texture_create(&stage->kit, &stage->task, &texture, &body, 4);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        struct pvg_wire_copy_texture_to_buffer rec = bad[i];

        rec.source = texture.object;
        rec.destination = to.object;
        pvg_wire_copy_texture_to_buffer_encode(blit(stage), &rec);
        kit_segment_end(&stage->stream);
        stage_run_with(stage, texture.object, to.object);
        assert_int_equal(stage_refusals(stage, PVG_REFUSED_RANGE), i + 1);
    }
    stage_expect(stage, &to, 0, to.size, 0x33);
}

static void an_object_of_another_kind_or_none_is_refused(void **state)
{
    struct stage *stage = *state;
    const struct pvg_wire_texture_body body = stage_texture_2d(80, 16, 16);
    struct kit_texture texture;
    struct kit_buffer missing = {.object = kit_object_number(&stage->task)};

    stage->may_refuse = true;
    kit_texture_create(&stage->kit, &stage->task, &texture, &body, 4);
    fill(stage, &(struct kit_buffer){.object = texture.object}, 0, 4, 1);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_KIND), 1);
    fill(stage, &missing, 0, 4, 1);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_NO_OBJECT), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene(a_fill_changes_its_range_and_nothing_else),
        scene(what_the_cpu_writes_behind_a_stamp_is_what_the_next_fill_sees),
        scene(a_fill_past_the_end_is_refused_and_touches_nothing),
        scene(a_pattern_keeps_its_phase),
        scene(a_copy_between_buffers_moves_every_byte_of_scattered_pages),
        scene(a_copy_onto_itself_moves_as_memmove_does),
        scene(records_of_one_encoder_see_what_earlier_ones_did),
        scene(packets_in_flight_see_what_earlier_packets_wrote),
        scene(texels_go_in_and_out_unchanged_in_every_plain_format),
        scene(what_the_cpu_wrote_into_a_texture_is_what_a_copy_reads),
        scene(levels_and_slices_are_kept_apart),
        scene(planes_of_a_3d_texture_are_copied_together),
        scene(a_region_goes_from_texture_to_texture_and_within_one),
        scene(mip_levels_are_averages),
        scene(a_texture_is_filled_with_a_colour_inside_its_region_only),
        scene(regions_outside_a_texture_are_refused),
        scene(an_object_of_another_kind_or_none_is_refused),
    };

    return run_scenes(tests);
}
