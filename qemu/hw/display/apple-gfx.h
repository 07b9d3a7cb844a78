/*
 * apple-gfx: Apple's paravirtual GPU
 *
 * What the fronts for the system bus (apple-gfx-mmio) and for PCI
 * (apple-gfx-pci) share. The GPU itself is libpvg, <pvg/pvg.h>.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_DISPLAY_APPLE_GFX_H
#define HW_DISPLAY_APPLE_GFX_H

#include "exec/memory.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qemu/thread.h"
#include "ui/console.h"
#include <pvg/pvg.h>

#define TYPE_APPLE_GFX_MMIO "apple-gfx-mmio"
#define TYPE_APPLE_GFX_PCI  "apple-gfx-pci"

typedef struct AppleGFXState AppleGFXState;

/* How a front drives its interrupt lines. Under the BQL. */
typedef void AppleGFXSetIRQ(AppleGFXState *s, enum pvg_interrupt line,
                            bool level);

typedef struct AppleGFXDisplay {
    AppleGFXState *gfx;
    unsigned index;
    QemuConsole *console;
    QEMUBH *changed;

    /* What the console shows */
    uint64_t frame_serial;
    uint64_t glyph_serial;
    bool cursor_visible;
    int32_t cursor_x, cursor_y;
} AppleGFXDisplay;

struct AppleGFXState {
    /* Properties */
    uint32_t num_modes;
    char **modes;
    uint32_t num_displays;
    char *gpu;
    char *trace_file;

    DeviceState *dev;
    AppleGFXSetIRQ *set_irq;
    struct pvg_device *pvg;
    MemoryRegion gfx;
    MemoryRegion iosfc;
    MemoryListener ram;
    VMChangeStateEntry *run_state;
    Notifier exit;
    AppleGFXDisplay displays[PVG_MAX_DISPLAYS];

    /*
     * What libpvg wants of each line, and whether it wants an edge. Its
     * threads must not wait for the BQL: the BH brings it to the front.
     */
    QemuMutex lock;
    struct {
        bool level, edge;
    } lines[2];
    QEMUBH *interrupts;

    /* libpvg's state on its way to and from a migration stream */
    uint8_t *saved;
    uint32_t saved_size;
};

#define DEFINE_APPLE_GFX_PROPERTIES(_state, _field)                           \
    DEFINE_PROP_ARRAY("display-modes", _state, _field.num_modes,              \
                      _field.modes, qdev_prop_string, char *),                \
    DEFINE_PROP_UINT32("displays", _state, _field.num_displays, 1),           \
    DEFINE_PROP_STRING("gpu", _state, _field.gpu),                            \
    DEFINE_PROP_STRING("trace-file", _state, _field.trace_file)

void apple_gfx_class_init(DeviceClass *dc);

/* Makes the device and the windows of @variant. On failure nothing is left. */
bool apple_gfx_realize(AppleGFXState *s, DeviceState *dev,
                       enum pvg_variant variant, AppleGFXSetIRQ *set_irq,
                       Error **errp);
void apple_gfx_unrealize(AppleGFXState *s);
void apple_gfx_reset(AppleGFXState *s);

extern const VMStateDescription vmstate_apple_gfx;

#endif
