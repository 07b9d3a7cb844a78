/* SPDX-License-Identifier: MIT */
/* Arithmetic on 32-bit unsigned ids that folds constants: what offsets are made of. */
#include "shader/translator/translator.h"

uint32_t u32_type(struct translator *t)
{
    return spirv_int(&t->spirv, 32);
}

uint32_t u32_constant(struct translator *t, uint32_t value)
{
    return spirv_u32(&t->spirv, value);
}

uint32_t u32_add(struct translator *t, uint32_t a, uint32_t b)
{
    uint32_t x, y;
    bool a_known = spirv_constant_value(&t->spirv, a, &x);
    bool b_known = spirv_constant_value(&t->spirv, b, &y);

    if (a_known && b_known) {
        return u32_constant(t, x + y);
    }
    if (a_known && x == 0) {
        return b;
    }
    if (b_known && y == 0) {
        return a;
    }
    return spirv_shared(&t->spirv, SpvOpIAdd, u32_type(t), a, b);
}

uint32_t u32_mul(struct translator *t, uint32_t a, uint32_t b)
{
    uint32_t x, y;

    if (spirv_constant_value(&t->spirv, a, &x) && spirv_constant_value(&t->spirv, b, &y)) {
        return u32_constant(t, x * y);
    }
    if (spirv_constant_value(&t->spirv, b, &y) && y == 1) {
        return a;
    }
    return spirv_shared(&t->spirv, SpvOpIMul, u32_type(t), a, b);
}

uint32_t u32_shl(struct translator *t, uint32_t a, unsigned bits)
{
    uint32_t x;

    if (bits == 0) {
        return a;
    }
    if (spirv_constant_value(&t->spirv, a, &x)) {
        return u32_constant(t, bits < 32 ? x << bits : 0);
    }
    return spirv_shared(&t->spirv, SpvOpShiftLeftLogical, u32_type(t), a, u32_constant(t, bits));
}

uint32_t u32_shr(struct translator *t, uint32_t a, unsigned bits)
{
    uint32_t x;

    if (bits == 0) {
        return a;
    }
    if (spirv_constant_value(&t->spirv, a, &x)) {
        return u32_constant(t, bits < 32 ? x >> bits : 0);
    }
    return spirv_shared(&t->spirv, SpvOpShiftRightLogical, u32_type(t), a, u32_constant(t, bits));
}

uint32_t u32_and(struct translator *t, uint32_t a, uint32_t mask)
{
    uint32_t x;

    if (spirv_constant_value(&t->spirv, a, &x)) {
        return u32_constant(t, x & mask);
    }
    return spirv_shared(&t->spirv, SpvOpBitwiseAnd, u32_type(t), a, u32_constant(t, mask));
}

uint32_t u32_min(struct translator *t, uint32_t a, uint32_t b)
{
    return spirv_shared_ext(&t->spirv, GLSLstd450UMin, u32_type(t), a, b);
}

uint32_t u32_from(struct translator *t, uint32_t id, bool is_signed)
{
    uint32_t type = spirv_type_of(&t->spirv, id);

    if (type == u32_type(t)) {
        return id;
    }
    if (spirv_is_bool(&t->spirv, type)) {
        return spirv_op(&t->spirv, SpvOpSelect, u32_type(t), id, u32_constant(t, 1),
                        u32_constant(t, 0));
    }
    return spirv_op(&t->spirv, is_signed ? SpvOpSConvert : SpvOpUConvert, u32_type(t), id);
}
