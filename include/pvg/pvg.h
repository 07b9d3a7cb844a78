/* SPDX-License-Identifier: MIT */
/* libpvg: the host end of Apple's paravirtual GPU, for any virtual machine monitor.
 *
 * One `struct pvg_device` is one apple-gfx function. The VMM gives it guest RAM and a few callbacks
 * (struct pvg_host_ops), forwards register accesses, and shows the frames that come out:
 *
 *     vCPU threads ── pvg_mmio_read/write ──▶ registers ──▶ engine thread ──▶ GPU
 *     guest RAM    ◀─ spans from pvg_ram_add ──────────────────┘               │
 *     VMM          ◀─ set_interrupt, display_changed, log (struct pvg_host_ops) ┘
 *
 * Threads. Four roles: *vCPU* (any number, never waits), *engine* (one, ours), *completion* (ours),
 * *control* (the VMM's own: everything else in this file; calls on one device must not overlap
 * unless a comment says so). No callback is made under a lock of ours.
 *
 * Spec: 10-device, 21-surfaces-arm64, as corrected by 01-errata-device. */
#ifndef PVG_PVG_H
#define PVG_PVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pvg/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PVG_EXPORT __attribute__((visibility("default")))

struct pvg_device;

/* Decides page size and address map; nothing on the wire states it. Spec: 10-device 2. */
enum pvg_variant {
    PVG_VARIANT_PCI,  /* x86-64 guests: 4 KiB pages, surfaces are task objects */
    PVG_VARIANT_MMIO, /* arm64 guests: 16 KiB pages, surfaces through the iosfc window */
};

enum pvg_window {
    PVG_WINDOW_GFX,   /* PVG_GFX_WINDOW_SIZE bytes: BAR 0, or sysbus region 0 */
    PVG_WINDOW_IOSFC, /* PVG_IOSFC_WINDOW_SIZE bytes: sysbus region 1, MMIO variant only */
};

#define PVG_GFX_WINDOW_SIZE   0x4000
#define PVG_IOSFC_WINDOW_SIZE 0x10000

enum pvg_interrupt {
    PVG_INTERRUPT_GFX,
    PVG_INTERRUPT_IOSFC,
};

enum pvg_log_level {
    PVG_LOG_GUEST_ERROR, /* the guest did something wrong, first time of its kind */
    PVG_LOG_WARNING,     /* the host lacks or lost something; the text says what to do */
    PVG_LOG_INFO,
};

#define PVG_MAX_DISPLAYS 8
#define PVG_MAX_MODES    64

struct pvg_mode {
    uint32_t width;       /* pixels, 1 to 16384 */
    uint32_t height;      /* pixels, 1 to 16384 */
    uint32_t refresh_mhz; /* thousandths of a hertz; 60000 is 60 Hz */
};

struct pvg_display_options {
    const char *name;             /* shown by the guest; NULL: "vmapple display" */
    const struct pvg_mode *modes; /* the first is preferred */
    size_t mode_count;            /* 1 to PVG_MAX_MODES */
    uint32_t width_mm, height_mm; /* physical size; 0: derived from the first mode at 110 dpi */
    uint32_t serial;              /* 0: derived, unique within the process (10-device 2.1) */
    bool disconnected;            /* true: plugged in later with pvg_display_connect */
};

/* What libpvg needs of its VMM. Kept by reference: must outlive the device. Optional operations may
 * be NULL. */
struct pvg_host_ops {
    size_t size; /* sizeof(struct pvg_host_ops), so that the table can grow */

    /* Drives an interrupt line. Each event is a rising edge: the line goes low first if it was
     * high, so an MSI front end sends one message for each call with @level true, and a wired one
     * just sets its line. Engine, completion or vCPU thread. Mandatory. */
    void (*set_interrupt)(void *host, enum pvg_interrupt line, bool level);

    /* A new frame, mode, cursor image or position is there to be fetched. Coalesced: it comes once
     * until the VMM has fetched. Engine or completion thread. Optional. */
    void (*display_changed)(void *host, unsigned display);

    /* A line for a person, no newline. Any thread. Optional. */
    void (*log)(void *host, enum pvg_log_level level, const char *message);

    /* Starts a process that runs pvg_gpu_worker_run on the other end of a new socket; stores that
     * socket and a pidfd of the process, both the device's from then on. With it the GPU is used in
     * that process only, and another is started when it dies: the guest loses what only the GPU
     * held, and goes on. Guest RAM has to have descriptors. PVG_VARIANT_PCI only. Control thread,
     * or one of ours. Optional: the GPU is used in this process. */
    bool (*start_gpu_worker)(void *host, int *socket, int *process, struct pvg_error *error);
};

struct pvg_device_options {
    size_t size; /* sizeof(struct pvg_device_options) */
    enum pvg_variant variant;
    const struct pvg_host_ops *ops;
    void *host;                                 /* first argument of every operation */
    const struct pvg_display_options *displays; /* copied */
    size_t display_count;                       /* 1 to PVG_MAX_DISPLAYS */
    const char *gpu;        /* Vulkan device: index, UUID, part of a name, "none" for the null
                               executor; NULL chooses the best */
    const char *trace_file; /* where to record the session for pvg_replay, or NULL */
    uint64_t trace_limit;   /* bytes that the recording may have; 0: 4 GiB */
};

/* ---- Life. Control thread. ---- */

/* Makes a stopped device without RAM. NULL and @error on failure. */
PVG_EXPORT struct pvg_device *pvg_device_create(const struct pvg_device_options *options,
                                                struct pvg_error *error);

/* Returns when nothing of the device runs any more. NULL is allowed. */
PVG_EXPORT void pvg_device_destroy(struct pvg_device *device);

/* The machine's reset: when it returns, no guest memory is touched and every register has its reset
 * value; displays show the firmware framebuffer again. Spec: 10-device 16.5. */
PVG_EXPORT void pvg_device_reset(struct pvg_device *device);

/* The VM stops and goes on. pvg_device_stop returns when the device is quiet: no access to guest
 * RAM and no callback until pvg_device_start. A new device is stopped. */
PVG_EXPORT void pvg_device_start(struct pvg_device *device);
PVG_EXPORT void pvg_device_stop(struct pvg_device *device);

/* Ends the recording of a stopped device, if there is one: for a VMM that exits without
 * pvg_device_destroy, which does it too. */
PVG_EXPORT void pvg_device_end_recording(struct pvg_device *device);

/* The whole state of a stopped device as bytes, to be freed with pvg_free. Guest RAM is not in it:
 * the VMM saves that. */
PVG_EXPORT bool pvg_device_save(struct pvg_device *device, void **bytes, size_t *size,
                                struct pvg_error *error);

/* Takes over a saved state; RAM must be there. The bytes are not trusted. On failure the device is
 * as after reset. */
PVG_EXPORT bool pvg_device_restore(struct pvg_device *device, const void *bytes, size_t size,
                                   struct pvg_error *error);

PVG_EXPORT void pvg_free(void *bytes);

/* ---- The GPU in a process of its own: see start_gpu_worker. ---- */

struct pvg_gpu_worker_options {
    size_t size;     /* sizeof(struct pvg_gpu_worker_options) */
    int socket;      /* taken */
    const char *gpu; /* as in struct pvg_device_options; NULL: the best */
    void *owner;     /* first argument of what follows */

    /* The GPU is open and nothing of the guest has been seen: give up rights here. Optional. */
    bool (*confine)(void *owner, struct pvg_error *error);

    /* Starts pvg-airc (by the path in settings or its own) with @socket and @memory as descriptors
     * 3 and 4 and @memory_limit as its argument, for a process that may not do so any more; stores a
     * pidfd. Compiler threads. Optional: it is started as a child. */
    bool (*start_compiler)(void *owner, int socket, int memory, uint64_t memory_limit, int *process,
                           struct pvg_error *error);
};

/* Serves one device until that is gone. False and @error when there is no GPU or no device. To be
 * called by a process that does nothing else. */
PVG_EXPORT bool pvg_gpu_worker_run(const struct pvg_gpu_worker_options *options,
                                   struct pvg_error *error);

/* ---- Guest RAM. Control thread. ---- */

struct pvg_ram_span {
    uint64_t gpa;   /* page-aligned */
    uint64_t size;  /* bytes, page-aligned */
    void *host;     /* where it is mapped here; shared with the guest */
    int fd;         /* memfd behind it, for imports, or -1; borrowed until pvg_ram_remove */
    uint64_t fd_offset;
    bool read_only;
};

/* Adds a span; it must not overlap another. */
PVG_EXPORT bool pvg_ram_add(struct pvg_device *device, const struct pvg_ram_span *span,
                            struct pvg_error *error);

/* Removes all of [@gpa, @gpa + @size), splitting spans where needed; when it returns nothing of the
 * device touches it. */
PVG_EXPORT void pvg_ram_remove(struct pvg_device *device, uint64_t gpa, uint64_t size);

/* For the VMM's migration: from now on (or no longer) the device keeps track of the pages it writes. */
PVG_EXPORT void pvg_device_log_writes(struct pvg_device *device, bool on);

/* Sets a bit in @bitmap for each page of 1 << @page_shift bytes (4 KiB at least) of
 * [@gpa, @gpa + @size) that the device wrote since the last call, and forgets it. Bit n is in byte
 * n / 8, lowest first. */
PVG_EXPORT void pvg_device_take_written(struct pvg_device *device, uint64_t gpa, uint64_t size,
                                        unsigned page_shift, uint8_t *bitmap);

/* ---- Registers. vCPU threads, any number at once. Never wait. Offsets from the window's start;
 * @size in bytes. Accesses the device does not know read 0 and change nothing. ---- */

PVG_EXPORT uint64_t pvg_mmio_read(struct pvg_device *device, enum pvg_window window,
                                  uint64_t offset, unsigned size);
PVG_EXPORT void pvg_mmio_write(struct pvg_device *device, enum pvg_window window, uint64_t offset,
                               uint64_t value, unsigned size);

/* ---- Notification by file descriptor, instead of or beside the callbacks. Control thread. ---- */

/* Writes an eventfd at each rising edge of @line, before set_interrupt. The descriptor is taken,
 * failure included; -1 removes. */
PVG_EXPORT void pvg_interrupt_set_eventfd(struct pvg_device *device, enum pvg_interrupt line,
                                          int fd);

/* Raises @line again if its cause is still unread. An MSI front end calls it when the guest enables
 * its MSI: what was raised before went nowhere. Any thread. Spec: errata row "a line held". */
PVG_EXPORT void pvg_interrupt_repeat(struct pvg_device *device, enum pvg_interrupt line);

/* An eventfd, owned by the device, readable while some display has changed and was not fetched. */
PVG_EXPORT int pvg_display_eventfd(struct pvg_device *device);

/* ---- Displays. Control thread. @display is below the display_count given at creation. ---- */

enum pvg_pixels {
    PVG_PIXELS_BGRX8888,    /* memory order B, G, R, ignored */
    PVG_PIXELS_BGR10X2,     /* little-endian u32: 2 ignored, 10 R, 10 G, 10 B from the top */
};

/* One picture of a display. Borrowed until the next pvg_display_fetch of the same display or the
 * device's end. */
struct pvg_frame {
    uint64_t serial;      /* grows with every new picture; 0: none yet */
    uint32_t width, height;
    uint32_t stride;      /* bytes */
    enum pvg_pixels format;
    const void *pixels;   /* NULL when only the dma-buf exists */
    int dmabuf_fd;        /* -1 when there is none; borrowed like the rest */
    uint64_t dmabuf_modifier;
    uint32_t dmabuf_offset;
};

struct pvg_cursor_state {
    uint64_t glyph_serial; /* grows with every new image */
    bool visible;
    int32_t x, y;          /* of the hot spot, pixels of the current mode */
    uint32_t width, height;
    uint32_t hot_x, hot_y;
    const uint32_t *pixels; /* width * height, 0xAARRGGBB premultiplied; borrowed as a frame is */
};

/* The newest picture and cursor. Also tells the device that the VMM keeps up. */
PVG_EXPORT void pvg_display_fetch(struct pvg_device *device, unsigned display,
                                  struct pvg_frame *frame, struct pvg_cursor_state *cursor);

/* Whether somebody watches this display; unwatched, its frames count as shown at once. */
PVG_EXPORT void pvg_display_set_watched(struct pvg_device *device, unsigned display, bool watched);

/* Plugs and unplugs at run time; the guest is told. */
PVG_EXPORT void pvg_display_connect(struct pvg_device *device, unsigned display, bool connected);

/* Whether it is plugged in, be it so from the start, since then, or by a restored state. */
PVG_EXPORT bool pvg_display_connected(struct pvg_device *device, unsigned display);

/* Replaces the mode list, as when a window is resized; the guest re-reads it. */
PVG_EXPORT bool pvg_display_set_modes(struct pvg_device *device, unsigned display,
                                      const struct pvg_mode *modes, size_t count,
                                      struct pvg_error *error);

/* Parses "1920x1080@60,1280x800" (refresh optional, decimals allowed) into at most @capacity modes.
 * Returns how many, or 0 and @error, which names the wrong part. */
PVG_EXPORT size_t pvg_modes_parse(const char *text, struct pvg_mode *modes, size_t capacity,
                                  struct pvg_error *error);

/* ---- Statistics. Any thread. ---- */

struct pvg_statistic {
    const char *name; /* "packets", "refused.RANGE", "displays.0.presents"; lives with the device */
    uint64_t value;
};

/* Fills at most @capacity entries and returns how many there are. */
PVG_EXPORT size_t pvg_stats(struct pvg_device *device, struct pvg_statistic *out, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
