/* SPDX-License-Identifier: MIT */
#include "demo/text.h"

void text_add(struct text *text, const char *words)
{
    while (*words && text->length < TEXT_BYTES - 1) {
        text->bytes[text->length++] = *words++;
    }
    text->bytes[text->length] = '\0';
}

void text_add_number(struct text *text, uint64_t number)
{
    char digits[21], *at = digits + sizeof(digits) - 1;

    *at = '\0';
    do {
        *--at = (char)('0' + number % 10);
    } while (number /= 10);
    text_add(text, at);
}

void text_add_tenths(struct text *text, double number)
{
    const uint64_t tenths = (uint64_t)(number * 10 + 0.5);

    text_add_number(text, tenths / 10);
    text_add(text, ".");
    text_add_number(text, tenths % 10);
}
