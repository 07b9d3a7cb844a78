// SPDX-License-Identifier: MIT
// Arguments of an indirect dispatch that are above the device's limits run nothing.
#version 450
layout(local_size_x = 1) in;
layout(std430, set = 0, binding = 0) readonly buffer Wanted { uint wanted[3]; };
layout(std430, set = 0, binding = 1) writeonly buffer Allowed { uint allowed[3]; };
// `threads` bounds the product of all groups; 0: there is no bound.
layout(push_constant) uniform Push { uint most[3]; uint group; uint threads_low; uint threads_high; };

void main()
{
    bool fits = true;
    uint high = 0, low = group; // low and high: threads so far

    for (uint i = 0; i < 3; i++) {
        uint carried, unused;

        fits = fits && wanted[i] <= most[i];
        // high:low times wanted[i], fits only if no more than 64 bits come out
        umulExtended(high, wanted[i], unused, high);
        fits = fits && unused == 0;
        umulExtended(low, wanted[i], carried, low);
        high = uaddCarry(high, carried, unused);
        fits = fits && unused == 0;
    }
    if ((threads_low | threads_high) != 0) {
        fits = fits && (high < threads_high || (high == threads_high && low <= threads_low));
    }
    for (uint i = 0; i < 3; i++) {
        allowed[i] = fits ? wanted[i] : 0;
    }
}
