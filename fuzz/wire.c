/* SPDX-License-Identifier: MIT */
/* Whatever bytes a guest sends are decoded or refused, can be printed, and what was decoded can be
 * encoded again. The first byte chooses: 0 walks the rest as a command stream, others take it as
 * the payload of one form. */
#include <stdlib.h>

#include "wire/print.h"
#include "wire/walk.h"

#include "form.h"

#define ROOM 0x2000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void one_form(const struct form *form, const uint8_t *payload, size_t size)
{
    static uint8_t record[ROOM];
    void *rec = calloc(1, form->size);
    struct pvg_cursor c = pvg_cursor_over(payload, size);
    struct pvg_writer w = pvg_writer_over(record, sizeof(record));
    char text[256];

    if (form->decode(&c, rec) == PVG_ACCEPTED) {
        form->encode(&w, rec);
    }
    (void)pvg_wire_print(text, sizeof(text), form->space, form->opcode, payload, size);
    free(rec);
}

/* No handler is there, so that every record is decoded and then refused. */
static void dispatch(uint32_t type, struct pvg_wire_record *record)
{
    static const struct pvg_wire_render_handlers render;
    static const struct pvg_wire_compute_handlers compute;
    static const struct pvg_wire_blit_handlers blit;
    static const struct pvg_wire_event_handlers event;
    static const struct pvg_wire_info_handlers info;

    switch (type) {
    case PVG_WIRE_SEGMENT_TYPE_RENDER:
        (void)pvg_wire_render_dispatch(&render, NULL, record->opcode, &record->payload);
        break;
    case PVG_WIRE_SEGMENT_TYPE_COMPUTE:
        (void)pvg_wire_compute_dispatch(&compute, NULL, record->opcode, &record->payload);
        break;
    case PVG_WIRE_SEGMENT_TYPE_BLIT:
        (void)pvg_wire_blit_dispatch(&blit, NULL, record->opcode, &record->payload);
        break;
    case PVG_WIRE_SEGMENT_TYPE_EVENT:
        (void)pvg_wire_event_dispatch(&event, NULL, record->opcode, &record->payload);
        break;
    case PVG_WIRE_SEGMENT_TYPE_INFO:
        (void)pvg_wire_info_dispatch(&info, NULL, record->opcode, &record->payload);
        break;
    }
}

static void stream(const uint8_t *bytes, size_t size)
{
    struct pvg_cursor c = pvg_cursor_over(bytes, size);
    struct pvg_wire_segment segment;
    struct pvg_wire_record record;

    while (pvg_wire_take_segment(&c, &segment)) {
        while (pvg_wire_take_record(&segment.records, &record)) {
            dispatch(segment.type, &record);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 2) {
        return 0;
    }
    if (bytes[0] == 0) {
        stream(bytes + 1, size - 1);
    } else {
        one_form(&forms[(bytes[0] * 256u + bytes[1]) % form_count], bytes + 2, size - 2);
    }
    return 0;
}
