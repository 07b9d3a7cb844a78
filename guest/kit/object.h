/* SPDX-License-Identifier: MIT */
/* Objects of a task: slots in its object list, and the descriptors they name. Spec: 20-memory 5, 6;
 * 30-resources 6-9. */
#ifndef KIT_OBJECT_H
#define KIT_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/packets.h"
#include "wire/resources.h"
#include "wire/shared.h"
#include "wire/writer.h"

#include "kit/channel.h"
#include "kit/task.h"

/* A number for a new object of @task. */
uint32_t kit_object_number(struct kit_task *task);

/* Begins a descriptor: write it with generated encoders, then publish it. */
struct pvg_writer *kit_blob(struct kit *kit);

/* Puts what kit_blob's writer holds into @task's memory and @object's slot. */
void kit_object_publish(struct kit *kit, struct kit_task *task, uint32_t object,
                        enum pvg_wire_object_type type);

/* Empties the slot: a CPU store, no packet. */
void kit_object_unpublish(struct kit *kit, struct kit_task *task, uint32_t object);

/* Deletes, behind @after if that is not NULL: objects with memory by DeleteResource, others by
 * DeleteObject; then empties the slot. Returns the stamp on the exec channel. */
uint32_t kit_resource_delete(struct kit *kit, struct kit_task *task, uint32_t object,
                             const struct kit_point *after);
uint32_t kit_object_delete(struct kit *kit, struct kit_task *task, uint32_t object,
                           enum pvg_wire_destroy_kind kind, const struct kit_point *after);

/* Has what the GPU wrote to @object put into its pages, as a driver does before the CPU reads a
 * texture or a surface. Waits for it. */
void kit_resource_synchronize(struct kit *kit, const struct kit_task *task, uint32_t object);

struct kit_buffer {
    uint32_t object;
    uint64_t gva;
    uint64_t size; /* bytes */
};

void kit_buffer_create(struct kit *kit, struct kit_task *task, struct kit_buffer *buffer,
                       uint64_t size);

#define KIT_LEVELS 16

struct kit_texture {
    uint32_t object;
    uint64_t gva;
    uint64_t size; /* bytes */
    unsigned levels;
    struct pvg_wire_texture_level level[KIT_LEVELS];
};

/* The body of a 2D texture of one level, that everybody reads as it is. @usage: bits of enum
 * pvg_wire_texture_usage, @storage of enum pvg_wire_storage_mode. */
struct pvg_wire_texture_body kit_texture_body(uint16_t format, uint32_t width, uint32_t height,
                                              uint32_t usage, enum pvg_wire_storage_mode storage);

/* A linear texture as the guest kernel lays it out: level by level, rows aligned to what the device
 * asked for, slices inside a level. @body says all but its object; @bytes_per_element is that of
 * its format. */
void kit_texture_create(struct kit *kit, struct kit_task *task, struct kit_texture *texture,
                        const struct pvg_wire_texture_body *body, unsigned bytes_per_element);

/* A function: @code is a metallib, copied to the task's memory. */
uint32_t kit_function_create(struct kit *kit, struct kit_task *task, const void *code,
                             uint32_t size);

#endif
