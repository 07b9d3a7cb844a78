/* SPDX-License-Identifier: MIT */
/* Page tables, object lists and surface directories that hold any bytes. What is read through them
 * must stay in RAM, and the same question gets the same answer. */
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "memory/object.h"

#define PAGES 16 /* of the input's making */

static void use_task(struct pvg_memory *memory, struct pvg_space space, struct input *input)
{
    struct pvg_gva at = {input_u64(input)};
    uint64_t size = input_u32(input) & 0x3ffff;
    struct pvg_object object;
    struct pvg_surface surface;
    struct pvg_view view;
    struct pvg_gpa gpa, again;
    uint8_t buffer[512];

    (void)!pvg_task_map(memory, space.task, at, size);
    if (pvg_space_translate(memory, space, at, PVG_RAM_READ, &gpa) == PVG_ACCEPTED &&
        (pvg_space_translate(memory, space, at, PVG_RAM_READ, &again) != PVG_ACCEPTED ||
         gpa.value != again.value || pvg_ram_check(&memory->ram, gpa, 1) != PVG_ACCEPTED)) {
        abort();
    }
    (void)!pvg_space_read(memory, space, at, buffer, sizeof(buffer));
    if (pvg_space_view(memory, space, at, size, PVG_RAM_READ, &view) == PVG_ACCEPTED &&
        view.size != size) {
        abort();
    }
    pvg_view_finish(&view);
    if (pvg_object_read(memory, space, input_u8(input), &object) == PVG_ACCEPTED) {
        pvg_object_finish(&object);
    }
    if (pvg_surface_find(memory, input_u8(input), space.task, &surface) == PVG_ACCEPTED &&
        pvg_surface_view(memory, &surface, PVG_RAM_WRITE, &view) == PVG_ACCEPTED) {
        uint64_t session = pvg_ram_session(&memory->ram);

        if (view.size < surface.size) {
            abort();
        }
        (void)!pvg_surface_write(memory, session, &surface, 0, buffer, 16);
        pvg_view_finish(&view);
    }
    (void)!pvg_space_write(memory, space, at, buffer, 64);
    if (size & 1) {
        (void)!pvg_task_unmap(memory, space.task, at, size);
    } else {
        (void)!pvg_task_remap(memory, space.task, at, size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = {bytes, size};
    struct guest *guest = guest_get(input_u8(&input));
    struct pvg_memory *memory = &guest->device->memory;
    const uint32_t first = (uint32_t)(guest->ram_gpa >> guest->page_shift);
    struct pvg_space space;

    /* Entries that name the pages of this little world, with some that do not. */
    for (unsigned page = 1; page < PAGES; page++) {
        uint32_t *entries = (uint32_t *)(guest->ram + ((uint64_t)page << guest->page_shift));

        for (unsigned i = 0; i < 16; i++) {
            uint8_t entry = input_u8(&input);

            entries[i] = entry < 0xc0 ? (entry ? first + entry % PAGES : 0)
                                      : input_u32(&input);
        }
    }
    ((uint32_t *)(guest->ram + (1ull << guest->page_shift)))[1] = 1 + input_u8(&input) % 5;
    atomic_store(&memory->surfaces.directory,
                 guest->ram_gpa + ((uint64_t)(input_u8(&input) % PAGES) << guest->page_shift));
    for (uint32_t id = 0; id < 2; id++) {
        (void)!pvg_task_define(memory, id, (struct pvg_pfn){first + 1}, UINT64_MAX);
        (void)!pvg_objects_bind(memory, id, input_u8(&input), 256);
    }
    while (input.left && pvg_task_space(memory, input_u8(&input) & 1, &space) == PVG_ACCEPTED) {
        use_task(memory, space, &input);
    }
    return 0;
}
