/* SPDX-License-Identifier: MIT */
/* Packets that ask, submit and delete, and what hostile ones meet. Spec: 10-device 10 to 12, 17, 18;
 * 20-memory 20.1. */
#include <glib.h>
#include <string.h>

#include "bench.h"
#include "wire/devinfo.h"
#include "wire/packets_encode.h"
#include "wire/registers.h"

#include "test.h"

#define REPLY 0x6000000 /* from the start of RAM: a page nobody else uses */

static uint32_t send(struct bench *b, unsigned channel, uint16_t opcode, const uint32_t *words,
                     unsigned count)
{
    struct pvg_writer *w = kit_packet(&b->kit, opcode);
    uint32_t stamp;

    for (unsigned i = 0; i < count; i++) {
        pvg_put_u32(w, words[i]);
    }
    stamp = kit_send(&b->kit, channel);
    kit_wait(&b->kit, channel, stamp); /* whatever it says, it is completed */
    bench_expect_no_failure(b);
    return stamp;
}

#define SEND(b, channel, opcode, ...)                                                              \
    send(b, channel, opcode, (const uint32_t[]){__VA_ARGS__},                                      \
         sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

/* ---- Device information ---- */

static void ask_info(struct bench *b, uint32_t keys, uint32_t pairs)
{
    memset(bench_at(b, b->ram_gpa + REPLY), 0xa5, 2 * kit_page_size(&b->kit));
    SEND(b, 0, PVG_WIRE_PACKET_GET_DEVICE_INFO, keys, pairs,
         (uint32_t)((b->ram_gpa + REPLY) >> b->page_shift));
}

static void only_keys_below_the_guest_s_table_are_sent_and_the_rest_is_zero(void **state)
{
    struct bench *b = *state;
    uint64_t at = b->ram_gpa + REPLY;

    bench_bring_up(b);
    ask_info(b, 7, 512);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(bench_load(b, at + 8 * i), i + 1);
    }
    assert_int_equal(bench_load(b, at + 4), 8);
    assert_int_equal(bench_load(b, at + 8 * 4 + 4), 64);
    for (unsigned i = 6; i < 512; i++) {
        assert_int_equal(bench_load(b, at + 8 * i), 0);
    }
    assert_int_equal(bench_load(b, at + 4096), 0xa5a5a5a5);
}

static void a_reply_never_leaves_its_page_or_its_pairs(void **state)
{
    struct bench *b = *state;
    uint64_t at = b->ram_gpa + REPLY, page = kit_page_size(&b->kit);

    bench_bring_up(b);
    ask_info(b, 45, 0xffffffff);
    assert_int_equal(bench_load(b, at + page - 8), 0);
    assert_int_equal(bench_load(b, at + page), 0xa5a5a5a5);
    ask_info(b, 45, 2);
    assert_int_equal(bench_load(b, at + 8), 2);
    assert_int_equal(bench_load(b, at + 16), 0xa5a5a5a5);
    ask_info(b, 45, 0);
    assert_int_equal(bench_load(b, at), 0xa5a5a5a5);
}

static void macos_12_on_arm64_counts_keys_from_zero(void **state)
{
    struct bench *b = *state;
    uint64_t at = b->ram_gpa + REPLY;

    bench_bring_up(b);
    ask_info(b, 0xe, 512);
    assert_int_equal(bench_load(b, at), 0); /* key 0 is newer guests' key 1 */
    assert_int_equal(bench_load(b, at + 4), 8);
    assert_int_equal(bench_load(b, at + 8 * 13), 13); /* keys 0 to 13 */
    assert_int_equal(bench_load(b, at + 8 * 14), 0);
    assert_int_equal(bench_load(b, at + 8 * 14 + 4), 8); /* the pad must not undo key 0 */
}

static void dual_planes_follow_the_granted_version(void **state)
{
    static const struct {
        uint32_t version, value;
    } cases[] = {{4, 0}, {31, 1}, {40, 0}, {41, 1}, {62, 1}};
    struct bench *b = *state;

    bench_bring_up(b);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        bench_write(b, PVG_WIRE_GFX_VERSION, cases[i].version);
        ask_info(b, 45, 512);
        assert_int_equal(bench_load(b, b->ram_gpa + REPLY + 8 * 11), 12);
        assert_int_equal(bench_load(b, b->ram_gpa + REPLY + 8 * 11 + 4), cases[i].value);
    }
}

/* ---- Questions about objects ---- */

static void compute_info_is_answered_even_for_an_unknown_pipeline(void **state)
{
    struct bench *b = *state;
    uint64_t gva;
    uint32_t reply[8];

    bench_bring_up(b);
    gva = kit_task_alloc(&b->kit, &b->kit.kernel, 0x1000);
    SEND(b, 1, PVG_WIRE_PACKET_GET_COMPUTE_INFO, 0, 0x19, 5, 8, (uint32_t)gva,
         (uint32_t)(gva >> 32));
    kit_task_read(&b->kit, &b->kit.kernel, gva, reply, sizeof(reply));
    assert_int_equal(reply[0], 1);
    assert_int_equal(reply[1], 1024);
    assert_int_equal(reply[2], 3);
    assert_int_equal(reply[3], 32); /* the guest divides by it */
    assert_int_equal(reply[4], 4);
    assert_int_equal(reply[6], 0);
}

static void heap_sizes_are_pages_and_never_zero(void **state)
{
    struct bench *b = *state;
    uint64_t gva, reply[2];

    bench_bring_up(b);
    gva = kit_task_alloc(&b->kit, &b->kit.kernel, 0x1000);
    /* 20-memory P15: 256 x 256 BGRA8 */
    SEND(b, 1, PVG_WIRE_PACKET_HEAP_TEXTURE_SIZE, 0, (uint32_t)gva, (uint32_t)(gva >> 32), 16, 0, 40,
         0x16, 40, 0x00500542, 256, 256, 1, 0x00010001, 0x00200001, 0, 0);
    kit_task_read(&b->kit, &b->kit.kernel, gva, reply, sizeof(reply));
    assert_int_equal(reply[0], 0x40000);
    assert_int_equal(reply[1], 0x1000);
    SEND(b, 1, PVG_WIRE_PACKET_HEAP_TEXTURE_SIZE, 0, (uint32_t)gva, (uint32_t)(gva >> 32), 15, 0, 40,
         0x16, 40, 0x00500542, 512, 512, 1, 0x00010001, 0x00200001, 0, 0);
    kit_task_read(&b->kit, &b->kit.kernel, gva, reply, sizeof(reply));
    assert_int_equal(reply[0], 0x40000); /* a short reply is not written */
    assert_int_equal(bench_stat(b, "refused.VALUE"), 1);
}

/* ---- Hostile counts and lengths ---- */

static void counts_that_are_not_there_are_refused_and_completed(void **state)
{
    struct bench *b = *state;

    bench_bring_up(b);
    SEND(b, 1, PVG_WIRE_PACKET_INVALIDATE_RESOURCES, 0, 2, 9, 0x01000001); /* N2 */
    SEND(b, 1, PVG_WIRE_PACKET_EXEC_INDIRECT, 0, 0xffffffff, 1, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0); /* N3 */
    SEND(b, 1, PVG_WIRE_PACKET_EXEC_INDIRECT, 0, 0, 0xffffffff);
    SEND(b, 1, PVG_WIRE_PACKET_SYNCHRONIZE_RESOURCES, 0, 0x40000000, 9);
    assert_int_equal(bench_stat(b, "refused.COUNT"), 4);
    assert_int_equal(b->submissions, 0);
}

static void a_submission_of_an_unknown_task_is_refused(void **state)
{
    struct bench *b = *state;

    bench_bring_up(b);
    SEND(b, 1, PVG_WIRE_PACKET_EXEC_INDIRECT, 77, 0, 0);
    SEND(b, 1, PVG_WIRE_PACKET_EXEC_INDIRECT, 0xffffffff, 0, 0);
    assert_int_equal(bench_stat(b, "refused.NO_TASK"), 2);
    assert_int_equal(b->submissions, 0);
}

static void streams_that_cannot_be_read_leave_the_validity_quads(void **state)
{
    struct bench *b = *state;

    bench_bring_up(b);
    SEND(b, 1, PVG_WIRE_PACKET_EXEC_INDIRECT, 0, 1, 1, 9, 1, 0, 0, 0, 0, 0x66000000, 0x12, 64, 0);
    assert_int_equal(b->submissions, 1);
    assert_int_equal(bench_stat(b, "refused.UNMAPPED"), 1);
    /* 64 MiB and a byte in two buffers: nothing is copied, and nothing is allocated. */
    SEND(b, 1, PVG_WIRE_PACKET_EXEC_INDIRECT, 0, 0, 2, 0x66000000, 0x12, 0x4000000, 0, 0x66000000,
         0x12, 1, 0);
    assert_int_equal(b->submissions, 2);
    assert_int_equal(bench_stat(b, "refused.LIMIT"), 1);
}

static void a_stream_is_copied_before_its_waits_come(void **state)
{
    struct bench *b = *state;
    struct pvg_writer *w;
    uint32_t stamp, next = b->kit.machine == KIT_X86 ? 1 : 0x101;
    uint64_t gva;

    bench_bring_up(b);
    gva = kit_task_alloc(&b->kit, &b->kit.kernel, 0x1000);
    kit_task_write(&b->kit, &b->kit.kernel, gva, "stream..", 8);
    b->hold = true;
    w = kit_packet(&b->kit, PVG_WIRE_PACKET_EXEC_INDIRECT);
    kit_packet_after(&b->kit, (struct kit_point){2, b->kit.channels[2].stamp + next});
    pvg_put_u32(w, 0);
    pvg_put_u32(w, 0);
    pvg_put_u32(w, 1);
    pvg_put_u64(w, gva);
    pvg_put_u64(w, 8);
    stamp = kit_send(&b->kit, 1);
    bench_run(b);
    assert_int_equal(b->prepared, 1);
    assert_int_equal(b->submissions, 0);
    kit_task_write(&b->kit, &b->kit.kernel, gva, "changed!", 8);
    kit_task_leave(&b->kit, &b->kit.kernel, gva);
    kit_packet(&b->kit, PVG_WIRE_PACKET_NOP);
    kit_send(&b->kit, 2);
    bench_run(b);
    assert_int_equal(b->submissions, 1);
    assert_memory_equal(b->last_submission->buffers[0].data, "stream..", 8);
    bench_release(b, 0);
    assert_true(kit_done(&b->kit, 1, stamp));
}

/* ---- Deleting ---- */

static void deletes_reach_the_executor_by_kind(void **state)
{
    struct bench *b = *state;

    bench_bring_up(b);
    b->forgets = 0;
    SEND(b, 1, PVG_WIRE_PACKET_DELETE_OBJECT, 0, PVG_WIRE_DESTROY_KIND_SAMPLER, 12, 0x20);
    assert_int_equal(b->forgets, 1);
    SEND(b, 1, PVG_WIRE_PACKET_DELETE_OBJECT, 0, PVG_WIRE_DESTROY_KIND_BUFFER, 12, 0x20); /* V18 */
    assert_int_equal(b->forgets, 1);
    assert_int_equal(bench_stat(b, "packets.ignored-deletes"), 1);
    SEND(b, 1, PVG_WIRE_PACKET_DELETE_OBJECT, 0, PVG_WIRE_DESTROY_KIND_SAMPLER, 13, 0x20); /* N1 */
    SEND(b, 1, PVG_WIRE_PACKET_DELETE_OBJECT, 0, PVG_WIRE_DESTROY_KIND_SAMPLER, 0xffffffff, 1);
    assert_int_equal(bench_stat(b, "refused.SHORT"), 2);
    SEND(b, 1, PVG_WIRE_PACKET_DELETE_RESOURCE, 0, 9);
    SEND(b, 1, PVG_WIRE_PACKET_DELETE_SURFACE, 9, 0);
    assert_int_equal(b->forgets, 3);
}

static void every_opcode_with_any_short_payload_is_completed(void **state)
{
    struct bench *b = *state;

    bench_bring_up(b);
    for (uint16_t opcode = 0; opcode < 0x48; opcode++) {
        for (unsigned words = 0; words < 4; words++) {
            static const uint32_t junk[4] = {0xfffffff0, 0xffffffff, 0xffffffff, 0xffffffff};

            send(b, 1, opcode, junk, words);
        }
    }
    assert_int_equal(bench_stat(b, "channels.stopped"), 0);
}

#define PCI(test)  {#test " (x86-64)", test, bench_setup_pci, bench_teardown, NULL}
#define MMIO(test) {#test " (arm64)", test, bench_setup_mmio, bench_teardown, NULL}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PCI(only_keys_below_the_guest_s_table_are_sent_and_the_rest_is_zero),
        PCI(a_reply_never_leaves_its_page_or_its_pairs),
        MMIO(a_reply_never_leaves_its_page_or_its_pairs),
        MMIO(macos_12_on_arm64_counts_keys_from_zero),
        PCI(dual_planes_follow_the_granted_version),
        PCI(compute_info_is_answered_even_for_an_unknown_pipeline),
        PCI(heap_sizes_are_pages_and_never_zero),
        PCI(counts_that_are_not_there_are_refused_and_completed),
        PCI(a_submission_of_an_unknown_task_is_refused),
        PCI(streams_that_cannot_be_read_leave_the_validity_quads),
        PCI(a_stream_is_copied_before_its_waits_come),
        MMIO(a_stream_is_copied_before_its_waits_come),
        PCI(deletes_reach_the_executor_by_kind),
        PCI(every_opcode_with_any_short_payload_is_completed),
        MMIO(every_opcode_with_any_short_payload_is_completed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
