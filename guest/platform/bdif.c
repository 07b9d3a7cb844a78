/* SPDX-License-Identifier: MIT
 * Checks of the boot backdoor: both disks read and compared with what the host wrote on them, and
 * the aux disk written. Spec: 80 section 12. */
#include "checks.h"
#include "clock.h"
#include "dma.h"
#include "options.h"
#include "pattern.h"
#include "window.h"

#include <string.h>

enum {
    PAGE_ROOT = 0x00000,
    PAGE_AUX = 0x10000,

    REG_STATUS = 0x000,
    REG_TYPE = 0x004,
    REG_READY = 0x010,
    REG_COMMAND = 0x408,
    REG_CAPACITY = 0x420,

    TYPE_BLOCK = 2,
    REQUEST_READ = 0,
    REQUEST_WRITE = 1,
    CHAINED = 1,
    DEVICE_WRITES = 2,
    STATUS_OK = 0,
    STATUS_FAILED = 1,
};

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t next;
    uint16_t flags;
};

struct header {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};

/* As it lies in DMA memory. */
struct request {
    struct descriptor table[3];
    struct header header;
    uint8_t status;
};

enum { DATA_AT = 0x1000, DATA_MAX = (2 << 20) - DATA_AT };

struct disk {
    const char *name; /* in the pattern */
    struct window registers;
    size_t page;
    struct dma memory;
};

static uint32_t disk_read32(const struct disk *disk, size_t reg)
{
    return window_read32(&disk->registers, disk->page + reg);
}

static uint8_t *disk_data(const struct disk *disk)
{
    return disk->memory.at + DATA_AT;
}

/* The device's status byte; 0xff when no answer came. */
static uint8_t disk_request(const struct disk *disk, uint32_t type, uint64_t sector, uint32_t length)
{
    uint64_t base = disk->memory.gpa;
    volatile struct request *request = (struct request *)disk->memory.at;
    double deadline = clock_now() + 5;
    uint16_t data_flags = CHAINED | (type == REQUEST_READ ? DEVICE_WRITES : 0);

    *request = (struct request){
        .table = {
            { base + offsetof(struct request, header), sizeof(struct header), 1, CHAINED },
            { base + DATA_AT, length, 1, data_flags },
            { base + offsetof(struct request, status), 1, 0, DEVICE_WRITES },
        },
        .header = { .type = type, .sector = sector },
        .status = 0xff,
    };
    dma_barrier();
    window_write64(&disk->registers, disk->page + REG_COMMAND, base);
    while (!(disk_read32(disk, REG_READY) & 1) || request->status == 0xff) {
        if (clock_now() > deadline) {
            break;
        }
    }
    dma_barrier();
    return request->status;
}

static bool disk_open(struct disk *disk, struct report *report)
{
    if (!report_expect(report, window_open_node(&disk->registers, "vmapple,bdif", 0),
                       "no bdif in the device tree") ||
        !report_expect(report, dma_alloc(&disk->memory, DATA_AT + DATA_MAX),
                       "no memory for DMA")) {
        return false;
    }
    return report_expect(report, disk_read32(disk, REG_STATUS) == 1, "not present") &&
           report_expect(report, disk_read32(disk, REG_TYPE) == TYPE_BLOCK, "type is 0x%x",
                         disk_read32(disk, REG_TYPE));
}

static void disk_close(struct disk *disk)
{
    dma_free(&disk->memory);
    window_close(&disk->registers);
}

static void expect_read(const struct disk *disk, struct report *report, uint64_t sector,
                        uint32_t sectors)
{
    uint8_t status;
    uint64_t good;

    memset(disk_data(disk), 0, sectors * SECTOR);
    status = disk_request(disk, REQUEST_READ, sector, sectors * SECTOR);
    report_expect(report, status == STATUS_OK, "reading sector %llu gave status 0x%02x",
                  (unsigned long long)sector, status);
    good = pattern_check(disk_data(disk), disk->name, sector, sectors);
    report_expect(report, good == sectors, "sector %llu is not what the image holds",
                  (unsigned long long)(sector + good));
}

/* The whole disk in pieces of odd sizes, its last sector, and one past it. */
static void check_reads(const struct disk *disk, struct report *report, uint64_t sectors)
{
    uint64_t capacity = disk_read32(disk, REG_CAPACITY);
    uint64_t at = 0;

    capacity |= (uint64_t)disk_read32(disk, REG_CAPACITY + 4) << 32;
    if (!report_expect(report, capacity == sectors, "capacity is %llu sectors, not %llu",
                       (unsigned long long)capacity, (unsigned long long)sectors)) {
        return;
    }
    for (uint32_t length = 1; at < sectors && !report->failed; length = length * 3 + 1) {
        uint64_t rest = sectors - at;

        if (length > DATA_MAX / SECTOR) {
            length = DATA_MAX / SECTOR;
        }
        expect_read(disk, report, at, rest < length ? rest : length);
        at += length;
    }
    expect_read(disk, report, sectors - 1, 1);
    report_expect(report,
                  disk_request(disk, REQUEST_READ, sectors, SECTOR) == STATUS_FAILED &&
                      disk_request(disk, REQUEST_READ, sectors - 1, 2 * SECTOR) == STATUS_FAILED,
                  "a read past the end did not fail");
}

void check_bdif_root(struct report *report)
{
    struct disk disk = { .name = "root", .page = PAGE_ROOT };

    if (disk_open(&disk, report)) {
        check_reads(&disk, report, option_number("root-sectors", 0));
    }
    disk_close(&disk);
}

/* Firmware keeps its settings on the aux disk, so that one is written as well; what is written is
 * the pattern of another place, and then the own one again. */
static void check_writes(const struct disk *disk, struct report *report)
{
    const uint64_t sector = 11, other = 5;

    pattern_fill(disk_data(disk), disk->name, other);
    report_expect(report, disk_request(disk, REQUEST_WRITE, sector, SECTOR) == STATUS_OK,
                  "writing failed");
    memset(disk_data(disk), 0, SECTOR);
    report_expect(report, disk_request(disk, REQUEST_READ, sector, SECTOR) == STATUS_OK,
                  "reading back failed");
    report_expect(report, pattern_check(disk_data(disk), disk->name, other, 1) == 1,
                  "what was written does not read back");
    pattern_fill(disk_data(disk), disk->name, sector);
    report_expect(report, disk_request(disk, REQUEST_WRITE, sector, SECTOR) == STATUS_OK,
                  "writing again failed");
    expect_read(disk, report, sector - 1, 3);
}

void check_bdif_aux(struct report *report)
{
    struct disk disk = { .name = "aux_", .page = PAGE_AUX };

    if (disk_open(&disk, report)) {
        check_reads(&disk, report, option_number("aux-sectors", 0));
        check_writes(&disk, report);
    }
    disk_close(&disk);
}
