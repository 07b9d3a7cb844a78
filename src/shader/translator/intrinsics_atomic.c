/* SPDX-License-Identifier: MIT */
/* Barriers, fences and atomic operations on memory. Vulkan has no sequential consistency:
 * acquire-release stands in. Spec: 70-air 8.5. */
#include "shader/translator/translator.h"

#include <string.h>

static uint32_t device_scope(struct translator *t)
{
    spirv_capability(&t->spirv, SpvCapabilityVulkanMemoryModelDeviceScope);
    return u32_constant(t, SpvScopeDevice);
}

/* What a barrier with Metal's @flags makes visible: 1 device, 2 threadgroup, 4 texture. */
static uint32_t semantics(struct translator *t, uint32_t flags)
{
    uint32_t bits = 0;

    if (flags & 1) {
        bits |= SpvMemorySemanticsUniformMemoryMask;
    }
    if (flags & 2) {
        bits |= SpvMemorySemanticsWorkgroupMemoryMask;
    }
    if (flags & 4) {
        bits |= SpvMemorySemanticsImageMemoryMask;
    }
    if (bits) {
        bits |= SpvMemorySemanticsAcquireReleaseMask | SpvMemorySemanticsMakeAvailableMask |
                SpvMemorySemanticsMakeVisibleMask;
    }
    return u32_constant(t, bits);
}

static bool has_workgroup(struct translator *t)
{
    return t->entry.stage == PVG_STAGE_KERNEL || t->entry.stage == PVG_STAGE_MESH ||
           t->entry.stage == PVG_STAGE_OBJECT;
}

static void control_barrier(struct translator *t, SpvScope execution, uint32_t flags)
{
    if (!has_workgroup(t)) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a barrier outside kernels");
    }
    t->reflection->flags |= PVG_SHADER_BARRIERS;
    spirv_do(&t->spirv, SpvOpControlBarrier, u32_constant(t, execution),
             u32_constant(t, execution), semantics(t, flags));
}

static uint32_t emit_group_barrier(struct translator *t, struct call *c)
{
    if (strcmp(c->rest, "barrier") != 0 || c->count < 2) {
        call_misuse(t, c, "unknown form");
    }
    control_barrier(t, (SpvScope)c->row->detail, call_constant(t, c, 0, 256));
    return 0;
}

static uint32_t emit_memory_barrier(struct translator *t, struct call *c)
{
    uint32_t flags = c->count ? call_constant(t, c, 0, 256) : 1, bits = semantics(t, flags);

    if (flags & 7) {
        spirv_do(&t->spirv, SpvOpMemoryBarrier, device_scope(t), bits);
    }
    return 0;
}

/* ---- Atomics ---- */

enum atomic_operation {
    ATOMIC_LOAD,
    ATOMIC_STORE,
    ATOMIC_EXCHANGE,
    ATOMIC_FLOAT,    /* add, sub of floats: a compare-exchange loop */
    ATOMIC_COMPARE,
    ATOMIC_INTEGER,  /* one instruction */
};

struct atomic {
    enum atomic_operation operation;
    SpvOp op;
    bool subtract;
    struct offset offset;
    uint32_t value, expected; /* of the operation, as words */
    uint32_t type;            /* the word's type */
    uint32_t float_type;
    uint32_t order;           /* memory semantics bits */
};

static uint32_t order_bits(struct translator *t, struct root *root, uint32_t order, bool load,
                           bool store)
{
    uint32_t bits = 0;

    if (order == 0) {
        return 0;
    }
    bits = root->kind == ROOT_THREADGROUP ? SpvMemorySemanticsWorkgroupMemoryMask
                                          : SpvMemorySemanticsUniformMemoryMask;
    if (load) {
        return bits | SpvMemorySemanticsAcquireMask | SpvMemorySemanticsMakeVisibleMask;
    }
    if (store) {
        return bits | SpvMemorySemanticsReleaseMask | SpvMemorySemanticsMakeAvailableMask;
    }
    return bits | SpvMemorySemanticsAcquireReleaseMask | SpvMemorySemanticsMakeAvailableMask |
           SpvMemorySemanticsMakeVisibleMask;
}

/* old = *p; do { seen = old; old = cmpxchg(p, seen, seen + v) } while (old != seen): within the
 * invocation's budget on a CPU device. */
static uint32_t float_loop(struct translator *t, uint32_t word, uint32_t scope, struct atomic *a)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t header = spirv_id(b), body = spirv_id(b), again = spirv_id(b), merge = spirv_id(b);
    uint32_t first = spirv_op(b, SpvOpAtomicLoad, a->type, word, scope, u32_constant(t, 0));
    uint32_t before = t->current_label, seen, sum, old, done;
    guint patch;

    spirv_do(b, SpvOpBranch, header);
    function_open(t, header);
    seen = spirv_op(b, SpvOpPhi, a->type, first, before, 0, again);
    patch = b->body->len - 2;
    spirv_do(b, SpvOpLoopMerge, merge, again, SpvLoopControlMaskNone);
    spirv_do(b, SpvOpBranch, body);
    function_open(t, body);
    sum = spirv_op(b, a->subtract ? SpvOpFSub : SpvOpFAdd, a->float_type,
                   spirv_op(b, SpvOpBitcast, a->float_type, seen), a->value);
    sum = spirv_op(b, SpvOpBitcast, a->type, sum);
    old = spirv_op(b, SpvOpAtomicCompareExchange, a->type, word, scope, u32_constant(t, a->order),
                   u32_constant(t, 0), sum, seen);
    g_array_index(b->body, uint32_t, patch) = old;
    done = spirv_op(b, SpvOpIEqual, spirv_bool(b), old, seen);
    spirv_do(b, SpvOpBranchConditional, done, merge, again);
    function_open(t, again);
    if (has(t, PVG_SHADER_FEATURE_BIT_CPU)) {
        spirv_do(b, SpvOpBranchConditional, function_spend_budget(t), header, merge);
    } else {
        spirv_do(b, SpvOpBranch, header);
    }
    function_open(t, merge);
    return spirv_op(b, SpvOpBitcast, a->float_type, old);
}

static uint32_t float_native(struct translator *t, uint32_t word, uint32_t scope, struct atomic *a)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t value = a->subtract ? spirv_op(b, SpvOpFNegate, a->float_type, a->value) : a->value;

    need(t, PVG_SHADER_FEATURE_BIT_FLOAT_ATOMIC_ADD, "a float atomic");
    spirv_capability(b, SpvCapabilityAtomicFloat32AddEXT);
    spirv_extension(b, "SPV_EXT_shader_atomic_float_add");
    return spirv_op(b, SpvOpAtomicFAddEXT, a->float_type, word, scope, u32_constant(t, a->order),
                    value);
}

static uint32_t emit_on_root(struct translator *t, struct root *root, void *data)
{
    struct atomic *a = data;
    struct spirv_builder *b = &t->spirv;
    uint32_t word, scope, order;
    bool native; /* floats of buffers; threadgroup words cannot be seen as floats */

    if (root->kind != ROOT_BUFFER && root->kind != ROOT_HEAP && root->kind != ROOT_THREADGROUP) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "an atomic operation on private memory");
    }
    root->access |= PVG_ACCESS_READ;
    native = a->operation == ATOMIC_FLOAT && root->kind != ROOT_THREADGROUP &&
             has(t, PVG_SHADER_FEATURE_BIT_FLOAT_ATOMIC_ADD);
    word = memory_atom(t, root, a->offset,
                       native                           ? VIEW_FLOAT
                       : spirv_width(b, a->type) == 64 ? VIEW_U64
                                                       : VIEW_U32);
    scope = root->kind == ROOT_THREADGROUP ? u32_constant(t, SpvScopeWorkgroup) : device_scope(t);
    a->order = order_bits(t, root, a->order, a->operation == ATOMIC_LOAD,
                          a->operation == ATOMIC_STORE);
    order = u32_constant(t, a->order);
    switch (a->operation) {
    case ATOMIC_LOAD:
        return spirv_op(b, SpvOpAtomicLoad, a->type, word, scope, order);
    case ATOMIC_STORE:
        spirv_do(b, SpvOpAtomicStore, word, scope, order, a->value);
        return 0;
    case ATOMIC_EXCHANGE:
        return spirv_op(b, SpvOpAtomicExchange, a->type, word, scope, order, a->value);
    case ATOMIC_FLOAT:
        return native ? float_native(t, word, scope, a) : float_loop(t, word, scope, a);
    case ATOMIC_COMPARE:
        return spirv_op(b, SpvOpAtomicCompareExchange, a->type, word, scope, order,
                        u32_constant(t, 0), a->value, a->expected);
    case ATOMIC_INTEGER:
        return spirv_op(b, a->op, a->type, word, scope, order, a->value);
    }
    return 0;
}

static const struct {
    const char *name;
    SpvOp unsigned_op, signed_op;
} integer_atomics[] = {
    {"add.", SpvOpAtomicIAdd, SpvOpAtomicIAdd}, {"sub.", SpvOpAtomicISub, SpvOpAtomicISub},
    {"min.", SpvOpAtomicUMin, SpvOpAtomicSMin}, {"max.", SpvOpAtomicUMax, SpvOpAtomicSMax},
    {"and.", SpvOpAtomicAnd, SpvOpAtomicAnd},   {"or.", SpvOpAtomicOr, SpvOpAtomicOr},
    {"xor.", SpvOpAtomicXor, SpvOpAtomicXor},
};

/* A value as the word that is stored. */
static uint32_t as_word(struct translator *t, uint32_t value)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = spirv_type_of(b, value);

    return spirv_is_float(b, type)
               ? spirv_op(b, SpvOpBitcast, spirv_int(b, spirv_width(b, type)), value)
               : value;
}

static uint32_t emit_atomic(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    struct atomic a = {0};
    const char *operation = strchr(c->rest, '.');
    struct pointer *pointer;
    uint32_t type, result, value = 0;
    LLVMTypeRef word_type;

    if (g_str_has_prefix(c->rest, "fence")) {
        return emit_memory_barrier(t, c);
    }
    if (!operation || (!g_str_has_prefix(c->rest, "global.") &&
                       !g_str_has_prefix(c->rest, "local."))) {
        call_misuse(t, c, "unknown form");
    }
    operation++;
    if (c->count < 4 || LLVMGetTypeKind(LLVMTypeOf(call_operand(c, 0))) != LLVMPointerTypeKind) {
        call_misuse(t, c, "no pointer");
    }
    pointer = memory_pointer(t, call_operand(c, 0));
    a.offset = pointer->offset;
    if (g_str_has_prefix(operation, "cmpxchg.weak")) {
        struct pointer *expected = memory_pointer(t, call_operand(c, 1));

        if (c->count < 7) {
            call_misuse(t, c, "wrong number of operands");
        }
        a.operation = ATOMIC_COMPARE;
        value = call_value(t, c, 2);
        word_type = LLVMTypeOf(call_operand(c, 2));
        a.expected = as_word(t, memory_load_typed(t, expected, word_type, 4));
        a.order = call_constant(t, c, 3, 8);
    } else if (g_str_has_prefix(operation, "load.")) {
        a.operation = ATOMIC_LOAD;
        word_type = c->result;
        a.order = call_constant(t, c, 1, 8);
    } else {
        if (c->count < 5) {
            call_misuse(t, c, "wrong number of operands");
        }
        value = call_value(t, c, 1);
        word_type = LLVMTypeOf(call_operand(c, 1));
        a.order = call_constant(t, c, 2, 8);
        if (g_str_has_prefix(operation, "store.")) {
            a.operation = ATOMIC_STORE;
        } else if (g_str_has_prefix(operation, "xchg.")) {
            a.operation = ATOMIC_EXCHANGE;
        } else if (g_str_has_suffix(operation, ".f32")) {
            a.operation = ATOMIC_FLOAT;
            a.subtract = g_str_has_prefix(operation, "sub.");
            if (!a.subtract && !g_str_has_prefix(operation, "add.")) {
                call_misuse(t, c, "unknown operation");
            }
        } else {
            a.operation = ATOMIC_INTEGER;
            for (size_t i = 0; i < G_N_ELEMENTS(integer_atomics); i++) {
                if (g_str_has_prefix(operation, integer_atomics[i].name)) {
                    a.op = c->is_signed ? integer_atomics[i].signed_op
                                        : integer_atomics[i].unsigned_op;
                }
            }
            if (a.op == SpvOpNop) {
                call_misuse(t, c, "unknown operation");
            }
        }
    }
    type = type_id(t, word_type);
    if (spirv_components(b, type) != 1 ||
        (spirv_width(b, type) != 32 && spirv_width(b, type) != 64)) {
        call_misuse(t, c, "neither 32 nor 64 bits");
    }
    a.type = spirv_int(b, spirv_width(b, type));
    a.float_type = spirv_float(b, 32);
    if (a.operation == ATOMIC_FLOAT && type != a.float_type) {
        call_misuse(t, c, "not a float");
    }
    if (spirv_width(b, type) == 64) {
        need(t, PVG_SHADER_FEATURE_BIT_INT64_ATOMICS, "64-bit atomics");
        spirv_capability(b, SpvCapabilityInt64Atomics);
    }
    a.value = !value ? 0 : a.operation == ATOMIC_FLOAT ? value : as_word(t, value);
    result = memory_for_each_root(t, pointer,
                                  a.operation == ATOMIC_STORE   ? 0
                                  : a.operation == ATOMIC_FLOAT ? a.float_type
                                                                : a.type,
                                  emit_on_root, &a);
    if (a.operation == ATOMIC_STORE) {
        return 0;
    }
    if (spirv_type_of(b, result) != type) {
        result = spirv_op(b, SpvOpBitcast, type, result);
    }
    if (a.operation == ATOMIC_COMPARE) {
        memory_store_typed(t, memory_pointer(t, call_operand(c, 1)), word_type, result, 4);
    }
    return result;
}

const struct intrinsic atomic_intrinsics[] = {
    {"wg", emit_group_barrier, SpvScopeWorkgroup, ANY_OPERANDS, false},
    {"simdgroup", emit_group_barrier, SpvScopeSubgroup, ANY_OPERANDS, false},
    {"mem_barrier", emit_memory_barrier, 0, ANY_OPERANDS, false},
    {"atomic", emit_atomic, 0, ANY_OPERANDS, false},
    {0},
};
