/* SPDX-License-Identifier: MIT */
/* Tasks: address spaces with a page table and a list of objects. */
#include "kit/task.h"

#include "wire/packets_encode.h"
#include "wire/shared_encode.h"

#include "kit/kit.h"

#define DEPTH      3
#define SPACE      (UINT64_C(16) << 30) /* bytes; seen on live guests */
#define LIST_PAGE  1
#define LIST_SLOTS 0x100000
#define FIRST_FREE UINT64_C(0x2000000) /* behind the object list on both kinds of pages */
#define ENTRY_FLAG 0x80000000u

void kit_task_create(struct kit *kit, struct kit_task *task, uint32_t id)
{
    struct pvg_wire_define_task packet = {.kernel = id == 0, .task = id, .length = SPACE};
    struct pvg_wire_task_directory directory = {.depth = DEPTH};
    struct pvg_writer w;

    *task = (struct kit_task){.id = id, .next = FIRST_FREE};
    task->directory = kit_pages(kit, 1);
    task->root = kit_pages(kit, 1);
    if (kit->failure) {
        return;
    }
    directory.root.value = (uint32_t)(task->root >> kit->page_shift);
    w = pvg_writer_over(kit_at(kit, task->directory), PVG_WIRE_TASK_DIRECTORY_SIZE);
    pvg_wire_task_directory_encode(&w, &directory);
    packet.directory.value = (uint32_t)(task->directory >> kit->page_shift);
    pvg_wire_define_task_encode(kit_packet(kit, PVG_WIRE_PACKET_DEFINE_TASK), &packet);
    kit_send(kit, 0);
}

void kit_task_bind_objects(struct kit *kit, const struct kit_task *task)
{
    struct pvg_wire_set_object_list packet = {
        .task = task->id, .first_page = {LIST_PAGE}, .count = LIST_SLOTS};

    pvg_wire_set_object_list_encode(kit_packet(kit, PVG_WIRE_PACKET_SET_OBJECT_LIST), &packet);
    /* Other channels run beside this one: what they name has to be found. */
    kit_wait(kit, 0, kit_send(kit, 0));
}

uint32_t kit_task_delete(struct kit *kit, const struct kit_task *task)
{
    pvg_wire_delete_task_encode(kit_packet(kit, PVG_WIRE_PACKET_DELETE_TASK),
                                &(struct pvg_wire_delete_task){.task = task->id});
    return kit_send(kit, 0);
}

/* ---- Single pages ---- */

static uint64_t entry_at(const struct kit *kit, uint64_t node, uint64_t gva, unsigned level)
{
    unsigned bits = kit->page_shift - 2;
    uint64_t page = gva >> kit->page_shift;

    return node + 4 * ((page >> ((DEPTH - 1 - level) * bits)) & ((1u << bits) - 1));
}

static uint64_t page_of(const struct kit *kit, uint32_t entry)
{
    return (uint64_t)(entry & ~ENTRY_FLAG) << kit->page_shift;
}

static void set_entry(struct kit *kit, struct kit_task *task, uint64_t at, uint64_t gpa)
{
    task->flag = !task->flag;
    kit_store(kit, at, (uint32_t)(gpa >> kit->page_shift) | (task->flag ? ENTRY_FLAG : 0));
}

/* The gpa of @gva's leaf entry; 0 when a node is missing, unless @task is given to make it in. */
static uint64_t leaf_at(struct kit *kit, uint64_t root, uint64_t gva, struct kit_task *task)
{
    uint64_t node = root;

    for (unsigned level = 0; level < DEPTH - 1; level++) {
        uint64_t at = entry_at(kit, node, gva, level);
        uint32_t entry = kit_load(kit, at);

        if (entry == 0 && task) {
            uint64_t fresh = kit_pages(kit, 1);

            if (kit->failure) {
                return 0;
            }
            set_entry(kit, task, at, fresh);
            entry = kit_load(kit, at);
        }
        if (entry == 0) {
            return 0;
        }
        node = page_of(kit, entry);
    }
    return entry_at(kit, node, gva, DEPTH - 1);
}

void kit_task_enter(struct kit *kit, struct kit_task *task, uint64_t gva, uint64_t gpa)
{
    uint64_t at = kit->failure ? 0 : leaf_at(kit, task->root, gva, task);

    if (at) {
        set_entry(kit, task, at, gpa);
    }
}

uint64_t kit_task_leave(struct kit *kit, struct kit_task *task, uint64_t gva)
{
    uint64_t at = kit->failure ? 0 : leaf_at(kit, task->root, gva, NULL);
    uint64_t gpa = at ? page_of(kit, kit_load(kit, at)) : 0;

    if (gpa) {
        kit_store(kit, at, 0);
    }
    return gpa;
}

uint64_t kit_task_find(struct kit *kit, const struct kit_task *task, uint64_t gva)
{
    uint64_t at = kit->failure ? 0 : leaf_at(kit, task->root, gva, NULL);
    uint32_t entry = at ? kit_load(kit, at) : 0;

    return entry ? page_of(kit, entry) | (gva & (kit_page_size(kit) - 1)) : 0;
}

/* ---- Ranges ---- */

static uint64_t whole_pages(const struct kit *kit, uint64_t size)
{
    return (size + kit_page_size(kit) - 1) & ~(uint64_t)(kit_page_size(kit) - 1);
}

uint64_t kit_task_alloc(struct kit *kit, struct kit_task *task, uint64_t size)
{
    uint64_t gva = task->next;
    uint64_t length = whole_pages(kit, size);
    struct pvg_wire_map_memory packet = {.task = task->id, .address = {gva}, .length = length};

    for (uint64_t at = 0; at < length && !kit->failure; at += kit_page_size(kit)) {
        kit_task_enter(kit, task, gva + at, kit_pages(kit, 1));
    }
    if (kit->failure) {
        return 0;
    }
    task->next += length + kit_page_size(kit); /* a hole, so that an overrun is one */
    pvg_wire_map_memory_encode(kit_packet(kit, PVG_WIRE_PACKET_MAP_MEMORY), &packet);
    kit_send(kit, kit_memory_channel(kit));
    return gva;
}

static uint32_t announce_unmap(struct kit *kit, const struct kit_task *task, uint64_t gva,
                               uint64_t length, const struct kit_point *after)
{
    struct pvg_wire_unmap_memory packet = {.task = task->id, .address = {gva}, .length = length};

    kit_packet(kit, PVG_WIRE_PACKET_UNMAP_MEMORY);
    if (after) {
        kit_packet_after(kit, *after);
    }
    pvg_wire_unmap_memory_encode(&kit->packet, &packet);
    return kit_send(kit, kit_memory_channel(kit));
}

uint32_t kit_task_unmap(struct kit *kit, struct kit_task *task, uint64_t gva, uint64_t size,
                        const struct kit_point *after)
{
    uint32_t stamp = announce_unmap(kit, task, gva, whole_pages(kit, size), after);

    for (uint64_t at = 0; at < size; at += kit_page_size(kit)) {
        (void)kit_task_leave(kit, task, gva + at);
    }
    return stamp;
}

void kit_task_free(struct kit *kit, struct kit_task *task, uint64_t gva, uint64_t size,
                   const struct kit_point *after)
{
    uint32_t stamp = announce_unmap(kit, task, gva, whole_pages(kit, size), after);

    if (!kit_wait(kit, kit_memory_channel(kit), stamp)) {
        return;
    }
    for (uint64_t at = 0; at < size; at += kit_page_size(kit)) {
        uint64_t gpa = kit_task_leave(kit, task, gva + at);

        if (gpa) {
            kit->platform->give_pages(kit->at, gpa, 1);
        }
    }
}

/* Calls for each part of [@gva, @gva + @size) that lies in one page. */
static void copy(struct kit *kit, const struct kit_task *task, uint64_t gva, uint8_t *bytes,
                 uint64_t size, bool in)
{
    while (size > 0 && !kit->failure) {
        uint64_t part = kit_page_size(kit) - (gva & (kit_page_size(kit) - 1));
        uint64_t gpa = kit_task_find(kit, task, gva);

        part = part < size ? part : size;
        if (!gpa) {
            kit_fail(kit, "the kit itself uses an address without a page");
            return;
        }
        if (in) {
            __builtin_memcpy(kit_at(kit, gpa), bytes, part);
        } else {
            __builtin_memcpy(bytes, kit_at(kit, gpa), part);
        }
        gva += part;
        bytes += part;
        size -= part;
    }
}

void kit_task_write(struct kit *kit, const struct kit_task *task, uint64_t gva, const void *bytes,
                    uint64_t size)
{
    copy(kit, task, gva, (uint8_t *)bytes, size, true); /* only read */
}

void kit_task_read(struct kit *kit, const struct kit_task *task, uint64_t gva, void *bytes,
                   uint64_t size)
{
    copy(kit, task, gva, bytes, size, false);
}
