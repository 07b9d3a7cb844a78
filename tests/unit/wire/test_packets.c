/* SPDX-License-Identifier: MIT */
/* The packets of the specification's test vectors: 10-device 18 (V), 20-memory 20.1 (P, N),
 * 21-surfaces-arm64 19 (S). */
#include "wire/packets.h"
#include "wire/packets_encode.h"

#include <string.h>

#include "hex.h"
#include "test.h"

/* What one vector holds: header, waits, and the record behind them. */
struct opened {
    struct pvg_wire_packet_header header;
    struct pvg_wire_packet_wait wait; /* the first one */
    struct pvg_cursor payload;
};

static struct opened open_packet(const struct hex *vector)
{
    struct opened out = {.payload = hex_cursor(vector, 0)};

    assert_int_equal(pvg_wire_packet_header_decode(&out.payload, &out.header), PVG_ACCEPTED);
    assert_int_equal(out.header.size, vector->size);
    for (unsigned i = 0; i < out.header.wait_count; i++) {
        struct pvg_wire_packet_wait wait;

        assert_int_equal(pvg_wire_packet_wait_decode(&out.payload, &wait), PVG_ACCEPTED);
        out.wait = i == 0 ? wait : out.wait;
    }
    return out;
}

/* Each encodes what it was given again and compares it with the vector's payload. */
#define EXPECT_ENCODES(form, vector, opened, rec)                                                  \
    do {                                                                                           \
        uint8_t again[sizeof((vector).bytes)];                                                     \
        size_t start = (vector).size - (opened).payload_size;                                      \
        struct pvg_writer w = pvg_writer_over(again, sizeof(again));                               \
        memset(again, 0, sizeof(again));                                                           \
        pvg_wire_##form##_encode(&w, rec);                                                         \
        assert_false(w.overflow);                                                                  \
        assert_int_equal(w.size, (opened).payload_size);                                           \
        assert_memory_equal(again, (vector).bytes + start, w.size);                                \
    } while (0)

#define DECODE(form, record, text)                                                                 \
    struct hex vector = hex(text);                                                                 \
    struct opened packet = open_packet(&vector);                                                   \
    struct {                                                                                       \
        size_t payload_size;                                                                       \
    } from = {packet.payload.left};                                                                \
    struct pvg_wire_##record rec;                                                                  \
    assert_int_equal(pvg_wire_##form##_decode(&packet.payload, &rec), PVG_ACCEPTED);               \
    EXPECT_ENCODES(form, vector, from, &rec)

static void v2_defines_the_kernel_task(void **state)
{
    DECODE(define_task, define_task,
           "38 00 00 00 1c 00 00 00 01 00 00 00 01 00 00 00 00 00 00 00 01 00 00 00 46 23 01 00");
    assert_int_equal(packet.header.opcode, PVG_WIRE_PACKET_DEFINE_TASK);
    assert_int_equal(packet.header.stamp, 1);
    assert_true(rec.kernel);
    assert_int_equal(rec.task, 0);
    assert_true(rec.length == UINT64_C(0x100000000));
    assert_int_equal(rec.directory.value, 0x12346);
}

static void v3_defines_a_channel(void **state)
{
    DECODE(define_channel, define_channel, "30 00 00 00 10 00 00 00 02 00 00 00 01 00 00 00");
    assert_int_equal(rec.channel, 1);
}

static void v4_asks_for_device_information(void **state)
{
    DECODE(get_device_info, get_device_info,
           "3a 00 00 00 18 00 00 00 07 00 00 00 2d 00 00 00 00 02 00 00 00 26 01 00");
    assert_int_equal(rec.key_table_length, 0x2d);
    assert_int_equal(rec.pair_count, 512);
    assert_int_equal(rec.reply.value, 0x12600);
}

static void v6_shares_a_display_page(void **state)
{
    DECODE(display_set_page, display_set_page,
           "01 00 00 00 14 00 00 00 01 00 00 00 00 00 00 00 00 27 01 00");
    assert_int_equal(rec.port, 0);
    assert_int_equal(rec.page.value, 0x12700);
}

static void v8_acknowledges_a_display(void **state)
{
    DECODE(display_ack, display_ack, "02 00 00 00 14 00 00 00 02 00 00 00 00 00 00 00 01 00 00 00");
    assert_int_equal(rec.generation, 1);
}

static void v9_presents_behind_a_wait(void **state)
{
    DECODE(display_transaction_2, present,
           "06 00 01 00 20 00 00 00 03 00 00 00 01 00 00 00"
           "07 00 00 00 00 00 00 00 2f 00 00 00 03 00 00 00");
    assert_int_equal(packet.wait.slot, 1);
    assert_int_equal(packet.wait.value, 7);
    assert_int_equal(rec.surface, 0x2f);
    assert_int_equal(rec.task, 3);
}

static void v10_presents_with_gamma(void **state)
{
    DECODE(display_transaction_3, present,
           "07 00 00 00 30 00 00 00 04 00 00 00 00 00 00 00"
           "03 00 00 00 2f 00 00 00 00 00 40 00 00 00 00 00"
           "00 30 00 00 00 00 00 00 00 04 00 00 00 00 00 00");
    assert_int_equal(rec.task, 3);
    assert_int_equal(rec.surface, 0x2f);
    assert_true(rec.gamma.value == 0x400000);
    assert_true(rec.gamma_length == 0x3000);
    assert_int_equal(rec.gamma_entries, 1024);
}

static void v11_presents_a_mapping_with_a_tail(void **state)
{
    struct pvg_wire_display_swap_gamma gamma;
    struct pvg_cursor tail;

    DECODE(display_swap_mapping, present,
           "08 00 00 00 34 00 00 00 11 00 00 00 00 00 00 00"
           "00 00 00 00 2f 00 00 00 00 00 00 00 00 40 10 00"
           "00 00 00 00 00 40 00 00 00 00 00 00 01 01 00 00"
           "00 00 40 48");
    assert_int_equal(rec.surface, 0x2f);
    assert_int_equal(rec.tail.size, 28);
    tail = pvg_cursor_over(rec.tail.data, rec.tail.size);
    assert_int_equal(pvg_wire_display_swap_gamma_decode(&tail, &gamma), PVG_ACCEPTED);
    assert_true(gamma.gamma.value == 0x104000);
    assert_true(gamma.gamma_length == 0x4000);
    assert_int_equal(gamma.gamma_entries, 257);
    assert_int_equal(gamma.gamma_checksum, 0x48400000);
}

static void v12_sets_a_cursor_image(void **state)
{
    DECODE(cursor_glyph, cursor_glyph,
           "04 00 00 00 38 00 00 00 05 00 00 00 00 00 00 00"
           "03 00 00 00 00 00 50 00 00 00 00 00 00 10 00 00"
           "00 00 00 00 80 00 00 00 00 00 00 00 20 00 20 00"
           "04 00 05 00 00 00 00 00");
    assert_int_equal(rec.task, 3);
    assert_true(rec.address.value == 0x500000);
    assert_true(rec.length == 0x1000);
    assert_int_equal(rec.stride, 0x80);
    assert_int_equal(rec.width, 32);
    assert_int_equal(rec.height, 32);
    assert_int_equal(rec.hot_x, 4);
    assert_int_equal(rec.hot_y, 5);
}

static void v13_tells_what_a_page_in_changed(void **state)
{
    struct pvg_wire_invalidation one;

    DECODE(invalidate_resources, invalidate_resources,
           "34 00 00 00 1c 00 00 00 06 00 00 00 00 00 00 00 01 00 00 00 2a 00 00 00 01 00 00 01");
    assert_int_equal(rec.objects.count, 1);
    one = pvg_wire_invalidation_at(rec.objects, 0);
    assert_int_equal(one.object, 0x2a);
    assert_true(one.validity.clear_host && one.validity.set_guest);
    assert_false(one.validity.set_host || one.validity.clear_guest);
}

static void v14_synchronizes_one_object(void **state)
{
    DECODE(synchronize_resources, synchronize_resources,
           "35 00 00 00 18 00 00 00 07 00 00 00 04 00 00 00 01 00 00 00 63 00 00 00");
    assert_int_equal(rec.task, 4);
    assert_int_equal(rec.objects.count, 1);
    assert_int_equal(pvg_wire_u32_at(rec.objects, 0), 99);
}

static const char v15[] = "37 00 00 00 40 00 00 00 08 00 00 00 03 00 00 00"
                          "01 00 00 00 01 00 00 00 2a 00 00 00 01 00 00 00"
                          "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
                          "00 00 01 00 00 00 00 00 40 02 00 00 00 00 00 00";

static void v15_submits_one_buffer(void **state)
{
    struct pvg_wire_exec_resource resource;
    struct pvg_wire_exec_buffer buffer;

    DECODE(exec_indirect, exec_indirect, v15);
    assert_int_equal(rec.task, 3);
    assert_int_equal(rec.resources.count, 1);
    resource = pvg_wire_exec_resource_at(rec.resources, 0);
    assert_int_equal(resource.object, 0x2a);
    assert_true(resource.validity.clear_host);
    assert_int_equal(rec.buffers.count, 1);
    buffer = pvg_wire_exec_buffer_at(rec.buffers, 0);
    assert_true(buffer.address.value == 0x10000);
    assert_int_equal(buffer.length, 0x240);
    assert_int_equal(buffer.unused, 0);
}

static void v15_with_more_resources_than_bytes_is_refused(void **state)
{
    struct hex vector = hex(v15);
    struct pvg_wire_exec_indirect rec;
    struct opened packet;

    memset(vector.bytes + 16, 0xff, 4);
    packet = open_packet(&vector);
    assert_int_equal(pvg_wire_exec_indirect_decode(&packet.payload, &rec), PVG_REFUSED_COUNT);
    assert_int_equal(rec.resources.count, 0);
    assert_int_equal(rec.buffers.count, 0);

    /* One buffer more than there is: the pair to the last that fits. */
    vector = hex(v15);
    vector.bytes[20] = 2;
    packet = open_packet(&vector);
    assert_int_equal(pvg_wire_exec_indirect_decode(&packet.payload, &rec), PVG_REFUSED_COUNT);
}

static void s10_waits_and_names_its_render_target(void **state)
{
    struct pvg_wire_exec_resource target;

    DECODE(exec_indirect, exec_indirect,
           "37 00 01 00 60 00 00 00 01 13 00 00 02 00 00 00"
           "02 07 00 00 01 00 00 00 02 00 00 00 01 00 00 00"
           "26 00 00 00 01 01 00 00 00 00 00 00 00 00 00 00"
           "00 00 00 00 00 00 00 00 31 00 00 00 00 00 00 00"
           "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
           "00 c0 90 00 00 00 00 00 90 02 00 00 00 00 00 00");
    assert_int_equal(packet.wait.slot, 2);
    assert_int_equal(packet.wait.value, 0x702);
    assert_int_equal(rec.resources.count, 2);
    target = pvg_wire_exec_resource_at(rec.resources, 0);
    assert_int_equal(target.object, 0x26);
    assert_true(target.validity.clear_host && target.validity.set_host);
    assert_int_equal(pvg_wire_exec_resource_at(rec.resources, 1).object, 0x31);
    assert_int_equal(pvg_wire_exec_buffer_at(rec.buffers, 0).length, 0x290);
}

static void v16_maps_memory(void **state)
{
    DECODE(map_memory, map_memory,
           "39 00 00 00 20 00 00 00 09 00 00 00 03 00 00 00 00 00 40 00 00 00 00 00"
           "00 80 00 00 00 00 00 00");
    assert_int_equal(rec.task, 3);
    assert_true(rec.address.value == 0x400000);
    assert_true(rec.length == 0x8000);
}

static void v17_unmaps_memory_behind_a_wait(void **state)
{
    DECODE(unmap_memory, unmap_memory,
           "22 00 01 00 28 00 00 00 0a 00 00 00 01 00 00 00"
           "08 00 00 00 03 00 00 00 00 00 40 00 00 00 00 00"
           "00 80 00 00 00 00 00 00");
    assert_int_equal(packet.wait.value, 8);
    assert_true(rec.length == 0x8000);
}

static void v18_deletes_a_buffer(void **state)
{
    DECODE(delete_object, delete_object,
           "28 00 00 00 1c 00 00 00 0d 00 00 00 01 00 00 00 e8 03 00 00 0c 00 00 00 20 00 00 00");
    assert_int_equal(rec.task, 1);
    assert_int_equal(rec.kind, PVG_WIRE_DESTROY_KIND_BUFFER);
    assert_int_equal(rec.length, 12);
    assert_int_equal(rec.object, 0x20);
    assert_string_equal(pvg_wire_destroy_kind_name(rec.kind), "buffer");
    assert_null(pvg_wire_destroy_kind_name(0x3ec));
}

static void v19_asks_for_compute_limits(void **state)
{
    DECODE(get_compute_info, get_compute_info,
           "3b 00 00 00 24 00 00 00 0e 00 00 00 03 00 00 00"
           "19 00 00 00 05 00 00 00 08 00 00 00 00 00 60 00"
           "00 00 00 00");
    assert_int_equal(rec.pipeline, 0x19);
    assert_int_equal(rec.key_table_length, 5);
    assert_int_equal(rec.pair_count, 8);
    assert_true(rec.reply.value == 0x600000);
}

static void v21_does_nothing(void **state)
{
    DECODE(nop, nop, "1e 00 00 00 0c 00 00 00 0f 00 00 00");
    assert_int_equal(packet.header.stamp, 15);
}

static void p4_binds_an_object_list(void **state)
{
    struct hex vector = hex("03 00 00 00  01 00 00 00  00 00 10 00");
    struct pvg_cursor c = hex_cursor(&vector, 0);
    struct pvg_wire_set_object_list rec;

    assert_int_equal(pvg_wire_set_object_list_decode(&c, &rec), PVG_ACCEPTED);
    assert_int_equal(rec.task, 3);
    assert_true(pvg_vpn_to_gva(rec.first_page, 12).value == 0x1000);
    assert_true(pvg_vpn_to_gva(rec.first_page, 14).value == 0x4000);
    assert_int_equal(rec.count, 0x100000);
}

static void p10_names_the_surface_first(void **state)
{
    struct hex vector = hex("6d 00 00 00  00 00 00 00");
    struct pvg_cursor c = hex_cursor(&vector, 0);
    struct pvg_wire_delete_surface rec;

    assert_int_equal(pvg_wire_delete_surface_decode(&c, &rec), PVG_ACCEPTED);
    assert_int_equal(rec.surface, 0x6d);
    assert_int_equal(rec.task, 0);
}

static void p15_carries_a_record(void **state)
{
    struct hex vector = hex("03 00 00 00  00 00 00 60 00 00 00 00  10 00 00 00 00 00 00 00"
                            "28 00 00 00 16 00 00 00 28 00 00 00  42 05 50 00 00 01 00 00"
                            "00 01 00 00 01 00 00 00 01 00 01 00 01 00 20 00 00 00 00 00"
                            "00 00 00 00");
    struct pvg_cursor c = hex_cursor(&vector, 0);
    struct pvg_wire_heap_texture_size rec;

    assert_int_equal(pvg_wire_heap_texture_size_decode(&c, &rec), PVG_ACCEPTED);
    assert_true(rec.reply.value == 0x60000000);
    assert_true(rec.reply_length == 16);
    assert_int_equal(rec.record.size, 40);
    assert_int_equal(c.left, 0);
}

static void n2_a_list_with_one_element_too_few_is_refused(void **state)
{
    struct hex vector = hex("03 00 00 00  02 00 00 00  09 00 00 00  01 00 00 01");
    struct pvg_cursor c = hex_cursor(&vector, 0);
    struct pvg_wire_invalidate_resources rec;

    assert_int_equal(pvg_wire_invalidate_resources_decode(&c, &rec), PVG_REFUSED_COUNT);
    assert_int_equal(rec.objects.count, 0);
}

static void s9_records_a_placement(void **state)
{
    DECODE(set_object_list_and_placement, set_object_list_and_placement,
           "44 00 00 00 28 00 00 00 00 03 00 00 03 00 00 00"
           "00 00 00 00 00 00 00 00 00 40 10 00 00 00 00 00"
           "00 80 00 00 00 80 00 00");
    assert_true(rec.base.value == 0x104000);
    assert_int_equal(rec.size, 0x8000);
}

/* ---- Dispatch ---- */

static enum pvg_refusal remember_channel(void *ctx, const struct pvg_wire_define_channel *rec)
{
    *(uint32_t *)ctx = rec->channel;
    return PVG_ACCEPTED;
}

static void a_handled_packet_reaches_its_handler(void **state)
{
    static const struct pvg_wire_packet_handlers handlers = {.define_channel = remember_channel};
    struct hex payload = hex("05 00 00 00 99 99 99 99");
    struct pvg_cursor c = hex_cursor(&payload, 0);
    uint32_t channel = 0;

    assert_int_equal(pvg_wire_packet_dispatch(&handlers, &channel, 0x30, &c), PVG_ACCEPTED);
    assert_int_equal(channel, 5);
    assert_int_equal(c.left, 4); /* longer than the record: accepted, the caller may count it */
}

static void a_short_payload_reaches_no_handler(void **state)
{
    static const struct pvg_wire_packet_handlers handlers = {.define_channel = remember_channel};
    struct hex payload = hex("05 00 00");
    struct pvg_cursor c = hex_cursor(&payload, 0);
    uint32_t channel = 0;

    assert_int_equal(pvg_wire_packet_dispatch(&handlers, &channel, 0x30, &c), PVG_REFUSED_SHORT);
    assert_int_equal(channel, 0);
}

static void an_opcode_nobody_handles_is_refused(void **state)
{
    static const struct pvg_wire_packet_handlers handlers = {.define_channel = remember_channel};
    struct hex payload = hex("05 00 00 00");
    struct pvg_cursor c = hex_cursor(&payload, 0);

    assert_int_equal(pvg_wire_packet_dispatch(&handlers, NULL, 0x31, &c), PVG_REFUSED_OPCODE);
    assert_int_equal(pvg_wire_packet_dispatch(&handlers, NULL, 0x7f, &c), PVG_REFUSED_OPCODE);
}

static void packets_have_names(void **state)
{
    assert_string_equal(pvg_wire_packet_name(0x37), "ExecIndirect2");
    assert_null(pvg_wire_packet_name(0x42));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(v2_defines_the_kernel_task),
        cmocka_unit_test(v3_defines_a_channel),
        cmocka_unit_test(v4_asks_for_device_information),
        cmocka_unit_test(v6_shares_a_display_page),
        cmocka_unit_test(v8_acknowledges_a_display),
        cmocka_unit_test(v9_presents_behind_a_wait),
        cmocka_unit_test(v10_presents_with_gamma),
        cmocka_unit_test(v11_presents_a_mapping_with_a_tail),
        cmocka_unit_test(v12_sets_a_cursor_image),
        cmocka_unit_test(v13_tells_what_a_page_in_changed),
        cmocka_unit_test(v14_synchronizes_one_object),
        cmocka_unit_test(v15_submits_one_buffer),
        cmocka_unit_test(v15_with_more_resources_than_bytes_is_refused),
        cmocka_unit_test(s10_waits_and_names_its_render_target),
        cmocka_unit_test(v16_maps_memory),
        cmocka_unit_test(v17_unmaps_memory_behind_a_wait),
        cmocka_unit_test(v18_deletes_a_buffer),
        cmocka_unit_test(v19_asks_for_compute_limits),
        cmocka_unit_test(v21_does_nothing),
        cmocka_unit_test(p4_binds_an_object_list),
        cmocka_unit_test(p10_names_the_surface_first),
        cmocka_unit_test(p15_carries_a_record),
        cmocka_unit_test(n2_a_list_with_one_element_too_few_is_refused),
        cmocka_unit_test(s9_records_a_placement),
        cmocka_unit_test(a_handled_packet_reaches_its_handler),
        cmocka_unit_test(a_short_payload_reaches_no_handler),
        cmocka_unit_test(an_opcode_nobody_handles_is_refused),
        cmocka_unit_test(packets_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
