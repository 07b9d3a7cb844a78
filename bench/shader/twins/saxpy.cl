/* SPDX-License-Identifier: MIT */
KERNEL void saxpy(BUFFER(device const float *, x, 0), BUFFER(device float *, y, 1),
                  BUFFER(constant float *, a, 2), BUILTIN(uint, i, thread_position_in_grid))
{
    y[i] += *a * x[i];
}
