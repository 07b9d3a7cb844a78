/* SPDX-License-Identifier: MIT */
/* Packets about tasks, their memory and their objects. Spec: 20-memory 2, 4, 5. */
#include "device/device.h"
#include "device/handlers.h"

/* Has the executor let go; the packet is complete when it has. */
static enum pvg_refusal forget(struct pvg_execution *execution, const struct pvg_forget *what)
{
    execution->handed_over = true;
    pvg_executor_forget(execution->device->executor, what, &execution->packet->work);
    return PVG_ACCEPTED;
}

/* Redefining a live task is legal: what was in the old address space ends, the object list stays
 * bound. Errata row "16.1 (recorded burst)". */
enum pvg_refusal pvg_define_task(void *ctx, const struct pvg_wire_define_task *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_memory *memory = &execution->device->memory;
    struct pvg_forget old = {.kind = PVG_FORGET_TASK};
    bool redefined = pvg_task_space(memory, rec->task, &old.space) == PVG_ACCEPTED;
    enum pvg_refusal why = pvg_task_define(memory, rec->task, rec->directory, rec->length);

    if (why == PVG_ACCEPTED) {
        pvg_executor_task_changed(execution->device->executor, rec->task);
    }
    return why == PVG_ACCEPTED && redefined ? forget(execution, &old) : why;
}

enum pvg_refusal pvg_delete_task(void *ctx, const struct pvg_wire_delete_task *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_memory *memory = &execution->device->memory;
    struct pvg_forget task = {.kind = PVG_FORGET_TASK};
    bool lived = pvg_task_space(memory, rec->task, &task.space) == PVG_ACCEPTED &&
                 pvg_task_delete(memory, rec->task) == PVG_ACCEPTED;

    /* An unknown task is not an error; its object list may have been bound all the same. */
    if (!lived) {
        pvg_objects_unbind(memory, rec->task);
    }
    if (rec->task < PVG_MAX_TASKS) {
        pvg_executor_task_changed(execution->device->executor, rec->task);
    }
    return lived ? forget(execution, &task) : PVG_ACCEPTED;
}

enum pvg_refusal pvg_map_memory(void *ctx, const struct pvg_wire_map_memory *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_device *device = execution->device;
    enum pvg_refusal why = pvg_task_map(&device->memory, rec->task, rec->address, rec->length);

    if (why == PVG_ACCEPTED) {
        pvg_executor_pages_changed(device->executor, rec->task, rec->address, rec->length);
    }
    return why;
}

enum pvg_refusal pvg_unmap_memory(void *ctx, const struct pvg_wire_unmap_memory *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_memory *memory = &execution->device->memory;
    struct pvg_forget range = {
        .kind = PVG_FORGET_RANGE, .at = rec->address, .size = rec->length};
    enum pvg_refusal why = pvg_task_space(memory, rec->task, &range.space);

    if (why == PVG_ACCEPTED) {
        why = pvg_task_unmap(memory, rec->task, rec->address, rec->length);
    }
    if (why == PVG_ACCEPTED) {
        pvg_executor_pages_changed(execution->device->executor, rec->task, rec->address,
                                   rec->length);
    }
    return why == PVG_ACCEPTED ? forget(execution, &range) : why;
}

/* Same address, new pages: what is kept of the object's range is looked up anew. Where the object
 * cannot be read any more, all that is kept of the task is: correct, and rare. */
enum pvg_refusal pvg_replace_physical(void *ctx, const struct pvg_wire_replace_physical *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_memory *memory = &execution->device->memory;
    struct pvg_forget object = {.kind = PVG_FORGET_OBJECT, .ref = rec->object};
    enum pvg_refusal why = pvg_task_space(memory, rec->task, &object.space);
    struct pvg_gva at = {0};
    uint64_t size = UINT64_MAX;

    if (why == PVG_ACCEPTED) {
        pvg_object_find_range(memory, object.space, rec->object, &at, &size);
        why = pvg_task_remap(memory, rec->task, at, size);
    }
    if (why == PVG_ACCEPTED) {
        pvg_executor_pages_changed(execution->device->executor, rec->task, at, size);
    }
    return why == PVG_ACCEPTED ? forget(execution, &object) : why;
}

enum pvg_refusal pvg_set_object_list(void *ctx, const struct pvg_wire_set_object_list *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_device *device = execution->device;
    enum pvg_refusal why =
        pvg_objects_bind(&device->memory, rec->task, rec->first_page.value, rec->count);

    if (why == PVG_ACCEPTED) {
        pvg_executor_task_changed(device->executor, rec->task);
    }
    return why;
}

enum pvg_refusal pvg_delete_resource(void *ctx, const struct pvg_wire_delete_resource *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_forget object = {.kind = PVG_FORGET_OBJECT, .ref = rec->object};
    enum pvg_refusal why =
        pvg_task_space(&execution->device->memory, rec->task, &object.space);

    return why == PVG_ACCEPTED ? forget(execution, &object) : why;
}

/* It trails the guest's own release: nothing may land in the old pages any more. */
enum pvg_refusal pvg_delete_surface(void *ctx, const struct pvg_wire_delete_surface *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_forget surface = {.kind = PVG_FORGET_SURFACE, .ref = rec->surface};

    pvg_surface_unmap(&execution->device->memory, rec->surface);
    return forget(execution, &surface);
}

/* Whether objects of this kind live in the serializer's namespace alone. Buffers, textures and heaps
 * end by 0x25, 0x36 or with their slot. Errata row "10.4, 20 5.4". */
static bool kind_without_memory(uint32_t kind)
{
    switch (kind) {
    case PVG_WIRE_DESTROY_KIND_DEPTH_STENCIL:
    case PVG_WIRE_DESTROY_KIND_SAMPLER:
    case PVG_WIRE_DESTROY_KIND_FUNCTION:
    case PVG_WIRE_DESTROY_KIND_COMPUTE_PIPELINE:
    case PVG_WIRE_DESTROY_KIND_RENDER_PIPELINE:
    case PVG_WIRE_DESTROY_KIND_FENCE:
    case PVG_WIRE_DESTROY_KIND_RATE_MAP:
    case PVG_WIRE_DESTROY_KIND_INDIRECT_COMMANDS:
        return true;
    default:
        return false;
    }
}

enum pvg_refusal pvg_delete_object(void *ctx, const struct pvg_wire_delete_object *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_forget state = {
        .kind = PVG_FORGET_STATE, .ref = rec->object, .object_kind = rec->kind};
    size_t payload = pvg_packet_payload(execution->packet).left;
    enum pvg_refusal why = pvg_task_space(&execution->device->memory, rec->task, &state.space);

    if (rec->length < 12 || (uint64_t)rec->length + 4 > payload) {
        return PVG_REFUSED_SHORT;
    }
    if (!kind_without_memory(rec->kind)) {
        pvg_count(execution->device->counts.ignored_deletes, 1);
        return PVG_ACCEPTED;
    }
    return why == PVG_ACCEPTED ? forget(execution, &state) : why;
}
