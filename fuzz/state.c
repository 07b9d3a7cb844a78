/* SPDX-License-Identifier: MIT */
/* Saved states: any bytes, or those of a real one with bytes changed. A device that took one goes on
 * running; one that refused is as after reset. */
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "wire/registers.h"

/* What a driver, a surface and a present leave behind. */
static void *real_state(struct guest *guest, size_t *size)
{
    struct kit_surface surface;
    void *bytes;

    guest_boot(guest);
    kit_surface_create(&guest->kit, &surface, 8, 8);
    kit_present(&guest->kit, 0, surface.id, NULL);
    guest_run(guest, 20000);
    pvg_device_stop(guest->device);
    if (!pvg_device_save(guest->device, &bytes, size, NULL)) {
        abort();
    }
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = {bytes, size};
    uint8_t choice = input_u8(&input);
    struct guest *guest = guest_get(choice);
    size_t state_size;
    uint8_t *state = real_state(guest, &state_size);
    bool done;

    if (choice & 2) {
        done = pvg_device_restore(guest->device, input.bytes, input.left, NULL);
    } else {
        while (input.left >= 3) {
            uint32_t at = input_u8(&input) | (uint32_t)input_u8(&input) << 8;

            state[(choice & 4 ? at * 17 : at) % state_size] = input_u8(&input);
        }
        done = pvg_device_restore(guest->device, state, state_size, NULL);
    }
    pvg_device_start(guest->device);
    if (!done && pvg_mmio_read(guest->device, PVG_WINDOW_GFX, PVG_WIRE_GFX_CONTROL_FIFO, 4)) {
        abort();
    }
    guest_run(guest, 20000);
    guest_run(guest, 200000);
    pvg_free(state);
    return 0;
}
