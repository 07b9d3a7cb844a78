/* SPDX-License-Identifier: MIT */
/* What guests are told of the GPU. Spec: 10-device 10, 12.1; 02-errata row 8. */
#include "gpu/answers.h"

#include "gpu/pipelines.h"
#include "gpu/table.h"
#include "wire/devinfo.h"
#include "wire/packets.h"

static void lower(uint32_t *value, uint32_t most)
{
    *value = MIN(*value, most);
}

static uint32_t largest_sample_count(const VkPhysicalDeviceLimits *limits)
{
    const VkSampleCountFlags both = limits->framebufferColorSampleCounts &
                                    limits->framebufferDepthSampleCounts &
                                    limits->sampledImageColorSampleCounts;

    return both & 8 ? 8 : both & 4 ? 4 : both & 2 ? 2 : 1;
}

void pvg_gpu_limit(struct pvg_gpu *gpu, uint32_t values[PVG_DEVICE_INFO_KEYS])
{
    const struct pvg_pixel_format *d24s8 =
        pvg_pixel_format_find(PVG_WIRE_PIXEL_FORMAT_DEPTH24UNORM_STENCIL8);
    const VkPhysicalDeviceLimits *limits;

    if (!gpu->vk) { /* it did not come back after a loss: nothing will be drawn, whatever is said */
        return;
    }
    limits = &gpu->vk->properties.properties.limits;

    lower(&values[PVG_WIRE_DEVICE_INFO_MAX_SAMPLE_COUNT], largest_sample_count(limits));
    lower(&values[PVG_WIRE_DEVICE_INFO_D24S8], pvg_host_format_find(&gpu->formats, d24s8) != NULL);
    lower(&values[PVG_WIRE_DEVICE_INFO_MAX_THREADS_WIDTH], limits->maxComputeWorkGroupSize[0]);
    lower(&values[PVG_WIRE_DEVICE_INFO_MAX_THREADS_HEIGHT], limits->maxComputeWorkGroupSize[1]);
    lower(&values[PVG_WIRE_DEVICE_INFO_MAX_THREADS_DEPTH], limits->maxComputeWorkGroupSize[2]);
    lower(&values[PVG_WIRE_DEVICE_INFO_THREADGROUP_MEMORY], limits->maxComputeSharedMemorySize);
    lower(&values[PVG_WIRE_DEVICE_INFO_NATIVE_FP16], gpu->vk->features.v12.shaderFloat16);
    lower(&values[PVG_WIRE_DEVICE_INFO_MAX_COMPUTE_THREADS],
          limits->maxComputeWorkGroupInvocations);
    lower(&values[PVG_WIRE_DEVICE_INFO_MAX_COMPUTE_LOCAL_MEMORY],
          limits->maxComputeSharedMemorySize);
    lower(&values[PVG_WIRE_DEVICE_INFO_MAX_COMPUTE_THREADGROUP_MEMORY],
          limits->maxComputeSharedMemorySize);
    lower(&values[PVG_WIRE_DEVICE_INFO_MAX_TEXTURE_LAYERS], limits->maxImageArrayLayers);
    if (gpu->heap_slots) { /* the only thing that a host may have more of than was said */
        values[PVG_WIRE_DEVICE_INFO_FLAGS_2024] |= PVG_WIRE_DEVICE_FLAGS_2024_ARGUMENT_BUFFERS;
    }
    lower(&values[PVG_WIRE_DEVICE_INFO_FRAMEBUFFER_READ],
          gpu->vk->features.raster_order.rasterizationOrderColorAttachmentAccess);
}

/* The guest divides by the width. Spec: 10-device 12.1. */
void pvg_gpu_compute_info(struct pvg_gpu *gpu, struct pvg_compute_query *query)
{
    const struct pvg_gpu_object *pipeline;

    if (gpu->vk) {
        query->max_threads = gpu->vk->properties.properties.limits.maxComputeWorkGroupInvocations;
        query->width = gpu->vk->properties11.subgroupSize;
        pipeline = pvg_table_peek(gpu, query->space, query->pipeline);
        if (pipeline && pipeline->kind == PVG_GPU_COMPUTE_PIPELINE &&
            pvg_pipeline_state(pipeline) == PVG_PIPELINE_READY) {
            query->static_memory = ((const struct pvg_compute_pipeline *)pipeline)
                                       ->kernel.shader->translation.reflection.threadgroup_bytes;
        }
    }
    pvg_work_complete(&query->work, PVG_ACCEPTED);
}
