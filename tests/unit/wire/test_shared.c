/* SPDX-License-Identifier: MIT */
/* The shared structures of the specification's test vectors: 10-device 18 (V), 20-memory 20 (W, D,
 * I), 21-surfaces-arm64 19 (S). */
#include "wire/devinfo.h"
#include "wire/registers.h"
#include "wire/shared.h"
#include "wire/shared_encode.h"

#include <string.h>

#include "hex.h"
#include "test.h"

static void v5_describes_a_ring(void **state)
{
    struct hex vector = hex("14 00 00 00 00 00 00 00 00 00 00 00 05 00 00 00 00 28 01 00");
    struct pvg_cursor c = hex_cursor(&vector, 0);
    struct pvg_wire_child_record rec;

    assert_int_equal(pvg_wire_child_record_decode(&c, &rec), PVG_ACCEPTED);
    assert_int_equal(rec.tail, 0x14);
    assert_int_equal(rec.stamp_index, 5);
    assert_int_equal(rec.page_list.value, 0x12800);
    assert_int_equal(PVG_WIRE_CHILD_RECORDS_AT + (5 - 1) * PVG_WIRE_CHILD_RECORD_SIZE, 0x450);
    assert_int_equal(PVG_WIRE_CHILD_RECORD_HEAD_AT, 4);
}

static void v7_is_a_filled_display_page(void **state)
{
    struct pvg_wire_display_page page = {
        .serial = 1,
        .name = "vmapple disp",
        .width_mm = 480,
        .height_mm = 270,
        .max_cursor_width = 512,
        .max_cursor_height = 512,
        .cursor_features =
            PVG_WIRE_CURSOR_FEATURE_KICK_ON_SHOW | PVG_WIRE_CURSOR_FEATURE_KICK_ON_MOVE,
        .width_mm_f32 = 480,
        .height_mm_f32 = 270,
        .chromaticities = {0.64f, 0.33f, 0.30f, 0.60f, 0.15f, 0.06f, 0.3127f, 0.329f},
        .origin_x = 0xffff,
        .origin_y = 0xffff,
        .pending = PVG_WIRE_DISPLAY_EVENT_ONLINE,
        .generation = 1,
        .mode_count = 2,
    };
    struct pvg_wire_display_mode mode = {.width = 1920, .height = 1080, .refresh = 60 << 16};
    struct hex head = hex("01 00 00 00 76 6d 61 70 70 6c 65 20 64 69 73 70"
                          "00 00 00 00 e0 01 0e 01 00 02 00 02 00 00 00 00"
                          "03 00 00 00 00 00 f0 43 00 00 87 43 0a d7 23 3f"
                          "c3 f5 a8 3e 9a 99 99 3e 9a 99 19 3f 9a 99 19 3e"
                          "8f c2 75 3d 37 1a a0 3e b0 72 a8 3e ff ff ff ff");
    struct hex modes = hex("01 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00"
                           "80 07 38 04 00 00 3c 00 00 00 00 00 00 00 00 00");
    uint8_t bytes[PVG_WIRE_DISPLAY_PAGE_SIZE + PVG_WIRE_DISPLAY_MODE_SIZE] = {0};
    struct pvg_writer w = pvg_writer_over(bytes, sizeof(bytes));

    pvg_wire_display_page_encode(&w, &page);
    pvg_wire_display_mode_encode(&w, &mode);
    assert_false(w.overflow);
    assert_memory_equal(bytes, head.bytes, head.size);
    assert_int_equal(bytes[0x100], 4);
    assert_memory_equal(bytes + 0x200, modes.bytes, modes.size);
}

static void w1_has_entries_with_and_without_the_flag(void **state)
{
    struct hex vector = hex("01 02 00 00 02 02 00 80");
    struct pvg_cursor c = hex_cursor(&vector, 0);
    struct pvg_wire_page_table_entry entry;

    assert_int_equal(pvg_wire_page_table_entry_decode(&c, &entry), PVG_ACCEPTED);
    assert_int_equal(entry.pfn, 0x201);
    assert_false(entry.flag);
    assert_int_equal(pvg_wire_page_table_entry_decode(&c, &entry), PVG_ACCEPTED);
    assert_int_equal(entry.pfn, 0x202);
    assert_true(entry.flag);
}

static void d3_is_a_surface_slot(void **state)
{
    struct hex vector = hex("04 24 00 00  00 a0 2a 04 00 00 00 00");
    struct pvg_cursor c = hex_cursor(&vector, 0);
    struct pvg_wire_object_slot slot;

    assert_int_equal(pvg_wire_object_slot_decode(&c, &slot), PVG_ACCEPTED);
    assert_int_equal(slot.type, PVG_WIRE_OBJECT_TYPE_SURFACE);
    assert_int_equal(slot.length, 36);
    assert_true(slot.descriptor.value == 0x42aa000);
}

static void i4_and_s3_are_iosfc_entries(void **state)
{
    struct hex vector = hex("9d 9e 07 00  17 a3 07 00");
    struct pvg_cursor c = hex_cursor(&vector, 0);
    struct pvg_wire_iosfc_entry entry;

    assert_int_equal(pvg_wire_iosfc_entry_decode(&c, &entry), PVG_ACCEPTED);
    assert_true(entry.present && !entry.writable);
    assert_true((uint64_t)entry.pfn << 14 == 0x79e9c000);
    assert_int_equal(pvg_wire_iosfc_entry_decode(&c, &entry), PVG_ACCEPTED);
    assert_true(entry.present && entry.writable);
    assert_true((uint64_t)entry.pfn << 14 == 0x7a314000);
}

static void s5_is_a_biplanar_surface(void **state)
{
    struct hex vector = hex("1d a0 07 00 66 30 32 34 00 00 00 00 00 00 00 00"
                            "00 80 02 00 01 40 01 00 01 40 01 00 40 01 00 00"
                            "01 00 00 00 02 00 00 00 00 00 00 00 00 00 00 00"
                            "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
                            "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
                            "00 90 01 00 01 40 01 00 01 40 01 00 40 01 00 00"
                            "01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
                            "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
                            "00 00 00 00 00 00 00 00 00 90 01 00 00 00 00 00"
                            "00 c8 00 00 01 a0 00 00 01 a0 00 00 40 01 00 00"
                            "02 00 00 00");
    struct pvg_cursor c = pvg_cursor_over(vector.bytes, PVG_WIRE_IOSFC_DESCRIPTOR_SIZE);
    struct pvg_wire_iosfc_descriptor surface;

    assert_int_equal(PVG_WIRE_IOSFC_DESCRIPTOR_SIZE, 0x200);
    assert_int_equal(pvg_wire_iosfc_descriptor_decode(&c, &surface), PVG_ACCEPTED);
    assert_int_equal(surface.format, PVG_WIRE_FOURCC_420F);
    assert_int_equal(surface.allocation, 0x28000);
    assert_int_equal(surface.plane_count, 2);
    assert_int_equal(surface.dims.width, 320);
    assert_int_equal(surface.planes[0].size, 102400);
    assert_int_equal(surface.planes[1].offset, 102400);
    assert_int_equal(surface.planes[1].dims.width, 160);
    assert_int_equal(surface.planes[1].dims.height, 160);
    assert_int_equal(surface.planes[1].bytes_per_row, 320);
    assert_int_equal(surface.planes[1].bytes_per_element, 2);
}

static void i7_packs_dims_into_one_word(void **state)
{
    struct hex vector = hex("01 80 07 00 01 38 04 00");
    struct pvg_cursor c = hex_cursor(&vector, 0);
    struct pvg_wire_iosfc_dims dims;

    assert_int_equal(pvg_wire_iosfc_dims_decode(&c, &dims), PVG_ACCEPTED);
    assert_int_equal(dims.width, 1920);
    assert_int_equal(dims.height, 1080);
    assert_int_equal(dims.element_width, 1);
    assert_int_equal(dims.element_height, 1);
}

static void registers_have_names(void **state)
{
    assert_string_equal(pvg_wire_gfx_register_name(PVG_WIRE_GFX_ROOT_PAGE), "root_page");
    assert_string_equal(pvg_wire_iosfc_register_name(0x1018), "producer");
    assert_null(pvg_wire_gfx_register_name(0x1040));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(v5_describes_a_ring),
        cmocka_unit_test(v7_is_a_filled_display_page),
        cmocka_unit_test(w1_has_entries_with_and_without_the_flag),
        cmocka_unit_test(d3_is_a_surface_slot),
        cmocka_unit_test(i4_and_s3_are_iosfc_entries),
        cmocka_unit_test(s5_is_a_biplanar_surface),
        cmocka_unit_test(i7_packs_dims_into_one_word),
        cmocka_unit_test(registers_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
