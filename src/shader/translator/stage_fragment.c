/* SPDX-License-Identifier: MIT */
/* Fragment functions: varyings, fragment facts and attachment colours in; colours, depth, stencil
 * and coverage out. Spec: 70-air 5.6, 5.7, 10.8; 02-errata-gpu rows 23, 24, 27. */
#include "shader/translator/translator.h"

#include <string.h>

/* ---- Varyings ---- */

static const struct pvg_varying *partner(struct translator *t, const char *link)
{
    const struct pvg_varyings *v = &t->options->varyings;
    size_t length = strlen(link);

    for (uint32_t i = 0; i < v->count; i++) {
        if (v->at[i].name_length == length &&
            memcmp(v->names + v->at[i].name, link, length) == 0) {
            return &v->at[i];
        }
    }
    return NULL;
}

/* Without a list of the previous stage: the same order it would use. */
static unsigned link_rank(struct translator *t, const struct argument *varying)
{
    unsigned rank = 0;

    for (guint i = 0; i < t->entry.inputs->len; i++) {
        const struct argument *other = &g_array_index(t->entry.inputs, struct argument, i);

        if (other->kind == ARGUMENT_FRAGMENT_INPUT && other->link &&
            (strcmp(other->link, varying->link) < 0 ||
             (other < varying && strcmp(other->link, varying->link) == 0))) {
            rank++;
        }
    }
    return rank;
}

static void decorate_sampling(struct translator *t, uint32_t variable, const struct argument *a,
                              bool flat, bool linear)
{
    struct spirv_builder *b = &t->spirv;

    if (flat) {
        spirv_decorate(b, variable, SpvDecorationFlat);
        return;
    }
    if (linear) {
        spirv_decorate(b, variable, SpvDecorationNoPerspective);
    }
    if (a->point == SAMPLE_CENTROID) {
        spirv_decorate(b, variable, SpvDecorationCentroid);
    } else if (a->point == SAMPLE_SAMPLE) {
        need(t, PVG_SHADER_FEATURE_BIT_SAMPLE_SHADING, "per-sample interpolation");
        spirv_capability(b, SpvCapabilitySampleRateShading);
        spirv_decorate(b, variable, SpvDecorationSample);
        t->reflection->flags |= PVG_SHADER_PER_SAMPLE;
    }
}

/* The input variable of a varying of @components, or 0 when nothing feeds it. */
static uint32_t varying_variable(struct translator *t, struct argument *a,
                                 enum pvg_component_class class, unsigned components, bool flat,
                                 bool linear, unsigned *available)
{
    struct spirv_builder *b = &t->spirv;
    bool per_primitive = false;
    unsigned location;
    uint32_t variable;

    if (!a->link) {
        refuse(t, PVG_TRANSLATE_METADATA, "a fragment input without a link string");
    }
    *available = components;
    if (t->options->has_varyings) {
        const struct pvg_varying *from = partner(t, a->link);

        if (!from || (from->component_class == PVG_CLASS_FLOAT) != (class == PVG_CLASS_FLOAT)) {
            return 0;
        }
        location = from->location;
        per_primitive = from->per_primitive;
        *available = MIN(components, from->components);
    } else {
        location = link_rank(t, a);
    }
    variable = spirv_variable(b, SpvStorageClassInput,
                              spirv_vector(b, stage_scalar(t, class), *available), 0);
    spirv_decorate(b, variable, SpvDecorationLocation, location);
    if (per_primitive) {
        need(t, PVG_SHADER_FEATURE_BIT_MESH, "data of a mesh's primitives");
        spirv_capability(b, SpvCapabilityMeshShadingEXT);
        spirv_extension(b, "SPV_EXT_mesh_shader");
        spirv_decorate(b, variable, SpvDecorationPerPrimitiveEXT);
    } else {
        decorate_sampling(t, variable, a, flat, linear);
    }
    stage_report_varying(t, a->link, class, components, location, flat, false);
    return variable;
}

/* Missing components come from (0, 0, 0, 1). */
static uint32_t fill(struct translator *t, uint32_t value, unsigned components)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t scalar = spirv_scalar(b, spirv_type_of(b, value)), parts[4];
    unsigned have = spirv_components(b, spirv_type_of(b, value));

    if (have == components) {
        return value;
    }
    for (unsigned i = 0; i < components; i++) {
        if (i < have) {
            uint32_t k = i;

            parts[i] = have == 1 ? value : spirv_op(b, SpvOpCompositeExtract, scalar, value, k);
        } else if (spirv_is_float(b, scalar)) {
            parts[i] = spirv_constant_float(b, scalar, i == 3 ? 1.0 : 0.0);
        } else {
            parts[i] = spirv_constant_int(b, scalar, i == 3);
        }
    }
    return spirv_emit(b, SpvOpCompositeConstruct, spirv_vector(b, scalar, components), parts,
                      components);
}

static uint32_t varying(struct translator *t, struct argument *a, uint32_t type)
{
    struct spirv_builder *b = &t->spirv;
    bool real = spirv_is_float(b, type);
    enum pvg_component_class class = real ? PVG_CLASS_FLOAT : PVG_CLASS_UNSIGNED;
    unsigned components = spirv_components(b, type), available;
    uint32_t variable, value;

    variable = varying_variable(t, a, class, components,
                                !real || a->interpolation == INTERPOLATE_FLAT,
                                a->interpolation == INTERPOLATE_LINEAR, &available);
    if (!variable) {
        return spirv_null(b, type);
    }
    value = spirv_op(b, SpvOpLoad, spirv_vector(b, stage_scalar(t, class), available), variable);
    return stage_fit(t, fill(t, value, components), type, false);
}

/* The variable behind a pull-model interpolant. */
uint32_t fragment_interpolant(struct translator *t, struct argument *a, uint32_t type, bool linear)
{
    struct spirv_builder *b = &t->spirv;
    unsigned available;
    gpointer key = a;
    uint32_t variable = GPOINTER_TO_UINT(g_hash_table_lookup(t->interpolants, key));

    if (!variable) {
        variable = varying_variable(t, a, PVG_CLASS_FLOAT, spirv_components(b, type), false, linear,
                                    &available);
        if (variable && available != spirv_components(b, type)) {
            refuse(t, PVG_TRANSLATE_UNSUPPORTED, "an interpolant wider than what feeds it");
        }
        g_hash_table_insert(t->interpolants, key, GUINT_TO_POINTER(variable));
    }
    return variable;
}

/* ---- Attachments read ---- */

static uint32_t colour_input(struct translator *t, struct argument *a, uint32_t type)
{
    struct spirv_builder *b = &t->spirv;
    enum pvg_component_class class = PVG_CLASS_NONE;
    uint32_t scalar, image, variable, value, zero[2], position;

    need(t, PVG_SHADER_FEATURE_BIT_COLOUR_INPUT, "framebuffer fetch");
    if (t->options->has_colours) {
        class = (enum pvg_component_class)t->options->colour_class[a->index];
        if (!class) {
            return spirv_null(b, type);
        }
    } else {
        class = stage_class(a->type_name, t, type);
    }
    scalar = stage_scalar(t, class);
    spirv_capability(b, SpvCapabilityInputAttachment);
    image = spirv_unique_type(b, SpvOpTypeImage,
                              SPIRV_WORDS(scalar, SpvDimSubpassData, 0, 0, 0, 2,
                                          SpvImageFormatUnknown));
    variable = spirv_variable(b, SpvStorageClassUniformConstant, image, 0);
    spirv_decorate(b, variable, SpvDecorationDescriptorSet, resource_set(t));
    spirv_decorate(b, variable, SpvDecorationBinding, PVG_BINDING_COLOUR + a->index);
    spirv_decorate(b, variable, SpvDecorationInputAttachmentIndex, a->index);
    zero[0] = zero[1] = u32_constant(t, 0);
    position = spirv_constant_composite(b, spirv_vector(b, u32_type(t), 2), zero, 2);
    value = spirv_op(b, SpvOpLoad, image, variable);
    value = spirv_op(b, SpvOpImageRead, spirv_vector(b, scalar, 4), value, position);
    t->reflection->colour_input_mask |= 1u << a->index;
    t->reflection->flags |= PVG_SHADER_FETCHES_COLOUR;
    return stage_fit(t, value, type, class == PVG_CLASS_SIGNED);
}

/* ---- Facts ---- */

static uint32_t sample_mask_in(struct translator *t)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t array = spirv_array(b, spirv_sint(b), 1), variable, value;

    variable = stage_builtin(t, SpvBuiltInSampleMask, array, SpvStorageClassInput);
    if (!t->sample_mask_flat) {
        spirv_decorate(b, variable, SpvDecorationFlat);
        t->sample_mask_flat = true;
    }
    value = spirv_op(b, SpvOpLoad, array, variable);
    value = spirv_op(b, SpvOpCompositeExtract, spirv_sint(b), value, 0);
    return spirv_op(b, SpvOpBitcast, u32_type(t), value);
}

static uint32_t fact(struct translator *t, struct argument *a)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t number = spirv_float(b, 32);

    switch ((int)a->kind) {
    case ARGUMENT_POSITION:
        return stage_load_builtin(t, SpvBuiltInFragCoord, spirv_vector(b, number, 4));
    case ARGUMENT_FRONT_FACING:
        return stage_load_builtin(t, SpvBuiltInFrontFacing, spirv_bool(b));
    case ARGUMENT_POINT_COORD:
        return stage_load_builtin(t, SpvBuiltInPointCoord, spirv_vector(b, number, 2));
    case ARGUMENT_PRIMITIVE_ID:
        need(t, PVG_SHADER_FEATURE_BIT_GEOMETRY, "the primitive id");
        spirv_capability(b, SpvCapabilityGeometry);
        return stage_load_builtin(t, SpvBuiltInPrimitiveId, u32_type(t));
    case ARGUMENT_SAMPLE_ID:
        need(t, PVG_SHADER_FEATURE_BIT_SAMPLE_SHADING, "the sample id");
        spirv_capability(b, SpvCapabilitySampleRateShading);
        t->reflection->flags |= PVG_SHADER_PER_SAMPLE;
        return stage_load_builtin(t, SpvBuiltInSampleId, u32_type(t));
    case ARGUMENT_SAMPLE_MASK_IN:
        return sample_mask_in(t);
    case ARGUMENT_RENDER_TARGET_ARRAY_INDEX:
        need(t, PVG_SHADER_FEATURE_BIT_OUTPUT_LAYER, "the layer");
        spirv_capability(b, SpvCapabilityShaderLayer);
        return stage_load_builtin(t, SpvBuiltInLayer, u32_type(t));
    case ARGUMENT_VIEWPORT_ARRAY_INDEX:
        need(t, PVG_SHADER_FEATURE_BIT_OUTPUT_VIEWPORT, "the viewport index");
        spirv_capability(b, SpvCapabilityShaderViewportIndex);
        return stage_load_builtin(t, SpvBuiltInViewportIndex, u32_type(t));
    case ARGUMENT_AMPLIFICATION_ID:
        need(t, PVG_SHADER_FEATURE_BIT_MULTIVIEW, "vertex amplification");
        spirv_capability(b, SpvCapabilityMultiView);
        return stage_load_builtin(t, SpvBuiltInViewIndex, u32_type(t));
    case ARGUMENT_BARYCENTRIC_COORD:
        need(t, PVG_SHADER_FEATURE_BIT_BARYCENTRICS, "barycentric coordinates");
        spirv_capability(b, SpvCapabilityFragmentBarycentricKHR);
        spirv_extension(b, "SPV_KHR_fragment_shader_barycentric");
        return stage_load_builtin(t,
                                  a->interpolation == INTERPOLATE_LINEAR
                                      ? SpvBuiltInBaryCoordNoPerspKHR
                                      : SpvBuiltInBaryCoordKHR,
                                  spirv_vector(b, number, 3));
    case ARGUMENT_THREAD_INDEX_IN_SIMDGROUP:
    case ARGUMENT_THREAD_INDEX_IN_QUADGROUP: {
        uint32_t lane;

        spirv_capability(b, SpvCapabilityGroupNonUniform);
        lane = stage_load_builtin(t, SpvBuiltInSubgroupLocalInvocationId, u32_type(t));
        return a->kind == ARGUMENT_THREAD_INDEX_IN_SIMDGROUP ? lane : u32_and(t, lane, 3);
    }
    case ARGUMENT_THREADS_PER_SIMDGROUP:
        spirv_capability(b, SpvCapabilityGroupNonUniform);
        return stage_load_builtin(t, SpvBuiltInSubgroupSize, u32_type(t));
    default:
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "argument of kind %s in a fragment function",
               a->unknown);
    }
}

void fragment_input(struct translator *t, struct argument *a, LLVMValueRef parameter)
{
    uint32_t type = type_id(t, LLVMTypeOf(parameter)), value;

    if (a->kind == ARGUMENT_FRAGMENT_INPUT) {
        value = varying(t, a, type);
    } else if (a->kind == ARGUMENT_RENDER_TARGET) {
        value = colour_input(t, a, type);
    } else {
        value = stage_fit(t, fact(t, a), type, false);
    }
    value_set(t, parameter, value);
}

/* ---- Outputs ---- */

static void colour_output(struct translator *t, struct argument *a, uint32_t value)
{
    struct spirv_builder *b = &t->spirv;
    struct pvg_shader_reflection *r = t->reflection;
    uint32_t type = spirv_type_of(b, value), variable;
    enum pvg_component_class class = stage_class(a->type_name, t, type);

    if (spirv_components(b, type) > 4 || !(spirv_is_float(b, type) || spirv_is_int(b, type))) {
        refuse(t, PVG_TRANSLATE_METADATA, "a colour of another type");
    }
    if (t->options->has_colours) {
        enum pvg_component_class target =
            (enum pvg_component_class)t->options->colour_class[a->index];

        if (!target || (target == PVG_CLASS_FLOAT) != (class == PVG_CLASS_FLOAT)) {
            return; /* no such slot, or of another class: dropped */
        }
        class = target;
    }
    value = fill(t, stage_widen(t, value, class), 4);
    if (t->options->alpha_slots >> a->index & 1) {
        value = spirv_op(b, SpvOpVectorShuffle, spirv_type_of(b, value), value, value, 3, 3, 3, 3);
    }
    variable = spirv_variable(b, SpvStorageClassOutput, spirv_type_of(b, value), 0);
    spirv_decorate(b, variable, SpvDecorationLocation, a->index);
    if (a->second) {
        need(t, PVG_SHADER_FEATURE_BIT_DUAL_SOURCE, "dual-source blending");
        spirv_decorate(b, variable, SpvDecorationIndex, a->second);
    }
    spirv_do(b, SpvOpStore, variable, value);
    if (r->colour_count == 2 * PVG_SHADER_COLOURS) {
        refuse(t, PVG_TRANSLATE_METADATA, "too many colour outputs");
    }
    r->colours[r->colour_count++] = (struct pvg_shader_colour){
        .attachment = (uint8_t)a->index,
        .source = (uint8_t)a->second,
        .component_class = (uint8_t)class,
        .components = (uint8_t)spirv_components(b, type),
    };
}

static void depth_output(struct translator *t, struct argument *a, uint32_t value)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t number = spirv_float(b, 32);

    if (!spirv_is_float(b, spirv_type_of(b, value)) ||
        spirv_components(b, spirv_type_of(b, value)) != 1) {
        refuse(t, PVG_TRANSLATE_METADATA, "a depth of another type");
    }
    spirv_do(b, SpvOpStore, stage_builtin(t, SpvBuiltInFragDepth, number, SpvStorageClassOutput),
             math_to_float32(t, value));
    t->reflection->flags |= PVG_SHADER_WRITES_DEPTH;
    t->depth_qualifier = a->depth;
}

void fragment_output(struct translator *t, struct argument *a, uint32_t value)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t array, type = spirv_type_of(b, value);

    switch ((int)a->kind) {
    case ARGUMENT_RENDER_TARGET:
        colour_output(t, a, value);
        return;
    case ARGUMENT_DEPTH:
        depth_output(t, a, value);
        return;
    case ARGUMENT_STENCIL:
    case ARGUMENT_SAMPLE_MASK:
        break;
    default:
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "fragment output of kind %s", a->unknown);
    }
    if (!spirv_is_int(b, type) || spirv_components(b, type) != 1) {
        refuse(t, PVG_TRANSLATE_METADATA, "a stencil value or sample mask of another type");
    }
    value = u32_from(t, value, false);
    value = spirv_op(b, SpvOpBitcast, spirv_sint(b), value);
    if (a->kind == ARGUMENT_STENCIL) {
        need(t, PVG_SHADER_FEATURE_BIT_STENCIL_EXPORT, "a stencil output");
        spirv_capability(b, SpvCapabilityStencilExportEXT);
        spirv_extension(b, "SPV_EXT_shader_stencil_export");
        spirv_do(b, SpvOpStore,
                 stage_builtin(t, SpvBuiltInFragStencilRefEXT, spirv_sint(b),
                               SpvStorageClassOutput),
                 value);
        t->reflection->flags |= PVG_SHADER_WRITES_STENCIL;
        return;
    }
    array = spirv_array(b, spirv_sint(b), 1);
    value = spirv_op(b, SpvOpCompositeConstruct, array, value);
    spirv_do(b, SpvOpStore, stage_builtin(t, SpvBuiltInSampleMask, array, SpvStorageClassOutput),
             value);
    t->reflection->flags |= PVG_SHADER_WRITES_SAMPLE_MASK;
}

static void mode(struct translator *t, SpvExecutionMode which)
{
    spirv_mode(&t->spirv, SPIRV_WORDS(t->function, which), SpvOpExecutionMode);
}

void fragment_declare(struct translator *t)
{
    mode(t, SpvExecutionModeOriginUpperLeft);
    if (t->entry.early_tests) {
        mode(t, SpvExecutionModeEarlyFragmentTests);
        t->reflection->flags |= PVG_SHADER_EARLY_TESTS;
    }
    if (t->reflection->flags & PVG_SHADER_WRITES_DEPTH) {
        mode(t, SpvExecutionModeDepthReplacing);
        if (t->depth_qualifier != DEPTH_ANY) {
            mode(t, t->depth_qualifier == DEPTH_GREATER ? SpvExecutionModeDepthGreater
                                                        : SpvExecutionModeDepthLess);
        }
    }
    if (t->reflection->flags & PVG_SHADER_WRITES_STENCIL) {
        mode(t, SpvExecutionModeStencilRefReplacingEXT);
    }
}
