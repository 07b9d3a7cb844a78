/* SPDX-License-Identifier: MIT */
/* The AES engine, as the keystore uses it. Spec: 80-platform 13; 81-booting-macos 10.1, vector B7.
 */
#include "model.h"

#define AES        UINT64_C(0x30220000)
#define IRQ_STATUS 0x018
#define IRQ_ENABLE 0x01c
#define FLAG_CODE  0x030
#define FIFO       0x200
#define FLAG_IRQ   (1u << 5)
#define INTID      (32 + 0x12)
#define BLOCK      16u
#define UNMAPPED   0x20100000u

#define KEY(context, select, size, encrypt, cbc)                                                   \
    (0x10000000u | (context) << 27 | (select) << 24 | (size) << 22 | (encrypt) << 20 | (cbc) << 16)
#define IV(context)               (0x20000000u | (context) << 26)
#define DATA(context, iv, length) (0x50000000u | (context) << 27 | (iv) << 25 | (length))
#define STORE_IV(context)         (0x60000000u | (context) << 26)
#define BARRIER                   0x30000000u
#define FLAG(code)                (0x88000000u | (code))

static uint8_t plain[BLOCK * 4], coded[BLOCK * 4], back[BLOCK * 4], iv[BLOCK];

static void push(uint32_t word)
{
    write32(AES + FIFO, word);
}

static void push_data(uint32_t command, uint64_t from, uint64_t to)
{
    push(command);
    push((uint32_t)(from >> 32 << 16 | to >> 32));
    push((uint32_t)from);
    push((uint32_t)to);
}

/* The driver sleeps until the flag's interrupt comes; without it, for ever. */
static bool flag_comes(uint32_t code)
{
    unsigned before = device_interrupts;

    write32(AES + IRQ_STATUS, 0xffffffff);
    gic_route(INTID);
    write32(AES + IRQ_ENABLE, FLAG_IRQ);
    push(FLAG(code));
    if (!interrupts_wait(&device_interrupts, before + 1)) {
        return false;
    }
    return (read32(AES + IRQ_STATUS) & FLAG_IRQ) && read32(AES + FLAG_CODE) == code;
}

static bool same(const uint8_t *a, const uint8_t *b, unsigned size)
{
    while (size--) {
        if (*a++ != *b++) {
            return false;
        }
    }
    return true;
}

static void push_key(unsigned context, unsigned select, unsigned encrypt, unsigned cbc)
{
    push(KEY(context, select, 2u, encrypt, cbc));
    for (unsigned i = 0; select == 0 && i < 8; i++) {
        push(0x01010101u * i);
    }
}

const char *every_aes_slot_ends_with_its_flag(void)
{
    static const uint8_t slot5[BLOCK] = {0x73, 0xc1, 0x11, 0x95, 0x67, 0x50, 0x72, 0x28,
                                         0xb4, 0x7b, 0xa1, 0x2e, 0xd7, 0xc7, 0x3d, 0x98};

    for (unsigned slot = 0; slot < 8; slot++) {
        for (unsigned i = 0; i < BLOCK; i++) {
            plain[i] = 0;
            coded[i] = back[i] = 0xee;
        }
        push_key(0, slot, 1, 0);
        push_data(DATA(0u, 0u, BLOCK), (uint64_t)plain, (uint64_t)coded);
        push_key(1, slot, 0, 0);
        push_data(DATA(1u, 0u, BLOCK), (uint64_t)coded, (uint64_t)back);
        if (!flag_comes(0x10 + slot)) {
            return "silence after \"safe xART\": a flag never comes";
        }
        if (!same(plain, back, BLOCK) || same(plain, coded, BLOCK)) {
            return "a slot has no key";
        }
        if (slot == 5 && !same(coded, slot5, BLOCK)) {
            return "slot 5 has another key";
        }
    }
    push_key(0, 5, 1, 0);
    push_data(DATA(0u, 0u, BLOCK), UNMAPPED, (uint64_t)coded);
    if (!flag_comes(0x20)) {
        return "no flag after data that failed";
    }
    push(BARRIER);
    return flag_comes(0x21) ? 0 : "no flag after a barrier";
}

/* One context wraps while the other unwraps, as several CPUs make it. */
const char *volumes_are_unlocked(void)
{
    for (unsigned i = 0; i < sizeof(plain); i++) {
        plain[i] = (uint8_t)(i * 7);
    }
    push_key(0, 1, 1, 1);
    push_key(1, 1, 0, 1);
    for (unsigned context = 0; context < 2; context++) {
        push(IV(context));
        for (unsigned i = 0; i < 4; i++) {
            push(0x11223344u + i);
        }
    }
    push_data(DATA(0u, 0u, sizeof(plain)), (uint64_t)plain, (uint64_t)coded);
    push_data(DATA(1u, 1u, sizeof(plain)), (uint64_t)coded, (uint64_t)back);
    push(STORE_IV(1u) | (uint32_t)((uint64_t)iv >> 32));
    push((uint32_t)(uint64_t)iv);
    if (!flag_comes(0x30)) {
        return "silence after \"safe xART\": a flag never comes";
    }
    if (same(plain, coded, sizeof(plain)) || !same(plain, back, sizeof(plain))) {
        return "kek failed to unwrap vek";
    }
    return 0;
}
