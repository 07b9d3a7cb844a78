/*
 * vmapple: the clock that macOS reads (avp-rtc)
 *
 * A system bus device. MMIO 0 is its register page, IRQ 0 its line, which
 * is never raised.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_AVP_RTC_H
#define HW_VMAPPLE_AVP_RTC_H

#define TYPE_VMAPPLE_AVP_RTC "vmapple-avp-rtc"

#define VMAPPLE_AVP_RTC_SIZE 0x1000

#endif
