/* SPDX-License-Identifier: MIT */
/* Text put together without a library; what does not fit is left out. */
#ifndef DEMO_TEXT_H
#define DEMO_TEXT_H

#include <stdint.h>

#define TEXT_BYTES 320

struct text {
    char bytes[TEXT_BYTES]; /* terminated, always */
    unsigned length;
};

void text_add(struct text *text, const char *words);
void text_add_number(struct text *text, uint64_t number);

/* With one decimal; @number is not negative. */
void text_add_tenths(struct text *text, double number);

#endif
