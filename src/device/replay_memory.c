/* SPDX-License-Identifier: MIT */
#include "device/replay_memory.h"

#include <string.h>
#include <sys/mman.h>

#include "base/range.h"
#include "trace/shadow.h"

static void *reserve(uint64_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return at == MAP_FAILED ? NULL : at;
}

void pvg_replay_memory_finish(struct pvg_replay_memory *memory)
{
    for (guint i = 0; memory->spans && i < memory->spans->len; i++) {
        struct pvg_ram_span *span = &g_array_index(memory->spans, struct pvg_ram_span, i);

        munmap(span->host, span->size);
    }
    g_clear_pointer(&memory->spans, g_array_unref);
    g_clear_pointer(&memory->filled, g_hash_table_unref);
    if (memory->slots) {
        munmap(memory->slots, (size_t)PVG_SHADOW_SLOTS * PVG_SHADOW_PAGE);
        memory->slots = NULL;
    }
}

bool pvg_replay_memory_init(struct pvg_replay_memory *memory, struct pvg_error *error)
{
    memory->spans = g_array_new(FALSE, FALSE, sizeof(struct pvg_ram_span));
    memory->filled = g_hash_table_new(g_direct_hash, g_direct_equal);
    memory->slots = reserve((uint64_t)PVG_SHADOW_SLOTS * PVG_SHADOW_PAGE);
    if (!memory->slots) {
        pvg_error_set_errno(error, "cannot replay: no address space for its pages");
    }
    return memory->slots;
}

bool pvg_replay_memory_add(struct pvg_replay_memory *memory, struct pvg_device *device,
                           uint64_t gpa, uint64_t size, bool read_only, struct pvg_error *error)
{
    struct pvg_ram_span span = {.gpa = gpa, .size = size, .fd = -1, .read_only = read_only};

    if (!size || size > PVG_REPLAY_RAM_MAX - memory->reserved || (gpa | size) % PVG_SHADOW_PAGE) {
        pvg_error_set(error, "the recording is damaged: it has %llu bytes of guest RAM at 0x%llx",
                      (unsigned long long)size, (unsigned long long)gpa);
        return false;
    }
    span.host = reserve(size);
    if (!span.host) {
        pvg_error_set_errno(error, "cannot replay: no address space for %llu bytes of guest RAM",
                            (unsigned long long)size);
        return false;
    }
    if (!pvg_ram_add(device, &span, error)) {
        munmap(span.host, size);
        return false;
    }
    memory->reserved += size;
    g_array_append_val(memory->spans, span);
    return true;
}

/* Spans are never unmapped before the end: what the VMM took away may come back with another size
 * at the same address, so the newest is asked first. */
static uint8_t *at(struct pvg_replay_memory *memory, uint64_t gpa, size_t size)
{
    for (guint i = memory->spans->len; i--;) {
        const struct pvg_ram_span *span = &g_array_index(memory->spans, struct pvg_ram_span, i);

        if (gpa >= span->gpa &&
            pvg_range_fits((struct pvg_range){gpa - span->gpa, size}, span->size)) {
            return (uint8_t *)span->host + (gpa - span->gpa);
        }
    }
    return NULL;
}

static bool fill(struct pvg_replay_memory *memory, uint64_t gpa, const uint8_t *bytes, size_t size)
{
    uint8_t *host = at(memory, gpa, size);

    if (!host || gpa % PVG_SHADOW_PAGE + size > PVG_SHADOW_PAGE) {
        return false;
    }
    g_hash_table_add(memory->filled, GSIZE_TO_POINTER(gpa / PVG_SHADOW_PAGE));
    if (g_hash_table_size(memory->filled) > PVG_REPLAY_PAGES_MAX) {
        return false;
    }
    memcpy(host, bytes, size);
    return true;
}

bool pvg_replay_memory_apply(struct pvg_replay_memory *memory, const struct pvg_trace_event *event)
{
    uint8_t *slot = memory->slots + event->numbers[1] % PVG_SHADOW_SLOTS * PVG_SHADOW_PAGE;

    switch ((int)event->kind) {
    case PVG_TRACE_MEMORY:
        return fill(memory, event->numbers[0], event->bytes, event->size);
    case PVG_TRACE_PAGE:
        if (event->size != PVG_SHADOW_PAGE) {
            return false;
        }
        memcpy(slot, event->bytes, PVG_SHADOW_PAGE);
        return fill(memory, event->numbers[0], slot, PVG_SHADOW_PAGE);
    case PVG_TRACE_SAME_PAGE:
        return fill(memory, event->numbers[0], slot, PVG_SHADOW_PAGE);
    case PVG_TRACE_FORGET:
        for (guint i = 0; i < memory->spans->len; i++) {
            const struct pvg_ram_span *span = &g_array_index(memory->spans, struct pvg_ram_span, i);

            madvise(span->host, span->size, MADV_DONTNEED);
        }
        g_hash_table_remove_all(memory->filled);
        return true;
    default:
        return false;
    }
}
