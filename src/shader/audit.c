/* SPDX-License-Identifier: MIT */
/* One linear pass over a module's words: each instruction is checked against what the ones before
 * it declared. An id that was not declared before its use is of no kind and so never right. */
#include "shader/audit.h"

#include <stdint.h>
#include <string.h>

#include <glib.h>

#define SPV_ENABLE_UTILITY_CODE
#include <spirv/unified1/GLSL.std.450.h>
#include <spirv/unified1/spirv.h>

/* The header has it as C99 inline, which wants one external definition. */
extern inline void SpvHasResultAndType(SpvOp opcode, bool *hasResult, bool *hasResultType);

#define HEADER_WORDS   5u
#define DEFAULT_BUDGET (1u << 24)
#define MAX_MEMBERS    1024u /* with offsets, of all structs */

/* What an id is: the instruction that made it, and what later checks need of that. */
struct id {
    uint16_t op;      /* SpvOp, 0: not seen */
    uint16_t storage; /* pointers: SpvStorageClass; images: Dim; ints and floats: bits */
    uint32_t type;    /* of a value; of a pointer type: the pointee; of an array: the element */
    uint32_t value;   /* constants: low word; array types: length id; vectors: length */
    uint32_t words;   /* where its instruction begins */
    uint32_t set, binding;  /* UINT32_MAX: not decorated */
    uint32_t stride;        /* ArrayStride, 0: none */
    uint32_t size;          /* of a type: bytes; UINT64-safe by saturation; 0: unsized */
    bool clamped;           /* value: at most the constant, or spec constant, in `value` */
    bool assigned;          /* variable: stored to in another way than counting up */
    uint32_t header, merge; /* label of a continue block: those of its loop; 0: none */
};

/* The struct member offsets, kept for the two kinds of struct that have a layout. */
struct member {
    uint32_t type, index, offset;
};

struct audit {
    const uint32_t *words;
    uint32_t count;
    const struct pvg_translation *translation;
    const struct pvg_shader_options *options;
    struct pvg_error *error;
    struct id *ids;
    uint32_t bound;
    GArray *members; /* struct member */
    uint32_t glsl;   /* id of GLSL.std.450 */
    uint32_t entries;
    uint32_t push_constants;
    uint32_t private_bytes, workgroup_bytes;
    const uint32_t *before[4]; /* the last instructions, the latest first */
    uint32_t block;            /* label of the current one */
    uint32_t loops, bounded;   /* loops, and those of them that spend the budget */
    uint32_t budget;           /* the variable that counts iterations, 0: none yet */
    uint32_t mesh_vertices, mesh_primitives; /* declared by execution modes */
};

static bool reject(struct audit *a, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool reject(struct audit *a, const char *format, ...)
{
    char text[200];
    va_list arguments;

    va_start(arguments, format);
    g_vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    pvg_error_set(a->error, "the audit rejects the module: %s", text);
    return false;
}

/* The id's record; that of id 0, which is nothing, when it is out of bounds. */
static struct id *get(struct audit *a, uint32_t id)
{
    return &a->ids[id < a->bound ? id : 0];
}

/* ---- capabilities, extensions, entry point ---- */

/* Bits of PVG_SHADER_FEATURE that a capability needs; UINT64_MAX: not on the list at all. */
static uint64_t capability_needs(uint32_t capability)
{
    switch (capability) {
    case SpvCapabilityMatrix:
    case SpvCapabilityShader:
    case SpvCapabilitySampled1D:
    case SpvCapabilityImage1D:
    case SpvCapabilitySampledBuffer:
    case SpvCapabilityImageBuffer:
    case SpvCapabilityImageQuery:
    case SpvCapabilityDerivativeControl:
    case SpvCapabilityInterpolationFunction:
    case SpvCapabilityStorageImageExtendedFormats:
    case SpvCapabilityVulkanMemoryModel:
    case SpvCapabilityVulkanMemoryModelDeviceScope:
    case SpvCapabilityDemoteToHelperInvocation:
    case SpvCapabilityGroupNonUniform:
        return 0;
    case SpvCapabilityInt8:
        return PVG_SHADER_FEATURE(INT8);
    case SpvCapabilityInt16:
        return PVG_SHADER_FEATURE(INT16);
    case SpvCapabilityInt64:
        return PVG_SHADER_FEATURE(INT64);
    case SpvCapabilityFloat16:
        return PVG_SHADER_FEATURE(FLOAT16);
    case SpvCapabilityStorageBuffer8BitAccess:
        return PVG_SHADER_FEATURE(STORAGE8);
    case SpvCapabilityStorageBuffer16BitAccess:
        return PVG_SHADER_FEATURE(STORAGE16);
    case SpvCapabilityInt64Atomics:
        return PVG_SHADER_FEATURE(INT64_ATOMICS);
    case SpvCapabilityAtomicFloat32AddEXT:
        return PVG_SHADER_FEATURE(FLOAT_ATOMIC_ADD);
    case SpvCapabilityStorageImageReadWithoutFormat:
        return PVG_SHADER_FEATURE(READ_WITHOUT_FORMAT);
    case SpvCapabilityStorageImageWriteWithoutFormat:
        return PVG_SHADER_FEATURE(WRITE_WITHOUT_FORMAT);
    case SpvCapabilityMinLod:
        return PVG_SHADER_FEATURE(MIN_LOD);
    case SpvCapabilityImageGatherExtended:
        return PVG_SHADER_FEATURE(GATHER_EXTENDED);
    case SpvCapabilityImageCubeArray:
    case SpvCapabilitySampledCubeArray:
        return PVG_SHADER_FEATURE(CUBE_ARRAY);
    case SpvCapabilityStorageImageMultisample:
    case SpvCapabilityImageMSArray:
        return PVG_SHADER_FEATURE(STORAGE_MULTISAMPLE);
    case SpvCapabilityShaderNonUniform:
    case SpvCapabilitySampledImageArrayNonUniformIndexing:
    case SpvCapabilityStorageImageArrayNonUniformIndexing:
    case SpvCapabilityStorageBufferArrayNonUniformIndexing:
    case SpvCapabilityUniformTexelBufferArrayNonUniformIndexing:
    case SpvCapabilityStorageTexelBufferArrayNonUniformIndexing:
        return PVG_SHADER_FEATURE(DESCRIPTOR_INDEXING);
    case SpvCapabilityGroupNonUniformVote:
        return PVG_SHADER_FEATURE(SUBGROUP_VOTE);
    case SpvCapabilityGroupNonUniformBallot:
        return PVG_SHADER_FEATURE(SUBGROUP_BALLOT);
    case SpvCapabilityGroupNonUniformArithmetic:
        return PVG_SHADER_FEATURE(SUBGROUP_ARITHMETIC);
    case SpvCapabilityGroupNonUniformShuffle:
        return PVG_SHADER_FEATURE(SUBGROUP_SHUFFLE);
    case SpvCapabilityGroupNonUniformQuad:
        return PVG_SHADER_FEATURE(SUBGROUP_QUAD);
    case SpvCapabilityShaderLayer:
        return PVG_SHADER_FEATURE(OUTPUT_LAYER);
    case SpvCapabilityShaderViewportIndex:
    case SpvCapabilityMultiViewport:
        return PVG_SHADER_FEATURE(OUTPUT_VIEWPORT);
    case SpvCapabilityClipDistance:
        return PVG_SHADER_FEATURE(CLIP_DISTANCE);
    case SpvCapabilityDrawParameters:
        return PVG_SHADER_FEATURE(DRAW_PARAMETERS);
    case SpvCapabilityGeometry:
        return PVG_SHADER_FEATURE(GEOMETRY);
    case SpvCapabilitySampleRateShading:
        return PVG_SHADER_FEATURE(SAMPLE_SHADING);
    case SpvCapabilityStencilExportEXT:
        return PVG_SHADER_FEATURE(STENCIL_EXPORT);
    case SpvCapabilityFragmentBarycentricKHR:
        return PVG_SHADER_FEATURE(BARYCENTRICS);
    case SpvCapabilityMeshShadingEXT:
        return PVG_SHADER_FEATURE(MESH);
    case SpvCapabilityTessellation:
        return PVG_SHADER_FEATURE(TESSELLATION);
    case SpvCapabilityInputAttachment:
        return PVG_SHADER_FEATURE(COLOUR_INPUT);
    case SpvCapabilityMultiView:
        return PVG_SHADER_FEATURE(MULTIVIEW);
    case SpvCapabilityRoundingModeRTE:
        return PVG_SHADER_FEATURE(ROUND_NEAREST_16);
    case SpvCapabilitySignedZeroInfNanPreserve:
        return PVG_SHADER_FEATURE(PRESERVE_NAN_32);
    case SpvCapabilityDenormPreserve:
        return PVG_SHADER_FEATURE(DENORM_PRESERVE_32);
    default:
        return UINT64_MAX;
    }
}

static bool check_capability(struct audit *a, uint32_t capability)
{
    if (capability_needs(capability) & ~a->options->features) {
        return reject(a, "capability %u is not on this device's list", capability);
    }
    return true;
}

/* What a mesh function may claim: what its execution modes say, which the validator holds against
 * nothing. */
static void note_mode(struct audit *a, const uint32_t *at, uint32_t words)
{
    if (words == 4 && at[2] == SpvExecutionModeOutputVertices) {
        a->mesh_vertices = at[3];
    } else if (words == 4 && at[2] == SpvExecutionModeOutputPrimitivesEXT) {
        a->mesh_primitives = at[3];
    }
}

static bool check_mesh_outputs(struct audit *a, const uint32_t *at, uint32_t words)
{
    const struct id *vertices = get(a, words == 3 ? at[1] : 0);
    const struct id *primitives = get(a, words == 3 ? at[2] : 0);

    return (vertices->op == SpvOpConstant && vertices->value <= a->mesh_vertices &&
            primitives->op == SpvOpConstant && primitives->value <= a->mesh_primitives) ||
           reject(a, "a mesh claims more than it declares");
}

/* A literal string of at most @words words. */
static bool string_is(const uint32_t *at, uint32_t words, const char *expected)
{
    size_t size = strlen(expected) + 1;

    return size <= 4 * (size_t)words && !memcmp(at, expected, size);
}

static bool check_extension(struct audit *a, const uint32_t *at, uint32_t words)
{
    static const char *const known[] = {
        "SPV_EXT_shader_atomic_float_add",
        "SPV_EXT_shader_stencil_export",
        "SPV_EXT_mesh_shader",
        "SPV_KHR_fragment_shader_barycentric",
        "SPV_EXT_demote_to_helper_invocation",
        "SPV_KHR_multiview",
        "SPV_KHR_shader_draw_parameters",
        "SPV_KHR_float_controls",
        "SPV_KHR_vulkan_memory_model",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (string_is(at, words, known[i])) {
            return true;
        }
    }
    return reject(a, "an extension is not on the list");
}

static uint32_t model_of(uint32_t stage)
{
    switch ((enum pvg_shader_stage)stage) {
    case PVG_STAGE_VERTEX:
        return SpvExecutionModelVertex;
    case PVG_STAGE_FRAGMENT:
        return SpvExecutionModelFragment;
    case PVG_STAGE_KERNEL:
        return SpvExecutionModelGLCompute;
    case PVG_STAGE_MESH:
        return SpvExecutionModelMeshEXT;
    case PVG_STAGE_OBJECT:
        return SpvExecutionModelTaskEXT;
    case PVG_STAGE_EVALUATION:
        return SpvExecutionModelTessellationEvaluation;
    case PVG_STAGE_ANY:
        break;
    }
    return UINT32_MAX;
}

static bool check_entry_point(struct audit *a, const uint32_t *at, uint32_t words)
{
    uint32_t stage = a->translation->reflection.stage;

    if (words < 4 || ++a->entries > 1 || at[1] != model_of(stage) ||
        (a->options->stage != PVG_STAGE_ANY && a->options->stage != stage)) {
        return reject(a, "its entry point is not of the stage that was asked for");
    }
    if (!string_is(at + 3, words - 3, "main")) {
        return reject(a, "its entry point has another name");
    }
    return true;
}

/* ---- decorations: they come before what they decorate ---- */

static bool check_decoration(struct audit *a, const uint32_t *at, uint32_t words)
{
    struct id *target;

    if (words < 3 || !at[1] || at[1] >= a->bound) {
        return reject(a, "a decoration is short, or of nothing");
    }
    target = get(a, at[1]);
    switch (at[2]) {
    case SpvDecorationDescriptorSet:
        target->set = words > 3 ? at[3] : UINT32_MAX;
        break;
    case SpvDecorationBinding:
        target->binding = words > 3 ? at[3] : UINT32_MAX;
        break;
    case SpvDecorationArrayStride:
        target->stride = words > 3 ? at[3] : 0;
        break;
    case SpvDecorationRestrictPointer:
    case SpvDecorationAliasedPointer:
    case SpvDecorationLinkageAttributes:
        return reject(a, "decoration %u is not on the list", at[2]);
    default:
        break;
    }
    return true;
}

/* Only the block of push constants and those of storage buffers have a layout: few members. */
static bool note_member(struct audit *a, const uint32_t *at, uint32_t words)
{
    if (words == 5 && at[3] == SpvDecorationOffset) {
        struct member member = {at[1], at[2], at[4]};

        g_array_append_val(a->members, member);
    }
    return a->members->len <= MAX_MEMBERS || reject(a, "too many members have offsets");
}

static uint32_t member_offset(struct audit *a, uint32_t type, uint32_t index)
{
    for (guint i = 0; i < a->members->len; i++) {
        const struct member *member = &g_array_index(a->members, struct member, i);

        if (member->type == type && member->index == index) {
            return member->offset;
        }
    }
    return UINT32_MAX;
}

/* ---- types and their sizes ---- */

static uint32_t saturate(uint64_t value)
{
    return MIN(value, UINT32_MAX);
}

/* The number of elements of a fixed array or vector type; a specialised length counts as given. */
static uint32_t length_of(struct audit *a, const struct id *type)
{
    return type->op == SpvOpTypeArray ? get(a, type->value)->value : type->value;
}

static uint32_t struct_member(struct audit *a, const struct id *type, uint32_t index)
{
    uint32_t members = (a->words[type->words] >> 16) - 2;

    return index < members ? a->words[type->words + 2 + index] : 0;
}

static uint32_t struct_size(struct audit *a, const uint32_t *at, uint32_t words)
{
    uint64_t size = 0;

    for (uint32_t i = 2; i < words; i++) {
        uint32_t offset = member_offset(a, at[1], i - 2), part = get(a, at[i])->size;

        if (!part) {
            return 0;
        }
        size = offset != UINT32_MAX ? MAX(size, (uint64_t)offset + part) : size + part;
    }
    return saturate(size);
}

static bool is_constant(const struct id *id)
{
    return id->op == SpvOpConstant;
}

/* Records what a type is. Pointers inside of other types would be a way around every check. */
static bool note_type(struct audit *a, struct id *id, const uint32_t *at, uint32_t words)
{
    switch (id->op) {
    case SpvOpTypeBool:
        id->size = 4;
        return true;
    case SpvOpTypeInt:
    case SpvOpTypeFloat:
        if (words < 3 || at[2] > 64) {
            return reject(a, "a scalar type is wider than 64 bits");
        }
        id->storage = at[2];
        id->size = at[2] / 8;
        return true;
    case SpvOpTypeVector:
    case SpvOpTypeMatrix:
    case SpvOpTypeArray:
        if (words != 4) {
            return reject(a, "a composite type is short");
        }
        id->type = at[2];
        id->value = at[3];
        id->size = saturate((uint64_t)length_of(a, id) * get(a, at[2])->size);
        if (id->stride && length_of(a, id)) {
            id->size =
                saturate((uint64_t)id->stride * (length_of(a, id) - 1) + get(a, at[2])->size);
        }
        break;
    case SpvOpTypeRuntimeArray:
        if (words != 3) {
            return reject(a, "a composite type is short");
        }
        id->type = at[2];
        break;
    case SpvOpTypeStruct:
        for (uint32_t i = 2; i < words; i++) {
            if (get(a, at[i])->op == SpvOpTypePointer) {
                return reject(a, "a type contains a pointer");
            }
        }
        id->size = struct_size(a, at, words);
        return true;
    case SpvOpTypeImage:
        if (words < 9) {
            return reject(a, "an image type is short");
        }
        id->storage = at[3];
        id->value = at[7]; /* Sampled: 1 with a sampler, 2 storage */
        return true;
    case SpvOpTypePointer:
        if (words != 4) {
            return reject(a, "a pointer type is short");
        }
        id->storage = at[2];
        id->type = at[3];
        break;
    default:
        return true;
    }
    if (!get(a, id->type)->op || get(a, id->type)->op == SpvOpTypePointer) {
        return reject(a, "a type contains a pointer, or what was not declared");
    }
    return true;
}

/* ---- variables ---- */

enum descriptor {
    DESCRIPTOR_NONE,
    DESCRIPTOR_BUFFER,
    DESCRIPTOR_SAMPLED,
    DESCRIPTOR_STORAGE,
    DESCRIPTOR_SAMPLER,
    DESCRIPTOR_COLOUR,
};

/* The only type of a storage buffer: struct { scalar elements[]; }, tightly packed. */
static bool is_buffer_block(struct audit *a, uint32_t type_id)
{
    const struct id *block = get(a, type_id), *array, *element;

    if (block->op != SpvOpTypeStruct || a->words[block->words] >> 16 != 3 ||
        member_offset(a, type_id, 0) != 0) {
        return false;
    }
    array = get(a, struct_member(a, block, 0));
    if (array->op != SpvOpTypeRuntimeArray) {
        return false;
    }
    element = get(a, array->type);
    return (element->op == SpvOpTypeInt || element->op == SpvOpTypeFloat) &&
           array->stride == element->size;
}

static enum descriptor descriptor_of(struct audit *a, uint32_t storage, uint32_t type_id)
{
    const struct id *type = get(a, type_id);

    if (storage == SpvStorageClassStorageBuffer) {
        return is_buffer_block(a, type_id) ? DESCRIPTOR_BUFFER : DESCRIPTOR_NONE;
    }
    if (type->op == SpvOpTypeSampler) {
        return DESCRIPTOR_SAMPLER;
    }
    if (type->op != SpvOpTypeImage) {
        return DESCRIPTOR_NONE;
    }
    if (type->storage == SpvDimSubpassData) {
        return DESCRIPTOR_COLOUR;
    }
    return type->value == 1 ? DESCRIPTOR_SAMPLED : DESCRIPTOR_STORAGE;
}

static bool record_has_buffer(const struct pvg_shader_reflection *record, uint32_t index)
{
    for (uint32_t i = 0; i < record->buffer_count; i++) {
        if (record->buffers[i].index == index) {
            return true;
        }
    }
    return false;
}

static bool record_has_textures(const struct pvg_shader_reflection *record, uint32_t index,
                                uint32_t count, bool storage)
{
    for (uint32_t i = 0; i < record->texture_count; i++) {
        const struct pvg_shader_texture *texture = &record->textures[i];

        if (texture->index == index && texture->count == count &&
            (storage ? texture->storage : !texture->storage || texture->sampled_twin)) {
            return true;
        }
    }
    return false;
}

static bool record_has_sampler(const struct pvg_shader_reflection *record, uint32_t index,
                               bool compare)
{
    for (uint32_t i = 0; i < record->sampler_count; i++) {
        const struct pvg_shader_sampler *sampler = &record->samplers[i];

        if (sampler->index == index && (compare ? sampler->compare : sampler->plain)) {
            return true;
        }
    }
    return false;
}

/* Whether @count bindings from @binding on are of the kind that the model puts there, and in the
 * record (02-errata-gpu 2.2). */
static bool binding_fits(const struct pvg_shader_reflection *record, enum descriptor kind,
                         uint32_t binding, uint32_t count)
{
    switch (kind) {
    case DESCRIPTOR_BUFFER:
        return count == 1 && binding < PVG_SHADER_BUFFERS && record_has_buffer(record, binding);
    case DESCRIPTOR_SAMPLED:
        return binding >= PVG_BINDING_SAMPLED && binding < PVG_BINDING_STORAGE &&
               count <= PVG_BINDING_STORAGE - binding &&
               record_has_textures(record, binding - PVG_BINDING_SAMPLED, count, false);
    case DESCRIPTOR_STORAGE:
        return binding >= PVG_BINDING_STORAGE && binding < PVG_BINDING_SAMPLER &&
               count <= PVG_BINDING_SAMPLER - binding &&
               record_has_textures(record, binding - PVG_BINDING_STORAGE, count, true);
    case DESCRIPTOR_SAMPLER:
        if (count != 1 || binding < PVG_BINDING_SAMPLER || binding >= PVG_BINDING_COLOUR) {
            return false;
        }
        if (binding >= PVG_BINDING_CONSTANT_SAMPLER) {
            return binding - PVG_BINDING_CONSTANT_SAMPLER < record->constant_sampler_count;
        }
        return binding >= PVG_BINDING_COMPARE
                   ? record_has_sampler(record, binding - PVG_BINDING_COMPARE, true)
                   : record_has_sampler(record, binding - PVG_BINDING_SAMPLER, false);
    case DESCRIPTOR_COLOUR:
        return count == 1 && binding >= PVG_BINDING_COLOUR &&
               binding < PVG_BINDING_COLOUR + PVG_SHADER_COLOURS &&
               record->colour_input_mask >> (binding - PVG_BINDING_COLOUR) & 1;
    case DESCRIPTOR_NONE:
        break;
    }
    return false;
}

/* Whether an image of @type is what the heap at @binding has: the kind, the class of its texels,
 * and the format where operations depend on it. */
static bool heap_image_fits(struct audit *a, uint32_t binding, const struct id *type)
{
    const bool storage = binding >= PVG_HEAP_STORAGE;
    const uint32_t first = binding >= PVG_HEAP_ATOMIC ? PVG_HEAP_ATOMIC
                           : storage                  ? PVG_HEAP_STORAGE
                                                      : PVG_HEAP_SAMPLED;
    const struct pvg_kind_shape shape =
        pvg_kind_shape((enum pvg_texture_kind)((binding - first) / 4));
    const bool cube = shape.dimension == PVG_TEXTURE_CUBE;
    static const SpvDim dims[] = {SpvDim1D, SpvDim2D, SpvDim3D, SpvDimCube, SpvDimBuffer};
    const uint32_t *at = a->words + type->words;
    const struct id *texel = get(a, at[2]);
    const uint32_t sign = texel->op == SpvOpTypeInt ? a->words[texel->words + 3] : 0;
    const uint32_t format = first == PVG_HEAP_ATOMIC
                                ? sign ? SpvImageFormatR32i : SpvImageFormatR32ui
                                : SpvImageFormatUnknown;
    const uint32_t class = texel->op == SpvOpTypeFloat ? PVG_CLASS_FLOAT
                           : sign                      ? PVG_CLASS_SIGNED
                                                       : PVG_CLASS_UNSIGNED;

    return type->op == SpvOpTypeImage &&
           (texel->op == SpvOpTypeFloat || texel->op == SpvOpTypeInt) && texel->storage == 32 &&
           class == (binding - first) % 4 &&
           at[3] == (storage && cube ? SpvDim2D : dims[shape.dimension]) &&
           at[5] == (shape.arrayed || (storage && cube)) && at[6] == shape.multisampled &&
           at[7] == (storage ? 2u : 1u) && at[8] == format;
}

/* The heaps of set 3: arrays of exactly the length that the host fills, of one kind each. */
static bool check_heap(struct audit *a, const struct id *variable, uint32_t storage,
                       const struct id *array)
{
    const struct pvg_shader_reflection *record = &a->translation->reflection;
    const uint32_t slots = a->options->heap_slots ?: PVG_HEAP_SLOTS;
    const struct id *element = get(a, array->type);
    bool known = false, fits;

    for (uint32_t i = 0; i < record->heap_count; i++) {
        known |= record->heaps[i].binding == variable->binding;
    }
    if (variable->binding == PVG_HEAP_BUFFERS) {
        fits = storage == SpvStorageClassStorageBuffer && is_buffer_block(a, array->type);
    } else if (variable->binding == PVG_HEAP_SAMPLERS || variable->binding == PVG_HEAP_COMPARES) {
        fits = storage == SpvStorageClassUniformConstant && element->op == SpvOpTypeSampler;
    } else {
        fits = variable->binding >= PVG_HEAP_SAMPLED && variable->binding < PVG_HEAP_END &&
               storage == SpvStorageClassUniformConstant &&
               heap_image_fits(a, variable->binding, element);
    }
    if (!known || !fits || array->op != SpvOpTypeArray || !is_constant(get(a, array->value)) ||
        length_of(a, array) != slots ||
        !(a->options->features & PVG_SHADER_FEATURE(DESCRIPTOR_INDEXING))) {
        return reject(a, "the heap at binding %u is not one of the model", variable->binding);
    }
    return true;
}

static bool check_descriptor(struct audit *a, const struct id *variable, uint32_t storage,
                             uint32_t type_id)
{
    const struct id *type = get(a, type_id);
    uint32_t count = 1;

    if (variable->set == PVG_SET_HEAPS) {
        return check_heap(a, variable, storage, type);
    }
    if (type->op == SpvOpTypeArray) {
        count = get(a, type->value)->op == SpvOpConstant ? length_of(a, type) : 0;
        type_id = type->type;
    }
    if (!count || variable->set != a->translation->reflection.set ||
        !binding_fits(&a->translation->reflection, descriptor_of(a, storage, type_id),
                      variable->binding, count)) {
        return reject(a, "what is bound at set %u, binding %u does not belong there", variable->set,
                      variable->binding);
    }
    return true;
}

static bool add_bytes(uint32_t *total, uint32_t size, uint32_t limit)
{
    *total = saturate((uint64_t)*total + size);
    return size && *total <= limit;
}

static bool check_variable(struct audit *a, const struct id *variable, uint32_t storage)
{
    const struct id *pointer = get(a, variable->type);
    uint32_t limit = a->options->threadgroup_limit ?: 32768;

    if (pointer->op != SpvOpTypePointer || pointer->storage != storage) {
        return reject(a, "a variable is not of its pointer's storage class");
    }
    switch (storage) {
    case SpvStorageClassInput:
    case SpvStorageClassOutput:
        return true;
    case SpvStorageClassUniformConstant:
    case SpvStorageClassStorageBuffer:
        return check_descriptor(a, variable, storage, pointer->type);
    case SpvStorageClassPushConstant:
        if (++a->push_constants > 1 || get(a, pointer->type)->op != SpvOpTypeStruct ||
            !get(a, pointer->type)->size || get(a, pointer->type)->size > PVG_PUSH_SIZE) {
            return reject(a, "its push constants are not those of the model");
        }
        return true;
    case SpvStorageClassWorkgroup:
    case SpvStorageClassTaskPayloadWorkgroupEXT:
        if (!add_bytes(&a->workgroup_bytes, get(a, pointer->type)->size, limit)) {
            return reject(a, "its threadgroup memory is above %u bytes", limit);
        }
        return true;
    case SpvStorageClassPrivate:
    case SpvStorageClassFunction:
        if (!add_bytes(&a->private_bytes, get(a, pointer->type)->size, PVG_AUDIT_PRIVATE_LIMIT)) {
            return reject(a, "its private variables are above %u bytes", PVG_AUDIT_PRIVATE_LIMIT);
        }
        return true;
    default:
        return reject(a, "storage class %u is not on the list", storage);
    }
}

/* ---- access chains ---- */

/* Whether @limit_id is, for certain, at most the last index of an array whose length is
 * specialised: length - 1, written as such. */
static bool is_length_minus_one(struct audit *a, uint32_t limit_id, uint32_t length_id)
{
    const struct id *limit = get(a, limit_id);
    const uint32_t *at = a->words + limit->words;

    return limit->op == SpvOpSpecConstantOp && at[0] >> 16 == 6 && at[4] == length_id &&
           ((at[3] == SpvOpISub && is_constant(get(a, at[5])) && get(a, at[5])->value == 1) ||
            (at[3] == SpvOpIAdd && is_constant(get(a, at[5])) &&
             get(a, at[5])->value == UINT32_MAX));
}

/* Whether the value of @index_id is certain to be below the length of the array or vector. */
static bool index_fits(struct audit *a, const struct id *type, uint32_t index_id)
{
    const struct id *index = get(a, index_id);
    bool specialised = type->op == SpvOpTypeArray && !is_constant(get(a, type->value));

    if (is_constant(index)) {
        return specialised ? index->value == 0 : index->value < length_of(a, type);
    }
    if (!index->clamped) {
        return false;
    }
    if (specialised) {
        return is_length_minus_one(a, index->value, type->value);
    }
    return is_constant(get(a, index->value)) && get(a, index->value)->value < length_of(a, type);
}

static bool check_access_chain(struct audit *a, const uint32_t *at, uint32_t words)
{
    const struct id *base, *pointer;
    uint32_t type_id;
    bool constant_only;

    if (words < 4) {
        return reject(a, "an access chain is short");
    }
    base = get(a, at[3]);
    pointer = get(a, base->type);
    if ((base->op != SpvOpVariable && base->op != SpvOpAccessChain) ||
        pointer->op != SpvOpTypePointer || get(a, at[1])->op != SpvOpTypePointer ||
        get(a, at[1])->storage != pointer->storage) {
        return reject(a, "an access chain does not start at a variable");
    }
    constant_only = (pointer->storage == SpvStorageClassUniformConstant &&
                     !(base->op == SpvOpVariable && base->set == PVG_SET_HEAPS)) ||
                    pointer->storage == SpvStorageClassPushConstant;
    type_id = pointer->type;
    for (uint32_t i = 4; i < words; i++) {
        const struct id *type = get(a, type_id), *index = get(a, at[i]);

        if (constant_only && !is_constant(index)) {
            return reject(a, "a descriptor or push constant is chosen at run time");
        }
        switch (type->op) {
        case SpvOpTypeStruct:
            if (!is_constant(index)) {
                return reject(a, "a struct member is chosen at run time");
            }
            type_id = struct_member(a, type, index->value);
            break;
        case SpvOpTypeRuntimeArray: /* the descriptor's range bounds it */
            if (pointer->storage != SpvStorageClassStorageBuffer) {
                return reject(a, "a runtime array is not in a storage buffer");
            }
            type_id = type->type;
            break;
        case SpvOpTypeArray:
        case SpvOpTypeVector:
        case SpvOpTypeMatrix:
            if (!index_fits(a, type, at[i])) {
                return reject(a, "index %%%u may be outside its array", at[i]);
            }
            type_id = type->type;
            break;
        default:
            return reject(a, "an access chain enters what has no members");
        }
    }
    if (get(a, at[1])->type != type_id) {
        return reject(a, "an access chain ends at another type");
    }
    return true;
}

/* ---- the budget of loops, on a device that would not stop an endless one ---- */

/* Whether @at is @op, of @words words. */
static bool is_op(const uint32_t *at, SpvOp op, uint32_t words)
{
    return at && at[0] == (words << 16 | op);
}

/* Whether a store to a variable follows a load of it and an addition of 1. */
static bool counts_up(struct audit *a, const uint32_t *store, const uint32_t *add,
                      const uint32_t *load)
{
    return is_op(store, SpvOpStore, 3) && is_op(add, SpvOpIAdd, 5) && is_op(load, SpvOpLoad, 4) &&
           store[2] == add[2] && add[3] == load[2] && load[3] == store[1] &&
           is_constant(get(a, add[4])) && get(a, add[4])->value == 1;
}

static void note_store(struct audit *a, const uint32_t *at)
{
    if (!counts_up(a, at, a->before[0], a->before[1])) {
        get(a, at[1])->assigned = true;
    }
}

/* A private counter that begins at 0. */
static bool is_counter(struct audit *a, uint32_t id)
{
    const uint32_t *at = a->words + get(a, id)->words;

    return is_op(at, SpvOpVariable, 5) && at[3] == SpvStorageClassPrivate &&
           is_constant(get(a, at[4])) && get(a, at[4])->value == 0;
}

static bool check_loop(struct audit *a, const uint32_t *at, uint32_t words)
{
    struct id *next;

    if (words < 4 || !at[2] || at[2] >= a->bound || get(a, at[2])->header) {
        return reject(a, "a loop is short, or shares its continue block");
    }
    next = get(a, at[2]);
    next->header = a->block;
    next->merge = at[1];
    a->loops++;
    return true;
}

/* Ends a block. That of a loop's continue block has to count, and to leave at the limit:
 *     load, add 1, store, compare with the limit, go back or leave. */
static void note_branch(struct audit *a, const uint32_t *at)
{
    const uint32_t *compare = a->before[0];
    const struct id *block = get(a, a->block);
    uint32_t limit = a->options->budget ?: DEFAULT_BUDGET, counter;

    if (!block->header || !is_op(at, SpvOpBranchConditional, 4) || at[2] != block->header ||
        at[3] != block->merge || !is_op(compare, SpvOpULessThan, 5) || compare[2] != at[1] ||
        !counts_up(a, a->before[1], a->before[2], a->before[3]) || compare[3] != a->before[1][2] ||
        !is_constant(get(a, compare[4])) || get(a, compare[4])->value > limit) {
        return;
    }
    counter = a->before[1][1];
    if (is_counter(a, counter) && (!a->budget || a->budget == counter)) {
        a->budget = counter;
        a->bounded++;
    }
}

static bool check_budget(struct audit *a)
{
    if (a->options->features & PVG_SHADER_FEATURE(CPU) &&
        (a->bounded != a->loops || get(a, a->budget)->assigned)) {
        return reject(a, "%u of its %u loops have no bound", a->loops - a->bounded, a->loops);
    }
    return true;
}

/* ---- the pass ---- */

/* min(x, constant), in either order: what bounds an index. */
static void note_clamp(struct audit *a, struct id *id, const uint32_t *at, uint32_t words)
{
    if (words != 7 || at[4] != GLSLstd450UMin) {
        return;
    }
    for (unsigned i = 5; i < 7; i++) {
        uint16_t op = get(a, at[i])->op;

        if (op == SpvOpConstant || op == SpvOpSpecConstantOp) {
            id->clamped = true;
            id->value = at[i];
        }
    }
}

static bool check_import(struct audit *a, const uint32_t *at, uint32_t words)
{
    if (words < 3 || !string_is(at + 2, words - 2, "GLSL.std.450")) {
        return reject(a, "an imported instruction set is not on the list");
    }
    a->glsl = at[1];
    return true;
}

static bool check_result(struct audit *a, SpvOp op, const uint32_t *at, uint32_t words)
{
    struct id *id;

    if (words < 3) {
        return reject(a, "an instruction is short");
    }
    if (at[2] == 0 || at[2] >= a->bound || get(a, at[2])->op) {
        return reject(a, "id %u is out of bounds or defined twice", at[2]);
    }
    if (get(a, at[1])->op == SpvOpTypePointer && op != SpvOpVariable && op != SpvOpAccessChain &&
        op != SpvOpImageTexelPointer) {
        return reject(a, "instruction %u makes a pointer", op);
    }
    id = get(a, at[2]);
    id->op = op;
    id->type = at[1];
    id->words = at - a->words;
    switch (op) {
    case SpvOpConstant:
    case SpvOpSpecConstant:
        if (words < 4 || (words == 5 && at[4] != 0)) {
            id->value = UINT32_MAX; /* above any length */
        } else {
            id->value = at[3];
        }
        return true;
    case SpvOpVariable:
        if (words < 4) {
            return reject(a, "a variable is short");
        }
        return check_variable(a, id, at[3]);
    case SpvOpAccessChain:
        return check_access_chain(a, at, words);
    case SpvOpExtInst:
        if (words < 5 || at[3] != a->glsl || at[4] == GLSLstd450Frexp ||
            at[4] == GLSLstd450Modf) { /* these two write through pointers */
            return reject(a, "an extended instruction is not on the list");
        }
        note_clamp(a, id, at, words);
        return true;
    default:
        return true;
    }
}

static bool check_instruction(struct audit *a, const uint32_t *at, uint32_t words)
{
    SpvOp op = at[0] & 0xffff;
    bool has_result, has_type;
    struct id *id;

    switch (op) {
    case SpvOpCapability:
        return words == 2 ? check_capability(a, at[1]) : reject(a, "a capability is short");
    case SpvOpExtension:
        return check_extension(a, at + 1, words - 1);
    case SpvOpExtInstImport:
        return check_import(a, at, words);
    case SpvOpMemoryModel:
        return (words == 3 && at[1] == SpvAddressingModelLogical) ||
               reject(a, "its addressing model is not logical");
    case SpvOpEntryPoint:
        return check_entry_point(a, at, words);
    case SpvOpExecutionMode:
        note_mode(a, at, words);
        return true;
    case SpvOpSetMeshOutputsEXT:
        return check_mesh_outputs(a, at, words);
    case SpvOpDecorate:
        return check_decoration(a, at, words);
    case SpvOpMemberDecorate:
        return note_member(a, at, words);
    case SpvOpDecorationGroup:
    case SpvOpGroupDecorate:
    case SpvOpGroupMemberDecorate:
    case SpvOpDecorateId:
    case SpvOpPtrAccessChain:
    case SpvOpInBoundsAccessChain:
    case SpvOpInBoundsPtrAccessChain:
    case SpvOpConvertPtrToU:
    case SpvOpConvertUToPtr:
    case SpvOpCopyMemory:
    case SpvOpCopyMemorySized:
    case SpvOpTypeForwardPointer:
        return reject(a, "instruction %u is not on the list", op);
    case SpvOpStore:
        if (words < 3) {
            return reject(a, "a store is short");
        }
        note_store(a, at);
        return true;
    case SpvOpLoopMerge:
        return check_loop(a, at, words);
    case SpvOpBranchConditional:
        note_branch(a, at);
        return true;
    case SpvOpLabel:
        if (words != 2) {
            return reject(a, "a label is short");
        }
        a->block = at[1];
        break;
    default:
        break;
    }
    SpvHasResultAndType(op, &has_result, &has_type);
    if (has_type) {
        return check_result(a, op, at, words);
    }
    if (!has_result) {
        return true;
    }
    if (words < 2 || at[1] == 0 || at[1] >= a->bound || get(a, at[1])->op) {
        return reject(a, "an id is out of bounds or defined twice");
    }
    id = get(a, at[1]);
    id->op = op;
    id->words = at - a->words;
    return note_type(a, id, at, words);
}

static bool check_words(struct audit *a)
{
    for (uint32_t at = HEADER_WORDS; at < a->count;) {
        uint32_t words = a->words[at] >> 16;

        if (!words || words > a->count - at) {
            return reject(a, "an instruction runs over the end");
        }
        if (!check_instruction(a, a->words + at, words)) {
            return false;
        }
        memmove(a->before + 1, a->before, sizeof(a->before) - sizeof(a->before[0]));
        a->before[0] = a->words + at;
        at += words;
    }
    if (a->entries != 1) {
        return reject(a, "it has no entry point");
    }
    return check_budget(a);
}

bool pvg_shader_audit(const struct pvg_translation *translation,
                      const struct pvg_shader_options *options, struct pvg_error *error)
{
    struct audit a = {
        .words = translation->words,
        .count = translation->word_count,
        .translation = translation,
        .options = options,
        .error = error,
    };
    bool sound;

    if (!pvg_reflection_is_sound(&translation->reflection)) {
        return reject(&a, "its record is out of range");
    }
    /* Every id is made by an instruction of two words or more. */
    if (a.count < HEADER_WORDS || a.count > PVG_SHADER_MAX_WORDS || a.words[0] != SpvMagicNumber ||
        a.words[1] > 0x00010600 || a.words[3] > a.count || !a.words[3]) {
        return reject(&a, "its header is not one of SPIR-V 1.6");
    }
    a.bound = a.words[3];
    a.ids = g_try_new0(struct id, a.bound);
    if (!a.ids) {
        return reject(&a, "there is no memory to check it");
    }
    for (uint32_t i = 0; i < a.bound; i++) {
        a.ids[i].set = a.ids[i].binding = UINT32_MAX;
    }
    a.members = g_array_new(false, false, sizeof(struct member));
    sound = check_words(&a);
    g_array_unref(a.members);
    g_free(a.ids);
    return sound;
}
