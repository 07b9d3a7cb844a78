/* SPDX-License-Identifier: MIT */
/* Publishes and compares stamps. */
#include "device/stamps.h"

static struct pvg_gpa slot_gpa(const struct pvg_stamps *stamps, uint32_t slot)
{
    return (struct pvg_gpa){stamps->table.value + 4 * (uint64_t)slot};
}

void pvg_stamps_load(struct pvg_stamps *stamps, uint32_t slot)
{
    uint32_t value;

    if (stamps->bound && slot < stamps->count &&
        pvg_ram_load32(&stamps->memory->ram, slot_gpa(stamps, slot), &value) == PVG_ACCEPTED) {
        atomic_store(&stamps->values[slot], value);
    }
}

void pvg_stamps_bind(struct pvg_stamps *stamps, struct pvg_memory *memory, uint64_t session,
                     struct pvg_gpa table)
{
    stamps->memory = memory;
    stamps->session = session;
    stamps->table = table;
    stamps->count = (1u << memory->page_shift) / 4;
    stamps->bound = true;
    for (uint32_t slot = 0; slot < stamps->count; slot++) {
        atomic_store(&stamps->values[slot], 0);
        pvg_stamps_load(stamps, slot);
    }
}

void pvg_stamps_unbind(struct pvg_stamps *stamps)
{
    stamps->bound = false;
}

enum pvg_refusal pvg_stamps_publish(struct pvg_stamps *stamps, uint64_t session, uint32_t slot,
                                    uint32_t value)
{
    enum pvg_refusal why;

    if (session != stamps->session) {
        return PVG_REFUSED_STALE;
    }
    if (slot >= stamps->count) {
        return PVG_REFUSED_RANGE;
    }
    why = pvg_ram_store32(&stamps->memory->ram, session, slot_gpa(stamps, slot), value);
    atomic_store(&stamps->values[slot], value);
    return why;
}

bool pvg_stamps_reached(const struct pvg_stamps *stamps, uint32_t slot, uint32_t value)
{
    return !stamps->bound || slot >= stamps->count ||
           pvg_stamp_at_or_past(atomic_load(&((struct pvg_stamps *)stamps)->values[slot]), value);
}

#define TAG     PVG_SECTION_TAG("STMP")
#define VERSION 1

void pvg_stamps_save(const struct pvg_stamps *stamps, struct pvg_saver *saver)
{
    uint32_t count = stamps->bound ? stamps->count : 0;

    pvg_save_begin(saver, TAG, VERSION);
    pvg_save_u32(saver, count);
    for (uint32_t slot = 0; slot < count; slot++) {
        pvg_save_u32(saver, atomic_load(&((struct pvg_stamps *)stamps)->values[slot]));
    }
    pvg_save_end(saver);
}

enum pvg_refusal pvg_stamps_restore(struct pvg_stamps *stamps, struct pvg_cursor *from)
{
    struct pvg_cursor section;
    uint32_t count;

    pvg_restore_section(from, TAG, VERSION, &section);
    count = pvg_take_count(&section, sizeof(uint32_t));
    if (count != (stamps->bound ? stamps->count : 0)) {
        return PVG_REFUSED_COUNT;
    }
    for (uint32_t slot = 0; slot < count; slot++) {
        atomic_store(&stamps->values[slot], pvg_take_u32(&section));
    }
    return section.refusal;
}
