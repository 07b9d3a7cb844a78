/* SPDX-License-Identifier: MIT */
/* Calls: names taken apart, looked up in the tables of the intrinsics_*.c files, checked, emitted.
 * A name that no table has is refused with itself. Spec: 70-air 8.1. */
#include "shader/translator/translator.h"

#include <string.h>

static const struct intrinsic *const tables[] = {
    math_intrinsics, integer_intrinsics, convert_intrinsics, atomic_intrinsics,
    simd_intrinsics, texture_intrinsics, fragment_intrinsics, mesh_intrinsics,
};

LLVMValueRef call_operand(struct call *call, unsigned index)
{
    return LLVMGetOperand(call->instruction, index);
}

uint32_t call_value(struct translator *t, struct call *call, unsigned index)
{
    if (index >= call->count) {
        call_misuse(t, call, "too few operands");
    }
    return value_id(t, call_operand(call, index));
}

uint32_t call_typed(struct translator *t, struct call *call, unsigned index, uint32_t type)
{
    uint32_t id = call_value(t, call, index);

    if (spirv_type_of(&t->spirv, id) != type) {
        call_misuse(t, call, "an operand of another type");
    }
    return id;
}

/* An operand that must be a constant below @limit. */
uint32_t call_constant(struct translator *t, struct call *call, unsigned index, uint32_t limit)
{
    LLVMValueRef value = index < call->count ? call_operand(call, index) : NULL;

    if (!value || !LLVMIsAConstantInt(value) || LLVMGetIntTypeWidth(LLVMTypeOf(value)) > 64 ||
        LLVMConstIntGetZExtValue(value) >= limit) {
        call_misuse(t, call, "an operand that must be a small constant");
    }
    return (uint32_t)LLVMConstIntGetZExtValue(value);
}

uint32_t call_type(struct translator *t, struct call *call)
{
    return type_id(t, call->result);
}

_Noreturn void call_misuse(struct translator *t, struct call *call, const char *what)
{
    refuse(t, PVG_TRANSLATE_INTRINSIC, "air.%s%s%s: %s", call->name, call->rest[0] ? "." : "",
           call->rest, what);
}

bool intrinsic_parse(LLVMValueRef instruction, struct call *out)
{
    LLVMValueRef callee = LLVMGetCalledValue(instruction);
    const char *name = LLVMGetValueName(callee), *dot;

    *out = (struct call){.instruction = instruction, .result = LLVMTypeOf(instruction)};
    if (!g_str_has_prefix(name, "air.")) {
        return false;
    }
    name += 4;
    out->count = LLVMGetNumArgOperands(instruction);
    if (g_str_has_prefix(name, "fast_")) {
        out->fast = true;
        name += 5;
    }
    dot = strchr(name, '.');
    g_strlcpy(out->name, name, MIN(sizeof(out->name), dot ? (size_t)(dot - name) + 1 : SIZE_MAX));
    g_strlcpy(out->rest, dot ? dot + 1 : "", sizeof(out->rest));
    out->is_signed = g_str_has_prefix(out->rest, "s.") || strstr(out->rest, ".s.");
    return true;
}

static const struct intrinsic *find(struct call *call)
{
    if (strstr(call->name, "imageblock")) {
        return NULL; /* write_imageblock_... writes no texture that a row knows */
    }
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        for (const struct intrinsic *row = tables[i]; row->name; row++) {
            if (row->prefix ? g_str_has_prefix(call->name, row->name)
                            : strcmp(call->name, row->name) == 0) {
                call->kind = call->name + (row->prefix ? strlen(row->name) : 0);
                return row;
            }
        }
    }
    return NULL;
}

/* What Metal has and no Vulkan shader, by words of the name, and why. */
static const struct {
    const char *word, *why;
} without_counterpart[] = {
    {"imageblock", "imageblocks are tile memory, which Vulkan's shaders cannot see"},
    {"_render_command", "a command buffer that the GPU writes"},
    {"_compute_command", "a command buffer that the GPU writes"},
    {"visible_function_table", "a call of a function that is known at run time only"},
    {"intersection_function_table", "a call of a function that is known at run time only"},
    {"acceleration_structure", "ray tracing"},
    {"intersection_query", "ray tracing"},
    {"tensor", "tensors"},
    {"simdgroup_async_copy", "an async copy"},
    {"wait_simdgroup_events", "an async copy"},
    {"get_null_", "a texture that is null by construction"},
    {"get_read_sampler", "a read through a sampler"},
    {"set_clip_distance_mesh", "clip distances of a mesh"},
    {"get_num_patch_control_points", "the number of a patch's control points"},
    {"shuffle", "components chosen at run time"},
    {"cross", "what compilers expand before AIR"},
    {"determinant", "what compilers expand before AIR"},
    {"transpose", "what compilers expand before AIR"},
};

static _Noreturn void refuse_unknown(struct translator *t, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(without_counterpart); i++) {
        if (strstr(name, without_counterpart[i].word)) {
            refuse(t, PVG_TRANSLATE_UNSUPPORTED, "%.120s: %s", name, without_counterpart[i].why);
        }
    }
    refuse(t, PVG_TRANSLATE_INTRINSIC, "%.120s is not known", name);
}

/* ---- llvm.* ---- */

static uint32_t llvm_operand(struct translator *t, LLVMValueRef call, unsigned i)
{
    return value_id(t, LLVMGetOperand(call, i));
}

static uint32_t llvm_ext(struct translator *t, LLVMValueRef call, enum GLSLstd450 inst)
{
    uint32_t words[5] = {t->spirv.glsl, inst};
    unsigned count = LLVMGetNumArgOperands(call);

    if (count > 3) {
        refuse(t, PVG_TRANSLATE_INTRINSIC, "%s", LLVMGetValueName(LLVMGetCalledValue(call)));
    }
    for (unsigned i = 0; i < count; i++) {
        words[2 + i] = llvm_operand(t, call, i);
    }
    return spirv_emit(&t->spirv, SpvOpExtInst, type_id(t, LLVMTypeOf(call)), words, 2 + count);
}

static uint32_t llvm_funnel(struct translator *t, LLVMValueRef call, bool left)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = type_id(t, LLVMTypeOf(call));
    uint32_t width = spirv_width(b, type);
    uint32_t high = llvm_operand(t, call, 0), low = llvm_operand(t, call, 1), n, back, zero, merged;

    n = spirv_op(b, SpvOpBitwiseAnd, type, llvm_operand(t, call, 2),
                 spirv_constant_int(b, type, width - 1));
    back = spirv_op(b, SpvOpISub, type, spirv_constant_int(b, type, width), n);
    zero = spirv_op(b, SpvOpIEqual, spirv_shaped(b, type, spirv_bool(b)), n,
                    spirv_constant_int(b, type, 0));
    merged = spirv_op(b, SpvOpBitwiseOr, type,
                      spirv_op(b, SpvOpShiftLeftLogical, type, high, left ? n : back),
                      spirv_op(b, SpvOpShiftRightLogical, type, low, left ? back : n));
    return math_select(t, zero, left ? high : low, merged);
}

static const struct {
    const char *name;
    enum GLSLstd450 inst;
} llvm_direct[] = {
    {"llvm.umax.", GLSLstd450UMax},     {"llvm.umin.", GLSLstd450UMin},
    {"llvm.smax.", GLSLstd450SMax},     {"llvm.smin.", GLSLstd450SMin},
    {"llvm.abs.", GLSLstd450SAbs},      {"llvm.fabs.", GLSLstd450FAbs},
    {"llvm.floor.", GLSLstd450Floor},   {"llvm.ceil.", GLSLstd450Ceil},
    {"llvm.trunc.", GLSLstd450Trunc},   {"llvm.sqrt.", GLSLstd450Sqrt},
    {"llvm.minnum.", GLSLstd450NMin},   {"llvm.maxnum.", GLSLstd450NMax},
    {"llvm.rint.", GLSLstd450RoundEven}, {"llvm.fma.", GLSLstd450Fma},
    {"llvm.fmuladd.", GLSLstd450Fma},
};

static void llvm_emit(struct translator *t, LLVMValueRef call, const char *name)
{
    static const char *const nothing[] = {"llvm.lifetime.", "llvm.assume", "llvm.dbg.",
                                          "llvm.experimental.noalias.scope.decl",
                                          "llvm.donothing", "llvm.invariant."};

    for (size_t i = 0; i < G_N_ELEMENTS(nothing); i++) {
        if (g_str_has_prefix(name, nothing[i])) {
            return;
        }
    }
    if (g_str_has_prefix(name, "llvm.memcpy.") || g_str_has_prefix(name, "llvm.memmove.")) {
        memory_copy(t, call);
        return;
    }
    if (g_str_has_prefix(name, "llvm.memset.")) {
        memory_fill(t, call);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(llvm_direct); i++) {
        if (g_str_has_prefix(name, llvm_direct[i].name)) {
            if (llvm_direct[i].inst == GLSLstd450SAbs) {
                uint32_t words[3] = {t->spirv.glsl, GLSLstd450SAbs, llvm_operand(t, call, 0)};

                value_set(t, call, spirv_emit(&t->spirv, SpvOpExtInst,
                                              type_id(t, LLVMTypeOf(call)), words, 3));
            } else {
                value_set(t, call, llvm_ext(t, call, llvm_direct[i].inst));
            }
            return;
        }
    }
    if (g_str_has_prefix(name, "llvm.fshl.") || g_str_has_prefix(name, "llvm.fshr.")) {
        value_set(t, call, llvm_funnel(t, call, name[8] == 'l'));
        return;
    }
    refuse(t, PVG_TRANSLATE_INTRINSIC, "%.120s is not known", name);
}

void intrinsic_emit(struct translator *t, LLVMValueRef instruction)
{
    const char *name = LLVMGetValueName(LLVMGetCalledValue(instruction));
    struct call call;
    uint32_t result;

    if (g_str_has_prefix(name, "llvm.")) {
        llvm_emit(t, instruction, name);
        return;
    }
    if (strcmp(name, "pvg.forever") == 0) {
        value_set(t, instruction, function_spend_budget(t));
        return;
    }
    if (strstr(name, "MTL_CONTROL_POINT_FN")) {
        value_set(t, instruction, evaluation_control_point(t, instruction));
        return;
    }
    if (!intrinsic_parse(instruction, &call)) {
        refuse(t, PVG_TRANSLATE_INTRINSIC, "a call of \"%.120s\"", name);
    }
    if (LLVMGetTypeKind(call.result) == LLVMVoidTypeKind &&
        (g_str_has_prefix(call.name, "os_log") || g_str_has_prefix(call.name, "assert"))) {
        return; /* nobody reads what it says */
    }
    call.row = find(&call);
    if (!call.row) {
        refuse_unknown(t, name);
    }
    if (call.row->operands != ANY_OPERANDS && call.row->operands != call.count) {
        call_misuse(t, &call, "wrong number of operands");
    }
    result = call.row->emit(t, &call);
    if (LLVMGetTypeKind(call.result) != LLVMVoidTypeKind) {
        if (!result || spirv_type_of(&t->spirv, result) != call_type(t, &call)) {
            call_misuse(t, &call, "a result of another type");
        }
        value_set(t, instruction, result);
    }
}
