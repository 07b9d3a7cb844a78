/* SPDX-License-Identifier: MIT */
/* Handles and pointers out of memory: numbers that choose among the descriptors of set 3.
 *
 * A number is split where it is loaded: the slot of a pointer takes the place of a root's ordinal,
 * the low word that of the offset; a texture's or sampler's slot is the low word. Every index into
 * a heap is clamped to its last descriptor, which is null, and marked non-uniform.
 * Spec: 02-errata-gpu 2.4 (class C), 70-air 5.3, 10.7. */
#include "shader/translator/translator.h"

#include <string.h>

struct root *heap_root(struct translator *t)
{
    if (!t->heap) {
        need(t, PVG_SHADER_FEATURE_BIT_DESCRIPTOR_INDEXING, "a handle or pointer out of memory");
        t->heap = keep(t, sizeof(*t->heap));
        t->heap->kind = ROOT_HEAP;
        t->heap->shift = 2;
        t->reflection->flags |= PVG_SHADER_USES_HEAPS;
    }
    return t->heap;
}

uint32_t heap_slots(const struct translator *t)
{
    return t->options->heap_slots ? t->options->heap_slots : PVG_HEAP_SLOTS;
}

/* ---- Numbers ---- */

void heap_take_apart(struct translator *t, uint32_t low, uint32_t high, struct pointer *out)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t near =
        spirv_op(b, SpvOpIEqual, spirv_bool(b), u32_and(t, high, 0xff), u32_constant(t, 0));

    out->ordinal = math_select(t, near, u32_shr(t, high, 8), u32_constant(t, 0));
    out->offset = (struct offset){.id = low};
}

/* The number of a pointer into the heap, as two words. */
void heap_put_together(struct translator *t, struct pointer *pointer, uint32_t *low, uint32_t *high)
{
    for (guint i = 0; i < pointer->roots->len; i++) {
        const struct root *root = pointer->roots->pdata[i];

        if (root->kind != ROOT_HEAP && root->kind != ROOT_NULL) {
            refuse(t, PVG_TRANSLATE_UNSUPPORTED, "the address of a bound buffer as a number");
        }
    }
    *low = memory_offset_bytes(t, pointer);
    *high = u32_shl(t, pointer->ordinal ? pointer->ordinal : u32_constant(t, 0), 8);
}

/* ---- Variables ---- */

static uint32_t variable(struct translator *t, unsigned binding, SpvStorageClass storage,
                         uint32_t element)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t id = spirv_variable(b, storage, spirv_array(b, element, heap_slots(t)), 0);

    spirv_decorate(b, id, SpvDecorationDescriptorSet, PVG_SET_HEAPS);
    spirv_decorate(b, id, SpvDecorationBinding, binding);
    spirv_capability(b, SpvCapabilityShaderNonUniform);
    return id;
}

/* Notes that the function uses the heap at @binding. */
static void use(struct translator *t, unsigned binding, unsigned access)
{
    struct pvg_shader_reflection *r = t->reflection;
    uint32_t i = 0;

    while (i < r->heap_count && r->heaps[i].binding != binding) {
        i++;
    }
    if (i == PVG_SHADER_HEAPS) {
        refuse(t, PVG_TRANSLATE_LIMIT, "handles of more than %d kinds", PVG_SHADER_HEAPS);
    }
    r->heaps[i].binding = (uint8_t)binding;
    r->heaps[i].access |= (uint8_t)access;
    r->heap_count = MAX(r->heap_count, i + 1);
}

static uint32_t clamped(struct translator *t, uint32_t slot)
{
    return u32_min(t, slot, u32_constant(t, heap_slots(t) - 1));
}

static uint32_t non_uniform(struct translator *t, uint32_t id)
{
    spirv_decorate(&t->spirv, id, SpvDecorationNonUniform);
    return id;
}

/* ---- Buffers ---- */

uint32_t heap_element(struct translator *t, struct root *heap, enum view view, uint32_t index)
{
    struct spirv_builder *b = &t->spirv;

    if (!heap->view[view]) {
        heap->view[view] = variable(t, PVG_HEAP_BUFFERS, SpvStorageClassStorageBuffer,
                                     resource_buffer_block(t, view));
        spirv_capability(b, SpvCapabilityStorageBufferArrayNonUniformIndexing);
        spirv_decorate(b, heap->view[view], SpvDecorationAliased);
        if (!(heap->access & PVG_ACCESS_WRITE)) {
            spirv_decorate(b, heap->view[view], SpvDecorationNonWritable);
        }
    }
    use(t, PVG_HEAP_BUFFERS, heap->access);
    return non_uniform(
        t, spirv_op(b, SpvOpAccessChain,
                    spirv_pointer(b, SpvStorageClassStorageBuffer, resource_view_element(t, view)),
                    heap->view[view], clamped(t, heap->slot), u32_constant(t, 0), index));
}

/* ---- Textures ---- */

/* What the function does with the texture behind @handle: enum pvg_shader_access bits of storage
 * images, 0 for sampled ones. */
static unsigned storage_access(LLVMValueRef handle, bool *atomic)
{
    unsigned access = 0;

    for (LLVMUseRef use = LLVMGetFirstUse(handle); use; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use), last;
        const char *name;

        if (!LLVMIsACallInst(user) || LLVMGetNumArgOperands(user) == 0) {
            continue;
        }
        name = LLVMGetValueName(LLVMGetCalledValue(user));
        last = LLVMGetOperand(user, LLVMGetNumArgOperands(user) - 1);
        if (g_str_has_prefix(name, "air.write_")) {
            access |= PVG_ACCESS_WRITE;
        } else if (g_str_has_prefix(name, "air.atomic_")) {
            access |= PVG_ACCESS_READ | PVG_ACCESS_WRITE;
            *atomic = true;
        } else if (g_str_has_prefix(name, "air.read_") && LLVMIsAConstantInt(last) &&
                   LLVMConstIntGetZExtValue(last) >= 2) {
            access |= PVG_ACCESS_READ;
        }
    }
    return access;
}

/* The member of an argument buffer that @handle was loaded from, or NULL. */
static struct argument *member_of(struct translator *t, LLVMValueRef handle)
{
    struct pointer *from;
    struct root *root;

    if (LLVMIsAIntToPtrInst(handle)) {
        handle = LLVMGetOperand(handle, 0);
    }
    if (!LLVMIsALoadInst(handle)) {
        return NULL;
    }
    from = memory_pointer(t, LLVMGetOperand(handle, 0));
    root = from->roots->len == 1 ? from->roots->pdata[0] : NULL;
    return root && root->argument ? metadata_member(t, root->argument, from->offset.constant)
                                  : NULL;
}

struct texture *heap_texture(struct translator *t, LLVMValueRef handle, enum pvg_texture_kind kind,
                             enum pvg_component_class class)
{
    struct spirv_builder *b = &t->spirv;
    bool atomic = false;
    struct argument *member = member_of(t, handle);
    unsigned access = storage_access(handle, &atomic), binding;
    struct texture *texture;

    if (!access && member && !member->sampled) {
        access = member->access;
    }
    if (!class && member) {
        class = resource_class_from_name(member->type_name);
    }
    if (!class) {
        class = resource_class_from_uses(handle);
    }
    binding = (atomic   ? PVG_HEAP_ATOMIC
               : access ? PVG_HEAP_STORAGE
                        : PVG_HEAP_SAMPLED) +
              4 * (unsigned)kind + class;
    use(t, binding, access ? access : PVG_ACCESS_READ);
    texture = g_hash_table_lookup(t->heap_textures, GUINT_TO_POINTER(binding));
    if (!texture) {
        texture = keep(t, sizeof(*texture));
        texture->heap = true;
        texture->storage = access != 0;
        texture->atomic = atomic;
        texture->class = class;
        resource_shape(texture, kind);
        resource_image_type(t, texture, access);
        texture->variable = variable(t, binding, SpvStorageClassUniformConstant, texture->type);
        spirv_capability(b, texture->dimension == PVG_TEXTURE_TEXEL_BUFFER
                                ? texture->storage
                                      ? SpvCapabilityStorageTexelBufferArrayNonUniformIndexing
                                      : SpvCapabilityUniformTexelBufferArrayNonUniformIndexing
                            : texture->storage ? SpvCapabilityStorageImageArrayNonUniformIndexing
                                               : SpvCapabilitySampledImageArrayNonUniformIndexing);
        g_hash_table_insert(t->heap_textures, GUINT_TO_POINTER(binding), texture);
    } else {
        resource_image_access(t, texture, access);
    }
    if (access & PVG_ACCESS_WRITE) {
        t->reflection->flags |= PVG_SHADER_WRITES_MEMORY;
    }
    return texture;
}

uint32_t heap_image_pointer(struct translator *t, const struct texture *texture, uint32_t slot)
{
    struct spirv_builder *b = &t->spirv;

    return non_uniform(t, spirv_op(b, SpvOpAccessChain,
                                   spirv_pointer(b, SpvStorageClassUniformConstant, texture->type),
                                   texture->variable, clamped(t, slot)));
}

uint32_t heap_image(struct translator *t, const struct texture *texture, uint32_t slot)
{
    return non_uniform(
        t, spirv_op(&t->spirv, SpvOpLoad, texture->type, heap_image_pointer(t, texture, slot)));
}

/* ---- Samplers ---- */

uint32_t heap_sampler(struct translator *t, uint32_t number, bool compare)
{
    struct spirv_builder *b = &t->spirv;
    unsigned binding = compare ? PVG_HEAP_COMPARES : PVG_HEAP_SAMPLERS;
    uint32_t type = spirv_unique_type(b, SpvOpTypeSampler, NULL, 0), pointer;
    struct root *heap = heap_root(t);

    if (!heap->sampler[compare]) {
        heap->sampler[compare] = variable(t, binding, SpvStorageClassUniformConstant, type);
        spirv_capability(b, SpvCapabilitySampledImageArrayNonUniformIndexing);
    }
    use(t, binding, PVG_ACCESS_READ);
    pointer = non_uniform(
        t, spirv_op(b, SpvOpAccessChain, spirv_pointer(b, SpvStorageClassUniformConstant, type),
                    heap->sampler[compare], clamped(t, u32_and(t, number, 0x7fffffff))));
    return non_uniform(t, spirv_op(b, SpvOpLoad, type, pointer));
}
