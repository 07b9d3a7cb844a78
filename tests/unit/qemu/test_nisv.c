/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spec: 81-booting-macos 8, 19 and vector B4. */
#include "qemu/osdep.h"
#include "hw/vmapple/nisv.h"

#include "test.h"

/* What the assembler makes of each form, and what it means: access_forms.py */
static const struct form {
    const char *text;
    uint32_t insn;
    bool plain;
    VMAppleAccess access;
} forms[] = {
#include "access_forms.h"
};

static bool same(const VMAppleAccess *a, const VMAppleAccess *b)
{
    return a->store == b->store && a->simd == b->simd && a->pair == b->pair &&
           a->sign_extend == b->sign_extend && a->write_back == b->write_back &&
           a->post == b->post && a->indexed == b->indexed && a->size == b->size && a->rt == b->rt &&
           a->rt2 == b->rt2 && a->rn == b->rn && a->rm == b->rm && a->extend == b->extend &&
           a->shift == b->shift && a->offset == b->offset &&
           (!a->sign_extend || a->to_64 == b->to_64);
}

static void every_form_means_what_the_assembler_says(void **state)
{
    unsigned plain = 0;

    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        VMAppleAccess got;
        bool decoded = vmapple_decode_access(forms[i].insn, &got);

        if (decoded != forms[i].plain || (decoded && !same(&got, &forms[i].access))) {
            print_error("%s (0x%08x)\n", forms[i].text, forms[i].insn);
            fail();
        }
        plain += decoded;
    }
    assert_true(plain > 2500);
    assert_true(ARRAY_SIZE(forms) - plain > 70);
}

static void macos_first_store_goes_where_vector_b4_says(void **state)
{
    VMAppleAccess a;
    uint64_t base;

    assert_true(vmapple_decode_access(0xb8080d09, &a));
    assert_true(a.store && a.write_back && !a.post && a.size == 4 && a.rt == 9 && a.rn == 8);
    assert_true(vmapple_access_address(&a, UINT64_C(0xfffffe0010020000), 0, &base) ==
                UINT64_C(0xfffffe0010020080));
    assert_true(base == UINT64_C(0xfffffe0010020080));
}

static void a_post_index_moves_the_base_only(void **state)
{
    VMAppleAccess a = {.write_back = true, .post = true, .size = 8, .offset = -8};
    uint64_t base;

    assert_true(vmapple_access_address(&a, 0x1000, 0, &base) == 0x1000);
    assert_true(base == 0xff8);
}

static void an_index_is_extended_and_then_shifted(void **state)
{
    static const struct {
        uint8_t extend;
        uint64_t address;
    } cases[] = {
        {2, 0x1000 + (UINT64_C(0xfffffff0) << 3)},
        {3, 0x1000 + UINT64_C(0x8fffffff80)}, /* 0x11fffffff0 << 3 */
        {6, 0x1000 - 0x80},
        {7, 0x1000 + UINT64_C(0x8fffffff80)},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        VMAppleAccess a = {.indexed = true, .size = 8, .extend = cases[i].extend, .shift = 3};
        uint64_t base;

        assert_true(vmapple_access_address(&a, 0x1000, UINT64_C(0x11fffffff0), &base) ==
                    cases[i].address);
        assert_true(base == 0x1000);
    }
}

static void loads_are_extended_as_their_form_says(void **state)
{
    static const struct {
        VMAppleAccess access;
        uint64_t value, result;
    } cases[] = {
        {{.size = 1}, 0x1ff, 0xff},
        {{.size = 4}, UINT64_MAX, 0xffffffff},
        {{.size = 8}, UINT64_MAX, UINT64_MAX},
        {{.size = 1, .sign_extend = true}, 0x80, 0xffffff80},
        {{.size = 1, .sign_extend = true, .to_64 = true}, 0x80, UINT64_C(0xffffffffffffff80)},
        {{.size = 2, .sign_extend = true, .to_64 = true}, 0x7fff, 0x7fff},
        {{.size = 4, .sign_extend = true, .to_64 = true}, 0x80000000, UINT64_C(0xffffffff80000000)},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_true(vmapple_access_extend(&cases[i].access, cases[i].value) == cases[i].result);
    }
}

/* Bits 31, 30: size or opc; all else: the mode of one register. No word may do harm. */
static void any_word_is_decoded_or_refused_within_bounds(void **state)
{
    uint32_t insn = 0;

    for (unsigned i = 0; i < 4000000; i++) {
        VMAppleAccess a;

        insn = insn * 1664525 + 1013904223;
        if (vmapple_decode_access(insn, &a)) {
            assert_true(a.size >= 1 && a.size <= 16 && (a.size & (a.size - 1)) == 0);
            assert_true(a.rt < 32 && a.rt2 < 32 && a.rn < 32 && a.rm < 32 && a.shift <= 4);
            assert_int_equal(insn & 0x0a000000, 0x08000000); /* "Loads and Stores" */
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_means_what_the_assembler_says),
        cmocka_unit_test(macos_first_store_goes_where_vector_b4_says),
        cmocka_unit_test(a_post_index_moves_the_base_only),
        cmocka_unit_test(an_index_is_extended_and_then_shifted),
        cmocka_unit_test(loads_are_extended_as_their_form_says),
        cmocka_unit_test(any_word_is_decoded_or_refused_within_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
