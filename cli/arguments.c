/* SPDX-License-Identifier: MIT */
/* From a machine to the command line of the QEMU that runs it. */
#include "arguments.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths.h"

static void add(GStrvBuilder *out, const char *word)
{
    g_strv_builder_add(out, word);
}

static void add_pair(GStrvBuilder *out, const char *option, const char *value)
{
    add(out, option);
    add(out, value);
}

/* Adds @option with a value made like printf's; takes nothing. */
static void __attribute__((format(printf, 3, 4)))
add_format(GStrvBuilder *out, const char *option, const char *format, ...)
{
    va_list arguments;
    g_autofree char *value = NULL;

    va_start(arguments, format);
    value = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    add_pair(out, option, value);
}

/* In QEMU's option lists a comma in a value is written twice. */
static char *escape(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, ",", -1);

    return g_strjoinv(",,", parts);
}

static bool check_file(const char *what, const char *path, bool writable, struct pvg_error *error)
{
    struct stat status;

    if (stat(path, &status) < 0) {
        pvg_error_set_errno(error, "the %s %s cannot be used", what, path);
        return false;
    }
    if (access(path, writable ? R_OK | W_OK : R_OK) < 0) {
        pvg_error_set_errno(error, "the %s %s cannot be %s", what, path,
                            writable ? "written" : "read");
        return false;
    }
    return true;
}

static bool check_disk_format(const char *path, const char **format, struct pvg_error *error)
{
    char magic[4] = {0};
    g_autofree char *start = NULL;
    FILE *file = fopen(path, "rb");

    if (!file || fread(magic, 1, sizeof(magic), file) > sizeof(magic)) {
        pvg_error_set_errno(error, "the disk %s cannot be read", path);
        if (file) {
            fclose(file);
        }
        return false;
    }
    fclose(file);
    *format = memcmp(magic, "QFI\xfb", 4) == 0 ? "qcow2" : "raw";
    return true;
}

static bool add_block(GStrvBuilder *out, const char *id, const char *path, const char *more,
                      struct pvg_error *error)
{
    g_autofree char *escaped = escape(path);
    const char *format;

    if (!check_file("disk", path, true, error) || !check_disk_format(path, &format, error)) {
        return false;
    }
    add_format(out, "-drive", "id=%s,format=%s,cache=writeback,discard=unmap,file=%s%s", id, format,
               escaped, more);
    return true;
}

static bool add_kernel(GStrvBuilder *out, const struct machine *machine, struct pvg_error *error)
{
    if (!check_file("kernel", machine->kernel, false, error) ||
        (machine->initrd && !check_file("initrd", machine->initrd, false, error))) {
        return false;
    }
    add_pair(out, "-kernel", machine->kernel);
    if (machine->initrd) {
        add_pair(out, "-initrd", machine->initrd);
    }
    if (machine->append) {
        add_pair(out, "-append", machine->append);
    }
    return true;
}

/* macOS's disks are attached twice: to the booter through bdif (pflash drives, aux first) and to
 * the system as Apple's virtio disks. The same image, so without QEMU's lock on it. */
static bool add_apple_disk(GStrvBuilder *out, const char *role, const char *path,
                           struct pvg_error *error)
{
    g_autofree char *boot = g_strconcat(role, "-boot", NULL);

    if (!add_block(out, boot, path, ",if=pflash,file.locking=off", error) ||
        !add_block(out, role, path, ",if=none,file.locking=off", error)) {
        return false;
    }
    add_format(out, "-device", "vmapple-virtio-blk-pci,variant=%s,drive=%s,share-rw=on", role, role);
    return true;
}

static bool add_arm64(GStrvBuilder *out, const struct machine *machine, struct pvg_error *error)
{
    g_auto(GStrv) modes = g_strsplit(machine->modes, ",", -1);
    g_autoptr(GString) board = g_string_new("vmapple");

    g_string_append_printf(board, ",uuid=0x%" G_GINT64_MODIFIER "x", machine->ecid);
    for (unsigned i = 0; modes[i]; i++) {
        g_string_append_printf(board, ",display-modes.%u=%s", i, modes[i]);
    }
    add_pair(out, "-M", board->str);
    add_format(out, "-global", "apple-gfx-mmio.displays=%u", machine->displays);
    if (machine->gpu) {
        add_format(out, "-global", "apple-gfx-mmio.gpu=%s", machine->gpu);
    }
    if (machine->kernel) {
        if (machine->root_disk && !add_block(out, "root", machine->root_disk, ",if=none", error)) {
            return false;
        }
        if (machine->root_disk) {
            add_pair(out, "-device", "virtio-blk-pci,drive=root");
        }
        return add_kernel(out, machine, error);
    }
    if (!machine->firmware || !machine->aux_disk || !machine->root_disk) {
        pvg_error_set(error, "an arm64 machine boots from firmware= with aux= and root=, or from "
                             "kernel=; machine \"%s\" has neither",
                      machine->name);
        return false;
    }
    if (!check_file("firmware", machine->firmware, false, error)) {
        return false;
    }
    add_pair(out, "-bios", machine->firmware);
    return add_apple_disk(out, "aux", machine->aux_disk, error) &&
           add_apple_disk(out, "root", machine->root_disk, error);
}

static bool add_ovmf(GStrvBuilder *out, const struct machine *machine, struct pvg_error *error)
{
    g_autofree char *code = NULL, *variables = NULL;

    if (!machine->firmware || !machine->variables) {
        pvg_error_set(error, "an x86_64 machine boots from firmware= (OVMF's code) with variables=; "
                             "machine \"%s\" lacks them",
                      machine->name);
        return false;
    }
    if (!check_file("firmware", machine->firmware, false, error) ||
        !check_file("firmware's variables", machine->variables, true, error)) {
        return false;
    }
    code = escape(machine->firmware);
    variables = escape(machine->variables);
    add_format(out, "-drive", "if=pflash,unit=0,format=raw,readonly=on,file=%s", code);
    add_format(out, "-drive", "if=pflash,unit=1,format=raw,file=%s", variables);
    return true;
}

static bool add_sata(GStrvBuilder *out, const char *id, const char *path, int port,
                     struct pvg_error *error)
{
    if (!add_block(out, id, path, ",if=none", error)) {
        return false;
    }
    add_format(out, "-device", "ide-hd,bus=ide.%d,drive=%s,bootindex=%d", port, id, port + 1);
    return true;
}

/* JSON is the one form of -device in which QEMU takes a list. */
static void add_gpu(GStrvBuilder *out, const struct machine *machine)
{
    g_auto(GStrv) modes = g_strsplit(machine->modes, ",", -1);
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonNode) device = NULL;
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "driver");
    json_builder_add_string_value(builder, "apple-gfx-pci");
    json_builder_set_member_name(builder, "addr");
    json_builder_add_string_value(builder, "7.0");
    json_builder_set_member_name(builder, "displays");
    json_builder_add_int_value(builder, machine->displays);
    json_builder_set_member_name(builder, "display-modes");
    json_builder_begin_array(builder);
    for (unsigned i = 0; modes[i]; i++) {
        json_builder_add_string_value(builder, modes[i]);
    }
    json_builder_end_array(builder);
    if (machine->gpu) {
        json_builder_set_member_name(builder, "gpu");
        json_builder_add_string_value(builder, machine->gpu);
    }
    json_builder_end_object(builder);
    device = json_builder_get_root(builder);
    text = json_to_string(device, false);
    add_pair(out, "-device", text);
}

static bool add_x86_64(GStrvBuilder *out, const struct machine *machine, struct pvg_error *error)
{
    add_pair(out, "-M", "q35,smm=off");
    add_pair(out, "-vga", "none");
    add_gpu(out, machine);
    add_pair(out, "-device", "qemu-xhci");
    add_pair(out, "-device", "usb-kbd");
    add_pair(out, "-device", "usb-tablet");
    if (machine->kernel ? !add_kernel(out, machine, error) : !add_ovmf(out, machine, error)) {
        return false;
    }
    if (machine->boot_disk && !add_sata(out, "boot", machine->boot_disk, 0, error)) {
        return false;
    }
    return !machine->root_disk || add_sata(out, "root", machine->root_disk, 1, error);
}

static bool can_use_kvm(enum machine_architecture architecture)
{
#if defined(__x86_64__)
    bool same = architecture == MACHINE_X86_64;
#elif defined(__aarch64__)
    bool same = architecture == MACHINE_ARM64;
#else
    bool same = false;
#endif
    return same && access("/dev/kvm", R_OK | W_OK) == 0;
}

static void add_accelerator(GStrvBuilder *out, const struct machine *machine)
{
    const bool kvm = machine->accelerator ? strcmp(machine->accelerator, "kvm") == 0
                                          : can_use_kvm(machine->architecture);

    add_pair(out, "-accel", kvm ? "kvm" : "tcg");
    if (machine->architecture == MACHINE_X86_64) {
        add_pair(out, "-cpu", kvm ? "host" : "max");
    }
}

static void add_network(GStrvBuilder *out, const struct machine *machine)
{
    if (!machine->network) {
        add_pair(out, "-nic", "none");
    } else {
        add_format(out, "-nic", "user,model=virtio-net-pci%s%s", machine->mac ? ",mac=" : "",
                   machine->mac ? machine->mac : "");
    }
}

static bool add_sharing(GStrvBuilder *out, const struct machine *machine, struct pvg_error *error)
{
    g_autofree char *folder = NULL;

    if (!machine->shared_folder) {
        return true;
    }
    if (!g_file_test(machine->shared_folder, G_FILE_TEST_IS_DIR)) {
        pvg_error_set(error, "the shared folder %s is not there", machine->shared_folder);
        return false;
    }
    folder = escape(machine->shared_folder);
    add_format(out, "-virtfs", "local,path=%s,mount_tag=share,security_model=mapped-xattr", folder);
    return true;
}

const char *arguments_default_display(void)
{
    return g_getenv("WAYLAND_DISPLAY") || g_getenv("DISPLAY") ? "gtk" : "vnc";
}

static bool add_display(GStrvBuilder *out, const char *display, const char *runtime,
                        struct pvg_error *error)
{
    if (strcmp(display, "vnc") == 0) {
        add_format(out, "-display", "vnc=unix:%s/vnc.sock", runtime);
    } else if (strcmp(display, "gtk") == 0 || strcmp(display, "sdl") == 0 ||
               strcmp(display, "none") == 0) {
        add_pair(out, "-display", display);
    } else {
        pvg_error_set(error, "--display %s is not known; gtk, sdl, vnc and none are", display);
        return false;
    }
    return true;
}

static void add_sockets(GStrvBuilder *out, const struct machine *machine, const char *runtime)
{
    g_autofree char *log = g_build_filename(machine->folder, "console.log", NULL);
    g_autofree char *escaped = escape(log);

    add_format(out, "-qmp", "unix:%s/qmp.sock,server=on,wait=off", runtime);
    add_format(out, "-chardev",
               "socket,id=console,path=%s/console.sock,server=on,wait=off,logfile=%s", runtime,
               escaped);
    add_pair(out, "-serial", "chardev:console");
    add_pair(out, "-monitor", "none");
}

static bool add_machine(GStrvBuilder *out, const struct machine *machine,
                        const struct run_options *options, struct pvg_error *error)
{
    const char *device = machine->architecture == MACHINE_ARM64 ? "apple-gfx-mmio" : "apple-gfx-pci";
    bool added = machine->architecture == MACHINE_ARM64 ? add_arm64(out, machine, error)
                                                        : add_x86_64(out, machine, error);

    if (added && options->trace_file) {
        g_autofree char *trace = escape(options->trace_file);

        add_format(out, "-global", "%s.trace-file=%s", device, trace);
    }
    return added;
}

GStrv arguments_build(const struct machine *machine, const struct run_options *options,
                      struct pvg_error *error)
{
    const char *program = machine->architecture == MACHINE_ARM64 ? "qemu-system-aarch64"
                                                                 : "qemu-system-x86_64";
    g_autofree char *emulator = paths_emulator(program);
    g_autofree char *runtime = paths_runtime(machine->name);
    g_autoptr(GStrvBuilder) out = g_strv_builder_new();

    if (!emulator) {
        pvg_error_set(error, "%s is not there; \"make qemu\" builds it, VMAPPLE_QEMU= names its "
                             "folder",
                      program);
        return NULL;
    }
    add(out, emulator);
    add_format(out, "-name", "%s", machine->name);
    add_accelerator(out, machine);
    if (!add_machine(out, machine, options, error) ||
        !add_display(out, options->display, runtime, error) ||
        !add_sharing(out, machine, error)) {
        return NULL;
    }
    add_format(out, "-smp", "%u", machine->cpus);
    add_format(out, "-m", "%" G_GUINT64_FORMAT "M", machine->memory);
    add_network(out, machine);
    add_sockets(out, machine, runtime);
    if (options->snapshot) {
        add(out, "-snapshot");
    }
    if (options->restore) {
        g_autofree char *state = machine_state_path(machine);

        add_format(out, "-incoming", "file:%s", state);
    }
    return g_strv_builder_end(out);
}
