/* SPDX-License-Identifier: MIT */
/* What the device promises: the answer to GetDeviceInfo. This one table decides which records a
 * guest will ever send; a key is raised only together with the feature behind it.
 *
 * The values are the first profile of 01-errata-device (row "10 11.3 column A") as narrowed by
 * 02-errata-gpu row 8; the executor lowers them to what the host can keep. 0 under a key that the
 * guest tests as a boolean means no; keys that are not listed are not sent, and the guest then uses
 * its own default. Spec: 10-device 11. */
#include <glib.h>
#include <string.h>

#include "device/device.h"
#include "device/handlers.h"
#include "wire/devinfo.h"
#include "wire/devinfo_encode.h"

/* Key table of macOS 12 on arm64: keys count from 0 there. Errata row "11.2 zero-fill". */
#define KEYS_FROM_ZERO 0x0e

#define INFO(name) [PVG_WIRE_DEVICE_INFO_##name]

struct promise {
    bool sent;
    uint32_t value;
};

static const struct promise first_profile[PVG_DEVICE_INFO_KEYS] = {
    INFO(MAX_SAMPLE_COUNT) = {true, 8}, /* never below 1: CoreAnimation aborts */
    INFO(D24S8) = {true, 1},
    INFO(MAX_THREADS_WIDTH) = {true, 1024},
    INFO(MAX_THREADS_HEIGHT) = {true, 1024},
    INFO(MAX_THREADS_DEPTH) = {true, 64},
    INFO(THREADGROUP_MEMORY) = {true, 32768},
    INFO(FRAMEBUFFER_READ) = {true, 1},
    INFO(RGB10A2_GAMMA) = {true, 1},
    INFO(NATIVE_FP16) = {true, 1},
    INFO(SERIALIZER_VERSION) = {true, 8}, /* decides which opcodes records have */
    INFO(PRIMITIVE_TYPES) = {true, 0x1f},
    INFO(DUAL_PLANE_TEXTURES) = {true, 0}, /* by version, below */
    INFO(LINEAR_TEXTURE_ALIGNMENT) = {true, 256},
    INFO(HEAP_BUFFERS) = {true, 1},
    INFO(HEAP_BUFFER_GRANULARITY) = {true, 32},
    INFO(HEAP_TEXTURES) = {true, 1},
    INFO(BUFFER_FROM_SURFACE) = {true, 1},
    INFO(AIR_VERSION) = {true, 0x20007},
    INFO(SHARED_TEXTURES) = {true, 0},      /* records known by name only */
    INFO(SAMPLE_POSITIONS) = {true, 0},     /* sample locations */
    INFO(TILE_SHADERS) = {true, 0},
    INFO(IMAGE_BLOCKS) = {true, 0},
    INFO(RASTER_ORDER_GROUPS) = {true, 0}, /* fragment interlock */
    INFO(MEMORY_ORDER_ATOMICS) = {true, 1},
    INFO(LARGE_MRT) = {true, 1},
    INFO(FLAGS_2023) = {true, 7},
    INFO(MAX_COMPUTE_THREADS) = {true, 1024},
    INFO(MAX_COMPUTE_LOCAL_MEMORY) = {true, 32768},
    INFO(MAX_COMPUTE_THREADGROUP_MEMORY) = {true, 32768},
    INFO(THREADGROUP_MEMORY_ALIGNMENT) = {true, 16},
    INFO(FLAGS_2024) = {true, 0x35b}, /* no command-buffer jump, argument buffers, bicubic, ... */
    INFO(CORES) = {true, 8},
    INFO(MAX_TEXTURE_LAYERS) = {true, 2048},
    INFO(MAX_PREDICATED_NESTING) = {true, 16},
    INFO(GPU_FAMILY) = {true, 1009},
    INFO(MIN_LINEAR_TEXTURE_ALIGNMENT) = {true, 256},
    INFO(TEXTURE_WRITE_ROUNDING) = {true, 7},
    INFO(FLAGS_2025) = {true, 0},
    INFO(FAMILY_SET) = {true, 0x1f},
};

/* Not a range: on for these versions of the protocol alone. Spec: 10-device 5. */
static bool version_has_dual_plane(uint32_t version)
{
    static const uint8_t versions[] = {31, 41, 42, 43, 60, 61, 62};

    return version < 256 && memchr(versions, (int)version, sizeof(versions));
}

static void gather(struct pvg_device *device, uint32_t values[PVG_DEVICE_INFO_KEYS])
{
    for (uint32_t key = 0; key < PVG_DEVICE_INFO_KEYS; key++) {
        values[key] = first_profile[key].value;
    }
    values[PVG_WIRE_DEVICE_INFO_DUAL_PLANE_TEXTURES] =
        version_has_dual_plane(atomic_load(&device->registers.version));
    pvg_executor_limit(device->executor, values);
    values[PVG_WIRE_DEVICE_INFO_MAX_SAMPLE_COUNT] =
        MAX(1, values[PVG_WIRE_DEVICE_INFO_MAX_SAMPLE_COUNT]);
}

/* Keys at and above the guest's table are not sent; every pair that is left over says {0, 0}, which
 * ends the walk of old guests and is skipped by new ones. */
enum pvg_refusal pvg_get_device_info(void *ctx, const struct pvg_wire_get_device_info *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_device *device = execution->device;
    const size_t page = (size_t)1 << device->memory.page_shift;
    const bool from_zero =
        device->variant == PVG_VARIANT_MMIO && rec->key_table_length == KEYS_FROM_ZERO;
    const uint32_t keys = MIN(rec->key_table_length + from_zero, PVG_DEVICE_INFO_KEYS);
    uint32_t values[PVG_DEVICE_INFO_KEYS];
    g_autofree uint8_t *bytes = g_malloc0(page);
    struct pvg_writer writer =
        pvg_writer_over(bytes, MIN(page, (size_t)rec->pair_count * PVG_WIRE_INFO_PAIR_SIZE));
    struct pvg_wire_info_pair pad = {0};

    device->last_key_table = rec->key_table_length;
    gather(device, values);
    for (uint32_t key = 1; key < keys; key++) {
        if (first_profile[key].sent) {
            struct pvg_wire_info_pair pair = {key - from_zero, values[key]};

            pvg_wire_info_pair_encode(&writer, &pair);
        }
    }
    if (from_zero) {
        pad.value = values[PVG_WIRE_DEVICE_INFO_MAX_SAMPLE_COUNT]; /* key 0 is a field there */
    }
    while (!writer.overflow) {
        pvg_wire_info_pair_encode(&writer, &pad);
    }
    return pvg_ram_write(&device->memory.ram, device->session,
                         pvg_pfn_to_gpa(rec->reply, device->memory.page_shift), bytes,
                         writer.size);
}
