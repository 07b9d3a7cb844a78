/* SPDX-License-Identifier: MIT */
/* Shaders of the scenes about dispatches. */

/* Each thread says where it is, and in what. */
KERNEL void say_grid(BUFFER(device uint *, out, 0), BUILTIN(uint3, i, thread_position_in_grid),
                     BUILTIN(uint3, grid, threads_per_grid),
                     BUILTIN(uint3, groups, threadgroups_per_grid),
                     BUILTIN(uint3, own, threads_per_threadgroup),
                     BUILTIN(uint3, group, threadgroup_position_in_grid))
{
    device uint *at = out + 12 * ((i.z * grid.y + i.y) * grid.x + i.x);

    at[0] = grid.x, at[1] = grid.y, at[2] = grid.z;
    at[3] = groups.x, at[4] = groups.y, at[5] = groups.z;
    at[6] = own.x, at[7] = own.y, at[8] = own.z;
    at[9] = group.x, at[10] = group.y, at[11] = group.z;
}

/* Adds one to the first word, and the second to the third. */
KERNEL void count_up(BUFFER(device uint *, words, 0))
{
    words[0] += 1u;
    words[2] += words[1];
}

/* Each group turns its part round, through threadgroup memory: partial groups too. */
KERNEL void turn_round(BUFFER(device uint *, words, 0), THREADGROUP(uint, shared, 0),
                       BUILTIN(uint, i, thread_position_in_grid),
                       BUILTIN(uint, lane, thread_index_in_threadgroup),
                       BUILTIN(uint, size, threads_per_threadgroup))
{
    shared[lane] = words[i];
    threadgroup_barrier();
    words[i] = shared[size - 1u - lane];
}

/* As much threadgroup memory as the guest says, twice. */
KERNEL void exchange_words(BUFFER(device uint *, words, 0), THREADGROUP(uint, left, 0),
                     THREADGROUP(uint, right, 1), BUILTIN(uint, lane, thread_index_in_threadgroup))
{
    left[lane] = words[2u * lane];
    right[lane] = words[2u * lane + 1u];
    threadgroup_barrier();
    words[2u * lane] = right[lane];
    words[2u * lane + 1u] = left[lane];
}

/* How often each lane ran. */
KERNEL void count_lanes(BUFFER(device uint *, words, 0), BUILTIN(uint, lane, thread_index_in_threadgroup))
{
    words[lane] += 1u;
}
