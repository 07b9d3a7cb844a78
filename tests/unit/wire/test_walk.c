/* SPDX-License-Identifier: MIT */
/* Framing: the vectors of 30-resources 21.1 and what must be refused there. */
#include "wire/walk.h"

#include <string.h>

#include "wire/blit.h"
#include "wire/compute.h"
#include "wire/encoder.h"

#include "hex.h"
#include "test.h"

static void a_segment_holds_its_records(void **state)
{
    struct hex bytes = hex("14000000 02000000 3c010000 0c000000 07000000");
    struct pvg_cursor stream = hex_cursor(&bytes, 0);
    struct pvg_wire_segment segment;
    struct pvg_wire_record record;
    struct pvg_wire_update_fence rec;

    assert_true(pvg_wire_take_segment(&stream, &segment));
    assert_int_equal(segment.type, PVG_WIRE_SEGMENT_TYPE_BLIT);
    assert_false(segment.continues || segment.survives);
    assert_true(pvg_wire_take_record(&segment.records, &record));
    assert_int_equal(record.opcode, PVG_WIRE_BLIT_BLIT_UPDATE_FENCE);
    assert_int_equal(pvg_wire_blit_update_fence_decode(&record.payload, &rec), PVG_ACCEPTED);
    assert_int_equal(rec.fence, 7);
    assert_false(pvg_wire_take_record(&segment.records, &record));
    assert_int_equal(segment.records.refusal, PVG_ACCEPTED);
    assert_false(pvg_wire_take_segment(&stream, &segment));
    assert_int_equal(stream.refusal, PVG_ACCEPTED);
}

static void a_segment_may_be_empty(void **state)
{
    struct hex bytes = hex("08000000 01000000");
    struct pvg_cursor stream = hex_cursor(&bytes, 0);
    struct pvg_wire_segment segment;
    struct pvg_wire_record record;

    assert_true(pvg_wire_take_segment(&stream, &segment));
    assert_false(pvg_wire_take_record(&segment.records, &record));
    assert_int_equal(segment.records.refusal, PVG_ACCEPTED);
}

static void a_second_segment_can_continue_the_first(void **state)
{
    struct hex bytes = hex("14000000 01000100 d0000000 0c000000"
                           "09000000 40000000 01010000 c8000000"
                           "38000000 04000000 00000000 02000000"
                           "00000000 01000000 00000000 08000000"
                           "00000000 08000000 00000000 01000000"
                           "00000000");
    struct pvg_cursor stream = hex_cursor(&bytes, 0);
    struct pvg_wire_segment segment;
    struct pvg_wire_record record;
    struct pvg_wire_dispatch rec;

    assert_true(pvg_wire_take_segment(&stream, &segment));
    assert_true(segment.survives && !segment.continues);
    assert_true(pvg_wire_take_segment(&stream, &segment));
    assert_true(segment.continues && !segment.survives);
    assert_true(pvg_wire_take_record(&segment.records, &record));
    assert_int_equal(pvg_wire_dispatch_threadgroups_decode(&record.payload, &rec), PVG_ACCEPTED);
    assert_int_equal(rec.grid.width, 4);
    assert_int_equal(rec.group.height, 8);
    assert_false(rec.in_threads);
}

static void an_envelope_is_a_segment_without_records(void **state)
{
    struct hex bytes = hex("10000000 05000000 44000000 00000000"
                           "14000000 02000000 3d010000 0c000000 07000000");
    struct pvg_cursor stream = hex_cursor(&bytes, 0);
    struct pvg_wire_segment segment;

    assert_true(pvg_wire_take_segment(&stream, &segment));
    assert_int_equal(segment.type, PVG_WIRE_SEGMENT_TYPE_PROTECTION);
    assert_int_equal(pvg_take_u64(&segment.records), 0x44);
    assert_true(pvg_wire_take_segment(&stream, &segment));
    assert_int_equal(segment.type, PVG_WIRE_SEGMENT_TYPE_BLIT);

    memset(bytes.bytes, 0, 4); /* the length as it was captured before the guest filled it in */
    stream = hex_cursor(&bytes, 0);
    assert_true(pvg_wire_take_segment(&stream, &segment));
    assert_true(pvg_wire_take_segment(&stream, &segment));
    assert_int_equal(segment.type, PVG_WIRE_SEGMENT_TYPE_BLIT);
}

static void events_wait_and_signal(void **state)
{
    struct hex bytes = hex("30000000 03000000 90010000 14000000"
                           "05000000 03000000 00000000 91010000"
                           "14000000 06000000 04000000 00000000");
    struct pvg_cursor stream = hex_cursor(&bytes, 0);
    struct pvg_wire_segment segment;
    struct pvg_wire_record record;
    struct pvg_wire_wait_event wait;
    struct pvg_wire_signal_event signal;

    assert_true(pvg_wire_take_segment(&stream, &segment));
    assert_true(pvg_wire_take_record(&segment.records, &record));
    assert_int_equal(pvg_wire_wait_event_decode(&record.payload, &wait), PVG_ACCEPTED);
    assert_int_equal(wait.event, 5);
    assert_int_equal(wait.value, 3);
    assert_false(wait.has_timeout);
    assert_true(pvg_wire_take_record(&segment.records, &record));
    assert_int_equal(pvg_wire_signal_event_decode(&record.payload, &signal), PVG_ACCEPTED);
    assert_int_equal(signal.value, 4);
}

static void a_segment_of_bad_length_ends_the_stream(void **state)
{
    static const char *const streams[] = {
        "07000000 02000000 3c010000 0c000000 07000000", /* shorter than its header */
        "18000000 02000000 3c010000 0c000000 07000000", /* 4 bytes longer than the stream */
        "14000000 0200",                                /* no whole header */
    };

    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        struct hex bytes = hex(streams[i]);
        struct pvg_cursor stream = hex_cursor(&bytes, 0);
        struct pvg_wire_segment segment;

        assert_false(pvg_wire_take_segment(&stream, &segment));
        assert_int_equal(stream.refusal, PVG_REFUSED_SHORT);
    }
}

static void bytes_behind_the_last_segment_are_refused(void **state)
{
    struct hex bytes = hex("08000000 01000000 000000");
    struct pvg_cursor stream = hex_cursor(&bytes, 0);
    struct pvg_wire_segment segment;

    assert_true(pvg_wire_take_segment(&stream, &segment));
    assert_false(pvg_wire_take_segment(&stream, &segment));
    assert_int_equal(stream.refusal, PVG_REFUSED_SHORT);
}

/* Fields are taken byte by byte: nothing asks for whole words. */
static void a_record_of_odd_length_is_taken_whole(void **state)
{
    struct hex bytes = hex("1c000000 02000000 3c010000 09000000 aa 3d010000 0b000000 bbccdd");
    struct pvg_cursor stream = hex_cursor(&bytes, 0);
    struct pvg_wire_segment segment;
    struct pvg_wire_record record;

    assert_true(pvg_wire_take_segment(&stream, &segment));
    assert_true(pvg_wire_take_record(&segment.records, &record));
    assert_int_equal(record.opcode, 0x13c);
    assert_int_equal(record.payload.left, 1);
    assert_true(pvg_wire_take_record(&segment.records, &record));
    assert_int_equal(record.opcode, 0x13d);
    assert_int_equal(record.payload.left, 3);
    assert_false(pvg_wire_take_record(&segment.records, &record));
    assert_int_equal(segment.records.refusal, PVG_ACCEPTED);
}

static void a_record_of_bad_length_ends_its_segment_only(void **state)
{
    static const char *const streams[] = {
        "14000000 02000000 3c010000 07000000 07000000 08000000 01000000",
        "14000000 02000000 3c010000 10000000 07000000 08000000 01000000",
        "10000000 02000000 3c010000 0c000000 08000000 01000000",
    };

    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        struct hex bytes = hex(streams[i]);
        struct pvg_cursor stream = hex_cursor(&bytes, 0);
        struct pvg_wire_segment segment;
        struct pvg_wire_record record;

        assert_true(pvg_wire_take_segment(&stream, &segment));
        assert_false(pvg_wire_take_record(&segment.records, &record));
        assert_int_equal(segment.records.refusal, PVG_REFUSED_SHORT);
        assert_true(pvg_wire_take_segment(&stream, &segment));
        assert_int_equal(segment.type, PVG_WIRE_SEGMENT_TYPE_COMPUTE);
    }
}

static void an_unexplained_group_is_stepped_over(void **state)
{
    struct hex bytes = hex("02019c0d 04000000 11111111 08000000 01000000");
    struct pvg_cursor stream;
    struct pvg_wire_segment segment;

    stream = hex_cursor(&bytes, 0);
    assert_true(pvg_wire_take_segment(&stream, &segment));
    assert_int_equal(segment.type, PVG_WIRE_SEGMENT_UNEXPLAINED);
    assert_int_equal(segment.records.left, 12);
    assert_true(pvg_wire_take_segment(&stream, &segment));
    assert_int_equal(segment.type, PVG_WIRE_SEGMENT_TYPE_COMPUTE);

    bytes.bytes[4] = 0x0d; /* one byte more than there is */
    stream = hex_cursor(&bytes, 0);
    assert_false(pvg_wire_take_segment(&stream, &segment));
    assert_int_equal(stream.refusal, PVG_REFUSED_SHORT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_holds_its_records),
        cmocka_unit_test(a_segment_may_be_empty),
        cmocka_unit_test(a_second_segment_can_continue_the_first),
        cmocka_unit_test(an_envelope_is_a_segment_without_records),
        cmocka_unit_test(events_wait_and_signal),
        cmocka_unit_test(a_segment_of_bad_length_ends_the_stream),
        cmocka_unit_test(bytes_behind_the_last_segment_are_refused),
        cmocka_unit_test(a_record_of_odd_length_is_taken_whole),
        cmocka_unit_test(a_record_of_bad_length_ends_its_segment_only),
        cmocka_unit_test(an_unexplained_group_is_stepped_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
