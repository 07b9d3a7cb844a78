/* SPDX-License-Identifier: MIT */
/* One pipeline, one submission at a time. */
#include "runner.h"

#include <string.h>

#include "vulkan/shader_features.h"

#define SETS         4
#define MAX_BINDINGS 128
#define MAX_BUFFERS  128
#define MAX_IMAGES   40
#define TEXEL_SIZE   16 /* bytes: four 32-bit components */

struct runner {
    struct pvg_vk *vk;
    const struct VolkDeviceTable *fn;
    VkDevice device;
    VkCommandPool pool;
    uint32_t alignment; /* of storage buffer offsets */
    uint32_t memory_type;
};

struct image {
    VkImage handle;
    VkImageView view;
    VkDeviceMemory memory;
    VkExtent3D extent;
    uint32_t layers;
    int staging; /* buffer its texels come from and go to; -1: none */
    void *texels;
    size_t size; /* bytes of them */
};

/* Everything one call makes, destroyed together. */
struct scope {
    struct runner *r;
    const struct VolkDeviceTable *fn;
    VkDevice device;
    VkCommandBuffer commands;
    VkDescriptorSetLayout layouts[SETS];
    VkDescriptorSet sets[SETS];
    VkDescriptorPool descriptors;
    VkPipelineLayout layout;
    VkShaderModule modules[3];
    VkPipeline pipeline;
    VkSampler samplers[64];
    uint32_t sampler_count;
    VkBuffer buffers[MAX_BUFFERS];
    VkDeviceMemory memories[MAX_BUFFERS];
    void *mapped[MAX_BUFFERS];
    struct runner_buffer *origin[MAX_BUFFERS]; /* whose bytes they are, or NULL */
    uint32_t buffer_count;
    VkBufferView texel_views[RUNNER_TEXTURES];
    uint32_t texel_view_count;
    struct image images[MAX_IMAGES];
    uint32_t image_count;
    const char *failed; /* the first thing that did not work */
};

/* ---- The device ---- */

void runner_destroy(struct runner *r)
{
    if (!r) {
        return;
    }
    if (r->pool) {
        r->fn->vkDestroyCommandPool(r->device, r->pool, NULL);
    }
    pvg_vk_destroy(r->vk);
    g_free(r);
}

static bool find_memory(struct runner *r)
{
    VkPhysicalDeviceMemoryProperties memory;
    const VkMemoryPropertyFlags wanted =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;

    vkGetPhysicalDeviceMemoryProperties(r->vk->physical, &memory);
    for (uint32_t i = 0; i < memory.memoryTypeCount; i++) {
        if ((memory.memoryTypes[i].propertyFlags & wanted) == wanted) {
            r->memory_type = i;
            return true;
        }
    }
    return false;
}

struct runner *runner_create(const char *gpu, struct pvg_error *error)
{
    PVG_AUTO(runner) r = g_new0(struct runner, 1);
    const struct pvg_vk_options options = {.gpu = gpu};
    VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};

    r->vk = pvg_vk_create(&options, error);
    if (!r->vk) {
        return NULL;
    }
    r->fn = &r->vk->fn;
    r->device = r->vk->device;
    r->alignment = (uint32_t)r->vk->properties.properties.limits.minStorageBufferOffsetAlignment;
    pool.queueFamilyIndex = r->vk->family;
    if (!find_memory(r) || r->fn->vkCreateCommandPool(r->device, &pool, NULL, &r->pool)) {
        pvg_error_set(error, "%s has no memory that the host can see", runner_device_name(r));
        return NULL;
    }
    return g_steal_pointer(&r);
}

uint64_t runner_features(const struct runner *r)
{
    return pvg_vk_shader_features(r->vk);
}

const char *runner_device_name(const struct runner *r)
{
    return r->vk->properties.properties.deviceName;
}

uint32_t runner_subgroup_size(const struct runner *r)
{
    return r->vk->properties11.subgroupSize;
}

/* ---- One call's objects ---- */

static struct scope scope_of(struct runner *r)
{
    return (struct scope){.r = r, .fn = r->fn, .device = r->device};
}

static bool ok(struct scope *s, VkResult result, const char *what)
{
    if (result && !s->failed) {
        s->failed = what;
    }
    return !result;
}

static bool finish(struct scope *s, struct pvg_error *error)
{
    VkDevice d = s->device;
    const struct VolkDeviceTable *fn = s->fn;

    for (unsigned i = 0; i < G_N_ELEMENTS(s->modules); i++) {
        fn->vkDestroyShaderModule(d, s->modules[i], NULL);
    }
    for (unsigned i = 0; i < SETS; i++) {
        fn->vkDestroyDescriptorSetLayout(d, s->layouts[i], NULL);
    }
    fn->vkDestroyPipeline(d, s->pipeline, NULL);
    fn->vkDestroyPipelineLayout(d, s->layout, NULL);
    fn->vkDestroyDescriptorPool(d, s->descriptors, NULL);
    for (uint32_t i = 0; i < s->sampler_count; i++) {
        fn->vkDestroySampler(d, s->samplers[i], NULL);
    }
    for (uint32_t i = 0; i < s->image_count; i++) {
        fn->vkDestroyImageView(d, s->images[i].view, NULL);
        fn->vkDestroyImage(d, s->images[i].handle, NULL);
        fn->vkFreeMemory(d, s->images[i].memory, NULL);
    }
    for (uint32_t i = 0; i < s->texel_view_count; i++) {
        fn->vkDestroyBufferView(d, s->texel_views[i], NULL);
    }
    for (uint32_t i = 0; i < s->buffer_count; i++) {
        fn->vkDestroyBuffer(d, s->buffers[i], NULL);
        fn->vkFreeMemory(d, s->memories[i], NULL);
    }
    if (s->commands) {
        fn->vkFreeCommandBuffers(d, s->r->pool, 1, &s->commands);
    }
    if (s->failed) {
        pvg_error_set(error, "%s: %s", runner_device_name(s->r), s->failed);
    }
    return !s->failed;
}

/* A host-visible buffer holding @bytes; its index, or -1. */
static int make_buffer(struct scope *s, const void *bytes, size_t size, VkBufferUsageFlags usage)
{
    VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .usage = usage};
    VkMemoryAllocateInfo memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
    VkMemoryRequirements need;
    uint32_t i = s->buffer_count;

    info.size = (MAX(size, 4) + 3) & ~(size_t)3;
    if (i == MAX_BUFFERS || s->fn->vkCreateBuffer(s->device, &info, NULL, &s->buffers[i])) {
        s->failed = "no buffer";
        return -1;
    }
    s->buffer_count++;
    s->fn->vkGetBufferMemoryRequirements(s->device, s->buffers[i], &need);
    memory.allocationSize = need.size;
    memory.memoryTypeIndex = s->r->memory_type;
    if (s->fn->vkAllocateMemory(s->device, &memory, NULL, &s->memories[i]) ||
        s->fn->vkBindBufferMemory(s->device, s->buffers[i], s->memories[i], 0) ||
        s->fn->vkMapMemory(s->device, s->memories[i], 0, VK_WHOLE_SIZE, 0, &s->mapped[i])) {
        s->failed = "no memory";
        return -1;
    }
    memset(s->mapped[i], 0, info.size);
    if (bytes) {
        memcpy(s->mapped[i], bytes, size);
    }
    return (int)i;
}

static VkImageViewType view_type(unsigned dimension, bool arrayed)
{
    switch ((enum pvg_texture_dimension)dimension) {
    case PVG_TEXTURE_1D:
        return arrayed ? VK_IMAGE_VIEW_TYPE_1D_ARRAY : VK_IMAGE_VIEW_TYPE_1D;
    case PVG_TEXTURE_3D:
        return VK_IMAGE_VIEW_TYPE_3D;
    case PVG_TEXTURE_CUBE:
        return arrayed ? VK_IMAGE_VIEW_TYPE_CUBE_ARRAY : VK_IMAGE_VIEW_TYPE_CUBE;
    case PVG_TEXTURE_2D:
    case PVG_TEXTURE_TEXEL_BUFFER:
        break;
    }
    return arrayed ? VK_IMAGE_VIEW_TYPE_2D_ARRAY : VK_IMAGE_VIEW_TYPE_2D;
}

static bool make_image(struct scope *s, const struct runner_texture *t, unsigned dimension,
                       VkImageViewType type, VkFormat format, VkImageUsageFlags usage)
{
    struct image *image = &s->images[s->image_count];
    VkImageCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO};
    VkImageViewCreateInfo view = {.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO};
    VkMemoryAllocateInfo memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
    VkMemoryRequirements need;
    uint32_t depth = MAX(t->layers, 1);

    if (s->image_count == MAX_IMAGES) {
        s->failed = "too many textures";
        return false;
    }
    s->image_count++;
    image->extent = (VkExtent3D){t->width, MAX(t->height, 1), 1};
    image->layers = depth;
    info.imageType = VK_IMAGE_TYPE_2D;
    if (dimension == PVG_TEXTURE_1D) {
        info.imageType = VK_IMAGE_TYPE_1D;
        image->extent.height = 1;
    } else if (dimension == PVG_TEXTURE_3D) {
        info.imageType = VK_IMAGE_TYPE_3D;
        image->extent.depth = depth;
        image->layers = 1;
    } else if (dimension == PVG_TEXTURE_CUBE) {
        info.flags = VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT;
    }
    image->staging = -1;
    info.format = format;
    info.extent = image->extent;
    info.mipLevels = 1;
    info.arrayLayers = image->layers;
    info.samples = VK_SAMPLE_COUNT_1_BIT;
    info.usage = usage | VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
    if (!ok(s, s->fn->vkCreateImage(s->device, &info, NULL, &image->handle), "no image")) {
        return false;
    }
    s->fn->vkGetImageMemoryRequirements(s->device, image->handle, &need);
    memory.allocationSize = need.size;
    for (uint32_t i = 0; i < 32; i++) {
        if (need.memoryTypeBits >> i & 1) {
            memory.memoryTypeIndex = i;
            break;
        }
    }
    view.image = image->handle;
    view.viewType = type;
    view.format = format;
    view.subresourceRange =
        (VkImageSubresourceRange){VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, image->layers};
    return ok(s, s->fn->vkAllocateMemory(s->device, &memory, NULL, &image->memory), "no memory") &&
           ok(s, s->fn->vkBindImageMemory(s->device, image->handle, image->memory, 0),
              "no memory") &&
           ok(s, s->fn->vkCreateImageView(s->device, &view, NULL, &image->view), "no view");
}

static VkFormat texel_format(unsigned component_class)
{
    return component_class == PVG_CLASS_SIGNED     ? VK_FORMAT_R32G32B32A32_SINT
           : component_class == PVG_CLASS_UNSIGNED ? VK_FORMAT_R32G32B32A32_UINT
                                                   : VK_FORMAT_R32G32B32A32_SFLOAT;
}

/* An image that is loaded before the run and stored after it. */
static struct image *make_texture(struct scope *s, struct runner_texture *t, unsigned dimension,
                                  VkImageViewType type, VkFormat format, VkImageUsageFlags usage)
{
    size_t texel = format == VK_FORMAT_R32_UINT || format == VK_FORMAT_R32_SINT ? 4 : TEXEL_SIZE;
    size_t size = texel * t->width * MAX(t->height, 1) * MAX(t->layers, 1);
    struct image *image;

    if (!t->width || !t->texels || !make_image(s, t, dimension, type, format, usage)) {
        s->failed = s->failed ? s->failed : "a texture without texels";
        return NULL;
    }
    image = &s->images[s->image_count - 1];
    image->texels = t->texels;
    image->size = size;
    image->staging = make_buffer(
        s, t->texels, size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT);
    return image->staging < 0 ? NULL : image;
}

static VkSampler make_sampler(struct scope *s, const struct runner_sampler *state, bool compare)
{
    VkSamplerCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO};
    VkFilter filter = state->linear ? VK_FILTER_LINEAR : VK_FILTER_NEAREST;

    info.compareEnable = compare;
    info.compareOp = state->compare;
    info.magFilter = info.minFilter = filter;
    info.addressModeU = info.addressModeV = info.addressModeW =
        state->repeat ? VK_SAMPLER_ADDRESS_MODE_REPEAT : VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE;
    if (s->sampler_count == G_N_ELEMENTS(s->samplers) ||
        !ok(s, s->fn->vkCreateSampler(s->device, &info, NULL, &s->samplers[s->sampler_count]),
            "no sampler")) {
        return VK_NULL_HANDLE;
    }
    return s->samplers[s->sampler_count++];
}

/* ---- Layouts ---- */

struct bindings {
    VkDescriptorSetLayoutBinding at[MAX_BINDINGS];
    VkSampler immutable[PVG_SHADER_CONSTANT_SAMPLERS];
    uint32_t count;
};

static VkDescriptorSetLayoutBinding *add(struct bindings *b, uint32_t binding,
                                         VkDescriptorType type, uint32_t count)
{
    uint32_t i = MIN(b->count, MAX_BINDINGS - 1);

    b->at[i] = (VkDescriptorSetLayoutBinding){binding, type, count, VK_SHADER_STAGE_ALL, NULL};
    b->count = i + 1;
    return &b->at[i];
}

static VkDescriptorType image_type(bool storage, bool texels)
{
    return storage
               ? texels ? VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER : VK_DESCRIPTOR_TYPE_STORAGE_IMAGE
           : texels ? VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER
                    : VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE;
}

static VkDescriptorType heap_type(unsigned binding)
{
    unsigned kind = (binding - PVG_HEAP_SAMPLED) / 4 % PVG_KIND_COUNT;

    return binding == PVG_HEAP_BUFFERS ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER
           : binding < PVG_HEAP_SAMPLED
               ? VK_DESCRIPTOR_TYPE_SAMPLER
               : image_type(binding >= PVG_HEAP_STORAGE, kind == PVG_KIND_BUFFER);
}

static void collect(struct scope *s, const struct pvg_shader_reflection *r, struct bindings *b)
{
    for (uint32_t i = 0; i < r->buffer_count; i++) {
        add(b, PVG_BINDING_BUFFER + r->buffers[i].index, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1);
    }
    for (uint32_t i = 0; i < r->texture_count; i++) {
        const struct pvg_shader_texture *t = &r->textures[i];

        add(b, (t->storage ? PVG_BINDING_STORAGE : PVG_BINDING_SAMPLED) + t->index,
            image_type(t->storage, t->dimension == PVG_TEXTURE_TEXEL_BUFFER), t->count);
        if (t->sampled_twin) {
            add(b, PVG_BINDING_SAMPLED + t->index,
                image_type(false, t->dimension == PVG_TEXTURE_TEXEL_BUFFER), t->count);
        }
    }
    for (uint32_t i = 0; i < r->sampler_count; i++) {
        if (r->samplers[i].plain) {
            add(b, PVG_BINDING_SAMPLER + r->samplers[i].index, VK_DESCRIPTOR_TYPE_SAMPLER, 1);
        }
        if (r->samplers[i].compare) {
            add(b, PVG_BINDING_COMPARE + r->samplers[i].index, VK_DESCRIPTOR_TYPE_SAMPLER, 1);
        }
    }
    for (uint32_t i = 0; i < r->constant_sampler_count; i++) {
        const struct runner_sampler plain = {
            .linear = r->constant_samplers[i].word[0] >> 9 & 1,
        };

        b->immutable[i] = make_sampler(s, &plain, r->constant_samplers[i].compare);
        add(b, PVG_BINDING_CONSTANT_SAMPLER + i, VK_DESCRIPTOR_TYPE_SAMPLER, 1)
            ->pImmutableSamplers = &b->immutable[i];
    }
    for (uint32_t i = 0; i < PVG_SHADER_COLOURS; i++) {
        if (r->colour_input_mask >> i & 1) {
            add(b, PVG_BINDING_COLOUR + i, VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT, 1);
        }
    }
}

/* Heaps are shared by the stages. */
static void collect_heaps(const struct pvg_shader_reflection *r, struct bindings *b)
{
    for (uint32_t i = 0; i < r->heap_count; i++) {
        bool there = false;

        for (uint32_t j = 0; j < b->count; j++) {
            there |= b->at[j].binding == r->heaps[i].binding;
        }
        if (!there) {
            add(b, r->heaps[i].binding, heap_type(r->heaps[i].binding), RUNNER_SLOTS);
        }
    }
}

static bool make_layout(struct scope *s, const struct pvg_translation *const *stages,
                        unsigned count)
{
    VkPushConstantRange push = {VK_SHADER_STAGE_ALL, 0, PVG_PUSH_SIZE};
    VkPipelineLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO};

    for (unsigned set = 0; set < SETS; set++) {
        struct bindings b = {.count = 0};
        VkDescriptorSetLayoutCreateInfo layout = {
            .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .pBindings = b.at};

        for (unsigned i = 0; i < count; i++) {
            if (stages[i] && set == PVG_SET_HEAPS) {
                collect_heaps(&stages[i]->reflection, &b);
            } else if (stages[i] && stages[i]->reflection.set == set) {
                collect(s, &stages[i]->reflection, &b);
            }
        }
        layout.bindingCount = b.count;
        if (!ok(s, s->fn->vkCreateDescriptorSetLayout(s->device, &layout, NULL, &s->layouts[set]),
                "no set layout")) {
            return false;
        }
    }
    info.setLayoutCount = SETS;
    info.pSetLayouts = s->layouts;
    info.pushConstantRangeCount = 1;
    info.pPushConstantRanges = &push;
    return ok(s, s->fn->vkCreatePipelineLayout(s->device, &info, NULL, &s->layout), "no layout");
}

static bool make_module(struct scope *s, const struct pvg_translation *t, unsigned i)
{
    VkShaderModuleCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO};

    info.codeSize = 4 * (size_t)t->word_count;
    info.pCode = t->words;
    return ok(s, s->fn->vkCreateShaderModule(s->device, &info, NULL, &s->modules[i]),
              "no shader module");
}

/* ---- Specialisation: group size and threadgroup lengths ---- */

struct special {
    VkSpecializationMapEntry entries[3 + PVG_SHADER_BUFFERS];
    uint32_t values[3 + PVG_SHADER_BUFFERS];
    VkSpecializationInfo info;
};

static const VkSpecializationInfo *specialise(struct special *out,
                                              const struct pvg_shader_reflection *r,
                                              const uint32_t *local, const uint32_t *bytes)
{
    uint32_t count = 3;

    for (uint32_t i = 0; i < 3; i++) {
        out->entries[i] = (VkSpecializationMapEntry){PVG_SPEC_LOCAL_X + i, 4 * i, 4};
        out->values[i] = MAX(local[i], 1);
    }
    for (uint32_t i = 0; i < r->threadgroup_count; i++) {
        uint32_t index = r->threadgroups[i].index;

        out->entries[count] =
            (VkSpecializationMapEntry){PVG_SPEC_THREADGROUP + index, 4 * count, 4};
        out->values[count++] = MAX(1u, (bytes[index] + 15) / 16 * 4);
    }
    out->info = (VkSpecializationInfo){count, out->entries, 4 * count, out->values};
    return &out->info;
}

static bool make_compute(struct scope *s, const struct runner_dispatch *d)
{
    struct special special;
    VkComputePipelineCreateInfo info = {.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO};

    info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
    info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
    info.stage.module = s->modules[0];
    info.stage.pName = "main";
    info.stage.pSpecializationInfo =
        specialise(&special, &d->kernel->reflection, d->local, d->threadgroup_bytes);
    info.layout = s->layout;
    return ok(
        s, s->fn->vkCreateComputePipelines(s->device, VK_NULL_HANDLE, 1, &info, NULL, &s->pipeline),
        "no pipeline");
}

/* ---- Descriptors ---- */

static bool make_sets(struct scope *s)
{
    static const VkDescriptorType types[] = {
        VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,       VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE,
        VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,        VK_DESCRIPTOR_TYPE_SAMPLER,
        VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER, VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER,
        VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT};
    VkDescriptorPoolSize sizes[G_N_ELEMENTS(types)];
    VkDescriptorPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO};
    VkDescriptorSetAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO};

    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        sizes[i] = (VkDescriptorPoolSize){types[i], 128 + 8 * RUNNER_SLOTS};
    }
    pool.maxSets = SETS;
    pool.poolSizeCount = G_N_ELEMENTS(sizes);
    pool.pPoolSizes = sizes;
    if (!ok(s, s->fn->vkCreateDescriptorPool(s->device, &pool, NULL, &s->descriptors),
            "no descriptor pool")) {
        return false;
    }
    info.descriptorPool = s->descriptors;
    info.descriptorSetCount = SETS;
    info.pSetLayouts = s->layouts;
    return ok(s, s->fn->vkAllocateDescriptorSets(s->device, &info, s->sets), "no descriptor sets");
}

struct descriptor {
    VkDescriptorBufferInfo buffer;
    VkDescriptorImageInfo image;
    VkBufferView view;
};

static void put(struct scope *s, uint32_t set, uint32_t binding, uint32_t element,
                VkDescriptorType type, const struct descriptor *d)
{
    VkWriteDescriptorSet write = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET};

    write.dstSet = s->sets[set];
    write.dstBinding = binding;
    write.dstArrayElement = element;
    write.descriptorCount = 1;
    write.descriptorType = type;
    write.pBufferInfo = &d->buffer;
    write.pImageInfo = &d->image;
    write.pTexelBufferView = &d->view;
    s->fn->vkUpdateDescriptorSets(s->device, 1, &write, 0, NULL);
}

static const struct descriptor null_descriptor = {
    .buffer = {VK_NULL_HANDLE, 0, VK_WHOLE_SIZE},
    .image = {VK_NULL_HANDLE, VK_NULL_HANDLE, VK_IMAGE_LAYOUT_GENERAL},
};

static bool bind_buffers(struct scope *s, const struct pvg_shader_reflection *r,
                         struct runner_buffer *buffers, uint8_t *push)
{
    uint8_t *remainders = push + (r->set ? PVG_PUSH_REMAINDER_SET1 : PVG_PUSH_REMAINDER_SET0);

    for (uint32_t i = 0; i < r->buffer_count; i++) {
        uint32_t n = r->buffers[i].index;
        struct runner_buffer *b = &buffers[n];
        struct descriptor d = null_descriptor;

        if (b->bytes) {
            int index = make_buffer(s, b->bytes, b->size, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT);

            if (index < 0) {
                return false;
            }
            s->origin[index] = b;
            d.buffer.buffer = s->buffers[index];
            d.buffer.offset = b->offset / s->r->alignment * s->r->alignment;
            d.buffer.range = b->range ? b->offset - d.buffer.offset + b->range : VK_WHOLE_SIZE;
            if (r->set < 2) {
                remainders[n] = (uint8_t)(b->offset - d.buffer.offset);
            }
        }
        put(s, r->set, PVG_BINDING_BUFFER + n, 0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, &d);
    }
    return true;
}

static bool bind_samplers(struct scope *s, const struct pvg_shader_reflection *r,
                          const struct runner_sampler *state)
{
    for (uint32_t i = 0; i < r->sampler_count; i++) {
        struct descriptor d = null_descriptor;

        if (r->samplers[i].plain) {
            d.image.sampler = make_sampler(s, state, false);
            put(s, r->set, PVG_BINDING_SAMPLER + r->samplers[i].index, 0,
                VK_DESCRIPTOR_TYPE_SAMPLER, &d);
        }
        if (r->samplers[i].compare) {
            d.image.sampler = make_sampler(s, state, true);
            put(s, r->set, PVG_BINDING_COMPARE + r->samplers[i].index, 0,
                VK_DESCRIPTOR_TYPE_SAMPLER, &d);
        }
    }
    return !s->failed;
}

/* Slots 1 to the last but one hold what the caller gave; the others nothing. */
static bool bind_heaps(struct scope *s, const struct pvg_shader_reflection *r,
                       struct runner_slot *slots)
{
    int buffers[RUNNER_SLOTS];
    struct image *images[RUNNER_SLOTS] = {NULL};
    static const struct runner_sampler plain = {0};

    memset(buffers, -1, sizeof(buffers));
    for (uint32_t i = 1; r->heap_count && i < RUNNER_SLOTS - 1; i++) {
        struct runner_slot *slot = &slots[i];

        if (slot->buffer.bytes) {
            buffers[i] = make_buffer(s, slot->buffer.bytes, slot->buffer.size,
                                     VK_BUFFER_USAGE_STORAGE_BUFFER_BIT);
            if (buffers[i] < 0) {
                return false;
            }
            s->origin[buffers[i]] = &slot->buffer;
        }
        if (slot->texture.texels) {
            images[i] = make_texture(s, &slot->texture, PVG_TEXTURE_2D, VK_IMAGE_VIEW_TYPE_2D,
                                     texel_format(slot->texture.component_class),
                                     VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_STORAGE_BIT);
            if (!images[i]) {
                return false;
            }
        }
    }
    for (uint32_t h = 0; h < r->heap_count; h++) {
        unsigned binding = r->heaps[h].binding;
        unsigned class = MAX(binding % 4, 1),
                 kind = (binding - PVG_HEAP_SAMPLED) / 4 % PVG_KIND_COUNT;

        for (uint32_t i = 0; i < RUNNER_SLOTS; i++) {
            struct descriptor d = null_descriptor;

            if (binding == PVG_HEAP_BUFFERS && buffers[i] >= 0) {
                d.buffer.buffer = s->buffers[buffers[i]];
            } else if (heap_type(binding) == VK_DESCRIPTOR_TYPE_SAMPLER) {
                d.image.sampler = make_sampler(s, &plain, binding == PVG_HEAP_COMPARES);
            } else if (binding >= PVG_HEAP_SAMPLED && images[i] && kind == PVG_KIND_2D &&
                       class == MAX(slots[i].texture.component_class, 1)) {
                d.image.imageView = images[i]->view;
            }
            put(s, PVG_SET_HEAPS, binding, i, heap_type(binding), &d);
        }
    }
    return !s->failed;
}

static bool bind_textures(struct scope *s, struct runner_dispatch *d)
{
    const struct pvg_shader_reflection *r = &d->kernel->reflection;

    for (uint32_t i = 0; i < r->texture_count; i++) {
        const struct pvg_shader_texture *info = &r->textures[i];
        uint32_t binding =
            (info->storage ? PVG_BINDING_STORAGE : PVG_BINDING_SAMPLED) + info->index;
        bool texels = info->dimension == PVG_TEXTURE_TEXEL_BUFFER;
        VkDescriptorType type = image_type(info->storage, texels);

        for (uint32_t element = 0; element < info->count; element++) {
            struct runner_texture *t = &d->textures[(info->index + element) % RUNNER_TEXTURES];
            struct descriptor descriptor = null_descriptor;

            if (texels) {
                VkBufferViewCreateInfo view = {.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO};
                int b = make_buffer(s, t->texels, 4 * (size_t)t->width,
                                    VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT |
                                        VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT);

                if (b < 0 || s->texel_view_count == RUNNER_TEXTURES) {
                    return false;
                }
                view.buffer = s->buffers[b];
                view.format = VK_FORMAT_R32_UINT;
                view.range = VK_WHOLE_SIZE;
                if (!ok(s,
                        s->fn->vkCreateBufferView(s->device, &view, NULL,
                                                  &s->texel_views[s->texel_view_count]),
                        "no texel buffer")) {
                    return false;
                }
                descriptor.view = s->texel_views[s->texel_view_count++];
            } else if (t->texels) {
                VkFormat format = !info->atomic ? texel_format(info->component_class)
                                  : info->component_class == PVG_CLASS_SIGNED ? VK_FORMAT_R32_SINT
                                                                              : VK_FORMAT_R32_UINT;
                struct image *image = make_texture(
                    s, t, info->dimension,
                    info->cube_as_array ? VK_IMAGE_VIEW_TYPE_2D_ARRAY
                                        : view_type(info->dimension, info->arrayed),
                    format,
                    (info->storage ? VK_IMAGE_USAGE_STORAGE_BIT : 0) |
                        (!info->storage || info->sampled_twin ? VK_IMAGE_USAGE_SAMPLED_BIT : 0));

                if (!image) {
                    return false;
                }
                descriptor.image.imageView = image->view;
            }
            put(s, 0, binding, element, type, &descriptor);
            if (info->sampled_twin) {
                put(s, 0, PVG_BINDING_SAMPLED + info->index, element, image_type(false, texels),
                    &descriptor);
            }
        }
    }
    return true;
}

/* ---- Recording ---- */

static bool begin(struct scope *s)
{
    VkCommandBufferAllocateInfo allocate = {.sType =
                                                VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
    VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};

    allocate.commandPool = s->r->pool;
    allocate.commandBufferCount = 1;
    return ok(s, s->fn->vkAllocateCommandBuffers(s->device, &allocate, &s->commands),
              "no command buffer") &&
           ok(s, s->fn->vkBeginCommandBuffer(s->commands, &info), "no command buffer");
}

static bool submit(struct scope *s)
{
    VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO};

    info.commandBufferCount = 1;
    info.pCommandBuffers = &s->commands;
    return ok(s, s->fn->vkEndCommandBuffer(s->commands), "no command buffer") &&
           ok(s, s->fn->vkQueueSubmit(s->r->vk->queue, 1, &info, VK_NULL_HANDLE),
              "the device was lost") &&
           ok(s, s->fn->vkQueueWaitIdle(s->r->vk->queue), "the device was lost");
}

static void barrier(struct scope *s)
{
    VkMemoryBarrier all = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER};

    all.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT;
    all.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT;
    s->fn->vkCmdPipelineBarrier(s->commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                                VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT, 0,
                                1, &all, 0, NULL, 0, NULL);
}

static void lay_out(struct scope *s, const struct image *image)
{
    VkImageMemoryBarrier first = {.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER};

    first.image = image->handle;
    first.newLayout = VK_IMAGE_LAYOUT_GENERAL;
    first.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT;
    first.subresourceRange =
        (VkImageSubresourceRange){VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, image->layers};
    s->fn->vkCmdPipelineBarrier(s->commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                                VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL, 0, NULL, 1, &first);
}

static VkBufferImageCopy whole(const struct image *image)
{
    return (VkBufferImageCopy){
        .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, image->layers},
        .imageExtent = image->extent,
    };
}

static void load_images(struct scope *s)
{
    for (uint32_t i = 0; i < s->image_count; i++) {
        VkBufferImageCopy region = whole(&s->images[i]);

        lay_out(s, &s->images[i]);
        if (s->images[i].staging >= 0) {
            s->fn->vkCmdCopyBufferToImage(s->commands, s->buffers[s->images[i].staging],
                                          s->images[i].handle, VK_IMAGE_LAYOUT_GENERAL, 1, &region);
        }
    }
    barrier(s);
}

static void store_images(struct scope *s)
{
    barrier(s);
    for (uint32_t i = 0; i < s->image_count; i++) {
        VkBufferImageCopy region = whole(&s->images[i]);

        if (s->images[i].staging >= 0) {
            s->fn->vkCmdCopyImageToBuffer(s->commands, s->images[i].handle, VK_IMAGE_LAYOUT_GENERAL,
                                          s->buffers[s->images[i].staging], 1, &region);
        }
    }
    barrier(s);
}

static void take_back(struct scope *s)
{
    for (uint32_t i = 0; i < s->buffer_count; i++) {
        if (s->origin[i]) {
            memcpy(s->origin[i]->bytes, s->mapped[i], s->origin[i]->size);
        }
    }
    for (uint32_t i = 0; i < s->image_count; i++) {
        struct image *image = &s->images[i];

        if (image->staging >= 0) {
            memcpy(image->texels, s->mapped[image->staging], image->size);
        }
    }
}

/* ---- Kernels ---- */

static void fill_push(const struct runner_dispatch *d, uint8_t *push)
{
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t nominal = d->nominal[i] ? d->nominal[i] : MAX(d->local[i], 1);
        uint32_t groups = d->grid_groups[i] ? d->grid_groups[i] : d->groups[i];
        uint32_t threads = d->grid[i] ? d->grid[i] : groups * nominal;

        memcpy(push + PVG_PUSH_GRID_THREADS + 4 * i, &threads, 4);
        memcpy(push + PVG_PUSH_GRID_GROUPS + 4 * i, &groups, 4);
        memcpy(push + PVG_PUSH_NOMINAL_GROUP + 4 * i, &nominal, 4);
        memcpy(push + PVG_PUSH_FIRST_GROUP + 4 * i, &d->first_group[i], 4);
    }
}

bool runner_dispatch(struct runner *r, struct runner_dispatch *d, struct pvg_error *error)
{
    struct scope s = scope_of(r);
    uint8_t push[PVG_PUSH_SIZE] = {0};

    if (make_layout(&s, &d->kernel, 1) && make_module(&s, d->kernel, 0) && make_compute(&s, d) &&
        make_sets(&s) && bind_buffers(&s, &d->kernel->reflection, d->buffers, push) &&
        bind_textures(&s, d) && bind_samplers(&s, &d->kernel->reflection, &d->sampler) &&
        bind_heaps(&s, &d->kernel->reflection, d->slots) && begin(&s)) {
        fill_push(d, push);
        load_images(&s);
        s.fn->vkCmdBindPipeline(s.commands, VK_PIPELINE_BIND_POINT_COMPUTE, s.pipeline);
        s.fn->vkCmdBindDescriptorSets(s.commands, VK_PIPELINE_BIND_POINT_COMPUTE, s.layout, 0, SETS,
                                      s.sets, 0, NULL);
        s.fn->vkCmdPushConstants(s.commands, s.layout, VK_SHADER_STAGE_ALL, 0, PVG_PUSH_SIZE, push);
        s.fn->vkCmdDispatch(s.commands, d->groups[0], d->groups[1], d->groups[2]);
        store_images(&s);
        if (submit(&s)) {
            take_back(&s);
        }
    }
    return finish(&s, error);
}

bool runner_makes_compute(struct runner *r, const struct pvg_translation *kernel,
                          struct pvg_error *error)
{
    struct scope s = scope_of(r);
    struct runner_dispatch d = {.kernel = kernel, .local = {32, 1, 1}};

    (void)(make_layout(&s, &kernel, 1) && make_module(&s, kernel, 0) && make_compute(&s, &d));
    return finish(&s, error);
}

/* ---- Graphics pipelines ---- */

static VkFormat attribute_format(const struct pvg_shader_attribute *a)
{
    static const VkFormat formats[3][4] = {
        {VK_FORMAT_R32_SFLOAT, VK_FORMAT_R32G32_SFLOAT, VK_FORMAT_R32G32B32_SFLOAT,
         VK_FORMAT_R32G32B32A32_SFLOAT},
        {VK_FORMAT_R32_SINT, VK_FORMAT_R32G32_SINT, VK_FORMAT_R32G32B32_SINT,
         VK_FORMAT_R32G32B32A32_SINT},
        {VK_FORMAT_R32_UINT, VK_FORMAT_R32G32_UINT, VK_FORMAT_R32G32B32_UINT,
         VK_FORMAT_R32G32B32A32_UINT},
    };

    return formats[a->component_class - PVG_CLASS_FLOAT][a->components - 1];
}

static VkShaderStageFlagBits stage_bit(const struct pvg_translation *t)
{
    switch ((enum pvg_shader_stage)t->reflection.stage) {
    case PVG_STAGE_FRAGMENT:
        return VK_SHADER_STAGE_FRAGMENT_BIT;
    case PVG_STAGE_KERNEL:
        return VK_SHADER_STAGE_COMPUTE_BIT;
    case PVG_STAGE_MESH:
        return VK_SHADER_STAGE_MESH_BIT_EXT;
    case PVG_STAGE_OBJECT:
        return VK_SHADER_STAGE_TASK_BIT_EXT;
    case PVG_STAGE_EVALUATION:
        return VK_SHADER_STAGE_TESSELLATION_EVALUATION_BIT;
    case PVG_STAGE_VERTEX:
    case PVG_STAGE_ANY:
        break;
    }
    return VK_SHADER_STAGE_VERTEX_BIT;
}

static void describe_vertices(const struct runner_draw *d,
                              VkVertexInputAttributeDescription *attributes,
                              VkVertexInputBindingDescription *binding,
                              VkPipelineVertexInputStateCreateInfo *out)
{
    const struct pvg_shader_reflection *r = &d->vertex->reflection;

    for (uint32_t i = 0; i < r->attribute_count; i++) {
        const struct pvg_shader_attribute *a = &r->attributes[i];

        attributes[i] = (VkVertexInputAttributeDescription){a->location, 0, attribute_format(a),
                                                            d->attribute_offset[a->location]};
    }
    binding->stride = d->stride ? d->stride : 64;
    out->vertexBindingDescriptionCount = 1;
    out->pVertexBindingDescriptions = binding;
    out->vertexAttributeDescriptionCount = r->attribute_count;
    out->pVertexAttributeDescriptions = attributes;
}

static bool make_graphics(struct scope *s, const struct runner_draw *d)
{
    const struct pvg_translation *const functions[] = {d->object, d->vertex, d->fragment};
    VkVertexInputAttributeDescription attributes[PVG_SHADER_ATTRIBUTES];
    VkVertexInputBindingDescription binding = {0};
    VkFormat colours[PVG_SHADER_COLOURS] = {VK_FORMAT_UNDEFINED};
    VkPipelineColorBlendAttachmentState blends[PVG_SHADER_COLOURS] = {{0}};
    VkPipelineShaderStageCreateInfo stages[3] = {{0}};
    struct special special[3];
    VkPipelineVertexInputStateCreateInfo input = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO};
    VkPipelineInputAssemblyStateCreateInfo assembly = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
        .topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST};
    VkViewport viewport = {0, RUNNER_SIDE, RUNNER_SIDE, -RUNNER_SIDE, 0, 1}; /* y is up */
    VkRect2D scissor = {{0, 0}, {RUNNER_SIDE, RUNNER_SIDE}};
    VkPipelineViewportStateCreateInfo viewports = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
        .viewportCount = 1,
        .pViewports = &viewport,
        .scissorCount = 1,
        .pScissors = &scissor};
    VkPipelineRasterizationStateCreateInfo raster = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO,
        .lineWidth = 1.0f,
        .rasterizerDiscardEnable = !d->fragment};
    VkPipelineMultisampleStateCreateInfo samples = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
        .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT};
    VkPipelineDepthStencilStateCreateInfo depth = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_DEPTH_STENCIL_STATE_CREATE_INFO};
    VkPipelineColorBlendStateCreateInfo blend = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
        .attachmentCount = PVG_SHADER_COLOURS,
        .pAttachments = blends};
    VkPipelineRenderingCreateInfo rendering = {.sType =
                                                   VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO,
                                               .colorAttachmentCount = PVG_SHADER_COLOURS,
                                               .pColorAttachmentFormats = colours};
    VkGraphicsPipelineCreateInfo info = {.sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
                                         .pNext = &rendering};

    describe_vertices(d, attributes, &binding, &input);
    for (uint32_t i = 0; d->fragment && i < d->fragment->reflection.colour_count; i++) {
        const struct pvg_shader_colour *c = &d->fragment->reflection.colours[i];

        colours[c->attachment] = c->component_class == PVG_CLASS_FLOAT
                                     ? VK_FORMAT_R8G8B8A8_UNORM
                                     : texel_format(c->component_class);
    }
    for (uint32_t i = 0; i < PVG_SHADER_COLOURS; i++) {
        blends[i].colorWriteMask = 0xf;
    }
    for (uint32_t i = 0; i < 3; i++) {
        if (functions[i]) {
            stages[info.stageCount++] = (VkPipelineShaderStageCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                .stage = stage_bit(functions[i]),
                .module = s->modules[i],
                .pName = "main",
                .pSpecializationInfo = specialise(&special[i], &functions[i]->reflection, d->local,
                                                  d->threadgroup_bytes)};
        }
    }
    info.pStages = stages;
    info.pVertexInputState = &input;
    info.pInputAssemblyState = &assembly;
    info.pViewportState = &viewports;
    info.pRasterizationState = &raster;
    info.pMultisampleState = &samples;
    info.pDepthStencilState = &depth;
    info.pColorBlendState = &blend;
    info.layout = s->layout;
    return ok(
        s,
        s->fn->vkCreateGraphicsPipelines(s->device, VK_NULL_HANDLE, 1, &info, NULL, &s->pipeline),
        "no pipeline");
}

static bool make_draw(struct scope *s, const struct runner_draw *d)
{
    const struct pvg_translation *const stages[] = {d->object, d->vertex, d->fragment};

    if (d->object &&
        d->vertex->reflection.payload_bytes > d->object->reflection.payload_bytes) {
        s->failed = "the mesh function's payload is larger than its object function's";
        return false;
    }
    if (!make_layout(s, stages, 3)) {
        return false;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (stages[i] && !make_module(s, stages[i], i)) {
            return false;
        }
    }
    return make_graphics(s, d);
}

bool runner_makes_graphics(struct runner *r, const struct pvg_translation *object,
                           const struct pvg_translation *vertex,
                           const struct pvg_translation *fragment, struct pvg_error *error)
{
    struct scope s = scope_of(r);
    const struct runner_draw d = {.object = object, .vertex = vertex, .fragment = fragment};

    (void)make_draw(&s, &d);
    return finish(&s, error);
}

/* ---- Drawing ---- */

/* Image 0 is the target, image 1 the texture that all textures are. */
static bool bind_draw(struct scope *s, struct runner_draw *d, uint8_t *push)
{
    const struct pvg_translation *const stages[] = {d->vertex, d->fragment, d->object};
    const struct runner_texture target = {NULL, RUNNER_SIDE, RUNNER_SIDE, 1, 0};
    const struct runner_texture small = {NULL, 2, 2, 1, 0};
    static const struct runner_sampler nearest = {0};

    if (!make_image(s, &target, PVG_TEXTURE_2D, VK_IMAGE_VIEW_TYPE_2D, VK_FORMAT_R8G8B8A8_UNORM,
                    VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT) ||
        !make_image(s, &small, PVG_TEXTURE_2D, VK_IMAGE_VIEW_TYPE_2D, VK_FORMAT_R8G8B8A8_UNORM,
                    VK_IMAGE_USAGE_SAMPLED_BIT)) {
        return false;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(stages); i++) {
        const struct pvg_shader_reflection *r = stages[i] ? &stages[i]->reflection : NULL;

        if (!r) {
            continue;
        }
        if (!bind_buffers(s, r, d->buffers[i], push) || !bind_samplers(s, r, &nearest) ||
            !bind_heaps(s, r, d->slots)) {
            return false;
        }
        for (uint32_t t = 0; t < r->texture_count; t++) {
            struct descriptor texture = null_descriptor;

            texture.image.imageView = s->images[1].view;
            for (uint32_t element = 0; element < r->textures[t].count; element++) {
                put(s, r->set, PVG_BINDING_SAMPLED + r->textures[t].index, element,
                    VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE, &texture);
            }
        }
    }
    return true;
}

static void clear_to(struct scope *s, const struct image *image, const uint8_t *rgba)
{
    VkImageSubresourceRange all = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    VkClearColorValue colour;

    for (unsigned i = 0; i < 4; i++) {
        colour.float32[i] = (float)rgba[i] / 255.0f;
    }
    s->fn->vkCmdClearColorImage(s->commands, image->handle, VK_IMAGE_LAYOUT_GENERAL, &colour, 1,
                                &all);
}

static void record_draw(struct scope *s, struct runner_draw *d, const uint8_t *push, int vertices,
                        int pixels)
{
    const VkRenderingAttachmentInfo none = {.sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO};
    VkRenderingAttachmentInfo colours[PVG_SHADER_COLOURS];
    VkRenderingInfo rendering = {.sType = VK_STRUCTURE_TYPE_RENDERING_INFO};
    VkBufferImageCopy region = whole(&s->images[0]);
    VkDeviceSize zero = 0;

    load_images(s);
    clear_to(s, &s->images[0], d->clear);
    clear_to(s, &s->images[1], d->texel);
    barrier(s);
    for (unsigned i = 0; i < PVG_SHADER_COLOURS; i++) {
        colours[i] = none;
    }
    colours[0].imageView = s->images[0].view;
    colours[0].imageLayout = VK_IMAGE_LAYOUT_GENERAL;
    colours[0].loadOp = VK_ATTACHMENT_LOAD_OP_LOAD;
    colours[0].storeOp = VK_ATTACHMENT_STORE_OP_STORE;
    rendering.renderArea.extent = (VkExtent2D){RUNNER_SIDE, RUNNER_SIDE};
    rendering.layerCount = 1;
    rendering.colorAttachmentCount = PVG_SHADER_COLOURS;
    rendering.pColorAttachments = colours;
    s->fn->vkCmdBeginRendering(s->commands, &rendering);
    s->fn->vkCmdBindPipeline(s->commands, VK_PIPELINE_BIND_POINT_GRAPHICS, s->pipeline);
    s->fn->vkCmdBindDescriptorSets(s->commands, VK_PIPELINE_BIND_POINT_GRAPHICS, s->layout, 0, SETS,
                                   s->sets, 0, NULL);
    s->fn->vkCmdPushConstants(s->commands, s->layout, VK_SHADER_STAGE_ALL, 0, PVG_PUSH_SIZE, push);
    if (vertices >= 0) {
        s->fn->vkCmdBindVertexBuffers(s->commands, 0, 1, &s->buffers[vertices], &zero);
    }
    if (d->vertex->reflection.stage == PVG_STAGE_MESH) {
        s->fn->vkCmdDrawMeshTasksEXT(s->commands, d->vertex_count, 1, 1);
    } else {
        s->fn->vkCmdDraw(s->commands, d->vertex_count, 1, 0, 0);
    }
    s->fn->vkCmdEndRendering(s->commands);
    store_images(s);
    s->fn->vkCmdCopyImageToBuffer(s->commands, s->images[0].handle, VK_IMAGE_LAYOUT_GENERAL,
                                  s->buffers[pixels], 1, &region);
    barrier(s);
}

bool runner_draw(struct runner *r, struct runner_draw *d, struct pvg_error *error)
{
    struct scope s = scope_of(r);
    uint8_t push[PVG_PUSH_SIZE] = {0};
    int vertices = -1, pixels = -1;

    if (make_draw(&s, d)) {
        pixels = make_buffer(&s, NULL, sizeof(d->pixels), VK_BUFFER_USAGE_TRANSFER_DST_BIT);
        if (d->vertices) {
            vertices =
                make_buffer(&s, d->vertices, d->vertices_size, VK_BUFFER_USAGE_VERTEX_BUFFER_BIT);
        }
    }
    if (!s.failed && make_sets(&s) && bind_draw(&s, d, push) && begin(&s)) {
        record_draw(&s, d, push, vertices, pixels);
        if (submit(&s)) {
            take_back(&s);
            memcpy(d->pixels, s.mapped[pixels], sizeof(d->pixels));
        }
    }
    return finish(&s, error);
}
