/* SPDX-License-Identifier: MIT */
/* Any sequence of register accesses in both windows, over memory that holds bytes of the input, with
 * the engine running in between. */
#include "guest.h"

#define PAGES_AT 0x10000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = {bytes, size};
    struct guest *guest = guest_get(input_u8(&input));
    struct pvg_cursor_state cursor;
    struct pvg_frame frame;

    while (input.left) {
        uint8_t what = input_u8(&input);
        enum pvg_window window = what & 1 ? PVG_WINDOW_IOSFC : PVG_WINDOW_GFX;
        uint64_t offset = 0x1000 + (input_u32(&input) & 0x3ff);
        unsigned width = what & 2 ? 8 : 4;

        switch (what >> 2 & 7) {
        case 0:
            pvg_mmio_read(guest->device, window, offset, width);
            break;
        case 1:
            guest_run(guest, input_u8(&input) * 1000);
            break;
        case 2: /* memory where the next register may point */
            input_bytes(&input, guest->ram + PAGES_AT + (offset & 0x3fc) * 16, 64);
            break;
        case 3:
            pvg_display_fetch(guest->device, what >> 5 & 1, &frame, &cursor);
            break;
        case 4: /* a page number that is RAM */
            pvg_mmio_write(guest->device, window, offset,
                           (guest->ram_gpa >> guest->page_shift) + input_u8(&input), width);
            break;
        default:
            pvg_mmio_write(guest->device, window, offset, input_u64(&input), width);
        }
    }
    guest_run(guest, 20000);
    return 0;
}
