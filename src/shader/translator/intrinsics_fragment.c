/* SPDX-License-Identifier: MIT */
/* Discard, derivatives, helper threads, the sample count, pull interpolation. Spec: 70-air 8.4. */
#include "shader/translator/translator.h"

#include <string.h>

static void fragment_only(struct translator *t, struct call *c)
{
    if (t->entry.stage != PVG_STAGE_FRAGMENT) {
        call_misuse(t, c, "outside a fragment function");
    }
}

/* Demotion leaves derivatives intact; Vulkan drops what a demoted invocation stores. */
static uint32_t emit_discard(struct translator *t, struct call *c)
{
    fragment_only(t, c);
    spirv_capability(&t->spirv, SpvCapabilityDemoteToHelperInvocation);
    spirv_emit(&t->spirv, SpvOpDemoteToHelperInvocation, 0, NULL, 0);
    t->reflection->flags |= PVG_SHADER_DISCARDS;
    return 0;
}

static uint32_t emit_derivative(struct translator *t, struct call *c)
{
    uint32_t type = call_type(t, c), x = call_typed(t, c, 0, type);

    fragment_only(t, c);
    x = math_to_float32(t, x);
    x = spirv_op(&t->spirv, (SpvOp)c->row->detail, spirv_type_of(&t->spirv, x), x);
    return math_to_type(t, x, type);
}

static uint32_t emit_is_helper(struct translator *t, struct call *c)
{
    fragment_only(t, c);
    spirv_capability(&t->spirv, SpvCapabilityDemoteToHelperInvocation);
    return spirv_emit(&t->spirv, SpvOpIsHelperInvocationEXT, spirv_bool(&t->spirv), NULL, 0);
}

/* Known to the pipeline. */
static uint32_t emit_sample_count(struct translator *t, struct call *c)
{
    uint32_t one = 1;

    (void)c;
    if (!t->sample_count) {
        t->sample_count =
            spirv_global(&t->spirv, SpvOpSpecConstant, u32_type(t), &one, 1);
        spirv_decorate(&t->spirv, t->sample_count, SpvDecorationSpecId, PVG_SPEC_SAMPLE_COUNT);
    }
    return t->sample_count;
}

/* interpolate_{center, centroid, sample, offset}_{perspective, no_perspective}(interpolant, ...) */
static uint32_t emit_interpolate(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = call_type(t, c), variable, value, wide;
    bool linear = strstr(c->name, "no_perspective") != NULL;
    struct root *root;

    fragment_only(t, c);
    if (c->count == 0) {
        call_misuse(t, c, "no interpolant");
    }
    root = memory_only_root(t, call_operand(c, 0), ROOT_INTERPOLANT);
    wide = spirv_shaped(b, type, spirv_float(b, 32));
    variable = fragment_interpolant(t, root->argument, wide, linear);
    if (!variable) {
        return spirv_null(b, type);
    }
    if (g_str_has_prefix(c->kind, "center")) {
        value = spirv_op(b, SpvOpLoad, wide, variable);
        return math_to_type(t, value, type);
    }
    spirv_capability(b, SpvCapabilityInterpolationFunction);
    if (g_str_has_prefix(c->kind, "centroid")) {
        value = spirv_ext(b, GLSLstd450InterpolateAtCentroid, wide, variable);
    } else if (g_str_has_prefix(c->kind, "sample")) {
        value = spirv_ext(b, GLSLstd450InterpolateAtSample, wide, variable,
                          u32_from(t, call_value(t, c, 1), false));
    } else {
        /* sixteenths of a pixel from its corner; Vulkan counts from the centre */
        uint32_t pair = spirv_vector(b, spirv_float(b, 32), 2);
        uint32_t offset = call_value(t, c, 1);

        if (spirv_type_of(b, offset) != spirv_vector(b, u32_type(t), 2)) {
            call_misuse(t, c, "an offset of another type");
        }
        offset = spirv_op(b, SpvOpConvertSToF, pair, offset);
        offset = spirv_op(b, SpvOpFMul, pair, offset, spirv_constant_float(b, pair, 1.0 / 16.0));
        offset = spirv_op(b, SpvOpFSub, pair, offset, spirv_constant_float(b, pair, 0.5));
        value = spirv_ext(b, GLSLstd450InterpolateAtOffset, wide, variable, offset);
    }
    return math_to_type(t, value, type);
}

const struct intrinsic fragment_intrinsics[] = {
    {"discard_fragment", emit_discard, 0, 0, false},
    {"dfdx", emit_derivative, SpvOpDPdx, 1, false},
    {"dfdy", emit_derivative, SpvOpDPdy, 1, false},
    {"fwidth", emit_derivative, SpvOpFwidth, 1, false},
    {"simd_is_helper_thread", emit_is_helper, 0, 0, false},
    {"is_helper_thread", emit_is_helper, 0, 0, false},
    {"get_num_samples", emit_sample_count, 0, ANY_OPERANDS, false},
    {"interpolate_", emit_interpolate, 0, ANY_OPERANDS, true},
    {0},
};
