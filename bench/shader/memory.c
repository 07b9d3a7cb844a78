/* SPDX-License-Identifier: MIT */
/* What memory safety costs: a kernel of ours, on a device that checks, beside the same kernel in
 * GLSL on a device that was asked for no checks, through descriptors and through plain addresses.
 * Prints a JSON object a line, as bench/run wants it.
 *
 * Usage: bench-shader-memory NAME OURS.metallib DESCRIPTORS.spv ADDRESSES.spv */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "air_file.h"
#include "shader/compiler.h"
#include "vulkan/device.h"
#include "vulkan/shader_features.h"

#define GROUP   64u
#define THREADS (1u << 22)
#define BUFFERS 3
#define BYTES   (4 * (VkDeviceSize)THREADS) /* of each buffer */
#define ROUNDS  15

/* One device and what runs on it. */
struct side {
    VkDevice device;
    struct VolkDeviceTable fn;
    VkQueue queue;
    VkCommandPool pool;
    VkBuffer buffers[BUFFERS];
    uint64_t addresses[PVG_PUSH_SIZE / 8]; /* as they are pushed */
    VkDescriptorSetLayout set_layout;
    VkPipelineLayout layout;
    VkDescriptorPool descriptors;
    VkDescriptorSet set;
};

static void check(VkResult result)
{
    if (result != VK_SUCCESS) {
        fprintf(stderr, "bench-shader-memory: Vulkan says %d\n", result);
        exit(1);
    }
}

static void give_up(const char *why)
{
    fprintf(stderr, "%s\n", why);
    exit(77);
}

/* ---- Devices ---- */

/* No robustness, and addresses. */
static VkDevice plain_device(const struct pvg_vk *vk)
{
    VkPhysicalDeviceVulkan12Features v12 = {.sType =
                                                VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES};
    VkPhysicalDeviceFeatures2 there = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                       .pNext = &v12};
    VkDevice device;

    vkGetPhysicalDeviceFeatures2(vk->physical, &there);
    if (!v12.bufferDeviceAddress) {
        give_up("the device has no buffer addresses");
    }
    v12 = (VkPhysicalDeviceVulkan12Features){.sType = v12.sType, .bufferDeviceAddress = VK_TRUE};
    check(vkCreateDevice(vk->physical,
                         &(VkDeviceCreateInfo){
                             .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                             .pNext = &v12,
                             .queueCreateInfoCount = 1,
                             .pQueueCreateInfos =
                                 &(VkDeviceQueueCreateInfo){
                                     .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                     .queueFamilyIndex = vk->family,
                                     .queueCount = 1,
                                     .pQueuePriorities = &(float){1},
                                 },
                         },
                         NULL, &device));
    return device;
}

static uint32_t memory_type(const struct pvg_vk *vk, uint32_t allowed)
{
    const VkMemoryPropertyFlags wanted =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    VkPhysicalDeviceMemoryProperties memory;
    uint32_t best = UINT32_MAX;

    vkGetPhysicalDeviceMemoryProperties(vk->physical, &memory);
    for (uint32_t i = 0; i < memory.memoryTypeCount; i++) {
        VkMemoryPropertyFlags flags = memory.memoryTypes[i].propertyFlags;

        if (allowed >> i & 1 && (flags & wanted) == wanted &&
            (best == UINT32_MAX || flags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)) {
            best = i;
        }
    }
    if (best == UINT32_MAX) {
        give_up("the device has no memory that the host can see");
    }
    return best;
}

/* Holds ones, or scrambled indices. */
static void make_buffer(struct side *s, const struct pvg_vk *vk, unsigned n, bool indices,
                        bool addresses)
{
    const VkMemoryAllocateFlagsInfo flags = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
                                             .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT};
    VkMemoryRequirements need;
    VkDeviceMemory memory;
    void *mapped;

    check(s->fn.vkCreateBuffer(
        s->device,
        &(VkBufferCreateInfo){
            .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
            .size = BYTES,
            .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
                     (addresses ? VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT : 0),
        },
        NULL, &s->buffers[n]));
    s->fn.vkGetBufferMemoryRequirements(s->device, s->buffers[n], &need);
    check(s->fn.vkAllocateMemory(
        s->device,
        &(VkMemoryAllocateInfo){
            .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
            .pNext = addresses ? &flags : NULL,
            .allocationSize = need.size,
            .memoryTypeIndex = memory_type(vk, need.memoryTypeBits),
        },
        NULL, &memory));
    check(s->fn.vkBindBufferMemory(s->device, s->buffers[n], memory, 0));
    check(s->fn.vkMapMemory(s->device, memory, 0, VK_WHOLE_SIZE, 0, &mapped));
    for (uint32_t i = 0; i < THREADS; i++) {
        ((uint32_t *)mapped)[i] = indices ? (i * 40503u) % THREADS : 0x3f800000;
    }
    if (addresses) {
        s->addresses[n] = s->fn.vkGetBufferDeviceAddress(
            s->device,
            &(VkBufferDeviceAddressInfo){.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO,
                                         .buffer = s->buffers[n]});
    }
}

static void make_layout(struct side *s)
{
    VkDescriptorSetLayoutBinding bindings[BUFFERS];

    for (uint32_t i = 0; i < BUFFERS; i++) {
        bindings[i] = (VkDescriptorSetLayoutBinding){
            PVG_BINDING_BUFFER + i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1,
            VK_SHADER_STAGE_COMPUTE_BIT, NULL};
    }
    check(s->fn.vkCreateDescriptorSetLayout(
        s->device,
        &(VkDescriptorSetLayoutCreateInfo){
            .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
            .bindingCount = BUFFERS,
            .pBindings = bindings},
        NULL, &s->set_layout));
    check(s->fn.vkCreatePipelineLayout(
        s->device,
        &(VkPipelineLayoutCreateInfo){
            .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
            .setLayoutCount = 1,
            .pSetLayouts = &s->set_layout,
            .pushConstantRangeCount = 1,
            .pPushConstantRanges =
                &(VkPushConstantRange){VK_SHADER_STAGE_COMPUTE_BIT, 0, PVG_PUSH_SIZE}},
        NULL, &s->layout));
}

static void make_set(struct side *s)
{
    check(s->fn.vkCreateDescriptorPool(
        s->device,
        &(VkDescriptorPoolCreateInfo){
            .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
            .maxSets = 1,
            .poolSizeCount = 1,
            .pPoolSizes = &(VkDescriptorPoolSize){VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, BUFFERS}},
        NULL, &s->descriptors));
    check(s->fn.vkAllocateDescriptorSets(
        s->device,
        &(VkDescriptorSetAllocateInfo){.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                       .descriptorPool = s->descriptors,
                                       .descriptorSetCount = 1,
                                       .pSetLayouts = &s->set_layout},
        &s->set));
    for (uint32_t i = 0; i < BUFFERS; i++) {
        s->fn.vkUpdateDescriptorSets(
            s->device, 1,
            &(VkWriteDescriptorSet){
                .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                .dstSet = s->set,
                .dstBinding = PVG_BINDING_BUFFER + i,
                .descriptorCount = 1,
                .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                .pBufferInfo = &(VkDescriptorBufferInfo){s->buffers[i], 0, BYTES}},
            0, NULL);
    }
}

static void start(struct side *s, const struct pvg_vk *vk, VkDevice device, bool indices,
                  bool addresses)
{
    s->device = device;
    volkLoadDeviceTable(&s->fn, device);
    s->fn.vkGetDeviceQueue(device, vk->family, 0, &s->queue);
    check(s->fn.vkCreateCommandPool(
        device,
        &(VkCommandPoolCreateInfo){.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                   .queueFamilyIndex = vk->family},
        NULL, &s->pool));
    for (unsigned i = 0; i < BUFFERS; i++) {
        make_buffer(s, vk, i, indices && i == 0, addresses);
    }
    make_layout(s);
    make_set(s);
}

/* ---- Pipelines ---- */

static VkPipeline pipeline(struct side *s, const uint32_t *words, size_t size)
{
    static const VkSpecializationMapEntry entries[] = {
        {PVG_SPEC_LOCAL_X, 0, 4}, {PVG_SPEC_THREADGROUP, 4, 4}};
    static const uint32_t values[] = {GROUP, GROUP};
    VkShaderModule module;
    VkPipeline out;

    check(s->fn.vkCreateShaderModule(
        s->device,
        &(VkShaderModuleCreateInfo){.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                    .codeSize = size,
                                    .pCode = words},
        NULL, &module));
    check(s->fn.vkCreateComputePipelines(
        s->device, VK_NULL_HANDLE, 1,
        &(VkComputePipelineCreateInfo){
            .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
            .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                      .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                      .module = module,
                      .pName = "main",
                      .pSpecializationInfo =
                          &(VkSpecializationInfo){G_N_ELEMENTS(entries), entries, sizeof(values),
                                                  values}},
            .layout = s->layout},
        NULL, &out));
    return out;
}

static VkPipeline pipeline_of_file(struct side *s, const char *path)
{
    g_autofree char *bytes = NULL;
    gsize size;

    if (!g_file_get_contents(path, &bytes, &size, NULL)) {
        give_up("no twin in GLSL");
    }
    return pipeline(s, (const uint32_t *)(void *)bytes, size);
}

static VkPipeline pipeline_of_ours(struct side *s, const struct pvg_vk *vk, const char *path)
{
    const struct pvg_compiler_settings settings = {.cache_folder = "", .threads = 1};
    const struct pvg_shader_options options = {.features = pvg_vk_shader_features(vk)};
    struct pvg_error error = {0};
    struct pvg_compiler *compiler = pvg_compiler_create(&settings, &error);
    struct air_file *file = air_file_open(path, &error);
    struct pvg_shader_source *source;
    struct pvg_shader *shader;
    VkPipeline out;

    if (!compiler || !file || !file->functions->len) {
        give_up(error.message);
    }
    source = air_function_source(air_file_at(file, 0));
    shader = pvg_compiler_compile(compiler, source, &options);
    if (shader->translation.status != PVG_TRANSLATE_DONE) {
        give_up(shader->translation.reason);
    }
    out = pipeline(s, shader->translation.words, 4 * (size_t)shader->translation.word_count);
    pvg_shader_unref(shader);
    pvg_shader_source_unref(source);
    air_file_destroy(file);
    pvg_compiler_destroy(compiler);
    return out;
}

/* ---- Runs ---- */

static double run(struct side *s, VkPipeline pipeline, const void *push)
{
    VkCommandBuffer commands;
    gint64 from;
    double time;

    check(s->fn.vkAllocateCommandBuffers(
        s->device,
        &(VkCommandBufferAllocateInfo){.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                       .commandPool = s->pool,
                                       .commandBufferCount = 1},
        &commands));
    check(s->fn.vkBeginCommandBuffer(
        commands,
        &(VkCommandBufferBeginInfo){.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO}));
    s->fn.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
    s->fn.vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, s->layout, 0, 1,
                                  &s->set, 0, NULL);
    s->fn.vkCmdPushConstants(commands, s->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, PVG_PUSH_SIZE,
                             push);
    s->fn.vkCmdDispatch(commands, THREADS / GROUP, 1, 1);
    check(s->fn.vkEndCommandBuffer(commands));
    from = g_get_monotonic_time();
    check(s->fn.vkQueueSubmit(s->queue, 1,
                              &(VkSubmitInfo){.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                                              .commandBufferCount = 1,
                                              .pCommandBuffers = &commands},
                              VK_NULL_HANDLE));
    check(s->fn.vkQueueWaitIdle(s->queue));
    time = (g_get_monotonic_time() - from) / 1000.0;
    s->fn.vkFreeCommandBuffers(s->device, s->pool, 1, &commands);
    return time;
}

static void report(const char *name, const char *against, double ours, double theirs)
{
    printf("{\"name\": \"shader.memory.%s_%s\", \"value\": %.4f, \"unit\": \"ratio\", \"goal\": "
           "null, \"better\": \"lower\", \"reference\": \"unchecked %.2f ms, ours %.2f ms, %u "
           "threads\"}\n",
           name, against, ours / theirs, theirs, ours, THREADS);
}

int main(int argc, char **argv)
{
    static struct side checked, plain;
    struct pvg_error error = {0};
    struct pvg_vk *vk = pvg_vk_create(&(struct pvg_vk_options){0}, &error);
    uint32_t facts[PVG_PUSH_SIZE / 4] = {0};
    double best[3] = {1e9, 1e9, 1e9};
    VkPipeline pipelines[3];
    bool indices; /* in buffer 0 */

    if (argc != 5) {
        give_up("NAME OURS.metallib DESCRIPTORS.spv ADDRESSES.spv");
    }
    if (!vk) {
        give_up(error.message);
    }
    indices = !strcmp(argv[1], "gather");
    start(&checked, vk, vk->device, indices, false);
    start(&plain, vk, plain_device(vk), indices, true);
    pipelines[0] = pipeline_of_ours(&checked, vk, argv[2]);
    pipelines[1] = pipeline_of_file(&plain, argv[3]);
    pipelines[2] = pipeline_of_file(&plain, argv[4]);
    facts[PVG_PUSH_GRID_THREADS / 4] = THREADS;
    facts[PVG_PUSH_GRID_GROUPS / 4] = THREADS / GROUP;
    facts[PVG_PUSH_NOMINAL_GROUP / 4] = GROUP;
    for (unsigned i = 1; i < 3; i++) {
        facts[PVG_PUSH_GRID_THREADS / 4 + i] = facts[PVG_PUSH_GRID_GROUPS / 4 + i] =
            facts[PVG_PUSH_NOMINAL_GROUP / 4 + i] = 1;
    }
    for (unsigned round = 0; round < ROUNDS; round++) { /* in turn: all see the same neighbours */
        for (unsigned i = 0; i < 3; i++) {
            double time = i ? run(&plain, pipelines[i], i == 2 ? plain.addresses : (void *)facts)
                            : run(&checked, pipelines[0], facts);

            best[i] = MIN(best[i], time);
        }
    }
    report(argv[1], "descriptors", best[0], best[1]);
    report(argv[1], "addresses", best[0], best[2]);
    return 0;
}
