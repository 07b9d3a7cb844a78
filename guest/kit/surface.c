/* SPDX-License-Identifier: MIT */
/* IOSurfaces: objects of task 0 on x86-64, iosfc mappings on arm64. */
#include "kit/surface.h"

#include "wire/formats.h"
#include "wire/metal.h"
#include "wire/packets_encode.h"
#include "wire/registers.h"
#include "wire/resources_encode.h"
#include "wire/shared_encode.h"

#include "kit/kit.h"
#include "kit/object.h"

#define PIXEL          4u /* bytes */
#define STRIDE_STEP    64u
#define ENTRIES        0x400u /* of the iosfc ring */
#define SLOTS_PER_PAGE 32u
#define MAPPED         1u
#define MAPPED_RW      3u

static uint64_t page_of(struct kit *kit, const struct kit_surface *surface, uint32_t index)
{
    if (kit->machine == KIT_X86) {
        return kit_task_find(kit, &kit->kernel,
                             surface->gva + ((uint64_t)index << kit->page_shift));
    }
    return (uint64_t)(kit_load(kit, surface->list + 4 * index) >> 2) << kit->page_shift;
}

/* ---- x86-64 ---- */

static void create_object(struct kit *kit, struct kit_surface *surface, uint32_t format)
{
    struct pvg_wire_surface_descriptor descriptor = {
        .length = surface->size, .format = format, .plane_count = (uint8_t)surface->plane_count};
    struct pvg_writer *w;

    surface->id = kit_object_number(&kit->kernel);
    surface->gva = kit_task_alloc(kit, &kit->kernel, surface->size);
    if (kit->failure) {
        return;
    }
    descriptor.page.value = (uint32_t)(surface->gva >> kit->page_shift);
    w = kit_blob(kit);
    pvg_wire_surface_descriptor_encode(w, &descriptor); /* its planes follow */
    for (unsigned i = 0; i < surface->plane_count; i++) {
        const struct kit_plane *plane = &surface->planes[i];

        pvg_wire_surface_plane_encode(w, &(struct pvg_wire_surface_plane){
                                             .offset = plane->offset,
                                             .width = plane->width,
                                             .height = plane->height,
                                             .bytes_per_row = plane->stride,
                                             .bytes_per_element = (uint8_t)plane->bytes_per_element,
                                         });
    }
    kit_object_publish(kit, &kit->kernel, surface->id, PVG_WIRE_OBJECT_TYPE_SURFACE);
}

static void destroy_object(struct kit *kit, struct kit_surface *surface)
{
    struct pvg_wire_delete_surface packet = {.surface = surface->id, .task = 0};

    kit_object_unpublish(kit, &kit->kernel, surface->id);
    pvg_wire_delete_surface_encode(kit_packet(kit, PVG_WIRE_PACKET_DELETE_SURFACE), &packet);
    if (kit_wait(kit, kit_memory_channel(kit), kit_send(kit, kit_memory_channel(kit)))) {
        kit_task_free(kit, &kit->kernel, surface->gva, surface->size, NULL);
    }
}

/* ---- arm64 ---- */

uint32_t kit_iosfc_request(struct kit *kit, enum pvg_wire_iosfc_operation operation, uint32_t id)
{
    uint64_t entry = kit->iosfc_ring + kit->iosfc_producer * PVG_WIRE_IOSFC_REQUEST_SIZE;
    struct pvg_wire_iosfc_request request = {
        .operation = operation, .id = id, .result = 0xffffffff};
    struct pvg_writer w;

    if (kit->failure) {
        return 1;
    }
    w = pvg_writer_over(kit_at(kit, entry), PVG_WIRE_IOSFC_REQUEST_SIZE);
    pvg_wire_iosfc_request_encode(&w, &request);
    kit->iosfc_producer = (kit->iosfc_producer + 1) % ENTRIES;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    kit->platform->write32(kit->at, KIT_IOSFC, PVG_WIRE_IOSFC_PRODUCER, kit->iosfc_producer);
    while (kit->platform->read32(kit->at, KIT_IOSFC, PVG_WIRE_IOSFC_CONSUMER) !=
           kit->iosfc_producer) {
        if (!kit->platform->pause(kit->at)) {
            kit_fail(kit, "a surface request did not come back");
            return 1;
        }
    }
    return kit_load(kit, entry + PVG_WIRE_IOSFC_REQUEST_RESULT_AT);
}

/* The gpa of @id's descriptor; makes its page if that is missing. */
static uint64_t descriptor_of(struct kit *kit, uint32_t id)
{
    uint64_t at = kit->iosfc_directory + 4 * (id / SLOTS_PER_PAGE);
    uint32_t entry = kit_load(kit, at);

    if (entry == 0) {
        uint64_t page = kit_pages(kit, 1);

        entry = (uint32_t)(page >> kit->page_shift) << 2 | MAPPED;
        if (!kit->failure) {
            kit_store(kit, at, entry);
        }
    }
    return ((uint64_t)(entry >> 2) << kit->page_shift) +
           (id % SLOTS_PER_PAGE) * PVG_WIRE_IOSFC_DESCRIPTOR_SIZE;
}

static void create_mapping(struct kit *kit, struct kit_surface *surface, uint32_t format)
{
    struct pvg_wire_iosfc_descriptor descriptor = {
        .page_list = {.present = true},
        .format = format,
        .allocation = surface->size,
        .dims = {1, surface->width, 1, surface->height},
        .bytes_per_row = surface->stride,
        .bytes_per_element = (uint16_t)surface->planes[0].bytes_per_element,
        .plane_count = surface->plane_count > 1 ? (uint8_t)surface->plane_count : 0,
    };
    struct pvg_writer w;
    uint64_t at;

    for (unsigned i = 0; i < descriptor.plane_count; i++) {
        const struct kit_plane *plane = &surface->planes[i];

        descriptor.planes[i] = (struct pvg_wire_iosfc_plane){
            .offset = plane->offset,
            .size = plane->stride * plane->height,
            .dims = {1, plane->width, 1, plane->height},
            .bytes_per_row = plane->stride,
            .bytes_per_element = (uint16_t)plane->bytes_per_element,
        };
    }
    surface->id = ++kit->last_surface;
    surface->list = kit_pages(kit, 1);
    at = descriptor_of(kit, surface->id);
    for (uint32_t i = 0; i < surface->size >> kit->page_shift && !kit->failure; i++) {
        uint64_t page = kit_pages(kit, 1);

        kit_store(kit, surface->list + 4 * i, (uint32_t)(page >> kit->page_shift) << 2 | MAPPED_RW);
    }
    if (kit->failure) {
        return;
    }
    descriptor.page_list.pfn = (uint32_t)(surface->list >> kit->page_shift);
    w = pvg_writer_over(kit_at(kit, at), PVG_WIRE_IOSFC_DESCRIPTOR_SIZE);
    pvg_wire_iosfc_descriptor_encode(&w, &descriptor);
    if (kit_iosfc_request(kit, PVG_WIRE_IOSFC_OPERATION_MAP, surface->id) != 0) {
        kit_fail(kit, "the device does not map a surface");
    }
}

static void destroy_mapping(struct kit *kit, struct kit_surface *surface)
{
    kit_iosfc_request(kit, PVG_WIRE_IOSFC_OPERATION_UNMAP, surface->id);
    for (uint32_t i = 0; i < surface->size >> kit->page_shift && !kit->failure; i++) {
        kit->platform->give_pages(kit->at, page_of(kit, surface, i), 1);
    }
    kit->platform->give_pages(kit->at, surface->list, 1);
}

/* ---- Both ---- */

void kit_surface_create_planar(struct kit *kit, struct kit_surface *surface,
                               enum pvg_wire_fourcc format, const struct kit_plane *planes,
                               unsigned count)
{
    const uint32_t page = kit_page_size(kit);

    *surface = (struct kit_surface){.width = planes[0].width, .height = planes[0].height};
    for (unsigned i = 0; i < count && i < KIT_PLANES; i++) {
        struct kit_plane *plane = &surface->planes[surface->plane_count++];

        *plane = planes[i];
        plane->stride =
            (plane->width * plane->bytes_per_element + STRIDE_STEP - 1) & ~(STRIDE_STEP - 1);
        plane->offset = surface->size;
        surface->size += plane->stride * plane->height;
    }
    surface->stride = surface->planes[0].stride;
    surface->size = (surface->size + page - 1) & ~(page - 1);
    if (kit->machine == KIT_X86) {
        create_object(kit, surface, format);
    } else {
        create_mapping(kit, surface, format);
    }
}

void kit_surface_create(struct kit *kit, struct kit_surface *surface, uint32_t width,
                        uint32_t height)
{
    const struct kit_plane plane = {width, height, PIXEL, 0, 0};

    kit_surface_create_planar(kit, surface, PVG_WIRE_FOURCC_BGRA, &plane, 1);
}

void kit_surface_destroy(struct kit *kit, struct kit_surface *surface)
{
    if (kit->machine == KIT_X86) {
        destroy_object(kit, surface);
    } else {
        destroy_mapping(kit, surface);
    }
}

static void copy(struct kit *kit, const struct kit_surface *surface, uint32_t offset,
                 uint8_t *bytes, uint32_t size, bool in)
{
    uint32_t mask = kit_page_size(kit) - 1;

    while (size > 0 && !kit->failure) {
        uint32_t part = kit_page_size(kit) - (offset & mask);
        uint8_t *at =
            kit_at(kit, page_of(kit, surface, offset >> kit->page_shift) + (offset & mask));

        part = part < size ? part : size;
        if (in) {
            __builtin_memcpy(at, bytes, part);
        } else {
            __builtin_memcpy(bytes, at, part);
        }
        offset += part;
        bytes += part;
        size -= part;
    }
}

void kit_surface_write(struct kit *kit, const struct kit_surface *surface, uint32_t offset,
                       const void *bytes, uint32_t size)
{
    copy(kit, surface, offset, (uint8_t *)bytes, size, true); /* only read */
}

void kit_surface_read(struct kit *kit, const struct kit_surface *surface, uint32_t offset,
                      void *bytes, uint32_t size)
{
    copy(kit, surface, offset, bytes, size, false);
}

void kit_surface_fill(struct kit *kit, const struct kit_surface *surface, uint32_t pixel)
{
    for (uint32_t offset = 0; offset < surface->size && !kit->failure;
         offset += kit_page_size(kit)) {
        uint32_t *page = kit_at(kit, page_of(kit, surface, offset >> kit->page_shift));

        for (uint32_t i = 0; i < kit_page_size(kit) / PIXEL; i++) {
            page[i] = pixel;
        }
    }
}

uint32_t kit_surface_plane_texture(struct kit *kit, struct kit_task *task,
                                   const struct kit_surface *surface, unsigned plane,
                                   uint16_t format)
{
    uint32_t object = kit_object_number(task);
    struct pvg_wire_surface_texture record = {
        .object = object,
        .body = kit_texture_body(
            format, surface->planes[plane].width, surface->planes[plane].height,
            PVG_WIRE_TEXTURE_USAGE_SHADER_READ | PVG_WIRE_TEXTURE_USAGE_RENDER_TARGET,
            PVG_WIRE_STORAGE_MODE_MANAGED),
        .plane = (uint16_t)plane,
    };
    struct pvg_writer *w = kit_blob(kit);

    if (kit->machine == KIT_X86) {
        pvg_wire_surface_texture_descriptor_encode(
            w, &(struct pvg_wire_surface_texture_descriptor){.surface = surface->id});
    } else {
        pvg_wire_mapped_texture_descriptor_encode(
            w, &(struct pvg_wire_mapped_texture_descriptor){.mapping = surface->id});
    }
    pvg_wire_surface_texture_encode(w, &record);
    kit_object_publish(kit, task, object,
                       kit->machine == KIT_X86 ? PVG_WIRE_OBJECT_TYPE_SURFACE_TEXTURE
                                               : PVG_WIRE_OBJECT_TYPE_MAPPED_TEXTURE);
    return object;
}

uint32_t kit_surface_texture(struct kit *kit, struct kit_task *task,
                             const struct kit_surface *surface)
{
    return kit_surface_plane_texture(kit, task, surface, 0, PVG_WIRE_PIXEL_FORMAT_BGRA8UNORM);
}
