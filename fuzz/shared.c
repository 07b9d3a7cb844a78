/* SPDX-License-Identifier: MIT */
/* A driver brings the device up; then any word of the structures that both share may change, while
 * doorbells ring and time passes. */
#include <string.h>

#include "guest.h"
#include "wire/registers.h"

static uint64_t place(struct guest *guest, const struct kit_surface *surface, uint8_t which)
{
    switch (which % 8) {
    case 0:
        return guest->kit.displays[0].page;
    case 1:
        return guest->kit.root_page;
    case 2:
        return guest->kit.channels[1].list;
    case 3:
        return guest->kit.fifo;
    case 4:
        return guest->kit.kernel.directory;
    case 5:
        return guest->kit.kernel.root;
    case 6:
        return guest->kit.machine == KIT_ARM64 ? guest->kit.iosfc_ring : guest->kit.fifo;
    default:
        return guest->kit.machine == KIT_ARM64 ? surface->list : guest->kit.kernel.directory;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = {bytes, size};
    struct guest *guest = guest_get(input_u8(&input));
    struct kit_surface surface;

    guest_boot(guest);
    kit_surface_create(&guest->kit, &surface, 32, 32);
    while (input.left) {
        uint64_t gpa = place(guest, &surface, input_u8(&input)) + (input_u32(&input) & 0xffc);

        if (input_bytes(&input, guest->ram + (gpa - guest->ram_gpa), 4) < 4) {
            break;
        }
        switch (input_u8(&input) & 7) {
        case 0:
            pvg_mmio_write(guest->device, PVG_WINDOW_GFX, PVG_WIRE_GFX_CHILD_DOORBELL,
                           input_u8(&input) & 7, 4);
            break;
        case 1:
            pvg_mmio_write(guest->device, PVG_WINDOW_GFX, PVG_WIRE_GFX_DISPLAY_DOORBELL, 0, 4);
            break;
        case 2:
            pvg_mmio_write(guest->device, PVG_WINDOW_IOSFC, PVG_WIRE_IOSFC_PRODUCER,
                           input_u32(&input), 4);
            break;
        case 3:
            kit_present(&guest->kit, 0, surface.id, NULL);
            break;
        default:
            break;
        }
        guest_run(guest, 4000);
    }
    guest_run(guest, 200000);
    return 0;
}
