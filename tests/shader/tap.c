/* SPDX-License-Identifier: MIT */
/* Results in the Test Anything Protocol. */
#include "tap.h"

#include <stdio.h>

#include "shader/translate.h"

static unsigned number, failed;

void tap_result(bool ok, const char *sentence, const char *why)
{
    printf("%s %u - %s\n", ok ? "ok" : "not ok", ++number, sentence);
    if (!ok) {
        failed++;
        printf("# %s\n", why);
    }
}

bool tap_has(uint64_t features, uint64_t needed, const char *sentence)
{
    for (unsigned bit = 0; bit < PVG_SHADER_FEATURE_COUNT; bit++) {
        if ((needed & ~features) >> bit & 1) {
            printf("ok %u - %s # SKIP the device lacks %s\n", ++number, sentence,
                   pvg_shader_feature_words(bit));
            return false;
        }
    }
    return true;
}

int tap_end(void)
{
    printf("1..%u\n", number);
    return failed != 0;
}

int tap_skip_all(const char *why)
{
    printf("1..0 # SKIP %s\n", why);
    return 0;
}
