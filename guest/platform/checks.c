/* SPDX-License-Identifier: MIT
 * The table of checks, in the order of the report. */
#include "checks.h"

#include "options.h"

static const struct {
    const char *name;
    void (*run)(struct report *report);
} checks[] = {
    { "cpus", check_cpus },
    { "cfg", check_cfg },
    { "aes-vectors", check_aes_vectors },
    { "aes-contexts", check_aes_contexts },
    { "aes-large", check_aes_large },
    { "aes-errors", check_aes_errors },
    { "aes-interrupt", check_aes_interrupt },
    { "bdif-root", check_bdif_root },
    { "bdif-aux", check_bdif_aux },
    { "rtc-pl031", check_pl031 },
    { "rtc-avp", check_avp_rtc },
    { "virtio-blk", check_virtio_blk },
    { "pci-msi", check_msi },
    { "pci-intx", check_intx },
    { "virtio-net", check_dhcp },
    { "usb-keyboard", check_keyboard },
    { "usb-tablet", check_tablet },
    { "framebuffer", check_framebuffer }, /* its picture shows the others */
    { "present", check_present },         /* last: from now on it is the driver's screen */
};

enum { COUNT = sizeof(checks) / sizeof(*checks) };

static struct report reports[COUNT];
static unsigned ran;

unsigned checks_run(void)
{
    unsigned failed = 0;

    for (unsigned i = 0; i < COUNT; i++) {
        struct report *report = &reports[ran];

        if (!option_lists("checks", checks[i].name)) {
            continue;
        }
        *report = (struct report){ .name = checks[i].name };
        checks[i].run(report);
        report_print(report);
        failed += report->failed;
        ran++;
    }
    return failed;
}

const struct report *checks_reports(unsigned *count)
{
    *count = ran;
    return reports;
}
