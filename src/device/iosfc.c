/* SPDX-License-Identifier: MIT */
/* Registers and request ring of the IOSurface mapper. */
#include "device/iosfc.h"

#include <glib.h>

#include "base/probe.h"
#include "device/device.h"
#include "wire/registers.h"
#include "wire/shared.h"

/* A line that no read of the window answers is dropped: nothing else would. Spec: 21 4.4. */
#define LINE_HOLD_US 200000

#define RESULT_DONE   0
#define RESULT_FAILED 1

void pvg_iosfc_init(struct pvg_device *device)
{
    struct pvg_iosfc *iosfc = &device->iosfc;

    iosfc->drop_at = PVG_ENGINE_NEVER;
    iosfc->counts.requests = pvg_counters_add(&device->counters, "iosfc.requests");
    iosfc->counts.tests = pvg_counters_add(&device->counters, "iosfc.tests");
    iosfc->counts.unknown = pvg_counters_add(&device->counters, "iosfc.unknown-operations");
    iosfc->counts.unread = pvg_counters_add(&device->counters, "iosfc.unanswered-interrupts");
}

void pvg_iosfc_reset(struct pvg_device *device)
{
    struct pvg_iosfc *iosfc = &device->iosfc;
    _Atomic uint64_t *registers[] = {&iosfc->ring_base, &iosfc->ring_size, &iosfc->producer,
                                     &iosfc->enable,    &iosfc->directory2,
                                     &device->memory.surfaces.directory};

    for (size_t i = 0; i < G_N_ELEMENTS(registers); i++) {
        atomic_store(registers[i], 0);
    }
    atomic_store(&iosfc->consumer, 0);
    iosfc->drop_at = PVG_ENGINE_NEVER;
    pvg_surfaces_forget(&device->memory);
    pvg_interrupt_drop(&device->iosfc_line);
}

/* ---- vCPU ---- */

static _Atomic uint64_t *storage(struct pvg_device *device, uint64_t offset)
{
    struct pvg_iosfc *iosfc = &device->iosfc;

    switch (offset) {
    case PVG_WIRE_IOSFC_RING_BASE:
        return &iosfc->ring_base;
    case PVG_WIRE_IOSFC_RING_SIZE:
        return &iosfc->ring_size;
    case PVG_WIRE_IOSFC_DESC_TABLE:
        return &device->memory.surfaces.directory;
    case PVG_WIRE_IOSFC_PRODUCER:
        return &iosfc->producer;
    case PVG_WIRE_IOSFC_CONSUMER:
        return &iosfc->enable; /* a write enables and never moves the consumer */
    case PVG_WIRE_IOSFC_DESC_TABLE2:
        return &iosfc->directory2;
    default:
        return NULL;
    }
}

uint64_t pvg_iosfc_read(struct pvg_device *device, uint64_t offset, unsigned size)
{
    _Atomic uint64_t *word = storage(device, offset & ~UINT64_C(7));
    uint64_t value;

    pvg_interrupt_drop(&device->iosfc_line); /* the guest is here: it has taken the interrupt */
    if ((size != 4 && size != 8) || offset & (size - 1) || !word) {
        return 0;
    }
    value = (offset & ~UINT64_C(7)) == PVG_WIRE_IOSFC_CONSUMER ? atomic_load(&device->iosfc.consumer)
                                                              : atomic_load(word);
    return size == 8 ? value : (uint32_t)(value >> (offset & 4) * 8);
}

static void store_part(_Atomic uint64_t *word, uint64_t value, unsigned size, bool high)
{
    uint64_t mask = size == 8 ? UINT64_MAX : (uint64_t)UINT32_MAX << (high ? 32 : 0);
    uint64_t old = atomic_load(word);

    value = high ? value << 32 : value;
    while (!atomic_compare_exchange_weak(word, &old, (old & ~mask) | (value & mask))) {
    }
}

void pvg_iosfc_write(struct pvg_device *device, uint64_t offset, uint64_t value, unsigned size)
{
    const uint64_t which = offset & ~UINT64_C(7);
    _Atomic uint64_t *word = storage(device, which);

    if ((size != 4 && size != 8) || offset & (size - 1) || !word) {
        pvg_count(device->counts.bad_accesses, 1);
        return;
    }
    store_part(word, value, size, offset & 4);
    if (which == PVG_WIRE_IOSFC_RING_BASE) {
        /* A driver that starts over counts from 0. */
        atomic_store(&device->iosfc.producer, 0);
        atomic_store(&device->iosfc.consumer, 0);
        atomic_fetch_add(&device->iosfc.resets, 1);
    }
    if (which == PVG_WIRE_IOSFC_PRODUCER || which == PVG_WIRE_IOSFC_RING_BASE) {
        pvg_engine_mark(&device->engine, PVG_WORK_IOSFC);
    }
}

/* ---- Engine ---- */

/* How many entries lie between the two indices, whichever way the guest counts. Spec: 21 4.2 as
 * corrected by the errata row "21 4.2". */
static uint32_t pending(uint32_t producer, uint32_t consumer, uint32_t size)
{
    uint32_t distance = producer - consumer;

    return distance <= size ? distance : (producer % size + size - consumer % size) % size;
}

static uint32_t serve(struct pvg_device *device, const struct pvg_wire_iosfc_request *request)
{
    struct pvg_iosfc *iosfc = &device->iosfc;
    struct pvg_forget surface = {.kind = PVG_FORGET_SURFACE, .ref = request->id};
    enum pvg_refusal why;

    pvg_count(iosfc->counts.requests, 1);
    PVG_PROBE2(iosfc, request->operation, request->id);
    switch (request->operation) {
    case PVG_WIRE_IOSFC_OPERATION_MAP:
        pvg_executor_forget(device->executor, &surface, NULL);
        why = pvg_surface_map(&device->memory, request->id);
        pvg_refusals_note(
            &device->refusals, why,
            &(struct pvg_refusal_site){.what = "iosfc map", .detail = request->id});
        return why == PVG_ACCEPTED ? RESULT_DONE : RESULT_FAILED;
    case PVG_WIRE_IOSFC_OPERATION_UNMAP:
        pvg_surface_unmap(&device->memory, request->id);
        pvg_executor_forget(device->executor, &surface, NULL);
        return RESULT_DONE;
    case PVG_WIRE_IOSFC_OPERATION_TEST:
        pvg_count(iosfc->counts.tests, 1);
        return pvg_surface_is_mapped(&device->memory, request->id) ? RESULT_DONE : RESULT_FAILED;
    default:
        pvg_count(iosfc->counts.unknown, 1);
        pvg_refusals_note(
            &device->refusals, PVG_REFUSED_OPCODE,
            &(struct pvg_refusal_site){.what = "iosfc request", .detail = request->operation});
        return RESULT_FAILED;
    }
}

/* False when the entry cannot be read: a later doorbell tries again. */
static bool serve_entry(struct pvg_device *device, uint64_t base, uint32_t index)
{
    struct pvg_gpa at = {base + (uint64_t)index * PVG_WIRE_IOSFC_REQUEST_SIZE};
    uint8_t bytes[PVG_WIRE_IOSFC_REQUEST_SIZE];
    struct pvg_cursor cursor = pvg_cursor_over(bytes, sizeof(bytes));
    struct pvg_wire_iosfc_request request;
    enum pvg_refusal why = pvg_ram_read(&device->memory.ram, at, bytes, sizeof(bytes));

    if (why == PVG_ACCEPTED) {
        why = pvg_wire_iosfc_request_decode(&cursor, &request);
    }
    if (why == PVG_ACCEPTED) {
        uint32_t result = serve(device, &request);

        at.value += PVG_WIRE_IOSFC_REQUEST_RESULT_AT;
        do { /* the session of the gfx FIFO may end at any moment; the iosfc ring goes on */
            why = pvg_ram_store32(&device->memory.ram, pvg_ram_session(&device->memory.ram), at,
                                  result);
        } while (why == PVG_REFUSED_STALE);
    }
    pvg_refusals_note(&device->refusals, why,
                      &(struct pvg_refusal_site){.what = "iosfc ring", .detail = at.value});
    return why == PVG_ACCEPTED;
}

void pvg_iosfc_service(struct pvg_device *device, int64_t now)
{
    struct pvg_iosfc *iosfc = &device->iosfc;
    struct pvg_tape *tape = device->memory.ram.tape;
    uint64_t base, size;
    uint32_t producer, consumer, count, done = 0;

    pvg_tape_turn(tape);
    if (iosfc->resets_seen != atomic_load(&iosfc->resets)) {
        iosfc->resets_seen = atomic_load(&iosfc->resets);
        pvg_tape_catch_up(tape);
        pvg_surfaces_forget(&device->memory);
    }
    base = pvg_tape_value(tape, PVG_TAPE_IOSFC_BASE, atomic_load(&iosfc->ring_base));
    size = pvg_tape_value(tape, PVG_TAPE_IOSFC_SIZE, atomic_load(&iosfc->ring_size));
    producer = (uint32_t)pvg_tape_value(tape, PVG_TAPE_IOSFC_PRODUCER,
                                        atomic_load(&iosfc->producer));
    consumer = (uint32_t)pvg_tape_value(tape, PVG_TAPE_IOSFC_CONSUMER,
                                        atomic_load(&iosfc->consumer));
    if (!base || base & 15 || !size || size > PVG_WIRE_IOSFC_RING_MAX) {
        atomic_store(&iosfc->consumer, producer);
        return;
    }
    count = pending(producer, consumer, (uint32_t)size);
    while (done < count && serve_entry(device, base, (consumer + done) % (uint32_t)size)) {
        done++;
    }
    if (!done && !iosfc->owed) {
        return;
    }
    iosfc->owed = false;
    /* In the guest's own numbers. A ring that was set up anew meanwhile starts at 0. */
    if (iosfc->resets_seen == atomic_load(&iosfc->resets)) {
        atomic_store(&iosfc->consumer, done == count ? producer : consumer + done);
    }
    iosfc->drop_at = now + LINE_HOLD_US;
    pvg_interrupt_raise(&device->iosfc_line);
}

int64_t pvg_iosfc_tick(struct pvg_device *device, int64_t now)
{
    struct pvg_iosfc *iosfc = &device->iosfc;

    if (now >= iosfc->drop_at || !pvg_interrupt_is_high(&device->iosfc_line)) {
        if (pvg_interrupt_is_high(&device->iosfc_line)) {
            pvg_count(iosfc->counts.unread, 1);
            pvg_interrupt_drop(&device->iosfc_line);
        }
        iosfc->drop_at = PVG_ENGINE_NEVER;
    }
    return iosfc->drop_at;
}

/* ---- Saved state ---- */

#define TAG     PVG_SECTION_TAG("IOSF")
#define VERSION 1

void pvg_iosfc_save(struct pvg_device *device, struct pvg_saver *saver)
{
    struct pvg_iosfc *iosfc = &device->iosfc;

    pvg_save_begin(saver, TAG, VERSION);
    pvg_save_u64(saver, atomic_load(&iosfc->ring_base));
    pvg_save_u64(saver, atomic_load(&iosfc->ring_size));
    pvg_save_u64(saver, atomic_load(&iosfc->producer));
    pvg_save_u64(saver, atomic_load(&iosfc->enable));
    pvg_save_u64(saver, atomic_load(&iosfc->directory2));
    pvg_save_u32(saver, atomic_load(&iosfc->consumer));
    pvg_save_u8(saver, pvg_interrupt_is_high(&device->iosfc_line));
    pvg_save_end(saver);
}

enum pvg_refusal pvg_iosfc_restore(struct pvg_device *device, struct pvg_cursor *from)
{
    struct pvg_iosfc *iosfc = &device->iosfc;
    struct pvg_cursor section;

    pvg_restore_section(from, TAG, VERSION, &section);
    atomic_store(&iosfc->ring_base, pvg_take_u64(&section));
    atomic_store(&iosfc->ring_size, pvg_take_u64(&section));
    atomic_store(&iosfc->producer, pvg_take_u64(&section));
    atomic_store(&iosfc->enable, pvg_take_u64(&section));
    atomic_store(&iosfc->directory2, pvg_take_u64(&section));
    atomic_store(&iosfc->consumer, pvg_take_u32(&section));
    iosfc->resets_seen = atomic_load(&iosfc->resets);
    iosfc->owed = pvg_take_u8(&section) != 0;
    return section.refusal;
}
