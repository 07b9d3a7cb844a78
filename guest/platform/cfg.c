/* SPDX-License-Identifier: MIT
 * Check of the configuration region: both layouts. Spec: 80 section 11. */
#include "checks.h"
#include "options.h"
#include "window.h"

#include <string.h>
#include <unistd.h>

enum {
    VERSION = 0x000,
    NR_CPUS = 0x004,
    ECID = 0x018,
    RAM_SIZE = 0x020,
    CPU_IDS = 0x100,
    /* What follows the CPU table lies at two places; see the spec. */
    STRINGS_INTENDED = 0x380,
    STRINGS_EFFECTIVE = 0x500,
    SERIAL = 0x00,
    MODEL = 0x40,
    SOC_NAME = 0x84,
    STRING = 32,
};

static void expect_number(const struct window *cfg, struct report *report, const char *name,
                          size_t at, uint64_t wanted)
{
    uint64_t got = window_read32(cfg, at) | (uint64_t)window_read32(cfg, at + 4) << 32;

    report_expect(report, got == wanted, "%s is 0x%llx, not 0x%llx", name,
                  (unsigned long long)got, (unsigned long long)wanted);
}

static void expect_string(const struct window *cfg, struct report *report, const char *name,
                          size_t at, const char *wanted)
{
    char got[STRING + 1] = { 0 };

    for (size_t i = 0; i < STRING; i++) {
        got[i] = cfg->at[at + i]; /* device memory: bytes, not memcpy */
    }
    report_expect(report, !strcmp(got, wanted), "%s at 0x%zx is \"%s\", not \"%s\"", name, at, got,
                  wanted);
}

static void expect_strings(const struct window *cfg, struct report *report, size_t base)
{
    expect_string(cfg, report, "serial", base + SERIAL, "1234");
    expect_string(cfg, report, "model", base + MODEL, "VM0001");
    expect_string(cfg, report, "soc_name", base + SOC_NAME, "Apple M1 (Virtual)");
}

void check_cfg(struct report *report)
{
    uint32_t cpus = sysconf(_SC_NPROCESSORS_CONF);
    struct window cfg;

    if (report_expect(report, window_open_node(&cfg, "vmapple,cfg", 0),
                      "no cfg in the device tree")) {
        report_expect(report, window_read32(&cfg, VERSION) == 2, "version is %u, not 2",
                      window_read32(&cfg, VERSION));
        report_expect(report, window_read32(&cfg, NR_CPUS) == cpus, "nr_cpus is %u, not %u",
                      window_read32(&cfg, NR_CPUS), cpus);
        expect_number(&cfg, report, "ecid", ECID, option_number("ecid", 0));
        expect_number(&cfg, report, "ram_size", RAM_SIZE, option_number("ram", 0));
        for (uint32_t i = 0; i < cpus; i++) {
            report_expect(report, window_read32(&cfg, CPU_IDS + 4 * i) == i, "cpu_ids[%u] is %u", i,
                          window_read32(&cfg, CPU_IDS + 4 * i));
        }
        expect_strings(&cfg, report, STRINGS_INTENDED);
        expect_strings(&cfg, report, STRINGS_EFFECTIVE);
    }
    window_close(&cfg);
}
