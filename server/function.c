/* SPDX-License-Identifier: MIT */
/* The apple-gfx PCI function: one libpvg device with what PCI puts around it. */
#include "function.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#include "base/attributes.h"

#define SMALLEST_ROM 2048

static void set_interrupt(void *host, enum pvg_interrupt line, bool level)
{
    struct function *function = host;

    if (level && line == PVG_INTERRUPT_GFX) {
        vfio_user_irqs_fire(&function->irqs, VFIO_USER_IRQ_MSI);
    }
}

static void display_changed(void *host, unsigned display)
{
    struct function *function = host;

    if (function->listener.display_changed) {
        function->listener.display_changed(function->listener.listener, display);
    }
}

static void log_message(void *host, enum pvg_log_level level, const char *message)
{
    struct function *function = host;

    function->listener.log(function->listener.listener, level, message);
}

static bool start_gpu_worker(void *host, int *socket, int *process, struct pvg_error *error)
{
    struct function *function = host;

    return function->start_gpu_worker(function->starter, socket, process, error);
}

static struct pvg_device *create_device(struct function *function,
                                        const struct function_options *options,
                                        struct pvg_error *error)
{
    const struct pvg_device_options device_options = {
        .size = sizeof(device_options),
        .variant = PVG_VARIANT_PCI,
        .ops = &function->ops,
        .host = function,
        .displays = options->displays,
        .display_count = options->display_count,
        .gpu = options->gpu,
        .trace_file = options->trace_file,
    };

    return pvg_device_create(&device_options, error);
}

/* An expansion ROM is a power of two of bytes; what lies past the image reads as erased flash. */
static uint32_t pad_rom(struct function *function, const uint8_t *rom, size_t size)
{
    uint32_t padded = SMALLEST_ROM;

    if (!rom) {
        return 0;
    }
    while (padded < size) {
        padded *= 2;
    }
    function->rom = g_malloc(padded);
    memset(function->rom, 0xff, padded);
    memcpy(function->rom, rom, size);
    return padded;
}

void function_destroy(struct function *function)
{
    if (!function) {
        return;
    }
    vfio_user_dma_destroy(function->dma);
    pvg_device_destroy(function->device);
    vfio_user_irqs_finish(&function->irqs);
    g_mutex_clear(&function->control);
    g_free(function->rom);
    g_free(function);
}
PVG_DEFINE_AUTO(function)

struct function *function_create(const struct function_options *options, struct pvg_error *error)
{
    PVG_AUTO(function) function = NULL;
    struct pci_config_options config = {
        .class_code = options->class_code,
        .express = options->express,
    };

    if (options->rom_size > VFIO_USER_MAX_DATA) {
        pvg_error_set(error, "the option ROM has %zu bytes; clients read it in one message of %u",
                      options->rom_size, VFIO_USER_MAX_DATA);
        return NULL;
    }
    function = g_new0(struct function, 1);
    function->listener = options->listener;
    function->start_gpu_worker = options->start_gpu_worker;
    function->starter = options->starter;
    function->ops = (struct pvg_host_ops){
        .size = sizeof(function->ops),
        .set_interrupt = set_interrupt,
        .display_changed = display_changed,
        .log = log_message,
        .start_gpu_worker = options->start_gpu_worker ? start_gpu_worker : NULL,
    };
    function->display_count = (unsigned)options->display_count;
    g_mutex_init(&function->control);
    vfio_user_irqs_init(&function->irqs);
    config.rom_size = pad_rom(function, options->rom, options->rom_size);
    pci_config_init(&function->config, &config);
    function->device = create_device(function, options, error);
    if (!function->device) {
        return NULL;
    }
    function->dma = vfio_user_dma_create(function->device);
    return g_steal_pointer(&function);
}

static GMutexLocker *control(struct function *function)
{
    return g_mutex_locker_new(&function->control);
}

void function_reset(struct function *function)
{
    g_autoptr(GMutexLocker) locker = control(function);

    pvg_device_reset(function->device);
    pci_config_reset(&function->config);
}

void function_start(struct function *function)
{
    g_autoptr(GMutexLocker) locker = control(function);

    pvg_device_start(function->device);
}

void function_stop(struct function *function)
{
    g_autoptr(GMutexLocker) locker = control(function);

    pvg_device_stop(function->device);
}

void function_attach(struct function *function)
{
    function_start(function);
}

void function_detach(struct function *function)
{
    vfio_user_irqs_detach(&function->irqs);
    function_reset(function);
    function_stop(function);
    function_dma_unmap_all(function);
}

void function_display_fetch(struct function *function, unsigned display, struct pvg_frame *frame,
                            struct pvg_cursor_state *cursor)
{
    g_autoptr(GMutexLocker) locker = control(function);

    pvg_display_fetch(function->device, display, frame, cursor);
}

bool function_display_connect(struct function *function, unsigned display, bool connected)
{
    g_autoptr(GMutexLocker) locker = control(function);

    if (display >= function->display_count) {
        return false;
    }
    pvg_display_connect(function->device, display, connected);
    return true;
}

int function_dma_map(struct function *function, const struct vfio_user_dma_range *range, int fd)
{
    g_autoptr(GMutexLocker) locker = control(function);

    return vfio_user_dma_map(function->dma, range, fd);
}

int function_dma_unmap(struct function *function, uint64_t address, uint64_t size)
{
    g_autoptr(GMutexLocker) locker = control(function);

    return vfio_user_dma_unmap(function->dma, address, size);
}

void function_dma_unmap_all(struct function *function)
{
    g_autoptr(GMutexLocker) locker = control(function);

    vfio_user_dma_unmap_all(function->dma);
}

bool function_save(struct function *function, void **bytes, size_t *size)
{
    g_autoptr(GMutexLocker) locker = control(function);

    return pvg_device_save(function->device, bytes, size, NULL);
}

bool function_restore(struct function *function, const void *bytes, size_t size)
{
    g_autoptr(GMutexLocker) locker = control(function);

    return pvg_device_restore(function->device, bytes, size, NULL);
}

uint64_t function_region_size(const struct function *function, uint32_t index)
{
    switch (index) {
    case VFIO_USER_REGION_BAR0:
        return PVG_GFX_WINDOW_SIZE;
    case VFIO_USER_REGION_ROM:
        return function->config.options.rom_size;
    case VFIO_USER_REGION_CONFIG:
        return pci_config_size(&function->config);
    default:
        return 0;
    }
}

static bool is_register_size(size_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

int function_region_read(struct function *function, uint32_t index, uint64_t offset, void *bytes,
                         size_t size)
{
    uint64_t value;

    switch (index) {
    case VFIO_USER_REGION_BAR0:
        if (!is_register_size(size)) {
            return EINVAL;
        }
        value = pvg_mmio_read(function->device, PVG_WINDOW_GFX, offset, size);
        memcpy(bytes, &value, size);
        return 0;
    case VFIO_USER_REGION_ROM:
        memcpy(bytes, function->rom + offset, size);
        return 0;
    case VFIO_USER_REGION_CONFIG:
        pci_config_read(&function->config, offset, bytes, size);
        return 0;
    default:
        return EINVAL;
    }
}

int function_region_write(struct function *function, uint32_t index, uint64_t offset,
                          const void *bytes, size_t size)
{
    uint64_t value = 0;

    switch (index) {
    case VFIO_USER_REGION_BAR0:
        if (!is_register_size(size)) {
            return EINVAL;
        }
        memcpy(&value, bytes, size);
        pvg_mmio_write(function->device, PVG_WINDOW_GFX, offset, value, size);
        return 0;
    case VFIO_USER_REGION_CONFIG:
        pci_config_write(&function->config, offset, bytes, size);
        return 0;
    default:
        return EINVAL; /* the ROM is read-only, the others are absent */
    }
}
