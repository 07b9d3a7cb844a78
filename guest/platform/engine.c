/* SPDX-License-Identifier: MIT
 * A driver for the AES engine. */
#include "engine.h"

#include "clock.h"

#include <string.h>

enum {
    REG_IRQ_STATUS = 0x18,
    REG_IRQ_ENABLE = 0x1c,
    REG_FLAG = 0x30,
    REG_FIFO = 0x200,
};

void engine_close(struct engine *engine)
{
    if (engine->registers.at) {
        window_write32(&engine->registers, REG_IRQ_ENABLE, 0);
    }
    window_close(&engine->registers);
}

bool engine_open(struct engine *engine)
{
    if (!window_open_node(&engine->registers, "vmapple,aes", 0)) {
        return false;
    }
    engine_take_status(engine);
    window_write32(&engine->registers, REG_IRQ_ENABLE, ~0u);
    return true;
}

void engine_push(const struct engine *engine, uint32_t word)
{
    window_write32(&engine->registers, REG_FIFO, word);
}

static void push_bytes(const struct engine *engine, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i += 4) {
        uint32_t word;

        memcpy(&word, bytes + i, 4); /* the first byte in bits 7-0; guests are little-endian */
        engine_push(engine, word);
    }
}

void engine_set_key(const struct engine *engine, const struct engine_key *key)
{
    unsigned length = (key->bits - 128) / 64;

    engine_push(engine, 1u << 28 | key->context << 27 | key->select << 24 | length << 22 |
                            (uint32_t)key->encrypt << 20 | key->mode << 16);
    if (key->bytes) {
        push_bytes(engine, key->bytes, key->bits / 8);
    }
}

void engine_set_iv(const struct engine *engine, unsigned context, const uint8_t iv[16])
{
    engine_push(engine, 2u << 28 | context << 26);
    push_bytes(engine, iv, 16);
}

void engine_store_iv(const struct engine *engine, unsigned context, uint64_t gpa)
{
    engine_push(engine, 6u << 28 | context << 26 | (uint32_t)(gpa >> 32 & 0xff));
    engine_push(engine, (uint32_t)gpa);
}

void engine_run(const struct engine *engine, unsigned key_context, unsigned iv_context,
                uint64_t source, uint64_t destination, uint32_t length)
{
    dma_barrier();
    engine_push(engine, 5u << 28 | key_context << 27 | iv_context << 25 | length);
    engine_push(engine, (uint32_t)(source >> 32) << 16 | (uint32_t)(destination >> 32 & 0xffff));
    engine_push(engine, (uint32_t)source);
    engine_push(engine, (uint32_t)destination);
}

bool engine_flag(const struct engine *engine, uint8_t code)
{
    double deadline = clock_now() + 5;

    window_write32(&engine->registers, REG_IRQ_STATUS, ENGINE_IRQ_FLAG); /* of an earlier one */
    engine_push(engine, 8u << 28 | 1u << 27 | code);
    while (!(window_read32(&engine->registers, REG_IRQ_STATUS) & ENGINE_IRQ_FLAG)) {
        if (clock_now() > deadline) {
            return false;
        }
    }
    dma_barrier();
    return window_read32(&engine->registers, REG_FLAG) == code;
}

uint32_t engine_take_status(const struct engine *engine)
{
    uint32_t status = window_read32(&engine->registers, REG_IRQ_STATUS);

    window_write32(&engine->registers, REG_IRQ_STATUS, status);
    return status;
}
