/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spec: 81-booting-macos 11, 19 and vectors B9, B10. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "hw/vmapple/boot-args.h"

#include "test.h"

#define VIRTUAL_BASE UINT64_C(0xfffffe0007004000)
#define BASE         UINT64_C(0x70004000)
#define TREE_OFFSET  UINT64_C(0x2000000)

static void put(uint8_t *at, const char *text)
{
    memcpy(at, text, strlen(text) + 1);
}

/* Vector B9: revision 2, or 3 with a 64-bit size. */
static void make_args(uint8_t *bytes, unsigned revision)
{
    memset(bytes, 0, VMAPPLE_BOOT_ARGS_SIZE);
    bytes[0] = (uint8_t)revision;
    bytes[2] = 2;
    stq_le_p(bytes + 0x08, VIRTUAL_BASE);
    stq_le_p(bytes + 0x10, BASE);
    stq_le_p(bytes + 0x18, UINT64_C(0x100000000));
    stq_le_p(bytes + 0x60, VIRTUAL_BASE + TREE_OFFSET);
    stq_le_p(bytes + 0x68, 0x100000);
    put(bytes + (revision == 3 ? 0x70 : 0x6c), "-v serial=3");
}

static void both_revisions_are_read(void **state)
{
    for (unsigned revision = 2; revision <= 3; revision++) {
        uint8_t bytes[VMAPPLE_BOOT_ARGS_SIZE];
        VMAppleBootArgs args;

        make_args(bytes, revision);
        assert_true(vmapple_boot_args_parse(bytes, &args));
        assert_true(args.tree == BASE + TREE_OFFSET);
        assert_int_equal(args.tree_size, 0x100000);
        assert_string_equal(args.command_line, "-v serial=3");
    }
}

static void a_revision_3_with_a_32_bit_size_is_read_too(void **state)
{
    uint8_t bytes[VMAPPLE_BOOT_ARGS_SIZE];
    VMAppleBootArgs args;

    make_args(bytes, 2);
    bytes[0] = 3;
    assert_true(vmapple_boot_args_parse(bytes, &args));
    assert_string_equal(args.command_line, "-v serial=3");
}

static void what_are_no_boot_arguments_is_refused(void **state)
{
    static const struct {
        unsigned at;
        uint64_t value;
    } forged[] = {
        {0x00, 0x00020000},
        {0x00, 0x00020004},
        {0x00, 0x00030002},                           /* revision, version */
        {0x60, VIRTUAL_BASE - 1},                     /* the tree is below the kernel's memory */
        {0x60, VIRTUAL_BASE + UINT64_C(0x100000000)}, /* or behind it */
        {0x10, UINT64_MAX - 5},                       /* the sum wraps */
        {0x68, 7},
        {0x68, 0x200001},
        {0x68, 0xffffffff}, /* sizes */
    };

    for (size_t i = 0; i < ARRAY_SIZE(forged); i++) {
        uint8_t bytes[VMAPPLE_BOOT_ARGS_SIZE];
        VMAppleBootArgs args;

        make_args(bytes, 2);
        stq_le_p(bytes + forged[i].at, forged[i].value);
        assert_false(vmapple_boot_args_parse(bytes, &args));
    }
}

static void a_command_line_without_end_is_ended(void **state)
{
    uint8_t bytes[VMAPPLE_BOOT_ARGS_SIZE];
    VMAppleBootArgs args;

    make_args(bytes, 2);
    memset(bytes + 0x6c, 'x', sizeof(bytes) - 0x6c);
    assert_true(vmapple_boot_args_parse(bytes, &args));
    assert_int_equal(strlen(args.command_line), sizeof(args.command_line) - 1);
}

/* A device tree, written front to back. */
struct tree {
    uint8_t bytes[4096];
    size_t size;
};

static void node(struct tree *t, uint32_t properties, uint32_t children)
{
    stq_le_p(t->bytes + t->size, properties | (uint64_t)children << 32);
    t->size += 8;
}

static size_t property(struct tree *t, const char *name, uint32_t length, uint64_t value)
{
    size_t at = t->size + 36;

    memset(t->bytes + t->size, 0, 36);
    put(t->bytes + t->size, name);
    memcpy(t->bytes + t->size + 32, &length, 4);
    stq_le_p(t->bytes + at, value);
    t->size = at + ROUND_UP(length & 0x7fffffff, 4);
    return at;
}

static void name(struct tree *t, const char *text)
{
    size_t at = property(t, "name", (uint32_t)strlen(text) + 1, 0);

    put(t->bytes + at, text);
}

/* Where the frequencies are in a tree with one CPU and a UART. */
static struct places {
    size_t timebase, clock, bus, odd, uart;
} make_tree(struct tree *t)
{
    struct places p;

    *t = (struct tree){.size = 0};
    node(t, 1, 2);
    name(t, "device-tree");
    node(t, 1, 1);
    name(t, "cpus");
    node(t, 5, 0);
    name(t, "cpu0");
    p.timebase = property(t, "timebase-frequency", 8, 24000000);
    p.clock = property(t, "clock-frequency", 0x80000008, 24000000); /* a placeholder */
    p.bus = property(t, "bus-frequency", 8, 100000000);
    p.odd = property(t, "fixed-frequency", 4, 24000000);
    node(t, 2, 0);
    name(t, "uart");
    p.uart = property(t, "clock-frequency", 8, 24000000);
    return p;
}

static void a_cpus_24_mhz_become_the_counters_rate_and_nothing_else_changes(void **state)
{
    struct tree t;
    struct places p = make_tree(&t);

    assert_int_equal(vmapple_tree_set_frequency(t.bytes, t.size, 1000000000), 2);
    assert_memory_equal(t.bytes + p.timebase, "\x00\xca\x9a\x3b\x00\x00\x00\x00", 8);
    assert_true(ldq_le_p(t.bytes + p.clock) == 1000000000);
    assert_true(ldq_le_p(t.bytes + p.bus) == 100000000);
    assert_int_equal(ldl_le_p(t.bytes + p.odd), 24000000);
    assert_true(ldq_le_p(t.bytes + p.uart) == 24000000);
}

static void a_tree_cut_anywhere_is_refused_and_untouched(void **state)
{
    struct tree t;
    struct places p = make_tree(&t);

    for (size_t size = 0; size < t.size; size++) {
        assert_int_equal(vmapple_tree_set_frequency(t.bytes, size, 1000000000), -1);
        assert_true(ldq_le_p(t.bytes + p.timebase) == 24000000);
    }
}

static void a_tree_deeper_than_32_is_refused(void **state)
{
    for (unsigned depth = 32; depth <= 33; depth++) {
        struct tree t = {.size = 0};

        for (unsigned i = 0; i < depth; i++) {
            node(&t, 0, 1);
        }
        node(&t, 0, 0);
        assert_int_equal(vmapple_tree_set_frequency(t.bytes, t.size, 1), depth == 32 ? 0 : -1);
    }
}

static void counts_and_lengths_beyond_the_tree_are_refused(void **state)
{
    static const uint64_t counts[] = {
        0xffffffff,
        UINT64_C(0xffffffff00000000),
        UINT64_MAX,
        UINT64_C(0x100000001),
    };

    for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
        struct tree t;

        make_tree(&t);
        stq_le_p(t.bytes, counts[i]);
        /* The last has one child less than there are: a tree, but a smaller one. */
        assert_int_equal(vmapple_tree_set_frequency(t.bytes, t.size, 1), i == 3 ? 2 : -1);
        make_tree(&t);
        memset(t.bytes + 8 + 32, 0xff, 4); /* the first property's length */
        assert_int_equal(vmapple_tree_set_frequency(t.bytes, t.size, 1), -1);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_revisions_are_read),
        cmocka_unit_test(a_revision_3_with_a_32_bit_size_is_read_too),
        cmocka_unit_test(what_are_no_boot_arguments_is_refused),
        cmocka_unit_test(a_command_line_without_end_is_ended),
        cmocka_unit_test(a_cpus_24_mhz_become_the_counters_rate_and_nothing_else_changes),
        cmocka_unit_test(a_tree_cut_anywhere_is_refused_and_untouched),
        cmocka_unit_test(a_tree_deeper_than_32_is_refused),
        cmocka_unit_test(counts_and_lengths_beyond_the_tree_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
