/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spec: 81-booting-macos 5, 6, 19 and vectors B1, B2. */
#include "qemu/osdep.h"
#include "hw/vmapple/pac.h"

#include "test.h"

#define SEEDS                                                                                      \
    {                                                                                              \
        0x1111, 0x2222, 0x3333, 0x4444                                                             \
    }

/* A call, and what it must do. */
struct exchange {
    uint64_t in[5], out[5];
    unsigned changed;
};

static const VMAppleKeys firmware = {
    .ia = {1, 2},
    .ib = {3, 4},
    .da = {5, 6},
    .db = {7, 8},
    .ga = {9, 10},
};

static void expect_exchange(VMApplePac *pac, const struct exchange *e)
{
    VMAppleKeys keys = firmware;
    VMApplePacCpu cpu = {0};
    uint64_t x[5];

    memcpy(x, e->in, sizeof(x));
    assert_int_equal(vmapple_pac_call(pac, true, &keys, &cpu, x), e->changed);
    assert_memory_equal(x, e->out, sizeof(x));
    if (!(e->changed & VMAPPLE_PAC_KEYS)) {
        assert_memory_equal(&keys, &firmware, sizeof(keys));
    }
}

static void one_key_set_for_all_answers_as_the_vectors_say(void **state)
{
    static const struct exchange exchanges[] = {
        {{0xc1000000, 7, 8, 9, 10}, {0, 7, 8, 9, 10}, 0},
        {{0xc1000001}, {0, 0x1111, 0x2222, 0x3333, 0x4444}, 0},
        {{0xc1000002, UINT64_MAX}, {0, UINT64_MAX}, 0},
        {{0xc1000003, 0x1234}, {0, 0x1234}, 0},
        {{0xc1000004, 0}, {0}, 0},
        {{0xc1000005, 1, 0x3333}, {0, 1, 0x3333}, 0},
        {{0xc1000005, UINT64_MAX, 0}, {0, UINT64_MAX}, 0},
        {{0xc1000006, 5}, {0, 5}, 0},
        {{0xc10000f0}, {0}, 0},
        {{0xc1000007}, {0xffffffff}, 0},
        {{0xc10000ff}, {0xffffffff}, 0},
    };
    VMApplePac pac = {.model = VMAPPLE_PAC_SHARED, .seeds = SEEDS};

    for (size_t i = 0; i < ARRAY_SIZE(exchanges); i++) {
        expect_exchange(&pac, &exchanges[i]);
    }
}

static void only_these_ids_are_calls(void **state)
{
    assert_true(vmapple_pac_is_call(0xc1000000));
    assert_true(vmapple_pac_is_call(0xc10000ff));
    assert_false(vmapple_pac_is_call(0xc1000100));
    assert_false(vmapple_pac_is_call(0xc0ffffff));
    assert_false(vmapple_pac_is_call(UINT64_C(0x1c1000000)));
    assert_false(vmapple_pac_is_call(0x84000000));
}

static uint64_t start(VMApplePac *pac, bool boot_cpu, VMAppleKeys *keys)
{
    uint64_t x[5] = {VMAPPLE_PAC_SET_INITIAL_STATE};
    VMApplePacCpu cpu = {0};

    vmapple_pac_call(pac, boot_cpu, keys, &cpu, x);
    return x[0];
}

static void secondaries_get_the_keys_that_the_firmware_left_in_the_boot_cpu(void **state)
{
    VMApplePac pac = {.model = VMAPPLE_PAC_SHARED, .seeds = SEEDS};
    VMAppleKeys boot = firmware, second = {.ia = {99, 99}};

    assert_int_equal(start(&pac, true, &boot), 0);
    assert_int_equal(start(&pac, false, &second), 0);
    assert_memory_equal(&second, &firmware, sizeof(second));
}

static void a_repeated_start_of_the_boot_cpu_brings_the_first_keys_back(void **state)
{
    VMApplePac pac = {.model = VMAPPLE_PAC_SHARED, .seeds = SEEDS};
    VMAppleKeys keys = firmware;

    start(&pac, true, &keys);
    keys.ia.lo = 77;
    start(&pac, true, &keys);
    assert_memory_equal(&keys, &firmware, sizeof(keys));
}

static void a_secondary_before_the_boot_cpu_gets_zeros_and_is_not_recorded(void **state)
{
    static const VMAppleKeys zeros;
    VMApplePac pac = {.model = VMAPPLE_PAC_SHARED, .seeds = SEEDS};
    VMAppleKeys second = {.ia = {99, 99}}, boot = firmware;

    start(&pac, false, &second);
    assert_memory_equal(&second, &zeros, sizeof(second));
    start(&pac, true, &boot);
    start(&pac, false, &second);
    assert_memory_equal(&second, &firmware, sizeof(second));
}

static void strict_expands_seeds_and_leaves_the_other_keys(void **state)
{
    VMApplePac pac = {.model = VMAPPLE_PAC_STRICT, .seeds = SEEDS};
    VMAppleKeys keys = firmware;
    VMApplePacCpu cpu = {0};
    uint64_t a[5] = {VMAPPLE_PAC_SET_A_KEYS, UINT64_C(0xfeedfacefeedfacf)};
    uint64_t b[5] = {VMAPPLE_PAC_SET_B_KEYS, UINT64_MAX - 1};
    uint64_t g[5] = {VMAPPLE_PAC_SET_G_KEY, 5};
    uint64_t el0[5] = {VMAPPLE_PAC_SET_EL0_DIVERSIFIER, 6};

    assert_true(vmapple_pac_needs_keys(&pac, VMAPPLE_PAC_SET_B_KEYS));
    assert_int_equal(vmapple_pac_call(&pac, true, &keys, &cpu, a), VMAPPLE_PAC_KEYS);
    assert_true(keys.ia.lo == UINT64_C(0xfeedfacefeedfacf));
    assert_true(keys.ia.hi == UINT64_C(0xfeedfacefeedfad0));
    assert_true(keys.da.lo == UINT64_C(0xfeedfacefeedfad1));
    assert_true(keys.da.hi == UINT64_C(0xfeedfacefeedfad2));
    assert_true(keys.ib.lo == 3 && keys.db.hi == 8 && keys.ga.lo == 9);

    vmapple_pac_call(&pac, true, &keys, &cpu, b);
    assert_true(keys.ib.lo == UINT64_MAX - 1 && keys.ib.hi == UINT64_MAX);
    assert_true(keys.db.lo == 0 && keys.db.hi == 1);

    vmapple_pac_call(&pac, true, &keys, &cpu, g);
    assert_true(keys.ga.lo == 5 && keys.ga.hi == 6);
    assert_int_equal(vmapple_pac_call(&pac, true, &keys, &cpu, el0), 0);
    assert_int_equal(el0[0], 0);
}

static void apples_registers_follow_the_diversifier_calls(void **state)
{
    VMApplePac pac = {.model = VMAPPLE_PAC_APPLE, .seeds = SEEDS};
    VMAppleKeys keys = {0};
    VMApplePacCpu cpu = {0};
    uint64_t begin[5] = {VMAPPLE_PAC_SET_INITIAL_STATE};
    uint64_t on[5] = {VMAPPLE_PAC_SET_EL0_DIVERSIFIER_AT_EL1, 1, 0x5555};
    uint64_t off[5] = {VMAPPLE_PAC_SET_EL0_DIVERSIFIER_AT_EL1, 2, 0x6666};

    assert_int_equal(vmapple_pac_call(&pac, true, &keys, &cpu, begin),
                     VMAPPLE_PAC_KEYS | VMAPPLE_PAC_APPLE_REGS);
    assert_int_equal(cpu.apctl, 0x19);
    assert_true(cpu.kernkey.lo == 0x3333 && cpu.kernkey.hi == 0x3334);
    assert_true(keys.ia.lo == 0x1111 && keys.ib.lo == 0x2222 && keys.ga.lo == 0x4444);

    assert_int_equal(vmapple_pac_call(&pac, true, &keys, &cpu, on), VMAPPLE_PAC_APPLE_REGS);
    assert_int_equal(cpu.apctl, 0x1b);
    assert_true(cpu.kernkey.lo == 0x5555);
    vmapple_pac_call(&pac, true, &keys, &cpu, off); /* bit 0 alone counts */
    assert_int_equal(cpu.apctl, 0x19);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_key_set_for_all_answers_as_the_vectors_say),
        cmocka_unit_test(only_these_ids_are_calls),
        cmocka_unit_test(secondaries_get_the_keys_that_the_firmware_left_in_the_boot_cpu),
        cmocka_unit_test(a_repeated_start_of_the_boot_cpu_brings_the_first_keys_back),
        cmocka_unit_test(a_secondary_before_the_boot_cpu_gets_zeros_and_is_not_recorded),
        cmocka_unit_test(strict_expands_seeds_and_leaves_the_other_keys),
        cmocka_unit_test(apples_registers_follow_the_diversifier_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
