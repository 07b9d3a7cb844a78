/* SPDX-License-Identifier: MIT */
/* Finds surfaces and their pages. */
#include "memory/surface.h"

#include <string.h>

#include "base/range.h"
#include "memory/memory.h"
#include "memory/object.h"
#include "wire/resources.h"
#include "wire/shared.h"

/* 16 KiB pages: 1 GiB. */
#define LIST_PAGES_MAX 65536

void pvg_surfaces_init(struct pvg_surfaces *surfaces, struct pvg_counters *counters)
{
    surfaces->mapped = g_hash_table_new(NULL, NULL);
    surfaces->generations = g_new0(_Atomic uint32_t, PVG_SURFACE_IDS);
    surfaces->counts.mapped = pvg_counters_add(counters, "surfaces.mapped");
    surfaces->counts.unmapped = pvg_counters_add(counters, "surfaces.unmapped");
    surfaces->counts.map_failed = pvg_counters_add(counters, "surfaces.map-failed");
    surfaces->counts.unresolved = pvg_counters_add(counters, "surfaces.mapped-unresolved");
}

void pvg_surfaces_finish(struct pvg_surfaces *surfaces)
{
    g_clear_pointer(&surfaces->mapped, g_hash_table_unref);
    g_free((void *)surfaces->generations);
}

/* ---- Geometry ---- */

/* Whether a plane of @rows rows lies within @size bytes; the last row needs only its content. */
static bool plane_fits(const struct pvg_plane *plane, uint64_t row_bytes, uint64_t rows,
                       uint64_t size)
{
    struct pvg_range range = {.start = plane->start};
    uint64_t span;

    return plane->width && plane->height && plane->width <= PVG_SURFACE_SIDE_MAX &&
           plane->height <= PVG_SURFACE_SIDE_MAX && plane->bytes_per_row &&
           row_bytes <= plane->bytes_per_row && pvg_mul(rows - 1, plane->bytes_per_row, &span) &&
           pvg_add(span, row_bytes, &range.size) && pvg_range_fits(range, size);
}

/* ---- x86-64: objects of type 4 ---- */

static enum pvg_refusal decode_object(struct pvg_memory *memory, const struct pvg_object *object,
                                      struct pvg_surface *out)
{
    struct pvg_cursor cursor = pvg_cursor_over(object->descriptor, object->length);
    struct pvg_wire_surface_descriptor wire;
    uint64_t pages;
    enum pvg_refusal why = pvg_wire_surface_descriptor_decode(&cursor, &wire);

    if (why != PVG_ACCEPTED) {
        return why;
    }
    if (wire.plane_count < 1 || wire.plane_count > PVG_SURFACE_PLANES_MAX) {
        return PVG_REFUSED_LIMIT;
    }
    out->size = wire.length;
    out->format = wire.format;
    out->plane_count = wire.plane_count;
    for (unsigned i = 0; i < out->plane_count; i++) {
        const struct pvg_wire_surface_plane from = pvg_wire_surface_plane_at(wire.planes, i);
        struct pvg_plane *plane = &out->planes[i];

        *plane = (struct pvg_plane){
            .start = from.offset,
            .width = from.width,
            .height = from.height,
            .bytes_per_row = from.bytes_per_row,
            .bytes_per_element = from.bytes_per_element,
        };
        if (!plane_fits(plane, (uint64_t)plane->width * plane->bytes_per_element, plane->height,
                        out->size)) {
            return PVG_REFUSED_RANGE;
        }
    }
    if (!out->size || out->size > PVG_VIEW_MAX || !wire.page.value) {
        return PVG_REFUSED_LIMIT;
    }
    pages = (out->size + (1u << memory->page_shift) - 1) >> memory->page_shift;
    if (wire.page.value + pages > UINT32_MAX) {
        return PVG_REFUSED_RANGE;
    }
    out->base = pvg_vpn_to_gva(wire.page, memory->page_shift);
    return PVG_ACCEPTED;
}

static enum pvg_refusal find_object(struct pvg_memory *memory, uint32_t id, uint32_t task,
                                    struct pvg_surface *out)
{
    struct pvg_object object = {0};
    enum pvg_refusal why = pvg_task_space(memory, task, &out->space);

    if (why == PVG_ACCEPTED) {
        why = pvg_object_read(memory, out->space, id, &object);
    }
    if (why == PVG_ACCEPTED) {
        why = object.type == PVG_WIRE_OBJECT_TYPE_SURFACE ? decode_object(memory, &object, out)
                                                          : PVG_REFUSED_KIND;
    }
    pvg_object_finish(&object);
    return why;
}

/* ---- arm64: the iosfc directory ---- */

static enum pvg_refusal decode_descriptor(const struct pvg_wire_iosfc_descriptor *wire,
                                          struct pvg_surface *out)
{
    uint64_t size = wire->allocation ? wire->allocation : PVG_VIEW_MAX;
    unsigned planes = wire->plane_count;

    if (planes > G_N_ELEMENTS(wire->planes)) {
        return PVG_REFUSED_LIMIT;
    }
    out->plane_count = MAX(planes, 1);
    for (unsigned i = 0; i < out->plane_count; i++) {
        const struct pvg_wire_iosfc_plane *from = &wire->planes[i];
        struct pvg_wire_iosfc_dims dims = planes ? from->dims : wire->dims;
        uint64_t columns =
            (dims.width + MAX(dims.element_width, 1) - 1) / MAX(dims.element_width, 1);
        uint64_t rows =
            (dims.height + MAX(dims.element_height, 1) - 1) / MAX(dims.element_height, 1);
        struct pvg_plane *plane = &out->planes[i];

        *plane = (struct pvg_plane){
            .start = !planes        ? wire->base
                     : from->offset ? from->offset
                                    : from->base,
            .width = dims.width,
            .height = dims.height,
            .bytes_per_row = planes ? from->bytes_per_row : wire->bytes_per_row,
            .bytes_per_element = planes ? from->bytes_per_element : wire->bytes_per_element,
        };
        if (!plane_fits(plane, columns * plane->bytes_per_element, rows, size)) {
            return PVG_REFUSED_RANGE;
        }
        if (!wire->allocation) {
            out->size = MAX(out->size, plane->start + plane->bytes_per_row * (rows - 1) +
                                           columns * plane->bytes_per_element);
        }
    }
    if (wire->allocation) {
        out->size = wire->allocation;
    }
    out->format = wire->format;
    return PVG_ACCEPTED;
}

static struct pvg_gpa entry_gpa(const struct pvg_memory *memory, struct pvg_wire_iosfc_entry entry)
{
    return (struct pvg_gpa){(uint64_t)entry.pfn << memory->page_shift};
}

static enum pvg_refusal load_entry_locked(struct pvg_memory *memory, struct pvg_gpa at,
                                          struct pvg_wire_iosfc_entry *out)
{
    uint8_t bytes[PVG_WIRE_IOSFC_ENTRY_SIZE];
    struct pvg_cursor cursor = pvg_cursor_over(bytes, sizeof(bytes));
    uint32_t word;
    enum pvg_refusal why = pvg_ram_load32_locked(&memory->ram, at, &word);

    word = GUINT32_TO_LE(word);
    memcpy(bytes, &word, sizeof(bytes));
    return why == PVG_ACCEPTED ? pvg_wire_iosfc_entry_decode(&cursor, out) : why;
}

static enum pvg_refusal load_entry(struct pvg_memory *memory, struct pvg_gpa at,
                                   struct pvg_wire_iosfc_entry *out)
{
    enum pvg_refusal why;

    pvg_ram_lock(&memory->ram);
    why = load_entry_locked(memory, at, out);
    pvg_ram_unlock(&memory->ram);
    return why;
}

static enum pvg_refusal find_descriptor(struct pvg_memory *memory, uint32_t id,
                                        struct pvg_surface *out)
{
    const uint32_t per_page = (1u << memory->page_shift) / PVG_WIRE_IOSFC_DESCRIPTOR_SIZE;
    struct pvg_gpa at = {pvg_tape_value(memory->ram.tape, PVG_TAPE_DIRECTORY,
                                        atomic_load(&memory->surfaces.directory))};
    uint8_t bytes[PVG_WIRE_IOSFC_DESCRIPTOR_SIZE];
    struct pvg_cursor cursor = pvg_cursor_over(bytes, sizeof(bytes));
    struct pvg_wire_iosfc_descriptor descriptor;
    struct pvg_wire_iosfc_entry entry;
    enum pvg_refusal why;

    if (!id || id >= PVG_SURFACE_IDS || !at.value ||
        !pvg_add(at.value, id / per_page * PVG_WIRE_IOSFC_ENTRY_SIZE, &at.value)) {
        return PVG_REFUSED_NO_OBJECT;
    }
    why = load_entry(memory, at, &entry);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    if (!entry.present || entry.writable) {
        return PVG_REFUSED_NO_OBJECT;
    }
    at = entry_gpa(memory, entry);
    at.value += id % per_page * PVG_WIRE_IOSFC_DESCRIPTOR_SIZE;
    why = pvg_ram_read(&memory->ram, at, bytes, sizeof(bytes));
    if (why == PVG_ACCEPTED) {
        why = pvg_wire_iosfc_descriptor_decode(&cursor, &descriptor);
    }
    if (why == PVG_ACCEPTED) {
        why = decode_descriptor(&descriptor, out);
    }
    if (why == PVG_ACCEPTED && descriptor.page_list.present) {
        out->page_list = entry_gpa(memory, descriptor.page_list);
    }
    return why;
}

/* ---- Both ---- */

/* Both parts only grow, so their sum comes back to no earlier value. */
static uint32_t generation_of(const struct pvg_surfaces *surfaces, uint32_t id)
{
    return atomic_load(&surfaces->generations[id]) + atomic_load(&surfaces->forgotten);
}

enum pvg_refusal pvg_surface_find(struct pvg_memory *memory, uint32_t id, uint32_t task,
                                  struct pvg_surface *out)
{
    enum pvg_refusal why;

    *out = (struct pvg_surface){.id = id};
    if (memory->variant == PVG_VARIANT_MMIO) {
        why = find_descriptor(memory, id, out);
    } else {
        why = find_object(memory, id, 0, out);
        if (why != PVG_ACCEPTED && task) {
            *out = (struct pvg_surface){.id = id};
            why = find_object(memory, id, task, out);
        }
    }
    if (id < PVG_SURFACE_IDS) {
        out->generation = generation_of(&memory->surfaces, id);
    }
    return why;
}

static enum pvg_refusal list_view(struct pvg_memory *memory, const struct pvg_surface *surface,
                                  enum pvg_ram_access access, struct pvg_view *out)
{
    const uint64_t page = 1ull << memory->page_shift;
    uint64_t pages = (surface->size + page - 1) >> memory->page_shift;
    enum pvg_refusal why = PVG_ACCEPTED;
    g_autofree uint8_t *list = NULL;

    if (!surface->page_list.value) {
        return PVG_REFUSED_UNMAPPED;
    }
    if (pages > LIST_PAGES_MAX) {
        return PVG_REFUSED_LIMIT;
    }
    list = g_malloc(pages * PVG_WIRE_IOSFC_ENTRY_SIZE);
    why = pvg_ram_read(&memory->ram, surface->page_list, list, pages * PVG_WIRE_IOSFC_ENTRY_SIZE);
    for (uint64_t i = 0; why == PVG_ACCEPTED && i < pages; i++) {
        struct pvg_wire_iosfc_entry entry = pvg_wire_iosfc_entry_at(
            (struct pvg_wire_iosfc_entry_array){list, (uint32_t)pages}, (uint32_t)i);

        if (!entry.present) {
            why = PVG_REFUSED_UNMAPPED;
        } else if (access == PVG_RAM_WRITE && !entry.writable) {
            why = PVG_REFUSED_NOT_WRITABLE;
        } else {
            why = pvg_ram_check(&memory->ram, entry_gpa(memory, entry), page);
            pvg_view_append(out, entry_gpa(memory, entry), page);
        }
    }
    return why;
}

enum pvg_refusal pvg_surface_view(struct pvg_memory *memory, const struct pvg_surface *surface,
                                  enum pvg_ram_access access, struct pvg_view *out)
{
    enum pvg_refusal why;

    *out = (struct pvg_view){0};
    if (memory->variant == PVG_VARIANT_PCI) {
        return pvg_space_view(memory, surface->space, surface->base, surface->size, access, out);
    }
    why = list_view(memory, surface, access, out);
    if (why != PVG_ACCEPTED) {
        pvg_view_finish(out);
    }
    return why;
}

static bool current_locked(struct pvg_memory *memory, uint64_t session,
                           const struct pvg_surface *surface)
{
    return session == pvg_ram_session(&memory->ram) &&
           (surface->id >= PVG_SURFACE_IDS ||
            surface->generation == generation_of(&memory->surfaces, surface->id));
}

/* Writes the part of [@offset, @offset + @size) that lies in one page of the list. Everything that
 * allows the write is checked in the hold of the lock in which it lands. */
static enum pvg_refusal write_listed_page(struct pvg_memory *memory, uint64_t session,
                                          const struct pvg_surface *surface, uint64_t offset,
                                          const void *bytes, size_t size)
{
    const uint64_t page = 1ull << memory->page_shift;
    struct pvg_gpa at = {surface->page_list.value +
                         (offset >> memory->page_shift) * PVG_WIRE_IOSFC_ENTRY_SIZE};
    enum pvg_refusal why = PVG_REFUSED_STALE;
    struct pvg_wire_iosfc_entry entry;
    uint8_t *host;

    pvg_ram_lock(&memory->ram);
    if (current_locked(memory, session, surface)) {
        why = load_entry_locked(memory, at, &entry);
    }
    if (why == PVG_ACCEPTED && !entry.present) {
        why = PVG_REFUSED_UNMAPPED;
    } else if (why == PVG_ACCEPTED && !entry.writable) {
        why = PVG_REFUSED_NOT_WRITABLE;
    }
    if (why == PVG_ACCEPTED) {
        at = entry_gpa(memory, entry);
        at.value += offset & (page - 1);
        host = pvg_ram_at_locked(&memory->ram, at, size, PVG_RAM_WRITE, &why);
        if (host) {
            pvg_ram_put_locked(&memory->ram, at, host, bytes, size);
        }
    }
    pvg_ram_unlock(&memory->ram);
    return why;
}

enum pvg_refusal pvg_surface_write(struct pvg_memory *memory, uint64_t session,
                                   const struct pvg_surface *surface, uint64_t offset,
                                   const void *bytes, size_t size)
{
    const uint64_t page = 1ull << memory->page_shift;
    enum pvg_refusal why = PVG_ACCEPTED;

    if (!pvg_range_fits((struct pvg_range){offset, size}, surface->size)) {
        return PVG_REFUSED_RANGE;
    }
    if (memory->variant == PVG_VARIANT_PCI) {
        /* The space is of one session, and the page table says whose the pages are. */
        return pvg_space_write(memory, surface->space,
                               (struct pvg_gva){surface->base.value + offset}, bytes, size);
    }
    if (!surface->page_list.value) {
        return PVG_REFUSED_UNMAPPED;
    }
    for (const uint8_t *from = bytes; why == PVG_ACCEPTED && size;) {
        size_t piece = (size_t)MIN(size, page - (offset & (page - 1)));

        why = write_listed_page(memory, session, surface, offset, from, piece);
        offset += piece;
        from += piece;
        size -= piece;
    }
    return why;
}

/* ---- Announcements ---- */

/* When it returns, no write to what the id stood for lands any more. */
static void next_generation(struct pvg_memory *memory, uint32_t id)
{
    if (id < PVG_SURFACE_IDS) {
        pvg_ram_lock_exclusive(&memory->ram);
        atomic_fetch_add(&memory->surfaces.generations[id], 1);
        pvg_ram_unlock(&memory->ram);
    }
}

enum pvg_refusal pvg_surface_map(struct pvg_memory *memory, uint32_t id)
{
    struct pvg_surface surface;
    struct pvg_view view;
    enum pvg_refusal why = pvg_surface_find(memory, id, 0, &surface);

    next_generation(memory, id);
    if (why != PVG_ACCEPTED) {
        pvg_count(memory->surfaces.counts.map_failed, 1);
        return why;
    }
    if (pvg_surface_view(memory, &surface, PVG_RAM_READ, &view) != PVG_ACCEPTED) {
        pvg_count(memory->surfaces.counts.unresolved, 1);
    }
    pvg_view_finish(&view);
    g_hash_table_add(memory->surfaces.mapped, GUINT_TO_POINTER(id));
    pvg_count(memory->surfaces.counts.mapped, 1);
    return PVG_ACCEPTED;
}

void pvg_surface_unmap(struct pvg_memory *memory, uint32_t id)
{
    next_generation(memory, id);
    g_hash_table_remove(memory->surfaces.mapped, GUINT_TO_POINTER(id));
    pvg_count(memory->surfaces.counts.unmapped, 1);
}

bool pvg_surface_is_mapped(const struct pvg_memory *memory, uint32_t id)
{
    return g_hash_table_contains(memory->surfaces.mapped, GUINT_TO_POINTER(id));
}

void pvg_surfaces_forget(struct pvg_memory *memory)
{
    g_hash_table_remove_all(memory->surfaces.mapped);
    pvg_ram_lock_exclusive(&memory->ram);
    atomic_fetch_add(&memory->surfaces.forgotten, 1);
    pvg_ram_unlock(&memory->ram);
}

/* ---- Saved state ---- */

#define TAG     PVG_SECTION_TAG("SURF")
#define VERSION 1

void pvg_surfaces_save(struct pvg_memory *memory, struct pvg_saver *saver)
{
    GHashTableIter iter;
    gpointer id;

    pvg_save_begin(saver, TAG, VERSION);
    pvg_save_u64(saver, atomic_load(&memory->surfaces.directory));
    pvg_save_u32(saver, g_hash_table_size(memory->surfaces.mapped));
    g_hash_table_iter_init(&iter, memory->surfaces.mapped);
    while (g_hash_table_iter_next(&iter, &id, NULL)) {
        pvg_save_u32(saver, GPOINTER_TO_UINT(id));
    }
    pvg_save_end(saver);
}

enum pvg_refusal pvg_surfaces_restore(struct pvg_memory *memory, struct pvg_cursor *from)
{
    struct pvg_cursor section;
    uint32_t count;

    pvg_restore_section(from, TAG, VERSION, &section);
    atomic_store(&memory->surfaces.directory, pvg_take_u64(&section));
    count = pvg_take_count(&section, sizeof(uint32_t));
    for (uint32_t i = 0; i < count; i++) {
        uint32_t id = pvg_take_u32(&section);

        if (id >= PVG_SURFACE_IDS) {
            return PVG_REFUSED_RANGE;
        }
        g_hash_table_add(memory->surfaces.mapped, GUINT_TO_POINTER(id));
    }
    return section.refusal;
}
