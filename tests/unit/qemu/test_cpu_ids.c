/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spec: 81-booting-macos 4 and vectors B3. */
#include "qemu/osdep.h"
#include "hw/vmapple/cpu-ids.h"

#include "test.h"

static void registers_show_what_apples_hypervisor_shows(void **state)
{
    static const struct {
        unsigned crm, op2;
        uint64_t host, guest;
    } vectors[] = {
        {5, 0, UINT64_C(0x000000f110305619), 0x10305006},
        {6, 1, UINT64_C(0xfff1111101211052), UINT64_C(0x0000011101211052)},
        {7, 0, UINT64_C(0x0000111201101126), UINT64_C(0x0000100001100021)},
        {7, 1, 0x11212100, 0x11212000},
        {4, 0, UINT64_C(0x1101011021111111), UINT64_C(0x1101000020111111)},
        {4, 1, 0x121, 0x20},
        {6, 0, UINT64_MAX, ~UINT64_C(0x0f00000f)},
        {7, 2, UINT64_MAX, UINT64_C(0xf0ff00ff000ff0ff)},
    };

    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        assert_true(vmapple_cpu_id(vectors[i].crm, vectors[i].op2, vectors[i].host) ==
                    vectors[i].guest);
    }
}

static void all_other_registers_read_zero(void **state)
{
    static const uint8_t known[8] = {[4] = 0x03, [5] = 0x01, [6] = 0x03, [7] = 0x07};

    for (unsigned crm = 1; crm < 8; crm++) {
        for (unsigned op2 = 0; op2 < 8; op2++) {
            uint64_t guest = vmapple_cpu_id(crm, op2, UINT64_MAX);

            assert_int_equal(guest != 0, known[crm] >> op2 & 1);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_show_what_apples_hypervisor_shows),
        cmocka_unit_test(all_other_registers_read_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
