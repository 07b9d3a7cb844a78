/* SPDX-License-Identifier: MIT */
#include "memory/ram.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

#define SIZE 0x40000

struct fixture {
    struct pvg_ram ram;
    uint8_t *bytes; /* SIZE, at guest address 0x100000 */
};

static struct pvg_ram_span span_at(struct fixture *f, uint64_t gpa, uint64_t offset, uint64_t size)
{
    return (struct pvg_ram_span){
        .gpa = gpa, .size = size, .host = f->bytes + offset, .fd = -1, .fd_offset = offset};
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct pvg_ram_span span;

    pvg_ram_init(&f->ram);
    assert_int_equal(posix_memalign((void **)&f->bytes, 4096, SIZE), 0);
    memset(f->bytes, 0, SIZE);
    span = span_at(f, 0x100000, 0, SIZE);
    assert_true(pvg_ram_insert(&f->ram, &span, NULL));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    pvg_ram_finish(&f->ram);
    free(f->bytes);
    free(f);
    return 0;
}

static enum pvg_refusal read_at(struct fixture *f, uint64_t gpa, size_t size)
{
    static uint8_t out[SIZE + 1];

    return pvg_ram_read(&f->ram, (struct pvg_gpa){gpa}, out, size);
}

static enum pvg_refusal write_at(struct fixture *f, uint64_t gpa, size_t size)
{
    static uint8_t in[SIZE + 1];

    memset(in, 0x5a, sizeof(in));
    return pvg_ram_write(&f->ram, pvg_ram_session(&f->ram), (struct pvg_gpa){gpa}, in, size);
}

static void accesses_up_to_the_last_byte_are_done_and_past_it_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_at(f, 0x100000, SIZE), PVG_ACCEPTED);
    assert_int_equal(read_at(f, 0x100000, SIZE + 1), PVG_REFUSED_NOT_RAM);
    assert_int_equal(read_at(f, 0xfffff, 1), PVG_REFUSED_NOT_RAM);
    assert_int_equal(read_at(f, 0x100000 + SIZE - 1, 1), PVG_ACCEPTED);
    assert_int_equal(read_at(f, 0x100000 + SIZE, 1), PVG_REFUSED_NOT_RAM);
    assert_int_equal(read_at(f, UINT64_MAX, 2), PVG_REFUSED_NOT_RAM);
}

static void a_write_that_leaves_ram_writes_nothing(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(write_at(f, 0x100000 + SIZE - 8, 16), PVG_REFUSED_NOT_RAM);
    for (size_t i = 0; i < SIZE; i++) {
        assert_int_equal(f->bytes[i], 0);
    }
    assert_int_equal(write_at(f, 0x100000 + SIZE - 16, 16), PVG_ACCEPTED);
    assert_int_equal(f->bytes[SIZE - 1], 0x5a);
}

static void an_access_crosses_from_one_span_to_the_next(void **state)
{
    struct fixture *f = *state;
    struct pvg_ram_span low, high;
    uint8_t out[0x2000];

    pvg_ram_cut(&f->ram, 0, UINT64_MAX);
    low = span_at(f, 0x200000, 0x10000, 0x3000); /* not adjacent here */
    high = span_at(f, 0x203000, 0x4000, 0x3000);
    assert_true(pvg_ram_insert(&f->ram, &high, NULL));
    assert_true(pvg_ram_insert(&f->ram, &low, NULL));
    f->bytes[0x12fff] = 7;
    f->bytes[0x4000] = 8;
    assert_int_equal(pvg_ram_read(&f->ram, (struct pvg_gpa){0x202000}, out, 0x2000), PVG_ACCEPTED);
    assert_int_equal(out[0xfff], 7);
    assert_int_equal(out[0x1000], 8);
    assert_int_equal(write_at(f, 0x202800, 0x1000), PVG_ACCEPTED);
    assert_int_equal(f->bytes[0x12800], 0x5a);
    assert_int_equal(f->bytes[0x47ff], 0x5a);
    assert_int_equal(f->bytes[0x4800], 0);
}

static void overlapping_and_crooked_spans_are_refused_with_a_sentence(void **state)
{
    struct fixture *f = *state;
    struct pvg_ram_span bad[] = {
        span_at(f, 0x100000 + SIZE - 4096, 0, 4096), span_at(f, 0xff000, 0, 0x2000),
        span_at(f, 0x200001, 0, 4096),               span_at(f, 0x200000, 0, 4097),
        span_at(f, 0x200000, 0, 0),                  span_at(f, UINT64_MAX - 4095, 0, 8192),
    };
    struct pvg_ram_span good = span_at(f, 0x100000 + SIZE, 0, 4096);

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct pvg_error error = {0};

        assert_false(pvg_ram_insert(&f->ram, &bad[i], &error));
        assert_string_not_equal(error.message, "");
    }
    assert_true(pvg_ram_insert(&f->ram, &good, NULL));
}

static void cutting_out_the_middle_leaves_both_ends(void **state)
{
    struct fixture *f = *state;

    f->bytes[0x3fff] = 1;
    f->bytes[0x6000] = 2;
    pvg_ram_cut(&f->ram, 0x104000, 0x2000);
    assert_int_equal(read_at(f, 0x100000, 0x4000), PVG_ACCEPTED);
    assert_int_equal(read_at(f, 0x103fff, 2), PVG_REFUSED_NOT_RAM);
    assert_int_equal(read_at(f, 0x105fff, 1), PVG_REFUSED_NOT_RAM);
    assert_int_equal(read_at(f, 0x106000, SIZE - 0x6000), PVG_ACCEPTED);
    assert_int_equal(write_at(f, 0x106000, 1), PVG_ACCEPTED);
    assert_int_equal(f->bytes[0x6000], 0x5a);
}

static void a_write_of_an_ended_session_never_lands(void **state)
{
    struct fixture *f = *state;
    uint64_t session = pvg_ram_session(&f->ram);
    struct pvg_gpa at = {0x100000};

    assert_int_equal(pvg_ram_store32(&f->ram, session, at, 1), PVG_ACCEPTED);
    assert_int_equal(pvg_ram_end_session(&f->ram), session + 1);
    assert_int_equal(pvg_ram_store32(&f->ram, session, at, 2), PVG_REFUSED_STALE);
    assert_int_equal(pvg_ram_or32(&f->ram, session, at, 2), PVG_REFUSED_STALE);
    assert_int_equal(pvg_ram_and32(&f->ram, session, at, 0), PVG_REFUSED_STALE);
    assert_int_equal(pvg_ram_write(&f->ram, session, at, "xxxx", 4), PVG_REFUSED_STALE);
    assert_int_equal(f->bytes[0], 1);
    assert_int_equal(pvg_ram_store32(&f->ram, session + 1, at, 3), PVG_ACCEPTED);
}

static void words_are_atomic_and_aligned(void **state)
{
    struct fixture *f = *state;
    uint64_t session = pvg_ram_session(&f->ram);
    uint32_t value;

    assert_int_equal(pvg_ram_store32(&f->ram, session, (struct pvg_gpa){0x100004}, 0x11223344),
                     PVG_ACCEPTED);
    assert_int_equal(f->bytes[4], 0x44);
    assert_int_equal(pvg_ram_or32(&f->ram, session, (struct pvg_gpa){0x100004}, 0x80), PVG_ACCEPTED);
    assert_int_equal(pvg_ram_and32(&f->ram, session, (struct pvg_gpa){0x100004}, 0xff), PVG_ACCEPTED);
    assert_int_equal(pvg_ram_load32(&f->ram, (struct pvg_gpa){0x100004}, &value), PVG_ACCEPTED);
    assert_int_equal(value, 0xc4);
    assert_int_equal(pvg_ram_load32(&f->ram, (struct pvg_gpa){0x100002}, &value),
                     PVG_REFUSED_VALUE);
    assert_int_equal(pvg_ram_load32(&f->ram, (struct pvg_gpa){0x100000 + SIZE}, &value),
                     PVG_REFUSED_NOT_RAM);
}

static void read_only_memory_is_read_and_not_written(void **state)
{
    struct fixture *f = *state;
    struct pvg_ram_span rom = span_at(f, 0x800000, 0, 0x1000);
    uint64_t session = pvg_ram_session(&f->ram);

    rom.read_only = true;
    assert_true(pvg_ram_insert(&f->ram, &rom, NULL));
    assert_int_equal(read_at(f, 0x800000, 0x1000), PVG_ACCEPTED);
    assert_int_equal(write_at(f, 0x800000, 4), PVG_REFUSED_NOT_WRITABLE);
    assert_int_equal(pvg_ram_store32(&f->ram, session, (struct pvg_gpa){0x800000}, 1),
                     PVG_REFUSED_NOT_WRITABLE);
    assert_int_equal(f->bytes[0], 0);
}

static void written_pages_are_logged_once(void **state)
{
    struct fixture *f = *state;
    uint8_t bitmap[8] = {0};

    assert_int_equal(write_at(f, 0x100000, 1), PVG_ACCEPTED); /* before the log: not in it */
    pvg_ram_log_writes(&f->ram, true);
    assert_int_equal(write_at(f, 0x101fff, 2), PVG_ACCEPTED);
    assert_int_equal(pvg_ram_store32(&f->ram, pvg_ram_session(&f->ram),
                                     (struct pvg_gpa){0x10a000}, 1),
                     PVG_ACCEPTED);
    pvg_ram_take_written(&f->ram, 0x100000, SIZE, 12, bitmap);
    assert_int_equal(bitmap[0], 0x06);
    assert_int_equal(bitmap[1], 0x04);
    memset(bitmap, 0, sizeof(bitmap));
    pvg_ram_take_written(&f->ram, 0x100000, SIZE, 12, bitmap);
    assert_memory_equal(bitmap, ((uint8_t[8]){0}), 8);
    assert_int_equal(write_at(f, 0x107000, 1), PVG_ACCEPTED);
    pvg_ram_take_written(&f->ram, 0x100000, SIZE, 14, bitmap); /* in pages of 16 KiB */
    assert_int_equal(bitmap[0], 0x02);
}

#define RAM(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RAM(accesses_up_to_the_last_byte_are_done_and_past_it_refused),
        RAM(a_write_that_leaves_ram_writes_nothing),
        RAM(an_access_crosses_from_one_span_to_the_next),
        RAM(overlapping_and_crooked_spans_are_refused_with_a_sentence),
        RAM(cutting_out_the_middle_leaves_both_ends),
        RAM(a_write_of_an_ended_session_never_lands),
        RAM(words_are_atomic_and_aligned),
        RAM(read_only_memory_is_read_and_not_written),
        RAM(written_pages_are_logged_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
