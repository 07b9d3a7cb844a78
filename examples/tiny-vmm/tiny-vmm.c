/* SPDX-License-Identifier: MIT */
/* The smallest whole user of libpvg: a VMM whose guest is a thread.
 *
 * It does what every VMM does with the library: gives it guest RAM and a few callbacks, forwards
 * register accesses, listens to an interrupt and to new frames, and shows them - here by writing a
 * picture file. The guest is the guest kit, the driver half of the protocol; a real VMM has vCPUs in
 * its place and forwards their accesses from its MMIO exits.
 *
 * Usage: tiny-vmm OUTPUT.ppm */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <pvg/pvg.h>

#include "kit/kit.h"
#include "kit/surface.h"

#define RAM_SIZE 0x4000000
#define WIDTH    640
#define HEIGHT   480
#define FRAMES   30

struct vmm {
    struct pvg_device *device;
    uint8_t *ram;
    int ram_fd;
    int msi;            /* eventfd: in a real VMM, an irqfd of the hypervisor */
    uint64_t next_page; /* the guest's allocator */
    const char *failure; /* of the guest */
};

/* ---- What the library asks of us. No lock of the library is held in any of these. ---- */

static void set_interrupt(void *host, enum pvg_interrupt line, bool level)
{
    /* The eventfd below tells every rising edge already; a wired line would be driven here. */
}

static void log_line(void *host, enum pvg_log_level level, const char *message)
{
    static const char *const names[] = {"guest error", "warning", "info"};

    fprintf(stderr, "pvg: %s: %s\n", names[level], message);
}

static const struct pvg_host_ops host_ops = {
    .size = sizeof(host_ops),
    .set_interrupt = set_interrupt,
    .log = log_line,
};

/* ---- The machine ---- */

static bool fail(const struct pvg_error *error)
{
    fprintf(stderr, "tiny-vmm: %s\n", error->message);
    return false;
}

/* RAM in a memfd, so that the library can import it into the GPU. */
static bool make_ram(struct vmm *vmm, struct pvg_error *error)
{
    vmm->ram_fd = memfd_create("guest RAM", MFD_CLOEXEC);
    if (vmm->ram_fd < 0 || ftruncate(vmm->ram_fd, RAM_SIZE) < 0) {
        pvg_error_set_errno(error, "cannot make guest RAM");
        return false;
    }
    vmm->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, vmm->ram_fd, 0);
    if (vmm->ram == MAP_FAILED) {
        pvg_error_set_errno(error, "cannot map guest RAM");
        return false;
    }
    return true;
}

static bool make_device(struct vmm *vmm, struct pvg_error *error)
{
    struct pvg_mode modes[PVG_MAX_MODES];
    struct pvg_display_options display = {.name = "tiny", .modes = modes};
    struct pvg_device_options options = {
        .size = sizeof(options),
        .variant = PVG_VARIANT_PCI,
        .ops = &host_ops,
        .host = vmm,
        .displays = &display,
        .display_count = 1,
        .gpu = "none",
    };
    struct pvg_ram_span span = {.gpa = 0, .size = RAM_SIZE, .host = vmm->ram, .fd = vmm->ram_fd};

    display.mode_count = pvg_modes_parse("640x480@60,1280x800", modes, PVG_MAX_MODES, error);
    if (!display.mode_count) {
        return false;
    }
    vmm->device = pvg_device_create(&options, error);
    if (!vmm->device || !pvg_ram_add(vmm->device, &span, error)) {
        return false;
    }
    /* The library takes the descriptor that it is given. */
    pvg_interrupt_set_eventfd(vmm->device, PVG_INTERRUPT_GFX, dup(vmm->msi));
    pvg_device_start(vmm->device);
    return true;
}

/* ---- The guest's side of it: what vCPU exits and guest memory are to a real VMM. ---- */

static uint32_t guest_read32(void *at, enum kit_window window, uint32_t offset)
{
    return (uint32_t)pvg_mmio_read(((struct vmm *)at)->device, (enum pvg_window)window, offset, 4);
}

static void guest_write32(void *at, enum kit_window window, uint32_t offset, uint32_t value)
{
    pvg_mmio_write(((struct vmm *)at)->device, (enum pvg_window)window, offset, value, 4);
}

static void guest_write64(void *at, enum kit_window window, uint32_t offset, uint64_t value)
{
    pvg_mmio_write(((struct vmm *)at)->device, (enum pvg_window)window, offset, value, 8);
}

static uint64_t guest_take_pages(void *at, unsigned count)
{
    struct vmm *vmm = at;
    uint64_t gpa = vmm->next_page;

    vmm->next_page += (uint64_t)count << 12;
    return vmm->next_page <= RAM_SIZE ? gpa : 0;
}

static void guest_give_pages(void *at, uint64_t gpa, unsigned count)
{
}

static void *guest_map(void *at, uint64_t gpa)
{
    return ((struct vmm *)at)->ram + gpa;
}

static bool guest_pause(void *at)
{
    struct vmm *vmm = at;
    uint64_t count;

    /* The guest sleeps until its interrupt. */
    return read(vmm->msi, &count, sizeof(count)) == sizeof(count);
}

/* Draws with the CPU, presents, and takes its interrupts. */
static void *guest_main(void *data)
{
    static const struct kit_platform platform = {
        .read32 = guest_read32,         .write32 = guest_write32,
        .write64 = guest_write64,       .take_pages = guest_take_pages,
        .give_pages = guest_give_pages, .map = guest_map,
        .pause = guest_pause,
    };
    struct vmm *vmm = data;
    static struct kit kit;
    struct kit_surface surface;

    kit_init(&kit, KIT_X86, &platform, vmm);
    kit_start(&kit);
    kit_display_start(&kit, 0);
    kit_display_wait_online(&kit, 0);
    kit_surface_create(&kit, &surface, WIDTH, HEIGHT);
    for (uint32_t i = 1; i <= FRAMES && !kit.failure; i++) {
        kit_surface_fill(&kit, &surface, 0xff000000 | i * 0x040203);
        kit_wait(&kit, kit_display_channel(&kit, 0), kit_present(&kit, 0, surface.id, NULL));
        kit_interrupt(&kit);
    }
    vmm->failure = kit.failure;
    return NULL;
}

/* ---- The window ---- */

static bool write_picture(const struct pvg_frame *frame, const char *path, struct pvg_error *error)
{
    FILE *file = fopen(path, "wb");

    if (!file) {
        pvg_error_set_errno(error, "cannot write %s", path);
        return false;
    }
    fprintf(file, "P6 %u %u 255\n", frame->width, frame->height);
    for (uint32_t y = 0; y < frame->height; y++) {
        const uint8_t *row = (const uint8_t *)frame->pixels + (size_t)frame->stride * y;

        for (uint32_t x = 0; x < frame->width; x++) { /* B, G, R, ignored */
            fputc(row[4 * x + 2], file);
            fputc(row[4 * x + 1], file);
            fputc(row[4 * x], file);
        }
    }
    return fclose(file) == 0;
}

/* Fetches frames until the guest is done; a real VMM does this from its main loop. */
static bool show_frames(struct vmm *vmm, pthread_t guest, const char *path,
                        struct pvg_error *error)
{
    struct pvg_cursor_state cursor;
    struct pvg_frame frame = {0};
    uint64_t shown = 0, pictures = 0;

    do {
        pvg_display_fetch(vmm->device, 0, &frame, &cursor);
        pictures += frame.serial != shown;
        shown = frame.serial;
        usleep(1000);
    } while (pthread_tryjoin_np(guest, NULL) != 0);
    pvg_display_fetch(vmm->device, 0, &frame, &cursor);
    if (vmm->failure || !frame.pixels) {
        pvg_error_set(error, "the guest failed: %s", vmm->failure ? vmm->failure : "no picture");
        return false;
    }
    printf("%llu of %d pictures were seen, the last is %ux%u\n", (unsigned long long)pictures,
           FRAMES, frame.width, frame.height);
    return write_picture(&frame, path, error);
}

int main(int argc, char **argv)
{
    struct vmm vmm = {.ram_fd = -1, .next_page = 0x100000, .msi = eventfd(0, EFD_CLOEXEC)};
    struct pvg_error error = {0};
    pthread_t guest;
    bool done;

    if (argc != 2) {
        fprintf(stderr, "usage: tiny-vmm OUTPUT.ppm\n");
        return 2;
    }
    done = make_ram(&vmm, &error) && make_device(&vmm, &error);
    if (done && pthread_create(&guest, NULL, guest_main, &vmm) == 0) {
        done = show_frames(&vmm, guest, argv[1], &error);
    }
    pvg_device_destroy(vmm.device); /* before the RAM that it was given */
    munmap(vmm.ram, RAM_SIZE);
    close(vmm.ram_fd);
    close(vmm.msi);
    return done || fail(&error) ? 0 : 1;
}
