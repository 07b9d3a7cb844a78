/* SPDX-License-Identifier: MIT */
/* pvg-air list and disassemble: what can be told without compiling. */
#include <stdio.h>
#include <string.h>

#include <llvm-c/Core.h>

#include "air_file.h"
#include "pvg_air.h"

static const char *string_at(LLVMValueRef *operands, unsigned count, unsigned i)
{
    unsigned size;
    const char *string = i < count && operands[i] ? LLVMGetMDString(operands[i], &size) : NULL;

    return string ? string : "";
}

static bool number_at(LLVMValueRef *operands, unsigned count, unsigned i, uint64_t *out)
{
    if (i >= count || !operands[i] || !LLVMIsAConstantInt(operands[i])) {
        return false;
    }
    *out = LLVMConstIntGetZExtValue(operands[i]);
    return true;
}

/* "    buffer 1      device float*  read_write  y": kind, index, type, access, name. */
static void print_argument(LLVMValueRef node, const char *direction, unsigned kind_at)
{
    unsigned count = LLVMGetMDNodeNumOperands(node);
    g_autofree LLVMValueRef *operands = g_new0(LLVMValueRef, count + 1);
    const char *kind, *type = "", *name = "", *access = "", *link = "";
    g_autofree char *index = g_strdup("");
    uint64_t number;

    LLVMGetMDNodeOperands(node, operands);
    kind = string_at(operands, count, kind_at);
    for (unsigned i = kind_at + 1; i < count; i++) {
        const char *item = string_at(operands, count, i);

        if (!strcmp(item, "air.location_index") && number_at(operands, count, i + 1, &number)) {
            g_free(index);
            index = g_strdup_printf(" %" G_GUINT64_FORMAT, number);
        } else if (!strcmp(item, "air.arg_type_name")) {
            type = string_at(operands, count, ++i);
        } else if (!strcmp(item, "air.arg_name")) {
            name = string_at(operands, count, ++i);
        } else if (!strcmp(item, "air.read") || !strcmp(item, "air.write") ||
                   !strcmp(item, "air.read_write") || !strcmp(item, "air.sample")) {
            access = item + strlen("air.");
        } else if (g_str_has_prefix(item, "user(") || g_str_has_prefix(item, "generated(")) {
            link = item;
        }
    }
    if (!strcmp(kind, "air.render_target") && number_at(operands, count, kind_at + 1, &number)) {
        g_free(index);
        index = g_strdup_printf(" %" G_GUINT64_FORMAT, number);
    }
    printf("  %-4s%s%s  %s", direction, g_str_has_prefix(kind, "air.") ? kind + 4 : kind, index,
           type);
    printf("%s%s%s%s%s%s\n", *access ? "  " : "", access, *link ? "  " : "", link,
           *name ? "  " : "", name);
}

static void print_arguments(LLVMValueRef entry)
{
    LLVMValueRef parts[3];
    unsigned count = LLVMGetMDNodeNumOperands(entry);
    g_autofree LLVMValueRef *operands = g_new0(LLVMValueRef, count + 1);

    LLVMGetMDNodeOperands(entry, operands);
    for (unsigned i = 0; i < 3; i++) {
        parts[i] = i < count ? operands[i] : NULL;
    }
    for (unsigned part = 2; part >= 1; part--) { /* what comes in, what goes out */
        unsigned size = parts[part] ? LLVMGetMDNodeNumOperands(parts[part]) : 0;
        g_autofree LLVMValueRef *nodes = g_new0(LLVMValueRef, size + 1);

        if (size) {
            LLVMGetMDNodeOperands(parts[part], nodes);
        }
        for (unsigned i = 0; i < size; i++) {
            if (nodes[i]) {
                print_argument(nodes[i], part == 2 ? "in" : "out", part == 2);
            }
        }
    }
}

static bool print_function(const struct air_function *function)
{
    LLVMContextRef context = LLVMContextCreate();
    struct pvg_error error = {0};
    LLVMModuleRef module =
        air_module_read(context, function->bitcode, function->bitcode_size, &error);
    LLVMValueRef entry = module ? air_module_entry(module, function->name, NULL) : NULL;

    printf("%s %s", pvg_metallib_type_name(function->type), function->name);
    if (function->air.major) {
        printf("  AIR %u.%u", function->air.major, function->air.minor);
    }
    printf("  %zu bytes\n", function->bitcode_size);
    if (entry) {
        print_arguments(entry);
    } else {
        printf("  %s\n", module ? "no such entry point in its module" : error.message);
    }
    if (module) {
        LLVMDisposeModule(module);
    }
    LLVMContextDispose(context);
    return entry != NULL;
}

int command_list(int argc, char **argv)
{
    char **files = NULL;
    const GOptionEntry entries[] = {
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, NULL},
        {0},
    };
    int status = STATUS_DONE;

    if (!command_parse("list", "FILE...",
                       "Lists the functions of shader files: stage and name, then a line for each "
                       "argument\nand output: kind and index, type, access, name.\n\n"
                       "Exit status: 0; 1 when a function could not be read; 2 when a file could "
                       "not.",
                       entries, &argc, &argv) ||
        !files) {
        fputs("pvg-air list: name a file\n", stderr);
        return STATUS_UNUSABLE;
    }
    for (char **path = files; *path; path++) {
        struct pvg_error error = {0};
        PVG_AUTO(air_file) file = air_file_open(*path, &error);

        if (!file) {
            fprintf(stderr, "pvg-air list: %s\n", error.message);
            status = STATUS_UNUSABLE;
            continue;
        }
        for (guint i = 0; i < file->functions->len; i++) {
            if (!print_function(air_file_at(file, i)) && status == STATUS_DONE) {
                status = STATUS_REFUSED;
            }
        }
    }
    g_strfreev(files);
    return status;
}

static int disassemble(const struct air_function *function)
{
    LLVMContextRef context = LLVMContextCreate();
    struct pvg_error error = {0};
    LLVMModuleRef module =
        air_module_read(context, function->bitcode, function->bitcode_size, &error);

    if (module) {
        char *text = LLVMPrintModuleToString(module);

        fputs(text, stdout);
        LLVMDisposeMessage(text);
        LLVMDisposeModule(module);
    } else {
        fprintf(stderr, "pvg-air disassemble: %s: %s\n", function->name, error.message);
    }
    LLVMContextDispose(context);
    return module ? STATUS_DONE : STATUS_REFUSED;
}

int command_disassemble(int argc, char **argv)
{
    char **files = NULL, *name = NULL;
    const GOptionEntry entries[] = {
        {"function", 'f', 0, G_OPTION_ARG_STRING, &name, "Only this one", "NAME"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, NULL},
        {0},
    };
    struct pvg_error error = {0};
    struct air_file *file;
    int status = STATUS_UNUSABLE;

    if (!command_parse("disassemble", "FILE",
                       "Prints the modules of a shader file as LLVM IR. Functions that share a "
                       "module\nprint it each.\n\n"
                       "Exit status: 0; 1 when a module cannot be read; 2 when there is nothing to "
                       "print.",
                       entries, &argc, &argv) ||
        !files || files[1]) {
        fputs("pvg-air disassemble: name one file\n", stderr);
        return STATUS_UNUSABLE;
    }
    file = air_file_open(files[0], &error);
    if (!file) {
        fprintf(stderr, "pvg-air disassemble: %s\n", error.message);
    }
    for (guint i = 0; file && i < file->functions->len; i++) {
        if (!name || !strcmp(name, air_file_at(file, i)->name)) {
            status = disassemble(air_file_at(file, i));
        }
    }
    if (file && status == STATUS_UNUSABLE) {
        fprintf(stderr, "pvg-air disassemble: %s has no function \"%s\"\n", files[0], name);
    }
    air_file_destroy(file);
    g_strfreev(files);
    g_free(name);
    return status;
}
