/* SPDX-License-Identifier: MIT */
/* Converts clear colours. */
#include "gpu/clear_color.h"

#include <math.h>

#include "wire/formats.h"

static int64_t to_integer(double value, double low, double high)
{
    return value >= low ? value <= high ? (int64_t)value : (int64_t)high
                        : (value < low ? (int64_t)low : 0); /* not a number: 0 */
}

VkClearColorValue pvg_clear_color(const struct pvg_pixel_format *format, const double rgba[4])
{
    VkClearColorValue value = {0};

    for (unsigned i = 0; i < 4; i++) {
        switch ((enum pvg_numeric)format->numeric) {
        case PVG_NUMERIC_FLOAT:
            value.float32[i] = isnan(rgba[i]) ? 0 : (float)rgba[i];
            break;
        case PVG_NUMERIC_SINT:
            value.int32[i] = (int32_t)to_integer(rgba[i], INT32_MIN, INT32_MAX);
            break;
        case PVG_NUMERIC_UINT:
            value.uint32[i] = (uint32_t)to_integer(rgba[i], 0, UINT32_MAX);
            break;
        }
    }
    if (format->ordinal == PVG_WIRE_PIXEL_FORMAT_A8UNORM) {
        value.float32[0] = value.float32[3]; /* the host's channel is red */
    }
    return value;
}
