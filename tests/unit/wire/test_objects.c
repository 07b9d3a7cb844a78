/* SPDX-License-Identifier: MIT */
/* Object descriptors, command slots and the pass descriptor: the vectors of 20-memory 20.3 (D),
 * 30-resources 21.4, 40-render 17.2, 50-compute-blit 13.4, 21-surfaces-arm64 19 (S). */
#include "wire/render.h"
#include "wire/resources.h"
#include "wire/shared.h"
#include "wire/walk.h"

#include <string.h>

#include "hex.h"
#include "test.h"

static void d4_is_a_buffer(void **state)
{
    struct hex bytes = hex("00 30 00 00 00 00 00 00  bc 2a 04 00 00 00 00 00");
    struct pvg_cursor c = hex_cursor(&bytes, 0);
    struct pvg_wire_buffer_descriptor buffer;

    assert_int_equal(pvg_wire_buffer_descriptor_decode(&c, &buffer), PVG_ACCEPTED);
    assert_int_equal(buffer.size, 0x3000);
    assert_true(pvg_vpn_to_gva(buffer.page, 12).value == 0x42abc000);
}

static void d6_is_a_texture_of_one_level(void **state)
{
    struct hex bytes =
        hex("00 00 01 00 00 00 00 00  10 00 00 00  01 00  00 00  00 00 00 00"
            "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 04"
            "00 00 00 00 00 00 00 00  00 20 00 00 00 00 00 00  00 01 00 00 00 00 00 00"
            "40 00 00 00 20 00 00 00 01 00 00 00"
            "01 00 00 00 2c 00 00 00  07 00 00 00  42 05 50 00 40 00 00 00 20 00 00 00 01 00 00 00"
            "01 00 01 00 01 00 10 00 00 00 00 00 00 00 00 00");
    struct pvg_cursor c = hex_cursor(&bytes, 0);
    struct pvg_wire_texture_prefix prefix;
    struct pvg_wire_texture_level level;
    struct pvg_wire_record record;
    struct pvg_wire_texture texture;

    assert_int_equal(pvg_wire_texture_prefix_decode(&c, &prefix), PVG_ACCEPTED);
    assert_int_equal(prefix.size, 0x10000);
    assert_int_equal(prefix.page.value, 0x10);
    assert_int_equal(prefix.levels, 1);
    assert_int_equal(prefix.bytes_per_element, 4);
    assert_int_equal(pvg_wire_texture_level_decode(&c, &level), PVG_ACCEPTED);
    assert_int_equal(level.size, 0x2000);
    assert_int_equal(level.row_stride, 256);
    assert_int_equal(level.width, 64);
    assert_true(pvg_wire_take_record(&c, &record));
    assert_int_equal(record.opcode, PVG_WIRE_CREATE_TEXTURE);
    assert_int_equal(pvg_wire_texture_decode(&record.payload, &texture), PVG_ACCEPTED);
    assert_int_equal(texture.object, 7);
    assert_int_equal(texture.body.type, PVG_WIRE_TEXTURE_TYPE_2D);
    assert_int_equal(texture.body.format, PVG_WIRE_PIXEL_FORMAT_BGRA8UNORM);
    assert_int_equal(texture.body.usage, 5);
    assert_int_equal(texture.body.options.storage, PVG_WIRE_STORAGE_MODE_MANAGED);
}

static void d8_is_a_biplanar_surface(void **state)
{
    struct hex bytes = hex("00 60 02 00 00 00 00 00  00 30 04 00  66 30 32 34  02 00 00 00"
                           "00 00 00 00 40 01 00 00 40 01 00 00 40 01 00 01"
                           "00 90 01 00 a0 00 00 00 a0 00 00 00 40 01 00 02");
    struct pvg_cursor c = hex_cursor(&bytes, 0);
    struct pvg_wire_surface_descriptor surface;
    struct pvg_wire_surface_plane chroma;

    assert_int_equal(pvg_wire_surface_descriptor_decode(&c, &surface), PVG_ACCEPTED);
    assert_int_equal(surface.length, 0x26000);
    assert_int_equal(surface.format, PVG_WIRE_FOURCC_420F);
    assert_int_equal(surface.planes.count, 2);
    chroma = pvg_wire_surface_plane_at(surface.planes, 1);
    assert_int_equal(chroma.offset, 0x19000);
    assert_int_equal(chroma.width, 160);
    assert_int_equal(chroma.bytes_per_row, 320);
    assert_int_equal(chroma.bytes_per_element, 2);

    bytes.bytes[0x10] = 3; /* a plane more than there is */
    c = hex_cursor(&bytes, 0);
    assert_int_equal(pvg_wire_surface_descriptor_decode(&c, &surface), PVG_REFUSED_COUNT);
}

static struct pvg_wire_surface_texture open_surface_texture(struct pvg_wire_bytes bytes)
{
    struct pvg_cursor c = pvg_cursor_over(bytes.data, bytes.size);
    struct pvg_wire_surface_texture out;
    struct pvg_wire_record record;

    assert_true(pvg_wire_take_record(&c, &record));
    if (record.opcode == PVG_WIRE_CREATE_SURFACE_TEXTURE_OLD) {
        assert_int_equal(pvg_wire_surface_texture_old_decode(&record.payload, &out), PVG_ACCEPTED);
    } else {
        assert_int_equal(pvg_wire_surface_texture_decode(&record.payload, &out), PVG_ACCEPTED);
    }
    return out;
}

static void d9_is_a_texture_over_the_third_plane(void **state)
{
    struct hex bytes = hex("6d 00 00 00 00 00 00 00  2f 00 00 00 30 00 00 00  82 01 00 00"
                           "42 01 0a 00 b2 03 00 00 5e 01 00 00 01 00 00 00 01 00 01 00 01 00 10 00"
                           "00 00 00 00 00 00 00 00  02 00 00 00");
    struct pvg_cursor c = hex_cursor(&bytes, 0);
    struct pvg_wire_surface_texture_descriptor descriptor;
    struct pvg_wire_surface_texture texture;

    assert_int_equal(pvg_wire_surface_texture_descriptor_decode(&c, &descriptor), PVG_ACCEPTED);
    assert_int_equal(descriptor.surface, 0x6d);
    assert_int_equal(descriptor.task, 0);
    texture = open_surface_texture(descriptor.record);
    assert_int_equal(texture.object, 0x182);
    assert_int_equal(texture.body.format, PVG_WIRE_PIXEL_FORMAT_R8UNORM);
    assert_int_equal(texture.body.width, 946);
    assert_int_equal(texture.plane, 2);
    assert_int_equal(texture.rotation, 0);
}

static void s11_is_a_texture_over_a_mapping(void **state)
{
    struct hex bytes = hex("01 00 00 00 00 00 00 00 0c 00 00 00 30 00 00 00"
                           "15 00 00 00 42 01 50 00 80 00 00 00 60 00 00 00"
                           "01 00 00 00 01 00 01 00 01 00 10 00 00 00 00 00"
                           "00 00 00 00 00 00 a5 a5");
    struct pvg_cursor c = hex_cursor(&bytes, 0);
    struct pvg_wire_mapped_texture_descriptor descriptor;
    struct pvg_wire_surface_texture texture;

    assert_int_equal(pvg_wire_mapped_texture_descriptor_decode(&c, &descriptor), PVG_ACCEPTED);
    assert_int_equal(descriptor.mapping, 1);
    texture = open_surface_texture(descriptor.record);
    assert_int_equal(texture.body.width, 128);
    assert_int_equal(texture.body.height, 96);
    assert_int_equal(texture.plane, 0);
    assert_int_equal(texture.rotation, 0); /* unwritten in the old form: not read */
}

static void a_function_names_its_code(void **state)
{
    struct hex bytes =
        hex("00604523 01000000 321b0000 0f000000 14000000 41000000 00000000 00000000");
    struct pvg_cursor c = hex_cursor(&bytes, 0);
    struct pvg_wire_function_descriptor descriptor;

    assert_int_equal(pvg_wire_function_descriptor_decode(&c, &descriptor), PVG_ACCEPTED);
    assert_true(descriptor.code.value == 0x123456000);
    assert_int_equal(descriptor.size, 0x1b32);
    assert_int_equal(descriptor.record.size, 20);
}

static void a_slot_holds_type_length_and_address(void **state)
{
    struct hex bytes = hex("07240000 40001000 00000000");
    struct pvg_cursor c = hex_cursor(&bytes, 0);
    struct pvg_wire_object_slot slot;

    assert_int_equal(pvg_wire_object_slot_decode(&c, &slot), PVG_ACCEPTED);
    assert_int_equal(slot.type, PVG_WIRE_OBJECT_TYPE_STATE);
    assert_int_equal(slot.length, 36);
    assert_true(slot.descriptor.value == 0x100040);
}

/* ---- Indirect command buffers ---- */

static void a_command_buffer_says_where_things_are_in_a_slot(void **state)
{
    struct hex bytes = hex("36 00 00 00 58 00 00 00 20 00 00 00 00 00 02 00"
                           "00 01 00 01 01 a5 f0 7f 00 00 00 00 00 00 04 00"
                           "08 00 40 00 60 00 00 00 64 00 00 00 64 00 00 00"
                           "64 00 00 00 64 00 00 00 64 00 00 00 8c 00 00 00"
                           "a4 00 00 00 9c 00 00 00 a4 00 00 00 d4 00 00 00"
                           "10 00 00 00 20 00 a5 a5");
    struct pvg_cursor c = hex_cursor(&bytes, 8);
    struct pvg_wire_indirect_commands commands;

    assert_int_equal(pvg_wire_indirect_commands_decode(&c, &commands), PVG_ACCEPTED);
    assert_int_equal(commands.types, PVG_WIRE_INDIRECT_COMMAND_DISPATCH);
    assert_int_equal(commands.kernel_buffers, 2);
    assert_int_equal(commands.kernel_lengths, 1);
    assert_int_equal(commands.layout.kernel_buffers, 0x64);
    assert_int_equal(commands.layout.kernel_lengths, 0x9c);
    assert_int_equal(commands.layout.arguments, 0xa4);
    assert_int_equal(commands.layout.size, 0xd4);
    assert_int_equal(commands.max_count, 16);
    assert_int_equal(commands.options.storage, PVG_WIRE_STORAGE_MODE_PRIVATE);
}

static void a_slot_draws_indexed(void **state)
{
    struct hex bytes = hex("03 00 00 00 e9 14 00 00 06 00 00 00 00 00 00 00 00 00 01 00 01 00 00 00"
                           "00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 fe ff ff ff ff ff ff ff"
                           "00 00 00 00 00 00 00 00");
    struct pvg_cursor c = hex_cursor(&bytes, 0);
    struct pvg_wire_command_draw_indexed draw;

    assert_int_equal(pvg_wire_command_draw_indexed_decode(&c, &draw), PVG_ACCEPTED);
    assert_int_equal(draw.primitive, PVG_WIRE_PRIMITIVE_TRIANGLE);
    assert_int_equal(draw.index_buffer, 0x14e9);
    assert_int_equal(draw.index_count, 6);
    assert_true(draw.index_address.value == 0x100010000);
    assert_int_equal(draw.base_vertex, -2);
}

/* ---- The pass descriptor ---- */

static void put(uint8_t *record, size_t at, const char *text)
{
    struct hex bytes = hex(text);

    memcpy(record + at, bytes.bytes, bytes.size);
}

static void fill_pass(uint8_t record[592])
{
    put(record, 0x000, "1a000000 50020000");
    put(record, 0x008, "5c110000");
    put(record, 0x010, "0100");
    put(record, 0x01c, "0200 0100 0100");
    put(record, 0x024, "000000000000d83f");
    put(record, 0x02c, "0200");
    put(record, 0x030, "f7100000");
    put(record, 0x044, "0200 0100");
    put(record, 0x04c, "5a000000");
    put(record, 0x054, "92100000 f7100000");
    put(record, 0x05c, "0200 0300 0400 0500 0600 0700");
    put(record, 0x068, "0200 0200");
    put(record, 0x070, "000000000000d03f 000000000000e03f 000000000000e83f 000000000000f03f");
    put(record, 0x108, "f7100000");
    put(record, 0x11c, "0100 0000");
    put(record, 0x124, "000000000000c03f 000000000000d83f 000000000000e43f 000000000000ec3f");
    put(record, 0x234, "1f140000");
    put(record, 0x238, "1100000000000000");
    put(record, 0x240, "3412000000000000 7856000000000000");
}

static void a_pass_names_its_attachments(void **state)
{
    uint8_t record[592] = {0};
    struct pvg_cursor c = pvg_cursor_over(record + 8, sizeof(record) - 8);
    struct pvg_wire_render_pass pass;

    fill_pass(record);
    assert_int_equal(pvg_wire_render_pass_decode(&c, &pass), PVG_ACCEPTED);
    assert_int_equal(pass.depth.to.texture, 0x115c);
    assert_int_equal(pass.depth.to.level, 1);
    assert_int_equal(pass.depth.to.load, PVG_WIRE_LOAD_ACTION_CLEAR);
    assert_int_equal(pass.depth.to.store_options, PVG_WIRE_STORE_OPTIONS_CUSTOM_SAMPLE_POSITIONS);
    assert_true(pass.depth.clear == 0.375);
    assert_int_equal(pass.depth.resolve_filter, PVG_WIRE_DEPTH_RESOLVE_FILTER_MAX);
    assert_int_equal(pass.stencil.clear, 0x5a);
    assert_int_equal(pass.color[0].to.resolve_texture, 0x10f7);
    assert_int_equal(pass.color[0].to.level, 2);
    assert_int_equal(pass.color[0].to.slice, 3);
    assert_int_equal(pass.color[0].to.plane, 4);
    assert_int_equal(pass.color[0].to.resolve_plane, 7);
    assert_int_equal(pass.color[0].to.store, PVG_WIRE_STORE_ACTION_MULTISAMPLE_RESOLVE);
    assert_true(pass.color[0].clear[2] == 0.75);
    assert_int_equal(pass.color[3].to.load, PVG_WIRE_LOAD_ACTION_LOAD);
    assert_true(pass.color[3].clear[3] == 0.875);
    assert_int_equal(pass.color[7].to.texture, 0);
    assert_int_equal(pass.visibility_buffer, 0x141f);
    assert_int_equal(pass.array_length, 0x11);
    assert_int_equal(pass.width, 0x1234);
    assert_int_equal(pass.height, 0x5678);
}

static void a_slice_does_not_run_into_its_level(void **state)
{
    uint8_t record[592] = {0};
    struct pvg_cursor c = pvg_cursor_over(record + 8, sizeof(record) - 8);
    struct pvg_wire_render_pass pass;

    put(record, 0x05c, "0100 ffff");
    assert_int_equal(pvg_wire_render_pass_decode(&c, &pass), PVG_ACCEPTED);
    assert_int_equal(pass.color[0].to.level, 1);
    assert_int_equal(pass.color[0].to.slice, 0xffff);
}

static void a_pass_without_its_tail_is_refused(void **state)
{
    uint8_t record[592] = {0};
    struct pvg_cursor c = pvg_cursor_over(record + 8, 0x22c);
    struct pvg_wire_render_pass pass;

    fill_pass(record);
    assert_int_equal(pvg_wire_render_pass_decode(&c, &pass), PVG_REFUSED_SHORT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(d4_is_a_buffer),
        cmocka_unit_test(d6_is_a_texture_of_one_level),
        cmocka_unit_test(d8_is_a_biplanar_surface),
        cmocka_unit_test(d9_is_a_texture_over_the_third_plane),
        cmocka_unit_test(s11_is_a_texture_over_a_mapping),
        cmocka_unit_test(a_function_names_its_code),
        cmocka_unit_test(a_slot_holds_type_length_and_address),
        cmocka_unit_test(a_command_buffer_says_where_things_are_in_a_slot),
        cmocka_unit_test(a_slot_draws_indexed),
        cmocka_unit_test(a_pass_names_its_attachments),
        cmocka_unit_test(a_slice_does_not_run_into_its_level),
        cmocka_unit_test(a_pass_without_its_tail_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
