/* SPDX-License-Identifier: MIT */
/* Pointers as (root, offset): address arithmetic. Spec: 02-errata-gpu 2.4.
 *
 * An offset is (id << shift) + constant bytes, so that indices of arrays reach the access unscaled.
 * Offsets are 32 bits wide; what wraps is caught where all offsets are: at the access. */
#include "shader/translator/translator.h"

static struct pointer *new_pointer(struct translator *t, LLVMValueRef value)
{
    struct pointer *p = keep(t, sizeof(*p));

    g_hash_table_insert(t->pointers, value, p);
    return p;
}

/* ---- Offsets ---- */

static uint32_t in_units(struct translator *t, struct offset offset, unsigned shift)
{
    uint32_t id = !offset.id             ? 0
                  : offset.shift < shift ? u32_shr(t, offset.id, shift - offset.shift)
                                         : u32_shl(t, offset.id, offset.shift - shift);
    uint32_t constant = u32_constant(t, offset.constant >> shift);

    return id ? u32_add(t, id, constant) : constant;
}

static struct offset offset_add(struct translator *t, struct offset a, struct offset b)
{
    struct offset sum = {.constant = a.constant + b.constant};

    if (!a.id || !b.id) {
        sum.id = a.id ? a.id : b.id;
        sum.shift = a.id ? a.shift : b.shift;
        return sum;
    }
    sum.shift = MIN(a.shift, b.shift);
    sum.id = u32_add(t, u32_shl(t, a.id, a.shift - sum.shift), u32_shl(t, b.id, b.shift - sum.shift));
    return sum;
}

static unsigned trailing_zeros(uint64_t value)
{
    return value ? (unsigned)__builtin_ctzll(value) : 63;
}

/* ---- Truncation: the low 32 bits of an index, computed in 32 bits where possible ---- */

static uint32_t low_word(struct translator *t, LLVMValueRef value, unsigned depth)
{
    LLVMOpcode opcode;
    SpvOp op = SpvOpNop;

    if (LLVMIsAConstantInt(value)) {
        return u32_constant(t, (uint32_t)LLVMConstIntGetSExtValue(value));
    }
    if (LLVMGetTypeKind(LLVMTypeOf(value)) != LLVMIntegerTypeKind) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "an index that is no integer");
    }
    if (LLVMGetIntTypeWidth(LLVMTypeOf(value)) == 64 && LLVMIsAInstruction(value) && depth < 8) {
        opcode = LLVMGetInstructionOpcode(value);
        if (opcode == LLVMZExt || opcode == LLVMSExt) {
            return u32_from(t, value_id(t, LLVMGetOperand(value, 0)), opcode == LLVMSExt);
        }
        switch ((int)opcode) {
        case LLVMAdd:
            op = SpvOpIAdd;
            break;
        case LLVMSub:
            op = SpvOpISub;
            break;
        case LLVMMul:
            op = SpvOpIMul;
            break;
        case LLVMAnd:
            op = SpvOpBitwiseAnd;
            break;
        case LLVMOr:
            op = SpvOpBitwiseOr;
            break;
        case LLVMXor:
            op = SpvOpBitwiseXor;
            break;
        default:
            break;
        }
        if (op != SpvOpNop) {
            uint32_t a = low_word(t, LLVMGetOperand(value, 0), depth + 1);
            uint32_t b = low_word(t, LLVMGetOperand(value, 1), depth + 1);

            return op == SpvOpIAdd ? u32_add(t, a, b) : spirv_op(&t->spirv, op, u32_type(t), a, b);
        }
        if (opcode == LLVMShl && LLVMIsAConstantInt(LLVMGetOperand(value, 1)) &&
            LLVMConstIntGetZExtValue(LLVMGetOperand(value, 1)) < 32) {
            return u32_shl(t, low_word(t, LLVMGetOperand(value, 0), depth + 1),
                           (unsigned)LLVMConstIntGetZExtValue(LLVMGetOperand(value, 1)));
        }
    }
    return u32_from(t, value_id(t, value), true);
}

static void step(struct translator *t, struct offset *offset, LLVMValueRef index, uint64_t stride)
{
    struct offset add = {0};

    if (LLVMIsAConstantInt(index)) {
        offset->constant += (uint32_t)(LLVMConstIntGetSExtValue(index) * (int64_t)stride);
        return;
    }
    if (stride == 0) {
        return;
    }
    add.shift = MIN(trailing_zeros(stride), 31);
    add.id = u32_mul(t, low_word(t, index, 0), u32_constant(t, (uint32_t)(stride >> add.shift)));
    *offset = offset_add(t, *offset, add);
}

/* Calls @visit for every index of a GEP with its stride in bytes; struct members come as constant
 * offsets with @index NULL. */
static void walk_gep(struct translator *t, LLVMValueRef gep,
                     void (*visit)(struct translator *t, void *data, LLVMValueRef index,
                                   uint64_t stride),
                     void *data)
{
    LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);
    unsigned count = (unsigned)LLVMGetNumOperands(gep);

    if (LLVMGetTypeKind(LLVMTypeOf(gep)) != LLVMPointerTypeKind) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a vector of pointers");
    }
    visit(t, data, LLVMGetOperand(gep, 1), LLVMABISizeOfType(t->layout, type));
    for (unsigned i = 2; i < count; i++) {
        LLVMValueRef index = LLVMGetOperand(gep, i);

        switch (LLVMGetTypeKind(type)) {
        case LLVMStructTypeKind: {
            unsigned member = (unsigned)LLVMConstIntGetZExtValue(index);

            visit(t, data, NULL, LLVMOffsetOfElement(t->layout, type, member));
            type = LLVMStructGetTypeAtIndex(type, member);
            break;
        }
        case LLVMArrayTypeKind:
            type = LLVMGetElementType(type);
            visit(t, data, index, LLVMABISizeOfType(t->layout, type));
            break;
        case LLVMVectorTypeKind:
            type = LLVMGetElementType(type);
            visit(t, data, index, LLVMStoreSizeOfType(t->layout, type));
            break;
        default:
            refuse(t, PVG_TRANSLATE_UNSUPPORTED, "an index into a type of kind %d",
                   (int)LLVMGetTypeKind(type));
        }
    }
}

static void add_index(struct translator *t, void *data, LLVMValueRef index, uint64_t stride)
{
    struct offset *offset = data;

    if (!index) {
        offset->constant += (uint32_t)stride;
    } else {
        step(t, offset, index, stride);
    }
}

/* ---- How far a pointer's offset is aligned, whatever happens at run time ---- */

struct alignment {
    unsigned shift;
};

static void add_alignment(struct translator *t, void *data, LLVMValueRef index, uint64_t stride)
{
    struct alignment *a = data;

    if (index && LLVMIsAConstantInt(index)) {
        stride *= (uint64_t)LLVMConstIntGetSExtValue(index);
    }
    a->shift = MIN(a->shift, trailing_zeros(stride));
}

static void lower(struct alignment *a, unsigned shift)
{
    a->shift = shift < a->shift ? shift : a->shift;
}

static unsigned offset_alignment(struct translator *t, GHashTable *seen, LLVMValueRef value)
{
    struct alignment a = {4};
    LLVMValueRef through;

    if (!g_hash_table_add(seen, value)) {
        return a.shift;
    }
    if (LLVMIsAPHINode(value)) {
        for (unsigned i = 0; i < LLVMCountIncoming(value); i++) {
            lower(&a, offset_alignment(t, seen, LLVMGetIncomingValue(value, i)));
        }
    } else if (LLVMIsASelectInst(value)) {
        lower(&a, offset_alignment(t, seen, LLVMGetOperand(value, 1)));
        lower(&a, offset_alignment(t, seen, LLVMGetOperand(value, 2)));
    } else if ((through = roots_through(value))) {
        bool gep = LLVMIsAGetElementPtrInst(value) ||
                   (LLVMIsAConstantExpr(value) && LLVMGetConstOpcode(value) == LLVMGetElementPtr);

        if (gep) {
            walk_gep(t, value, add_alignment, &a);
        }
        lower(&a, offset_alignment(t, seen, through));
    } else if (LLVMIsALoadInst(value) || LLVMIsAIntToPtrInst(value)) {
        a.shift = 0; /* a number out of memory */
    }
    return a.shift;
}

static unsigned phi_shift(struct translator *t, LLVMValueRef value)
{
    GHashTable *seen = g_hash_table_new(NULL, NULL);

    g_ptr_array_add(t->kept_tables, seen);
    return offset_alignment(t, seen, value);
}

/* ---- Pointers ---- */

static uint32_t ordinal_of(struct translator *t, struct pointer *p)
{
    struct root *only = p->roots->len ? p->roots->pdata[0] : NULL;

    /* null in memory is slot 0 of the heap */
    return p->ordinal ? p->ordinal
                      : u32_constant(t, only && !(only->kind == ROOT_NULL && t->heap)
                                            ? only->ordinal
                                            : 0);
}

struct pointer *memory_pointer(struct translator *t, LLVMValueRef value)
{
    struct pointer *p = g_hash_table_lookup(t->pointers, value);
    LLVMValueRef through;

    if (p) {
        return p;
    }
    if (LLVMIsAConstantExpr(value) && (through = roots_through(value))) {
        struct pointer *base = memory_pointer(t, through);

        p = new_pointer(t, value);
        *p = *base;
        if (LLVMGetConstOpcode(value) == LLVMGetElementPtr) {
            walk_gep(t, value, add_index, &p->offset);
        }
        return p;
    }
    if (LLVMIsAInstruction(value) && !LLVMIsAAllocaInst(value)) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a pointer of unknown origin");
    }
    p = new_pointer(t, value);
    p->roots = roots_of(t, value);
    return p;
}

static void define_select(struct translator *t, LLVMValueRef select)
{
    struct pointer *p = new_pointer(t, select);
    unsigned shift = phi_shift(t, select);
    struct pointer *yes = memory_pointer(t, LLVMGetOperand(select, 1));
    struct pointer *no = memory_pointer(t, LLVMGetOperand(select, 2));
    uint32_t condition = value_id(t, LLVMGetOperand(select, 0));

    p->roots = roots_of(t, select);
    p->offset.shift = shift;
    p->offset.id = spirv_op(&t->spirv, SpvOpSelect, u32_type(t), condition,
                            in_units(t, yes->offset, shift), in_units(t, no->offset, shift));
    if (p->roots->len > 1) {
        p->ordinal = spirv_op(&t->spirv, SpvOpSelect, u32_type(t), condition, ordinal_of(t, yes),
                              ordinal_of(t, no));
    }
}

/* A texture out of an array argument. */
static void define_element(struct translator *t, LLVMValueRef instruction, struct root *array)
{
    const unsigned last = array->argument->count - 1;
    struct pointer *p = new_pointer(t, instruction);
    uint32_t element, known;

    if (LLVMIsALoadInst(instruction)) {
        element = in_units(t, memory_pointer(t, LLVMGetOperand(instruction, 0))->offset, 3);
    } else {
        unsigned count = LLVMGetNumIndices(instruction);

        element = u32_constant(t, LLVMGetIndices(instruction)[count - 1]);
    }
    if (spirv_constant_value(&t->spirv, element, &known)) {
        p->roots = g_ptr_array_new();
        g_ptr_array_add(t->kept_pointer_arrays, p->roots);
        g_ptr_array_add(p->roots, array->elements[MIN(known, last)]);
        return;
    }
    p->roots = roots_of(t, instruction);
    p->ordinal = u32_add(t, u32_min(t, element, u32_constant(t, last)),
                         u32_constant(t, array->elements[0]->ordinal));
}

/* A pointer that is a number in memory, or was one. */
static void define_number(struct translator *t, LLVMValueRef instruction)
{
    LLVMValueRef from = LLVMGetOperand(instruction, 0);
    GPtrArray *roots = roots_of(t, instruction);
    uint32_t pair, parts[2];
    struct pointer *p;

    if (LLVMIsALoadInst(instruction)) {
        LLVMTypeRef word = LLVMIntTypeInContext(t->context, 32);
        struct pointer at = *memory_pointer(t, from);
        unsigned alignment = LLVMGetAlignment(instruction);

        parts[0] = memory_load_typed(t, &at, word, alignment);
        at.offset.constant += 4;
        parts[1] = memory_load_typed(t, &at, word, MIN(alignment, 4u));
    } else {
        uint32_t number = value_id(t, from);

        if (LLVMGetTypeKind(LLVMTypeOf(from)) != LLVMIntegerTypeKind ||
            LLVMGetIntTypeWidth(LLVMTypeOf(from)) != 64) {
            refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a pointer made of no 64-bit number");
        }
        pair = spirv_op(&t->spirv, SpvOpBitcast, spirv_vector(&t->spirv, u32_type(t), 2), number);
        for (uint32_t i = 0; i < 2; i++) {
            parts[i] = spirv_op(&t->spirv, SpvOpCompositeExtract, u32_type(t), pair, i);
        }
    }
    p = new_pointer(t, instruction);
    p->roots = roots;
    heap_take_apart(t, parts[0], parts[1], p);
}

uint32_t memory_offset_bytes(struct translator *t, struct pointer *pointer)
{
    return in_units(t, pointer->offset, 0);
}

void memory_define(struct translator *t, LLVMValueRef instruction)
{
    LLVMValueRef through = roots_through(instruction);

    if (through) {
        struct pointer *base = memory_pointer(t, through);
        struct pointer *p = new_pointer(t, instruction);

        *p = *base;
        if (LLVMIsAGetElementPtrInst(instruction)) {
            walk_gep(t, instruction, add_index, &p->offset);
        }
    } else if (LLVMIsASelectInst(instruction)) {
        define_select(t, instruction);
    } else if (LLVMIsAAllocaInst(instruction)) {
        (void)memory_pointer(t, instruction);
    } else if (roots_array(t, instruction)) {
        define_element(t, instruction, roots_array(t, instruction));
    } else if (LLVMIsALoadInst(instruction) || LLVMIsAIntToPtrInst(instruction)) {
        define_number(t, instruction);
    }
}

void memory_set_pointer_phi(struct translator *t, LLVMValueRef phi, const uint32_t *ids)
{
    struct pointer *p = new_pointer(t, phi);

    p->roots = roots_of(t, phi);
    p->ordinal = p->roots->len > 1 ? ids[0] : 0;
    p->offset = (struct offset){.id = ids[1], .shift = phi_shift(t, phi)};
}

uint32_t memory_pointer_part(struct translator *t, LLVMValueRef of, LLVMValueRef value,
                             unsigned part)
{
    struct pointer *p = memory_pointer(t, value);

    return part == 0 ? ordinal_of(t, p) : in_units(t, p->offset, phi_shift(t, of));
}

struct root_case {
    struct pointer *pointer;
    uint32_t (*emit)(struct translator *t, struct root *root, void *data);
    void *data;
};

static uint32_t emit_root_case(struct translator *t, unsigned which, void *data)
{
    struct root_case *c = data;
    struct root *root = c->pointer->roots->pdata[which];

    root->slot = root->kind == ROOT_HEAP ? ordinal_of(t, c->pointer) : 0;
    return c->emit(t, root, c->data);
}

uint32_t memory_for_each_root(struct translator *t, struct pointer *pointer, uint32_t type,
                              uint32_t (*emit)(struct translator *t, struct root *root,
                                               void *data),
                              void *data)
{
    struct root_case c = {pointer, emit, data};
    uint32_t *literals = keep(t, 4 * (size_t)pointer->roots->len + 4);

    if (pointer->roots->len == 0) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a pointer that points nowhere");
    }
    for (guint i = 0; i < pointer->roots->len; i++) {
        literals[i] = ((struct root *)pointer->roots->pdata[i])->ordinal;
    }
    return function_switch(t, pointer->ordinal, literals, pointer->roots->len, type,
                           emit_root_case, &c);
}

/* The one root of @kind that a handle has. */
struct root *memory_only_root(struct translator *t, LLVMValueRef value, enum root_kind kind)
{
    struct pointer *p = memory_pointer(t, value);
    struct root *root = p->roots->len == 1 ? p->roots->pdata[0] : NULL;

    if (!root || root->kind != kind) {
        refuse(t, PVG_TRANSLATE_INTRINSIC, "an operand that is not the object it should be");
    }
    return root;
}

static uint32_t equal(struct translator *t, uint32_t a, uint32_t b)
{
    return spirv_op(&t->spirv, SpvOpIEqual, spirv_bool(&t->spirv), a, b);
}

/* Pointers compare by root, then by offset. A bound pointer is never null. */
uint32_t memory_compare(struct translator *t, LLVMValueRef compare)
{
    struct pointer *a = memory_pointer(t, LLVMGetOperand(compare, 0));
    struct pointer *b = memory_pointer(t, LLVMGetOperand(compare, 1));
    uint32_t type = spirv_bool(&t->spirv);
    uint32_t x = in_units(t, a->offset, 0), y = in_units(t, b->offset, 0);
    uint32_t same = equal(t, ordinal_of(t, a), ordinal_of(t, b)), both;

    switch (LLVMGetICmpPredicate(compare)) {
    case LLVMIntEQ:
        return spirv_op(&t->spirv, SpvOpLogicalAnd, type, same, equal(t, x, y));
    case LLVMIntNE:
        both = spirv_op(&t->spirv, SpvOpLogicalAnd, type, same, equal(t, x, y));
        return spirv_op(&t->spirv, SpvOpLogicalNot, type, both);
    case LLVMIntULT:
        return spirv_op(&t->spirv, SpvOpULessThan, type, x, y);
    case LLVMIntULE:
        return spirv_op(&t->spirv, SpvOpULessThanEqual, type, x, y);
    case LLVMIntUGT:
        return spirv_op(&t->spirv, SpvOpUGreaterThan, type, x, y);
    case LLVMIntUGE:
        return spirv_op(&t->spirv, SpvOpUGreaterThanEqual, type, x, y);
    default:
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a signed comparison of pointers");
    }
}
