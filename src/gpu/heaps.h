/* SPDX-License-Identifier: MIT */
/* Set 3: all of a task's objects that have numbers (handles.h), as descriptors for shaders that
 * take the numbers out of memory. One set a pipeline and batch. Engine thread. Spec: 70-air 10.7;
 * 02-errata-gpu 2.2. */
#ifndef PVG_GPU_HEAPS_H
#define PVG_GPU_HEAPS_H

#include "gpu/pipelines.h"
#include "gpu/run.h"

/* What one of set 3's bindings holds. */
VkDescriptorType pvg_heap_type(uint32_t binding);

/* The descriptors in each of the device's heaps; 0: it cannot have any. */
uint32_t pvg_heap_slots_of(const struct pvg_vk *vk);

GArray *pvg_heap_sets_new(void);

/* The set for @count stages of a pipeline of @layout, made with the first use in a batch. Uses all
 * objects in the heaps, and has those written that a shader may write. Refuses HOST_MEMORY. */
PVG_NODISCARD enum pvg_refusal pvg_heaps_describe(struct pvg_gpu_run *run,
                                                  const struct pvg_stage_program *const *stages,
                                                  unsigned count, VkDescriptorSetLayout layout,
                                                  VkDescriptorSet *out);

#endif
