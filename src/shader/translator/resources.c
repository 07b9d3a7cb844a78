/* SPDX-License-Identifier: MIT */
/* The variables behind buffers, textures, samplers and push constants, declared when first used.
 * Spec: 02-errata-gpu 2.2, 2.3. */
#include "shader/translator/translator.h"

#include <string.h>

uint32_t resource_set(struct translator *t)
{
    switch (t->entry.stage) {
    case PVG_STAGE_FRAGMENT:
        return 1;
    case PVG_STAGE_OBJECT:
        return 2;
    default:
        return 0;
    }
}

static void bind(struct translator *t, uint32_t variable, uint32_t binding)
{
    spirv_decorate(&t->spirv, variable, SpvDecorationDescriptorSet, resource_set(t));
    spirv_decorate(&t->spirv, variable, SpvDecorationBinding, binding);
}

/* ---- Push constants: one block of 32 words, indexed by constants ---- */

uint32_t resource_push(struct translator *t, unsigned byte)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t pointer;

    if (!t->push) {
        uint32_t words = spirv_array(b, u32_type(t), PVG_PUSH_SIZE / 4);
        uint32_t block = spirv_struct(b, &words, 1);

        spirv_decorate(b, words, SpvDecorationArrayStride, 4);
        spirv_decorate(b, block, SpvDecorationBlock);
        spirv_member_decorate(b, block, 0, SpvDecorationOffset, 0);
        t->push = spirv_variable(b, SpvStorageClassPushConstant, block, 0);
        t->reflection->flags |= PVG_SHADER_USES_PUSH;
    }
    pointer = spirv_shared(b, SpvOpAccessChain,
                           spirv_pointer(b, SpvStorageClassPushConstant, u32_type(t)), t->push,
                           u32_constant(t, 0), u32_constant(t, byte / 4));
    return spirv_shared(b, SpvOpLoad, u32_type(t), pointer);
}

/* ---- Buffers ---- */

uint32_t resource_view_element(struct translator *t, enum view view)
{
    return view == VIEW_FLOAT ? spirv_float(&t->spirv, 32) : spirv_int(&t->spirv, 8u << view);
}

uint32_t resource_buffer_block(struct translator *t, enum view view)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t element = resource_view_element(t, view), array, block;

    if (view == VIEW_U8) {
        need(t, PVG_SHADER_FEATURE_BIT_STORAGE8, "bytes in buffers");
        spirv_capability(b, SpvCapabilityStorageBuffer8BitAccess);
    } else if (view == VIEW_U16) {
        need(t, PVG_SHADER_FEATURE_BIT_STORAGE16, "16-bit words in buffers");
        spirv_capability(b, SpvCapabilityStorageBuffer16BitAccess);
    }
    array = spirv_unique_type(b, SpvOpTypeRuntimeArray, &element, 1);
    block = spirv_struct(b, &array, 1);
    if (!t->view_block[view]) {
        t->view_block[view] = block;
        spirv_decorate(b, array, SpvDecorationArrayStride, view == VIEW_FLOAT ? 4 : 1u << view);
        spirv_decorate(b, block, SpvDecorationBlock);
        spirv_member_decorate(b, block, 0, SpvDecorationOffset, 0);
    }
    return block;
}

uint32_t resource_buffer_view(struct translator *t, struct root *root, unsigned shift)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t variable;

    if (root->view[shift]) {
        return root->view[shift];
    }
    variable = spirv_variable(b, SpvStorageClassStorageBuffer, resource_buffer_block(t, shift), 0);
    bind(t, variable, PVG_BINDING_BUFFER + root->index);
    spirv_decorate(b, variable, SpvDecorationAliased);
    if (!(root->access & PVG_ACCESS_WRITE)) {
        spirv_decorate(b, variable, SpvDecorationNonWritable);
    }
    root->view[shift] = variable;
    return variable;
}

/* Makes the remainder of the bound offset known, in the first block. */
void resource_buffer(struct translator *t, struct root *root)
{
    unsigned block =
        t->entry.stage == PVG_STAGE_FRAGMENT ? PVG_PUSH_REMAINDER_SET1 : PVG_PUSH_REMAINDER_SET0;
    uint32_t word;

    if (t->entry.stage == PVG_STAGE_OBJECT) {
        return; /* set 2 has no remainders: its offsets are multiples of the device's alignment */
    }
    word = resource_push(t, block + (root->index & ~3u));
    root->base = spirv_op(&t->spirv, SpvOpBitFieldUExtract, u32_type(t), word,
                          u32_constant(t, 8 * (root->index & 3) + root->shift),
                          u32_constant(t, 8 - root->shift));
}

/* ---- Textures ---- */

static const char *const texture_kinds[PVG_KIND_COUNT] = {
    [PVG_KIND_1D] = "texture_1d",
    [PVG_KIND_1D_ARRAY] = "texture_1d_array",
    [PVG_KIND_2D] = "texture_2d",
    [PVG_KIND_2D_ARRAY] = "texture_2d_array",
    [PVG_KIND_2D_MS] = "texture_2d_ms",
    [PVG_KIND_2D_MS_ARRAY] = "texture_2d_ms_array",
    [PVG_KIND_3D] = "texture_3d",
    [PVG_KIND_CUBE] = "texture_cube",
    [PVG_KIND_CUBE_ARRAY] = "texture_cube_array",
    [PVG_KIND_BUFFER] = "texture_buffer_1d",
    [PVG_KIND_DEPTH_2D] = "depth_2d",
    [PVG_KIND_DEPTH_2D_ARRAY] = "depth_2d_array",
    [PVG_KIND_DEPTH_2D_MS] = "depth_2d_ms",
    [PVG_KIND_DEPTH_2D_MS_ARRAY] = "depth_2d_ms_array",
    [PVG_KIND_DEPTH_CUBE] = "depth_cube",
    [PVG_KIND_DEPTH_CUBE_ARRAY] = "depth_cube_array",
};

static SpvDim spirv_dim(enum pvg_texture_dimension dimension)
{
    static const SpvDim dims[] = {SpvDim1D, SpvDim2D, SpvDim3D, SpvDimCube, SpvDimBuffer};

    return dims[dimension];
}

static void need_texture(struct translator *t, const struct texture *texture)
{
    struct spirv_builder *b = &t->spirv;

    switch (texture->dimension) {
    case PVG_TEXTURE_1D:
        spirv_capability(b, texture->storage ? SpvCapabilityImage1D : SpvCapabilitySampled1D);
        break;
    case PVG_TEXTURE_CUBE:
        if (texture->arrayed) {
            need(t, PVG_SHADER_FEATURE_BIT_CUBE_ARRAY, "cube arrays");
            spirv_capability(b, SpvCapabilitySampledCubeArray);
        }
        break;
    case PVG_TEXTURE_TEXEL_BUFFER:
        spirv_capability(b,
                         texture->storage ? SpvCapabilityImageBuffer : SpvCapabilitySampledBuffer);
        break;
    case PVG_TEXTURE_2D:
    case PVG_TEXTURE_3D:
        break;
    }
    if (texture->storage && texture->multisampled) {
        need(t, PVG_SHADER_FEATURE_BIT_STORAGE_MULTISAMPLE, "writable multisampled textures");
        spirv_capability(b, SpvCapabilityStorageImageMultisample);
        if (texture->arrayed) {
            spirv_capability(b, SpvCapabilityImageMSArray);
        }
    }
}

static SpvImageFormat storage_format(const struct texture *texture)
{
    return !texture->atomic                     ? SpvImageFormatUnknown
           : texture->class == PVG_CLASS_SIGNED ? SpvImageFormatR32i
                                                : SpvImageFormatR32ui;
}

/* Reading a storage image whose format the shader does not know is a feature. Without it a texture
 * argument has a twin (below); one out of memory has none. */
void resource_image_access(struct translator *t, const struct texture *texture, unsigned access)
{
    if (!texture->storage || texture->atomic) {
        return;
    }
    if ((access & PVG_ACCESS_READ) &&
        (texture->heap || has(t, PVG_SHADER_FEATURE_BIT_READ_WITHOUT_FORMAT))) {
        need(t, PVG_SHADER_FEATURE_BIT_READ_WITHOUT_FORMAT, "reading a texture out of memory");
        spirv_capability(&t->spirv, SpvCapabilityStorageImageReadWithoutFormat);
    }
    need(t, PVG_SHADER_FEATURE_BIT_WRITE_WITHOUT_FORMAT, "writing a texture");
    spirv_capability(&t->spirv, SpvCapabilityStorageImageWriteWithoutFormat);
}

enum pvg_component_class resource_class_from_name(const char *type_name)
{
    const char *open = strrchr(type_name, '<');

    if (open) {
        if (g_str_has_prefix(open + 1, "float") || g_str_has_prefix(open + 1, "half")) {
            return PVG_CLASS_FLOAT;
        }
        if (g_str_has_prefix(open + 1, "uint") || g_str_has_prefix(open + 1, "ushort")) {
            return PVG_CLASS_UNSIGNED;
        }
        if (g_str_has_prefix(open + 1, "int") || g_str_has_prefix(open + 1, "short")) {
            return PVG_CLASS_SIGNED;
        }
    }
    return PVG_CLASS_NONE;
}

/* Queries do not say what texels are made of: other calls or the type's name do. */
enum pvg_component_class resource_class_from_uses(LLVMValueRef handle)
{
    for (LLVMUseRef use = LLVMGetFirstUse(handle); use; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);
        const char *name = LLVMIsACallInst(user) ? LLVMGetValueName(LLVMGetCalledValue(user)) : "";

        if (strstr(name, ".u.")) {
            return PVG_CLASS_UNSIGNED;
        }
        if (strstr(name, ".s.")) {
            return PVG_CLASS_SIGNED;
        }
        if (strstr(name, "f32") || strstr(name, "f16")) {
            return PVG_CLASS_FLOAT;
        }
    }
    return PVG_CLASS_FLOAT;
}

/* Whether a call of air.<name>... uses the handle, or what comes out of an array of handles. */
static bool is_used_by(LLVMValueRef handle, const char *name, unsigned depth)
{
    for (LLVMUseRef use = LLVMGetFirstUse(handle); use && depth; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);

        if (LLVMIsACallInst(user)
                ? g_str_has_prefix(LLVMGetValueName(LLVMGetCalledValue(user)), name)
                : (LLVMIsAGetElementPtrInst(user) || LLVMIsALoadInst(user) ||
                   LLVMIsAExtractValueInst(user)) &&
                      is_used_by(user, name, depth - 1)) {
            return true;
        }
    }
    return false;
}

#define ARRAY_DEPTH 4 /* from an array to the call: index, index, load, and itself */

static uint32_t image_type(struct translator *t, const struct texture *texture, bool storage)
{
    return spirv_unique_type(
        &t->spirv, SpvOpTypeImage,
        SPIRV_WORDS(
            texture->scalar, texture->cube_as_array ? SpvDim2D : spirv_dim(texture->dimension),
            texture->depth, texture->arrayed || texture->cube_as_array, texture->multisampled,
            storage ? 2 : 1, storage ? texture->format : SpvImageFormatUnknown));
}

/* Reading a storage image whose format the shader does not know is a feature. Without it the same
 * texture is bound a second time, to be sampled: such devices are CPUs, which have one view of
 * memory. Spec: 02-errata-gpu row 43 offers variants by format instead. */
static void declare_twin(struct translator *t, struct texture *texture)
{
    struct spirv_builder *b = &t->spirv;

    if (texture->dimension == PVG_TEXTURE_1D) {
        spirv_capability(b, SpvCapabilitySampled1D);
    } else if (texture->dimension == PVG_TEXTURE_TEXEL_BUFFER) {
        spirv_capability(b, SpvCapabilitySampledBuffer);
    }
    texture->twin_type = image_type(t, texture, false);
    texture->twin = spirv_variable(b, SpvStorageClassUniformConstant, texture->twin_type, 0);
    bind(t, texture->twin, PVG_BINDING_SAMPLED + texture->index);
}

void resource_shape(struct texture *texture, enum pvg_texture_kind kind)
{
    struct pvg_kind_shape shape = pvg_kind_shape(kind);

    texture->kind = kind;
    texture->dimension = (enum pvg_texture_dimension)shape.dimension;
    texture->arrayed = shape.arrayed;
    texture->multisampled = shape.multisampled;
    texture->depth = shape.depth;
    texture->cube_as_array = texture->storage && texture->dimension == PVG_TEXTURE_CUBE;
}

void resource_image_type(struct translator *t, struct texture *texture, unsigned access)
{
    struct spirv_builder *b = &t->spirv;

    texture->scalar = texture->class == PVG_CLASS_FLOAT    ? spirv_float(b, 32)
                      : texture->class == PVG_CLASS_SIGNED ? spirv_sint(b)
                                                           : spirv_int(b, 32);
    need_texture(t, texture);
    texture->access = access;
    if (texture->storage) {
        texture->format = storage_format(texture);
        resource_image_access(t, texture, access);
    }
    texture->type = image_type(t, texture, texture->storage);
}

static void declare_texture(struct translator *t, struct texture *texture, unsigned access)
{
    struct spirv_builder *b = &t->spirv;

    resource_image_type(t, texture, access);
    texture->variable = spirv_variable(b, SpvStorageClassUniformConstant, texture->type, 0);
    bind(t, texture->variable,
         (texture->storage ? PVG_BINDING_STORAGE : PVG_BINDING_SAMPLED) + texture->index);
    if (!texture->storage) {
        return;
    }
    if ((access & PVG_ACCESS_READ) && !texture->atomic &&
        !has(t, PVG_SHADER_FEATURE_BIT_READ_WITHOUT_FORMAT)) {
        declare_twin(t, texture);
    }
    if (!(access & PVG_ACCESS_READ) || texture->twin) {
        spirv_decorate(b, texture->variable, SpvDecorationNonReadable);
    }
    if (access & PVG_ACCESS_WRITE) {
        t->reflection->flags |= PVG_SHADER_WRITES_MEMORY;
    } else {
        spirv_decorate(b, texture->variable, SpvDecorationNonWritable);
    }
}

struct texture *resource_texture(struct translator *t, struct root *root, LLVMValueRef handle,
                                 const char *name, enum pvg_component_class component)
{
    struct texture *texture = root->texture;
    enum pvg_texture_kind kind = 0;

    while (kind < PVG_KIND_COUNT && strcmp(texture_kinds[kind], name) != 0) {
        kind++;
    }
    if (kind == PVG_KIND_COUNT) {
        refuse(t, PVG_TRANSLATE_INTRINSIC, "unknown kind of texture \"%s\"", name);
    }
    if (root->kind == ROOT_HEAP) {
        return heap_texture(t, handle, kind, component);
    }
    if (root->kind != ROOT_TEXTURE || !root->argument) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a texture that is no texture argument");
    }
    if (!texture) {
        texture = root->texture = keep(t, sizeof(*texture));
        texture->index = root->index;
        texture->count = 1;
        texture->storage = (!root->argument->sampled && root->argument->access) ||
                           (root->argument->access & PVG_ACCESS_WRITE);
        resource_shape(texture, kind);
        /* a cube whose faces are read is seen as an array of them, and is not sampled as a cube */
        texture->cube_as_array |=
            texture->dimension == PVG_TEXTURE_CUBE && is_used_by(root->value, "air.read_", ARRAY_DEPTH);
        texture->class =
            component ? component : resource_class_from_name(root->argument->type_name);
        if (!texture->class) {
            texture->class = resource_class_from_uses(root->argument->count == 1 ? root->value : handle);
        }
        texture->atomic = is_used_by(root->value, "air.atomic_", ARRAY_DEPTH);
        declare_texture(t, texture, root->argument->access);
        g_ptr_array_add(t->textures, texture);
    }
    if (texture->kind != kind || (component && component != texture->class)) {
        refuse(t, PVG_TRANSLATE_MODULE, "texture %u used as two kinds", texture->index);
    }
    return texture;
}

/* ---- Samplers ---- */

static uint32_t constant_sampler(struct translator *t, struct root *root, bool compare)
{
    struct pvg_shader_reflection *r = t->reflection;
    uint32_t i = 0;

    while (i < r->constant_sampler_count && (r->constant_samplers[i].word[0] != root->words[0] ||
                                             r->constant_samplers[i].word[1] != root->words[1] ||
                                             r->constant_samplers[i].compare != compare)) {
        i++;
    }
    if (i == PVG_SHADER_CONSTANT_SAMPLERS) {
        refuse(t, PVG_TRANSLATE_LIMIT, "more than %d constant samplers",
               PVG_SHADER_CONSTANT_SAMPLERS);
    }
    if (i == r->constant_sampler_count) {
        r->constant_samplers[i].word[0] = root->words[0];
        r->constant_samplers[i].word[1] = root->words[1];
        r->constant_samplers[i].compare = compare;
        r->constant_sampler_count++;
        t->constant_sampler[i] =
            spirv_variable(&t->spirv, SpvStorageClassUniformConstant,
                           spirv_unique_type(&t->spirv, SpvOpTypeSampler, NULL, 0), 0);
        bind(t, t->constant_sampler[i], PVG_BINDING_CONSTANT_SAMPLER + i);
    }
    return t->constant_sampler[i];
}

/* The variable of a sampler root. */
uint32_t resource_sampler(struct translator *t, struct root *root, bool compare)
{
    if (root->kind == ROOT_CONSTANT_SAMPLER) {
        return constant_sampler(t, root, compare);
    }
    if (root->kind != ROOT_SAMPLER || root->argument->count != 1) {
        refuse(t, PVG_TRANSLATE_INTRINSIC, "a sampler operand that is no sampler argument");
    }
    if (!root->sampler[compare]) {
        root->sampler[compare] =
            spirv_variable(&t->spirv, SpvStorageClassUniformConstant,
                           spirv_unique_type(&t->spirv, SpvOpTypeSampler, NULL, 0), 0);
        bind(t, root->sampler[compare],
             (compare ? PVG_BINDING_COMPARE : PVG_BINDING_SAMPLER) + root->index);
    }
    return root->sampler[compare];
}

/* ---- The record ---- */

static void report_buffer(struct translator *t, const struct root *root)
{
    struct pvg_shader_reflection *r = t->reflection;
    const struct argument *a = root->argument;
    struct pvg_shader_buffer *out = &r->buffers[r->buffer_count];
    bool used = false;

    for (unsigned view = 0; view < VIEWS; view++) {
        used |= root->view[view] != 0;
    }
    if (!used) {
        return; /* no binding */
    }
    for (uint32_t i = 0; i < r->buffer_count; i++) {
        if (r->buffers[i].index == root->index) {
            refuse(t, PVG_TRANSLATE_METADATA, "two buffers at index %u", root->index);
        }
    }
    out->index = (uint8_t)root->index;
    out->access = (uint8_t)root->access;
    out->alignment = (uint8_t)(1u << root->shift);
    out->size = a->size;
    out->element_size = a->element_size;
    out->argument_buffer = a->kind == ARGUMENT_INDIRECT_BUFFER;
    r->buffer_count++;
    if (out->argument_buffer) {
        metadata_members(t, a);
    }
}

static void report_texture(struct translator *t, const struct texture *texture)
{
    struct pvg_shader_reflection *r = t->reflection;

    if (r->texture_count == PVG_SHADER_TEXTURES) {
        refuse(t, PVG_TRANSLATE_LIMIT, "more than %d textures", PVG_SHADER_TEXTURES);
    }
    r->textures[r->texture_count++] = (struct pvg_shader_texture){
        .index = (uint8_t)texture->index,
        .count = (uint8_t)texture->count,
        .dimension = (uint8_t)texture->dimension,
        .arrayed = texture->arrayed,
        .multisampled = texture->multisampled,
        .component_class = (uint8_t)texture->class,
        .depth = texture->depth,
        .storage = texture->storage,
        .access = (uint8_t)texture->access,
        .sampled_twin = texture->twin != 0,
        .atomic = texture->atomic,
        .cube_as_array = texture->cube_as_array,
    };
}

void resource_report(struct translator *t)
{
    struct pvg_shader_reflection *r = t->reflection;

    for (guint i = 0; i < t->roots->len; i++) {
        const struct root *root = t->roots->pdata[i];

        if (root->kind == ROOT_BUFFER) {
            report_buffer(t, root);
        } else if (root->kind == ROOT_THREADGROUP && root->argument && root->view[2]) {
            r->threadgroups[r->threadgroup_count++].index = root->index;
        } else if (root->kind == ROOT_SAMPLER && (root->sampler[0] || root->sampler[1])) {
            if (r->sampler_count == PVG_SHADER_SAMPLERS) {
                refuse(t, PVG_TRANSLATE_METADATA, "samplers that share an index");
            }
            r->samplers[r->sampler_count++] = (struct pvg_shader_sampler){
                .index = (uint8_t)root->index,
                .plain = root->sampler[0] != 0,
                .compare = root->sampler[1] != 0,
            };
        }
    }
    for (guint i = 0; i < t->textures->len; i++) {
        report_texture(t, t->textures->pdata[i]);
    }
}
