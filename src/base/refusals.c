/* SPDX-License-Identifier: MIT */
/* Counts, probes and logs what a guest got wrong. */
#include "base/refusals.h"

#include "base/probe.h"

void pvg_refusals_init(struct pvg_refusals *refusals, const struct pvg_log *log,
                       struct pvg_counters *counters)
{
    refusals->log = log;
    for (unsigned i = PVG_ACCEPTED + 1; i < PVG_REFUSAL_COUNT; i++) {
        refusals->count[i] = pvg_counters_add(counters, "refused.%s", pvg_refusal_name(i));
    }
}

void pvg_refusals_note(struct pvg_refusals *refusals, enum pvg_refusal why,
                       const struct pvg_refusal_site *site)
{
    if (why == PVG_ACCEPTED) {
        return;
    }
    pvg_count(refusals->count[why], 1);
    PVG_PROBE4(refused, why, site->what, site->channel, site->stamp);
    if (!atomic_exchange_explicit(&refusals->logged[why], true, memory_order_relaxed)) {
        pvg_log_line(refusals->log, PVG_LOG_GUEST_ERROR,
                     "refused guest command %s on channel %u: %s (stamp 0x%x, 0x%llx); further "
                     "ones are counted as refused.%s in the statistics, not logged",
                     site->what, site->channel, pvg_refusal_words(why), site->stamp,
                     (unsigned long long)site->detail, pvg_refusal_name(why));
    }
}
