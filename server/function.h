/* SPDX-License-Identifier: MIT */
/* The apple-gfx PCI function: one libpvg device with what PCI puts around it.
 *
 * It outlives the clients that attach to it, one after another. Two threads share it: the protocol
 * thread, and the display thread, which makes the calls that say so. */
#ifndef SERVER_FUNCTION_H
#define SERVER_FUNCTION_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pvg/pvg.h>

#include "dma.h"
#include "irqs.h"
#include "pci_config.h"

/* The server's own windows on what the device tells its VMM. Any thread. */
struct function_listener {
    void (*display_changed)(void *listener, unsigned display); /* may be NULL */
    void (*log)(void *listener, enum pvg_log_level level, const char *message);
    void *listener;
};

struct function_options {
    const struct pvg_display_options *displays;
    size_t display_count;
    const char *gpu;
    const char *trace_file;
    bool express;
    uint32_t class_code;
    const uint8_t *rom; /* copied; NULL: none */
    size_t rom_size;
    struct function_listener listener;

    /* See pvg_host_ops; NULL: the GPU is used in this process. */
    bool (*start_gpu_worker)(void *starter, int *socket, int *process, struct pvg_error *error);
    void *starter;
};

struct function {
    struct pvg_host_ops ops;
    struct pvg_device *device;
    unsigned display_count;
    struct vfio_user_dma *dma;
    struct vfio_user_irqs irqs;
    struct pci_config config;
    uint8_t *rom; /* config.options.rom_size bytes, padded with 0xff */
    struct function_listener listener;
    bool (*start_gpu_worker)(void *starter, int *socket, int *process, struct pvg_error *error);
    void *starter;
    GMutex control; /* held for each control call of libpvg: it takes one at a time */
};

struct function *function_create(const struct function_options *options, struct pvg_error *error);
void function_destroy(struct function *function);

/* Power-on values of device and configuration space; memory and interrupts stay attached. */
void function_reset(struct function *function);

/* A client has come, or is gone: then nothing of it is kept. */
void function_attach(struct function *function);
void function_detach(struct function *function);

/* The newest picture and cursor of a display; see pvg_display_fetch. Display thread. */
void function_display_fetch(struct function *function, unsigned display, struct pvg_frame *frame,
                            struct pvg_cursor_state *cursor);

/* Plugs a display in or pulls it out; false when there is none of that number. Display thread. */
bool function_display_connect(struct function *function, unsigned display, bool connected);

/* DMA_MAP and DMA_UNMAP; see dma.h. */
int function_dma_map(struct function *function, const struct vfio_user_dma_range *range, int fd);
int function_dma_unmap(struct function *function, uint64_t address, uint64_t size);
void function_dma_unmap_all(struct function *function);

/* The device's state without guest memory, and back; bytes to be freed with pvg_free. */
bool function_save(struct function *function, void **bytes, size_t *size);
bool function_restore(struct function *function, const void *bytes, size_t size);
void function_start(struct function *function);
void function_stop(struct function *function);

/* The size of PCI region @index; 0: absent. */
uint64_t function_region_size(const struct function *function, uint32_t index);

/* An access that lies within region @index. 0 or a positive errno. */
int function_region_read(struct function *function, uint32_t index, uint64_t offset, void *bytes,
                         size_t size);
int function_region_write(struct function *function, uint32_t index, uint64_t offset,
                          const void *bytes, size_t size);

#endif
