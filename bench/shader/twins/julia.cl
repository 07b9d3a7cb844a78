/* SPDX-License-Identifier: MIT */
KERNEL void julia(BUFFER(device uint *, out, 0), BUFFER(constant float *, c, 1),
                  BUILTIN(uint, i, thread_position_in_grid))
{
    float x = (float)(i & 255u) / 64.0f - 2.0f, y = (float)(i >> 8) / 64.0f - 2.0f;
    uint n = 0;

    while (n < 100u && x * x + y * y < 4.0f) {
        float next = x * x - y * y + c[0];

        y = 2.0f * x * y + c[1];
        x = next;
        n++;
    }
    out[i] = n;
}
