/* SPDX-License-Identifier: MIT
 * What the host wrote on every disk. */
#include "pattern.h"

#include <stdio.h>
#include <string.h>

void pattern_fill(uint8_t out[SECTOR], const char *name, uint64_t sector)
{
    char cell[17];

    for (unsigned i = 0; i < SECTOR / 16; i++) {
        snprintf(cell, sizeof(cell), "%.4s:%07x:%02x\n", name, (unsigned)sector, i);
        memcpy(out + 16 * i, cell, 16);
    }
}

uint64_t pattern_check(const uint8_t *data, const char *name, uint64_t sector, uint64_t count)
{
    uint8_t wanted[SECTOR];

    for (uint64_t i = 0; i < count; i++) {
        pattern_fill(wanted, name, sector + i);
        if (memcmp(data + i * SECTOR, wanted, SECTOR)) {
            return i;
        }
    }
    return count;
}
