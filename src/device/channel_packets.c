/* SPDX-License-Identifier: MIT */
/* Packets that define and free child channels. Spec: 10-device 10.1. */
#include "device/device.h"
#include "device/handlers.h"

enum pvg_refusal pvg_define_channel(void *ctx, const struct pvg_wire_define_channel *rec)
{
    struct pvg_execution *execution = ctx;

    return pvg_channel_define(execution->device, rec->channel);
}

enum pvg_refusal pvg_free_channel(void *ctx, const struct pvg_wire_free_channel *rec)
{
    struct pvg_execution *execution = ctx;

    if (rec->channel < 1 || rec->channel >= PVG_MAX_CHANNELS) {
        return PVG_REFUSED_RANGE;
    }
    pvg_displays_forget_channel(execution->device, rec->channel);
    pvg_channel_close(&execution->device->channels[rec->channel]);
    return PVG_ACCEPTED;
}
