/* SPDX-License-Identifier: MIT */
/* Remembers what the records since the last barrier touched. */
#include "gpu/order.h"

void pvg_order_init(struct pvg_order *order, struct pvg_gpu_run *run)
{
    *order = (struct pvg_order){.run = run};
}

static void touch(struct pvg_order *order, const void *what, bool writes)
{
    for (unsigned i = 0; i < order->settled; i++) {
        order->needed |= order->touched[i] == what && (writes || order->written[i]);
    }
    if (order->count == PVG_ORDER_MOST) {
        order->needed = true;
        return;
    }
    order->touched[order->count] = what;
    order->written[order->count++] = writes;
}

void pvg_order_reads(struct pvg_order *order, const void *what)
{
    touch(order, what, false);
}

void pvg_order_writes(struct pvg_order *order, const void *what)
{
    touch(order, what, true);
}

void pvg_order_settle(struct pvg_order *order)
{
    if (order->needed) {
        unsigned kept = 0;

        pvg_gpu_full_barrier(order->run->gpu, order->run->commands);
        for (unsigned i = order->settled; i < order->count; i++, kept++) {
            order->touched[kept] = order->touched[i];
            order->written[kept] = order->written[i];
        }
        order->count = kept;
    }
    order->settled = order->count;
    order->needed = false;
}

void pvg_order_break(struct pvg_order *order)
{
    order->needed = true;
}
