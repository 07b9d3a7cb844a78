/* SPDX-License-Identifier: MIT
 * Checks of the AES engine, by known answers. Spec: 80 sections 13 and 21. */
#include "checks.h"
#include "clock.h"
#include "engine.h"

#include <stdio.h>
#include <string.h>

/* NIST SP 800-38A, appendix F. */
static const uint8_t key_128[16] = { 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                     0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c };
static const uint8_t key_256[32] = { 0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe,
                                     0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81,
                                     0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7,
                                     0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4 };
static const uint8_t iv[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
static const uint8_t zeros[32];
static const char plain[] = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";

static const struct vector {
    const char *name;
    struct engine_key key;
    const char *input;  /* hex */
    const char *output; /* hex */
} vectors[] = {
    { "AES-128-CBC encryption",
      { .bits = 128, .encrypt = true, .mode = ENGINE_CBC, .bytes = key_128 },
      plain, "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2" },
    { "AES-128-CBC decryption",
      { .bits = 128, .mode = ENGINE_CBC, .bytes = key_128 },
      "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2", plain },
    { "AES-256-CBC encryption",
      { .bits = 256, .encrypt = true, .mode = ENGINE_CBC, .bytes = key_256 },
      "6bc1bee22e409f96e93d7e117393172a", "f58c4c04d6e5f1ba779eabfb5f7bfbd6" },
    { "AES-128-ECB with a zero key",
      { .bits = 128, .encrypt = true, .mode = ENGINE_ECB, .bytes = zeros },
      "00000000000000000000000000000000", "66e94bd4ef8a2c3b884cfa59ca342b2e" },
    { "hardware key 1",
      { .select = 1, .bits = 256, .encrypt = true, .mode = ENGINE_ECB },
      "00000000000000000000000000000000", "52917f3ae957d5230d3a2af57c7b5a71" },
    { "hardware key 1 with the length field 0",
      { .select = 1, .bits = 128, .encrypt = true, .mode = ENGINE_ECB },
      "00000000000000000000000000000000", "52917f3ae957d5230d3a2af57c7b5a71" },
    { "hardware key 2",
      { .select = 2, .bits = 256, .encrypt = true, .mode = ENGINE_ECB },
      "00000000000000000000000000000000", "1c55fb811b5c6464c4e5de1535a75514" },
    { "hardware key 3",
      { .select = 3, .bits = 256, .encrypt = true, .mode = ENGINE_ECB },
      "00000000000000000000000000000000", "e3b4ac4adab88ed51dba9c516cb2c30b" },
};

/* The engine and memory for it: source in the first half, destination in the second. */
struct bench {
    struct engine engine;
    struct dma memory;
    uint8_t *source, *destination;
    uint64_t source_gpa, destination_gpa;
};

static bool bench_open(struct bench *bench, struct report *report)
{
    *bench = (struct bench){ 0 };
    if (!report_expect(report, engine_open(&bench->engine), "no AES engine in the device tree") ||
        !report_expect(report, dma_alloc(&bench->memory, 8 << 20), "no memory for DMA")) {
        return false;
    }
    bench->source = bench->memory.at;
    bench->source_gpa = bench->memory.gpa;
    bench->destination = bench->memory.at + bench->memory.size / 2;
    bench->destination_gpa = bench->memory.gpa + bench->memory.size / 2;
    return true;
}

static void bench_close(struct bench *bench)
{
    dma_free(&bench->memory);
    engine_close(&bench->engine);
}

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t count = strlen(hex) / 2;

    for (size_t i = 0; i < count; i++) {
        sscanf(hex + 2 * i, "%2hhx", &out[i]);
    }
    return count;
}

static void expect_bytes(struct report *report, const char *what, const uint8_t *got,
                         const char *wanted_hex)
{
    uint8_t wanted[64];
    size_t count = from_hex(wanted_hex, wanted);

    report_expect(report, !memcmp(got, wanted, count),
                  "%s gave %02x%02x%02x%02x..., not %.8s...", what, got[0], got[1], got[2], got[3],
                  wanted_hex);
}

static void run_vector(struct bench *bench, struct report *report, const struct vector *vector)
{
    size_t length = from_hex(vector->input, bench->source);
    uint32_t status;

    memset(bench->destination, 0xee, length + 16);
    engine_set_key(&bench->engine, &vector->key);
    engine_set_iv(&bench->engine, 0, iv);
    engine_run(&bench->engine, vector->key.context, 0, bench->source_gpa, bench->destination_gpa,
               length);
    if (!report_expect(report, engine_flag(&bench->engine, 0x42), "%s: no flag", vector->name)) {
        return;
    }
    status = engine_take_status(&bench->engine);
    report_expect(report, status == ENGINE_IRQ_FLAG, "%s: interrupt status 0x%x, not 0x20",
                  vector->name, status);
    expect_bytes(report, vector->name, bench->destination, vector->output);
    report_expect(report, bench->destination[length] == 0xee, "%s wrote past its end",
                  vector->name);
}

void check_aes_vectors(struct report *report)
{
    struct bench bench;

    if (bench_open(&bench, report)) {
        for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
            run_vector(&bench, report, &vectors[i]);
        }
    }
    bench_close(&bench);
}

/* A key on one context leaves direction and mode of the other alone, and the four IVs are four. */
void check_aes_contexts(struct report *report)
{
    const struct engine_key encrypt = { .bits = 128, .encrypt = true, .bytes = key_128 };
    const struct engine_key decrypt = {
        .context = 1, .bits = 128, .mode = ENGINE_CBC, .bytes = key_128
    };
    struct bench bench;

    if (bench_open(&bench, report)) {
        memset(bench.source, 0, 16);
        engine_set_key(&bench.engine, &encrypt);
        engine_set_key(&bench.engine, &decrypt);
        engine_run(&bench.engine, 0, 0, bench.source_gpa, bench.destination_gpa, 16);
        for (unsigned context = 0; context < 4; context++) {
            uint8_t own[16];

            memset(own, 0x10 + context, sizeof(own));
            engine_set_iv(&bench.engine, context, own);
        }
        for (unsigned context = 0; context < 4; context++) {
            engine_store_iv(&bench.engine, context, bench.destination_gpa + 64 + 16 * context);
        }
        report_expect(report, engine_flag(&bench.engine, 1), "no flag");
        expect_bytes(report, "context 0 beside context 1", bench.destination,
                     "7df76b0c1ab899b33e42f047b91b546f");
        for (unsigned context = 0; context < 4; context++) {
            uint8_t stored = bench.destination[64 + 16 * context];

            report_expect(report, stored == 0x10 + context, "IV %u reads back as 0x%02x...",
                          context, stored);
        }
    }
    bench_close(&bench);
}

/* More than any internal chunk, at odd addresses, there and back in place. */
void check_aes_large(struct report *report)
{
    struct engine_key key = {
        .bits = 256, .encrypt = true, .mode = ENGINE_CBC, .bytes = key_256
    };
    const uint32_t length = (3 << 20) + 16;
    struct bench bench;

    if (bench_open(&bench, report)) {
        uint8_t *source = bench.source + 3, *destination = bench.destination + 5;

        for (uint32_t i = 0; i < length; i++) {
            source[i] = (uint8_t)(i ^ i >> 8 ^ i >> 16);
        }
        engine_set_key(&bench.engine, &key);
        engine_set_iv(&bench.engine, 2, iv);
        engine_run(&bench.engine, 0, 2, bench.source_gpa + 3, bench.destination_gpa + 5, length);
        report_expect(report, engine_flag(&bench.engine, 2), "no flag after encryption");
        report_expect(report, memcmp(source, destination, length), "encryption changed nothing");
        key.encrypt = false;
        engine_set_key(&bench.engine, &key);
        engine_run(&bench.engine, 0, 2, bench.destination_gpa + 5, bench.destination_gpa + 5,
                   length);
        report_expect(report, engine_flag(&bench.engine, 3), "no flag after decryption");
        report_expect(report, !memcmp(source, destination, length),
                      "3 MiB did not survive encryption and decryption");
    }
    bench_close(&bench);
}

/* Each mistake is reported in the status, and does no harm to what follows. */
void check_aes_errors(struct report *report)
{
    const struct engine_key key = { .bits = 128, .encrypt = true, .bytes = key_128 };
    struct bench bench;
    uint32_t status;

    if (bench_open(&bench, report)) {
        engine_push(&bench.engine, 0xf0000000); /* no such command */
        report_expect(report, engine_flag(&bench.engine, 4), "no flag after an unknown command");
        status = engine_take_status(&bench.engine);
        report_expect(report, status & ENGINE_IRQ_INVALID,
                      "an unknown command raised 0x%x, not bit 2", status);

        bench.destination[0] = 0xee;
        engine_set_key(&bench.engine, &key);
        engine_run(&bench.engine, 0, 0, bench.source_gpa, bench.destination_gpa, 17);
        report_expect(report, engine_flag(&bench.engine, 5), "no flag after 17 bytes of data");
        status = engine_take_status(&bench.engine);
        report_expect(report, (status & ENGINE_IRQ_INVALID) && (status & ENGINE_IRQ_LENGTH),
                      "17 bytes of data raised 0x%x, not bits 2 and 6", status);
        report_expect(report, bench.destination[0] == 0xee, "17 bytes of data were written");

        engine_run(&bench.engine, 0, 0, 0x1000, bench.destination_gpa, 16); /* no RAM there */
        report_expect(report, engine_flag(&bench.engine, 6), "no flag after a bad source");
        status = engine_take_status(&bench.engine);
        report_expect(report, status & ENGINE_IRQ_INVALID,
                      "a source outside RAM raised 0x%x, not bit 2", status);

        run_vector(&bench, report, &vectors[0]);
    }
    bench_close(&bench);
}

/* A stock kernel gives a program no interrupt of a platform device; but the interrupt controller
 * shows the line: pending while the flag bit is up, not before and not after. */
void check_aes_interrupt(struct report *report)
{
    enum { GICD_ISPENDR = 0x200, AES_INTID = 50 };
    const size_t pending = GICD_ISPENDR + AES_INTID / 32 * 4;
    const uint32_t bit = 1u << AES_INTID % 32;
    struct window gic = { 0 };
    struct bench bench;

    if (bench_open(&bench, report) &&
        report_expect(report, window_open_node(&gic, "arm,gic-v3", 0),
                      "cannot map the interrupt controller (iomem=relaxed?)")) {
        report_expect(report, !(window_read32(&gic, pending) & bit), "line up before the flag");
        report_expect(report, engine_flag(&bench.engine, 7), "no flag");
        report_expect(report, window_read32(&gic, pending) & bit,
                      "line down although the flag is up");
        engine_take_status(&bench.engine);
        report_expect(report, !(window_read32(&gic, pending) & bit),
                      "line up after the acknowledge");
    }
    window_close(&gic);
    bench_close(&bench);
}
