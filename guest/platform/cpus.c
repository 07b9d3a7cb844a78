/* SPDX-License-Identifier: MIT
 * Check that all processors of the machine came up, and run. */
#include "checks.h"
#include "options.h"

#include <sched.h>
#include <unistd.h>

void check_cpus(struct report *report)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    long wanted = option_number("cpus", 1);
    cpu_set_t all, one;

    sched_getaffinity(0, sizeof(all), &all);
    report_expect(report, online == wanted, "%ld are online, not %ld", online, wanted);
    for (long cpu = 0; cpu < online; cpu++) {
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        report_expect(report, !sched_setaffinity(0, sizeof(one), &one) && sched_getcpu() == cpu,
                      "cannot run on CPU %ld", cpu);
    }
    sched_setaffinity(0, sizeof(all), &all);
}
