/* SPDX-License-Identifier: MIT */
/* Where pointers can point: every pointer of the function is followed back to the arguments,
 * variables and constants it can come from. Spec: 02-errata-gpu 2.4.
 *
 * A pointer that comes from memory or from an integer points into the heaps of set 3 (class C). */
#include "shader/translator/translator.h"

#include <string.h>

#define MAX_ROOTS 1024
#define MAX_LOCAL_BYTES (64u << 10)

static struct root *add_root(struct translator *t, enum root_kind kind, LLVMValueRef value)
{
    struct root *root = keep(t, sizeof(*root));

    if (t->roots->len >= MAX_ROOTS) {
        refuse(t, PVG_TRANSLATE_LIMIT, "more than %d memory objects", MAX_ROOTS);
    }
    root->kind = kind;
    root->value = value;
    root->ordinal = ROOT_ORDINAL | t->roots->len;
    root->shift = 2;
    g_ptr_array_add(t->roots, root);
    return root;
}

static struct root *new_root(struct translator *t, enum root_kind kind, LLVMValueRef value)
{
    struct root *root = add_root(t, kind, value);

    g_hash_table_insert(t->root_of, value, root);
    return root;
}

/* ---- Arguments ---- */

/* Each element is a texture by itself, bound at its own index: an index known only at run time is a
 * choice between them, which needs no feature. */
static void describe_textures(struct translator *t, struct root *root)
{
    const struct argument *a = root->argument;

    root->kind = ROOT_TEXTURES;
    root->elements = keep(t, a->count * sizeof(*root->elements));
    for (unsigned i = 0; i < a->count; i++) {
        root->elements[i] = add_root(t, ROOT_TEXTURE, root->value);
        root->elements[i]->argument = root->argument;
        root->elements[i]->index = a->index + i;
    }
}

static unsigned log2_alignment(unsigned bytes)
{
    return bytes == 1 ? 0 : bytes == 2 ? 1 : 2; /* at least four, or unstated */
}

static void describe_buffer(struct translator *t, struct root *root)
{
    const struct argument *a = root->argument;
    int space = a->space;

    if (space < 0) {
        space = (int)LLVMGetPointerAddressSpace(LLVMTypeOf(root->value));
    }
    root->index = a->index;
    if (space == SPACE_THREADGROUP) {
        root->kind = ROOT_THREADGROUP;
    } else if (space == SPACE_DEVICE || space == SPACE_CONSTANT) {
        root->kind = ROOT_BUFFER;
        root->shift = log2_alignment(a->alignment);
    } else {
        refuse(t, PVG_TRANSLATE_METADATA, "buffer in address space %d", space);
    }
}

static struct root *argument_root(struct translator *t, LLVMValueRef value)
{
    struct argument *a = NULL;
    struct root *root = new_root(t, ROOT_NULL, value);

    for (unsigned i = 0; i < LLVMCountParams(t->entry.function) && !a; i++) {
        if (LLVMGetParam(t->entry.function, i) == value) {
            a = metadata_input(t, i);
        }
    }
    if (!a) {
        refuse(t, PVG_TRANSLATE_METADATA, "a pointer argument without metadata");
    }
    if (a->absent) {
        return root; /* null: what uses it is dead, or reads zeros */
    }
    root->argument = a;
    root->index = a->index;
    switch ((int)a->kind) {
    case ARGUMENT_BUFFER:
    case ARGUMENT_INDIRECT_BUFFER:
        describe_buffer(t, root);
        break;
    case ARGUMENT_TEXTURE:
        if (a->count == 1) {
            root->kind = ROOT_TEXTURE;
        } else {
            describe_textures(t, root);
        }
        break;
    case ARGUMENT_SAMPLER:
        root->kind = ROOT_SAMPLER;
        break;
    case ARGUMENT_MESH:
        root->kind = ROOT_MESH;
        break;
    case ARGUMENT_PAYLOAD:
        root->kind = ROOT_PAYLOAD;
        break;
    case ARGUMENT_MESH_GRID_PROPERTIES:
        root->kind = ROOT_GRID_PROPERTIES;
        break;
    case ARGUMENT_PATCH_CONTROL_POINT_INPUT:
        root->kind = ROOT_PATCH;
        break;
    case ARGUMENT_FRAGMENT_INPUT:
        root->kind = ROOT_INTERPOLANT;
        break;
    default:
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "argument of kind %s", a->unknown);
    }
    return root;
}

/* ---- Constant data as words ---- */

static void put_bytes(uint8_t *bytes, uint64_t size, uint64_t at, uint64_t value, unsigned count)
{
    for (unsigned i = 0; i < count && at + i < size; i++) {
        bytes[at + i] = (uint8_t)(value >> (8 * i));
    }
}

static uint64_t float_bits(LLVMValueRef constant)
{
    LLVMBool loses;
    double value = LLVMConstRealGetDouble(constant, &loses);
    float single = (float)value;
    uint32_t word;
    _Float16 half = (_Float16)value;
    uint16_t short_word;

    memcpy(&word, &single, 4);
    memcpy(&short_word, &half, 2);
    switch (LLVMGetTypeKind(LLVMTypeOf(constant))) {
    case LLVMHalfTypeKind:
        return short_word;
    case LLVMBFloatTypeKind:
        return word >> 16;
    default:
        return word;
    }
}

static void flatten(struct translator *t, LLVMValueRef constant, uint8_t *bytes, uint64_t size,
                    uint64_t at, unsigned depth)
{
    LLVMTypeRef type = LLVMTypeOf(constant);
    LLVMTypeKind kind = LLVMGetTypeKind(type);

    if (depth > 32) {
        refuse(t, PVG_TRANSLATE_LIMIT, "constant nested too deep");
    }
    if (LLVMIsUndef(constant) || LLVMIsPoison(constant) || LLVMIsNull(constant)) {
        return;
    }
    if (LLVMIsAConstantInt(constant) && LLVMGetIntTypeWidth(type) <= 64) {
        put_bytes(bytes, size, at, LLVMConstIntGetZExtValue(constant),
                  (unsigned)LLVMStoreSizeOfType(t->layout, type));
    } else if (LLVMIsAConstantFP(constant)) {
        put_bytes(bytes, size, at, float_bits(constant),
                  (unsigned)LLVMStoreSizeOfType(t->layout, type));
    } else if (kind == LLVMStructTypeKind) {
        for (unsigned i = 0; i < LLVMCountStructElementTypes(type); i++) {
            flatten(t, LLVMGetAggregateElement(constant, i), bytes, size,
                    at + LLVMOffsetOfElement(t->layout, type, i), depth + 1);
        }
    } else if (kind == LLVMArrayTypeKind || kind == LLVMVectorTypeKind) {
        uint64_t step = kind == LLVMArrayTypeKind
                            ? LLVMABISizeOfType(t->layout, LLVMGetElementType(type))
                            : LLVMStoreSizeOfType(t->layout, LLVMGetElementType(type));
        uint64_t count =
            kind == LLVMArrayTypeKind ? LLVMGetArrayLength2(type) : LLVMGetVectorSize(type);

        for (uint64_t i = 0; i < count && at + i * step < size; i++) {
            flatten(t, LLVMGetAggregateElement(constant, (unsigned)i), bytes, size, at + i * step,
                    depth + 1);
        }
    } else {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "constant data of another kind");
    }
}

/* The initialiser of @global as words, or NULL when all are zero. */
static uint32_t *initial_words(struct translator *t, LLVMValueRef global, uint32_t *count)
{
    uint64_t size = LLVMABISizeOfType(t->layout, LLVMGlobalGetValueType(global));
    LLVMValueRef initialiser = LLVMGetInitializer(global);
    uint8_t *bytes;

    if (size == 0 || size > MAX_LOCAL_BYTES) {
        refuse(t, PVG_TRANSLATE_LIMIT, "module variable of %" G_GUINT64_FORMAT " bytes", size);
    }
    *count = (uint32_t)((size + 3) / 4);
    bytes = keep(t, 4 * (size_t)*count);
    if (initialiser) {
        flatten(t, initialiser, bytes, size, 0, 0);
    }
    for (uint64_t i = 0; i < size; i++) {
        if (bytes[i]) {
            return (uint32_t *)bytes;
        }
    }
    return NULL;
}

static bool is_sampler(LLVMValueRef global)
{
    return strstr(LLVMGetValueName(global), "air_sampler_state") != NULL;
}

static struct root *constant_sampler_root(struct translator *t, LLVMValueRef value, uint64_t word0,
                                          uint64_t word1)
{
    struct root *root = new_root(t, ROOT_CONSTANT_SAMPLER, value);

    root->words[0] = word0;
    root->words[1] = word1;
    return root;
}

static struct root *global_root(struct translator *t, LLVMValueRef global)
{
    unsigned space = LLVMGetPointerAddressSpace(LLVMTypeOf(global));
    struct root *root;
    uint32_t *words;
    uint32_t count, type;

    if (space == SPACE_CONSTANT && is_sampler(global)) {
        words = initial_words(t, global, &count);
        return constant_sampler_root(
            t, global, words && count >= 2 ? words[0] | (uint64_t)words[1] << 32 : 0,
            words && count >= 4 ? words[2] | (uint64_t)words[3] << 32 : 0);
    }
    words = initial_words(t, global, &count);
    type = spirv_array(&t->spirv, u32_type(t), count);
    if (space == SPACE_THREADGROUP) {
        root = new_root(t, ROOT_THREADGROUP, global);
        root->storage = SpvStorageClassWorkgroup;
        root->view[2] = spirv_variable(&t->spirv, root->storage, type, spirv_null(&t->spirv, type));
        root->initial = words;
        t->reflection->threadgroup_bytes += 4 * count;
        if (t->reflection->threadgroup_bytes >
            (t->options->threadgroup_limit ? t->options->threadgroup_limit : 32768)) {
            refuse(t, PVG_TRANSLATE_LIMIT, "%u bytes of threadgroup memory",
                   t->reflection->threadgroup_bytes);
        }
    } else if (space == SPACE_CONSTANT) {
        uint32_t initial = spirv_null(&t->spirv, type);

        if (words) {
            uint32_t *parts = keep(t, 4 * (size_t)count);

            for (uint32_t i = 0; i < count; i++) {
                parts[i] = u32_constant(t, words[i]);
            }
            initial = spirv_constant_composite(&t->spirv, type, parts, count);
        }
        root = new_root(t, ROOT_CONSTANT, global);
        root->storage = SpvStorageClassPrivate;
        root->view[2] = spirv_variable(&t->spirv, root->storage, type, initial);
    } else {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "module variable in address space %u", space);
    }
    root->length = count;
    root->last = u32_constant(t, count - 1);
    return root;
}

static struct root *local_root(struct translator *t, LLVMValueRef alloca)
{
    struct root *root = new_root(t, ROOT_LOCAL, alloca);
    uint64_t size = LLVMABISizeOfType(t->layout, LLVMGetAllocatedType(alloca));
    LLVMValueRef number = LLVMGetOperand(alloca, 0);
    uint32_t type;

    if (!LLVMIsAConstantInt(number) || LLVMConstIntGetZExtValue(number) != 1) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "an alloca of several or unknown many elements");
    }
    t->local_bytes += MIN(size, 2u * MAX_LOCAL_BYTES);
    if (size == 0 || t->local_bytes > MAX_LOCAL_BYTES) {
        refuse(t, PVG_TRANSLATE_LIMIT, "more than %u bytes of private memory", MAX_LOCAL_BYTES);
    }
    root->length = (uint32_t)((size + 3) / 4);
    root->last = u32_constant(t, root->length - 1);
    root->storage = SpvStorageClassFunction;
    type = spirv_array(&t->spirv, u32_type(t), root->length);
    root->view[2] = spirv_local(&t->spirv, type, spirv_null(&t->spirv, type));
    return root;
}

static struct root *find_root(struct translator *t, LLVMValueRef value)
{
    struct root *root = g_hash_table_lookup(t->root_of, value);

    if (root) {
        return root;
    }
    if (LLVMIsAArgument(value)) {
        return argument_root(t, value);
    }
    if (LLVMIsAGlobalVariable(value)) {
        return global_root(t, value);
    }
    if (LLVMIsAAllocaInst(value)) {
        return local_root(t, value);
    }
    if (LLVMIsNull(value) || LLVMIsUndef(value) || LLVMIsPoison(value)) {
        return new_root(t, ROOT_NULL, value);
    }
    if (LLVMIsAConstantExpr(value) && LLVMGetConstOpcode(value) == LLVMIntToPtr &&
        LLVMIsAConstantInt(LLVMGetOperand(value, 0))) {
        return constant_sampler_root(t, value,
                                     LLVMConstIntGetZExtValue(LLVMGetOperand(value, 0)), 0);
    }
    if (LLVMIsALoadInst(value) || LLVMIsAIntToPtrInst(value)) {
        return heap_root(t);
    }
    refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a pointer of unknown origin");
}

/* ---- All roots of a pointer ---- */

/* The operand a pointer value passes on unchanged in kind, or NULL. */
LLVMValueRef roots_through(LLVMValueRef value)
{
    LLVMOpcode opcode;

    if (LLVMIsAConstantExpr(value)) {
        opcode = LLVMGetConstOpcode(value);
    } else if (LLVMIsAInstruction(value)) {
        opcode = LLVMGetInstructionOpcode(value);
    } else {
        return NULL;
    }
    return opcode == LLVMGetElementPtr || opcode == LLVMBitCast || opcode == LLVMAddrSpaceCast ||
                   opcode == LLVMFreeze
               ? LLVMGetOperand(value, 0)
               : NULL;
}

struct root *roots_array(struct translator *t, LLVMValueRef handle)
{
    LLVMValueRef from = LLVMIsALoadInst(handle) || LLVMIsAExtractValueInst(handle)
                            ? LLVMGetOperand(handle, 0)
                            : NULL;
    LLVMValueRef next;
    struct root *root;

    while (from && (next = roots_through(from))) {
        from = next;
    }
    root = from && LLVMIsAArgument(from) ? find_root(t, from) : NULL;
    return root && root->kind == ROOT_TEXTURES ? root : NULL;
}

static void add_once(GPtrArray *roots, struct root *root)
{
    if (!g_ptr_array_find(roots, root, NULL)) {
        g_ptr_array_add(roots, root);
    }
}

static void collect(struct translator *t, GHashTable *seen, GPtrArray *roots, LLVMValueRef value)
{
    GPtrArray *work = g_ptr_array_new();

    g_ptr_array_add(t->kept_pointer_arrays, work);
    g_ptr_array_add(work, value);
    while (work->len) {
        LLVMValueRef at = g_ptr_array_steal_index(work, work->len - 1), next;
        bool phi = LLVMIsAPHINode(at), select = LLVMIsASelectInst(at);

        while (!phi && !select && (next = roots_through(at))) {
            at = next;
            phi = LLVMIsAPHINode(at);
            select = LLVMIsASelectInst(at);
        }
        if (!g_hash_table_add(seen, at)) {
            continue;
        }
        if (phi) {
            for (unsigned i = 0; i < LLVMCountIncoming(at); i++) {
                g_ptr_array_add(work, LLVMGetIncomingValue(at, i));
            }
        } else if (select) {
            g_ptr_array_add(work, LLVMGetOperand(at, 1));
            g_ptr_array_add(work, LLVMGetOperand(at, 2));
        } else {
            struct root *array = roots_array(t, at);

            for (unsigned i = 0; array && i < array->argument->count; i++) {
                add_once(roots, array->elements[i]);
            }
            if (!array) {
                add_once(roots, find_root(t, at));
            }
        }
    }
}

GPtrArray *roots_of(struct translator *t, LLVMValueRef value)
{
    GPtrArray *roots = g_ptr_array_new();
    GHashTable *seen = g_hash_table_new(NULL, NULL);
    bool heap;

    g_ptr_array_add(t->kept_pointer_arrays, roots);
    g_ptr_array_add(t->kept_tables, seen);
    collect(t, seen, roots, value);
    /* a pointer that may also be undefined points where it is defined; slot 0 of the heap is null;
     * the heap comes last: it takes every ordinal that is no other root's */
    heap = t->heap && g_ptr_array_remove(roots, t->heap);
    for (guint i = 0; roots->len + heap > 1 && i < roots->len;) {
        struct root *root = roots->pdata[i];

        if (root->kind == ROOT_NULL && (heap || !LLVMIsNull(root->value))) {
            g_ptr_array_remove_index(roots, i);
        } else {
            i++;
        }
    }
    if (heap) {
        g_ptr_array_add(roots, t->heap);
    }
    return roots;
}
