/* SPDX-License-Identifier: MIT */
/* USDT probes, provider "pvg": one at each floor's door, in release builds too. A probe that nobody
 * watches is one no-op instruction. Without sys/sdt.h (Debian: systemtap-sdt-dev) there are none. */
#ifndef PVG_BASE_PROBE_H
#define PVG_BASE_PROBE_H

#ifdef PVG_HAVE_SDT
#include <sys/sdt.h>
#define PVG_PROBE1(name, a)          DTRACE_PROBE1(pvg, name, a)
#define PVG_PROBE2(name, a, b)       DTRACE_PROBE2(pvg, name, a, b)
#define PVG_PROBE3(name, a, b, c)    DTRACE_PROBE3(pvg, name, a, b, c)
#define PVG_PROBE4(name, a, b, c, d) DTRACE_PROBE4(pvg, name, a, b, c, d)
#else
#define PVG_PROBE1(name, a)          ((void)(a))
#define PVG_PROBE2(name, a, b)       ((void)(a), (void)(b))
#define PVG_PROBE3(name, a, b, c)    ((void)(a), (void)(b), (void)(c))
#define PVG_PROBE4(name, a, b, c, d) ((void)(a), (void)(b), (void)(c), (void)(d))
#endif

#endif
