/* SPDX-License-Identifier: MIT
 * "key=value" words after "--" on the kernel command line. */
#include "options.h"

#include <stdlib.h>
#include <string.h>

static char **words;

void options_init(char **argv)
{
    words = argv;
}

const char *option_text(const char *key)
{
    size_t length = strlen(key);

    for (char **word = words; *word; word++) {
        if (!strncmp(*word, key, length) && (*word)[length] == '=') {
            return *word + length + 1;
        }
    }
    return NULL;
}

uint64_t option_number(const char *key, uint64_t otherwise)
{
    const char *text = option_text(key);

    return text ? strtoull(text, NULL, 0) : otherwise;
}

bool option_lists(const char *key, const char *word)
{
    const char *list = option_text(key);
    size_t length = strlen(word);

    if (!list) {
        return true;
    }
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (!strncmp(at, word, length) && (at[length] == ',' || !at[length])) {
            return true;
        }
    }
    return false;
}
