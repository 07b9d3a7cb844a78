/*
 * vmapple: disks that no firmware of Apple's can boot from
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_DISK_CHECKS_H
#define HW_VMAPPLE_DISK_CHECKS_H

#include "block/block-common.h"

/* Each warns, in one line, of what is wrong with it. */
void vmapple_check_aux(BlockBackend *blk);
void vmapple_check_root(BlockBackend *blk);

#endif
