/* SPDX-License-Identifier: MIT */
/* Objects of a task: slots in its object list, and the descriptors they name. */
#include "kit/object.h"

#include "wire/devinfo.h"
#include "wire/packets_encode.h"
#include "wire/resources_encode.h"
#include "wire/shared_encode.h"

#include "kit/kit.h"

#define DESCRIPTOR_ROOM 0x10000u

uint32_t kit_object_number(struct kit_task *task)
{
    return ++task->last_object;
}

struct pvg_writer *kit_blob(struct kit *kit)
{
    kit_fill_junk(kit, kit->blob_bytes, 1024);
    kit->blob = pvg_writer_over(kit->blob_bytes, sizeof(kit->blob_bytes));
    return &kit->blob;
}

/* Pages of the object list appear when a slot on them is used first. */
static void touch(struct kit *kit, struct kit_task *task, uint64_t gva)
{
    uint64_t page = gva & ~(uint64_t)(kit_page_size(kit) - 1);
    struct pvg_wire_map_memory packet = {
        .task = task->id, .address = {page}, .length = kit_page_size(kit)};

    if (kit->failure || kit_task_find(kit, task, gva)) {
        return;
    }
    kit_task_enter(kit, task, page, kit_pages(kit, 1));
    pvg_wire_map_memory_encode(kit_packet(kit, PVG_WIRE_PACKET_MAP_MEMORY), &packet);
    kit_send(kit, kit_memory_channel(kit));
}

static uint64_t slot_at(const struct kit *kit, uint32_t object)
{
    return kit_page_size(kit) + (uint64_t)object * PVG_WIRE_OBJECT_SLOT_SIZE;
}

static uint64_t descriptor_room(struct kit *kit, struct kit_task *task, uint32_t size)
{
    uint64_t gva;

    size = (size + 15) & ~15u;
    if (size > task->descriptors_left) {
        task->descriptors = kit_task_alloc(kit, task, DESCRIPTOR_ROOM);
        task->descriptors_left = DESCRIPTOR_ROOM;
    }
    gva = task->descriptors;
    task->descriptors += size;
    task->descriptors_left -= size;
    return gva;
}

void kit_object_publish(struct kit *kit, struct kit_task *task, uint32_t object,
                        enum pvg_wire_object_type type)
{
    uint64_t slot = slot_at(kit, object);
    struct pvg_wire_object_slot value = {.type = (uint8_t)type, .length = (uint32_t)kit->blob.size};
    uint8_t bytes[PVG_WIRE_OBJECT_SLOT_SIZE];
    struct pvg_writer w = pvg_writer_over(bytes, sizeof(bytes));

    if (kit->blob.overflow || kit->blob.size > DESCRIPTOR_ROOM) {
        kit_fail(kit, "a descriptor too long for the kit");
    }
    value.descriptor.value = descriptor_room(kit, task, value.length);
    kit_task_write(kit, task, value.descriptor.value, kit->blob_bytes, kit->blob.size);
    touch(kit, task, slot);
    touch(kit, task, slot + PVG_WIRE_OBJECT_SLOT_SIZE - 1);
    pvg_wire_object_slot_encode(&w, &value);
    /* The address first: a slot with a type is a whole one. */
    kit_task_write(kit, task, slot + PVG_WIRE_OBJECT_SLOT_DESCRIPTOR_AT,
                   bytes + PVG_WIRE_OBJECT_SLOT_DESCRIPTOR_AT,
                   PVG_WIRE_OBJECT_SLOT_SIZE - PVG_WIRE_OBJECT_SLOT_DESCRIPTOR_AT);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    kit_task_write(kit, task, slot, bytes, PVG_WIRE_OBJECT_SLOT_DESCRIPTOR_AT);
}

void kit_object_unpublish(struct kit *kit, struct kit_task *task, uint32_t object)
{
    static const uint8_t zeros[PVG_WIRE_OBJECT_SLOT_SIZE];
    uint64_t slot = slot_at(kit, object);

    kit_task_write(kit, task, slot, zeros, PVG_WIRE_OBJECT_SLOT_DESCRIPTOR_AT);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    kit_task_write(kit, task, slot, zeros, sizeof(zeros));
}

static void begin_after(struct kit *kit, uint16_t opcode, const struct kit_point *after)
{
    kit_packet(kit, opcode);
    if (after) {
        kit_packet_after(kit, *after);
    }
}

uint32_t kit_resource_delete(struct kit *kit, struct kit_task *task, uint32_t object,
                             const struct kit_point *after)
{
    uint32_t stamp;

    begin_after(kit, PVG_WIRE_PACKET_DELETE_RESOURCE, after);
    pvg_wire_delete_resource_encode(
        &kit->packet, &(struct pvg_wire_delete_resource){.task = task->id, .object = object});
    stamp = kit_send(kit, kit_exec_channel(kit));
    kit_object_unpublish(kit, task, object);
    return stamp;
}

void kit_resource_synchronize(struct kit *kit, const struct kit_task *task, uint32_t object)
{
    kit_packet(kit, PVG_WIRE_PACKET_SYNCHRONIZE_RESOURCES);
    pvg_wire_synchronize_resources_encode(
        &kit->packet, &(struct pvg_wire_synchronize_resources){.task = task->id, .count = 1});
    pvg_put_u32(&kit->packet, object);
    kit_wait(kit, kit_exec_channel(kit), kit_send(kit, kit_exec_channel(kit)));
}

uint32_t kit_object_delete(struct kit *kit, struct kit_task *task, uint32_t object,
                           enum pvg_wire_destroy_kind kind, const struct kit_point *after)
{
    struct pvg_wire_delete_object packet = {
        .task = task->id, .kind = kind, .length = 12, .object = object};
    uint32_t stamp;

    begin_after(kit, PVG_WIRE_PACKET_DELETE_OBJECT, after);
    pvg_wire_delete_object_encode(&kit->packet, &packet);
    stamp = kit_send(kit, kit_exec_channel(kit));
    kit_object_unpublish(kit, task, object);
    return stamp;
}

static struct pvg_vpn page_of(const struct kit *kit, uint64_t gva)
{
    return (struct pvg_vpn){(uint32_t)(gva >> kit->page_shift)};
}

void kit_buffer_create(struct kit *kit, struct kit_task *task, struct kit_buffer *buffer,
                       uint64_t size)
{
    struct pvg_wire_buffer_descriptor descriptor = {.size = size};

    *buffer = (struct kit_buffer){.object = kit_object_number(task), .size = size};
    buffer->gva = kit_task_alloc(kit, task, size);
    if (kit->failure) {
        return;
    }
    descriptor.page = page_of(kit, buffer->gva);
    pvg_wire_buffer_descriptor_encode(kit_blob(kit), &descriptor);
    kit_object_publish(kit, task, buffer->object, PVG_WIRE_OBJECT_TYPE_BUFFER);
}

struct pvg_wire_texture_body kit_texture_body(uint16_t format, uint32_t width, uint32_t height,
                                              uint32_t usage, enum pvg_wire_storage_mode storage)
{
    return (struct pvg_wire_texture_body){
        .type = PVG_WIRE_TEXTURE_TYPE_2D,
        .gpu_optimized = true,
        .usage = usage,
        .format = format,
        .width = width,
        .height = height,
        .depth = 1,
        .levels = 1,
        .samples = 1,
        .array_length = 1,
        .options.storage = storage,
        .swizzle_red = PVG_WIRE_SWIZZLE_RED,
        .swizzle_green = PVG_WIRE_SWIZZLE_GREEN,
        .swizzle_blue = PVG_WIRE_SWIZZLE_BLUE,
        .swizzle_alpha = PVG_WIRE_SWIZZLE_ALPHA,
    };
}

static uint32_t halved(uint32_t extent, unsigned times)
{
    return extent >> times ? extent >> times : 1;
}

static void lay_out_levels(const struct kit *kit, struct kit_texture *texture,
                           const struct pvg_wire_texture_body *body, unsigned bytes_per_element)
{
    uint32_t alignment = kit->info[PVG_WIRE_DEVICE_INFO_LINEAR_TEXTURE_ALIGNMENT];
    bool cube =
        body->type == PVG_WIRE_TEXTURE_TYPE_CUBE || body->type == PVG_WIRE_TEXTURE_TYPE_CUBE_ARRAY;
    uint64_t slices = body->array_length * (cube ? 6u : 1u);

    alignment = alignment ? alignment : 16;
    texture->levels = body->levels ? body->levels : 1;
    for (unsigned i = 0; i < texture->levels && i < KIT_LEVELS; i++) {
        struct pvg_wire_texture_level *level = &texture->level[i];

        level->offset = texture->size;
        level->width = halved(body->width, i);
        level->height = halved(body->height, i);
        level->depth = halved(body->depth, i);
        level->row_stride = (uint64_t)level->width * bytes_per_element;
        level->row_stride = (level->row_stride + alignment - 1) / alignment * alignment;
        level->size = level->row_stride * level->height * level->depth * slices;
        texture->size += level->size;
    }
}

void kit_texture_create(struct kit *kit, struct kit_task *task, struct kit_texture *texture,
                        const struct pvg_wire_texture_body *body, unsigned bytes_per_element)
{
    struct pvg_wire_texture record = {.body = *body};
    struct pvg_wire_texture_prefix prefix = {.bytes_per_element = (uint8_t)bytes_per_element};
    struct pvg_writer *w;

    *texture = (struct kit_texture){.object = kit_object_number(task)};
    if (body->levels > KIT_LEVELS) {
        kit_fail(kit, "a texture of too many levels for the kit");
        return;
    }
    lay_out_levels(kit, texture, body, bytes_per_element);
    texture->gva = kit_task_alloc(kit, task, texture->size);
    if (kit->failure) {
        return;
    }
    prefix.size = texture->size;
    prefix.page = page_of(kit, texture->gva);
    prefix.levels = (uint16_t)texture->levels;
    record.object = texture->object;
    w = kit_blob(kit);
    pvg_wire_texture_prefix_encode(w, &prefix);
    for (unsigned i = 0; i < texture->levels && i < KIT_LEVELS; i++) {
        pvg_wire_texture_level_encode(w, &texture->level[i]);
    }
    pvg_wire_texture_encode(w, &record);
    kit_object_publish(kit, task, texture->object, PVG_WIRE_OBJECT_TYPE_TEXTURE);
}

uint32_t kit_function_create(struct kit *kit, struct kit_task *task, const void *code,
                             uint32_t size)
{
    uint32_t object = kit_object_number(task);
    struct pvg_wire_function_descriptor descriptor = {.size = size};
    struct pvg_writer *w;

    descriptor.code.value = kit_task_alloc(kit, task, size);
    if (kit->failure) {
        return 0;
    }
    kit_task_write(kit, task, descriptor.code.value, code, size);
    w = kit_blob(kit);
    pvg_wire_function_descriptor_encode(w, &descriptor);
    pvg_wire_function_encode(w, &(struct pvg_wire_function){.object = object});
    kit_object_publish(kit, task, object, PVG_WIRE_OBJECT_TYPE_FUNCTION);
    return object;
}
