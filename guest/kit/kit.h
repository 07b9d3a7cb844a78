/* SPDX-License-Identifier: MIT */
/* The guest kit: the driver half of the protocol, written against the specification.
 *
 * One struct kit drives one device. It does what Apple's driver was seen doing, in the order in
 * which it does it, and leaves junk where that leaves bytes unwritten. It is not a driver for
 * production: it waits by polling and never sleeps.
 *
 * Whatever fails first is told in `failure`, a sentence; after that every call does nothing. So a
 * test runs its steps and looks once. One thread at a time.
 *
 *     kit_init(&kit, KIT_ARM64, &platform, at);
 *     kit_start(&kit);
 *     kit_display_start(&kit, 0);
 *     kit_surface_create(&kit, &surface, 640, 480);
 *     kit_surface_fill(&kit, &surface, 0xff3366ff);
 *     kit_wait(&kit, kit_display_channel(&kit, 0), kit_present(&kit, 0, surface.id, NULL));
 *
 * Spec: 10-device 16, 22; 01-errata-device 1, last rows. */
#ifndef KIT_KIT_H
#define KIT_KIT_H

#include "kit/channel.h"
#include "kit/display.h"
#include "kit/platform.h"
#include "kit/task.h"

enum kit_machine {
    KIT_X86,   /* the PCI variant: 4 KiB pages, surfaces are objects of task 0 */
    KIT_ARM64, /* the MMIO variant: 16 KiB pages, surfaces through the iosfc window */
};

#define KIT_INFO_KEYS 45 /* keys of the device information that a macOS 26 guest reads */

struct kit {
    const struct kit_platform *platform;
    void *at;
    enum kit_machine machine;
    unsigned page_shift;
    const char *failure; /* NULL: none so far */
    uint32_t junk;       /* state of the generator */

    /* May be changed between kit_init and kit_start. */
    uint32_t version; /* proposed; afterwards the granted one */
    enum kit_doorbell doorbell;
    uint16_t present_opcode; /* of kit_present; 0: what this guest would send */

    uint64_t fifo;      /* gpa of the FIFO buffer: stamp table, then the root ring */
    uint64_t root_page; /* gpa */
    struct kit_channel channels[KIT_CHANNELS];
    struct kit_task kernel; /* task 0 */
    uint32_t last_task;

    uint32_t info[KIT_INFO_KEYS]; /* the device's answer, by key; 0 also for what it left out */

    struct kit_display displays[KIT_DISPLAYS];

    /* iosfc: gpas, and the ring's index past the newest entry. */
    uint64_t iosfc_ring, iosfc_directory;
    uint32_t iosfc_producer;
    uint32_t last_surface;

    /* The packet being built, and the descriptor being built. */
    uint8_t packet_bytes[4096];
    struct pvg_writer packet;
    uint8_t blob_bytes[8192];
    struct pvg_writer blob;
};

void kit_init(struct kit *kit, enum kit_machine machine, const struct kit_platform *platform,
              void *at);

/* Brings the device up as far as a driver does before it has clients: version, root page, FIFO, the
 * kernel's task, channels, device information, and on arm64 the iosfc ring. */
bool kit_start(struct kit *kit);

/* Turns all FIFOs off, as a driver that stops does; kit_start may follow. Pages are not returned.
 */
void kit_stop(struct kit *kit);

/* Acknowledges what the interrupt is about: reads the status registers, handles display events.
 * Returns the status bits of channels. */
uint32_t kit_interrupt(struct kit *kit);

/* The channels on which this guest sends submissions, memory packets and object packets. */
unsigned kit_exec_channel(const struct kit *kit);
unsigned kit_memory_channel(const struct kit *kit);

static inline uint32_t kit_page_size(const struct kit *kit)
{
    return 1u << kit->page_shift;
}

/* Notes that @sentence went wrong, unless something did before. */
void kit_fail(struct kit *kit, const char *sentence);

/* A zeroed page, or several in a row; 0 when there are none, which is a failure. */
uint64_t kit_pages(struct kit *kit, unsigned count);

/* The CPU's pointer to @gpa, good up to the end of its page. */
void *kit_at(struct kit *kit, uint64_t gpa);
uint32_t kit_load(struct kit *kit, uint64_t gpa);
void kit_store(struct kit *kit, uint64_t gpa, uint32_t value);

/* Copies within one page. */
void kit_copy_in(struct kit *kit, uint64_t gpa, const void *bytes, uint32_t size);

/* Arbitrary bytes, the same in every run: what unwritten bytes hold. */
void kit_fill_junk(struct kit *kit, void *bytes, uint32_t size);

#endif
