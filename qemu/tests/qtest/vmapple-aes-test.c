/*
 * QTest of vmapple's AES engine
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "vmapple-test.h"

#define AES             0x30220000ull
#define AES_SECURITY    0x30230000ull
#define BDIF_COMMAND    0x30000408ull
#define SPI_AES         0x12

enum {
    STATUS = 0x0c, IRQ_STATUS = 0x18, IRQ_ENABLE = 0x1c, FIFO_STATUS = 0x24,
    FLAG_INFO = 0x30, CLEAR_FIFO = 0x38, FIFO = 0x200,
};

enum {
    OVERFLOW = 0x2, INVALID = 0x4, READ_ERROR = 0x8, WRITE_ERROR = 0x10,
    FLAG = 0x20, LENGTH = 0x40, KEY0 = 0x80, KEY1 = 0x2000,
};

#define SRC     (RAM_BASE + 0x100000)
#define DST     (RAM_BASE + 0x200000)

/* NIST SP 800-38A, F.2.1 and F.2.2 */
#define KEY_128 0x16157e2b, 0xa6d2ae28, 0x8815f7ab, 0x3c4fcf09
#define IV_128  0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c
#define BLOCK_1 "6bc1bee22e409f96e93d7e117393172a"
#define BLOCK_2 "ae2d8a571e03ac9c9eb76fac45af8e51"
#define CBC_1   "7649abac8119b246cee98e9b12e9197d"
#define CBC_2   "5086cb9b507219ee95db113a917678b2"

#define ZERO_BLOCK "00000000000000000000000000000000"

static char *guest_errors;

static QTestState *start(void)
{
    return vmapple_start(guest_errors, "");
}

/* The command register's words, in order */
#define push(qts, ...) \
    push_words(qts, (const uint32_t[]) { __VA_ARGS__ }, \
               ARRAY_SIZE(((const uint32_t[]) { __VA_ARGS__ })))

static void push_words(QTestState *qts, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        qtest_writel(qts, AES + FIFO, words[i]);
    }
}

static void push_data(QTestState *qts, uint32_t contexts, uint32_t length,
                      uint64_t source, uint64_t destination)
{
    push(qts, 0x50000000 | contexts | length,
         (source >> 32 & 0xffff) << 16 | (destination >> 32 & 0xffff),
         source, destination);
}

/* Pushes a FLAG and waits for it; returns what else has been raised. */
static uint32_t finish(QTestState *qts)
{
    static uint8_t tag;
    uint32_t status;

    push(qts, 0x88000000 | ++tag);
    do {
        status = qtest_readl(qts, AES + IRQ_STATUS);
    } while (!(status & FLAG));
    g_assert_cmphex(qtest_readl(qts, AES + FLAG_INFO), ==, tag);
    qtest_writel(qts, AES + IRQ_STATUS, status);
    return status & ~FLAG;
}

/* The first vector of the specification, with its interrupt */
static void expect_works(QTestState *qts)
{
    qtest_writel(qts, AES + IRQ_STATUS, 0xffffffff);
    qtest_writel(qts, AES + IRQ_ENABLE, FLAG);
    put_bytes(qts, SRC, BLOCK_1 BLOCK_2);
    qtest_memset(qts, DST, 0xaa, 48);

    push(qts, 0x10110000, KEY_128);
    push(qts, 0x20000000, IV_128);
    push_data(qts, 0, 32, SRC, DST);
    g_assert_false(spi_pending(qts, SPI_AES));
    push(qts, 0x88000042);

    expect_bytes(qts, DST, CBC_1 CBC_2);
    expect_filled(qts, DST + 32, 16, 0xaa);
    g_assert_cmphex(qtest_readl(qts, AES + IRQ_STATUS), ==, FLAG);
    g_assert_cmphex(qtest_readl(qts, AES + FLAG_INFO), ==, 0x42);
    g_assert_true(spi_pending(qts, SPI_AES));
    qtest_writel(qts, AES + IRQ_STATUS, FLAG);
    g_assert_cmphex(qtest_readl(qts, AES + IRQ_STATUS), ==, 0);
    g_assert_false(spi_pending(qts, SPI_AES));
}

/*
 * Normal operation
 */

static void registers_after_reset(void)
{
    QTestState *qts = start();

    g_assert_cmphex(qtest_readl(qts, AES + STATUS), ==, 0x3f80);
    g_assert_cmphex(qtest_readl(qts, AES + FIFO_STATUS), ==, 0x2);
    g_assert_cmphex(qtest_readl(qts, AES + IRQ_STATUS), ==, 0);
    g_assert_cmphex(qtest_readl(qts, AES + IRQ_ENABLE), ==, 0);
    g_assert_cmphex(qtest_readl(qts, AES + FLAG_INFO), ==, 0);
    g_assert_cmphex(qtest_readl(qts, AES + FIFO), ==, 0);
    g_assert_cmphex(qtest_readq(qts, AES_SECURITY), ==, 0);
    qtest_quit(qts);
}

static void cbc_128_encrypts_as_nist_says(void)
{
    QTestState *qts = start();

    expect_works(qts);
    qtest_quit(qts);
}

static void cbc_128_decrypts_in_place(void)
{
    QTestState *qts = start();

    put_bytes(qts, DST, CBC_1 CBC_2);
    push(qts, 0x10010000, KEY_128);
    push(qts, 0x20000000, IV_128);
    push_data(qts, 0, 32, DST, DST);
    g_assert_cmphex(finish(qts), ==, 0);
    expect_bytes(qts, DST, BLOCK_1 BLOCK_2);
    qtest_quit(qts);
}

static void cbc_192_and_256_encrypt_as_nist_says(void)
{
    QTestState *qts = start();

    put_bytes(qts, SRC, BLOCK_1);
    push(qts, 0x20000000, IV_128);
    push(qts, 0x10510000, 0xf7b0738e, 0x52640eda, 0x2bf310c8, 0xe5799080,
         0xd2eaf862, 0x7b6b2c52);
    push_data(qts, 0, 16, SRC, DST);
    push(qts, 0x10910000, 0x10eb3d60, 0xbe71ca15, 0xf0ae732b, 0x81777d85,
         0x072c351f, 0xd708613b, 0xa310982d, 0xf4df1409);
    push_data(qts, 0, 16, SRC, DST + 16);
    g_assert_cmphex(finish(qts), ==, 0);
    expect_bytes(qts, DST, "4f021db243bc633d7178183a9fa071e8"
                           "f58c4c04d6e5f1ba779eabfb5f7bfbd6");
    qtest_quit(qts);
}

static void every_hardware_key_has_its_value(void)
{
    static const char *const results[] = {
        [1] = "52917f3ae957d5230d3a2af57c7b5a71",
        [2] = "1c55fb811b5c6464c4e5de1535a75514",
        [3] = "e3b4ac4adab88ed51dba9c516cb2c30b",
        [4] = "d0c1dddd10da777c68ab36af51f2c204",
        [5] = "73c1119567507228b47ba12ed7c73d98",
        [6] = "5412fa182ad5fd02c8003dd1f3e6a21b",
        [7] = "2c1f9811d9992670d105a1ec1e13498a",
    };
    QTestState *qts = start();

    for (uint32_t slot = 1; slot < ARRAY_SIZE(results); slot++) {
        /* The length field does not count. */
        for (uint32_t length = 0; length < 3; length++) {
            push(qts, 0x10100000 | slot << 24 | length << 22);
            qtest_memset(qts, SRC, 0, 16);
            push_data(qts, 0, 16, SRC, DST);
            g_assert_cmphex(finish(qts), ==, 0);
            expect_bytes(qts, DST, results[slot]);
        }
    }
    qtest_quit(qts);
}

static void key_contexts_keep_their_direction_and_mode(void)
{
    QTestState *qts = start();

    /* Context 0 encrypts, context 1 decrypts, with the same key. */
    push(qts, 0x10100000, KEY_128);
    push(qts, 0x18000000, KEY_128);
    qtest_memset(qts, SRC, 0, 16);
    push_data(qts, 0, 16, SRC, DST);
    push_data(qts, 1 << 27, 16, DST, DST + 16);
    g_assert_cmphex(finish(qts), ==, 0);
    expect_bytes(qts, DST, "7df76b0c1ab899b33e42f047b91b546f" ZERO_BLOCK);

    /* ... and so with the mode: CBC in 1 leaves ECB in 0 alone. */
    push(qts, 0x18110000, KEY_128);
    push_data(qts, 0, 16, SRC, DST);
    g_assert_cmphex(finish(qts), ==, 0);
    expect_bytes(qts, DST, "7df76b0c1ab899b33e42f047b91b546f");
    qtest_quit(qts);
}

static void the_same_key_again_takes_another_direction_and_mode(void)
{
    QTestState *qts = start();

    put_bytes(qts, SRC, CBC_1 CBC_2);
    push(qts, 0x20000000, IV_128);
    push(qts, 0x10110000, KEY_128);
    push(qts, 0x10010000, KEY_128);
    push_data(qts, 0, 32, SRC, DST);
    g_assert_cmphex(finish(qts), ==, 0);
    expect_bytes(qts, DST, BLOCK_1 BLOCK_2);

    /* F.1.1 and F.1.2 */
    push(qts, 0x10100000, KEY_128);
    push_data(qts, 0, 16, DST, DST + 16);
    push(qts, 0x10000000, KEY_128);
    push_data(qts, 0, 16, DST + 16, DST + 32);
    g_assert_cmphex(finish(qts), ==, 0);
    expect_bytes(qts, DST + 16, "3ad77bb40d7a3660a89ecaf32466ef97" BLOCK_1);
    qtest_quit(qts);
}

static void four_iv_contexts_are_apart(void)
{
    QTestState *qts = start();

    for (uint32_t i = 0; i < 4; i++) {
        push(qts, 0x20000000 | i << 26, i, 0x10 * i, 0x100 * i, 0x1000 * i);
    }
    push(qts, 0x10100000 | 1 << 16, 0, 0, 0, 0);
    for (uint32_t i = 0; i < 4; i++) {
        uint8_t iv[16], stored[16];

        push(qts, 0x60000000 | i << 26, DST + i * 16);
        g_assert_cmphex(finish(qts), ==, 0);
        stl_le_p(iv, i);
        stl_le_p(iv + 4, 0x10 * i);
        stl_le_p(iv + 8, 0x100 * i);
        stl_le_p(iv + 12, 0x1000 * i);
        qtest_memread(qts, DST + i * 16, stored, 16);
        g_assert_cmpmem(stored, 16, iv, 16);

        /* CBC of the IV itself is ECB of zeroes. */
        qtest_memwrite(qts, SRC, iv, 16);
        push_data(qts, i << 25, 16, SRC, DST);
        g_assert_cmphex(finish(qts), ==, 0);
        expect_bytes(qts, DST, "66e94bd4ef8a2c3b884cfa59ca342b2e");
    }
    qtest_quit(qts);
}

static void two_blocks_one_by_one(QTestState *qts)
{
    put_bytes(qts, SRC, BLOCK_1 BLOCK_2);
    push(qts, 0x10110000, KEY_128);
    push(qts, 0x20000000, IV_128);
    push_data(qts, 0, 16, SRC, DST);
    push_data(qts, 0, 16, SRC + 16, DST + 16);
    push(qts, 0x60000000, DST + 32);
    g_assert_cmphex(finish(qts), ==, 0);
}

static void an_iv_stays_as_it_was_pushed(void)
{
    QTestState *qts = start();

    two_blocks_one_by_one(qts);
    expect_bytes(qts, DST, CBC_1 "bb4428e13712722750d4dbec8294bba0"
                           "000102030405060708090a0b0c0d0e0f");
    qtest_quit(qts);
}

static void an_iv_chains_when_asked_to(void)
{
    QTestState *qts = vmapple_start(guest_errors,
                                    "-global vmapple-aes.iv-chaining=on");

    two_blocks_one_by_one(qts);
    expect_bytes(qts, DST, CBC_1 CBC_2 CBC_2);

    /* Decryption hands on the ciphertext too, also in place. */
    push(qts, 0x10010000, KEY_128);
    push(qts, 0x20000000, IV_128);
    push_data(qts, 0, 16, DST, DST);
    push_data(qts, 0, 16, DST + 16, DST + 16);
    g_assert_cmphex(finish(qts), ==, 0);
    expect_bytes(qts, DST, BLOCK_1 BLOCK_2);
    qtest_quit(qts);
}

static void odd_addresses_and_no_bytes_are_fine(void)
{
    QTestState *qts = start();

    put_bytes(qts, SRC + 3, BLOCK_1 BLOCK_2);
    push(qts, 0x10110000, KEY_128);
    push(qts, 0x20000000, IV_128);
    push_data(qts, 0, 32, SRC + 3, DST + 5);
    push_data(qts, 0, 0, HOLE, HOLE);
    g_assert_cmphex(finish(qts), ==, 0);
    expect_bytes(qts, DST + 5, CBC_1 CBC_2);
    qtest_quit(qts);
}

static void an_8_byte_store_pushes_one_word(void)
{
    QTestState *qts = start();

    qtest_writeq(qts, AES + FIFO, 0x8800005588000033ull);
    g_assert_cmphex(qtest_readl(qts, AES + FLAG_INFO), ==, 0x33);
    qtest_quit(qts);
}

static void overlapping_runs_are_as_if_copied(void)
{
    enum { LENGTH_MAX = 200 * 1024 };
    static const int64_t shifts[] = { 16, -16, 1, -1, 100000, -100000 };
    static const uint32_t keys[] = { 0x10110000, 0x10010000 };
    g_autofree uint8_t *source = g_malloc(LENGTH_MAX);
    g_autofree uint8_t *want = g_malloc(LENGTH_MAX);
    g_autofree uint8_t *got = g_malloc(LENGTH_MAX);
    QTestState *qts = start();

    for (int i = 0; i < LENGTH_MAX; i++) {
        source[i] = i * 7 + i / 256;
    }
    for (int k = 0; k < ARRAY_SIZE(keys); k++) {
        push(qts, keys[k], KEY_128);
        push(qts, 0x20000000, IV_128);
        qtest_bufwrite(qts, SRC, source, LENGTH_MAX);
        push_data(qts, 0, LENGTH_MAX, SRC, DST);
        g_assert_cmphex(finish(qts), ==, 0);
        qtest_bufread(qts, DST, want, LENGTH_MAX);

        for (int i = 0; i < ARRAY_SIZE(shifts); i++) {
            qtest_bufwrite(qts, SRC, source, LENGTH_MAX);
            push_data(qts, 0, LENGTH_MAX, SRC, SRC + shifts[i]);
            g_assert_cmphex(finish(qts), ==, 0);
            qtest_bufread(qts, SRC + shifts[i], got, LENGTH_MAX);
            g_assert_cmpmem(got, LENGTH_MAX, want, LENGTH_MAX);
        }
    }
    qtest_quit(qts);
}

/*
 * Long commands
 */

enum { LONG = 0xfffff0 };

#define SMALL   (RAM_BASE + 0x4000000)  /* beside those */

/* Pushes a DATA that takes some 25 ms, and what is needed before. */
static void push_long(QTestState *qts)
{
    qtest_memset(qts, SRC, 0x5a, LONG);
    push(qts, 0x10110000, KEY_128);
    push(qts, 0x20000000, IV_128);
    push_data(qts, 0, LONG, SRC, SRC + LONG);
}

/* What a CBC ends with depends on all of it. */
static void expect_long_done(QTestState *qts)
{
    expect_bytes(qts, SRC + LONG + 0x800000,
                 "11b01cd4b1f3e3c9d707a30c27dfb5c2");
    expect_bytes(qts, SRC + LONG + LONG - 16,
                 "e29f5c3ddaec680f5c3efda87dad4e5e");
}

static void a_long_command_does_not_hold_up_the_guest(void)
{
    QTestState *qts = start();

    push_long(qts);
    g_assert_cmphex(qtest_readl(qts, AES + STATUS), ==, 0x3f90);
    g_assert_cmphex(qtest_readl(qts, AES + FIFO_STATUS), ==, 0);
    push(qts, 0x88000001);
    g_assert_cmphex(qtest_readl(qts, AES + IRQ_STATUS), ==, 0);
    g_assert_cmphex(finish(qts), ==, 0);
    g_assert_cmphex(qtest_readl(qts, AES + STATUS), ==, 0x3f80);
    expect_long_done(qts);
    qtest_quit(qts);
}

static void commands_behind_a_long_one_keep_their_order(void)
{
    QTestState *qts = start();

    push_long(qts);
    /* The long one must not get this key, nor this the long one's IV. */
    push(qts, 0x11900000);
    qtest_memset(qts, SMALL + 32, 0, 16);
    push_data(qts, 0, 16, SMALL + 32, SMALL + 16);
    g_assert_cmphex(finish(qts), ==, 0);
    expect_bytes(qts, SMALL + 16, "52917f3ae957d5230d3a2af57c7b5a71");
    expect_long_done(qts);
    qtest_quit(qts);
}

/* Samples that lie across the chunks' borders */
static void expect_long_decrypted(QTestState *qts, uint64_t at)
{
    expect_filled(qts, at, 32, 0x5a);
    for (uint32_t i = 0x10000; i < LONG; i += 0x10000) {
        expect_filled(qts, at + i - 32, 64, 0x5a);
    }
    expect_filled(qts, at + LONG - 32, 32, 0x5a);
}

/* These are shared out among threads. */
static void long_runs_decrypt_to_what_they_were(void)
{
    static const uint32_t modes[] = { 0x10000, 0 };
    QTestState *qts = start();

    for (int i = 0; i < ARRAY_SIZE(modes); i++) {
        qtest_memset(qts, SRC, 0x5a, LONG);
        push(qts, 0x10100000 | modes[i], KEY_128);
        push(qts, 0x20000000, IV_128);
        push_data(qts, 0, LONG, SRC, SRC + LONG);
        g_assert_cmphex(finish(qts), ==, 0);
        push(qts, 0x10000000 | modes[i], KEY_128);
        qtest_memset(qts, SRC, 0, LONG);
        push_data(qts, 0, LONG, SRC + LONG, SRC);
        /* In place */
        push_data(qts, 0, LONG, SRC + LONG, SRC + LONG);
        g_assert_cmphex(finish(qts), ==, 0);
        expect_long_decrypted(qts, SRC);
        expect_long_decrypted(qts, SRC + LONG);
    }
    qtest_quit(qts);
}

static void shared_work_survives_migration(void)
{
    QTestState *qts = start();

    push_long(qts);
    g_assert_cmphex(finish(qts), ==, 0);
    expect_long_done(qts);
    push(qts, 0x10010000, KEY_128);
    for (int i = 0; i < 16; i++) {
        push_data(qts, 0, LONG, SRC + LONG, SRC);
    }
    push_data(qts, 0, LONG, SRC + LONG, SRC + LONG);
    g_assert_cmphex(qtest_readl(qts, AES + STATUS), ==, 0x3f90);

    qts = vmapple_migrate(qts, guest_errors, "");
    g_assert_cmphex(finish(qts), ==, 0);
    expect_long_decrypted(qts, SRC);
    expect_long_decrypted(qts, SRC + LONG);
    qtest_quit(qts);
}

static void a_reset_ends_a_long_command(void)
{
    QTestState *qts = start();

    for (int i = 0; i < 8; i++) {
        push_long(qts);
    }
    push(qts, 0x88000077);
    vmapple_reset(qts);
    g_assert_cmphex(qtest_readl(qts, AES + STATUS), ==, 0x3f80);
    g_assert_cmphex(qtest_readl(qts, AES + IRQ_STATUS), ==, 0);

    /* Nothing is written any more. */
    qtest_memset(qts, SRC + LONG, 0xcc, LONG);
    expect_works(qts);
    for (uint32_t at = 0; at < LONG; at += 0x10000) {
        expect_filled(qts, SRC + LONG + at, 512, 0xcc);
    }
    qtest_quit(qts);
}

static void a_long_command_survives_migration(void)
{
    QTestState *qts = start();

    push_long(qts);
    push(qts, 0x11900000);
    qtest_memset(qts, SMALL + 32, 0, 16);
    push_data(qts, 0, 16, SMALL + 32, SMALL + 16);
    /* Half a command as well */
    push(qts, 0x24000000, 1, 2);
    /* At work: stopping leaves a part of it to do. */
    g_assert_cmphex(qtest_readl(qts, AES + STATUS), ==, 0x3f90);

    qts = vmapple_migrate(qts, guest_errors, "");
    push(qts, 3, 4);
    push(qts, 0x64000000, SMALL);
    g_assert_cmphex(finish(qts), ==, 0);
    expect_bytes(qts, SMALL, "01000000020000000300000004000000"
                                "52917f3ae957d5230d3a2af57c7b5a71");
    expect_long_done(qts);
    qtest_quit(qts);
}

static void keys_ivs_and_flags_survive_migration(void)
{
    QTestState *qts = start();

    put_bytes(qts, SRC, BLOCK_1 BLOCK_2);
    qtest_writel(qts, AES + IRQ_ENABLE, FLAG);
    push(qts, 0x18110000, KEY_128);
    push(qts, 0x2c000000, IV_128);
    push(qts, 0x88000042);
    g_assert_true(spi_pending(qts, SPI_AES));

    qts = vmapple_migrate(qts, guest_errors, "");
    g_assert_true(spi_pending(qts, SPI_AES));
    g_assert_cmphex(qtest_readl(qts, AES + FLAG_INFO), ==, 0x42);
    g_assert_cmphex(qtest_readl(qts, AES + IRQ_ENABLE), ==, FLAG);
    push_data(qts, 1 << 27 | 3 << 25, 32, SRC, DST);
    g_assert_cmphex(finish(qts), ==, 0);
    expect_bytes(qts, DST, CBC_1 CBC_2);
    qtest_quit(qts);
}

static void a_stopped_machine_queues_and_goes_on(void)
{
    QTestState *qts = start();

    vmapple_stop(qts);
    put_bytes(qts, SRC, BLOCK_1 BLOCK_2);
    push(qts, 0x10110000, KEY_128);
    push(qts, 0x20000000, IV_128);
    push_data(qts, 0, 32, SRC, DST);
    push(qts, 0x88000042);
    g_assert_cmphex(qtest_readl(qts, AES + FLAG_INFO), ==, 0);
    vmapple_cont(qts);
    g_assert_cmphex(qtest_readl(qts, AES + FLAG_INFO), ==, 0x42);
    expect_bytes(qts, DST, CBC_1 CBC_2);
    qtest_quit(qts);
}

/*
 * Hostile guests. After each: the FLAG arrives, the log says why, and the
 * engine works.
 */

typedef struct BadCommand {
    const char *name;
    uint32_t words[9];
    int count;
    uint32_t bits;
    const char *log;
} BadCommand;

#define BAD(path, irq_bits, text, ...) { \
    .name = path, .bits = irq_bits, .log = text, .words = { __VA_ARGS__ }, \
    .count = ARRAY_SIZE(((const uint32_t[]) { __VA_ARGS__ })) }

#define LO(address) ((uint32_t)(address))

static const BadCommand bad_commands[] = {
    BAD("opcode-0", INVALID, "0x00000000 dropped: unknown opcode", 0),
    BAD("opcode-7", INVALID, "unknown opcode", 0x70000000),
    BAD("opcode-9", INVALID, "unknown opcode", 0x90000000),
    BAD("opcode-15", INVALID, "unknown opcode", 0xf0000000),
    BAD("key-of-reserved-length", INVALID | LENGTH, "reserved key length",
        0x10d10000),
    BAD("key-for-mode-2", INVALID, "block mode 2", 0x10120000, KEY_128),
    BAD("key-for-mode-3", INVALID, "block mode 3", 0x10130000, KEY_128),
    BAD("length-17", INVALID | LENGTH, "17 bytes are not whole blocks",
        0x50000011, 0, LO(SRC), LO(DST)),
    BAD("length-odd-maximum", INVALID | LENGTH, "not whole blocks",
        0x50ffffff, 0, LO(SRC), LO(DST)),
    BAD("no-key-in-context-1", INVALID | KEY1, "key context 1 is empty",
        0x58000010, 0, LO(SRC), LO(DST)),
    BAD("source-in-a-hole", INVALID | READ_ERROR, "is not RAM",
        0x50000010, 0, LO(HOLE), LO(DST)),
    BAD("source-past-the-end-of-ram", INVALID | READ_ERROR, "is not RAM",
        0x50000020, 0, LO(RAM_BASE + RAM_SIZE - 16), LO(DST)),
    BAD("source-48-bits-up", INVALID | READ_ERROR, "source 0xffff",
        0x50000010, 0xffff0000, 0xfffffff8, LO(DST)),
    BAD("source-on-a-device", INVALID | READ_ERROR, "is not RAM",
        0x50000010, 0, LO(AES), LO(DST)),
    BAD("destination-in-a-hole", INVALID | WRITE_ERROR, "destination",
        0x50000010, 0, LO(SRC), LO(HOLE)),
    BAD("destination-past-the-end-of-ram", INVALID | WRITE_ERROR, "is not RAM",
        0x50000020, 0, LO(SRC), LO(RAM_BASE + RAM_SIZE - 16)),
    BAD("destination-on-its-own-fifo", INVALID | WRITE_ERROR, "is not RAM",
        0x50000010, 0, LO(SRC), LO(AES + FIFO)),
    BAD("destination-on-bdif", INVALID | WRITE_ERROR, "is not RAM",
        0x50000010, 0, LO(SRC), LO(BDIF_COMMAND)),
    BAD("long-destination-in-a-hole", INVALID | WRITE_ERROR, "is not RAM",
        0x50fffff0, 0, LO(SRC), LO(RAM_BASE + RAM_SIZE - 0x100000)),
    BAD("iv-to-a-hole", INVALID | WRITE_ERROR, "to store an IV in",
        0x60000000, LO(HOLE)),
    BAD("iv-to-a-device", INVALID | WRITE_ERROR, "to store an IV in",
        0x64000000, LO(BDIF_COMMAND)),
};

static void a_bad_command_is_dropped_and_reported(const void *opaque)
{
    const BadCommand *bad = opaque;
    QTestState *qts = start();

    push(qts, 0x10110000, KEY_128);
    qtest_memset(qts, DST, 0xaa, 64);
    push_words(qts, bad->words, bad->count);
    g_assert_cmphex(finish(qts), ==, bad->bits);
    g_assert_true(log_has(guest_errors, bad->log));
    expect_filled(qts, DST, 64, 0xaa);

    /* It is not tried again. */
    push(qts, 0x20000000, IV_128);
    g_assert_cmphex(finish(qts), ==, 0);
    expect_works(qts);
    qtest_quit(qts);
}

static void a_refused_key_leaves_none(void)
{
    QTestState *qts = start();

    push(qts, 0x10110000, KEY_128);
    push(qts, 0x10120000, KEY_128);
    push_data(qts, 0, 16, SRC, DST);
    g_assert_cmphex(finish(qts), ==, INVALID | KEY0);
    expect_works(qts);
    qtest_quit(qts);
}

static void barriers_and_skg_are_consumed(void)
{
    QTestState *qts = start();

    push(qts, 0x30000000, 0x40000000);
    g_assert_cmphex(finish(qts), ==, 0);
    expect_works(qts);
    qtest_quit(qts);
}

static void half_a_command_can_be_cleared_away(void)
{
    QTestState *qts = start();

    push(qts, 0x10910000, 1, 2, 3);
    g_assert_cmphex(qtest_readl(qts, AES + FIFO_STATUS), ==, 0);
    qtest_writel(qts, AES + CLEAR_FIFO, 1);
    g_assert_cmphex(qtest_readl(qts, AES + FIFO_STATUS), ==, 2);
    expect_works(qts);

    push(qts, 0x50000010, 0);
    vmapple_reset(qts);
    expect_works(qts);
    qtest_quit(qts);
}

/* What vCPUs that push at the same time make of it, or a guest gone mad */
static void any_words_leave_an_engine_that_works(void)
{
    QTestState *qts = start();
    g_autoptr(GRand) random = g_rand_new_with_seed(20);

    for (int i = 0; i < 20000; i++) {
        uint32_t word = g_rand_int(random);

        /* Addresses in RAM and short lengths, now and then */
        switch (g_rand_int_range(random, 0, 4)) {
        case 0:
            word = SRC + word % 0x100000;
            break;
        case 1:
            word &= 0xff0000f0;
            break;
        }
        push(qts, word);
    }
    qtest_writel(qts, AES + CLEAR_FIFO, 1);
    do {
        qtest_writel(qts, AES + IRQ_STATUS, 0xffffffff);
    } while (qtest_readl(qts, AES + STATUS) != 0x3f80);
    expect_works(qts);
    qtest_quit(qts);
}

static void a_reset_forgets_everything(void)
{
    QTestState *qts = start();

    push(qts, 0x10110000, KEY_128);
    push(qts, 0x18110000, KEY_128);
    push(qts, 0x24000000, IV_128);
    push(qts, 0xf0000000, 0x88000042);
    qtest_writel(qts, AES + IRQ_ENABLE, 0xffffffff);
    g_assert_true(spi_pending(qts, SPI_AES));
    vmapple_reset(qts);

    g_assert_false(spi_pending(qts, SPI_AES));
    g_assert_cmphex(qtest_readl(qts, AES + IRQ_STATUS), ==, 0);
    g_assert_cmphex(qtest_readl(qts, AES + IRQ_ENABLE), ==, 0);
    g_assert_cmphex(qtest_readl(qts, AES + FLAG_INFO), ==, 0);
    push(qts, 0x64000000, DST);
    push_data(qts, 0, 16, SRC, SRC);
    g_assert_cmphex(finish(qts), ==, INVALID | KEY0);
    push_data(qts, 1 << 27, 16, SRC, SRC);
    g_assert_cmphex(finish(qts), ==, INVALID | KEY1);
    expect_bytes(qts, DST, ZERO_BLOCK);
    qtest_quit(qts);
}

static void an_overrun_queue_drops_the_rest_but_not_its_flag(void)
{
    QTestState *qts = start();

    vmapple_stop(qts);
    for (int i = 0; i < 1000; i++) {
        push(qts, 0x20000000, i, i, i, i);
    }
    g_assert_cmphex(qtest_readl(qts, AES + IRQ_STATUS), ==, OVERFLOW);
    g_assert_cmphex(qtest_readl(qts, AES + FIFO_STATUS), ==, 4);
    g_assert_true(log_has(guest_errors, "the queue is full"));
    push(qts, 0x88000042);
    vmapple_cont(qts);
    g_assert_cmphex(qtest_readl(qts, AES + IRQ_STATUS), ==, OVERFLOW | FLAG);
    g_assert_cmphex(qtest_readl(qts, AES + FLAG_INFO), ==, 0x42);
    expect_works(qts);

    /* A flood of nothing else */
    vmapple_stop(qts);
    for (int i = 0; i < 1000; i++) {
        push(qts, 0x88000000);
    }
    vmapple_cont(qts);
    expect_works(qts);
    qtest_quit(qts);
}

#define TEST(function) \
    qtest_add_func("/vmapple/aes/" #function, function)

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    guest_errors = temporary_file("log", 0);

    TEST(registers_after_reset);
    TEST(cbc_128_encrypts_as_nist_says);
    TEST(cbc_128_decrypts_in_place);
    TEST(cbc_192_and_256_encrypt_as_nist_says);
    TEST(every_hardware_key_has_its_value);
    TEST(key_contexts_keep_their_direction_and_mode);
    TEST(the_same_key_again_takes_another_direction_and_mode);
    TEST(four_iv_contexts_are_apart);
    TEST(an_iv_stays_as_it_was_pushed);
    TEST(an_iv_chains_when_asked_to);
    TEST(odd_addresses_and_no_bytes_are_fine);
    TEST(an_8_byte_store_pushes_one_word);
    TEST(overlapping_runs_are_as_if_copied);
    TEST(a_long_command_does_not_hold_up_the_guest);
    TEST(commands_behind_a_long_one_keep_their_order);
    TEST(long_runs_decrypt_to_what_they_were);
    TEST(shared_work_survives_migration);
    TEST(a_reset_ends_a_long_command);
    TEST(a_long_command_survives_migration);
    TEST(keys_ivs_and_flags_survive_migration);
    TEST(a_stopped_machine_queues_and_goes_on);
    TEST(a_refused_key_leaves_none);
    TEST(barriers_and_skg_are_consumed);
    TEST(half_a_command_can_be_cleared_away);
    TEST(any_words_leave_an_engine_that_works);
    TEST(a_reset_forgets_everything);
    TEST(an_overrun_queue_drops_the_rest_but_not_its_flag);
    for (int i = 0; i < ARRAY_SIZE(bad_commands); i++) {
        g_autofree char *path = g_strdup_printf("/vmapple/aes/bad/%s",
                                                bad_commands[i].name);

        qtest_add_data_func(path, &bad_commands[i],
                            a_bad_command_is_dropped_and_reported);
    }

    ret = g_test_run();
    unlink(guest_errors);
    return ret;
}
