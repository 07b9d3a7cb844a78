/* SPDX-License-Identifier: MIT */
/* A tree of sums in threadgroup memory. */
KERNEL void reduce(BUFFER(device const float *, from, 0), BUFFER(device float *, to, 1),
                   THREADGROUP(float, sums, 0), BUILTIN(uint, i, thread_position_in_grid),
                   BUILTIN(uint, lane, thread_index_in_threadgroup),
                   BUILTIN(uint, group, threadgroup_position_in_grid))
{
    sums[lane] = from[i];
    for (uint half_way = 32; half_way != 0u; half_way >>= 1) {
        threadgroup_barrier();
        if (lane < half_way) {
            sums[lane] += sums[lane + half_way];
        }
    }
    if (lane == 0u) {
        to[group] = sums[0];
    }
}
