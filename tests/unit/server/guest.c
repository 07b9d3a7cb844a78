/* SPDX-License-Identifier: MIT */
/* The guest kit over a vfio-user client. */
#include "guest.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

#define PAGE  4096u
#define PAUSE_US 100
#define PATIENCE 300000 /* pauses: half a minute */

static uint32_t read32(void *at, enum kit_window window, uint32_t offset)
{
    struct guest *guest = at;

    guest->waits = 0;
    return client_read32(guest->client, offset);
}

static void write32(void *at, enum kit_window window, uint32_t offset, uint32_t value)
{
    struct guest *guest = at;

    guest->waits = 0;
    client_write32(guest->client, offset, value);
}

static void write64(void *at, enum kit_window window, uint32_t offset, uint64_t value)
{
    write32(at, window, offset, (uint32_t)value);
    write32(at, window, offset + 4, (uint32_t)(value >> 32));
}

static uint64_t take_pages(void *at, unsigned count)
{
    struct guest *guest = at;
    uint64_t page = guest->next_page;

    if (page + (uint64_t)count * PAGE > GUEST_SIZE) {
        return 0;
    }
    guest->next_page += (uint64_t)count * PAGE;
    return GUEST_AT + page;
}

static void give_pages(void *at, uint64_t gpa, unsigned count)
{
}

static void *map(void *at, uint64_t gpa)
{
    return ((struct guest *)at)->memory + (gpa - GUEST_AT);
}

static bool pause_a_little(void *at)
{
    struct guest *guest = at;

    g_usleep(PAUSE_US);
    return ++guest->waits < PATIENCE;
}

static const struct kit_platform platform = {
    .read32 = read32,
    .write32 = write32,
    .write64 = write64,
    .take_pages = take_pages,
    .give_pages = give_pages,
    .map = map,
    .pause = pause_a_little,
};

struct guest *guest_create(struct client *client)
{
    struct guest *guest = g_new0(struct guest, 1);

    guest->client = client;
    guest->memory_fd = memfd_create("guest", MFD_CLOEXEC);
    assert_int_equal(ftruncate(guest->memory_fd, GUEST_SIZE), 0);
    guest->memory =
        mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, guest->memory_fd, 0);
    assert_true(guest->memory != MAP_FAILED);
    assert_int_equal(client_map(client, GUEST_AT, GUEST_SIZE, 0, 3, guest->memory_fd), 0);
    kit_init(&guest->kit, KIT_X86, &platform, guest);
    assert_true(kit_start(&guest->kit));
    return guest;
}

void guest_destroy(struct guest *guest)
{
    munmap(guest->memory, GUEST_SIZE);
    close(guest->memory_fd);
    g_free(guest);
}
