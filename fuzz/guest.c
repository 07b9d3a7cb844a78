/* SPDX-License-Identifier: MIT */
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <glib.h>

#define KIT_AT 0x100000

static void set_interrupt(void *host, enum pvg_interrupt line, bool level)
{
}

/* What the layers report is a bug as much as a crash is; without a compiler nothing is tested. */
static void log_line(void *host, enum pvg_log_level level, const char *message)
{
    if (level != PVG_LOG_INFO && (strncmp(message, "Vulkan: ", 8) == 0 ||
                                  strstr(message, "the compiler could not be run"))) {
        fprintf(stderr, "%s\n", message);
        abort();
    }
}

static const struct pvg_host_ops ops = {
    .size = sizeof(ops),
    .set_interrupt = set_interrupt,
    .log = log_line,
};

static const char *gpu_name = "none";

void guest_use_gpu(const char *name)
{
    gpu_name = name;
}

static int64_t guest_clock(void *owner)
{
    return ((struct guest *)owner)->now;
}

static bool wait_a_little(void *owner)
{
    struct guest *guest = owner;

    guest_run(guest, 1000);
    if (strcmp(gpu_name, "none") != 0) {
        g_usleep(50); /* other threads work */
    }
    return guest->patience-- > 0;
}

static void make(struct guest *guest, enum pvg_variant variant)
{
    static const struct pvg_mode mode = {640, 480, 60000};
    struct pvg_display_options displays[2] = {
        {.modes = &mode, .mode_count = 1, .serial = 1},
        {.modes = &mode, .mode_count = 1, .serial = 2},
    };
    struct pvg_device_options options = {
        .size = sizeof(options), .variant = variant, .ops = &ops, .host = guest,
        .displays = displays, .display_count = 2, .gpu = gpu_name,
    };
    struct pvg_device_bench by_hand = {.stepped = true, .clock = guest_clock, .owner = guest};
    struct pvg_ram_span span = {.size = GUEST_RAM_SIZE, .fd = -1};
    struct kit_pool_memory memory = {.gpa = KIT_AT, .page_shift = plain_page_shift(variant)};

    guest->ram = mmap(NULL, GUEST_RAM_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    guest->ram_gpa = variant == PVG_VARIANT_PCI ? 0 : 0x70000000;
    guest->page_shift = memory.page_shift;
    guest->device = pvg_device_create_for_bench(&options, &by_hand, NULL);
    span.gpa = guest->ram_gpa;
    span.host = guest->ram;
    if (guest->ram == MAP_FAILED || !guest->device || !pvg_ram_add(guest->device, &span, NULL)) {
        abort();
    }
    memory.row_pages = (unsigned)((GUEST_RAM_SIZE - KIT_AT) >> memory.page_shift);
    plain_init(&guest->plain, guest->device, &span, &memory, wait_a_little, guest);
    pvg_device_start(guest->device);
}

struct guest *guest_get(uint8_t choice)
{
    static struct guest guests[2];
    struct guest *guest = &guests[choice & 1];

    if (!guest->device) {
        make(guest, choice & 1 ? PVG_VARIANT_MMIO : PVG_VARIANT_PCI);
    }
    pvg_device_reset(guest->device);
    madvise(guest->ram, GUEST_RAM_SIZE, MADV_DONTNEED); /* private: zero again */
    plain_forget(&guest->plain);
    guest->now += 1000000;
    guest->patience = 1000;
    kit_init(&guest->kit, choice & 1 ? KIT_ARM64 : KIT_X86, &plain_platform, &guest->plain);
    return guest;
}

void guest_boot(struct guest *guest)
{
    kit_start(&guest->kit);
    kit_display_start(&guest->kit, 0);
    kit_display_wait_online(&guest->kit, 0);
    if (guest->kit.failure) {
        abort();
    }
    guest->patience = 20;
}

void guest_run(struct guest *guest, int64_t microseconds)
{
    guest->now += microseconds;
    for (unsigned i = 0; i < 8; i++) {
        pvg_engine_step(&guest->device->engine);
    }
}

uint8_t input_u8(struct input *input)
{
    uint8_t value = 0;

    input_bytes(input, &value, sizeof(value));
    return value;
}

uint32_t input_u32(struct input *input)
{
    uint32_t value = 0;

    input_bytes(input, (uint8_t *)&value, sizeof(value));
    return value;
}

uint64_t input_u64(struct input *input)
{
    uint64_t value = 0;

    input_bytes(input, (uint8_t *)&value, sizeof(value));
    return value;
}

size_t input_bytes(struct input *input, uint8_t *out, size_t size)
{
    size = size < input->left ? size : input->left;
    memcpy(out, input->bytes, size);
    input->bytes += size;
    input->left -= size;
    return size;
}
