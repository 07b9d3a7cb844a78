/* SPDX-License-Identifier: MIT
 * The checks, each one line of the report. The table is in checks.c. */
#ifndef GUEST_CHECKS_H
#define GUEST_CHECKS_H

#include "report.h"

/* aes.c */
void check_aes_vectors(struct report *report);
void check_aes_contexts(struct report *report);
void check_aes_large(struct report *report);
void check_aes_errors(struct report *report);
void check_aes_interrupt(struct report *report);

/* bdif.c */
void check_bdif_root(struct report *report);
void check_bdif_aux(struct report *report);

/* cfg.c */
void check_cfg(struct report *report);

/* rtc.c */
void check_pl031(struct report *report);
void check_avp_rtc(struct report *report);

/* disk.c */
void check_virtio_blk(struct report *report);

/* interrupts.c */
void check_msi(struct report *report);
void check_intx(struct report *report);

/* net.c */
void check_dhcp(struct report *report);

/* input.c */
void check_keyboard(struct report *report);
void check_tablet(struct report *report);

/* framebuffer.c, present.c; after the others, as their pictures show them */
void check_framebuffer(struct report *report);
void check_present(struct report *report);

/* cpus.c */
void check_cpus(struct report *report);

/* Runs those that the option "checks" names (all without it), prints and keeps their reports.
 * How many failed. */
unsigned checks_run(void);

/* The reports of those that ran; *@count of them. */
const struct report *checks_reports(unsigned *count);

#endif
