/* SPDX-License-Identifier: MIT */
/* What each gfx register does when it is read and written. */
#include "device/registers.h"

#include <string.h>

#include "base/probe.h"
#include "base/section.h"
#include "device/device.h"
#include "wire/registers.h"

/* Highest protocol version that we grant: a guest proposes its own highest first, so a high cap is
 * never above its table. Errata row "Which cap". */
#define VERSION_MAX     62
#define VERSION_CLOSING 0x80000000u /* the guest's last word when it found no version */

#define EFI_STRIDE_ALIGN 64

void pvg_registers_init(struct pvg_registers *registers)
{
    pthread_mutex_init(&registers->fifo_lock, NULL);
}

void pvg_registers_finish(struct pvg_registers *registers)
{
    pthread_mutex_destroy(&registers->fifo_lock);
}

#define WORDS 16

/* The plain words, in the order in which they are saved. */
static void gather_words(struct pvg_registers *r, _Atomic uint32_t *out[WORDS])
{
    _Atomic uint32_t *words[WORDS] = {
        &r->control_fifo, &r->fifo_length,    &r->fifo_written, &r->fifo_start,
        &r->root_page,    &r->base_page,      &r->fifo_read,    &r->status_display,
        &r->status_gpu,   &r->version,        &r->efi_display,  &r->efi_mode,
        &r->fb_length,    &r->fb_depth,       &r->fb_mode,      &r->fb_stride,
    };

    memcpy(out, words, sizeof(words));
}

void pvg_registers_reset(struct pvg_device *device)
{
    struct pvg_registers *r = &device->registers;
    _Atomic uint32_t *words[WORDS];

    gather_words(r, words);
    pthread_mutex_lock(&r->fifo_lock);
    r->setup = (struct pvg_fifo_setup){.session = pvg_ram_end_session(&device->memory.ram)};
    for (size_t i = 0; i < WORDS; i++) {
        atomic_store(words[i], 0);
    }
    atomic_store(&r->fb_start, 0);
    pthread_mutex_unlock(&r->fifo_lock);
    pvg_interrupt_drop(&device->gfx_line);
}

/* Drops the line when its last cause has been read. An event may come in between: look again. */
static void settle_line(struct pvg_device *device)
{
    struct pvg_registers *r = &device->registers;

    if (atomic_load(&r->status_gpu) || atomic_load(&r->status_display)) {
        return;
    }
    pvg_interrupt_drop(&device->gfx_line);
    if (atomic_load(&r->status_gpu) || atomic_load(&r->status_display)) {
        pvg_interrupt_raise(&device->gfx_line);
    }
}

static uint32_t take_status(struct pvg_device *device, _Atomic uint32_t *status)
{
    uint32_t value = atomic_exchange(status, 0);

    settle_line(device);
    return value;
}

static void clear_status(struct pvg_device *device, _Atomic uint32_t *status, uint32_t bits)
{
    atomic_fetch_and(status, ~bits);
    settle_line(device);
}

void pvg_registers_retell(struct pvg_device *device)
{
    if (atomic_load(&device->registers.status_gpu) ||
        atomic_load(&device->registers.status_display)) {
        pvg_interrupt_raise(&device->gfx_line);
    }
}

void pvg_registers_event_gpu(struct pvg_device *device, uint32_t bits)
{
    atomic_fetch_or(&device->registers.status_gpu, bits);
    pvg_interrupt_raise(&device->gfx_line);
}

void pvg_registers_event_display(struct pvg_device *device, uint32_t bits)
{
    atomic_fetch_or(&device->registers.status_display, bits);
    pvg_interrupt_raise(&device->gfx_line);
}

/* At both edges the counters start over and nothing of the old session may land any more: the
 * driver frees its pages as soon as this returns. */
static void switch_fifo(struct pvg_device *device, uint32_t value)
{
    struct pvg_registers *r = &device->registers;
    bool was_on;

    pthread_mutex_lock(&r->fifo_lock);
    was_on = atomic_exchange(&r->control_fifo, value) != 0;
    if (was_on != (value != 0)) {
        uint64_t session = pvg_ram_end_session(&device->memory.ram);

        atomic_store(&r->fifo_written, 0);
        atomic_store(&r->fifo_read, 0);
        r->setup = (struct pvg_fifo_setup){
            .session = session,
            .enabled = value != 0,
            .base_page = atomic_load(&r->base_page),
            .start = atomic_load(&r->fifo_start),
            .length = atomic_load(&r->fifo_length),
        };
    }
    pthread_mutex_unlock(&r->fifo_lock);
    pvg_engine_mark(&device->engine, PVG_WORK_FIFO | PVG_WORK_CHANNEL(0));
}

struct pvg_fifo_setup pvg_registers_fifo(struct pvg_registers *registers)
{
    struct pvg_fifo_setup setup;

    pthread_mutex_lock(&registers->fifo_lock);
    setup = registers->setup;
    pthread_mutex_unlock(&registers->fifo_lock);
    return setup;
}

enum pvg_refusal pvg_registers_publish_head(struct pvg_device *device, uint64_t session,
                                            uint32_t value)
{
    struct pvg_ram *ram = &device->memory.ram;
    enum pvg_refusal why = PVG_REFUSED_STALE;

    /* Switching off ends the session before it zeroes the register. */
    pvg_ram_lock(ram);
    if (session == pvg_ram_session(ram)) {
        atomic_store(&device->registers.fifo_read, value);
        why = PVG_ACCEPTED;
    }
    pvg_ram_unlock(ram);
    return why;
}

static void write_version(struct pvg_registers *r, uint32_t value)
{
    atomic_store(&r->version, value & VERSION_CLOSING ? value : MIN(value, VERSION_MAX));
}

static void ring_channel(struct pvg_device *device, uint32_t channel)
{
    if (channel >= 1 && channel < PVG_MAX_CHANNELS) {
        pvg_engine_mark(&device->engine, PVG_WORK_CHANNEL(channel));
    } else {
        pvg_count(device->counts.bad_doorbells, 1);
    }
}

/* The register that is plain storage at @offset, or NULL. */
static _Atomic uint32_t *storage(struct pvg_registers *r, uint64_t offset)
{
    switch (offset) {
    case PVG_WIRE_GFX_CONTROL_FIFO:
        return &r->control_fifo;
    case PVG_WIRE_GFX_FIFO_LENGTH:
        return &r->fifo_length;
    case PVG_WIRE_GFX_FIFO_WRITTEN:
        return &r->fifo_written;
    case PVG_WIRE_GFX_FIFO_START:
        return &r->fifo_start;
    case PVG_WIRE_GFX_ROOT_PAGE:
        return &r->root_page;
    case PVG_WIRE_GFX_FIFO_BASE_PAGE:
        return &r->base_page;
    case PVG_WIRE_GFX_VERSION:
        return &r->version;
    case PVG_WIRE_GFX_EFI_DISPLAY:
        return &r->efi_display;
    case PVG_WIRE_GFX_EFI_MODE_SELECT:
        return &r->efi_mode;
    case PVG_WIRE_GFX_EFI_FB_LENGTH:
        return &r->fb_length;
    case PVG_WIRE_GFX_EFI_FB_DEPTH:
        return &r->fb_depth;
    case PVG_WIRE_GFX_EFI_FB_MODE:
        return &r->fb_mode;
    case PVG_WIRE_GFX_EFI_FB_STRIDE:
        return &r->fb_stride;
    default:
        return NULL;
    }
}

static uint32_t read_word(struct pvg_device *device, uint64_t offset)
{
    struct pvg_registers *r = &device->registers;
    _Atomic uint32_t *word = storage(r, offset);

    if (word) {
        return atomic_load(word);
    }
    switch (offset) {
    case PVG_WIRE_GFX_FIFO_READ:
        return atomic_load(&r->fifo_read);
    case PVG_WIRE_GFX_STATUS_DISPLAY:
        return take_status(device, &r->status_display);
    case PVG_WIRE_GFX_STATUS_GPU:
        return take_status(device, &r->status_gpu);
    case PVG_WIRE_GFX_EFI_MODE_COUNT:
        return pvg_firmware_mode_count(&device->firmware);
    case PVG_WIRE_GFX_EFI_MODE_SIZE:
        return pvg_firmware_mode_size(&device->firmware, atomic_load(&r->efi_mode));
    case PVG_WIRE_GFX_EFI_FB_START:
        return (uint32_t)atomic_load(&r->fb_start);
    case PVG_WIRE_GFX_EFI_STRIDE_ALIGN:
        return EFI_STRIDE_ALIGN;
    case PVG_WIRE_GFX_DISPLAY_PORTS:
        return device->display_count;
    case PVG_WIRE_GFX_BUILTIN_CONNECTED:
        return pvg_display_is_connected(&device->displays[0]);
    default:
        return 0;
    }
}

static void write_word(struct pvg_device *device, uint64_t offset, uint32_t value)
{
    struct pvg_registers *r = &device->registers;
    _Atomic uint32_t *word;

    switch (offset) {
    case PVG_WIRE_GFX_CONTROL_FIFO:
        switch_fifo(device, value);
        return;
    case PVG_WIRE_GFX_FIFO_WRITTEN:
        /* Lost while switched off: switching on counts from 0. */
        if (atomic_load(&r->control_fifo)) {
            atomic_store(&r->fifo_written, value);
            pvg_engine_mark(&device->engine, PVG_WORK_CHANNEL(0));
        }
        return;
    case PVG_WIRE_GFX_MAIN_KICK:
        pvg_engine_mark(&device->engine, PVG_WORK_CHANNEL(0));
        return;
    case PVG_WIRE_GFX_CHILD_DOORBELL:
    case PVG_WIRE_GFX_CHILD_REPLAY:
        ring_channel(device, value);
        return;
    case PVG_WIRE_GFX_STATUS_DISPLAY:
        clear_status(device, &r->status_display, value);
        return;
    case PVG_WIRE_GFX_STATUS_GPU:
        clear_status(device, &r->status_gpu, value);
        return;
    case PVG_WIRE_GFX_VERSION:
        write_version(r, value);
        return;
    case PVG_WIRE_GFX_EFI_FB_START: {
        uint64_t old = atomic_load(&r->fb_start);

        while (!atomic_compare_exchange_weak(&r->fb_start, &old,
                                             (old & ~(uint64_t)UINT32_MAX) | value)) {
        }
        return;
    }
    case PVG_WIRE_GFX_DISPLAY_DOORBELL:
        if (value < device->display_count) {
            pvg_engine_mark(&device->engine, PVG_WORK_CURSOR(value));
        }
        return;
    default:
        word = storage(r, offset);
        if (word) {
            atomic_store(word, value);
        }
    }
}

uint64_t pvg_registers_read(struct pvg_device *device, uint64_t offset, unsigned size)
{
    uint64_t low;

    if (size == 4 && !(offset & 3)) {
        return read_word(device, offset);
    }
    if (size != 8 || offset & 3) {
        return 0;
    }
    if (offset == PVG_WIRE_GFX_EFI_FB_START) {
        return atomic_load(&device->registers.fb_start);
    }
    low = read_word(device, offset);
    if (offset == PVG_WIRE_GFX_FIFO_BASE_PAGE) {
        return low;
    }
    return low | (uint64_t)read_word(device, offset + 4) << 32;
}

void pvg_registers_write(struct pvg_device *device, uint64_t offset, uint64_t value, unsigned size)
{
    if (size == 4 && !(offset & 3)) {
        write_word(device, offset, (uint32_t)value);
        return;
    }
    if (size != 8 || offset & 3) {
        return;
    }
    if (offset == PVG_WIRE_GFX_EFI_FB_START) {
        atomic_store(&device->registers.fb_start, value);
        return;
    }
    write_word(device, offset, (uint32_t)value);
    if (offset != PVG_WIRE_GFX_FIFO_BASE_PAGE) {
        write_word(device, offset + 4, (uint32_t)(value >> 32));
    }
}

/* ---- Saved state ---- */

#define TAG     PVG_SECTION_TAG("REGS")
#define VERSION 1

void pvg_registers_save(struct pvg_device *device, struct pvg_saver *saver)
{
    struct pvg_registers *r = &device->registers;
    _Atomic uint32_t *words[WORDS];

    gather_words(r, words);
    pvg_save_begin(saver, TAG, VERSION);
    for (size_t i = 0; i < WORDS; i++) {
        pvg_save_u32(saver, atomic_load(words[i]));
    }
    pvg_save_u64(saver, atomic_load(&r->fb_start));
    pvg_save_u8(saver, r->setup.enabled);
    pvg_save_u32(saver, r->setup.base_page);
    pvg_save_u32(saver, r->setup.start);
    pvg_save_u32(saver, r->setup.length);
    pvg_save_end(saver);
}

enum pvg_refusal pvg_registers_restore(struct pvg_device *device, struct pvg_cursor *from)
{
    struct pvg_registers *r = &device->registers;
    _Atomic uint32_t *words[WORDS];
    struct pvg_cursor section;

    gather_words(r, words);
    pvg_restore_section(from, TAG, VERSION, &section);
    for (size_t i = 0; i < WORDS; i++) {
        atomic_store(words[i], pvg_take_u32(&section));
    }
    atomic_store(&r->fb_start, pvg_take_u64(&section));
    r->setup.enabled = pvg_take_u8(&section) != 0;
    r->setup.base_page = pvg_take_u32(&section);
    r->setup.start = pvg_take_u32(&section);
    r->setup.length = pvg_take_u32(&section);
    return section.refusal;
}
