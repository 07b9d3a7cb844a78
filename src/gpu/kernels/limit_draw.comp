// SPDX-License-Identifier: MIT
// An indirect draw of more vertices than a device may be asked for draws none.
#version 450
layout(local_size_x = 1) in;
layout(std430, set = 0, binding = 0) buffer Arguments { uint vertices; uint instances; };
layout(push_constant) uniform Push { uint most; };

void main()
{
    uint high, low;

    umulExtended(vertices, instances, high, low);
    if (high != 0 || low > most) {
        vertices = 0;
    }
}
