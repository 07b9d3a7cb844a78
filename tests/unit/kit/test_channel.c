/* SPDX-License-Identifier: MIT */
#include "kit/channel.h"

#include "wire/packets_encode.h"
#include "wire/shared.h"

#include "paper.h"
#include "test.h"

static int setup(void **state)
{
    *state = paper_create(KIT_X86);
    return 0;
}

static int teardown(void **state)
{
    paper_destroy(*state);
    return 0;
}

static uint8_t *root_ring(struct paper *paper)
{
    return paper->ram + paper->kit.fifo + 0x1000;
}

static uint32_t send_nop(struct paper *paper, unsigned channel)
{
    kit_packet(&paper->kit, PVG_WIRE_PACKET_NOP);
    return kit_send(&paper->kit, channel);
}

static void a_root_packet_is_v2_of_the_specification(void **state)
{
    static const uint8_t v2[] = {0x38, 0, 0, 0, 0x1c, 0, 0, 0, 1, 0, 0,    0,    1, 0,
                                 0,    0, 0, 0, 0,    0, 1, 0, 0, 0, 0x46, 0x23, 1, 0};
    struct paper *paper = *state;
    struct pvg_wire_define_task task = {
        .kernel = true, .length = UINT64_C(1) << 32, .directory = {0x12346}};

    pvg_wire_define_task_encode(kit_packet(&paper->kit, PVG_WIRE_PACKET_DEFINE_TASK), &task);
    assert_int_equal(kit_send(&paper->kit, 0), 1);
    assert_memory_equal(root_ring(paper), v2, sizeof(v2));
    assert_int_equal(paper->gfx[2], 0x1c); /* 0x1008 */
}

static void a_packet_wraps_inside_its_header(void **state)
{
    static const uint8_t first[] = {0x30, 0, 0, 0, 0x10, 0, 0, 0};
    static const uint8_t second[] = {0x11, 0, 0, 0, 1, 0, 0, 0};
    struct paper *paper = *state;
    struct kit_channel *root = &paper->kit.channels[0];

    root->tail = 0xeff8; /* V20 */
    root->stamp = 0x10;
    paper->gfx[3] = 0xeff8;
    pvg_wire_define_channel_encode(kit_packet(&paper->kit, PVG_WIRE_PACKET_DEFINE_CHANNEL),
                                   &(struct pvg_wire_define_channel){.channel = 1});
    assert_int_equal(kit_send(&paper->kit, 0), 0x11);
    assert_memory_equal(root_ring(paper) + 0xeff8, first, sizeof(first));
    assert_memory_equal(root_ring(paper), second, sizeof(second));
    assert_int_equal(paper->gfx[2], 0xf008);
}

static void a_wait_stands_between_header_and_payload(void **state)
{
    /* V17 */
    static const uint8_t v17[] = {0x22, 0, 1, 0, 0x28, 0,    0, 0, 1, 0, 0, 0, 1,    0,
                                  0,    0, 8, 0, 0,    0,    3, 0, 0, 0, 0, 0, 0x40, 0,
                                  0,    0, 0, 0, 0,    0x80, 0, 0, 0, 0, 0, 0};
    struct paper *paper = *state;
    struct pvg_wire_unmap_memory unmap = {.task = 3, .address = {0x400000}, .length = 0x8000};

    kit_packet(&paper->kit, PVG_WIRE_PACKET_UNMAP_MEMORY);
    kit_packet_after(&paper->kit, (struct kit_point){.channel = 1, .stamp = 8});
    pvg_wire_unmap_memory_encode(&paper->kit.packet, &unmap);
    kit_send(&paper->kit, 0);
    assert_memory_equal(root_ring(paper), v17, sizeof(v17));
}

static void a_child_ring_is_scattered_and_listed(void **state)
{
    struct paper *paper = *state;
    struct kit_channel *channel = &paper->kit.channels[5];
    uint32_t *record = (uint32_t *)(paper->ram + paper->kit.root_page + 0x450);

    kit_channel_define(&paper->kit, 5, 2);
    assert_int_equal(record[3], 5);
    assert_int_equal(record[4], channel->list >> 12);
    assert_int_equal(kit_load(&paper->kit, channel->list), channel->pages[0] >> 12);
    assert_int_equal(kit_load(&paper->kit, channel->list + 4), channel->pages[1] >> 12);
    assert_int_equal(kit_load(&paper->kit, channel->list + 8), 0);

    channel->tail = 0xffc; /* the packet straddles the two pages */
    kit_store(&paper->kit, channel->record + 4, 0xffc);
    send_nop(paper, 5);
    assert_int_equal(kit_load(&paper->kit, channel->pages[0] + 0xffc), 0x1e);
    assert_int_equal(kit_load(&paper->kit, channel->pages[1]), 12);
    assert_int_equal(record[0], 0xffc + 12);
}

static void the_doorbell_is_rung_only_if_the_device_had_read_all(void **state)
{
    struct paper *paper = *state;
    struct kit_channel *channel = &paper->kit.channels[1];

    kit_channel_define(&paper->kit, 1, 1);
    send_nop(paper, 1);
    assert_int_equal(paper->doorbells, 1);
    send_nop(paper, 1); /* the head still stands at 0 */
    assert_int_equal(paper->doorbells, 1);
    kit_store(&paper->kit, channel->record + 4, 24);
    send_nop(paper, 1);
    assert_int_equal(paper->doorbells, 2);

    paper->kit.doorbell = KIT_RING_ALWAYS;
    send_nop(paper, 1);
    assert_int_equal(paper->doorbells, 3);
}

static void a_full_ring_is_waited_for(void **state)
{
    struct paper *paper = *state;

    kit_channel_define(&paper->kit, 1, 1);
    for (unsigned i = 0; i < 0x1000 / 12; i++) {
        send_nop(paper, 1);
        assert_null(paper->kit.failure);
    }
    send_nop(paper, 1); /* 4 bytes are left, and the paper machine has no patience */
    assert_string_equal(paper->kit.failure, "the device does not empty a ring");
}

static void stamps_pass_the_end_of_their_range(void **state)
{
    struct paper *paper = *state;

    paper->kit.channels[0].stamp = 0xfffffffe;
    kit_store(&paper->kit, paper->kit.fifo, 0xfffffffe);
    send_nop(paper, 0);
    assert_int_equal(send_nop(paper, 0), 0);
    assert_false(kit_done(&paper->kit, 0, 0));
    kit_store(&paper->kit, paper->kit.fifo, 0);
    assert_true(kit_done(&paper->kit, 0, 0));
    assert_true(kit_done(&paper->kit, 0, 0xffffffff));
    assert_false(kit_done(&paper->kit, 0, 1));
}

static void an_arm64_stamp_repeats_its_slot(void **state)
{
    struct paper *paper = paper_create(KIT_ARM64);

    kit_channel_define(&paper->kit, 4, 1);
    assert_int_equal(send_nop(paper, 4), 0x104);
    assert_int_equal(send_nop(paper, 4), 0x204);
    paper_destroy(paper);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_root_packet_is_v2_of_the_specification, setup, teardown),
        cmocka_unit_test_setup_teardown(a_packet_wraps_inside_its_header, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wait_stands_between_header_and_payload, setup, teardown),
        cmocka_unit_test_setup_teardown(a_child_ring_is_scattered_and_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(the_doorbell_is_rung_only_if_the_device_had_read_all, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_full_ring_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(stamps_pass_the_end_of_their_range, setup, teardown),
        cmocka_unit_test(an_arm64_stamp_repeats_its_slot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
