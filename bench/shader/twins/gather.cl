/* SPDX-License-Identifier: MIT */
/* Indices out of memory: what bounds checks are for. */
KERNEL void gather(BUFFER(device const uint *, where, 0), BUFFER(device const float *, from, 1),
                   BUFFER(device float *, to, 2), BUILTIN(uint, i, thread_position_in_grid))
{
    to[i] = from[where[i]] + from[where[i] ^ 1u];
}
