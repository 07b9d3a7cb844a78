/* SPDX-License-Identifier: MIT */
/* SIMD-group and quad-group operations: Vulkan's subgroup operations. Narrow types are widened,
 * since subgroup operations on them are an extra feature. Spec: 70-air 8.9, 02-errata row 41. */
#include "shader/translator/translator.h"

#include <string.h>

static uint32_t type_of(struct translator *t, uint32_t id)
{
    return spirv_type_of(&t->spirv, id);
}

static void use(struct translator *t, enum pvg_shader_feature_bit bit, SpvCapability capability)
{
    need(t, bit, "SIMD-group operations");
    if (t->entry.stage != PVG_STAGE_KERNEL && t->entry.stage != PVG_STAGE_FRAGMENT &&
        t->entry.stage != PVG_STAGE_MESH && t->entry.stage != PVG_STAGE_OBJECT) {
        need(t, PVG_SHADER_FEATURE_BIT_SUBGROUP_GRAPHICS, "SIMD-group operations");
    }
    spirv_capability(&t->spirv, SpvCapabilityGroupNonUniform);
    spirv_capability(&t->spirv, capability);
    t->reflection->flags |= PVG_SHADER_USES_SUBGROUPS;
}

static uint32_t scope(struct translator *t)
{
    return u32_constant(t, SpvScopeSubgroup);
}

/* To 32 bits and back. */
static uint32_t widen(struct translator *t, uint32_t x, bool is_signed)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = type_of(t, x);

    if (spirv_is_bool(b, type) || spirv_width(b, type) >= 32) {
        return x;
    }
    if (spirv_is_float(b, type)) {
        return math_to_float32(t, x);
    }
    return spirv_op(b, is_signed ? SpvOpSConvert : SpvOpUConvert,
                    spirv_shaped(b, type, u32_type(t)), x);
}

static uint32_t restore(struct translator *t, uint32_t x, uint32_t type)
{
    struct spirv_builder *b = &t->spirv;

    if (type_of(t, x) == type) {
        return x;
    }
    return spirv_op(b, spirv_is_float(b, type) ? SpvOpFConvert : SpvOpUConvert, type, x);
}

/* ---- Reductions and scans ---- */

enum reduction {
    REDUCE_SUM,
    REDUCE_PRODUCT,
    REDUCE_MIN,
    REDUCE_MAX,
    REDUCE_AND,
    REDUCE_OR,
    REDUCE_XOR,
};

#define REDUCTION(kind, operation) ((kind) | (operation) << 8)

static SpvOp reduction_op(struct translator *t, uint32_t x, enum reduction kind, bool is_signed)
{
    bool real = spirv_is_float(&t->spirv, type_of(t, x));

    switch (kind) {
    case REDUCE_SUM:
        return real ? SpvOpGroupNonUniformFAdd : SpvOpGroupNonUniformIAdd;
    case REDUCE_PRODUCT:
        return real ? SpvOpGroupNonUniformFMul : SpvOpGroupNonUniformIMul;
    case REDUCE_MIN:
        return real        ? SpvOpGroupNonUniformFMin
               : is_signed ? SpvOpGroupNonUniformSMin
                           : SpvOpGroupNonUniformUMin;
    case REDUCE_MAX:
        return real        ? SpvOpGroupNonUniformFMax
               : is_signed ? SpvOpGroupNonUniformSMax
                           : SpvOpGroupNonUniformUMax;
    case REDUCE_AND:
        return SpvOpGroupNonUniformBitwiseAnd;
    case REDUCE_OR:
        return SpvOpGroupNonUniformBitwiseOr;
    case REDUCE_XOR:
        return SpvOpGroupNonUniformBitwiseXor;
    }
    return SpvOpNop;
}

static uint32_t emit_reduce(struct translator *t, struct call *c)
{
    enum reduction kind = (enum reduction)(c->row->detail & 0xff);
    uint32_t operation = c->row->detail >> 8, type = call_type(t, c);
    uint32_t x = widen(t, call_typed(t, c, 0, type), c->is_signed);

    use(t, PVG_SHADER_FEATURE_BIT_SUBGROUP_ARITHMETIC, SpvCapabilityGroupNonUniformArithmetic);
    x = spirv_op(&t->spirv, reduction_op(t, x, kind, c->is_signed), type_of(t, x), scope(t),
                 operation, x);
    return restore(t, x, type);
}

/* ---- Lanes ---- */

static uint32_t lane_operand(struct translator *t, struct call *c, unsigned i)
{
    return u32_from(t, call_value(t, c, i), false);
}

static uint32_t own_lane(struct translator *t)
{
    spirv_capability(&t->spirv, SpvCapabilityGroupNonUniform);
    return stage_load_builtin(t, SpvBuiltInSubgroupLocalInvocationId, u32_type(t));
}

static uint32_t width(struct translator *t)
{
    spirv_capability(&t->spirv, SpvCapabilityGroupNonUniform);
    return stage_load_builtin(t, SpvBuiltInSubgroupSize, u32_type(t));
}

static uint32_t shuffle(struct translator *t, uint32_t x, uint32_t lane)
{
    use(t, PVG_SHADER_FEATURE_BIT_SUBGROUP_SHUFFLE, SpvCapabilityGroupNonUniformShuffle);
    return spirv_op(&t->spirv, SpvOpGroupNonUniformShuffle, type_of(t, x), scope(t), x, lane);
}

enum lane_choice {
    LANE_GIVEN,
    LANE_XOR,
    LANE_UP,
    LANE_DOWN,
    LANE_ROTATE_UP,
    LANE_ROTATE_DOWN,
};

static uint32_t sum(struct translator *t, uint32_t a, uint32_t b)
{
    return spirv_op(&t->spirv, SpvOpIAdd, u32_type(t), a, b);
}

static uint32_t difference(struct translator *t, uint32_t a, uint32_t b)
{
    return spirv_op(&t->spirv, SpvOpISub, u32_type(t), a, b);
}

/* The lane to read from; @group is the width it turns round in. */
static uint32_t chosen_lane(struct translator *t, enum lane_choice choice, uint32_t own,
                            uint32_t n, uint32_t group)
{
    uint32_t mask = difference(t, group, u32_constant(t, 1));

    switch (choice) {
    case LANE_GIVEN:
        return n;
    case LANE_XOR:
        return spirv_op(&t->spirv, SpvOpBitwiseXor, u32_type(t), own, n);
    case LANE_UP:
        return difference(t, own, n);
    case LANE_DOWN:
        return sum(t, own, n);
    case LANE_ROTATE_UP:
        return spirv_op(&t->spirv, SpvOpBitwiseAnd, u32_type(t), difference(t, own, n), mask);
    case LANE_ROTATE_DOWN:
        return spirv_op(&t->spirv, SpvOpBitwiseAnd, u32_type(t), sum(t, own, n), mask);
    }
    return n;
}

static uint32_t emit_shuffle(struct translator *t, struct call *c)
{
    uint32_t type = call_type(t, c), x = widen(t, call_typed(t, c, 0, type), false), group, lane;

    group = width(t);
    lane = chosen_lane(t, (enum lane_choice)c->row->detail, own_lane(t), lane_operand(t, c, 1),
                       group);
    lane = spirv_op(&t->spirv, SpvOpBitwiseAnd, u32_type(t), lane,
                    difference(t, group, u32_constant(t, 1)));
    return restore(t, shuffle(t, x, lane), type);
}

enum fill {
    FILL_DOWN = 0,
    FILL_UP = 1,
    FILL_QUAD = 2, /* the group is the quad */
};

/* Lanes that would read from outside their part of @modulo lanes read from @fill instead. */
static uint32_t emit_shuffle_and_fill(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    bool up = c->row->detail & FILL_UP, quad = c->row->detail & FILL_QUAD;
    uint32_t type = call_type(t, c), own = own_lane(t), zero, one, lane, part, inside, at;
    uint32_t group = quad ? u32_constant(t, 4) : width(t), within = quad ? u32_and(t, own, 3) : own;
    uint32_t data = widen(t, call_typed(t, c, 0, type), false);
    uint32_t fill = widen(t, call_typed(t, c, 1, type), false);
    uint32_t delta = lane_operand(t, c, 2), modulo = c->count > 3 ? lane_operand(t, c, 3) : group;

    zero = u32_constant(t, 0);
    one = u32_constant(t, 1);
    modulo = math_select(t, spirv_op(b, SpvOpIEqual, spirv_bool(b), modulo, zero), group,
                         u32_min(t, modulo, group));
    part = spirv_op(b, SpvOpUMod, u32_type(t), within, modulo);
    at = up ? difference(t, part, delta) : sum(t, part, delta);
    inside = up ? spirv_op(b, SpvOpUGreaterThanEqual, spirv_bool(b), part, delta)
                : spirv_op(b, SpvOpULessThan, spirv_bool(b), at, modulo);
    at = math_select(t, inside, at, up ? sum(t, at, modulo) : difference(t, at, modulo));
    lane = sum(t, difference(t, within, part), at);
    lane = spirv_op(b, SpvOpBitwiseAnd, u32_type(t), lane, difference(t, group, one));
    lane = sum(t, difference(t, own, within), lane);
    return restore(t, math_select(t, inside, shuffle(t, data, lane), shuffle(t, fill, lane)), type);
}

static uint32_t emit_broadcast_first(struct translator *t, struct call *c)
{
    uint32_t type = call_type(t, c), x = widen(t, call_typed(t, c, 0, type), false);

    use(t, PVG_SHADER_FEATURE_BIT_SUBGROUP_BALLOT, SpvCapabilityGroupNonUniformBallot);
    x = spirv_op(&t->spirv, SpvOpGroupNonUniformBroadcastFirst, type_of(t, x), scope(t), x);
    return restore(t, x, type);
}

/* ---- Votes ---- */

static uint32_t emit_is_first(struct translator *t, struct call *c)
{
    (void)c;
    use(t, PVG_SHADER_FEATURE_BIT_SUBGROUP_BALLOT, SpvCapabilityGroupNonUniform);
    return spirv_op(&t->spirv, SpvOpGroupNonUniformElect, spirv_bool(&t->spirv), scope(t));
}

/* The lanes for which @condition holds, as an integer of the call's type. */
static uint32_t ballot(struct translator *t, struct call *c, uint32_t condition)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = call_type(t, c), four = spirv_vector(b, u32_type(t), 4), mask;

    use(t, PVG_SHADER_FEATURE_BIT_SUBGROUP_BALLOT, SpvCapabilityGroupNonUniformBallot);
    mask = spirv_op(b, SpvOpGroupNonUniformBallot, four, scope(t), condition);
    if (spirv_width(b, type) == 64) {
        mask = spirv_op(b, SpvOpVectorShuffle, spirv_vector(b, u32_type(t), 2), mask, mask, 0, 1);
        return spirv_op(b, SpvOpBitcast, type, mask);
    }
    mask = spirv_op(b, SpvOpCompositeExtract, u32_type(t), mask, 0);
    return restore(t, mask, type);
}

static uint32_t emit_ballot(struct translator *t, struct call *c)
{
    uint32_t condition = c->count ? call_typed(t, c, 0, spirv_bool(&t->spirv))
                                  : spirv_constant_bool(&t->spirv, true);

    return ballot(t, c, condition);
}

/* All or any of the lanes; on a mask, of the lanes in it that are active. */
static uint32_t emit_vote(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t x = call_value(t, c, 0), type = type_of(t, x);
    bool all = c->row->detail;

    if (spirv_is_bool(b, type)) {
        use(t, PVG_SHADER_FEATURE_BIT_SUBGROUP_VOTE, SpvCapabilityGroupNonUniformVote);
        return spirv_op(b, all ? SpvOpGroupNonUniformAll : SpvOpGroupNonUniformAny, spirv_bool(b),
                        scope(t), x);
    }
    if (all) {
        struct call same = *c;
        uint32_t active;

        same.result = LLVMTypeOf(call_operand(c, 0));
        active = ballot(t, &same, spirv_constant_bool(b, true));
        return spirv_op(b, SpvOpIEqual, spirv_bool(b), x, active);
    }
    return spirv_op(b, SpvOpINotEqual, spirv_bool(b), x, spirv_constant_int(b, type, 0));
}

/* ---- Quads ---- */

static uint32_t quad_swap(struct translator *t, uint32_t x, uint32_t direction)
{
    use(t, PVG_SHADER_FEATURE_BIT_SUBGROUP_SHUFFLE, SpvCapabilityGroupNonUniformShuffle);
    return spirv_op(&t->spirv, SpvOpGroupNonUniformShuffleXor, type_of(t, x), scope(t), x,
                    u32_constant(t, direction));
}

static uint32_t combine(struct translator *t, enum reduction kind, bool is_signed, uint32_t a,
                        uint32_t b)
{
    struct spirv_builder *s = &t->spirv;
    uint32_t type = type_of(t, a);
    bool real = spirv_is_float(s, type);

    switch (kind) {
    case REDUCE_SUM:
        return spirv_op(s, real ? SpvOpFAdd : SpvOpIAdd, type, a, b);
    case REDUCE_PRODUCT:
        return spirv_op(s, real ? SpvOpFMul : SpvOpIMul, type, a, b);
    case REDUCE_MIN:
        return spirv_ext(s, real ? GLSLstd450NMin : is_signed ? GLSLstd450SMin : GLSLstd450UMin,
                         type, a, b);
    case REDUCE_MAX:
        return spirv_ext(s, real ? GLSLstd450NMax : is_signed ? GLSLstd450SMax : GLSLstd450UMax,
                         type, a, b);
    case REDUCE_AND:
        return spirv_op(s, SpvOpBitwiseAnd, type, a, b);
    case REDUCE_OR:
        return spirv_op(s, SpvOpBitwiseOr, type, a, b);
    case REDUCE_XOR:
        return spirv_op(s, SpvOpBitwiseXor, type, a, b);
    }
    return a;
}

static uint32_t emit_quad_reduce(struct translator *t, struct call *c)
{
    enum reduction kind = (enum reduction)c->row->detail;
    uint32_t type = call_type(t, c), x = widen(t, call_typed(t, c, 0, type), c->is_signed);

    x = combine(t, kind, c->is_signed, x, quad_swap(t, x, 1));
    x = combine(t, kind, c->is_signed, x, quad_swap(t, x, 2));
    return restore(t, x, type);
}

static uint32_t emit_quad_shuffle(struct translator *t, struct call *c)
{
    uint32_t type = call_type(t, c), x = widen(t, call_typed(t, c, 0, type), false);
    uint32_t own = own_lane(t), within = u32_and(t, own, 3), lane;

    lane = chosen_lane(t, (enum lane_choice)c->row->detail, within, lane_operand(t, c, 1),
                       u32_constant(t, 4));
    lane = sum(t, difference(t, own, within), u32_and(t, lane, 3));
    return restore(t, shuffle(t, x, lane), type);
}

/* The bits of the own quad's lanes for which @condition holds, from bit 0 on. */
static uint32_t quad_mask(struct translator *t, uint32_t condition)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t own = own_lane(t), four = spirv_vector(b, u32_type(t), 4), mask, word;

    use(t, PVG_SHADER_FEATURE_BIT_SUBGROUP_BALLOT, SpvCapabilityGroupNonUniformBallot);
    mask = spirv_op(b, SpvOpGroupNonUniformBallot, four, scope(t), condition);
    word = spirv_op(b, SpvOpVectorExtractDynamic, u32_type(t), mask,
                    u32_and(t, u32_shr(t, own, 5), 3));
    word = spirv_op(b, SpvOpShiftRightLogical, u32_type(t), word, u32_and(t, own, 0x1c));
    return u32_and(t, word, 0xf);
}

static uint32_t quad_active(struct translator *t)
{
    return quad_mask(t, spirv_constant_bool(&t->spirv, true));
}

static uint32_t emit_quad_ballot(struct translator *t, struct call *c)
{
    uint32_t condition = c->count ? call_typed(t, c, 0, spirv_bool(&t->spirv))
                                  : spirv_constant_bool(&t->spirv, true);

    return restore(t, quad_mask(t, condition), call_type(t, c));
}

/* All or any of the quad's lanes; on a mask, of the lanes in it that are active. */
static uint32_t emit_quad_vote(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t x = call_value(t, c, 0), mask;
    bool all = c->row->detail;

    mask = spirv_is_bool(b, type_of(t, x)) ? quad_mask(t, x)
                                           : u32_and(t, u32_from(t, x, false), 0xf);
    return spirv_op(b, all ? SpvOpIEqual : SpvOpINotEqual, spirv_bool(b), mask,
                    all ? quad_active(t) : u32_constant(t, 0));
}

/* The quad's first active lane, 0 to 3. */
static uint32_t quad_first(struct translator *t)
{
    return spirv_ext(&t->spirv, GLSLstd450FindILsb, u32_type(t), quad_active(t));
}

static uint32_t emit_quad_is_first(struct translator *t, struct call *c)
{
    (void)c;
    return spirv_op(&t->spirv, SpvOpIEqual, spirv_bool(&t->spirv), u32_and(t, own_lane(t), 3),
                    quad_first(t));
}

static uint32_t emit_quad_broadcast_first(struct translator *t, struct call *c)
{
    uint32_t type = call_type(t, c), x = widen(t, call_typed(t, c, 0, type), false);
    uint32_t own = own_lane(t), lane;

    lane = sum(t, difference(t, own, u32_and(t, own, 3)), quad_first(t));
    return restore(t, shuffle(t, x, lane), type);
}

/* Lanes before the own one, one step and then two at a time. */
static uint32_t emit_quad_prefix(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    enum reduction kind = (enum reduction)(c->row->detail & 0xff);
    uint32_t type = call_type(t, c), x = widen(t, call_typed(t, c, 0, type), c->is_signed);
    uint32_t wide = type_of(t, x), own = own_lane(t), within = u32_and(t, own, 3), none, from;

    none = kind != REDUCE_PRODUCT     ? spirv_null(b, wide)
           : spirv_is_float(b, wide) ? spirv_constant_float(b, wide, 1)
                                      : spirv_constant_int(b, wide, 1);
    for (uint32_t step = 1; step < 4; step *= 2) {
        uint32_t there = spirv_op(b, SpvOpUGreaterThanEqual, spirv_bool(b), within,
                                  u32_constant(t, step));

        from = shuffle(t, x, math_select(t, there, difference(t, own, u32_constant(t, step)), own));
        x = combine(t, kind, c->is_signed, x, math_select(t, there, from, none));
    }
    if (c->row->detail >> 8 == SpvGroupOperationExclusiveScan) {
        uint32_t there =
            spirv_op(b, SpvOpINotEqual, spirv_bool(b), within, u32_constant(t, 0));

        from = shuffle(t, x, math_select(t, there, difference(t, own, u32_constant(t, 1)), own));
        x = math_select(t, there, from, none);
    }
    return restore(t, x, type);
}

/* ---- SIMD-group matrices: every lane holds all 64 elements, as the operands are the same in all
 * lanes. Correct at any width; not fast. ---- */

struct matrix_walk {
    struct pointer pointer;
    LLVMTypeRef element;
    uint32_t stride, row, column; /* ids, elements */
    bool transposed;
};

static struct matrix_walk matrix_walk(struct translator *t, struct call *c, unsigned first)
{
    struct matrix_walk w = {.pointer = *memory_pointer(t, call_operand(c, first))};
    struct spirv_builder *b = &t->spirv;
    uint32_t origin = call_value(t, c, first + 2);
    uint32_t scalar = spirv_scalar(b, type_of(t, origin));

    if (spirv_components(b, type_of(t, origin)) != 2 || !spirv_is_int(b, scalar)) {
        call_misuse(t, c, "an origin of another type");
    }
    w.stride = u32_from(t, call_value(t, c, first + 1), false);
    w.column = u32_from(t, spirv_op(b, SpvOpCompositeExtract, scalar, origin, 0), false);
    w.row = u32_from(t, spirv_op(b, SpvOpCompositeExtract, scalar, origin, 1), false);
    w.transposed = call_constant(t, c, first + 3, 2);
    return w;
}

static struct pointer matrix_element(struct translator *t, struct matrix_walk *w, unsigned i)
{
    unsigned row = i / 8, column = i % 8, size = (unsigned)type_store_size(t, w->element);
    uint32_t index;
    struct pointer p = w->pointer;

    index = sum(t, w->row, u32_constant(t, w->transposed ? column : row));
    index = u32_mul(t, index, w->stride);
    index = sum(t, index, sum(t, w->column, u32_constant(t, w->transposed ? row : column)));
    index = u32_mul(t, index, u32_constant(t, size));
    if (p.offset.id) {
        index = sum(t, index, u32_shl(t, p.offset.id, p.offset.shift));
    }
    p.offset.id = index;
    p.offset.shift = 0;
    return p;
}

static bool is_matrix(LLVMTypeRef type)
{
    return LLVMGetTypeKind(type) == LLVMVectorTypeKind && LLVMGetVectorSize(type) == 64;
}

static uint32_t emit_matrix_load(struct translator *t, struct call *c)
{
    struct matrix_walk w = matrix_walk(t, c, 0);
    uint32_t parts[64];

    if (!is_matrix(c->result)) {
        call_misuse(t, c, "no matrix of 64 elements");
    }
    w.element = LLVMGetElementType(c->result);
    for (unsigned i = 0; i < 64; i++) {
        struct pointer p = matrix_element(t, &w, i);

        parts[i] = memory_load_typed(t, &p, w.element, (unsigned)type_store_size(t, w.element));
    }
    return spirv_emit(&t->spirv, SpvOpCompositeConstruct, call_type(t, c), parts, 64);
}

static uint32_t emit_matrix_store(struct translator *t, struct call *c)
{
    struct matrix_walk w = matrix_walk(t, c, 1);
    LLVMTypeRef type = LLVMTypeOf(call_operand(c, 0));
    uint32_t matrix = call_value(t, c, 0);

    if (!is_matrix(type)) {
        call_misuse(t, c, "no matrix of 64 elements");
    }
    w.element = LLVMGetElementType(type);
    for (unsigned i = 0; i < 64; i++) {
        struct pointer p = matrix_element(t, &w, i);
        uint32_t part = spirv_op(&t->spirv, SpvOpCompositeExtract, type_id(t, w.element), matrix, i);

        memory_store_typed(t, &p, w.element, part, (unsigned)type_store_size(t, w.element));
    }
    return 0;
}

static uint32_t emit_matrix_fill(struct translator *t, struct call *c)
{
    uint32_t type = call_type(t, c), parts[64], value, zero;

    if (!is_matrix(c->result)) {
        call_misuse(t, c, "no matrix of 64 elements");
    }
    value = call_typed(t, c, 0, type_id(t, LLVMGetElementType(c->result)));
    zero = spirv_null(&t->spirv, type_of(t, value));
    for (unsigned i = 0; i < 64; i++) {
        parts[i] = !c->row->detail || i / 8 == i % 8 ? value : zero;
    }
    return spirv_emit(&t->spirv, SpvOpCompositeConstruct, type, parts, 64);
}

static uint32_t emit_matrix_multiply(struct translator *t, struct call *c)
{
    struct spirv_builder *s = &t->spirv;
    uint32_t type = call_type(t, c), a[64], b[64], sums[64], scalar;
    uint32_t ma = call_value(t, c, 0), mb = call_value(t, c, 1), mc = call_typed(t, c, 2, type);

    if (!is_matrix(c->result) || !is_matrix(LLVMTypeOf(call_operand(c, 0))) ||
        !is_matrix(LLVMTypeOf(call_operand(c, 1)))) {
        call_misuse(t, c, "no matrices of 64 elements");
    }
    scalar = type_id(t, LLVMGetElementType(c->result));
    for (unsigned i = 0; i < 64; i++) {
        uint32_t ta = spirv_type(s, type_of(t, ma))->element;
        uint32_t tb = spirv_type(s, type_of(t, mb))->element;

        a[i] = math_to_type(t, spirv_op(s, SpvOpCompositeExtract, ta, ma, i), scalar);
        b[i] = math_to_type(t, spirv_op(s, SpvOpCompositeExtract, tb, mb, i), scalar);
    }
    for (unsigned i = 0; i < 64; i++) {
        sums[i] = spirv_op(s, SpvOpCompositeExtract, scalar, mc, i);
        for (unsigned k = 0; k < 8; k++) {
            sums[i] = spirv_ext(s, GLSLstd450Fma, scalar, a[i / 8 * 8 + k], b[8 * k + i % 8],
                                sums[i]);
        }
    }
    return spirv_emit(s, SpvOpCompositeConstruct, type, sums, 64);
}

#define REDUCE(kind)    REDUCTION(kind, SpvGroupOperationReduce)
#define INCLUSIVE(kind) REDUCTION(kind, SpvGroupOperationInclusiveScan)
#define EXCLUSIVE(kind) REDUCTION(kind, SpvGroupOperationExclusiveScan)

const struct intrinsic simd_intrinsics[] = {
    {"simd_sum", emit_reduce, REDUCE(REDUCE_SUM), 1, false},
    {"simd_product", emit_reduce, REDUCE(REDUCE_PRODUCT), 1, false},
    {"simd_min", emit_reduce, REDUCE(REDUCE_MIN), 1, false},
    {"simd_max", emit_reduce, REDUCE(REDUCE_MAX), 1, false},
    {"simd_and", emit_reduce, REDUCE(REDUCE_AND), 1, false},
    {"simd_or", emit_reduce, REDUCE(REDUCE_OR), 1, false},
    {"simd_xor", emit_reduce, REDUCE(REDUCE_XOR), 1, false},
    {"simd_prefix_inclusive_sum", emit_reduce, INCLUSIVE(REDUCE_SUM), 1, false},
    {"simd_prefix_inclusive_product", emit_reduce, INCLUSIVE(REDUCE_PRODUCT), 1, false},
    {"simd_prefix_exclusive_sum", emit_reduce, EXCLUSIVE(REDUCE_SUM), 1, false},
    {"simd_prefix_exclusive_product", emit_reduce, EXCLUSIVE(REDUCE_PRODUCT), 1, false},
    {"simd_shuffle", emit_shuffle, LANE_GIVEN, 2, false},
    {"simd_broadcast", emit_shuffle, LANE_GIVEN, 2, false},
    {"simd_shuffle_xor", emit_shuffle, LANE_XOR, 2, false},
    {"simd_shuffle_up", emit_shuffle, LANE_UP, 2, false},
    {"simd_shuffle_down", emit_shuffle, LANE_DOWN, 2, false},
    {"simd_shuffle_rotate_up", emit_shuffle, LANE_ROTATE_UP, 2, false},
    {"simd_shuffle_rotate_down", emit_shuffle, LANE_ROTATE_DOWN, 2, false},
    {"simd_shuffle_and_fill_up", emit_shuffle_and_fill, FILL_UP, ANY_OPERANDS, false},
    {"simd_shuffle_and_fill_down", emit_shuffle_and_fill, FILL_DOWN, ANY_OPERANDS, false},
    {"simd_broadcast_first", emit_broadcast_first, 0, 1, false},
    {"simd_is_first", emit_is_first, 0, 0, false},
    {"simd_ballot", emit_ballot, 0, 1, false},
    {"simd_active_threads_mask", emit_ballot, 0, 0, false},
    {"simd_vote_all", emit_vote, true, 1, false},
    {"simd_vote_any", emit_vote, false, 1, false},
    {"simd_all", emit_vote, true, 1, false},
    {"simd_any", emit_vote, false, 1, false},
    {"quad_sum", emit_quad_reduce, REDUCE_SUM, 1, false},
    {"quad_product", emit_quad_reduce, REDUCE_PRODUCT, 1, false},
    {"quad_min", emit_quad_reduce, REDUCE_MIN, 1, false},
    {"quad_max", emit_quad_reduce, REDUCE_MAX, 1, false},
    {"quad_and", emit_quad_reduce, REDUCE_AND, 1, false},
    {"quad_or", emit_quad_reduce, REDUCE_OR, 1, false},
    {"quad_xor", emit_quad_reduce, REDUCE_XOR, 1, false},
    {"quad_shuffle", emit_quad_shuffle, LANE_GIVEN, 2, false},
    {"quad_broadcast", emit_quad_shuffle, LANE_GIVEN, 2, false},
    {"quad_shuffle_xor", emit_quad_shuffle, LANE_XOR, 2, false},
    {"quad_shuffle_up", emit_quad_shuffle, LANE_UP, 2, false},
    {"quad_shuffle_down", emit_quad_shuffle, LANE_DOWN, 2, false},
    {"quad_shuffle_rotate_up", emit_quad_shuffle, LANE_ROTATE_UP, 2, false},
    {"quad_shuffle_rotate_down", emit_quad_shuffle, LANE_ROTATE_DOWN, 2, false},
    {"quad_shuffle_and_fill_up", emit_shuffle_and_fill, FILL_QUAD | FILL_UP, ANY_OPERANDS, false},
    {"quad_shuffle_and_fill_down", emit_shuffle_and_fill, FILL_QUAD, ANY_OPERANDS, false},
    {"quad_prefix_inclusive_sum", emit_quad_prefix, INCLUSIVE(REDUCE_SUM), 1, false},
    {"quad_prefix_inclusive_product", emit_quad_prefix, INCLUSIVE(REDUCE_PRODUCT), 1, false},
    {"quad_prefix_exclusive_sum", emit_quad_prefix, EXCLUSIVE(REDUCE_SUM), 1, false},
    {"quad_prefix_exclusive_product", emit_quad_prefix, EXCLUSIVE(REDUCE_PRODUCT), 1, false},
    {"quad_broadcast_first", emit_quad_broadcast_first, 0, 1, false},
    {"quad_is_first", emit_quad_is_first, 0, 0, false},
    {"quad_ballot", emit_quad_ballot, 0, 1, false},
    {"quad_active_threads_mask", emit_quad_ballot, 0, 0, false},
    {"quad_vote_all", emit_quad_vote, true, 1, false},
    {"quad_vote_any", emit_quad_vote, false, 1, false},
    {"quad_all", emit_quad_vote, true, 1, false},
    {"quad_any", emit_quad_vote, false, 1, false},
    {"simdgroup_matrix_8x8_load", emit_matrix_load, 0, 4, false},
    {"simdgroup_matrix_8x8_store", emit_matrix_store, 0, 5, false},
    {"simdgroup_matrix_8x8_init_filled", emit_matrix_fill, 0, 1, false},
    {"simdgroup_matrix_8x8_init_diag", emit_matrix_fill, 1, 1, false},
    {"simdgroup_matrix_8x8_multiply_accumulate", emit_matrix_multiply, 0, 3, false},
    {0},
};
