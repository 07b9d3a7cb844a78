/*
 * apple-gfx: Apple's paravirtual GPU
 *
 * Brings libpvg into QEMU: registers, interrupts, guest RAM, consoles, run
 * state, reset and migration. Nothing here knows the protocol.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "apple-gfx.h"
#include "block/aio.h"
#include "exec/address-spaces.h"
#include "exec/ramblock.h"
#include "exec/target_page.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/bitmap.h"
#include "qemu/error-report.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "system/runstate.h"
#include "system/system.h"
#include "trace.h"

#define RAM_ALIGN 0x1000 /* what libpvg asks of a span */
#define WINDOW_RATE_MHZ 60000
#define WINDOW_LEAST 200 /* pixels, either way: no desktop fits a smaller one */
#define DEFAULT_MODES \
    "1920x1080@60,1280x720@60,1280x800@60,1440x900@60,1680x1050@60," \
    "1920x1200@60,2560x1440@60,2560x1600@60,3840x2160@60"

/*
 * Registers
 */

static uint64_t gfx_read(void *opaque, hwaddr offset, unsigned size)
{
    AppleGFXState *s = opaque;
    uint64_t value = pvg_mmio_read(s->pvg, PVG_WINDOW_GFX, offset, size);

    trace_apple_gfx_read(offset, size, value);
    return value;
}

static void gfx_write(void *opaque, hwaddr offset, uint64_t value,
                      unsigned size)
{
    AppleGFXState *s = opaque;

    trace_apple_gfx_write(offset, size, value);
    pvg_mmio_write(s->pvg, PVG_WINDOW_GFX, offset, value, size);
}

static uint64_t iosfc_read(void *opaque, hwaddr offset, unsigned size)
{
    AppleGFXState *s = opaque;
    uint64_t value = pvg_mmio_read(s->pvg, PVG_WINDOW_IOSFC, offset, size);

    trace_apple_gfx_iosfc_read(offset, size, value);
    return value;
}

static void iosfc_write(void *opaque, hwaddr offset, uint64_t value,
                        unsigned size)
{
    AppleGFXState *s = opaque;

    trace_apple_gfx_iosfc_write(offset, size, value);
    pvg_mmio_write(s->pvg, PVG_WINDOW_IOSFC, offset, value, size);
}

/* libpvg answers every width itself. */
static const MemoryRegionOps gfx_ops = {
    .read = gfx_read,
    .write = gfx_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static const MemoryRegionOps iosfc_ops = {
    .read = iosfc_read,
    .write = iosfc_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

/*
 * Interrupts
 */

static void apply_interrupts(AppleGFXState *s)
{
    for (int i = 0; i < ARRAY_SIZE(s->lines); i++) {
        bool level, edge;

        WITH_QEMU_LOCK_GUARD(&s->lock) {
            level = s->lines[i].level;
            edge = s->lines[i].edge;
            s->lines[i].edge = false;
        }
        if (edge) {
            s->set_irq(s, i, false);
            s->set_irq(s, i, true);
        }
        if (!level) {
            s->set_irq(s, i, false);
        }
        if (edge || !level) {
            trace_apple_gfx_interrupt(i, edge, level);
        }
    }
}

static void interrupts_bh(void *opaque)
{
    apply_interrupts(opaque);
}

static void set_interrupt(void *host, enum pvg_interrupt line, bool level)
{
    AppleGFXState *s = host;

    WITH_QEMU_LOCK_GUARD(&s->lock) {
        s->lines[line].level = level;
        /* A line that falls again takes an edge nobody saw with it. */
        s->lines[line].edge = level;
    }
    if (bql_locked()) {
        apply_interrupts(s);
    } else {
        qemu_bh_schedule(s->interrupts);
    }
}

static void log_line(void *host, enum pvg_log_level level, const char *message)
{
    switch (level) {
    case PVG_LOG_GUEST_ERROR:
        qemu_log_mask(LOG_GUEST_ERROR, "apple-gfx: %s\n", message);
        break;
    case PVG_LOG_WARNING:
        warn_report("apple-gfx: %s", message);
        break;
    case PVG_LOG_INFO:
        trace_apple_gfx_info(message);
        break;
    }
}

/*
 * Displays
 */

static void show_frame(AppleGFXDisplay *display, const struct pvg_frame *frame)
{
    DisplaySurface *surface;

    if (frame->serial == display->frame_serial || !frame->pixels) {
        return;
    }
    display->frame_serial = frame->serial;
    trace_apple_gfx_frame(display->index, frame->serial,
                          frame->width, frame->height);

    if (frame->format == PVG_PIXELS_BGRX8888) {
        /*
         * The picture itself, no copy: libpvg leaves it alone until the next
         * one is fetched, and by then it has been replaced here.
         */
        surface = qemu_create_displaysurface_from(frame->width, frame->height,
            PIXMAN_x8r8g8b8, frame->stride, (uint8_t *)frame->pixels);
    } else {
        pixman_image_t *deep = pixman_image_create_bits(PIXMAN_x2r10g10b10,
            frame->width, frame->height, (uint32_t *)frame->pixels,
            frame->stride);

        surface = qemu_create_displaysurface(frame->width, frame->height);
        pixman_image_composite(PIXMAN_OP_SRC, deep, NULL, surface->image,
                               0, 0, 0, 0, 0, 0, frame->width, frame->height);
        pixman_image_unref(deep);
    }
    dpy_gfx_replace_surface(display->console, surface);
    dpy_gfx_update_full(display->console);
}

static void show_cursor(AppleGFXDisplay *display,
                        const struct pvg_cursor_state *cursor)
{
    if (cursor->glyph_serial != display->glyph_serial) {
        QEMUCursor *glyph = cursor_alloc(cursor->width, cursor->height);

        display->glyph_serial = cursor->glyph_serial;
        if (glyph) {
            glyph->hot_x = cursor->hot_x;
            glyph->hot_y = cursor->hot_y;
            memcpy(glyph->data, cursor->pixels,
                   cursor->width * cursor->height * sizeof(uint32_t));
            dpy_cursor_define(display->console, glyph);
            cursor_unref(glyph);
        }
    }
    if (cursor->visible != display->cursor_visible ||
        cursor->x != display->cursor_x || cursor->y != display->cursor_y) {
        display->cursor_visible = cursor->visible;
        display->cursor_x = cursor->x;
        display->cursor_y = cursor->y;
        dpy_mouse_set(display->console, cursor->x, cursor->y, cursor->visible);
    }
}

static void update_display(void *opaque)
{
    AppleGFXDisplay *display = opaque;
    struct pvg_frame frame = {};
    struct pvg_cursor_state cursor = {};

    pvg_display_fetch(display->gfx->pvg, display->index, &frame, &cursor);
    show_frame(display, &frame);
    show_cursor(display, &cursor);
}

/*
 * The user made the window another size: a guest that follows the list takes
 * it up. Before the first picture, and where the window only took the size of
 * the picture, it is not the user's doing.
 */
static void window_resized(void *opaque, uint32_t head, QemuUIInfo *info)
{
    AppleGFXDisplay *display = opaque;
    AppleGFXState *s = display->gfx;
    struct pvg_mode modes[PVG_MAX_MODES] = {
        { info->width, info->height, WINDOW_RATE_MHZ },
    };
    struct pvg_error error = {};
    size_t count;

    if (s->num_modes || !display->frame_serial ||
        info->width < WINDOW_LEAST || info->height < WINDOW_LEAST ||
        (info->width == qemu_console_get_width(display->console, 0) &&
         info->height == qemu_console_get_height(display->console, 0))) {
        return;
    }
    count = pvg_modes_parse(DEFAULT_MODES, modes + 1, PVG_MAX_MODES - 1,
                            &error);
    if (!pvg_display_set_modes(s->pvg, display->index, modes, count + 1,
                               &error)) {
        trace_apple_gfx_info(error.message);
    }
}

static const GraphicHwOps display_ops = {
    .gfx_update = update_display,
    .ui_info = window_resized,
};

static void display_changed(void *host, unsigned index)
{
    AppleGFXState *s = host;

    qemu_bh_schedule(s->displays[index].changed);
}

static void open_displays(AppleGFXState *s)
{
    for (unsigned i = 0; i < s->num_displays; i++) {
        s->displays[i].console = graphic_console_init(s->dev, i, &display_ops,
                                                      &s->displays[i]);
    }
}

static void close_displays(AppleGFXState *s)
{
    for (unsigned i = 0; i < s->num_displays; i++) {
        /* Its pixels go with the device. */
        dpy_gfx_replace_surface(s->displays[i].console, NULL);
        graphic_console_close(s->displays[i].console);
        s->displays[i].console = NULL;
    }
}

/*
 * Guest RAM
 */

/* The part of @section that libpvg can use; false: there is none. */
static bool section_span(const MemoryRegionSection *section,
                         struct pvg_ram_span *span)
{
    MemoryRegion *mr = section->mr;
    hwaddr start = section->offset_within_address_space;
    hwaddr end = start + int128_get64(section->size);
    hwaddr offset = section->offset_within_region;

    if (!memory_region_is_ram(mr) || memory_region_is_ram_device(mr)) {
        return false;
    }
    offset += ROUND_UP(start, RAM_ALIGN) - start;
    start = ROUND_UP(start, RAM_ALIGN);
    end = ROUND_DOWN(end, RAM_ALIGN);
    if (end <= start) {
        return false;
    }
    *span = (struct pvg_ram_span) {
        .gpa = start,
        .size = end - start,
        .host = (uint8_t *)memory_region_get_ram_ptr(mr) + offset,
        .fd = memory_region_get_fd(mr),
        .fd_offset = mr->ram_block->fd_offset + offset,
        .read_only = section->readonly,
    };
    return QEMU_PTR_IS_ALIGNED(span->host, RAM_ALIGN);
}

static void ram_add(MemoryListener *listener, MemoryRegionSection *section)
{
    AppleGFXState *s = container_of(listener, AppleGFXState, ram);
    struct pvg_error error = {};
    struct pvg_ram_span span;

    if (!section_span(section, &span)) {
        return;
    }
    trace_apple_gfx_ram_add(span.gpa, span.size, span.read_only);
    if (!pvg_ram_add(s->pvg, &span, &error)) {
        warn_report("apple-gfx: no access to guest memory at 0x%" PRIx64 ": %s",
                    span.gpa, error.message);
    }
}

static void ram_del(MemoryListener *listener, MemoryRegionSection *section)
{
    AppleGFXState *s = container_of(listener, AppleGFXState, ram);
    struct pvg_ram_span span;

    if (section_span(section, &span)) {
        trace_apple_gfx_ram_del(span.gpa, span.size);
        pvg_ram_remove(s->pvg, span.gpa, span.size);
    }
}

static bool ram_log_start(MemoryListener *listener, Error **errp)
{
    pvg_device_log_writes(container_of(listener, AppleGFXState, ram)->pvg, true);
    return true;
}

static void ram_log_stop(MemoryListener *listener)
{
    pvg_device_log_writes(container_of(listener, AppleGFXState, ram)->pvg, false);
}

/* Tells migration which pages the device wrote since it last asked. */
static void ram_log_sync(MemoryListener *listener,
                         MemoryRegionSection *section)
{
    AppleGFXState *s = container_of(listener, AppleGFXState, ram);
    unsigned page_bits = qemu_target_page_bits();
    g_autofree unsigned long *written = NULL;
    struct pvg_ram_span span;
    hwaddr in_region;
    uint64_t pages;

    if (!section_span(section, &span)) {
        return;
    }
    in_region = section->offset_within_region +
                (span.gpa - section->offset_within_address_space);
    pages = span.size >> page_bits;
    written = bitmap_new(pages);
    pvg_device_take_written(s->pvg, span.gpa, span.size, page_bits,
                         (uint8_t *)written);
    bitmap_from_le(written, written, pages);
    for (uint64_t page = find_first_bit(written, pages); page < pages;
         page = find_next_bit(written, pages, page + 1)) {
        memory_region_set_dirty(section->mr, in_region + (page << page_bits),
                                1 << page_bits);
    }
}

/*
 * Statistics: a property, {"packets": 12, "refused.RANGE": 0, ...}
 */

static void get_statistics(Object *obj, Visitor *v, const char *name,
                           void *opaque, Error **errp)
{
    AppleGFXState *s = opaque;
    size_t count = pvg_stats(s->pvg, NULL, 0);
    g_autofree struct pvg_statistic *all = g_new(struct pvg_statistic, count);

    count = MIN(count, pvg_stats(s->pvg, all, count));
    if (!visit_start_struct(v, name, NULL, 0, errp)) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!visit_type_uint64(v, all[i].name, &all[i].value, errp)) {
            break;
        }
    }
    visit_end_struct(v, NULL);
}

/*
 * Displays come and go at run time: a property of each, "plugged[0]"
 */

static void get_plugged(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    AppleGFXDisplay *display = opaque;
    bool plugged = pvg_display_connected(display->gfx->pvg, display->index);

    visit_type_bool(v, name, &plugged, errp);
}

static void set_plugged(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    AppleGFXDisplay *display = opaque;
    bool plugged;

    if (visit_type_bool(v, name, &plugged, errp)) {
        pvg_display_connect(display->gfx->pvg, display->index, plugged);
    }
}

static void add_properties(AppleGFXState *s)
{
    object_property_add(OBJECT(s->dev), "statistics", "dict", get_statistics,
                        NULL, NULL, s);
    for (unsigned i = 0; i < s->num_displays; i++) {
        g_autofree char *name = g_strdup_printf("plugged[%u]", i);

        object_property_add(OBJECT(s->dev), name, "bool", get_plugged,
                            set_plugged, NULL, &s->displays[i]);
    }
}

static void delete_properties(AppleGFXState *s)
{
    object_property_del(OBJECT(s->dev), "statistics");
    for (unsigned i = 0; i < s->num_displays; i++) {
        g_autofree char *name = g_strdup_printf("plugged[%u]", i);

        object_property_del(OBJECT(s->dev), name);
    }
}

/*
 * Life
 */

static void run_state_changed(void *opaque, bool running, RunState state)
{
    AppleGFXState *s = opaque;

    if (running) {
        pvg_device_start(s->pvg);
    } else {
        pvg_device_stop(s->pvg);
        apply_interrupts(s); /* into the state that may be saved now */
    }
}

/* QEMU ends without unrealizing devices; the machine is stopped by now. */
static void end_recording(Notifier *notifier, void *data)
{
    AppleGFXState *s = container_of(notifier, AppleGFXState, exit);

    pvg_device_end_recording(s->pvg);
}

static bool parse_modes(AppleGFXState *s, struct pvg_mode *modes,
                        size_t *count, Error **errp)
{
    struct pvg_error error = {};

    *count = 0;
    if (!s->num_modes) {
        *count = pvg_modes_parse(DEFAULT_MODES, modes, PVG_MAX_MODES, &error);
        assert(*count);
    }
    for (uint32_t i = 0; i < s->num_modes; i++) {
        size_t n = pvg_modes_parse(s->modes[i], modes + *count,
                                   PVG_MAX_MODES - *count, &error);

        if (!n) {
            error_setg(errp, "display-modes: %s", error.message);
            return false;
        }
        *count += n;
    }
    return true;
}

static bool create_device(AppleGFXState *s, enum pvg_variant variant,
                          Error **errp)
{
    static const struct pvg_host_ops ops = {
        .size = sizeof(ops),
        .set_interrupt = set_interrupt,
        .display_changed = display_changed,
        .log = log_line,
    };
    struct pvg_display_options displays[PVG_MAX_DISPLAYS] = {};
    struct pvg_mode modes[PVG_MAX_MODES];
    struct pvg_error error = {};
    struct pvg_device_options options = {
        .size = sizeof(options),
        .variant = variant,
        .ops = &ops,
        .host = s,
        .displays = displays,
        .display_count = s->num_displays,
        .gpu = s->gpu,
        .trace_file = s->trace_file,
    };
    size_t count;

    if (!s->num_displays || s->num_displays > PVG_MAX_DISPLAYS) {
        error_setg(errp, "displays: %u is not a number from 1 to %d",
                   s->num_displays, PVG_MAX_DISPLAYS);
        return false;
    }
    if (!parse_modes(s, modes, &count, errp)) {
        return false;
    }
    for (unsigned i = 0; i < s->num_displays; i++) {
        displays[i].modes = modes;
        displays[i].mode_count = count;
    }
    s->pvg = pvg_device_create(&options, &error);
    if (!s->pvg) {
        error_setg(errp, "%s", error.message);
        return false;
    }
    return true;
}

bool apple_gfx_realize(AppleGFXState *s, DeviceState *dev,
                       enum pvg_variant variant, AppleGFXSetIRQ *set_irq,
                       Error **errp)
{
    s->dev = dev;
    s->set_irq = set_irq;
    if (!create_device(s, variant, errp)) {
        return false;
    }

    qemu_mutex_init(&s->lock);
    s->interrupts = qemu_bh_new_guarded(interrupts_bh, s,
                                        &dev->mem_reentrancy_guard);
    for (unsigned i = 0; i < s->num_displays; i++) {
        s->displays[i].gfx = s;
        s->displays[i].index = i;
        s->displays[i].changed = qemu_bh_new(update_display, &s->displays[i]);
    }

    memory_region_init_io(&s->gfx, OBJECT(dev), &gfx_ops, s, "apple-gfx.gfx",
                          PVG_GFX_WINDOW_SIZE);
    if (variant == PVG_VARIANT_MMIO) {
        memory_region_init_io(&s->iosfc, OBJECT(dev), &iosfc_ops, s,
                              "apple-gfx.iosfc", PVG_IOSFC_WINDOW_SIZE);
    }

    s->ram = (MemoryListener) {
        .name = "apple-gfx",
        .region_add = ram_add,
        .region_del = ram_del,
        .log_global_start = ram_log_start,
        .log_global_stop = ram_log_stop,
        .log_sync = ram_log_sync,
    };
    memory_listener_register(&s->ram, &address_space_memory);
    open_displays(s);
    add_properties(s);
    s->run_state = qdev_add_vm_change_state_handler(dev, run_state_changed, s);
    s->exit.notify = end_recording;
    qemu_add_exit_notifier(&s->exit);
    if (runstate_is_running()) {
        pvg_device_start(s->pvg); /* plugged into a running machine */
    }
    return true;
}

void apple_gfx_unrealize(AppleGFXState *s)
{
    qemu_remove_exit_notifier(&s->exit);
    qemu_del_vm_change_state_handler(s->run_state);
    delete_properties(s);
    pvg_device_stop(s->pvg);
    memory_listener_unregister(&s->ram);
    close_displays(s);
    pvg_device_destroy(s->pvg);
    s->pvg = NULL;
    for (unsigned i = 0; i < s->num_displays; i++) {
        qemu_bh_delete(s->displays[i].changed);
    }
    qemu_bh_delete(s->interrupts);
    qemu_mutex_destroy(&s->lock);
}

void apple_gfx_reset(AppleGFXState *s)
{
    pvg_device_reset(s->pvg);
    apply_interrupts(s);
}

/*
 * Migration
 */

static int pre_save(void *opaque)
{
    AppleGFXState *s = opaque;
    struct pvg_error error = {};
    void *bytes;
    size_t size;

    if (!pvg_device_save(s->pvg, &bytes, &size, &error)) {
        error_report("apple-gfx: cannot save the device: %s", error.message);
        return -1;
    }
    s->saved = g_memdup2(bytes, size);
    s->saved_size = size;
    pvg_free(bytes);
    return 0;
}

static int post_save(void *opaque)
{
    AppleGFXState *s = opaque;

    g_clear_pointer(&s->saved, g_free);
    s->saved_size = 0;
    return 0;
}

static int post_load(void *opaque, int version_id)
{
    AppleGFXState *s = opaque;
    struct pvg_error error = {};
    bool ok = pvg_device_restore(s->pvg, s->saved, s->saved_size, &error);

    post_save(s);
    if (!ok) {
        error_report("apple-gfx: cannot restore the device: %s",
                     error.message);
        return -EINVAL;
    }
    return 0;
}

const VMStateDescription vmstate_apple_gfx = {
    .name = "apple-gfx",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = pre_save,
    .post_save = post_save,
    .post_load = post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(saved_size, AppleGFXState),
        VMSTATE_VBUFFER_ALLOC_UINT32(saved, AppleGFXState, 1, NULL,
                                     saved_size),
        VMSTATE_END_OF_LIST()
    },
};

void apple_gfx_class_init(DeviceClass *dc)
{
    dc->desc = "Apple's paravirtual GPU";
    set_bit(DEVICE_CATEGORY_DISPLAY, dc->categories);
    object_class_property_set_description(OBJECT_CLASS(dc), "display-modes",
        "Modes that displays offer, preferred first, such as 1920x1080@60");
    object_class_property_set_description(OBJECT_CLASS(dc), "displays",
        "Number of displays");
    object_class_property_set_description(OBJECT_CLASS(dc), "gpu",
        "Vulkan device: index, UUID, part of its name, or none");
    object_class_property_set_description(OBJECT_CLASS(dc), "trace-file",
        "File that records the session, for pvg-replay");
}
