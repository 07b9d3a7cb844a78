/* SPDX-License-Identifier: MIT */
/* Translated functions on a Vulkan device. */
#include "runner.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <vulkan/vulkan.h>

#include "devices.h"

#define MAX_BINDINGS 64

struct runner {
    VkInstance instance;
    VkPhysicalDevice physical;
    VkDevice device;
    VkQueue queue;
    VkCommandPool pool;
    uint64_t features;
    uint32_t alignment; /* of storage buffer offsets */
    uint32_t memory_type;
};

/* Everything one call makes, destroyed together. */
struct scope {
    struct runner *r;
    VkDescriptorSetLayout sets[2];
    VkPipelineLayout layout;
    VkShaderModule modules[2];
    VkPipeline pipeline;
    VkDescriptorPool descriptors;
    VkDescriptorSet set[2];
    VkSampler samplers[48];
    uint32_t sampler_count;
    VkBuffer buffers[64];
    VkDeviceMemory memories[64];
    void *mapped[64];
    uint32_t buffer_count;
    VkImage images[8];
    VkImageView views[8];
    VkBufferView texel_views[8];
    VkDeviceMemory image_memory[8];
};

void runner_destroy(struct runner *r)
{
    if (!r) {
        return;
    }
    if (r->device) {
        vkDestroyCommandPool(r->device, r->pool, NULL);
        vkDestroyDevice(r->device, NULL);
    }
    if (r->instance) {
        vkDestroyInstance(r->instance, NULL);
    }
    g_free(r);
}

static bool make_device(struct runner *r)
{
    static const char *const extensions[] = {"VK_EXT_robustness2"};
    VkPhysicalDeviceRobustness2FeaturesEXT robust = {
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ROBUSTNESS_2_FEATURES_EXT};
    VkPhysicalDeviceVulkan13Features v13 = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
                                            &robust};
    VkPhysicalDeviceVulkan12Features v12 = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
                                            &v13};
    VkPhysicalDeviceVulkan11Features v11 = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
                                            &v12};
    VkPhysicalDeviceFeatures2 all = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &v11};
    float priority = 1.0f;
    VkDeviceQueueCreateInfo queue = {VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO};
    VkDeviceCreateInfo info = {VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, &all};
    VkCommandPoolCreateInfo pool = {VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};

    vkGetPhysicalDeviceFeatures2(r->physical, &all);
    queue.queueCount = 1;
    queue.pQueuePriorities = &priority;
    info.queueCreateInfoCount = 1;
    info.pQueueCreateInfos = &queue;
    info.enabledExtensionCount = 1;
    info.ppEnabledExtensionNames = extensions;
    return vkCreateDevice(r->physical, &info, NULL, &r->device) == VK_SUCCESS &&
           (vkGetDeviceQueue(r->device, 0, 0, &r->queue),
            vkCreateCommandPool(r->device, &pool, NULL, &r->pool) == VK_SUCCESS);
}

static bool find_memory(struct runner *r)
{
    VkPhysicalDeviceMemoryProperties memory;
    const VkMemoryPropertyFlags wanted =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;

    vkGetPhysicalDeviceMemoryProperties(r->physical, &memory);
    for (uint32_t i = 0; i < memory.memoryTypeCount; i++) {
        if ((memory.memoryTypes[i].propertyFlags & wanted) == wanted) {
            r->memory_type = i;
            return true;
        }
    }
    return false;
}

struct runner *runner_create(char *why, size_t size)
{
    struct runner *r = g_new0(struct runner, 1);
    VkApplicationInfo app = {VK_STRUCTURE_TYPE_APPLICATION_INFO};
    VkInstanceCreateInfo info = {VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
    VkPhysicalDevice devices[8];
    uint32_t count = G_N_ELEMENTS(devices);

    app.apiVersion = VK_API_VERSION_1_3;
    info.pApplicationInfo = &app;
    if (vkCreateInstance(&info, NULL, &r->instance) != VK_SUCCESS) {
        r->instance = NULL;
    } else if (vkEnumeratePhysicalDevices(r->instance, &count, devices) >= 0) {
        for (uint32_t i = 0; i < count && !r->physical; i++) {
            VkPhysicalDeviceProperties properties;

            vkGetPhysicalDeviceProperties(devices[i], &properties);
            if (properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU &&
                properties.apiVersion >= VK_API_VERSION_1_3) {
                r->physical = devices[i];
                r->alignment = (uint32_t)properties.limits.minStorageBufferOffsetAlignment;
            }
        }
    }
    if (!r->physical || !find_memory(r) || !make_device(r)) {
        snprintf(why, size, "no CPU device for Vulkan 1.3: install mesa-vulkan-drivers");
        runner_destroy(r);
        return NULL;
    }
    r->features = LAVAPIPE;
    return r;
}

uint64_t runner_features(const struct runner *r)
{
    return r->features;
}

/* ---- One call's objects ---- */

static void finish(struct scope *s)
{
    VkDevice d = s->r->device;

    for (uint32_t i = 0; i < 2; i++) {
        vkDestroyShaderModule(d, s->modules[i], NULL);
        vkDestroyDescriptorSetLayout(d, s->sets[i], NULL);
    }
    vkDestroyPipeline(d, s->pipeline, NULL);
    vkDestroyPipelineLayout(d, s->layout, NULL);
    vkDestroyDescriptorPool(d, s->descriptors, NULL);
    for (uint32_t i = 0; i < s->sampler_count; i++) {
        vkDestroySampler(d, s->samplers[i], NULL);
    }
    for (uint32_t i = 0; i < 8; i++) {
        vkDestroyImageView(d, s->views[i], NULL);
        vkDestroyBufferView(d, s->texel_views[i], NULL);
        vkDestroyImage(d, s->images[i], NULL);
        vkFreeMemory(d, s->image_memory[i], NULL);
    }
    for (uint32_t i = 0; i < s->buffer_count; i++) {
        vkDestroyBuffer(d, s->buffers[i], NULL);
        vkFreeMemory(d, s->memories[i], NULL);
    }
}

static VkSampler sampler(struct scope *s, bool compare)
{
    VkSamplerCreateInfo info = {VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO};

    info.compareEnable = compare;
    info.addressModeU = info.addressModeV = info.addressModeW =
        VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE;
    if (s->sampler_count == G_N_ELEMENTS(s->samplers) ||
        vkCreateSampler(s->r->device, &info, NULL, &s->samplers[s->sampler_count]) != VK_SUCCESS) {
        return VK_NULL_HANDLE;
    }
    return s->samplers[s->sampler_count++];
}

static void add(VkDescriptorSetLayoutBinding *bindings, uint32_t *count, uint32_t binding,
                VkDescriptorType type, const VkSampler *immutable)
{
    if (*count < MAX_BINDINGS) {
        bindings[(*count)++] = (VkDescriptorSetLayoutBinding){
            binding, type, 1, VK_SHADER_STAGE_ALL, immutable};
    }
}

/* The layout of the set a translation uses, by its record. */
static bool make_set_layout(struct scope *s, const struct pvg_shader_reflection *r,
                            VkDescriptorSetLayout *out)
{
    VkDescriptorSetLayoutBinding bindings[MAX_BINDINGS];
    VkSampler immutable[PVG_SHADER_CONSTANT_SAMPLERS];
    uint32_t count = 0;
    VkDescriptorSetLayoutCreateInfo info = {VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO};

    for (uint32_t i = 0; i < r->buffer_count; i++) {
        add(bindings, &count, PVG_BINDING_BUFFER + r->buffers[i].index,
            VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, NULL);
    }
    for (uint32_t i = 0; i < r->texture_count; i++) {
        const struct pvg_shader_texture *t = &r->textures[i];
        bool texels = t->dimension == PVG_TEXTURE_TEXEL_BUFFER;

        add(bindings, &count, (t->storage ? PVG_BINDING_STORAGE : PVG_BINDING_SAMPLED) + t->index,
            t->storage ? texels ? VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER
                                : VK_DESCRIPTOR_TYPE_STORAGE_IMAGE
            : texels   ? VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER
                       : VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE,
            NULL);
    }
    for (uint32_t i = 0; i < r->sampler_count; i++) {
        if (r->samplers[i].plain) {
            add(bindings, &count, PVG_BINDING_SAMPLER + r->samplers[i].index,
                VK_DESCRIPTOR_TYPE_SAMPLER, NULL);
        }
        if (r->samplers[i].compare) {
            add(bindings, &count, PVG_BINDING_COMPARE + r->samplers[i].index,
                VK_DESCRIPTOR_TYPE_SAMPLER, NULL);
        }
    }
    for (uint32_t i = 0; i < r->constant_sampler_count; i++) {
        immutable[i] = sampler(s, r->constant_samplers[i].compare);
        add(bindings, &count, PVG_BINDING_CONSTANT_SAMPLER + i, VK_DESCRIPTOR_TYPE_SAMPLER,
            &immutable[i]);
    }
    for (uint32_t i = 0; i < PVG_SHADER_COLOURS; i++) {
        if (r->colour_input_mask >> i & 1) {
            add(bindings, &count, PVG_BINDING_COLOUR + i, VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT,
                NULL);
        }
    }
    info.bindingCount = count;
    info.pBindings = bindings;
    return vkCreateDescriptorSetLayout(s->r->device, &info, NULL, out) == VK_SUCCESS;
}

static bool make_module(struct scope *s, const struct pvg_translation *t, VkShaderModule *out)
{
    VkShaderModuleCreateInfo info = {VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO};

    info.codeSize = 4 * (size_t)t->word_count;
    info.pCode = t->words;
    return vkCreateShaderModule(s->r->device, &info, NULL, out) == VK_SUCCESS;
}

static bool make_layout(struct scope *s, const struct pvg_translation *first,
                        const struct pvg_translation *second)
{
    static const struct pvg_shader_reflection nothing;
    VkPushConstantRange push = {VK_SHADER_STAGE_ALL, 0, PVG_PUSH_SIZE};
    VkPipelineLayoutCreateInfo info = {VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO};

    if (!make_set_layout(s, first ? &first->reflection : &nothing, &s->sets[0]) ||
        !make_set_layout(s, second ? &second->reflection : &nothing, &s->sets[1])) {
        return false;
    }
    info.setLayoutCount = 2;
    info.pSetLayouts = s->sets;
    info.pushConstantRangeCount = 1;
    info.pPushConstantRanges = &push;
    return vkCreatePipelineLayout(s->r->device, &info, NULL, &s->layout) == VK_SUCCESS;
}

static bool make_compute(struct scope *s, const struct runner_dispatch *d)
{
    VkSpecializationMapEntry entries[3 + PVG_SHADER_BUFFERS];
    uint32_t values[3 + PVG_SHADER_BUFFERS], count = 3;
    VkSpecializationInfo special = {0};
    VkComputePipelineCreateInfo info = {VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO};

    for (uint32_t i = 0; i < 3; i++) {
        entries[i] = (VkSpecializationMapEntry){PVG_SPEC_LOCAL_X + i, 4 * i, 4};
        values[i] = d->local[i];
    }
    for (uint32_t i = 0; i < d->kernel->reflection.threadgroup_count; i++) {
        uint32_t index = d->kernel->reflection.threadgroups[i].index;

        entries[count] = (VkSpecializationMapEntry){PVG_SPEC_THREADGROUP + index, 4 * count, 4};
        values[count++] = MAX(1u, (d->threadgroup_bytes[index] + 15) / 16 * 4);
    }
    special.mapEntryCount = count;
    special.pMapEntries = entries;
    special.dataSize = 4 * count;
    special.pData = values;
    info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
    info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
    info.stage.module = s->modules[0];
    info.stage.pName = "main";
    info.stage.pSpecializationInfo = &special;
    info.layout = s->layout;
    return vkCreateComputePipelines(s->r->device, VK_NULL_HANDLE, 1, &info, NULL, &s->pipeline) ==
           VK_SUCCESS;
}

/* A host-visible buffer holding @bytes; its index, or -1. */
static int make_buffer(struct scope *s, const void *bytes, size_t size, VkBufferUsageFlags usage)
{
    VkBufferCreateInfo info = {VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
    VkMemoryAllocateInfo memory = {VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
    VkMemoryRequirements need;
    uint32_t i = s->buffer_count;
    VkDevice d = s->r->device;

    info.size = (MAX(size, 4) + 3) & ~(size_t)3;
    info.usage = usage;
    if (i == G_N_ELEMENTS(s->buffers) ||
        vkCreateBuffer(d, &info, NULL, &s->buffers[i]) != VK_SUCCESS) {
        return -1;
    }
    s->buffer_count++;
    vkGetBufferMemoryRequirements(d, s->buffers[i], &need);
    memory.allocationSize = need.size;
    memory.memoryTypeIndex = s->r->memory_type;
    if (vkAllocateMemory(d, &memory, NULL, &s->memories[i]) != VK_SUCCESS ||
        vkBindBufferMemory(d, s->buffers[i], s->memories[i], 0) != VK_SUCCESS ||
        vkMapMemory(d, s->memories[i], 0, VK_WHOLE_SIZE, 0, &s->mapped[i]) != VK_SUCCESS) {
        return -1;
    }
    memset(s->mapped[i], 0, info.size);
    if (bytes) {
        memcpy(s->mapped[i], bytes, size);
    }
    return (int)i;
}

static bool make_image(struct scope *s, uint32_t i, const struct runner_texture *t, bool arrayed,
                       VkFormat format, VkImageUsageFlags usage)
{
    VkImageCreateInfo image = {VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO};
    VkImageViewCreateInfo view = {VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO};
    VkMemoryAllocateInfo memory = {VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
    VkMemoryRequirements need;
    VkDevice d = s->r->device;

    image.imageType = VK_IMAGE_TYPE_2D;
    image.format = format;
    image.extent = (VkExtent3D){t->width, t->height, 1};
    image.mipLevels = 1;
    image.arrayLayers = t->layers;
    image.samples = VK_SAMPLE_COUNT_1_BIT;
    image.usage = usage | VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
    if (vkCreateImage(d, &image, NULL, &s->images[i]) != VK_SUCCESS) {
        return false;
    }
    vkGetImageMemoryRequirements(d, s->images[i], &need);
    memory.allocationSize = need.size;
    memory.memoryTypeIndex = s->r->memory_type;
    view.image = s->images[i];
    view.viewType = arrayed ? VK_IMAGE_VIEW_TYPE_2D_ARRAY : VK_IMAGE_VIEW_TYPE_2D;
    view.format = image.format;
    view.subresourceRange =
        (VkImageSubresourceRange){VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, t->layers};
    return vkAllocateMemory(d, &memory, NULL, &s->image_memory[i]) == VK_SUCCESS &&
           vkBindImageMemory(d, s->images[i], s->image_memory[i], 0) == VK_SUCCESS &&
           vkCreateImageView(d, &view, NULL, &s->views[i]) == VK_SUCCESS;
}

static void copy_image(VkCommandBuffer commands, VkImage image, VkBuffer buffer,
                       const struct runner_texture *t, bool back)
{
    VkBufferImageCopy region = {0};
    VkImageMemoryBarrier barrier = {VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER};

    region.imageSubresource =
        (VkImageSubresourceLayers){VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, t->layers};
    region.imageExtent = (VkExtent3D){t->width, t->height, 1};
    barrier.image = image;
    barrier.oldLayout = back ? VK_IMAGE_LAYOUT_GENERAL : VK_IMAGE_LAYOUT_UNDEFINED;
    barrier.newLayout = VK_IMAGE_LAYOUT_GENERAL;
    barrier.srcAccessMask = barrier.dstAccessMask =
        VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT;
    barrier.subresourceRange =
        (VkImageSubresourceRange){VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, t->layers};
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                         VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL, 0, NULL, 1, &barrier);
    if (back) {
        vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_GENERAL, buffer, 1, &region);
    } else {
        vkCmdCopyBufferToImage(commands, buffer, image, VK_IMAGE_LAYOUT_GENERAL, 1, &region);
        barrier.oldLayout = VK_IMAGE_LAYOUT_GENERAL;
        vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                             VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL, 0, NULL, 1, &barrier);
    }
}

static bool make_set(struct scope *s)
{
    static const VkDescriptorType types[] = {
        VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE,
        VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, VK_DESCRIPTOR_TYPE_SAMPLER,
        VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER};
    VkDescriptorPoolSize sizes[G_N_ELEMENTS(types)];
    VkDescriptorPoolCreateInfo pool = {VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO};
    VkDescriptorSetAllocateInfo info = {VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO};

    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        sizes[i] = (VkDescriptorPoolSize){types[i], 64};
    }
    pool.maxSets = 2;
    pool.poolSizeCount = G_N_ELEMENTS(sizes);
    pool.pPoolSizes = sizes;
    if (vkCreateDescriptorPool(s->r->device, &pool, NULL, &s->descriptors) != VK_SUCCESS) {
        return false;
    }
    info.descriptorPool = s->descriptors;
    info.descriptorSetCount = 2;
    info.pSetLayouts = s->sets;
    return vkAllocateDescriptorSets(s->r->device, &info, s->set) == VK_SUCCESS;
}

static void write_descriptor(struct scope *s, uint32_t set, uint32_t binding,
                             VkDescriptorType type,
                             const VkDescriptorBufferInfo *buffer,
                             const VkDescriptorImageInfo *image, const VkBufferView *view)
{
    VkWriteDescriptorSet write = {VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET};

    write.dstSet = s->set[set];
    write.dstBinding = binding;
    write.descriptorCount = 1;
    write.descriptorType = type;
    write.pBufferInfo = buffer;
    write.pImageInfo = image;
    write.pTexelBufferView = view;
    vkUpdateDescriptorSets(s->r->device, 1, &write, 0, NULL);
}

static bool bind_buffers(struct scope *s, const struct pvg_shader_reflection *r,
                         struct runner_buffer *buffers, uint32_t set, uint32_t *push, int *index)
{
    uint8_t *remainders =
        (uint8_t *)push + (set ? PVG_PUSH_REMAINDER_SET1 : PVG_PUSH_REMAINDER_SET0);

    for (uint32_t i = 0; i < r->buffer_count; i++) {
        uint32_t n = r->buffers[i].index;
        struct runner_buffer *b = &buffers[n];
        VkDescriptorBufferInfo info = {VK_NULL_HANDLE, 0, VK_WHOLE_SIZE};

        index[n] = -1;
        if (b->bytes) {
            index[n] = make_buffer(s, b->bytes, b->size, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT);
            if (index[n] < 0) {
                return false;
            }
            info.buffer = s->buffers[index[n]];
            info.offset = b->offset / s->r->alignment * s->r->alignment;
            info.range = b->range ? b->offset - info.offset + b->range : VK_WHOLE_SIZE;
            remainders[n] = (uint8_t)(b->offset - info.offset);
        }
        write_descriptor(s, set, PVG_BINDING_BUFFER + n, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, &info,
                         NULL, NULL);
    }
    return true;
}

static bool bind_textures(struct scope *s, struct runner_dispatch *d, int *staging)
{
    const struct pvg_shader_reflection *r = &d->kernel->reflection;

    for (uint32_t i = 0; i < r->texture_count; i++) {
        const struct pvg_shader_texture *info = &r->textures[i];
        struct runner_texture *t = &d->textures[info->index & 7];
        uint32_t binding =
            (info->storage ? PVG_BINDING_STORAGE : PVG_BINDING_SAMPLED) + info->index;
        VkDescriptorImageInfo image = {VK_NULL_HANDLE, VK_NULL_HANDLE, VK_IMAGE_LAYOUT_GENERAL};

        if (info->dimension == PVG_TEXTURE_TEXEL_BUFFER) {
            VkBufferViewCreateInfo view = {VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO};
            int b = make_buffer(s, t->texels, 4 * (size_t)t->width,
                                VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT);

            if (b < 0) {
                return false;
            }
            view.buffer = s->buffers[b];
            view.format = VK_FORMAT_R32_UINT;
            view.range = VK_WHOLE_SIZE;
            if (vkCreateBufferView(s->r->device, &view, NULL, &s->texel_views[i & 7]) !=
                VK_SUCCESS) {
                return false;
            }
            write_descriptor(s, 0, binding, VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER, NULL, NULL,
                             &s->texel_views[i & 7]);
            continue;
        }
        staging[i] = make_buffer(s, t->texels, 16 * (size_t)t->width * t->height * t->layers,
                                 VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                     VK_BUFFER_USAGE_TRANSFER_DST_BIT);
        if (staging[i] < 0 || !make_image(s, i & 7, t, info->arrayed, VK_FORMAT_R32G32B32A32_SFLOAT,
                                            VK_IMAGE_USAGE_SAMPLED_BIT |
                                                VK_IMAGE_USAGE_STORAGE_BIT)) {
            return false;
        }
        image.imageView = s->views[i & 7];
        write_descriptor(s, 0, binding,
                         info->storage ? VK_DESCRIPTOR_TYPE_STORAGE_IMAGE
                                       : VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE,
                         NULL, &image, NULL);
    }
    return true;
}

static void fill_push(const struct runner_dispatch *d, uint32_t *push)
{
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t nominal = d->nominal[i] ? d->nominal[i] : d->local[i];
        uint32_t groups = d->grid_groups[i] ? d->grid_groups[i] : d->groups[i];

        push[PVG_PUSH_GRID_THREADS / 4 + i] = d->grid[i] ? d->grid[i] : groups * nominal;
        push[PVG_PUSH_GRID_GROUPS / 4 + i] = groups;
        push[PVG_PUSH_NOMINAL_GROUP / 4 + i] = nominal;
        push[PVG_PUSH_FIRST_GROUP / 4 + i] = d->first_group[i];
    }
}

static bool record_and_wait(struct scope *s, struct runner_dispatch *d, const uint32_t *push,
                            const int *staging)
{
    const struct pvg_shader_reflection *r = &d->kernel->reflection;
    VkCommandBufferAllocateInfo allocate = {VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
    VkCommandBufferBeginInfo begin = {VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    VkSubmitInfo submit = {VK_STRUCTURE_TYPE_SUBMIT_INFO};
    VkCommandBuffer commands;
    bool ok;

    allocate.commandPool = s->r->pool;
    allocate.commandBufferCount = 1;
    if (vkAllocateCommandBuffers(s->r->device, &allocate, &commands) != VK_SUCCESS) {
        return false;
    }
    vkBeginCommandBuffer(commands, &begin);
    for (uint32_t i = 0; i < r->texture_count; i++) {
        if (s->images[i & 7]) {
            copy_image(commands, s->images[i & 7], s->buffers[staging[i]],
                       &d->textures[r->textures[i].index & 7], false);
        }
    }
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, s->pipeline);
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, s->layout, 0, 2, s->set, 0,
                            NULL);
    vkCmdPushConstants(commands, s->layout, VK_SHADER_STAGE_ALL, 0, PVG_PUSH_SIZE, push);
    vkCmdDispatch(commands, d->groups[0], d->groups[1], d->groups[2]);
    for (uint32_t i = 0; i < r->texture_count; i++) {
        if (s->images[i & 7]) {
            copy_image(commands, s->images[i & 7], s->buffers[staging[i]],
                       &d->textures[r->textures[i].index & 7], true);
        }
    }
    vkEndCommandBuffer(commands);
    submit.commandBufferCount = 1;
    submit.pCommandBuffers = &commands;
    ok = vkQueueSubmit(s->r->queue, 1, &submit, VK_NULL_HANDLE) == VK_SUCCESS &&
         vkQueueWaitIdle(s->r->queue) == VK_SUCCESS;
    vkFreeCommandBuffers(s->r->device, s->r->pool, 1, &commands);
    return ok;
}

static void take_back(struct scope *s, struct runner_dispatch *d, const int *buffers,
                      const int *staging)
{
    const struct pvg_shader_reflection *r = &d->kernel->reflection;

    for (uint32_t i = 0; i < r->buffer_count; i++) {
        struct runner_buffer *b = &d->buffers[r->buffers[i].index];

        if (b->bytes) {
            memcpy(b->bytes, s->mapped[buffers[r->buffers[i].index]], b->size);
        }
    }
    for (uint32_t i = 0; i < r->texture_count; i++) {
        struct runner_texture *t = &d->textures[r->textures[i].index & 7];

        if (s->images[i & 7]) {
            memcpy(t->texels, s->mapped[staging[i]], 16 * (size_t)t->width * t->height * t->layers);
        }
    }
}

bool runner_dispatch(struct runner *r, struct runner_dispatch *d, char *why, size_t size)
{
    struct scope s = {.r = r};
    uint32_t push[PVG_PUSH_SIZE / 4] = {0};
    int buffers[PVG_SHADER_BUFFERS] = {0}, staging[PVG_SHADER_TEXTURES] = {0};
    const char *failed = NULL;

    if (!make_layout(&s, d->kernel, NULL) || !make_module(&s, d->kernel, &s.modules[0]) ||
        !make_compute(&s, d)) {
        failed = "no pipeline";
    } else if (!make_set(&s) || !bind_buffers(&s, &d->kernel->reflection, d->buffers, 0, push, buffers) ||
               !bind_textures(&s, d, staging)) {
        failed = "no resources";
    } else {
        fill_push(d, push);
        if (!record_and_wait(&s, d, push, staging)) {
            failed = "the device was lost";
        } else {
            take_back(&s, d, buffers, staging);
        }
    }
    finish(&s);
    if (failed) {
        snprintf(why, size, "%s", failed);
    }
    return !failed;
}

/* ---- Pipelines only ---- */

bool runner_makes_compute(struct runner *r, const struct pvg_translation *kernel, char *why,
                          size_t size)
{
    struct scope s = {.r = r};
    struct runner_dispatch d = {.kernel = kernel, .local = {32, 1, 1}};
    bool ok = make_layout(&s, kernel, NULL) && make_module(&s, kernel, &s.modules[0]) &&
              make_compute(&s, &d);

    finish(&s);
    if (!ok) {
        snprintf(why, size, "vkCreateComputePipelines failed");
    }
    return ok;
}

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

/* @draw: where attributes lie, or NULL. */
static bool make_graphics(struct scope *s, const struct pvg_translation *vertex,
                          const struct pvg_translation *fragment, const struct runner_draw *draw)
{
    VkVertexInputAttributeDescription attributes[PVG_SHADER_ATTRIBUTES];
    VkVertexInputBindingDescription binding = {0, 64, VK_VERTEX_INPUT_RATE_VERTEX};
    VkFormat colours[PVG_SHADER_COLOURS] = {VK_FORMAT_UNDEFINED};
    VkPipelineColorBlendAttachmentState blends[PVG_SHADER_COLOURS] = {{0}};
    VkPipelineShaderStageCreateInfo stages[2] = {
        {VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO},
        {VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO}};
    VkPipelineVertexInputStateCreateInfo input = {
        VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO};
    VkPipelineInputAssemblyStateCreateInfo assembly = {
        VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO};
    VkViewport viewport = {0, RUNNER_SIDE, RUNNER_SIDE, -RUNNER_SIDE, 0, 1}; /* y is up */
    VkRect2D scissor = {{0, 0}, {RUNNER_SIDE, RUNNER_SIDE}};
    VkPipelineViewportStateCreateInfo viewports = {
        VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO};
    VkPipelineRasterizationStateCreateInfo raster = {
        VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO};
    VkPipelineMultisampleStateCreateInfo samples = {
        VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO};
    VkPipelineDepthStencilStateCreateInfo depth = {
        VK_STRUCTURE_TYPE_PIPELINE_DEPTH_STENCIL_STATE_CREATE_INFO};
    VkPipelineColorBlendStateCreateInfo blend = {
        VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO};
    VkPipelineRenderingCreateInfo rendering = {VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO};
    VkGraphicsPipelineCreateInfo info = {VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
                                         &rendering};

    for (uint32_t i = 0; i < vertex->reflection.attribute_count; i++) {
        const struct pvg_shader_attribute *a = &vertex->reflection.attributes[i];

        attributes[i] = (VkVertexInputAttributeDescription){
            a->location, 0, attribute_format(a), draw ? draw->attribute_offset[a->location] : 0};
    }
    if (draw && draw->stride) {
        binding.stride = draw->stride;
    }
    input.vertexBindingDescriptionCount = 1;
    input.pVertexBindingDescriptions = &binding;
    input.vertexAttributeDescriptionCount = vertex->reflection.attribute_count;
    input.pVertexAttributeDescriptions = attributes;
    for (uint32_t i = 0; fragment && i < fragment->reflection.colour_count; i++) {
        const struct pvg_shader_colour *c = &fragment->reflection.colours[i];

        colours[c->attachment] = c->component_class == PVG_CLASS_FLOAT ? VK_FORMAT_R8G8B8A8_UNORM
                                 : c->component_class == PVG_CLASS_SIGNED
                                     ? VK_FORMAT_R32G32B32A32_SINT
                                     : VK_FORMAT_R32G32B32A32_UINT;
    }
    rendering.colorAttachmentCount = blend.attachmentCount = PVG_SHADER_COLOURS;
    rendering.pColorAttachmentFormats = colours;
    blend.pAttachments = blends;
    for (uint32_t i = 0; i < PVG_SHADER_COLOURS; i++) {
        blends[i].colorWriteMask = 0xf;
    }
    for (uint32_t i = 0; i < 2; i++) {
        stages[i].stage = i ? VK_SHADER_STAGE_FRAGMENT_BIT : VK_SHADER_STAGE_VERTEX_BIT;
        stages[i].module = s->modules[i];
        stages[i].pName = "main";
    }
    assembly.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST;
    viewports.viewportCount = viewports.scissorCount = 1;
    viewports.pViewports = &viewport;
    viewports.pScissors = &scissor;
    raster.lineWidth = 1.0f;
    raster.rasterizerDiscardEnable = !fragment;
    samples.rasterizationSamples = VK_SAMPLE_COUNT_1_BIT;
    info.stageCount = fragment ? 2 : 1;
    info.pStages = stages;
    info.pVertexInputState = &input;
    info.pInputAssemblyState = &assembly;
    info.pViewportState = &viewports;
    info.pRasterizationState = &raster;
    info.pMultisampleState = &samples;
    info.pDepthStencilState = &depth;
    info.pColorBlendState = &blend;
    info.layout = s->layout;
    return vkCreateGraphicsPipelines(s->r->device, VK_NULL_HANDLE, 1, &info, NULL,
                                     &s->pipeline) == VK_SUCCESS;
}

bool runner_makes_graphics(struct runner *r, const struct pvg_translation *vertex,
                           const struct pvg_translation *fragment, char *why, size_t size)
{
    struct scope s = {.r = r};
    bool ok = make_layout(&s, vertex, fragment) && make_module(&s, vertex, &s.modules[0]) &&
              (!fragment || make_module(&s, fragment, &s.modules[1])) &&
              make_graphics(&s, vertex, fragment, NULL);

    finish(&s);
    if (!ok) {
        snprintf(why, size, "vkCreateGraphicsPipelines failed");
    }
    return ok;
}

/* ---- Drawing ---- */

static void whole_image_barrier(VkCommandBuffer commands, VkImage image)
{
    VkImageMemoryBarrier barrier = {VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER};

    barrier.image = image;
    barrier.oldLayout = VK_IMAGE_LAYOUT_UNDEFINED;
    barrier.newLayout = VK_IMAGE_LAYOUT_GENERAL;
    barrier.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT;
    barrier.subresourceRange =
        (VkImageSubresourceRange){VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                         VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL, 0, NULL, 1, &barrier);
}

/* Image 0 is the target, image 1 the texture that all textures are. */
static bool bind_draw(struct scope *s, struct runner_draw *d, uint32_t *push)
{
    const struct runner_texture target = {NULL, RUNNER_SIDE, RUNNER_SIDE, 1};
    const struct runner_texture small = {NULL, 2, 2, 1};
    int index[PVG_SHADER_BUFFERS];

    if (!make_image(s, 0, &target, false, VK_FORMAT_R8G8B8A8_UNORM,
                    VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT) ||
        !make_image(s, 1, &small, false, VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_USAGE_SAMPLED_BIT)) {
        return false;
    }
    for (uint32_t set = 0; set < 2; set++) {
        const struct pvg_shader_reflection *r = &(set ? d->fragment : d->vertex)->reflection;

        if (!bind_buffers(s, r, d->buffers[set], set, push, index)) {
            return false;
        }
        for (uint32_t i = 0; i < r->texture_count; i++) {
            VkDescriptorImageInfo image = {VK_NULL_HANDLE, s->views[1], VK_IMAGE_LAYOUT_GENERAL};

            write_descriptor(s, set, PVG_BINDING_SAMPLED + r->textures[i].index,
                             VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE, NULL, &image, NULL);
        }
        for (uint32_t i = 0; i < r->sampler_count; i++) {
            VkDescriptorImageInfo image = {sampler(s, false), VK_NULL_HANDLE, 0};

            write_descriptor(s, set, PVG_BINDING_SAMPLER + r->samplers[i].index,
                             VK_DESCRIPTOR_TYPE_SAMPLER, NULL, &image, NULL);
        }
    }
    return true;
}

static bool record_draw(struct scope *s, struct runner_draw *d, const uint32_t *push, int vertices,
                        int pixels)
{
    VkCommandBufferAllocateInfo allocate = {VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
    VkCommandBufferBeginInfo begin = {VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    VkRenderingAttachmentInfo colour = {VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO};
    VkRenderingInfo rendering = {VK_STRUCTURE_TYPE_RENDERING_INFO};
    VkRenderingAttachmentInfo colours[PVG_SHADER_COLOURS];
    VkImageSubresourceRange all = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    VkBufferImageCopy region = {0};
    VkSubmitInfo submit = {VK_STRUCTURE_TYPE_SUBMIT_INFO};
    VkClearColorValue texel;
    VkCommandBuffer commands;
    VkDeviceSize zero = 0;
    bool ok;

    allocate.commandPool = s->r->pool;
    allocate.commandBufferCount = 1;
    if (vkAllocateCommandBuffers(s->r->device, &allocate, &commands) != VK_SUCCESS) {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) {
        texel.float32[i] = (float)d->texel[i] / 255.0f;
    }
    vkBeginCommandBuffer(commands, &begin);
    whole_image_barrier(commands, s->images[0]);
    whole_image_barrier(commands, s->images[1]);
    vkCmdClearColorImage(commands, s->images[1], VK_IMAGE_LAYOUT_GENERAL, &texel, 1, &all);
    {
        VkMemoryBarrier barrier = {VK_STRUCTURE_TYPE_MEMORY_BARRIER, NULL,
                                   VK_ACCESS_MEMORY_WRITE_BIT, VK_ACCESS_MEMORY_READ_BIT};

        vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                             VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
    }
    for (unsigned i = 0; i < PVG_SHADER_COLOURS; i++) {
        colours[i] = colour;
    }
    colours[0].imageView = s->views[0];
    colours[0].imageLayout = VK_IMAGE_LAYOUT_GENERAL;
    colours[0].loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR;
    colours[0].storeOp = VK_ATTACHMENT_STORE_OP_STORE;
    rendering.renderArea.extent = (VkExtent2D){RUNNER_SIDE, RUNNER_SIDE};
    rendering.layerCount = 1;
    rendering.colorAttachmentCount = PVG_SHADER_COLOURS;
    rendering.pColorAttachments = colours;
    vkCmdBeginRendering(commands, &rendering);
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, s->pipeline);
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, s->layout, 0, 2, s->set, 0,
                            NULL);
    vkCmdPushConstants(commands, s->layout, VK_SHADER_STAGE_ALL, 0, PVG_PUSH_SIZE, push);
    if (vertices >= 0) {
        vkCmdBindVertexBuffers(commands, 0, 1, &s->buffers[vertices], &zero);
    }
    vkCmdDraw(commands, d->vertex_count, 1, 0, 0);
    vkCmdEndRendering(commands);
    region.imageSubresource = (VkImageSubresourceLayers){VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
    region.imageExtent = (VkExtent3D){RUNNER_SIDE, RUNNER_SIDE, 1};
    {
        VkMemoryBarrier barrier = {VK_STRUCTURE_TYPE_MEMORY_BARRIER, NULL,
                                   VK_ACCESS_MEMORY_WRITE_BIT, VK_ACCESS_MEMORY_READ_BIT};

        vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                             VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
    }
    vkCmdCopyImageToBuffer(commands, s->images[0], VK_IMAGE_LAYOUT_GENERAL, s->buffers[pixels], 1,
                           &region);
    vkEndCommandBuffer(commands);
    submit.commandBufferCount = 1;
    submit.pCommandBuffers = &commands;
    ok = vkQueueSubmit(s->r->queue, 1, &submit, VK_NULL_HANDLE) == VK_SUCCESS &&
         vkQueueWaitIdle(s->r->queue) == VK_SUCCESS;
    vkFreeCommandBuffers(s->r->device, s->r->pool, 1, &commands);
    return ok;
}

bool runner_draw(struct runner *r, struct runner_draw *d, char *why, size_t size)
{
    struct scope s = {.r = r};
    uint32_t push[PVG_PUSH_SIZE / 4] = {0};
    const char *failed = NULL;
    int vertices = -1, pixels;

    if (!make_layout(&s, d->vertex, d->fragment) ||
        !make_module(&s, d->vertex, &s.modules[0]) ||
        !make_module(&s, d->fragment, &s.modules[1]) ||
        !make_graphics(&s, d->vertex, d->fragment, d)) {
        failed = "no pipeline";
    } else {
        pixels = make_buffer(&s, NULL, sizeof(d->pixels), VK_BUFFER_USAGE_TRANSFER_DST_BIT);
        if (d->vertices) {
            vertices = make_buffer(&s, d->vertices, d->vertices_size,
                                   VK_BUFFER_USAGE_VERTEX_BUFFER_BIT);
        }
        if (pixels < 0 || !make_set(&s) || !bind_draw(&s, d, push)) {
            failed = "no resources";
        } else if (!record_draw(&s, d, push, vertices, pixels)) {
            failed = "the device was lost";
        } else {
            memcpy(d->pixels, s.mapped[pixels], sizeof(d->pixels));
        }
    }
    finish(&s);
    if (failed) {
        snprintf(why, size, "%s", failed);
    }
    return !failed;
}
