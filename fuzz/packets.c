/* SPDX-License-Identifier: MIT */
/* Packets of any command with any payload on a device that a driver has brought up. */
#include <string.h>

#include "guest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = {bytes, size};
    struct guest *guest = guest_get(input_u8(&input));
    struct kit_surface surface;

    guest_boot(guest);
    kit_surface_create(&guest->kit, &surface, 32, 32);
    while (input.left && !guest->kit.failure) {
        uint8_t channel = input_u8(&input) % 6, opcode = input_u8(&input) % 0x48;
        uint8_t length = input_u8(&input), waits = input_u8(&input);
        struct pvg_writer *w = kit_packet(&guest->kit, opcode);
        uint8_t payload[256];

        for (unsigned i = 0; i < (waits & 3); i++) {
            kit_packet_after(&guest->kit, (struct kit_point){input_u8(&input) & 15,
                                                             input_u8(&input)});
        }
        length = (uint8_t)input_bytes(&input, payload, length) & ~3;
        for (unsigned i = 0; i < length; i++) {
            pvg_put_u8(w, payload[i]);
        }
        if (waits & 0x80) { /* a size that is not the packet's */
            guest->kit.packet.size += 4;
        }
        if (!guest->kit.channels[channel].live) {
            channel = 0;
        }
        kit_send(&guest->kit, channel);
        guest_run(guest, waits >> 2);
    }
    guest_run(guest, 200000);
    return 0;
}
