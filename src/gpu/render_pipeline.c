/* SPDX-License-Identifier: MIT */
/* Render pipelines: the vertex function first, then the fragment function against its outputs, then
 * the Vulkan pipeline; everything that Vulkan 1.3 lets be dynamic is. Spec: 02-errata rows 18 to
 * 24; 40-render 13.3 to 13.8. */
#include <string.h>

#include "base/key_hash.h"
#include "gpu/metal.h"
#include "gpu/pipelines.h"
#include "gpu/tessellation.h"
#include "gpu/vertex_format.h"

struct variant {
    struct pvg_render_key key;
    VkPipeline handle;
};

static guint key_hash(gconstpointer data)
{
    return pvg_key_hash(data, sizeof(struct pvg_render_key));
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(struct pvg_render_key)) == 0;
}

static void render_pipeline_destroy(struct pvg_gpu_object *object)
{
    struct pvg_render_pipeline *pipeline = (struct pvg_render_pipeline *)object;
    struct pvg_vk *vk = pipeline->gpu->vk;
    GHashTableIter iterator;
    gpointer variant;

    g_hash_table_iter_init(&iterator, pipeline->variants);
    while (g_hash_table_iter_next(&iterator, NULL, &variant)) {
        vk->fn.vkDestroyPipeline(vk->device, ((struct variant *)variant)->handle, NULL);
    }
    g_hash_table_unref(pipeline->variants);
    pvg_stage_program_finish(vk, &pipeline->vertex);
    pvg_stage_program_finish(vk, &pipeline->fragment);
    pvg_pipeline_layout_finish(vk, &pipeline->layout);
    pvg_shader_source_unref(pipeline->fragment_source);
    g_mutex_clear(&pipeline->lock);
    g_free(pipeline);
}

/* ---- Building ---- */

struct vertex_input {
    VkVertexInputAttributeDescription attributes[PVG_MAX_ATTRIBUTES];
    VkVertexInputBindingDescription bindings[PVG_MAX_LAYOUTS];
    VkVertexInputBindingDivisorDescriptionEXT divisors[PVG_MAX_LAYOUTS];
    uint32_t attribute_count, binding_count, divisor_count;
};

static bool is_vertex_format(struct pvg_vk *vk, VkFormat format)
{
    VkFormatProperties properties;

    vkGetPhysicalDeviceFormatProperties(vk->physical, format, &properties);
    return properties.bufferFeatures & VK_FORMAT_FEATURE_VERTEX_BUFFER_BIT;
}

/* Only attributes that the shader reads: a format's class must match the input's. */
static bool describe_input(const struct pvg_render_pipeline *pipeline, struct vertex_input *in)
{
    const struct pvg_shader_reflection *r = &pipeline->vertex.shader->translation.reflection;
    const struct pvg_vertex_description *d = &pipeline->description.vertex;
    const VkPhysicalDeviceLimits *limits = &pipeline->gpu->vk->properties.properties.limits;
    uint32_t used = 0;

    for (uint32_t i = 0; i < r->attribute_count; i++) {
        const uint8_t location = r->attributes[i].location;
        const struct pvg_attribute_description *a = &d->attributes[location];
        const struct pvg_vertex_format *format = pvg_vertex_format_find(a->format);

        if (!format) {
            return false; /* the function reads what the descriptor does not have */
        }
        if (!is_vertex_format(pipeline->gpu->vk, format->vk)) {
            return false; /* FloatRGB9E5, on most devices */
        }
        if (a->offset > limits->maxVertexInputAttributeOffset) {
            return false;
        }
        in->attributes[in->attribute_count++] =
            (VkVertexInputAttributeDescription){location, a->buffer, format->vk, a->offset};
        used |= 1u << a->buffer;
    }
    for (uint32_t i = 0; i < PVG_MAX_LAYOUTS; i++) {
        const struct pvg_layout_description *l = &d->layouts[i];

        if (!(used >> i & 1)) {
            continue;
        }
        if (l->stride != PVG_STRIDE_DYNAMIC && l->stride > limits->maxVertexInputBindingStride) {
            return false;
        }
        /* Constant: vertex rate with stride 0; a divisor of 0 would read element firstInstance. */
        in->bindings[in->binding_count++] = (VkVertexInputBindingDescription){
            i, 0,
            l->step == PVG_STEP_INSTANCE ? VK_VERTEX_INPUT_RATE_INSTANCE
                                         : VK_VERTEX_INPUT_RATE_VERTEX};
        if (l->step == PVG_STEP_INSTANCE && l->rate != 1) {
            if (!pipeline->gpu->vk->features.divisor.vertexAttributeInstanceRateDivisor) {
                return false;
            }
            in->divisors[in->divisor_count++] =
                (VkVertexInputBindingDivisorDescriptionEXT){i, l->rate};
        }
        if (l->step > PVG_STEP_INSTANCE) {
            return false; /* per patch: tessellation */
        }
    }
    return true;
}

/* The host's channel of such a slot is red: what is said of alpha becomes true of colours. */
static bool holds_alpha(const struct pvg_colour_description *colour)
{
    return colour->format == PVG_WIRE_PIXEL_FORMAT_A8UNORM;
}

/* A factor of alpha, where the source has alpha in all channels and the destination in red. */
static VkBlendFactor alpha_in_red(uint8_t factor)
{
    switch (factor) {
    case PVG_WIRE_BLEND_FACTOR_DESTINATION_ALPHA:
        return VK_BLEND_FACTOR_DST_COLOR;
    case PVG_WIRE_BLEND_FACTOR_ONE_MINUS_DESTINATION_ALPHA:
        return VK_BLEND_FACTOR_ONE_MINUS_DST_COLOR;
    case PVG_WIRE_BLEND_FACTOR_SOURCE_ALPHA_SATURATED:
        return VK_BLEND_FACTOR_ONE;
    case PVG_WIRE_BLEND_FACTOR_BLEND_COLOR:
        return VK_BLEND_FACTOR_CONSTANT_ALPHA;
    case PVG_WIRE_BLEND_FACTOR_ONE_MINUS_BLEND_COLOR:
        return VK_BLEND_FACTOR_ONE_MINUS_CONSTANT_ALPHA;
    default: /* the guest's number: the others are the same in all channels */
        return pvg_metal_blend_factor(factor);
    }
}

static void move_alpha_to_red(const struct pvg_colour_description *colour,
                              VkPipelineColorBlendAttachmentState *out)
{
    out->srcColorBlendFactor = alpha_in_red(colour->source_alpha);
    out->dstColorBlendFactor = alpha_in_red(colour->destination_alpha);
    out->colorBlendOp = out->alphaBlendOp;
    out->colorWriteMask =
        out->colorWriteMask & VK_COLOR_COMPONENT_A_BIT ? VK_COLOR_COMPONENT_R_BIT : 0;
}

bool pvg_render_pipeline_tessellates(const struct pvg_render_pipeline *pipeline)
{
    return pipeline->vertex.shader->translation.reflection.stage == PVG_STAGE_EVALUATION;
}

/* Control points: floats at the first locations. Those that the guest left out show another's bytes
 * to a stage of ours, and to nobody behind it. */
static bool describe_points(const struct pvg_render_pipeline *pipeline, struct vertex_input *in)
{
    const struct pvg_vertex_description *d = &pipeline->description.vertex;
    const VkPhysicalDeviceLimits *limits = &pipeline->gpu->vk->properties.properties.limits;
    uint32_t used = 0;

    for (uint32_t i = 0; i < PVG_MAX_ATTRIBUTES; i++) {
        const struct pvg_attribute_description *a = &d->attributes[i];
        const struct pvg_vertex_format *format = pvg_vertex_format_find(a->format);

        if (!a->format) {
            continue;
        }
        if (i >= PVG_PATCH_ATTRIBUTES || format->numeric != PVG_NUMERIC_FLOAT ||
            d->layouts[a->buffer].step != PVG_STEP_CONTROL_POINT ||
            a->offset > limits->maxVertexInputAttributeOffset) {
            return false; /* per patch, per instance, integers */
        }
        while (in->attribute_count <= i) {
            in->attributes[in->attribute_count] = (VkVertexInputAttributeDescription){
                in->attribute_count, a->buffer, format->vk, a->offset};
            in->attribute_count++;
        }
        if (!(used >> a->buffer & 1)) {
            in->bindings[in->binding_count++] =
                (VkVertexInputBindingDescription){a->buffer, 0, VK_VERTEX_INPUT_RATE_VERTEX};
        }
        used |= 1u << a->buffer;
    }
    return in->attribute_count;
}

static void describe_blend(const struct pvg_render_pipeline *pipeline,
                           const struct pvg_render_key *key,
                           VkPipelineColorBlendAttachmentState out[PVG_MAX_COLOURS])
{
    for (unsigned i = 0; i < PVG_MAX_COLOURS; i++) {
        const struct pvg_colour_description *c = &pipeline->description.colours[i];

        out[i] = (VkPipelineColorBlendAttachmentState){0}; /* write mask 0: not drawn to */
        if (!c->format || key->colours[i] == VK_FORMAT_UNDEFINED) {
            continue;
        }
        out[i] = (VkPipelineColorBlendAttachmentState){
            .blendEnable = c->blending,
            .srcColorBlendFactor = pvg_metal_blend_factor(c->source_rgb),
            .dstColorBlendFactor = pvg_metal_blend_factor(c->destination_rgb),
            .colorBlendOp = pvg_metal_blend_operation(c->operation_rgb),
            .srcAlphaBlendFactor = pvg_metal_blend_factor(c->source_alpha),
            .dstAlphaBlendFactor = pvg_metal_blend_factor(c->destination_alpha),
            .alphaBlendOp = pvg_metal_blend_operation(c->operation_alpha),
            .colorWriteMask = pvg_metal_write_mask(c->write_mask),
        };
        if (holds_alpha(c)) {
            move_alpha_to_red(c, &out[i]);
        }
        if (pvg_pixel_format_find(c->format)->numeric != PVG_NUMERIC_FLOAT) {
            out[i].blendEnable = VK_FALSE; /* integers do not blend, in either API */
        }
    }
}

static const VkPrimitiveTopology class_topology[] = {
    VK_PRIMITIVE_TOPOLOGY_POINT_LIST,
    VK_PRIMITIVE_TOPOLOGY_LINE_LIST,
    VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST,
    VK_PRIMITIVE_TOPOLOGY_PATCH_LIST,
};

static VkPipelineShaderStageCreateInfo stage(VkShaderStageFlagBits which, VkShaderModule module)
{
    return (VkPipelineShaderStageCreateInfo){
        .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
        .stage = which,
        .module = module,
        .pName = "main",
    };
}

static VkPipeline build(struct pvg_render_pipeline *pipeline, const struct pvg_render_key *key)
{
    static const VkDynamicState dynamic[] = {
        VK_DYNAMIC_STATE_VIEWPORT_WITH_COUNT,
        VK_DYNAMIC_STATE_SCISSOR_WITH_COUNT,
        VK_DYNAMIC_STATE_DEPTH_BIAS,
        VK_DYNAMIC_STATE_BLEND_CONSTANTS,
        VK_DYNAMIC_STATE_STENCIL_COMPARE_MASK,
        VK_DYNAMIC_STATE_STENCIL_WRITE_MASK,
        VK_DYNAMIC_STATE_STENCIL_REFERENCE,
        VK_DYNAMIC_STATE_CULL_MODE,
        VK_DYNAMIC_STATE_FRONT_FACE,
        VK_DYNAMIC_STATE_PRIMITIVE_TOPOLOGY,
        VK_DYNAMIC_STATE_DEPTH_TEST_ENABLE,
        VK_DYNAMIC_STATE_DEPTH_WRITE_ENABLE,
        VK_DYNAMIC_STATE_DEPTH_COMPARE_OP,
        VK_DYNAMIC_STATE_STENCIL_TEST_ENABLE,
        VK_DYNAMIC_STATE_STENCIL_OP,
        VK_DYNAMIC_STATE_DEPTH_BIAS_ENABLE,
        VK_DYNAMIC_STATE_PRIMITIVE_RESTART_ENABLE,
        /* Last: with no bindings there is nothing that would set their strides. */
        VK_DYNAMIC_STATE_VERTEX_INPUT_BINDING_STRIDE,
    };
    struct pvg_vk *vk = pipeline->gpu->vk;
    const struct pvg_render_description *d = &pipeline->description;
    struct vertex_input input = {.attribute_count = 0};
    VkPipelineColorBlendAttachmentState blend[PVG_MAX_COLOURS];
    VkPipelineVertexInputDivisorStateCreateInfoEXT divisors = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_DIVISOR_STATE_CREATE_INFO_EXT,
        .pVertexBindingDivisors = input.divisors,
    };
    VkPipelineShaderStageCreateInfo stages[4];
    struct pvg_patch_stages patch = {0};
    uint32_t stage_count = 0;
    VkPipelineRenderingCreateInfo rendering = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO,
        .pColorAttachmentFormats = key->colours,
        .depthAttachmentFormat = key->depth,
        .stencilAttachmentFormat = key->stencil,
    };
    const uint32_t samples = key->samples;
    const VkSpecializationInfo sample_count = {
        1, &(VkSpecializationMapEntry){PVG_SPEC_SAMPLE_COUNT, 0, 4}, 4, &samples};
    uint32_t colours = 0;
    VkRenderPass pass = VK_NULL_HANDLE;
    VkPipeline handle = VK_NULL_HANDLE;

    if (key->patch_points ? !describe_points(pipeline, &input)
                          : !describe_input(pipeline, &input)) {
        return VK_NULL_HANDLE;
    }
    if (key->patch_points && !pvg_patch_stages_init(vk, input.attribute_count, key->patch_points,
                                                    &d->tessellation, &patch)) {
        pvg_patch_stages_finish(vk, &patch);
        return VK_NULL_HANDLE;
    }
    if (key->patch_points) {
        stages[stage_count++] = stage(VK_SHADER_STAGE_VERTEX_BIT, patch.vertex);
        stages[stage_count++] = stage(VK_SHADER_STAGE_TESSELLATION_CONTROL_BIT, patch.control);
    }
    stages[stage_count++] = stage(key->patch_points ? VK_SHADER_STAGE_TESSELLATION_EVALUATION_BIT
                                                    : VK_SHADER_STAGE_VERTEX_BIT,
                                  pipeline->vertex.module);
    if (pipeline->fragment.module) {
        stages[stage_count] = stage(VK_SHADER_STAGE_FRAGMENT_BIT, pipeline->fragment.module);
        stages[stage_count++].pSpecializationInfo = &sample_count;
    }
    divisors.vertexBindingDivisorCount = input.divisor_count;
    describe_blend(pipeline, key, blend);
    for (uint32_t i = 0; i < PVG_MAX_COLOURS; i++) {
        colours = key->colours[i] != VK_FORMAT_UNDEFINED ? i + 1 : colours;
    }
    if (key->fetches) { /* a render pass has references for all slots, rendering for those used */
        colours = PVG_MAX_COLOURS;
        pass = pvg_fetch_passes_get(&pipeline->gpu->fetch_passes, key);
        if (!pass) {
            pvg_patch_stages_finish(vk, &patch);
            return VK_NULL_HANDLE;
        }
    }
    rendering.colorAttachmentCount = colours;
    if (pvg_vk_check(
            vk,
            vk->fn.vkCreateGraphicsPipelines(
                vk->device, vk->pipeline_cache, 1,
                &(VkGraphicsPipelineCreateInfo){
                    .sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
                    .pNext = key->fetches ? NULL : &rendering,
                    .stageCount = stage_count,
                    .pStages = stages,
                    .pVertexInputState =
                        &(VkPipelineVertexInputStateCreateInfo){
                            .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO,
                            .pNext = input.divisor_count ? &divisors : NULL,
                            .vertexBindingDescriptionCount = input.binding_count,
                            .pVertexBindingDescriptions = input.bindings,
                            .vertexAttributeDescriptionCount = input.attribute_count,
                            .pVertexAttributeDescriptions = input.attributes,
                        },
                    .pInputAssemblyState =
                        &(VkPipelineInputAssemblyStateCreateInfo){
                            .sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
                            .topology = class_topology[key->topology_class],
                        },
                    .pTessellationState =
                        &(VkPipelineTessellationStateCreateInfo){
                            .sType = VK_STRUCTURE_TYPE_PIPELINE_TESSELLATION_STATE_CREATE_INFO,
                            .patchControlPoints = MAX(key->patch_points, 1),
                        },
                    .pViewportState =
                        &(VkPipelineViewportStateCreateInfo){
                            .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
                        },
                    .pRasterizationState =
                        &(VkPipelineRasterizationStateCreateInfo){
                            .sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO,
                            .depthClampEnable = key->depth_clamp,
                            .rasterizerDiscardEnable = !d->rasterization,
                            .polygonMode = key->lines ? VK_POLYGON_MODE_LINE : VK_POLYGON_MODE_FILL,
                            .lineWidth = 1,
                        },
                    .pMultisampleState =
                        &(VkPipelineMultisampleStateCreateInfo){
                            .sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
                            .rasterizationSamples = (VkSampleCountFlagBits)key->samples,
                            .alphaToCoverageEnable = d->alpha_to_coverage,
                            .alphaToOneEnable =
                                d->alpha_to_one && vk->features.core.features.alphaToOne,
                        },
                    .pDepthStencilState =
                        &(VkPipelineDepthStencilStateCreateInfo){
                            .sType = VK_STRUCTURE_TYPE_PIPELINE_DEPTH_STENCIL_STATE_CREATE_INFO,
                        },
                    .pColorBlendState =
                        &(VkPipelineColorBlendStateCreateInfo){
                            .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
                            .flags =
                                key->fetches
                                    ? VK_PIPELINE_COLOR_BLEND_STATE_CREATE_RASTERIZATION_ORDER_ATTACHMENT_ACCESS_BIT_EXT
                                    : 0,
                            .attachmentCount = colours,
                            .pAttachments = blend,
                        },
                    .pDynamicState =
                        &(VkPipelineDynamicStateCreateInfo){
                            .sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
                            .dynamicStateCount = G_N_ELEMENTS(dynamic) - (input.binding_count == 0),
                            .pDynamicStates = dynamic,
                        },
                    .layout = pipeline->layout.handle,
                    .renderPass = pass,
                },
                NULL, &handle)) != VK_SUCCESS) {
        handle = VK_NULL_HANDLE;
    }
    pvg_patch_stages_finish(vk, &patch);
    return handle;
}

static struct variant *get(struct pvg_render_pipeline *pipeline, const struct pvg_render_key *key,
                           bool *built)
{
    g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&pipeline->lock);
    struct variant *variant = g_hash_table_lookup(pipeline->variants, key);

    if (!variant) {
        *built = true;
        variant = g_new0(struct variant, 1);
        memcpy(&variant->key, key, sizeof(*key)); /* with its padding: compared as bytes */
        variant->handle = build(pipeline, key);
        g_hash_table_insert(pipeline->variants, &variant->key, variant);
    }
    return variant;
}

bool pvg_render_pipeline_fetches(const struct pvg_render_pipeline *pipeline)
{
    const struct pvg_shader *shader = pipeline->fragment.shader;

    return shader && shader->translation.reflection.colour_input_mask;
}

VkPipeline pvg_render_pipeline_get(struct pvg_render_pipeline *pipeline,
                                   const struct pvg_render_key *key)
{
    struct variant *latest = pipeline->latest;
    bool built = false;

    if (!latest || memcmp(&latest->key, key, sizeof(*key)) != 0) {
        latest = get(pipeline, key, &built);
        pipeline->latest = latest;
        pvg_count(pipeline->gpu->counts.variants, built);
    }
    return latest->handle;
}

/* ---- Translating, in compiler threads ---- */

static VkFormat host_format(const struct pvg_render_pipeline *pipeline, uint16_t ordinal)
{
    const struct pvg_pixel_format *format = pvg_pixel_format_find(ordinal);
    const struct pvg_host_format *host =
        format ? pvg_host_format_find(&pipeline->gpu->formats, format) : NULL;

    return host ? host->vk : VK_FORMAT_UNDEFINED;
}

/* The pipeline that a pass made for it will ask for, drawing triangles. */
static void build_likely(struct pvg_render_pipeline *pipeline)
{
    const struct pvg_render_description *d = &pipeline->description;
    struct pvg_render_key key;
    bool built;

    memset(&key, 0, sizeof(key));
    for (unsigned i = 0; i < PVG_MAX_COLOURS; i++) {
        key.colours[i] = host_format(pipeline, d->colours[i].format);
    }
    key.depth = host_format(pipeline, d->depth_format);
    key.stencil = host_format(pipeline, d->stencil_format);
    if (key.depth && key.stencil && key.depth != key.stencil) { /* two textures: joined_depth.c */
        key.depth = key.stencil =
            host_format(pipeline, PVG_WIRE_PIXEL_FORMAT_DEPTH32FLOAT_STENCIL8);
    }
    key.samples = d->samples;
    key.topology_class = 2;
    key.fetches = pvg_render_pipeline_fetches(pipeline);
    if (pvg_render_pipeline_tessellates(pipeline)) {
        key.topology_class = 3;
        key.patch_points = (uint8_t)pipeline->vertex.shader->translation.reflection.patch_points;
        if (!key.patch_points) {
            return; /* only the draw says */
        }
    }
    get(pipeline, &key, &built);
}

static void settle(struct pvg_render_pipeline *pipeline, bool ready)
{
    const struct pvg_stage_program *stages[] = {&pipeline->vertex, &pipeline->fragment};

    if (ready) {
        ready = pvg_pipeline_layout_init(pipeline->gpu, stages, G_N_ELEMENTS(stages),
                                         &pipeline->layout);
    }
    if (ready) {
        build_likely(pipeline);
    }
    atomic_store_explicit(&pipeline->state, ready ? PVG_PIPELINE_READY : PVG_PIPELINE_FAILED,
                          memory_order_release);
    pvg_gpu_pipeline_settled(pipeline->gpu);
    pvg_gpu_object_unref(&pipeline->base);
}

static bool is_stage_of_rendering(const struct pvg_shader *shader)
{
    const uint32_t stage = shader->translation.reflection.stage;

    return stage == PVG_STAGE_VERTEX || stage == PVG_STAGE_EVALUATION ||
           stage == PVG_STAGE_FRAGMENT;
}

static bool take_stage(struct pvg_render_pipeline *pipeline, struct pvg_shader *shader,
                       struct pvg_stage_program *out)
{
    if (shader->translation.status != PVG_TRANSLATE_DONE) {
        pvg_gpu_shader_failed(pipeline->gpu, shader);
        return false;
    }
    return is_stage_of_rendering(shader) && pvg_stage_program_init(pipeline->gpu->vk, shader, out);
}

static void fragment_compiled(struct pvg_shader *shader, void *user)
{
    struct pvg_render_pipeline *pipeline = user;

    settle(pipeline, take_stage(pipeline, shader, &pipeline->fragment));
}

static uint8_t component_class(uint8_t numeric)
{
    static const uint8_t classes[] = {
        [PVG_NUMERIC_FLOAT] = PVG_CLASS_FLOAT,
        [PVG_NUMERIC_SINT] = PVG_CLASS_SIGNED,
        [PVG_NUMERIC_UINT] = PVG_CLASS_UNSIGNED,
    };

    return classes[numeric];
}

static void vertex_compiled(struct pvg_shader *shader, void *user)
{
    struct pvg_render_pipeline *pipeline = user;
    g_autofree struct pvg_shader_options *options = NULL;

    if (shader->translation.reflection.stage == PVG_STAGE_FRAGMENT) {
        settle(pipeline, false); /* the guest named one for the vertex function */
        return;
    }
    if (!take_stage(pipeline, shader, &pipeline->vertex) || !pipeline->fragment_source) {
        settle(pipeline, pipeline->vertex.module != VK_NULL_HANDLE);
        return;
    }
    options = g_new0(struct pvg_shader_options, 1);
    options->features = pipeline->gpu->shader_features;
    options->heap_slots = pipeline->gpu->heap_slots;
    options->stage = PVG_STAGE_FRAGMENT;
    options->has_varyings = 1;
    options->varyings = shader->translation.reflection.varyings;
    options->has_colours = 1;
    for (unsigned i = 0; i < PVG_MAX_COLOURS; i++) {
        const struct pvg_pixel_format *format =
            pvg_pixel_format_find(pipeline->description.colours[i].format);

        options->colour_class[i] = format ? component_class(format->numeric) : PVG_CLASS_NONE;
        options->alpha_slots |= (uint8_t)(holds_alpha(&pipeline->description.colours[i]) << i);
    }
    pvg_compiler_submit(pipeline->gpu->compiler, pipeline->fragment_source, options,
                        fragment_compiled, pipeline);
}

struct pvg_render_pipeline *
pvg_render_pipeline_create(struct pvg_gpu *gpu, const struct pvg_render_description *description,
                           struct pvg_function *vertex, struct pvg_function *fragment)
{
    struct pvg_render_pipeline *pipeline = g_new0(struct pvg_render_pipeline, 1);
    g_autofree struct pvg_shader_options *options = g_new0(struct pvg_shader_options, 1);

    pvg_gpu_object_init(&pipeline->base, PVG_GPU_RENDER_PIPELINE, render_pipeline_destroy);
    g_mutex_init(&pipeline->lock);
    pipeline->gpu = gpu;
    pipeline->description = *description;
    pipeline->variants = g_hash_table_new_full(key_hash, key_equal, NULL, g_free);
    pipeline->fragment_source = fragment ? pvg_shader_source_ref(fragment->source) : NULL;
    options->features = gpu->shader_features;
    options->heap_slots = gpu->heap_slots;
    options->stage = PVG_STAGE_ANY; /* a vertex function, before or after tessellation */
    options->has_attributes = 1;
    for (unsigned i = 0; i < PVG_MAX_ATTRIBUTES; i++) {
        const struct pvg_vertex_format *format =
            pvg_vertex_format_find(description->vertex.attributes[i].format);

        options->attribute_class[i] = format ? component_class(format->numeric) : PVG_CLASS_NONE;
    }
    pvg_gpu_object_ref(&pipeline->base); /* until settle() */
    pvg_compiler_submit(gpu->compiler, vertex->source, options, vertex_compiled, pipeline);
    return pipeline;
}
