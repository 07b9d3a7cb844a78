/* SPDX-License-Identifier: MIT */
#include "shader/translator/spirv.h"

#include <string.h>

#include "test.h"

static int setup(void **state)
{
    static struct spirv_builder builder;

    spirv_init(&builder);
    *state = &builder;
    return 0;
}

static int teardown(void **state)
{
    spirv_finish(*state);
    return 0;
}

static void types_and_constants_exist_once(void **state)
{
    struct spirv_builder *b = *state;
    uint32_t word = spirv_int(b, 32);

    assert_int_equal(word, spirv_int(b, 32));
    assert_int_not_equal(word, spirv_sint(b));
    assert_int_equal(spirv_u32(b, 7), spirv_constant_int(b, word, 7));
    assert_int_not_equal(spirv_u32(b, 7), spirv_u32(b, 8));
    assert_int_equal(spirv_vector(b, word, 4), spirv_vector(b, word, 4));
    assert_int_equal(spirv_vector(b, word, 1), word);
    assert_int_equal(spirv_constant_float(b, spirv_float(b, 16), 1.0),
                     spirv_constant_float(b, spirv_float(b, 16), 1.0));
}

static void a_u32_constant_is_known_by_its_id_and_nothing_else_is(void **state)
{
    struct spirv_builder *b = *state;
    uint32_t value = 1;

    assert_true(spirv_constant_value(b, spirv_u32(b, 41), &value));
    assert_int_equal(value, 41);
    assert_false(spirv_constant_value(b, spirv_constant_float(b, spirv_float(b, 32), 41), &value));
    assert_false(spirv_constant_value(b, spirv_constant_int(b, spirv_int(b, 64), 41), &value));
}

static void half_constants_round_to_nearest_even(void **state)
{
    struct spirv_builder *b = *state;
    uint32_t half = spirv_float(b, 16);

    /* 2049 lies between 2048 and 2050, 2051 between 2050 and 2052 */
    assert_int_equal(spirv_constant_float(b, half, 2049), spirv_constant_float(b, half, 2048));
    assert_int_equal(spirv_constant_float(b, half, 2051), spirv_constant_float(b, half, 2052));
    assert_int_equal(spirv_constant_float(b, half, 65520), spirv_constant_float(b, half, 1e9));
}

static unsigned count_of(const uint32_t *words, uint32_t total, SpvOp op)
{
    unsigned count = 0;

    for (uint32_t at = 5; at < total; at += words[at] >> 16) {
        count += (words[at] & 0xffff) == op;
    }
    return count;
}

static void dead_instructions_go_and_take_their_decorations_with_them(void **state)
{
    struct spirv_builder *b = *state;
    uint32_t word = spirv_int(b, 32), one = spirv_u32(b, 1), function = spirv_id(b);
    uint32_t label = spirv_id(b), variable, dead, live, total;
    g_autofree uint32_t *words = NULL;

    variable = spirv_variable(b, SpvStorageClassPrivate, word, 0);
    dead = spirv_op(b, SpvOpIAdd, word, one, one);
    dead = spirv_op(b, SpvOpIMul, word, dead, one);
    live = spirv_op(b, SpvOpIAdd, word, one, one);
    spirv_decorate(b, dead, SpvDecorationNoContraction);
    spirv_decorate(b, live, SpvDecorationNoContraction);
    spirv_do(b, SpvOpStore, variable, live);
    spirv_emit(b, SpvOpReturn, 0, NULL, 0);
    words = spirv_assemble(b, SpvExecutionModelGLCompute, label, function, &total);
    assert_int_equal(count_of(words, total, SpvOpIMul), 0);
    assert_int_equal(count_of(words, total, SpvOpIAdd), 1);
    assert_int_equal(count_of(words, total, SpvOpDecorate), 1);
    assert_int_equal(words[3], b->bound);
}

static void types_and_constants_that_nothing_needs_go(void **state)
{
    struct spirv_builder *b = *state;
    uint32_t word = spirv_int(b, 32), function = spirv_id(b), label = spirv_id(b), total;
    g_autofree uint32_t *words = NULL;

    (void)spirv_vector(b, spirv_float(b, 32), 4);
    (void)spirv_u32(b, 1234);
    spirv_do(b, SpvOpStore, spirv_variable(b, SpvStorageClassPrivate, word, 0), spirv_u32(b, 7));
    spirv_emit(b, SpvOpReturn, 0, NULL, 0);
    words = spirv_assemble(b, SpvExecutionModelGLCompute, label, function, &total);
    assert_int_equal(count_of(words, total, SpvOpTypeVector), 0);
    assert_int_equal(count_of(words, total, SpvOpTypeFloat), 0);
    assert_int_equal(count_of(words, total, SpvOpTypeInt), 1);
    assert_int_equal(count_of(words, total, SpvOpConstant), 1);
    assert_int_equal(count_of(words, total, SpvOpTypeVoid), 1);
    assert_int_equal(count_of(words, total, SpvOpExtInstImport), 0);
}

static void equal_instructions_are_shared_where_the_first_of_them_comes_before(void **state)
{
    struct spirv_builder *b = *state;
    uint32_t word = spirv_int(b, 32), one = spirv_u32(b, 1), two = spirv_u32(b, 2), first, left;

    first = spirv_shared(b, SpvOpIAdd, word, one, two);
    assert_int_equal(spirv_shared(b, SpvOpIAdd, word, one, two), first);
    assert_int_not_equal(spirv_shared(b, SpvOpIAdd, word, two, one), first);
    assert_int_not_equal(spirv_shared(b, SpvOpIMul, word, one, two), first);
    spirv_label(b, spirv_id(b));
    assert_int_equal(spirv_shared(b, SpvOpIAdd, word, one, two), first);
    left = spirv_shared(b, SpvOpISub, word, one, two);
    assert_int_equal(spirv_shared(b, SpvOpISub, word, one, two), left);
    spirv_label(b, spirv_id(b)); /* the other side of a branch */
    assert_int_not_equal(spirv_shared(b, SpvOpISub, word, one, two), left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(types_and_constants_exist_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_u32_constant_is_known_by_its_id_and_nothing_else_is,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(half_constants_round_to_nearest_even, setup, teardown),
        cmocka_unit_test_setup_teardown(dead_instructions_go_and_take_their_decorations_with_them,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(types_and_constants_that_nothing_needs_go, setup, teardown),
        cmocka_unit_test_setup_teardown(
            equal_instructions_are_shared_where_the_first_of_them_comes_before, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
