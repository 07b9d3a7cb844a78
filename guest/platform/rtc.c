/* SPDX-License-Identifier: MIT
 * Checks of the two clocks, against the time that the host says. Spec: 80 sections 5.2 and 5.3. */
#include "checks.h"
#include "clock.h"
#include "files.h"
#include "options.h"
#include "window.h"

#include <stdlib.h>

/* The host tells its time at start; the guest has been running for a little longer than it has
 * been counting. */
static void expect_wall_clock(struct report *report, const char *name, double seconds)
{
    double started = option_number("now", 0), late = 120;

    report_expect(report, seconds >= started - 1 && seconds <= started + clock_now() + late,
                  "%s says %.0f, the host said %.0f at start", name, seconds, started);
}

void check_pl031(struct report *report)
{
    char text[32];

    if (report_expect(report, file_read("/sys/class/rtc/rtc0/since_epoch", text, sizeof(text)) > 0,
                      "the kernel found none")) {
        expect_wall_clock(report, "PL031", atof(text));
    }
}

void check_avp_rtc(struct report *report)
{
    enum { TIME = 0x00, CONTROL = 0x18, IRQ_STATUS = 0x30, ID = 0x40 };
    struct window rtc;
    uint64_t before, after;
    double took;

    if (report_expect(report, window_open_node(&rtc, "vmapple,avp-rtc", 0),
                      "no avp-rtc in the device tree")) {
        report_expect(report, window_read32(&rtc, ID) == 0xf001, "id is 0x%x, not 0xf001",
                      window_read32(&rtc, ID));
        window_write64(&rtc, CONTROL, 1);
        took = clock_now();
        before = window_read64(&rtc, TIME);
        clock_sleep(0.05);
        after = window_read64(&rtc, TIME);
        took = clock_now() - took;
        expect_wall_clock(report, "avp-rtc", before / 1e6);
        report_expect(report, after - before >= 40000 && after - before < (took + 1) * 1e6,
                      "it counted %llu us in %.0f us", (unsigned long long)(after - before),
                      took * 1e6);
        report_expect(report, window_read64(&rtc, IRQ_STATUS) == 0, "an event is pending");
    }
    window_close(&rtc);
}
