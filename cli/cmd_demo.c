/* SPDX-License-Identifier: MIT */
/* vmapple demo: a machine made for the moment, whose guest draws a 3D scene. */
#include <glib.h>

#include "arguments.h"
#include "become.h"
#include "command.h"
#include "options.h"
#include "paths.h"

static bool start(char *guest, struct machine *machine, const char *display,
                  struct pvg_error *error)
{
    g_autofree char *runtime = paths_runtime(machine->name);
    g_auto(GStrv) arguments = NULL;

    if (!guest) {
        pvg_error_set(error, "the demo's guest, demo.elf, is not there; \"make\" builds it where "
                             "Debian's gcc-aarch64-linux-gnu is installed");
        return false;
    }
    machine->folder = runtime;
    machine->kernel = guest;
    arguments = arguments_build(machine, &(struct run_options){.display = display}, error);
    return arguments && become_qemu(machine->name, arguments, display, error);
}

static bool demo(int argc, char **argv, struct pvg_error *error)
{
    g_autofree char *display = NULL, *gpu = NULL, *size = NULL;
    const GOptionEntry entries[] = {
        {"display", 0, 0, G_OPTION_ARG_STRING, &display, "gtk, sdl, vnc or none", "KIND"},
        {"gpu", 0, 0, G_OPTION_ARG_STRING, &gpu, "The Vulkan device: index, UUID or name", "GPU"},
        {"size", 0, 0, G_OPTION_ARG_STRING, &size, "Of the picture (1280x800)", "WIDTHxHEIGHT"},
        {NULL},
    };
    g_autofree char *guest = paths_data("demo.elf", "../guest/bare/demo.elf");
    char name[] = "demo", usual_size[] = "1280x800";
    struct machine machine = {.name = name,
                              .architecture = MACHINE_ARM64,
                              .memory = 512,
                              .cpus = 1,
                              .ecid = 1,
                              .displays = 1};

    if (!options_parse(&command_demo, entries, &argc, argv, 0, error)) {
        return false;
    }
    machine.gpu = gpu;
    machine.modes = size ? size : usual_size;
    return start(guest, &machine, display ? display : arguments_default_display(), error);
}

const struct command command_demo = {
    .name = "demo",
    .synopsis = "[--display KIND] [--gpu GPU] [--size WIDTHxHEIGHT]",
    .summary = "show a guest that draws a 3D scene",
    .run = demo,
};
