/* SPDX-License-Identifier: MIT */
/* Maps guest pages in one piece. */
#include "memory/mapping.h"

#include <sys/mman.h>
#include <unistd.h>

#include "memory/memory.h"

void pvg_mapping_close(struct pvg_mapping *mapping, struct pvg_memory *memory)
{
    if (mapping->alias) {
        munmap(mapping->host, mapping->size);
        atomic_fetch_sub(&memory->mapped_runs, mapping->view.count);
    }
    pvg_view_finish(&mapping->view);
    *mapping = (struct pvg_mapping){0};
}

/* Where @run is mapped, if that is in one piece, with whole pages of the host's. */
static uint8_t *run_at_locked(struct pvg_memory *memory, const struct pvg_run *run,
                              uint64_t alignment)
{
    enum pvg_refusal why;
    uint8_t *host = pvg_ram_at_locked(&memory->ram, run->at, run->size, PVG_RAM_WRITE, &why);

    return host && !((uintptr_t)host % alignment) && !(run->size % alignment) ? host : NULL;
}

/* A second mapping of shared memory is made by moving nothing out of the first: see mremap(2) on an
 * old size of 0. It fails where the memory is private. */
static bool alias_runs_locked(struct pvg_memory *memory, const struct pvg_view *view, uint8_t *to,
                              uint64_t alignment)
{
    for (size_t i = 0; i < view->count; i++) {
        const struct pvg_run *run = &view->runs[i];
        uint8_t *from = run_at_locked(memory, run, alignment);

        if (!from || mremap(from, 0, run->size, MREMAP_MAYMOVE | MREMAP_FIXED, to + run->start) ==
                         MAP_FAILED) {
            return false;
        }
    }
    return true;
}

static enum pvg_refusal alias(struct pvg_memory *memory, struct pvg_mapping *mapping,
                              uint64_t alignment)
{
    const size_t runs = mapping->view.count;
    uint8_t *host;
    bool done;

    if (runs > PVG_MAPPING_RUNS_MAX) {
        return PVG_REFUSED_LIMIT;
    }
    if (atomic_fetch_add(&memory->mapped_runs, runs) + runs > PVG_MAPPINGS_RUNS_MAX) {
        atomic_fetch_sub(&memory->mapped_runs, runs);
        return PVG_REFUSED_LIMIT;
    }
    host = mmap(NULL, mapping->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (host == MAP_FAILED) {
        atomic_fetch_sub(&memory->mapped_runs, runs);
        return PVG_REFUSED_HOST_MEMORY;
    }
    mapping->host = host;
    mapping->alias = true; /* from here on it is closed like one */
    pvg_ram_lock(&memory->ram);
    done = alias_runs_locked(memory, &mapping->view, host, alignment);
    pvg_ram_unlock(&memory->ram);
    return done ? PVG_ACCEPTED : PVG_REFUSED_HOST_MEMORY;
}

enum pvg_refusal pvg_mapping_open(struct pvg_memory *memory, struct pvg_space space,
                                  struct pvg_gva at, uint64_t size, uint64_t alignment,
                                  struct pvg_mapping *out)
{
    enum pvg_refusal why;

    *out = (struct pvg_mapping){.size = size};
    alignment = MAX(alignment, (uint64_t)sysconf(_SC_PAGESIZE));
    why = pvg_space_view(memory, space, at, size, PVG_RAM_WRITE, &out->view);
    if (why == PVG_ACCEPTED && out->view.count == 1) {
        pvg_ram_lock(&memory->ram);
        out->host = run_at_locked(memory, &out->view.runs[0], alignment);
        pvg_ram_unlock(&memory->ram);
        why = out->host ? PVG_ACCEPTED : PVG_REFUSED_HOST_MEMORY;
    } else if (why == PVG_ACCEPTED) {
        why = alias(memory, out, alignment);
    }
    if (why != PVG_ACCEPTED) {
        pvg_mapping_close(out, memory);
    }
    return why;
}

bool pvg_mapping_holds(const struct pvg_mapping *mapping, struct pvg_memory *memory,
                       struct pvg_space space, struct pvg_gva at)
{
    return pvg_space_is_at(memory, space, at, &mapping->view);
}

void pvg_mapping_note_written(const struct pvg_mapping *mapping, struct pvg_memory *memory)
{
    enum pvg_refusal why;

    pvg_ram_lock(&memory->ram);
    for (size_t i = 0; i < mapping->view.count; i++) {
        const struct pvg_run *run = &mapping->view.runs[i];

        pvg_ram_at_locked(&memory->ram, run->at, run->size, PVG_RAM_WRITE, &why);
    }
    pvg_ram_unlock(&memory->ram);
}

bool pvg_mapping_touches(const struct pvg_mapping *mapping, uint64_t gpa, uint64_t size)
{
    for (size_t i = 0; i < mapping->view.count; i++) {
        const struct pvg_run *run = &mapping->view.runs[i];

        if (run->at.value < gpa ? gpa - run->at.value < run->size : run->at.value - gpa < size) {
            return true;
        }
    }
    return false;
}
