/* SPDX-License-Identifier: MIT */
/* The guest kit: bring-up, and what all its parts use. */
#include "kit/kit.h"

#include "wire/devinfo.h"
#include "wire/packets_encode.h"
#include "wire/registers.h"
#include "wire/shared.h"

#include "kit/surface.h"

#define FIFO_BYTES      0x10000u
#define IOSFC_ENTRIES   0x400u
#define VERSION_REFUSED 0x80000000u

void kit_init(struct kit *kit, enum kit_machine machine, const struct kit_platform *platform,
              void *at)
{
    __builtin_memset(kit, 0, sizeof(*kit));
    kit->platform = platform;
    kit->at = at;
    kit->machine = machine;
    kit->page_shift = machine == KIT_X86 ? 12 : 14;
    kit->version = machine == KIT_X86 ? 6 : 62;
    kit->junk = 1;
}

void kit_fail(struct kit *kit, const char *sentence)
{
    kit->failure = kit->failure ? kit->failure : sentence;
}

uint64_t kit_pages(struct kit *kit, unsigned count)
{
    uint64_t gpa = kit->failure ? 0 : kit->platform->take_pages(kit->at, count);

    if (!gpa) {
        kit_fail(kit, "no guest memory left");
    }
    return gpa;
}

void *kit_at(struct kit *kit, uint64_t gpa)
{
    return kit->platform->map(kit->at, gpa);
}

uint32_t kit_load(struct kit *kit, uint64_t gpa)
{
    return __atomic_load_n((uint32_t *)kit_at(kit, gpa), __ATOMIC_ACQUIRE);
}

void kit_store(struct kit *kit, uint64_t gpa, uint32_t value)
{
    __atomic_store_n((uint32_t *)kit_at(kit, gpa), value, __ATOMIC_RELEASE);
}

void kit_copy_in(struct kit *kit, uint64_t gpa, const void *bytes, uint32_t size)
{
    __builtin_memcpy(kit_at(kit, gpa), bytes, size);
}

void kit_fill_junk(struct kit *kit, void *bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        kit->junk = kit->junk * 1664525 + 1013904223;
        ((uint8_t *)bytes)[i] = (uint8_t)(kit->junk >> 24);
    }
}

unsigned kit_exec_channel(const struct kit *kit)
{
    return 1;
}

unsigned kit_memory_channel(const struct kit *kit)
{
    return kit->machine == KIT_X86 ? 2 : 3;
}

static uint32_t read_gfx(struct kit *kit, uint32_t offset)
{
    return kit->platform->read32(kit->at, KIT_GFX, offset);
}

static void write_gfx(struct kit *kit, uint32_t offset, uint32_t value)
{
    kit->platform->write32(kit->at, KIT_GFX, offset, value);
}

/* Proposes lower and lower versions until the device takes one. Spec: 10-device 5. */
static bool negotiate(struct kit *kit)
{
    for (uint32_t proposal = kit->version; proposal > 0; proposal--) {
        uint32_t granted;

        write_gfx(kit, PVG_WIRE_GFX_VERSION, proposal);
        granted = read_gfx(kit, PVG_WIRE_GFX_VERSION);
        if (!(granted & VERSION_REFUSED) && granted <= proposal) {
            kit->version = granted;
            return true;
        }
    }
    write_gfx(kit, PVG_WIRE_GFX_VERSION, VERSION_REFUSED | kit->version);
    kit_fail(kit, "the device takes no version of the protocol");
    return false;
}

static void start_fifo(struct kit *kit)
{
    kit->root_page = kit_pages(kit, 1);
    kit->fifo = kit_pages(kit, FIFO_BYTES >> kit->page_shift);
    if (kit->failure) {
        return;
    }
    write_gfx(kit, PVG_WIRE_GFX_ROOT_PAGE, (uint32_t)(kit->root_page >> kit->page_shift));
    write_gfx(kit, PVG_WIRE_GFX_FIFO_BASE_PAGE, (uint32_t)(kit->fifo >> kit->page_shift));
    write_gfx(kit, PVG_WIRE_GFX_FIFO_LENGTH, FIFO_BYTES);
    write_gfx(kit, PVG_WIRE_GFX_FIFO_START, kit_page_size(kit));
    write_gfx(kit, PVG_WIRE_GFX_CONTROL_FIFO, 1);
    kit_channel_open_root(kit, kit->fifo + kit_page_size(kit), FIFO_BYTES - kit_page_size(kit));
}

/* Asks once and waits, as the guest does. Spec: 10-device 11. */
static void get_device_info(struct kit *kit)
{
    uint64_t reply = kit_pages(kit, 1);
    struct pvg_wire_get_device_info request = {
        .key_table_length = KIT_INFO_KEYS,
        .pair_count = kit_page_size(kit) / PVG_WIRE_INFO_PAIR_SIZE,
        .reply = {(uint32_t)(reply >> kit->page_shift)},
    };

    if (kit->failure) {
        return;
    }
    pvg_wire_get_device_info_encode(kit_packet(kit, PVG_WIRE_PACKET_GET_DEVICE_INFO), &request);
    if (!kit_wait(kit, 0, kit_send(kit, 0))) {
        return;
    }
    for (uint32_t i = 0; i < request.pair_count; i++) {
        uint32_t key = kit_load(kit, reply + i * PVG_WIRE_INFO_PAIR_SIZE);

        if (key >= KIT_INFO_KEYS) {
            kit_fail(kit, "the device answered a key that was not asked for");
        } else if (key != 0) {
            kit->info[key] = kit_load(kit, reply + i * PVG_WIRE_INFO_PAIR_SIZE + 4);
        }
    }
    kit->platform->give_pages(kit->at, reply, 1);
}

/* Spec: 21-surfaces-arm64 14. */
static void start_iosfc(struct kit *kit)
{
    kit->iosfc_ring = kit_pages(kit, 1);
    kit->iosfc_directory = kit_pages(kit, 1);
    kit->iosfc_producer = 0;
    kit->last_surface = 0;
    if (kit->failure) {
        return;
    }
    kit->platform->write64(kit->at, KIT_IOSFC, PVG_WIRE_IOSFC_RING_BASE, kit->iosfc_ring);
    kit->platform->write32(kit->at, KIT_IOSFC, PVG_WIRE_IOSFC_RING_SIZE, IOSFC_ENTRIES);
    kit->platform->write64(kit->at, KIT_IOSFC, PVG_WIRE_IOSFC_DESC_TABLE, kit->iosfc_directory);
    kit->platform->write32(kit->at, KIT_IOSFC, PVG_WIRE_IOSFC_PRODUCER, 0);
    kit->platform->write32(kit->at, KIT_IOSFC, PVG_WIRE_IOSFC_CONSUMER, 0);
    if (kit->platform->read32(kit->at, KIT_IOSFC, PVG_WIRE_IOSFC_STATUS) != 0) {
        kit_fail(kit, "the device wants another form of surface descriptors");
    }
}

bool kit_start(struct kit *kit)
{
    static const uint8_t x86[] = {1, 2, 3, 4}, arm64[] = {1, 2, 3, 12};
    const uint8_t *channels = kit->machine == KIT_X86 ? x86 : arm64;

    if (kit->failure || !negotiate(kit)) {
        return false;
    }
    start_fifo(kit);
    kit_task_create(kit, &kit->kernel, 0);
    for (unsigned i = 0; i < sizeof(x86); i++) {
        kit_channel_define(kit, channels[i], kit->machine == KIT_X86 ? 16 : 1);
    }
    kit_task_bind_objects(kit, &kit->kernel);
    get_device_info(kit);
    if (kit->machine == KIT_ARM64) {
        start_iosfc(kit);
    }
    return !kit->failure;
}

void kit_stop(struct kit *kit)
{
    write_gfx(kit, PVG_WIRE_GFX_CONTROL_FIFO, 0);
    __builtin_memset(kit->channels, 0, sizeof(kit->channels));
    __builtin_memset(kit->displays, 0, sizeof(kit->displays));
    kit->last_task = 0;
}

uint32_t kit_interrupt(struct kit *kit)
{
    uint32_t channels = read_gfx(kit, PVG_WIRE_GFX_STATUS_GPU);
    uint32_t displays = read_gfx(kit, PVG_WIRE_GFX_STATUS_DISPLAY);

    if (read_gfx(kit, PVG_WIRE_GFX_FAULT) != 0) {
        kit_fail(kit, "the device raised its fault register");
    }
    for (unsigned port = 0; port < KIT_DISPLAYS; port++) {
        if (displays & (1u << port)) {
            kit_display_handle(kit, port);
        }
    }
    return channels;
}
