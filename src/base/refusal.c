/* SPDX-License-Identifier: MIT */
/* Names and words of the guest's faults. */
#include "base/refusal.h"

#include <assert.h>

struct refusal_text {
    const char *name;
    const char *words;
};

static const struct refusal_text texts[PVG_REFUSAL_COUNT] = {
    [PVG_ACCEPTED] = {"ACCEPTED", "accepted"},
#define REFUSAL_TEXT(suffix, text) [PVG_REFUSED_##suffix] = {#suffix, text},
    PVG_REFUSALS(REFUSAL_TEXT)
#undef REFUSAL_TEXT
};

const char *pvg_refusal_name(enum pvg_refusal refusal)
{
    assert(refusal < PVG_REFUSAL_COUNT);
    return texts[refusal].name;
}

const char *pvg_refusal_words(enum pvg_refusal refusal)
{
    assert(refusal < PVG_REFUSAL_COUNT);
    return texts[refusal].words;
}
