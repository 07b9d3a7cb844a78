/* SPDX-License-Identifier: MIT */
/* A machine: a folder with a file that says what it is, and its disks.
 *
 * The file, machine.conf, is made for people: every key has one form, and what is wrong in it is
 * said with its section and key. */
#ifndef CLI_MACHINE_H
#define CLI_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include <pvg/error.h>

enum machine_architecture {
    MACHINE_ARM64,  /* -M vmapple */
    MACHINE_X86_64, /* -M q35 with apple-gfx-pci */
};

struct machine {
    char *name;
    char *folder; /* absolute */
    enum machine_architecture architecture;
    uint64_t memory; /* MiB */
    unsigned cpus;
    char *accelerator;    /* "kvm" or "tcg"; NULL: KVM where it works */
    uint64_t ecid;        /* arm64: what the disks were made for */
    char *firmware;       /* arm64: Apple's booter; x86-64: OVMF's code */
    char *variables;      /* x86-64: OVMF's variables, this machine's own */
    char *boot_disk;      /* x86-64: OpenCore's image; may be NULL */
    char *kernel, *initrd, *append; /* Linux instead of firmware; may be NULL */
    char *root_disk;
    char *aux_disk;       /* arm64; NULL with a kernel */
    unsigned displays;
    char *modes;          /* "1920x1080@60,1280x800" */
    char *gpu;            /* NULL: the best */
    bool network;
    char *mac;            /* of the network card */
    char *shared_folder;  /* may be NULL */
};

/* Paths in it are absolute; those in the file may be relative to the machine's folder. */
struct machine *machine_load(const char *name, struct pvg_error *error);

/* Writes machine.conf into @machine->folder, all or nothing. */
bool machine_store(const struct machine *machine, struct pvg_error *error);

void machine_destroy(struct machine *machine);

/* Whether @name can be a machine's: letters, digits, '-', '_' and '.', not first. */
bool machine_check_name(const char *name, struct pvg_error *error);

/* "arm64", "x86_64" */
const char *machine_architecture_name(enum machine_architecture architecture);
bool machine_architecture_parse(const char *text, enum machine_architecture *out,
                                struct pvg_error *error);

/* Whether @text is "kvm" or "tcg". */
bool machine_accelerator_check(const char *text, struct pvg_error *error);

/* "4G", "4096M" or "4096" to MiB. */
bool machine_memory_parse(const char *text, uint64_t *mebibytes, struct pvg_error *error);

/* Takes the lock that says the machine runs; it is kept across exec, until the process ends. False
 * when it runs already. */
bool machine_lock(const struct machine *machine, struct pvg_error *error);
bool machine_is_running(const struct machine *machine);

/* The file that holds a saved machine's memory and devices. */
char *machine_state_path(const struct machine *machine);

#endif
