/* SPDX-License-Identifier: MIT */
/* A translator whose bitcode is an order: what to answer, and how. It answers with a module that
 * passes the audit, or with one that does not. */
#ifndef PVG_TESTS_UNIT_SHADER_FAKE_TRANSLATOR_H
#define PVG_TESTS_UNIT_SHADER_FAKE_TRANSLATOR_H

#include "shader/compiler.h"

/* The word behind the bitcode's magic. */
enum fake_order {
    FAKE_SOUND,   /* a module that may run */
    FAKE_UNSOUND, /* one that the audit rejects */
    FAKE_REFUSED, /* UNSUPPORTED */
};

extern const struct pvg_translator_impl fake_translator;

/* Translations since the last call. */
unsigned fake_take_count(void);

/* While held, translations wait. */
void fake_hold(void);
void fake_release(void);

/* A source of one order; two of another @salt are different functions. */
struct pvg_shader_source *fake_source(enum fake_order order, uint32_t salt);

/* A sound translation, to be finished. */
void fake_translation(struct pvg_translation *out);

#endif
