/* SPDX-License-Identifier: MIT
 * Checks of PCI interrupts: a disk's own, counted by the kernel, grow when it is read. One disk has
 * MSI-X vectors, the other only its pin. With the option "msi=off" both use their pins. */
#include "checks.h"
#include "disk.h"
#include "files.h"
#include "options.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct count {
    unsigned long message; /* by MSI */
    unsigned long pin;     /* by INTx */
};

/* Whether @line of /proc/interrupts is of the device @name, alone or as "NAME-QUEUE". */
static bool is_of(const char *line, const char *name)
{
    const char *at = strstr(line, name);

    return at && strchr("-, \n", at[strlen(name)]);
}

static unsigned long sum_of(const char *line)
{
    const char *at = strchr(line, ':');
    unsigned long sum = 0, value;
    char *end;

    for (at = at ? at + 1 : ""; value = strtoul(at, &end, 10), end != at && *end == ' ';
         at = end) {
        sum += value;
    }
    return sum;
}

/* The interrupts so far of the disk with @serial. */
static struct count count_of(const char *serial)
{
    static char all[64 << 10];
    struct count count = { 0 };
    char disk[32], path[64], device[256];
    ssize_t length;
    char *name, *line, *rest;

    if (!disk_find(serial, disk)) {
        return count;
    }
    snprintf(path, sizeof(path), "/sys/block/%s/device", disk);
    length = readlink(path, device, sizeof(device) - 1);
    device[length > 0 ? length : 0] = '\0';
    name = strrchr(device, '/'); /* .../virtio3 */
    if (!name || file_read("/proc/interrupts", all, sizeof(all)) < 0) {
        return count;
    }
    for (line = strtok_r(all, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (is_of(line, name + 1)) {
            *(strstr(line, "MSI") ? &count.message : &count.pin) += sum_of(line);
        }
    }
    return count;
}

/* Reads the disk with @serial a few times, and says how many interrupts came of it. */
static struct count provoke(struct report *report, const char *serial)
{
    enum { READS = 8, SIZE = 4096 };
    int disk = disk_open_direct(serial);
    struct count before = count_of(serial), after;
    void *data = NULL;

    if (report_expect(report, disk >= 0 && !posix_memalign(&data, 4096, SIZE), "no disk \"%s\"",
                      serial)) {
        for (unsigned i = 0; i < READS; i++) {
            report_expect(report, pread(disk, data, SIZE, (off_t)i * SIZE) == SIZE,
                          "reading the disk failed");
        }
        close(disk);
    }
    free(data);
    after = count_of(serial);
    return (struct count){ after.message - before.message, after.pin - before.pin };
}

void check_msi(struct report *report)
{
    struct count count = provoke(report, "msi_");
    const char *msi = option_text("msi");

    if (msi && !strcmp(msi, "off")) {
        report_expect(report, count.pin && !count.message,
                      "%lu by MSI and %lu by pin, on a machine without MSI", count.message,
                      count.pin);
    } else {
        report_expect(report, count.message && !count.pin,
                      "%lu by MSI and %lu by pin after 8 reads", count.message, count.pin);
    }
}

void check_intx(struct report *report)
{
    struct count count = provoke(report, "intx");

    report_expect(report, count.pin && !count.message, "%lu by MSI and %lu by pin after 8 reads",
                  count.message, count.pin);
}
