/* SPDX-License-Identifier: MIT */
/* vmapple create: a new machine in a folder of its own. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pvg/pvg.h>

#include "copy.h"
#include "folder.h"
#include "machine.h"
#include "options.h"
#include "paths.h"

#define AUX_SIZE          (32u << 20)
#define DEFAULT_DISK_GIB  64

struct create_options {
    char *architecture, *accelerator, *memory, *disk_size, *modes, *gpu, *firmware, *variables, *boot_disk;
    char *kernel, *initrd, *append, *share;
    int cpus, displays;
    gboolean no_network;
};

static bool make_empty(const char *path, uint64_t size, struct pvg_error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool made = fd >= 0 && ftruncate(fd, size) == 0;

    if (!made) {
        pvg_error_set_errno(error, "cannot make the disk %s", path);
    }
    if (fd >= 0) {
        close(fd);
    }
    return made;
}

/* Locally administered, unicast, random: QEMU's own default is the same for every machine. */
static char *random_mac(void)
{
    return g_strdup_printf("52:54:00:%02x:%02x:%02x", g_random_int_range(0, 256),
                           g_random_int_range(0, 256), g_random_int_range(0, 256));
}

static uint64_t random_ecid(void)
{
    return (uint64_t)g_random_int() << 32 | g_random_int() | 1;
}

static char *absolute(const char *path)
{
    return path ? g_canonicalize_filename(path, NULL) : NULL;
}

static bool fill_disks(struct machine *machine, const struct create_options *options,
                       struct pvg_error *error)
{
    uint64_t size = (uint64_t)DEFAULT_DISK_GIB << 10;

    if (options->disk_size && !machine_memory_parse(options->disk_size, &size, error)) {
        return false;
    }
    machine->root_disk = g_build_filename(machine->folder, "disk.img", NULL);
    if (!make_empty(machine->root_disk, size << 20, error)) {
        return false;
    }
    if (machine->architecture == MACHINE_ARM64) {
        machine->aux_disk = g_build_filename(machine->folder, "aux.img", NULL);
        return make_empty(machine->aux_disk, AUX_SIZE, error);
    }
    if (options->variables) {
        machine->variables = g_build_filename(machine->folder, "variables.fd", NULL);
        return copy_image(options->variables, 0, machine->variables, error);
    }
    return true;
}

static bool fill(struct machine *machine, const struct create_options *options,
                 struct pvg_error *error)
{
    struct pvg_mode modes[PVG_MAX_MODES];

    machine->memory = 4096;
    machine->cpus = options->cpus;
    machine->displays = options->displays;
    if (!machine_architecture_parse(options->architecture ? options->architecture : "arm64",
                                    &machine->architecture, error) ||
        (options->memory && !machine_memory_parse(options->memory, &machine->memory, error)) ||
        (options->accelerator && !machine_accelerator_check(options->accelerator, error)) ||
        (options->modes && !pvg_modes_parse(options->modes, modes, PVG_MAX_MODES, error))) {
        return false;
    }
    if (options->cpus < 1 || options->cpus > 32) {
        pvg_error_set(error, "--cpus %d: from 1 to 32 are possible", options->cpus);
        return false;
    }
    if (options->displays < 1 || options->displays > PVG_MAX_DISPLAYS) {
        pvg_error_set(error, "--displays %d: from 1 to %d are possible", options->displays,
                      PVG_MAX_DISPLAYS);
        return false;
    }
    machine->accelerator = g_strdup(options->accelerator);
    machine->ecid = random_ecid();
    machine->modes = g_strdup(options->modes);
    machine->gpu = g_strdup(options->gpu);
    machine->firmware = absolute(options->firmware);
    machine->boot_disk = absolute(options->boot_disk);
    machine->kernel = absolute(options->kernel);
    machine->initrd = absolute(options->initrd);
    machine->append = g_strdup(options->append);
    machine->shared_folder = absolute(options->share);
    machine->network = !options->no_network;
    machine->mac = random_mac();
    return fill_disks(machine, options, error) && machine_store(machine, error);
}

static void forget_options(struct create_options *options)
{
    g_free(options->architecture);
    g_free(options->accelerator);
    g_free(options->memory);
    g_free(options->disk_size);
    g_free(options->modes);
    g_free(options->gpu);
    g_free(options->firmware);
    g_free(options->variables);
    g_free(options->boot_disk);
    g_free(options->kernel);
    g_free(options->initrd);
    g_free(options->append);
    g_free(options->share);
}

static bool create(const char *name, const struct create_options *options, struct pvg_error *error)
{
    struct machine *machine = folder_begin(name, error);
    bool made;

    if (!machine) {
        return false;
    }
    made = fill(machine, options, error) && folder_commit(machine, error);
    if (made) {
        printf("made %s; \"vmapple run %s\" starts it\n", machine->folder, name);
    } else {
        folder_abandon(machine);
    }
    machine_destroy(machine);
    return made;
}

static bool run(int argc, char **argv, struct pvg_error *error)
{
    struct create_options options = {.cpus = 2, .displays = 1};
    const GOptionEntry entries[] = {
        {"arch", 0, 0, G_OPTION_ARG_STRING, &options.architecture, "arm64 (default) or x86_64",
         "ARCH"},
        {"accel", 0, 0, G_OPTION_ARG_STRING, &options.accelerator, "kvm or tcg (KVM where it works)",
         "KIND"},
        {"memory", 0, 0, G_OPTION_ARG_STRING, &options.memory, "Memory (4G)", "SIZE"},
        {"cpus", 0, 0, G_OPTION_ARG_INT, &options.cpus, "Processors (2)", "N"},
        {"disk", 0, 0, G_OPTION_ARG_STRING, &options.disk_size, "Size of the disk (64G, sparse)",
         "SIZE"},
        {"displays", 0, 0, G_OPTION_ARG_INT, &options.displays, "Displays (1)", "N"},
        {"modes", 0, 0, G_OPTION_ARG_STRING, &options.modes, "Display modes, preferred first",
         "WxH@HZ,..."},
        {"gpu", 0, 0, G_OPTION_ARG_STRING, &options.gpu, "Vulkan device: index, UUID or name",
         "DEVICE"},
        {"firmware", 0, 0, G_OPTION_ARG_FILENAME, &options.firmware,
         "arm64: Apple's AVPBooter; x86_64: OVMF's code", "FILE"},
        {"variables", 0, 0, G_OPTION_ARG_FILENAME, &options.variables,
         "x86_64: OVMF's variables, copied", "FILE"},
        {"boot-disk", 0, 0, G_OPTION_ARG_FILENAME, &options.boot_disk,
         "x86_64: OpenCore's disk image", "FILE"},
        {"kernel", 0, 0, G_OPTION_ARG_FILENAME, &options.kernel, "Boot this Linux kernel", "FILE"},
        {"initrd", 0, 0, G_OPTION_ARG_FILENAME, &options.initrd, "With this initial disk", "FILE"},
        {"append", 0, 0, G_OPTION_ARG_STRING, &options.append, "And this command line", "TEXT"},
        {"share", 0, 0, G_OPTION_ARG_FILENAME, &options.share,
         "Folder that the guest sees (9p, tag \"share\")", "FOLDER"},
        {"no-network", 0, 0, G_OPTION_ARG_NONE, &options.no_network, "No network card", NULL},
        {NULL},
    };
    bool made = options_parse(&command_create, entries, &argc, argv, 1, error) &&
                create(argv[1], &options, error);

    forget_options(&options);
    return made;
}

const struct command command_create = {
    .name = "create",
    .synopsis = "NAME [OPTION...]",
    .summary = "make a machine",
    .run = run,
};
