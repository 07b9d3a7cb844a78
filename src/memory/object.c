/* SPDX-License-Identifier: MIT */
/* Reads slots and descriptors. */
#include "memory/object.h"

#include <glib.h>
#include <string.h>

#include "base/range.h"
#include "memory/memory.h"
#include "wire/shared.h"

/* Errata row "20 5.2 (64 KiB) against 30 6.2 (1 MiB)". */
#define STATE_LENGTH_MAX      0x100000
#define DESCRIPTOR_LENGTH_MAX 0x10000

void pvg_object_finish(struct pvg_object *object)
{
    g_free(object->descriptor);
    *object = (struct pvg_object){0};
}

enum pvg_refusal pvg_objects_bind(struct pvg_memory *memory, uint32_t id, uint32_t first_page,
                                  uint32_t count)
{
    struct pvg_task *task;

    if (id >= PVG_MAX_TASKS) {
        return PVG_REFUSED_LIMIT;
    }
    pvg_ram_lock_exclusive(&memory->ram);
    task = &memory->tasks.all[id];
    task->list_bound = true;
    task->list_page = first_page;
    task->list_count = count;
    pvg_ram_unlock(&memory->ram);
    return PVG_ACCEPTED;
}

/* Where the slot of @ref is. */
static enum pvg_refusal slot_address(struct pvg_memory *memory, struct pvg_space space,
                                     uint32_t ref, struct pvg_gva *out)
{
    enum pvg_refusal why = PVG_REFUSED_NO_OBJECT;
    const struct pvg_task *task;

    if (space.task >= PVG_MAX_TASKS) {
        return PVG_REFUSED_STALE;
    }
    pvg_ram_lock(&memory->ram);
    task = &memory->tasks.all[space.task];
    if (task->list_bound && ref < task->list_count) {
        out->value = ((uint64_t)task->list_page << memory->page_shift) +
                     (uint64_t)ref * PVG_WIRE_OBJECT_SLOT_SIZE; /* 46 and 36 bits */
        why = PVG_ACCEPTED;
    }
    pvg_ram_unlock(&memory->ram);
    return why;
}

static bool slot_published(const struct pvg_wire_object_slot *slot)
{
    return slot->length && slot->descriptor.value;
}

static enum pvg_refusal slot_check(const struct pvg_wire_object_slot *slot)
{
    uint32_t limit = slot->type == PVG_WIRE_OBJECT_TYPE_STATE ? STATE_LENGTH_MAX
                                                             : DESCRIPTOR_LENGTH_MAX;

    if (!slot_published(slot)) {
        return PVG_REFUSED_NO_OBJECT;
    }
    return slot->length <= limit ? PVG_ACCEPTED : PVG_REFUSED_LIMIT;
}

/* One attempt: slot, descriptor, slot again. @torn tells that the slot changed in between. */
static enum pvg_refusal read_once(struct pvg_memory *memory, struct pvg_space space,
                                  struct pvg_gva at, struct pvg_object *out, bool *torn)
{
    uint8_t bytes[PVG_WIRE_OBJECT_SLOT_SIZE], again[PVG_WIRE_OBJECT_SLOT_SIZE];
    struct pvg_cursor cursor = pvg_cursor_over(bytes, sizeof(bytes));
    struct pvg_wire_object_slot slot;
    enum pvg_refusal why = pvg_space_read(memory, space, at, bytes, sizeof(bytes));

    *torn = false;
    if (why != PVG_ACCEPTED) {
        return why;
    }
    why = pvg_wire_object_slot_decode(&cursor, &slot);
    if (why == PVG_ACCEPTED) {
        why = slot_check(&slot);
    }
    if (why != PVG_ACCEPTED) {
        return why;
    }
    out->descriptor = g_malloc(slot.length);
    why = pvg_space_read(memory, space, slot.descriptor, out->descriptor, slot.length);
    if (pvg_space_read(memory, space, at, again, sizeof(again)) == PVG_ACCEPTED) {
        *torn = memcmp(bytes, again, sizeof(bytes)) != 0;
    }
    if (why != PVG_ACCEPTED || *torn) {
        pvg_object_finish(out);
        return why != PVG_ACCEPTED ? why : PVG_REFUSED_NO_OBJECT;
    }
    out->type = slot.type;
    out->length = slot.length;
    out->address = slot.descriptor;
    return PVG_ACCEPTED;
}

enum pvg_refusal pvg_object_read(struct pvg_memory *memory, struct pvg_space space, uint32_t ref,
                                 struct pvg_object *out)
{
    struct pvg_gva at;
    enum pvg_refusal why = slot_address(memory, space, ref, &at);
    bool torn = false;

    *out = (struct pvg_object){0};
    if (why != PVG_ACCEPTED) {
        return why;
    }
    why = read_once(memory, space, at, out, &torn);
    if (torn) {
        why = read_once(memory, space, at, out, &torn);
    }
    if (why == PVG_ACCEPTED) {
        out->ref = ref;
    }
    return why;
}

void pvg_objects_unbind(struct pvg_memory *memory, uint32_t id)
{
    if (id < PVG_MAX_TASKS) {
        pvg_ram_lock_exclusive(&memory->ram);
        memory->tasks.all[id].list_bound = false;
        pvg_ram_unlock(&memory->ram);
    }
}

/* The descriptors of types 1 to 4 all begin with a size and a virtual page number. Spec: 20-memory
 * 6.4, 6.5, 8.2. */
void pvg_object_find_range(struct pvg_memory *memory, struct pvg_space space, uint32_t ref,
                           struct pvg_gva *at, uint64_t *size)
{
    struct pvg_object object;

    if (pvg_object_read(memory, space, ref, &object) != PVG_ACCEPTED) {
        return;
    }
    if (object.type >= PVG_WIRE_OBJECT_TYPE_BUFFER && object.type <= PVG_WIRE_OBJECT_TYPE_SURFACE) {
        struct pvg_cursor cursor = pvg_cursor_over(object.descriptor, object.length);
        uint64_t bytes = pvg_take_u64(&cursor);
        uint64_t page = pvg_take_u32(&cursor), end;

        if (cursor.refusal == PVG_ACCEPTED && bytes &&
            pvg_add(page << memory->page_shift, bytes, &end)) {
            at->value = page << memory->page_shift;
            *size = bytes;
        }
    }
    pvg_object_finish(&object);
}
