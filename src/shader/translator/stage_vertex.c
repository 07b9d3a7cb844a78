/* SPDX-License-Identifier: MIT */
/* Vertex functions, and post-tessellation ones: attributes and vertex facts in, position and
 * varyings out. Spec: 70-air 5.4, 5.5, 10.8; 02-errata-gpu rows 18 and 23. */
#include "shader/translator/translator.h"

#include <string.h>

/* ---- Attributes: in the class of the vertex format, 32 bits wide ---- */

static enum pvg_component_class attribute_class(struct translator *t, struct argument *a,
                                                uint32_t type, unsigned index)
{
    struct pvg_shader_reflection *r = t->reflection;
    enum pvg_component_class class = PVG_CLASS_NONE;

    if (index >= PVG_SHADER_ATTRIBUTES || r->attribute_count == PVG_SHADER_ATTRIBUTES ||
        spirv_components(&t->spirv, type) > 4 ||
        !(spirv_is_float(&t->spirv, type) || spirv_is_int(&t->spirv, type))) {
        refuse(t, PVG_TRANSLATE_METADATA, "attribute %u", index);
    }
    if (t->options->has_attributes) {
        class = (enum pvg_component_class)t->options->attribute_class[index];
    }
    if (!class) {
        class = stage_class(a->type_name, t, type);
    }
    r->attributes[r->attribute_count++] = (struct pvg_shader_attribute){
        .location = (uint8_t)index,
        .component_class = (uint8_t)class,
        .components = (uint8_t)spirv_components(&t->spirv, type),
    };
    return class;
}

static uint32_t attribute(struct translator *t, struct argument *a, uint32_t type, unsigned index)
{
    struct spirv_builder *b = &t->spirv;
    enum pvg_component_class class = attribute_class(t, a, type, index);
    uint32_t wide, variable, value;

    wide = spirv_shaped(b, type, stage_scalar(t, class));
    variable = spirv_variable(b, SpvStorageClassInput, wide, 0);
    spirv_decorate(b, variable, SpvDecorationLocation, index);
    value = spirv_op(b, SpvOpLoad, wide, variable);
    return stage_fit(t, value, type, class == PVG_CLASS_SIGNED);
}

static uint32_t draw_parameter(struct translator *t, SpvBuiltIn builtin)
{
    need(t, PVG_SHADER_FEATURE_BIT_DRAW_PARAMETERS, "base vertex or instance");
    spirv_capability(&t->spirv, SpvCapabilityDrawParameters);
    return stage_load_builtin(t, builtin, u32_type(t));
}

void vertex_input(struct translator *t, struct argument *a, LLVMValueRef parameter)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = type_id(t, LLVMTypeOf(parameter)), value;

    switch ((int)a->kind) {
    case ARGUMENT_VERTEX_INPUT:
        value = attribute(t, a, type, a->index);
        break;
    case ARGUMENT_VERTEX_ID:
        value = stage_load_builtin(t, SpvBuiltInVertexIndex, u32_type(t));
        break;
    case ARGUMENT_INSTANCE_ID:
        value = stage_load_builtin(t, SpvBuiltInInstanceIndex, u32_type(t));
        break;
    case ARGUMENT_BASE_VERTEX:
        value = draw_parameter(t, SpvBuiltInBaseVertex);
        break;
    case ARGUMENT_BASE_INSTANCE:
        value = draw_parameter(t, SpvBuiltInBaseInstance);
        break;
    case ARGUMENT_AMPLIFICATION_ID:
        need(t, PVG_SHADER_FEATURE_BIT_MULTIVIEW, "vertex amplification");
        spirv_capability(b, SpvCapabilityMultiView);
        value = stage_load_builtin(t, SpvBuiltInViewIndex, u32_type(t));
        break;
    case ARGUMENT_POSITION_IN_PATCH:
        value = stage_load_builtin(t, SpvBuiltInTessCoord,
                                   spirv_vector(b, spirv_float(b, 32), 3));
        break;
    case ARGUMENT_PATCH_ID:
        value = stage_load_builtin(t, SpvBuiltInPrimitiveId, u32_type(t));
        break;
    default:
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "argument of kind %s in a vertex function", a->unknown);
    }
    value_set(t, parameter, stage_fit(t, value, type, false));
}

/* ---- Varyings: locations by the order of the link strings ---- */

static unsigned link_rank(struct translator *t, const struct argument *varying)
{
    unsigned rank = 0;

    for (guint i = 0; i < t->entry.outputs->len; i++) {
        const struct argument *other = &g_array_index(t->entry.outputs, struct argument, i);

        if (other->kind == ARGUMENT_VERTEX_OUTPUT && other->link && varying->link &&
            (strcmp(other->link, varying->link) < 0 ||
             (other < varying && strcmp(other->link, varying->link) == 0))) {
            rank++;
        }
    }
    return rank;
}

void stage_report_varying(struct translator *t, const char *link, enum pvg_component_class class,
                          unsigned components, unsigned location, bool flat, bool per_primitive)
{
    struct pvg_varyings *v = &t->reflection->varyings;
    size_t length = strlen(link), used = 0;

    for (uint32_t i = 0; i < v->count; i++) {
        used = MAX(used, (size_t)v->at[i].name + v->at[i].name_length);
    }
    if (v->count == PVG_SHADER_VARYINGS || location >= PVG_SHADER_VARYINGS ||
        used + length > sizeof(v->names)) {
        refuse(t, PVG_TRANSLATE_LIMIT, "more varyings than fit");
    }
    memcpy(v->names + used, link, length);
    v->at[v->count++] = (struct pvg_varying){
        .name = (uint16_t)used,
        .name_length = (uint8_t)length,
        .component_class = (uint8_t)class,
        .components = (uint8_t)components,
        .location = (uint8_t)location,
        .flat = flat,
        .per_primitive = per_primitive,
    };
}

static void varying(struct translator *t, struct argument *a, uint32_t value)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = spirv_type_of(b, value), variable;
    enum pvg_component_class class = stage_class(a->type_name, t, type);
    unsigned location = link_rank(t, a);

    if (!a->link) {
        refuse(t, PVG_TRANSLATE_METADATA, "a vertex output without a link string");
    }
    if (spirv_components(b, type) > 4 || !(spirv_is_float(b, type) || spirv_is_int(b, type) ||
                                           spirv_is_bool(b, type))) {
        refuse(t, PVG_TRANSLATE_METADATA, "a vertex output of another type");
    }
    /* integers travel unsigned: both sides then agree whatever their type names say */
    class = class == PVG_CLASS_FLOAT ? class : PVG_CLASS_UNSIGNED;
    value = stage_widen(t, value, class);
    variable = spirv_variable(b, SpvStorageClassOutput, spirv_type_of(b, value), 0);
    spirv_decorate(b, variable, SpvDecorationLocation, location);
    spirv_do(b, SpvOpStore, variable, value);
    stage_report_varying(t, a->link, class, spirv_components(b, type), location,
                         class != PVG_CLASS_FLOAT, false);
}

static void store_builtin(struct translator *t, SpvBuiltIn builtin, uint32_t type, uint32_t value)
{
    spirv_do(&t->spirv, SpvOpStore, stage_builtin(t, builtin, type, SpvStorageClassOutput), value);
}

/* The layer or viewport, not above what the target has. */
static uint32_t clamp_target(struct translator *t, uint32_t value, unsigned first_bit)
{
    uint32_t limit = u32_and(t, u32_shr(t, resource_push(t, PVG_PUSH_TARGET_LIMITS), first_bit),
                             0xffff);

    return u32_min(t, u32_from(t, value, false), limit);
}

static void clip_distance(struct translator *t, struct argument *a, uint32_t value)
{
    struct spirv_builder *b = &t->spirv;
    const struct spirv_type *info = spirv_type(b, spirv_type_of(b, value));
    uint32_t type, number = spirv_float(b, 32);

    need(t, PVG_SHADER_FEATURE_BIT_CLIP_DISTANCE, "clip distances");
    spirv_capability(b, SpvCapabilityClipDistance);
    if (info->op != SpvOpTypeArray) {
        type = spirv_array(b, number, 1);
        value = spirv_op(b, SpvOpCompositeConstruct, type, value);
    } else {
        if (info->element != number || info->count > 8) {
            refuse(t, PVG_TRANSLATE_METADATA, "clip distances of another type");
        }
        type = spirv_type_of(b, value);
    }
    (void)a;
    store_builtin(t, SpvBuiltInClipDistance, type, value);
}

void vertex_output(struct translator *t, struct argument *a, uint32_t value)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t number = spirv_float(b, 32), four = spirv_vector(b, number, 4), type;

    type = spirv_type_of(b, value);
    switch ((int)a->kind) {
    case ARGUMENT_POSITION:
        if (type != four) {
            refuse(t, PVG_TRANSLATE_METADATA, "a position of another type");
        }
        store_builtin(t, SpvBuiltInPosition, four, value);
        if (a->invariant) {
            spirv_decorate(b, stage_builtin(t, SpvBuiltInPosition, four, SpvStorageClassOutput),
                           SpvDecorationInvariant);
        }
        t->wrote_position = true;
        break;
    case ARGUMENT_POINT_SIZE:
        if (!spirv_is_float(b, type) || spirv_components(b, type) != 1) {
            refuse(t, PVG_TRANSLATE_METADATA, "a point size of another type");
        }
        store_builtin(t, SpvBuiltInPointSize, number, math_to_float32(t, value));
        t->reflection->flags |= PVG_SHADER_WRITES_POINT_SIZE;
        break;
    case ARGUMENT_CLIP_DISTANCE:
        clip_distance(t, a, value);
        break;
    case ARGUMENT_RENDER_TARGET_ARRAY_INDEX:
        need(t, PVG_SHADER_FEATURE_BIT_OUTPUT_LAYER, "layered rendering");
        spirv_capability(b, SpvCapabilityShaderLayer);
        store_builtin(t, SpvBuiltInLayer, u32_type(t), clamp_target(t, value, 0));
        t->reflection->flags |= PVG_SHADER_WRITES_LAYER;
        break;
    case ARGUMENT_VIEWPORT_ARRAY_INDEX:
        need(t, PVG_SHADER_FEATURE_BIT_OUTPUT_VIEWPORT, "viewport indices");
        spirv_capability(b, SpvCapabilityShaderViewportIndex);
        store_builtin(t, SpvBuiltInViewportIndex, u32_type(t), clamp_target(t, value, 16));
        t->reflection->flags |= PVG_SHADER_WRITES_VIEWPORT;
        break;
    case ARGUMENT_VERTEX_OUTPUT:
        varying(t, a, value);
        break;
    default:
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "vertex output of kind %s", a->unknown);
    }
}

/* Points need a size; without a position nothing is drawn. */
void vertex_finish(struct translator *t)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t number = spirv_float(b, 32);

    if (!t->wrote_position) {
        t->reflection->flags |= PVG_SHADER_NO_RASTERISATION;
    }
    if (t->entry.stage == PVG_STAGE_VERTEX &&
        !(t->reflection->flags & PVG_SHADER_WRITES_POINT_SIZE)) {
        store_builtin(t, SpvBuiltInPointSize, number, spirv_constant_float(b, number, 1.0));
    }
}

/* ---- Post-tessellation functions ---- */

/* The attributes of control points: one input array each, 32 points long as Vulkan has it. */
static void declare_control_points(struct translator *t)
{
    struct argument *input = NULL;
    LLVMTypeRef result;
    GArray *fields;

    for (guint i = 0; i < t->entry.inputs->len; i++) {
        struct argument *a = &g_array_index(t->entry.inputs, struct argument, i);

        input = a->kind == ARGUMENT_PATCH_CONTROL_POINT_INPUT ? a : input;
    }
    if (!input || !input->control_point_function) {
        refuse(t, PVG_TRANSLATE_METADATA, "control points without their function");
    }
    result = LLVMGetReturnType(LLVMGlobalGetValueType(input->control_point_function));
    fields = metadata_control_point_fields(t, input);
    if (LLVMGetTypeKind(result) != LLVMStructTypeKind || fields->len == 0 ||
        LLVMCountStructElementTypes(result) != fields->len || fields->len > PVG_SHADER_ATTRIBUTES) {
        refuse(t, PVG_TRANSLATE_METADATA, "control points of another type");
    }
    for (guint i = 0; i < fields->len; i++) {
        struct argument *field = &g_array_index(fields, struct argument, i);
        uint32_t type = type_id(t, LLVMStructGetTypeAtIndex(result, i)), wide;
        enum pvg_component_class class = attribute_class(t, field, type, field->index);

        wide = spirv_shaped(&t->spirv, type, stage_scalar(t, class));
        t->control_point[i] = spirv_variable(&t->spirv, SpvStorageClassInput,
                                             spirv_array(&t->spirv, wide, 32), 0);
        spirv_decorate(&t->spirv, t->control_point[i], SpvDecorationLocation, field->index);
    }
    t->control_point_fields = fields->len;
}

/* Metal's function that fetches one control point: a struct of its attributes. */
uint32_t evaluation_control_point(struct translator *t, LLVMValueRef call)
{
    struct spirv_builder *b = &t->spirv;
    LLVMTypeRef result = LLVMTypeOf(call);
    uint32_t parts[PVG_SHADER_ATTRIBUTES], point, limit;

    if (t->entry.stage != PVG_STAGE_EVALUATION || LLVMGetNumArgOperands(call) != 2 ||
        LLVMGetTypeKind(result) != LLVMStructTypeKind) {
        refuse(t, PVG_TRANSLATE_INTRINSIC, "control points outside a post-tessellation function");
    }
    if (!t->control_point_fields) {
        declare_control_points(t);
    }
    if (LLVMCountStructElementTypes(result) != t->control_point_fields) {
        refuse(t, PVG_TRANSLATE_METADATA, "control points of two types");
    }
    limit = t->entry.patch_points && t->entry.patch_points <= 32 ? t->entry.patch_points : 32;
    point = u32_from(t, value_id(t, LLVMGetOperand(call, 0)), false);
    point = u32_min(t, point, u32_constant(t, limit - 1));
    for (unsigned i = 0; i < t->control_point_fields; i++) {
        uint32_t array = spirv_type(b, spirv_type_of(b, t->control_point[i]))->element;
        uint32_t wide = spirv_type(b, array)->element, at;
        uint32_t type = type_id(t, LLVMStructGetTypeAtIndex(result, i));

        at = spirv_op(b, SpvOpAccessChain, spirv_pointer(b, SpvStorageClassInput, wide),
                      t->control_point[i], point);
        parts[i] = stage_fit(t, spirv_op(b, SpvOpLoad, wide, at), type,
                             spirv_scalar(b, wide) == spirv_sint(b));
    }
    return spirv_emit(b, SpvOpCompositeConstruct, type_id(t, result), parts,
                      t->control_point_fields);
}

/* Winding and spacing are the pipeline's to say in Metal; Vulkan wants them in a module, and either
 * tessellation stage may state them: the host's control stage does. Here stands the domain. */
void evaluation_declare(struct translator *t)
{
    need(t, PVG_SHADER_FEATURE_BIT_TESSELLATION, "a post-tessellation vertex function");
    spirv_capability(&t->spirv, SpvCapabilityTessellation);
    spirv_mode(&t->spirv,
               SPIRV_WORDS(t->function, t->entry.patch_quad ? SpvExecutionModeQuads
                                                            : SpvExecutionModeTriangles),
               SpvOpExecutionMode);
    t->reflection->patch_points = t->entry.patch_points;
    t->reflection->patch_quad = t->entry.patch_quad;
}
