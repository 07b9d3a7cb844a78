/* SPDX-License-Identifier: MIT
 * A driver for the AES engine: encodes its command words, waits for its flag. Spec: 80 section 13. */
#ifndef GUEST_ENGINE_H
#define GUEST_ENGINE_H

#include "dma.h"
#include "window.h"

enum { ENGINE_IRQ_INVALID = 1 << 2, ENGINE_IRQ_FLAG = 1 << 5, ENGINE_IRQ_LENGTH = 1 << 6 };
enum { ENGINE_ECB = 0, ENGINE_CBC = 1 };

struct engine_key {
    unsigned context; /* 0 or 1 */
    unsigned select;  /* 0: @bytes; 1 to 3: a hardware key */
    unsigned bits;    /* 128, 192 or 256 */
    bool encrypt;
    unsigned mode;        /* ENGINE_ECB, ENGINE_CBC */
    const uint8_t *bytes; /* NULL for a hardware key */
};

struct engine {
    struct window registers;
};

bool engine_open(struct engine *engine);
void engine_close(struct engine *engine);

void engine_push(const struct engine *engine, uint32_t word);
void engine_set_key(const struct engine *engine, const struct engine_key *key);
void engine_set_iv(const struct engine *engine, unsigned context, const uint8_t iv[16]);
void engine_store_iv(const struct engine *engine, unsigned context, uint64_t gpa);
void engine_run(const struct engine *engine, unsigned key_context, unsigned iv_context,
                uint64_t source, uint64_t destination, uint32_t length);

/* Asks for a flag with interrupt and waits up to a few seconds until all before it is done;
 * false when it does not come. Leaves the flag bit and any error bits raised. */
bool engine_flag(const struct engine *engine, uint8_t code);

/* The pending interrupt bits, acknowledged. */
uint32_t engine_take_status(const struct engine *engine);

#endif
