/* SPDX-License-Identifier: MIT */
/* The firmware's disks, through the boot backdoor. Spec: 80-platform 12. */
#include "model.h"

#define BDIF         UINT64_C(0x30000000)
#define STATUS       0x000
#define READY        0x010
#define QUEUE_ENABLE 0x400
#define COMMAND      0x408
#define SECTORS      0x420

enum { SECTOR = 512, PATIENCE = 10000000 };

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t next, flags;
};

static struct {
    struct descriptor table[3];
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } header;
    uint8_t status;
} request __attribute__((aligned(64)));

uint64_t bdif_sectors(uint32_t disk)
{
    return read32(BDIF + disk + STATUS) == 1 ? read64(BDIF + disk + SECTORS) : 0;
}

bool bdif_transfer(uint32_t disk, bool write, uint64_t sector, void *buffer, uint32_t count)
{
    volatile uint8_t *status = &request.status;

    request.header.type = write;
    request.header.sector = sector;
    *status = 0xff;
    request.table[0] = (struct descriptor){(uint64_t)&request.header, 16, 1, 1};
    request.table[1] = (struct descriptor){(uint64_t)buffer, count * SECTOR, 1, write ? 1 : 3};
    request.table[2] = (struct descriptor){(uint64_t)status, 1, 0, 2};
    write32(BDIF + disk + QUEUE_ENABLE, 1);
    write64(BDIF + disk + COMMAND, (uint64_t)request.table);
    for (unsigned i = 0; i < PATIENCE; i++) {
        if ((read32(BDIF + disk + READY) & 1) && *status != 0xff) {
            return *status == 0;
        }
    }
    return false;
}

const char *nvram_is_read_and_written(void)
{
    static uint32_t written[SECTOR / 4], got[SECTOR / 4];
    uint64_t sector = bdif_sectors(AUX_DISK) - 1;

    if (!bdif_transfer(AUX_DISK, false, sector, got, 1)) {
        return "aux is not readable";
    }
    for (unsigned i = 0; i < SECTOR / 4; i++) {
        written[i] = ~got[i] + i;
    }
    if (!bdif_transfer(AUX_DISK, true, sector, written, 1)) {
        return "aux is not writable: NVRAM never changes";
    }
    if (!bdif_transfer(AUX_DISK, false, sector, got, 1)) {
        return "aux is not readable";
    }
    for (unsigned i = 0; i < SECTOR / 4; i++) {
        if (got[i] != written[i]) {
            return "NVRAM lost what was written";
        }
    }
    return bdif_transfer(AUX_DISK, false, sector + 1, got, 1) ? "aux has no end" : 0;
}
