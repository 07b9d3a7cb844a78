/*
 * vmapple: what the CPUs say they are
 *
 * Apple's hypervisor shows macOS less than the host's CPU has. This is its
 * policy, as a pure function, and its application to QEMU's CPUs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_CPU_IDS_H
#define HW_VMAPPLE_CPU_IDS_H

#define VMAPPLE_AIDR UINT64_C(0x980200)

/*
 * What a guest reads in the ID register S3_0_C0_C<crm>_<op2>, crm from 1 to 7,
 * where the host's CPU says @host.
 */
uint64_t vmapple_cpu_id(unsigned crm, unsigned op2, uint64_t host);

#endif
