/* SPDX-License-Identifier: MIT */
/* Apple's virtio disk, by a driver with Apple's rings: 64 entries, at any byte, and the used ring
 * programmed where it lies on the available one, but read where it belongs.
 * Spec: 80-platform 10; 81-booting-macos 10.2, vector B5. */
#include "model.h"

#include "bare/machine.h"

#define ECAM      UINT64_C(0x40000000)
#define WINDOW    UINT64_C(0x50000000)
#define APPLE_BLK 0x1a00106bu
#define SLOTS     32u
#define SECTOR    512u
#define ENTRIES   64u
#define BARRIER   0x10000u
#define AUX       2u
#define VARIANT   0x3c

enum { COMMON = 1, NOTIFY = 2, CONFIG = 4 }; /* types of virtio's PCI capabilities */

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};

static struct {
    uint64_t common, notify, config;
    uint32_t notify_step;
} device;

/* Where the driver puts its queue: vector B5, in memory of its own */
static uint8_t area[4 * 4096] __attribute__((aligned(4096)));
#define DESCRIPTORS ((struct descriptor *)(area + 0xbf0))
#define AVAILABLE   (area + 0xff0)
#define PROGRAMMED  (area + 0x1000)
#define USED        (area + 0x2000)

static struct {
    uint32_t type, reserved;
    uint64_t sector;
} header[3];
static volatile uint8_t status[3];
static uint8_t sector[2][SECTOR];

static uint64_t function(unsigned slot)
{
    return ECAM + (uint64_t)slot * 0x8000;
}

/* Gives each memory BAR room; returns where @bar is. */
static uint64_t place_bars(uint64_t config, uint64_t places[6])
{
    static uint64_t next = WINDOW;

    for (unsigned bar = 0; bar < 6; bar++) {
        uint64_t at = config + 0x10 + bar * 4;
        uint32_t kind = read32(at), size;

        write32(at, 0xffffffff);
        size = ~(read32(at) & ~15u) + 1;
        if (size == 0 || (kind & 1)) {
            continue;
        }
        next = (next + size - 1) & ~(uint64_t)(size - 1);
        places[bar] = next;
        write32(at, (uint32_t)next);
        next += size;
        if (kind & 4) {
            write32(at + 4, 0);
            bar++;
        }
    }
    write32(config + 4, 0x6); /* memory, and bus master */
    return next;
}

static bool find_device(void)
{
    uint64_t places[6] = {0}, config = 0;

    for (unsigned slot = 0; slot < SLOTS && !config; slot++) {
        if (read32(function(slot)) == APPLE_BLK) {
            config = function(slot);
        }
    }
    if (!config) {
        return false;
    }
    place_bars(config, places);
    for (unsigned at = read32(config + 0x34) & 0xff, i = 0; at && i < 48; i++) {
        uint32_t head = read32(config + at);
        uint64_t where = places[(read32(config + at + 4) & 0xff) % 6] + read32(config + at + 8);

        if ((head & 0xff) == 0x09) {
            switch (head >> 24) {
            case COMMON:
                device.common = where;
                break;
            case NOTIFY:
                device.notify = where;
                device.notify_step = read32(config + at + 16);
                break;
            case CONFIG:
                device.config = where;
                break;
            }
        }
        at = head >> 8 & 0xff;
    }
    return device.common && device.notify && device.config;
}

static void write8(uint64_t at, uint8_t value)
{
    __asm__ volatile("dsb sy" ::: "memory");
    *(volatile uint8_t *)at = value;
}

static void write16(uint64_t at, uint16_t value)
{
    __asm__ volatile("dsb sy" ::: "memory");
    *(volatile uint16_t *)at = value;
}

static void start_device(void)
{
    write8(device.common + 0x14, 0);
    write8(device.common + 0x14, 3); /* acknowledged, driver */
    write32(device.common + 0x08, 1);
    write32(device.common + 0x0c, 1); /* VERSION_1 alone */
    write8(device.common + 0x14, 11);
    write16(device.common + 0x16, 0);
    write16(device.common + 0x18, ENTRIES);
    write32(device.common + 0x20, (uint32_t)(uint64_t)DESCRIPTORS);
    write32(device.common + 0x24, 0);
    write32(device.common + 0x28, (uint32_t)(uint64_t)AVAILABLE);
    write32(device.common + 0x2c, 0);
    write32(device.common + 0x30, (uint32_t)(uint64_t)PROGRAMMED);
    write32(device.common + 0x34, 0);
    write16(device.common + 0x1c, 1);
    write8(device.common + 0x14, 15);
}

/* Requests of up to three descriptors each, all put at once; all done within a second? */
static bool run(unsigned count, const uint32_t *types, uint64_t at)
{
    static uint16_t published;
    volatile uint16_t *available = (volatile uint16_t *)AVAILABLE;
    volatile uint16_t *used = (volatile uint16_t *)USED;
    unsigned next = 0;

    for (unsigned i = 0; i < count; i++) {
        bool data = types[i] != BARRIER;

        header[i].type = types[i];
        header[i].sector = at;
        status[i] = 0xff;
        available[2 + (published + i) % ENTRIES] = (uint16_t)next;
        DESCRIPTORS[next] = (struct descriptor){(uint64_t)&header[i], 16, 1, (uint16_t)(next + 1)};
        next++;
        if (data) {
            DESCRIPTORS[next] = (struct descriptor){(uint64_t)sector[i & 1], SECTOR,
                                                    types[i] ? 1 : 3, (uint16_t)(next + 1)};
            next++;
        }
        DESCRIPTORS[next++] = (struct descriptor){(uint64_t)&status[i], 1, 2, 0};
    }
    __asm__ volatile("dsb sy" ::: "memory");
    published += count;
    available[1] = published;
    write16(device.notify, 0);
    for (uint64_t deadline = ticks() + ticks_per_second(); ticks() < deadline;) {
        if (used[1] == published) {
            for (unsigned i = 0; i < count; i++) {
                if (status[i] != 0) {
                    return false;
                }
            }
            return true;
        }
    }
    return false;
}

const char *virtio_disk_keeps_its_order(void)
{
    static const uint32_t write_barrier_read[] = {1, BARRIER, 0};
    uint64_t last = bdif_sectors(AUX_DISK) - 2;
    static uint8_t seen[SECTOR];

    if (!find_device()) {
        return "no virtio disk of Apple's";
    }
    if (read32(device.config + VARIANT) != AUX) {
        return "it is not the aux disk";
    }
    start_device();
    for (unsigned i = 0; i < SECTOR; i++) {
        sector[0][i] = (uint8_t)(i * 3 + 1);
    }
    /* The read's buffer is the write's: what it brings back must be what was written before. */
    if (!run(2, write_barrier_read, last)) {
        return "a write and a barrier are not done: no used ring where the driver looks";
    }
    for (unsigned i = 0; i < SECTOR; i++) {
        sector[0][i] = 0;
    }
    if (!run(1, write_barrier_read + 2, last)) {
        return "a read is not done";
    }
    if (!bdif_transfer(AUX_DISK, false, last, seen, 1)) {
        return "aux is not readable";
    }
    for (unsigned i = 0; i < SECTOR; i++) {
        if (sector[0][i] != (uint8_t)(i * 3 + 1) || seen[i] != sector[0][i]) {
            return "the disk lost what was written, or the backdoor shows another one";
        }
    }
    return 0;
}

const char *pvpanic_is_read_by_bytes(void)
{
    uint8_t events = *(volatile uint8_t *)UINT64_C(0x20070000);

    return events & 1 ? 0 : "no panic event is offered";
}
