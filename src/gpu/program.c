/* SPDX-License-Identifier: MIT */
/* From a translated function to a Vulkan module and layout. */
#include <string.h>

#include "gpu/heaps.h"
#include "vulkan/shader_features.h"

static void function_destroy(struct pvg_gpu_object *object)
{
    struct pvg_function *function = (struct pvg_function *)object;

    pvg_shader_source_unref(function->source);
    g_free(function);
}

enum pvg_refusal pvg_function_create(struct pvg_gpu *gpu, struct pvg_space space,
                                     struct pvg_gva code, uint32_t size, struct pvg_function **out)
{
    g_autofree uint8_t *blob = NULL;
    struct pvg_shader_source *source;
    struct pvg_function *function;
    enum pvg_refusal why;

    if (!size || size > PVG_SHADER_MAX_AIR) {
        return PVG_REFUSED_LIMIT;
    }
    blob = g_try_malloc(size);
    if (!blob) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    why = pvg_space_read(gpu->memory, space, code, blob, size);
    if (why == PVG_ACCEPTED) {
        why = pvg_shader_source_from_blob(blob, size, &source);
    }
    if (why != PVG_ACCEPTED) {
        return why;
    }
    function = g_new0(struct pvg_function, 1);
    pvg_gpu_object_init(&function->base, PVG_GPU_FUNCTION, function_destroy);
    function->source = source;
    *out = function;
    return PVG_ACCEPTED;
}

/* Not handed on: what the device has, and the executor does not do. */
#define NOT_EXECUTED (PVG_SHADER_FEATURE(MESH) | PVG_SHADER_FEATURE(MULTIVIEW))

uint64_t pvg_shader_features_of(const struct pvg_vk *vk)
{
    const uint64_t heaps = pvg_heap_slots_of(vk) ? 0 : PVG_SHADER_FEATURE(DESCRIPTOR_INDEXING);

    return pvg_vk_shader_features(vk) & ~NOT_EXECUTED & ~heaps;
}

bool pvg_stage_program_init(struct pvg_vk *vk, struct pvg_shader *shader,
                            struct pvg_stage_program *out)
{
    out->shader = pvg_shader_ref(shader);
    return pvg_vk_check(vk, vk->fn.vkCreateShaderModule(
                                vk->device,
                                &(VkShaderModuleCreateInfo){
                                    .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                    .codeSize = shader->translation.word_count * sizeof(uint32_t),
                                    .pCode = shader->translation.words,
                                },
                                NULL, &out->module)) == VK_SUCCESS;
}

void pvg_stage_program_finish(struct pvg_vk *vk, struct pvg_stage_program *program)
{
    vk->fn.vkDestroyShaderModule(vk->device, program->module, NULL);
    pvg_shader_unref(program->shader);
    *program = (struct pvg_stage_program){0};
}

VkPipeline pvg_kernel_build(struct pvg_vk *vk, VkShaderModule module,
                            const VkSpecializationInfo *constants, VkPipelineLayout layout)
{
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage =
            {
                .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                .module = module,
                .pName = "main",
                .pSpecializationInfo = constants,
            },
        .layout = layout,
    };
    VkPipeline handle = VK_NULL_HANDLE;

    if (pvg_vk_check(vk, vk->fn.vkCreateComputePipelines(vk->device, vk->pipeline_cache, 1, &info,
                                                         NULL, &handle)) != VK_SUCCESS) {
        return VK_NULL_HANDLE;
    }
    return handle;
}

/* ---- Layouts ---- */

#define MOST_BINDINGS                                                                              \
    (PVG_SHADER_BUFFERS + 2 * PVG_SHADER_TEXTURES + 2 * PVG_SHADER_SAMPLERS +                      \
     PVG_SHADER_CONSTANT_SAMPLERS + PVG_SHADER_COLOURS)

struct bindings {
    VkDescriptorSetLayoutBinding at[MOST_BINDINGS];
    uint32_t count;
    VkSampler constant[PVG_SHADER_CONSTANT_SAMPLERS]; /* borrowed from the cache */
};

static VkDescriptorSetLayoutBinding *add(struct bindings *b, uint32_t binding,
                                         VkDescriptorType type, uint32_t count,
                                         VkShaderStageFlags stages)
{
    b->at[b->count] = (VkDescriptorSetLayoutBinding){
        .binding = binding,
        .descriptorType = type,
        .descriptorCount = count,
        .stageFlags = stages,
    };
    return &b->at[b->count++];
}

/* The words of a sampler that stands in the shader itself. Reserved values mean the default of the
 * field. Spec: 70-air 6. */
static void describe_constant(const struct pvg_shader_constant_sampler *constant,
                              struct pvg_sampler_description *out)
{
    static const uint8_t address[8] = {
        PVG_WIRE_ADDRESS_MODE_CLAMP_TO_ZERO,
        PVG_WIRE_ADDRESS_MODE_CLAMP_TO_EDGE,
        PVG_WIRE_ADDRESS_MODE_REPEAT,
        PVG_WIRE_ADDRESS_MODE_MIRROR_REPEAT,
        PVG_WIRE_ADDRESS_MODE_CLAMP_TO_BORDER_COLOR,
        PVG_WIRE_ADDRESS_MODE_CLAMP_TO_EDGE,
        PVG_WIRE_ADDRESS_MODE_CLAMP_TO_EDGE,
        PVG_WIRE_ADDRESS_MODE_CLAMP_TO_EDGE,
    };
    static const uint8_t compare[16] = {
        PVG_WIRE_COMPARE_NEVER,     PVG_WIRE_COMPARE_LESS,          PVG_WIRE_COMPARE_LESS_EQUAL,
        PVG_WIRE_COMPARE_GREATER,   PVG_WIRE_COMPARE_GREATER_EQUAL, PVG_WIRE_COMPARE_EQUAL,
        PVG_WIRE_COMPARE_NOT_EQUAL, PVG_WIRE_COMPARE_ALWAYS,        PVG_WIRE_COMPARE_NEVER,
    };
    const uint64_t word = constant->word[0];
    const float lod_max = pvg_half_to_float((uint16_t)(word >> 40));

    memset(out, 0, sizeof(*out)); /* its bytes are a key */
    out->address[0] = address[word & 7];
    out->address[1] = address[word >> 3 & 7];
    out->address[2] = address[word >> 6 & 7];
    out->mag_linear = (word >> 9 & 3) != 0; /* bicubic: linear */
    out->min_linear = (word >> 11 & 3) != 0;
    out->mip = (word >> 13 & 3) % 3;
    out->pixel_coordinates = word >> 15 & 1;
    out->compare = compare[word >> 16 & 15];
    out->anisotropy = (uint8_t)((word >> 20 & 15) + 1);
    out->border = (word >> 56 & 3) % 3;
    pvg_sampler_clamp(out, pvg_half_to_float((uint16_t)(word >> 24)),
                      lod_max == 0 && word >> 63 ? 65504 : lod_max);
}

static VkShaderStageFlags stage_flag(const struct pvg_shader_reflection *r)
{
    static const VkShaderStageFlags flags[] = {
        [PVG_STAGE_VERTEX] = VK_SHADER_STAGE_VERTEX_BIT,
        [PVG_STAGE_FRAGMENT] = VK_SHADER_STAGE_FRAGMENT_BIT,
        [PVG_STAGE_KERNEL] = VK_SHADER_STAGE_COMPUTE_BIT,
        [PVG_STAGE_EVALUATION] = VK_SHADER_STAGE_TESSELLATION_EVALUATION_BIT,
    };

    return flags[r->stage];
}

static bool collect(struct pvg_gpu *gpu, const struct pvg_shader_reflection *r, struct bindings *b)
{
    const VkShaderStageFlags stage = stage_flag(r);

    for (uint32_t i = 0; i < r->buffer_count; i++) {
        add(b, PVG_BINDING_BUFFER + r->buffers[i].index, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1,
            stage);
    }
    for (uint32_t i = 0; i < r->texture_count; i++) {
        const struct pvg_shader_texture *t = &r->textures[i];
        const bool texels = t->dimension == PVG_TEXTURE_TEXEL_BUFFER;

        if (t->storage) {
            add(b, PVG_BINDING_STORAGE + t->index,
                texels ? VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER : VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
                t->count, stage);
        }
        if (!t->storage || t->sampled_twin) {
            add(b, PVG_BINDING_SAMPLED + t->index,
                texels ? VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER : VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE,
                t->count, stage);
        }
    }
    for (uint32_t i = 0; i < r->sampler_count; i++) {
        const struct pvg_shader_sampler *s = &r->samplers[i];

        if (s->plain) {
            add(b, PVG_BINDING_SAMPLER + s->index, VK_DESCRIPTOR_TYPE_SAMPLER, 1, stage);
        }
        if (s->compare) {
            add(b, PVG_BINDING_COMPARE + s->index, VK_DESCRIPTOR_TYPE_SAMPLER, 1, stage);
        }
    }
    for (uint32_t i = 0; i < r->constant_sampler_count; i++) {
        struct pvg_sampler_description description;

        describe_constant(&r->constant_samplers[i], &description);
        b->constant[i] =
            pvg_sampler_cache_get(&gpu->samplers, &description, r->constant_samplers[i].compare);
        if (!b->constant[i]) {
            return false;
        }
        add(b, PVG_BINDING_CONSTANT_SAMPLER + i, VK_DESCRIPTOR_TYPE_SAMPLER, 1, stage)
            ->pImmutableSamplers = &b->constant[i];
    }
    for (uint32_t i = 0; i < PVG_SHADER_COLOURS; i++) {
        if (r->colour_input_mask >> i & 1) {
            add(b, PVG_BINDING_COLOUR + i, VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT, 1, stage);
        }
    }
    return true;
}

/* The heaps of one stage; false when the device cannot have as many descriptors. */
static bool collect_heaps(struct pvg_gpu *gpu, const struct pvg_shader_reflection *r,
                          struct bindings *b)
{
    const VkPhysicalDeviceLimits *limits = &gpu->vk->properties.properties.limits;
    const uint64_t all = (uint64_t)r->heap_count * gpu->heap_slots;

    if (all + PVG_SHADER_TEXTURES >
            MIN(limits->maxPerStageResources, limits->maxPerStageDescriptorSampledImages) ||
        all + PVG_SHADER_BUFFERS > limits->maxPerStageDescriptorStorageBuffers ||
        all + PVG_SHADER_TEXTURES > limits->maxPerStageDescriptorStorageImages ||
        all + 2 * PVG_SHADER_SAMPLERS > limits->maxPerStageDescriptorSamplers) {
        return r->heap_count == 0;
    }
    for (uint32_t i = 0; i < r->heap_count; i++) {
        uint32_t at = 0;

        while (at < b->count && b->at[at].binding != r->heaps[i].binding) {
            at++;
        }
        if (at == b->count) {
            add(b, r->heaps[i].binding, pvg_heap_type(r->heaps[i].binding), gpu->heap_slots, 0);
        }
        b->at[at].stageFlags |= stage_flag(r);
    }
    return true;
}

bool pvg_pipeline_layout_init(struct pvg_gpu *gpu, const struct pvg_stage_program *const *stages,
                              unsigned count, struct pvg_pipeline_layout *out)
{
    struct pvg_vk *vk = gpu->vk;
    VkShaderStageFlags all = VK_SHADER_STAGE_ALL_GRAPHICS;
    VkResult result = VK_SUCCESS;

    for (unsigned set = 0; set < G_N_ELEMENTS(out->sets) && result == VK_SUCCESS; set++) {
        struct bindings bindings = {.count = 0};

        for (unsigned i = 0; i < count; i++) {
            const struct pvg_shader_reflection *r =
                stages[i] && stages[i]->shader ? &stages[i]->shader->translation.reflection : NULL;

            if (r && r->stage == PVG_STAGE_KERNEL) {
                all = VK_SHADER_STAGE_COMPUTE_BIT;
            }
            if (r && r->set == set && !collect(gpu, r, &bindings)) {
                return false;
            }
            if (r && set == PVG_SET_HEAPS && !collect_heaps(gpu, r, &bindings)) {
                return false;
            }
            if (r && r->stage == PVG_STAGE_EVALUATION && set == PVG_SET_PATCH) {
                for (uint32_t b = 0; b < 2; b++) { /* factors, numbers of patches */
                    add(&bindings, b, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1,
                        VK_SHADER_STAGE_TESSELLATION_CONTROL_BIT);
                }
            }
        }
        out->heaps |= set == PVG_SET_HEAPS && bindings.count;
        result = vk->fn.vkCreateDescriptorSetLayout(
            vk->device,
            &(VkDescriptorSetLayoutCreateInfo){
                .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                .bindingCount = bindings.count,
                .pBindings = bindings.at,
            },
            NULL, &out->sets[set]);
    }
    if (result == VK_SUCCESS) {
        result = vk->fn.vkCreatePipelineLayout(
            vk->device,
            &(VkPipelineLayoutCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                .setLayoutCount = G_N_ELEMENTS(out->sets),
                .pSetLayouts = out->sets,
                .pushConstantRangeCount = 1,
                .pPushConstantRanges = &(VkPushConstantRange){all, 0, PVG_PUSH_SIZE},
            },
            NULL, &out->handle);
    }
    return pvg_vk_check(vk, result) == VK_SUCCESS;
}

void pvg_pipeline_layout_finish(struct pvg_vk *vk, struct pvg_pipeline_layout *layout)
{
    vk->fn.vkDestroyPipelineLayout(vk->device, layout->handle, NULL);
    for (unsigned set = 0; set < G_N_ELEMENTS(layout->sets); set++) {
        vk->fn.vkDestroyDescriptorSetLayout(vk->device, layout->sets[set], NULL);
    }
    *layout = (struct pvg_pipeline_layout){0};
}

enum pvg_pipeline_state pvg_pipeline_state(const struct pvg_gpu_object *pipeline)
{
    const _Atomic int *state = pipeline->kind == PVG_GPU_COMPUTE_PIPELINE
                                   ? &((const struct pvg_compute_pipeline *)pipeline)->state
                                   : &((const struct pvg_render_pipeline *)pipeline)->state;

    return atomic_load_explicit((_Atomic int *)state, memory_order_acquire);
}
