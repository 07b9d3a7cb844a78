/* SPDX-License-Identifier: MIT */
/* What cannot be translated is refused by the right status and by name. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "devices.h"
#include "ir.h"
#include "shader/translate.h"
#include "tap.h"

#define NODES "!10 = " IR_BUFFER(0, 0, 4)
#define KERNEL(body) "define void @k(ptr addrspace(1) %d) {\n" body "  ret void\n}\n" NODES

static const struct {
    const char *sentence, *definitions, *inputs;
    uint64_t lacking; /* features taken from the device */
    enum pvg_translate_status status;
    const char *words; /* in the reason */
} cases[] = {
    {"an unknown intrinsic is named",
     "declare float @air.frobnicate.f32(float)\n"
     KERNEL("  %x = call float @air.frobnicate.f32(float 1.0)\n"
            "  store float %x, ptr addrspace(1) %d\n"),
     "!{!10}", 0, PVG_TRANSLATE_INTRINSIC, "air.frobnicate.f32"},
    {"a known intrinsic with a missing operand is refused",
     "declare float @air.fmin.f32(float)\n"
     KERNEL("  %x = call float @air.fmin.f32(float 1.0)\n"
            "  store float %x, ptr addrspace(1) %d\n"),
     "!{!10}", 0, PVG_TRANSLATE_INTRINSIC, "number of operands"},
    {"a known intrinsic on another type is refused",
     "declare i32 @air.fmin.f32(i32, i32)\n"
     KERNEL("  %x = call i32 @air.fmin.f32(i32 1, i32 2)\n"
            "  store i32 %x, ptr addrspace(1) %d\n"),
     "!{!10}", 0, PVG_TRANSLATE_INTRINSIC, "air.fmin.f32"},
    {"an intrinsic with a body is refused",
     "define float @air.fabs.f32(float %x) {\n  ret float %x\n}\n" KERNEL(""), "!{!10}", 0,
     PVG_TRANSLATE_MODULE, "body"},
    {"recursion is refused",
     "define void @f() {\n  call void @g()\n  ret void\n}\n"
     "define void @g() {\n  call void @f()\n  ret void\n}\n" KERNEL("  call void @f()\n"),
     "!{!10}", 0, PVG_TRANSLATE_MODULE, "recursive"},
    {"a buffer index past the last is refused", "define void @k(ptr addrspace(1) %d) {\n"
     "  store i32 1, ptr addrspace(1) %d\n  ret void\n}\n!10 = " IR_BUFFER(0, 31, 4),
     "!{!10}", 0, PVG_TRANSLATE_METADATA, "index 31"},
    {"a parameter that does not exist is refused", "define void @k(ptr addrspace(1) %d) {\n"
     "  ret void\n}\n!10 = " IR_BUFFER(1, 0, 4), "!{!10}", 0, PVG_TRANSLATE_METADATA,
     "parameter index"},
    {"a parameter described twice is refused", KERNEL(""), "!{!10, !10}", 0,
     PVG_TRANSLATE_METADATA, "given twice"},
    {"a pointer argument without metadata is refused",
     KERNEL("  store i32 1, ptr addrspace(1) %d\n"), "!{}", 0, PVG_TRANSLATE_METADATA,
     "without metadata"},
    {"double is refused",
     KERNEL("  %x = load double, ptr addrspace(1) %d\n"
            "  %y = fadd double %x, 1.0\n  store double %y, ptr addrspace(1) %d\n"),
     "!{!10}", 0, PVG_TRANSLATE_UNSUPPORTED, "type of kind"},
    {"an integer of an odd width is refused",
     KERNEL("  %x = load i24, ptr addrspace(1) %d\n"
            "  %y = mul i24 %x, %x\n  store i24 %y, ptr addrspace(1) %d\n"),
     "!{!10}", 0, PVG_TRANSLATE_UNSUPPORTED, "24 bits"},
    {"a pointer out of memory is refused by feature",
     KERNEL("  %p = load ptr addrspace(1), ptr addrspace(1) %d\n"
            "  store i32 1, ptr addrspace(1) %p\n"),
     "!{!10}", 0, PVG_TRANSLATE_FEATURE, "descriptor indexing"},
    {"64-bit arithmetic is refused where the device lacks it",
     KERNEL("  %x = load i64, ptr addrspace(1) %d\n  %y = mul i64 %x, %x\n"
            "  store i64 %y, ptr addrspace(1) %d\n"),
     "!{!10}", PVG_SHADER_FEATURE(INT64), PVG_TRANSLATE_FEATURE, "shaderInt64"},
    {"more private memory than there is is refused",
     KERNEL("  %a = alloca [100000 x i32]\n  %x = load i32, ptr addrspace(1) %d\n"
            "  %p = getelementptr i32, ptr %a, i32 %x\n  store volatile i32 1, ptr %p\n"),
     "!{!10}", 0, PVG_TRANSLATE_LIMIT, "private memory"},
    {"more threadgroup memory than there is is refused",
     "@w = internal addrspace(3) global [16000 x i32] undef\n"
     KERNEL("  %x = load i32, ptr addrspace(1) %d\n"
            "  %p = getelementptr i32, ptr addrspace(3) @w, i32 %x\n"
            "  store volatile i32 1, ptr addrspace(3) %p\n"),
     "!{!10}", 0, PVG_TRANSLATE_LIMIT, "threadgroup memory"},
    {"an alloca of run-time size is refused",
     KERNEL("  %n = load i32, ptr addrspace(1) %d\n  %a = alloca i32, i32 %n\n"
            "  store volatile i32 1, ptr %a\n"),
     "!{!10}", 0, PVG_TRANSLATE_UNSUPPORTED, "alloca"},
    {"a store to constant memory is refused",
     "@c = internal addrspace(2) constant [4 x i32] [i32 1, i32 2, i32 3, i32 4]\n"
     KERNEL("  %n = load i32, ptr addrspace(1) %d\n"
            "  %p = getelementptr i32, ptr addrspace(2) @c, i32 %n\n"
            "  store volatile i32 1, ptr addrspace(2) %p\n"),
     "!{!10}", 0, PVG_TRANSLATE_MODULE, "constant memory"},
};

static void try_module(const char *sentence, const void *air, size_t size, const char *entry,
                       uint64_t features, enum pvg_translate_status status, const char *words)
{
    g_autofree struct pvg_shader_options *options = g_new0(struct pvg_shader_options, 1);
    g_autofree struct pvg_translation *out = g_new0(struct pvg_translation, 1);
    struct pvg_translate_request request = {air, size, entry, options};
    g_autofree char *why = NULL;
    bool ok;

    options->features = features;
    pvg_translate(&request, out);
    ok = out->status == status && strstr(out->reason, words) && !out->words;
    why = g_strdup_printf("%s: %s", pvg_translate_status_name(out->status), out->reason);
    tap_result(ok, sentence, why);
    pvg_translation_finish(out);
}

int main(void)
{
    LLVMMemoryBufferRef plain = ir_kernel(KERNEL(""), "!{!10}");
    const char *air = LLVMGetBufferStart(plain);
    size_t size = LLVMGetBufferSize(plain);

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        LLVMMemoryBufferRef bitcode = ir_kernel(cases[i].definitions, cases[i].inputs);

        if (!bitcode) {
            tap_result(false, cases[i].sentence, "the test's own text is wrong");
            continue;
        }
        try_module(cases[i].sentence, LLVMGetBufferStart(bitcode), LLVMGetBufferSize(bitcode), "k",
                   LAVAPIPE & ~cases[i].lacking, cases[i].status, cases[i].words);
        LLVMDisposeMemoryBuffer(bitcode);
    }
    try_module("an entry that is not there is refused", air, size, "other", LAVAPIPE,
               PVG_TRANSLATE_ENTRY, "other");
    try_module("half a module is refused", air, size / 2 & ~(size_t)3, "k", LAVAPIPE,
               PVG_TRANSLATE_BITCODE, "bitcode");
    try_module("no bytes are refused", air, 0, "k", LAVAPIPE, PVG_TRANSLATE_BITCODE, "0 bytes");
    LLVMDisposeMemoryBuffer(plain);
    return tap_end();
}
