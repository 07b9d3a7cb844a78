/* SPDX-License-Identifier: MIT */
/* Loads and stores. All memory is arrays of 32-bit words, storage buffers also of bytes, halves and
 * whatever else the device can view; an access of any type at any byte offset is made of those.
 *
 * Safety by construction: an index into a buffer is checked by its descriptor (robustBufferAccess2),
 * an index into an array of known or specialised length is a constant inside it or the result of a
 * UMin. Spec: 02-errata-gpu 2.4, 2.6. */
#include "shader/translator/translator.h"

#include <string.h>

#define MAX_COPY 4096 /* accesses of one memcpy or memset */

/* Where an access goes: @index elements of @view into @root. */
static uint32_t chain(struct translator *t, struct root *root, enum view view, uint32_t index)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t word = resource_view_element(t, view), value;

    if (root->kind == ROOT_HEAP) {
        return heap_element(t, root, view, index);
    }
    if (root->kind == ROOT_BUFFER) {
        return spirv_shared(b, SpvOpAccessChain,
                            spirv_pointer(b, SpvStorageClassStorageBuffer, word),
                            resource_buffer_view(t, root, view), u32_constant(t, 0), index);
    }
    if (!(root->length && spirv_constant_value(b, index, &value) && value < root->length)) {
        index = u32_min(t, index, root->last);
    }
    return spirv_shared(b, SpvOpAccessChain, spirv_pointer(b, root->storage, word), root->view[2],
                        index);
}

static bool is_buffer(const struct root *root)
{
    return root->kind == ROOT_BUFFER || root->kind == ROOT_HEAP;
}

/* Device memory that is written somewhere and threadgroup memory are shared between invocations. */
static bool is_shared(const struct root *root)
{
    return root->storage == SpvStorageClassWorkgroup ||
           (is_buffer(root) && (root->access & PVG_ACCESS_WRITE));
}

static uint32_t load_element(struct translator *t, struct root *root, unsigned shift,
                             uint32_t index)
{
    uint32_t operands[2] = {chain(t, root, shift, index), SpvMemoryAccessNonPrivatePointerMask};

    return spirv_emit(&t->spirv, SpvOpLoad, spirv_int(&t->spirv, 8u << shift), operands,
                      is_shared(root) ? 2 : 1);
}

static void store_element(struct translator *t, struct root *root, unsigned shift, uint32_t index,
                          uint32_t value)
{
    uint32_t operands[3] = {chain(t, root, shift, index), value,
                            SpvMemoryAccessNonPrivatePointerMask};

    spirv_emit(&t->spirv, SpvOpStore, 0, operands, is_shared(root) ? 3 : 2);
}

/* ---- Offsets to indices ---- */

/* The index of the element of 1 << @shift bytes at @offset; both are known to be aligned so. */
static uint32_t element_index(struct translator *t, struct root *root, struct offset offset,
                              unsigned shift)
{
    uint32_t index = u32_constant(t, offset.constant >> shift);

    if (offset.id) {
        uint32_t dynamic = offset.shift >= shift ? u32_shl(t, offset.id, offset.shift - shift)
                                                 : u32_shr(t, offset.id, shift - offset.shift);

        /* the parts need not be aligned each by itself */
        if (offset.shift < shift && (offset.constant & ((1u << shift) - 1))) {
            dynamic = u32_shl(t, offset.id, offset.shift);
            dynamic = u32_add(t, dynamic, u32_constant(t, offset.constant));
            index = u32_shr(t, dynamic, shift);
        } else {
            index = u32_add(t, dynamic, index);
        }
    }
    if (root->base) {
        index = u32_add(t, index, u32_shl(t, root->base, root->shift - shift));
    }
    return index;
}

/* The byte address in @root, remainder included. */
static uint32_t byte_address(struct translator *t, struct root *root, struct offset offset)
{
    uint32_t address = u32_constant(t, offset.constant);

    if (offset.id) {
        address = u32_add(t, u32_shl(t, offset.id, offset.shift), address);
    }
    if (root->base) {
        address = u32_add(t, address, u32_shl(t, root->base, root->shift));
    }
    return address;
}

static struct offset plus(struct offset offset, uint32_t bytes)
{
    offset.constant += bytes;
    return offset;
}

static unsigned log2_of(unsigned alignment)
{
    return alignment >= 4 ? 2 : alignment >= 2 ? 1 : 0;
}

static bool has_view(struct translator *t, struct root *root, unsigned shift)
{
    if (!is_buffer(root)) {
        return false;
    }
    return shift == 0 ? has(t, PVG_SHADER_FEATURE_BIT_STORAGE8) &&
                            has(t, PVG_SHADER_FEATURE_BIT_INT8)
                      : has(t, PVG_SHADER_FEATURE_BIT_STORAGE16) &&
                            has(t, PVG_SHADER_FEATURE_BIT_INT16);
}

/* (address & 3) * 8 */
static uint32_t bit_in_word(struct translator *t, uint32_t address)
{
    return u32_shl(t, u32_and(t, address, 3), 3);
}

static uint32_t or_words(struct translator *t, uint32_t a, uint32_t b)
{
    return spirv_op(&t->spirv, SpvOpBitwiseOr, u32_type(t), a, b);
}

static uint32_t shift_word(struct translator *t, SpvOp op, uint32_t a, uint32_t bits)
{
    return spirv_op(&t->spirv, op, u32_type(t), a, bits);
}

/* @size bytes at any address, in the low bits of a word; what is above them is not cleared. */
static uint32_t load_unaligned(struct translator *t, struct root *root, struct offset offset,
                               unsigned size, unsigned align)
{
    uint32_t address = byte_address(t, root, offset), bit = bit_in_word(t, address), low, high;

    low = load_element(t, root, 2, u32_shr(t, address, 2));
    low = shift_word(t, SpvOpShiftRightLogical, low, bit);
    if (size <= 1u << align) {
        return low;
    }
    high = u32_shr(t, u32_add(t, address, u32_constant(t, size - 1)), 2);
    high = u32_shl(t, load_element(t, root, 2, high), 1);
    high = shift_word(t, SpvOpShiftLeftLogical, high,
                      spirv_op(&t->spirv, SpvOpISub, u32_type(t), u32_constant(t, 31), bit));
    return or_words(t, low, high);
}

static uint32_t narrow(struct translator *t, uint32_t word, unsigned bits)
{
    return bits == 32 ? word
                      : spirv_op(&t->spirv, SpvOpUConvert, spirv_int(&t->spirv, bits), word);
}

/* An integer of @size bytes: 1, 2, 4 or 8. @align is log2. */
static uint32_t load_bits(struct translator *t, struct root *root, struct offset offset,
                          unsigned size, unsigned align)
{
    unsigned shift = size == 1 ? 0 : size == 2 ? 1 : 2;

    if (size == 8) {
        uint32_t low = load_bits(t, root, offset, 4, align);
        uint32_t high = load_bits(t, root, plus(offset, 4), 4, align);
        uint32_t pair = spirv_op(&t->spirv, SpvOpCompositeConstruct,
                                 spirv_vector(&t->spirv, u32_type(t), 2), low, high);

        return spirv_op(&t->spirv, SpvOpBitcast, spirv_int(&t->spirv, 64), pair);
    }
    if (root->kind == ROOT_NULL) {
        return spirv_null(&t->spirv, spirv_int(&t->spirv, 8 * size));
    }
    align = MIN(align, root->shift);
    if (align >= shift && (shift == 2 || has_view(t, root, shift))) {
        return load_element(t, root, shift, element_index(t, root, offset, shift));
    }
    return narrow(t, load_unaligned(t, root, offset, size, align), 8 * size);
}

/* A store of fewer than 32 bits where only words can be written. Neighbours in shared memory may be
 * written by others at the same time, so their bits are never written back. */
static void merge_bits(struct translator *t, struct root *root, struct offset offset,
                       unsigned size, uint32_t value)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t address = byte_address(t, root, offset), bit = bit_in_word(t, address);
    uint32_t index = u32_shr(t, address, 2);
    uint32_t mask = shift_word(t, SpvOpShiftLeftLogical, u32_constant(t, size == 1 ? 0xff : 0xffff),
                               bit);
    uint32_t clear = spirv_op(b, SpvOpNot, u32_type(t), mask);
    uint32_t set = shift_word(t, SpvOpShiftLeftLogical, u32_from(t, value, false), bit);

    if (is_shared(root) || root->kind == ROOT_PAYLOAD) {
        uint32_t word = chain(t, root, 2, index);
        uint32_t scope = u32_constant(t, is_buffer(root) ? SpvScopeDevice : SpvScopeWorkgroup);
        uint32_t relaxed = u32_constant(t, 0);

        if (is_buffer(root)) {
            spirv_capability(b, SpvCapabilityVulkanMemoryModelDeviceScope);
        }
        (void)spirv_op(b, SpvOpAtomicAnd, u32_type(t), word, scope, relaxed, clear);
        (void)spirv_op(b, SpvOpAtomicOr, u32_type(t), word, scope, relaxed, set);
    } else {
        uint32_t word = load_element(t, root, 2, index);

        word = spirv_op(b, SpvOpBitwiseAnd, u32_type(t), word, clear);
        store_element(t, root, 2, index, or_words(t, word, set));
    }
}

static uint32_t part_of(struct translator *t, uint32_t value, unsigned first_bit, unsigned bits)
{
    uint32_t word = u32_shr(t, u32_from(t, value, false), first_bit);

    return narrow(t, word, bits);
}

static void store_bits(struct translator *t, struct root *root, struct offset offset, unsigned size,
                       unsigned align, uint32_t value)
{
    unsigned shift = size == 1 ? 0 : size == 2 ? 1 : 2;

    if (root->kind == ROOT_NULL) {
        return;
    }
    if (size == 8) {
        uint32_t pair = spirv_op(&t->spirv, SpvOpBitcast,
                                 spirv_vector(&t->spirv, u32_type(t), 2), value);

        for (uint32_t i = 0; i < 2; i++) {
            store_bits(t, root, plus(offset, 4 * i), 4, align,
                       spirv_op(&t->spirv, SpvOpCompositeExtract, u32_type(t), pair, i));
        }
        return;
    }
    align = MIN(align, root->shift);
    if (align < shift) {
        unsigned half = size / 2;

        need(t, PVG_SHADER_FEATURE_BIT_INT8, "stores at odd addresses");
        need(t, PVG_SHADER_FEATURE_BIT_INT16, "stores at odd addresses");
        store_bits(t, root, offset, half, align, part_of(t, value, 0, 8 * half));
        store_bits(t, root, plus(offset, half), half, align,
                   part_of(t, value, 8 * half, 8 * half));
    } else if (shift == 2 || has_view(t, root, shift)) {
        store_element(t, root, shift, element_index(t, root, offset, shift), value);
    } else {
        merge_bits(t, root, offset, size, value);
    }
}

/* ---- Types ---- */

static bool is_aggregate(LLVMTypeRef type)
{
    return LLVMGetTypeKind(type) == LLVMStructTypeKind ||
           LLVMGetTypeKind(type) == LLVMArrayTypeKind;
}

static uint64_t member_count(LLVMTypeRef type)
{
    return LLVMGetTypeKind(type) == LLVMArrayTypeKind ? LLVMGetArrayLength2(type)
                                                      : LLVMCountStructElementTypes(type);
}

static LLVMTypeRef member_type(LLVMTypeRef type, unsigned i)
{
    return LLVMGetTypeKind(type) == LLVMArrayTypeKind ? LLVMGetElementType(type)
                                                      : LLVMStructGetTypeAtIndex(type, i);
}

static uint32_t member_offset(struct translator *t, LLVMTypeRef type, unsigned i)
{
    return (uint32_t)(LLVMGetTypeKind(type) == LLVMArrayTypeKind
                          ? i * LLVMABISizeOfType(t->layout, LLVMGetElementType(type))
                          : LLVMOffsetOfElement(t->layout, type, i));
}

static unsigned scalar_size(struct translator *t, LLVMTypeRef type)
{
    unsigned size = (unsigned)LLVMStoreSizeOfType(t->layout, type);

    (void)type_id(t, type); /* refuses what has no counterpart */
    return size;
}

/* The value of scalar @type whose memory is @bits. */
static uint32_t from_bits(struct translator *t, LLVMTypeRef type, uint32_t bits)
{
    uint32_t id = type_id(t, type);

    if (spirv_is_bool(&t->spirv, id)) {
        uint32_t low = u32_and(t, u32_from(t, bits, false), 1);

        return spirv_op(&t->spirv, SpvOpINotEqual, id, low, u32_constant(t, 0));
    }
    if (type_is_bfloat(type)) {
        bits = u32_shl(t, u32_from(t, bits, false), 16);
    }
    return spirv_type_of(&t->spirv, bits) == id ? bits
                                                : spirv_op(&t->spirv, SpvOpBitcast, id, bits);
}

static uint32_t to_bits(struct translator *t, LLVMTypeRef type, uint32_t value)
{
    uint32_t id = spirv_type_of(&t->spirv, value), bits;

    if (spirv_is_bool(&t->spirv, id)) {
        return narrow(t, u32_from(t, value, false), 8);
    }
    if (type_is_bfloat(type)) {
        value = spirv_op(&t->spirv, SpvOpBitcast, u32_type(t), value);
        return narrow(t, u32_shr(t, value, 16), 16);
    }
    bits = spirv_int(&t->spirv, spirv_width(&t->spirv, id));
    return bits == id ? value : spirv_op(&t->spirv, SpvOpBitcast, bits, value);
}

/* Small elements at aligned addresses are taken from whole words. */
static bool is_packed(LLVMTypeRef type, unsigned size, unsigned align)
{
    return align == 2 && size <= 2 && LLVMGetVectorSize(type) > 1 && !type_is_bfloat(type) &&
           LLVMGetTypeKind(LLVMGetElementType(type)) != LLVMPointerTypeKind &&
           !(LLVMGetTypeKind(LLVMGetElementType(type)) == LLVMIntegerTypeKind &&
             LLVMGetIntTypeWidth(LLVMGetElementType(type)) == 1);
}

static uint32_t load_type(struct translator *t, struct root *root, struct offset offset,
                          LLVMTypeRef type, unsigned align);

static uint32_t load_vector(struct translator *t, struct root *root, struct offset offset,
                            LLVMTypeRef type, unsigned align)
{
    LLVMTypeRef element = LLVMGetElementType(type);
    unsigned size = scalar_size(t, element), count = LLVMGetVectorSize(type);
    uint32_t parts[64], scalar = type_id(t, element), id = type_id(t, type);
    unsigned per_word = 4 / MIN(size, 4u);

    if (count > 64) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "vector of %u elements", count);
    }
    if (is_packed(type, size, MIN(align, root->shift)) && root->kind != ROOT_NULL) {
        for (unsigned i = 0; i < count; i += per_word) {
            uint32_t word = load_bits(t, root, plus(offset, i * size), 4, 2);
            uint32_t group = spirv_op(&t->spirv, SpvOpBitcast,
                                      spirv_vector(&t->spirv, scalar, per_word), word);

            for (unsigned j = 0; j < per_word && i + j < count; j++) {
                parts[i + j] = spirv_op(&t->spirv, SpvOpCompositeExtract, scalar, group, j);
            }
        }
    } else {
        for (unsigned i = 0; i < count; i++) {
            parts[i] = load_type(t, root, plus(offset, i * size), element, align);
        }
    }
    return count == 1 ? parts[0]
                      : spirv_emit(&t->spirv, SpvOpCompositeConstruct, id, parts, count);
}

static uint32_t load_type(struct translator *t, struct root *root, struct offset offset,
                          LLVMTypeRef type, unsigned align)
{
    uint32_t id = type_id(t, type);

    if (is_aggregate(type)) {
        uint64_t count = member_count(type);
        uint32_t *parts = keep(t, 4 * (size_t)count);

        for (unsigned i = 0; i < count; i++) {
            parts[i] = load_type(t, root, plus(offset, member_offset(t, type, i)),
                                 member_type(type, i), align);
        }
        return spirv_emit(&t->spirv, SpvOpCompositeConstruct, id, parts, count);
    }
    if (LLVMGetTypeKind(type) == LLVMVectorTypeKind) {
        return load_vector(t, root, offset, type, align);
    }
    return from_bits(t, type, load_bits(t, root, offset, scalar_size(t, type), align));
}

static void store_type(struct translator *t, struct root *root, struct offset offset,
                       LLVMTypeRef type, unsigned align, uint32_t value);

static void store_vector(struct translator *t, struct root *root, struct offset offset,
                         LLVMTypeRef type, unsigned align, uint32_t value)
{
    LLVMTypeRef element = LLVMGetElementType(type);
    unsigned size = scalar_size(t, element), count = LLVMGetVectorSize(type), i = 0;
    uint32_t parts[64], scalar = type_id(t, element);
    unsigned per_word = 4 / MIN(size, 4u);

    if (count > 64) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "vector of %u elements", count);
    }
    for (unsigned j = 0; j < count; j++) {
        parts[j] = count == 1 ? value
                              : spirv_op(&t->spirv, SpvOpCompositeExtract, scalar, value, j);
    }
    if (is_packed(type, size, MIN(align, root->shift))) {
        for (; i + per_word <= count; i += per_word) {
            uint32_t group = spirv_emit(&t->spirv, SpvOpCompositeConstruct,
                                        spirv_vector(&t->spirv, scalar, per_word), parts + i,
                                        per_word);

            store_bits(t, root, plus(offset, i * size), 4, 2,
                       spirv_op(&t->spirv, SpvOpBitcast, u32_type(t), group));
        }
    }
    for (; i < count; i++) {
        store_type(t, root, plus(offset, i * size), element, align, parts[i]);
    }
}

static void store_type(struct translator *t, struct root *root, struct offset offset,
                       LLVMTypeRef type, unsigned align, uint32_t value)
{
    if (is_aggregate(type)) {
        for (unsigned i = 0; i < member_count(type); i++) {
            LLVMTypeRef member = member_type(type, i);
            uint32_t part =
                spirv_op(&t->spirv, SpvOpCompositeExtract, type_id(t, member), value, i);

            store_type(t, root, plus(offset, member_offset(t, type, i)), member, align, part);
        }
    } else if (LLVMGetTypeKind(type) == LLVMVectorTypeKind) {
        store_vector(t, root, offset, type, align, value);
    } else {
        store_bits(t, root, offset, scalar_size(t, type), align, to_bits(t, type, value));
    }
}

/* ---- Accesses through pointers that may have several roots ---- */

struct access {
    struct offset offset;
    LLVMTypeRef type;
    unsigned align; /* log2 */
    uint32_t value;
};

static uint32_t load_case(struct translator *t, struct root *root, void *data)
{
    struct access *a = data;

    root->access |= PVG_ACCESS_READ;
    return load_type(t, root, a->offset, a->type, a->align);
}

static uint32_t store_case(struct translator *t, struct root *root, void *data)
{
    struct access *a = data;

    if (root->kind == ROOT_CONSTANT ||
        (root->kind == ROOT_PAYLOAD && t->entry.stage != PVG_STAGE_OBJECT)) {
        refuse(t, PVG_TRANSLATE_MODULE, "a store to constant memory");
    }
    store_type(t, root, a->offset, a->type, a->align, a->value);
    return 0;
}

static void check_memory(struct translator *t, struct pointer *pointer)
{
    for (guint i = 0; i < pointer->roots->len; i++) {
        struct root *root = pointer->roots->pdata[i];

        if (root->kind > ROOT_NULL) {
            refuse(t, PVG_TRANSLATE_UNSUPPORTED, "an object of the API used as memory");
        }
    }
}

uint32_t memory_load_typed(struct translator *t, struct pointer *pointer, LLVMTypeRef type,
                           unsigned alignment)
{
    struct access a = {.offset = pointer->offset, .type = type, .align = log2_of(alignment)};

    check_memory(t, pointer);
    return memory_for_each_root(t, pointer, type_id(t, type), load_case, &a);
}

void memory_store_typed(struct translator *t, struct pointer *pointer, LLVMTypeRef type,
                        uint32_t value, unsigned alignment)
{
    struct access a = {.offset = pointer->offset, .type = type, .align = log2_of(alignment),
                       .value = value};

    check_memory(t, pointer);
    (void)memory_for_each_root(t, pointer, 0, store_case, &a);
}

uint32_t memory_load(struct translator *t, LLVMValueRef load)
{
    return memory_load_typed(t, memory_pointer(t, LLVMGetOperand(load, 0)), LLVMTypeOf(load),
                             LLVMGetAlignment(load));
}

/* A pointer goes to memory as the number it came out as. */
static void store_number(struct translator *t, LLVMValueRef store, LLVMValueRef value)
{
    LLVMTypeRef word = LLVMIntTypeInContext(t->context, 32);
    struct pointer to = *memory_pointer(t, LLVMGetOperand(store, 1));
    unsigned alignment = LLVMGetAlignment(store);
    uint32_t low, high;

    heap_put_together(t, memory_pointer(t, value), &low, &high);
    memory_store_typed(t, &to, word, low, alignment);
    to.offset.constant += 4;
    memory_store_typed(t, &to, word, high, MIN(alignment, 4u));
}

void memory_store(struct translator *t, LLVMValueRef store)
{
    LLVMValueRef value = LLVMGetOperand(store, 0);

    if (LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMPointerTypeKind) {
        store_number(t, store, value);
        return;
    }
    memory_store_typed(t, memory_pointer(t, LLVMGetOperand(store, 1)), LLVMTypeOf(value),
                       value_id(t, value), LLVMGetAlignment(store));
}

uint32_t memory_atom(struct translator *t, struct root *root, struct offset offset, enum view view)
{
    if (root->kind == ROOT_NULL || root->shift < 2) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "an atomic operation on bytes");
    }
    return chain(t, root, view, element_index(t, root, offset, view == VIEW_U64 ? 3 : 2));
}

/* ---- memcpy and memset ---- */

static unsigned operand_alignment(LLVMValueRef call, unsigned operand)
{
    unsigned kind = LLVMGetEnumAttributeKindForName("align", 5);
    LLVMAttributeRef align = LLVMGetCallSiteEnumAttribute(call, operand + 1, kind);

    return align ? (unsigned)LLVMGetEnumAttributeValue(align) : 1;
}

static LLVMTypeRef unit_type(struct translator *t, unsigned size)
{
    return LLVMIntTypeInContext(t->context, 8 * size);
}

struct bytes {
    struct pointer to, from;
    uint32_t to_offset, from_offset; /* bytes */
    uint32_t value;                  /* of a fill */
};

static struct pointer at_byte(struct translator *t, struct pointer pointer, uint32_t offset,
                              uint32_t index)
{
    pointer.offset = (struct offset){.id = u32_add(t, offset, index)};
    return pointer;
}

static void copy_byte(struct translator *t, uint32_t index, void *data)
{
    struct bytes *x = data;
    struct pointer to = at_byte(t, x->to, x->to_offset, index);
    struct pointer from = at_byte(t, x->from, x->from_offset, index);
    LLVMTypeRef byte = unit_type(t, 1);

    memory_store_typed(t, &to, byte, memory_load_typed(t, &from, byte, 1), 1);
}

static void fill_byte(struct translator *t, uint32_t index, void *data)
{
    struct bytes *x = data;
    struct pointer to = at_byte(t, x->to, x->to_offset, index);

    memory_store_typed(t, &to, unit_type(t, 1), x->value, 1);
}

/* The size operand as 32 bits; what does not fit is more than any buffer has. */
static uint32_t dynamic_size(struct translator *t, LLVMValueRef call)
{
    return u32_from(t, value_id(t, LLVMGetOperand(call, 2)), false);
}

static bool has_dynamic_size(LLVMValueRef call)
{
    return !LLVMIsAConstantInt(LLVMGetOperand(call, 2));
}

void memory_copy(struct translator *t, LLVMValueRef call)
{
    uint64_t size;
    struct pointer to = *memory_pointer(t, LLVMGetOperand(call, 0));
    struct pointer from = *memory_pointer(t, LLVMGetOperand(call, 1));
    unsigned align = MIN(operand_alignment(call, 0), operand_alignment(call, 1));
    unsigned unit = align >= 4 ? 4 : align >= 2 ? 2 : 1, done = 0;

    if (has_dynamic_size(call)) {
        struct bytes x = {.to = to, .from = from};

        if (strstr(LLVMGetValueName(LLVMGetCalledValue(call)), "memmove")) {
            refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a move whose size is known at run time only");
        }
        x.to_offset = memory_offset_bytes(t, &to);
        x.from_offset = memory_offset_bytes(t, &from);
        function_count(t, u32_constant(t, 0), dynamic_size(t, call), u32_constant(t, 1), copy_byte,
                       &x);
        return;
    }
    size = LLVMConstIntGetZExtValue(LLVMGetOperand(call, 2));
    if (size / unit > MAX_COPY) {
        refuse(t, PVG_TRANSLATE_LIMIT, "a copy of %" G_GUINT64_FORMAT " bytes", size);
    }
    while (done < size) {
        LLVMTypeRef type;

        while (unit > size - done) {
            unit /= 2;
        }
        type = unit_type(t, unit);
        memory_store_typed(t, &to, type, memory_load_typed(t, &from, type, unit), unit);
        to.offset.constant += unit;
        from.offset.constant += unit;
        done += unit;
    }
}

void memory_fill(struct translator *t, LLVMValueRef call)
{
    uint64_t size;
    struct pointer to = *memory_pointer(t, LLVMGetOperand(call, 0));
    uint32_t byte = value_id(t, LLVMGetOperand(call, 1));
    unsigned align = operand_alignment(call, 0);
    unsigned unit = align >= 4 ? 4 : align >= 2 ? 2 : 1, done = 0;
    uint32_t word = u32_mul(t, u32_from(t, byte, false), u32_constant(t, 0x01010101));

    if (has_dynamic_size(call)) {
        struct bytes x = {.to = to, .to_offset = memory_offset_bytes(t, &to), .value = byte};

        function_count(t, u32_constant(t, 0), dynamic_size(t, call), u32_constant(t, 1), fill_byte,
                       &x);
        return;
    }
    size = LLVMConstIntGetZExtValue(LLVMGetOperand(call, 2));
    if (size / unit > MAX_COPY) {
        refuse(t, PVG_TRANSLATE_LIMIT, "a fill of %" G_GUINT64_FORMAT " bytes", size);
    }
    while (done < size) {
        while (unit > size - done) {
            unit /= 2;
        }
        memory_store_typed(t, &to, unit_type(t, unit), narrow(t, word, 8 * unit), unit);
        to.offset.constant += unit;
        done += unit;
    }
}

/* ---- Before the first instruction ---- */

static void note_write(struct translator *t, LLVMValueRef pointer)
{
    GPtrArray *roots = roots_of(t, pointer);

    for (guint i = 0; i < roots->len; i++) {
        struct root *root = roots->pdata[i];

        root->access |= PVG_ACCESS_WRITE;
        if (is_buffer(root)) {
            t->reflection->flags |= PVG_SHADER_WRITES_MEMORY;
        }
    }
}

/* Which objects are written must be known before the first of them is read. */
/* Whether there is a heap decides how null is written (ordinal_of), so it is known first. */
static void find_numbers(struct translator *t)
{
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(t->entry.function); b;
         b = LLVMGetNextBasicBlock(b)) {
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
            if (LLVMIsAIntToPtrInst(i) ||
                (LLVMIsALoadInst(i) && LLVMGetTypeKind(LLVMTypeOf(i)) == LLVMPointerTypeKind &&
                 !roots_array(t, i))) {
                (void)heap_root(t);
            }
        }
    }
}

void memory_prepare(struct translator *t)
{
    find_numbers(t);
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(t->entry.function); b;
         b = LLVMGetNextBasicBlock(b)) {
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
            const char *name;

            if (LLVMIsAStoreInst(i)) {
                note_write(t, LLVMGetOperand(i, 1));
            } else if (LLVMIsAAtomicRMWInst(i) || LLVMIsAAtomicCmpXchgInst(i)) {
                note_write(t, LLVMGetOperand(i, 0));
            } else if (LLVMIsACallInst(i)) {
                name = LLVMGetValueName(LLVMGetCalledValue(i));
                if (g_str_has_prefix(name, "air.atomic.") || g_str_has_prefix(name, "llvm.mem")) {
                    if (LLVMGetNumArgOperands(i) &&
                        LLVMGetTypeKind(LLVMTypeOf(LLVMGetOperand(i, 0))) ==
                            LLVMPointerTypeKind) {
                        note_write(t, LLVMGetOperand(i, 0));
                    }
                }
            }
        }
    }
}
