/* SPDX-License-Identifier: MIT */
/* Small kernels in text, executed: forms that no shader binary has, each with the words it must
 * leave behind. Skips loudly without a Vulkan device. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "ir.h"
#include "runner.h"
#include "shader/audit.h"
#include "tap.h"

#define WORDS 16

static struct runner *runner;

static const char nodes[] = "!10 = " IR_BUFFER(0, 0, 4) "!11 = " IR_BUFFER(1, 1, 4);

#define KERNEL "define void @k(ptr addrspace(1) %d, ptr addrspace(1) %o) {\n"
#define END    "  ret void\n}\n"

/* Textures 1 to 3: a texel each, all components of which are 100 and the index. */
#define ARRAY_NODE                                                                                 \
    "!12 = !{i32 2, !\"air.texture\", !\"air.location_index\", i32 1, i32 3, !\"air.read\", "      \
    "!\"air.arg_type_name\", !\"array<texture2d<uint, read>, 3>\"}\n"
#define READ_TEXEL                                                                                 \
    "declare <4 x i32> @air.read_texture_2d.u.v4i32(ptr addrspace(1), <2 x i32>, i32, i32)\n"
#define TEXEL(name, handle)                                                                        \
    "  %" name "4 = call <4 x i32> @air.read_texture_2d.u.v4i32(ptr addrspace(1) %" handle          \
    ", <2 x i32> zeroinitializer, i32 0, i32 1)\n  %" name                                         \
    " = extractelement <4 x i32> %" name "4, i32 1\n"

struct form {
    const char *sentence, *text, *inputs;
    uint32_t in[WORDS];       /* buffer 1 */
    uint32_t out[WORDS];      /* what buffer 0, zeros before, must be */
    uint64_t lacking;         /* features taken from the device */
    uint64_t needing;         /* features without which the form is skipped */
    struct pvg_shader_constant constant;
    uint32_t threads;         /* 0: 1 */
};

static const struct form forms[] = {
    {"a copy whose size is known at run time moves exactly those bytes",
     "declare void @llvm.memcpy.p1.p1.i64(ptr addrspace(1), ptr addrspace(1), i64, i1)\n" KERNEL
     "  %n = load i32, ptr addrspace(1) %o\n  %m = zext i32 %n to i64\n"
     "  %s = getelementptr i8, ptr addrspace(1) %o, i64 5\n"
     "  call void @llvm.memcpy.p1.p1.i64(ptr addrspace(1) %d, ptr addrspace(1) %s, i64 %m, i1 0)\n"
     END, "!{!10, !11}", .in = {6, 0x44332211, 0x88776655}, .out = {0x55443322, 0x7766}},
    {"a fill whose size is known at run time writes exactly those bytes",
     "declare void @llvm.memset.p1.i64(ptr addrspace(1), i8, i64, i1)\n" KERNEL
     "  %n = load i32, ptr addrspace(1) %o\n  %m = zext i32 %n to i64\n"
     "  %s = getelementptr i8, ptr addrspace(1) %d, i64 3\n"
     "  call void @llvm.memset.p1.i64(ptr addrspace(1) %s, i8 -86, i64 %m, i1 0)\n"
     END, "!{!10, !11}", .in = {6}, .out = {0xaa000000, 0xaaaaaaaa, 0xaa}},
    {"floats are added atomically by the device's own instruction",
     "declare float @air.atomic.global.add.f32(ptr addrspace(1), float, i32, i32, i1)\n"
     "declare float @air.atomic.global.sub.f32(ptr addrspace(1), float, i32, i32, i1)\n" KERNEL
     "  %x = call float @air.atomic.global.add.f32(ptr addrspace(1) %d, float 1.5, i32 0, i32 2, "
     "i1 1)\n  %p = getelementptr float, ptr addrspace(1) %d, i64 1\n"
     "  %y = call float @air.atomic.global.sub.f32(ptr addrspace(1) %p, float 0.5, i32 0, i32 2, "
     "i1 1)\n" END, "!{!10, !11}", .out = {0x42c00000, 0xc2000000}, .threads = 64,
     .needing = PVG_SHADER_FEATURE(FLOAT_ATOMIC_ADD)},
    {"floats are added atomically by a loop where there is no instruction",
     "declare float @air.atomic.global.add.f32(ptr addrspace(1), float, i32, i32, i1)\n" KERNEL
     "  %x = call float @air.atomic.global.add.f32(ptr addrspace(1) %d, float 1.5, i32 0, i32 2, "
     "i1 1)\n" END, "!{!10, !11}", .out = {0x42c00000}, .threads = 64,
     .lacking = PVG_SHADER_FEATURE(FLOAT_ATOMIC_ADD)},
    {"threadgroup floats are added atomically",
     "@w = internal addrspace(3) global float undef, align 4\n"
     "declare float @air.atomic.local.add.f32(ptr addrspace(3), float, i32, i32, i1)\n"
     "declare void @air.wg.barrier(i32, i32)\n" KERNEL
     "  %x = call float @air.atomic.local.add.f32(ptr addrspace(3) @w, float 1.5, i32 0, i32 1, "
     "i1 1)\n  call void @air.wg.barrier(i32 2, i32 1)\n"
     "  %v = load float, ptr addrspace(3) @w\n  store float %v, ptr addrspace(1) %d\n" END,
     "!{!10, !11}", .out = {0x42c00000}, .threads = 64},
    {"an argument that a function constant switches on is bound",
     "@_Z3useb.MTL_FC_INIT_7_b = addrspace(2) externally_initialized constant i8 undef\n"
     "@_ZL3useb = internal addrspace(2) global i8 undef\n" KERNEL
     "  %u = load i8, ptr addrspace(2) @_Z3useb.MTL_FC_INIT_7_b\n  %c = icmp ne i8 %u, 0\n"
     "  br i1 %c, label %y, label %x\ny:\n  %v = load i32, ptr addrspace(1) %o\n"
     "  store i32 %v, ptr addrspace(1) %d\n  br label %x\nx:\n" END
     "!12 = !{i32 1, !\"air.function_constant\", ptr addrspace(2) @_ZL3useb, !\"air.buffer\", "
     "!\"air.location_index\", i32 1, i32 1, !\"air.read\", !\"air.address_space\", i32 1}\n",
     "!{!10, !12}", .in = {77}, .out = {77}, .constant = {7, 1, {1}}},
    {"an argument that a function constant switches off reads as zeros",
     "@_Z3useb.MTL_FC_INIT_7_b = addrspace(2) externally_initialized constant i8 undef\n" KERNEL
     "  %v = load i32, ptr addrspace(1) %o\n  %s = add i32 %v, 5\n"
     "  store i32 %s, ptr addrspace(1) %d\n" END
     "!12 = !{i32 1, !\"air.function_constant\", ptr addrspace(2) @_Z3useb.MTL_FC_INIT_7_b, "
     "!\"air.buffer\", !\"air.location_index\", i32 1, i32 1, !\"air.read\", "
     "!\"air.address_space\", i32 1}\n",
     "!{!10, !12}", .in = {77}, .out = {5}, .constant = {7, 1, {0}}},
    {"arrays of textures are indexed at run time, and not left", READ_TEXEL
     "define void @k(ptr addrspace(1) %d, ptr addrspace(1) %o, ptr addrspace(2) %t) {\n"
     "  br label %l\nl:\n  %i = phi i32 [0, %0], [%n, %l]\n"
     "  %q = getelementptr i32, ptr addrspace(1) %o, i32 %i\n"
     "  %e = load i32, ptr addrspace(1) %q\n"
     "  %h = getelementptr [3 x ptr addrspace(1)], ptr addrspace(2) %t, i32 0, i32 %e\n"
     "  %x = load ptr addrspace(1), ptr addrspace(2) %h\n" TEXEL("v", "x")
     "  %p = getelementptr i32, ptr addrspace(1) %d, i32 %i\n"
     "  store i32 %v, ptr addrspace(1) %p\n  %n = add i32 %i, 1\n"
     "  %c = icmp ult i32 %n, 5\n  br i1 %c, label %l, label %m\nm:\n" END ARRAY_NODE,
     "!{!10, !11, !12}", .in = {2, 0, 1, 3, 0x7fffffff}, .out = {103, 101, 102, 103, 103}},
    {"elements of an array of textures are textures", READ_TEXEL
     "define void @k(ptr addrspace(1) %d, ptr addrspace(1) %o, [3 x ptr addrspace(1)] %t) {\n"
     "  %x = extractvalue [3 x ptr addrspace(1)] %t, 1\n" TEXEL("v", "x")
     "  store i32 %v, ptr addrspace(1) %d\n" END ARRAY_NODE,
     "!{!10, !11, !12}", .out = {102}},
    {"an index made of 64-bit sums needs no 64-bit integers", KERNEL
     "  %v = load i32, ptr addrspace(1) %o\n  %z = zext i32 %v to i64\n"
     "  %y = add i64 %z, -2\n  %x = mul i64 %y, 3\n"
     "  %p = getelementptr i32, ptr addrspace(1) %o, i64 %x\n"
     "  %q = getelementptr i32, ptr addrspace(1) %d, i64 %y\n"
     "  %w = load i32, ptr addrspace(1) %p\n  store i32 %w, ptr addrspace(1) %q\n" END,
     "!{!10, !11}", .in = {3, 10, 11, 12, 13}, .out = {0, 12},
     .lacking = PVG_SHADER_FEATURE(INT64)},
    {"an index that 32 bits do not make is made of 64", KERNEL
     "  %v = load i32, ptr addrspace(1) %o\n  %z = zext i32 %v to i64\n"
     "  %y = shl i64 %z, %z\n  %x = add i64 %y, -20\n"
     "  %p = getelementptr i32, ptr addrspace(1) %o, i64 %x\n  br label %l\n"
     "l:\n  %q = getelementptr i32, ptr addrspace(1) %d, i64 %x\n"
     "  %w = load i32, ptr addrspace(1) %p\n  store i32 %w, ptr addrspace(1) %q\n" END,
     "!{!10, !11}", .in = {3, 10, 11, 12, 13}, .out = {0, 0, 0, 0, 13},
     .needing = PVG_SHADER_FEATURE(INT64)},
    {"null is null whether or not a pointer out of memory has been seen before it", KERNEL
     "  %v = load i32, ptr addrspace(1) %o\n  %c = icmp ne i32 %v, 0\n"
     "  %p = select i1 %c, ptr addrspace(1) %o, ptr addrspace(1) null\n"
     "  %a = getelementptr i32, ptr addrspace(1) %o, i64 2\n"
     "  %n = load i64, ptr addrspace(1) %a\n  %q = inttoptr i64 %n to ptr addrspace(1)\n"
     "  %e = icmp eq ptr addrspace(1) %p, %q\n  %r = zext i1 %e to i32\n"
     "  store i32 %r, ptr addrspace(1) %d\n" END,
     "!{!10, !11}", .in = {0}, .out = {1}, .needing = PVG_SHADER_FEATURE(DESCRIPTOR_INDEXING)},
};

static bool run_form(const struct form *form, struct pvg_error *error)
{
    g_autofree char *text = g_strconcat(form->text, nodes, NULL);
    LLVMMemoryBufferRef bitcode = ir_kernel(text, form->inputs);
    g_autofree struct pvg_shader_options *options = g_new0(struct pvg_shader_options, 1);
    g_autofree struct pvg_translation *out = g_new0(struct pvg_translation, 1);
    struct pvg_translate_request request = {.entry = "k", .options = options};
    struct runner_dispatch d = {
        .kernel = out, .groups = {1, 1, 1}, .local = {MAX(form->threads, 1), 1, 1}};
    uint32_t got[WORDS] = {0}, in[WORDS], texels[4][4];
    bool ok = bitcode != NULL;

    memcpy(in, form->in, sizeof(in));
    options->features = runner_features(runner) & ~form->lacking;
    options->heap_slots = RUNNER_SLOTS;
    options->constants[0] = form->constant;
    options->constant_count = form->constant.size != 0;
    if (ok) {
        request.air = LLVMGetBufferStart(bitcode);
        request.air_size = LLVMGetBufferSize(bitcode);
        pvg_translate(&request, out);
        pvg_error_set(error, "%s", out->reason);
        ok = out->status == PVG_TRANSLATE_DONE && pvg_shader_audit(out, options, error);
        LLVMDisposeMemoryBuffer(bitcode);
    }
    d.buffers[0] = (struct runner_buffer){got, sizeof(got), 0, 0};
    d.buffers[1] = (struct runner_buffer){in, sizeof(in), 0, 0};
    for (unsigned i = 0; i < G_N_ELEMENTS(texels); i++) {
        for (unsigned c = 0; c < 4; c++) {
            texels[i][c] = 100 + i;
        }
        d.textures[i] = (struct runner_texture){texels[i], 1, 1, 1, 0};
    }
    ok = ok && runner_dispatch(runner, &d, error);
    for (unsigned i = 0; ok && i < WORDS; i++) {
        if (got[i] != form->out[i]) {
            pvg_error_set(error, "word %u is 0x%08x, not 0x%08x", i, got[i], form->out[i]);
            ok = false;
        }
    }
    pvg_translation_finish(out);
    return ok;
}

int main(void)
{
    struct pvg_error error;

    runner = runner_create(NULL, &error);
    if (!runner) {
        return tap_skip_all(error.message);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        struct pvg_error why = {0};

        if (tap_has(runner_features(runner), forms[i].needing, forms[i].sentence)) {
            tap_result(run_form(&forms[i], &why), forms[i].sentence, why.message);
        }
    }
    runner_destroy(runner);
    return tap_end();
}
