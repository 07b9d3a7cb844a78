/* SPDX-License-Identifier: MIT
 * Check of virtio-blk: two disks read whole and compared with what the host wrote, then written;
 * the host looks at the images afterwards. */
#include "disk.h"

#include "checks.h"
#include "files.h"
#include "pattern.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool disk_find(const char *serial, char name[32])
{
    DIR *blocks = opendir("/sys/block");
    struct dirent *entry;
    bool found = false;

    while (blocks && !found && (entry = readdir(blocks))) {
        char path[300], text[32];

        snprintf(path, sizeof(path), "/sys/block/%s/serial", entry->d_name);
        found = file_read(path, text, sizeof(text)) >= (ssize_t)strlen(serial) &&
                !strncmp(text, serial, strlen(serial));
        snprintf(name, 32, "%.31s", entry->d_name);
    }
    if (blocks) {
        closedir(blocks);
    }
    return found;
}

int disk_open_direct(const char *serial)
{
    char name[32], path[48];

    if (!disk_find(serial, name)) {
        return -1;
    }
    snprintf(path, sizeof(path), "/dev/%s", name);
    return open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
}

static void check_disk(struct report *report, const char *serial)
{
    enum { CHUNK = 256, WRITTEN_AT = 64, WRITTEN = 8, SHIFTED = 1000 };
    int disk = disk_open_direct(serial);
    uint64_t sector = 0, good;
    uint8_t *data = NULL;
    ssize_t got;

    if (!report_expect(report, disk >= 0, "no disk \"%s\"", serial) ||
        !report_expect(report, !posix_memalign((void **)&data, 4096, CHUNK * SECTOR),
                       "no memory")) {
        goto out;
    }
    while ((got = read(disk, data, CHUNK * SECTOR)) > 0) {
        good = pattern_check(data, serial, sector, got / SECTOR);
        report_expect(report, good == (uint64_t)got / SECTOR,
                      "%s: sector %llu is not what the image holds", serial,
                      (unsigned long long)(sector + good));
        sector += got / SECTOR;
    }
    report_expect(report, got == 0 && sector > 0, "%s: reading sector %llu failed", serial,
                  (unsigned long long)sector);
    for (unsigned i = 0; i < WRITTEN; i++) {
        pattern_fill(data + i * SECTOR, serial, SHIFTED + i);
    }
    report_expect(report,
                  pwrite(disk, data, WRITTEN * SECTOR, WRITTEN_AT * SECTOR) == WRITTEN * SECTOR &&
                      !fsync(disk),
                  "%s: writing failed", serial);
    memset(data, 0, WRITTEN * SECTOR);
    report_expect(report,
                  pread(disk, data, WRITTEN * SECTOR, WRITTEN_AT * SECTOR) == WRITTEN * SECTOR &&
                      pattern_check(data, serial, SHIFTED, WRITTEN) == WRITTEN,
                  "%s: what was written does not read back", serial);
out:
    free(data);
    if (disk >= 0) {
        close(disk);
    }
}

void check_virtio_blk(struct report *report)
{
    check_disk(report, "msi_");
    check_disk(report, "intx");
}
