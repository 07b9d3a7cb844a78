/*
 * vmapple: disks that no firmware of Apple's can boot from
 *
 * Apple's firmware says nothing about them: it waits, or panics. So their
 * shape is looked at before, and what is wrong is said in one line each.
 *
 * Spec: 80-platform 14, 81-booting-macos 2, 12 and 17.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/vmapple/disk-checks.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "system/block-backend.h"

#define SECTOR      512
#define AUX_SIZE    (32 * MiB)
#define AUX_HEADER  (16 * KiB) /* of the framework's files */

static bool reads(BlockBackend *blk, int64_t offset, uint8_t *sector)
{
    return offset >= 0 && blk_pread(blk, offset, SECTOR, sector, 0) >= 0;
}

static bool is_table(BlockBackend *blk, int64_t offset)
{
    uint8_t sector[SECTOR];

    return reads(blk, offset, sector) && memcmp(sector, "EFI PART", 8) == 0;
}

void vmapple_check_aux(BlockBackend *blk)
{
    int64_t size = blk_getlength(blk);
    g_autofree uint8_t *start = g_malloc(AUX_HEADER);

    if (size == AUX_SIZE + AUX_HEADER) {
        warn_report("aux: this is the framework's file, with its header of "
                    "16 KiB; the firmware wants what follows it: "
                    "dd if=FILE of=aux.img bs=16k skip=1");
    } else if (size < AUX_SIZE) {
        warn_report("aux: %" PRId64 " bytes; macOS' is 32 MiB", size);
    } else if (blk_pread(blk, 0, AUX_HEADER, start, 0) >= 0 &&
               buffer_is_zero(start, AUX_HEADER)) {
        warn_report("aux: it is blank; the firmware finds nothing to boot. "
                    "Bring the auxiliary storage of an installed macOS");
    }
}

void vmapple_check_root(BlockBackend *blk)
{
    int64_t size = blk_getlength(blk);

    if (!is_table(blk, SECTOR)) {
        warn_report("root: it has no partition table; bring the disk of an "
                    "installed macOS");
    } else if (!is_table(blk, size - SECTOR)) {
        warn_report("root: its backup partition table is not in the last "
                    "sector; the image was cut or grown, and the firmware "
                    "panics. sgdisk -e moves the table");
    }
}
