/* SPDX-License-Identifier: MIT */
/* What all stages share: built-in variables, the start of the function, the way out.
 * Spec: 70-air 10.8. */
#include "shader/translator/translator.h"

SpvExecutionModel stage_model(struct translator *t)
{
    switch (t->entry.stage) {
    case PVG_STAGE_VERTEX:
        return SpvExecutionModelVertex;
    case PVG_STAGE_FRAGMENT:
        return SpvExecutionModelFragment;
    case PVG_STAGE_MESH:
        return SpvExecutionModelMeshEXT;
    case PVG_STAGE_OBJECT:
        return SpvExecutionModelTaskEXT;
    case PVG_STAGE_EVALUATION:
        return SpvExecutionModelTessellationEvaluation;
    case PVG_STAGE_KERNEL:
    case PVG_STAGE_ANY:
        break;
    }
    return SpvExecutionModelGLCompute;
}

uint32_t stage_builtin(struct translator *t, SpvBuiltIn builtin, uint32_t type,
                       SpvStorageClass storage)
{
    gpointer key = GUINT_TO_POINTER(builtin << 4 | storage);
    uint32_t variable = GPOINTER_TO_UINT(g_hash_table_lookup(t->builtins, key));

    if (!variable) {
        variable = spirv_variable(&t->spirv, storage, type, 0);
        spirv_decorate(&t->spirv, variable, SpvDecorationBuiltIn, builtin);
        if (storage == SpvStorageClassInput && t->entry.stage == PVG_STAGE_FRAGMENT &&
            spirv_is_int(&t->spirv, type)) {
            spirv_decorate(&t->spirv, variable, SpvDecorationFlat);
        }
        g_hash_table_insert(t->builtins, key, GUINT_TO_POINTER(variable));
    }
    return variable;
}

uint32_t stage_load_builtin(struct translator *t, SpvBuiltIn builtin, uint32_t type)
{
    uint32_t variable = stage_builtin(t, builtin, type, SpvStorageClassInput);

    return spirv_shared(&t->spirv, SpvOpLoad, type, variable);
}

/* A value of 32-bit components as @type asks for: fewer components, narrower ones. */
uint32_t stage_fit(struct translator *t, uint32_t value, uint32_t type, bool is_signed)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t from = spirv_type_of(b, value), parts[4], scalar = spirv_scalar(b, from);
    unsigned have = spirv_components(b, from), want = spirv_components(b, type);

    if (want > 4 || !(spirv_is_float(b, type) || spirv_is_int(b, type) || spirv_is_bool(b, type))) {
        refuse(t, PVG_TRANSLATE_METADATA, "an argument whose type does not fit its kind");
    }
    if (have != want) {
        for (unsigned i = 0; i < want; i++) {
            uint32_t k = i;

            parts[i] = i < have ? have == 1 ? value
                                            : spirv_op(b, SpvOpCompositeExtract, scalar, value, k)
                                : spirv_null(b, scalar);
        }
        value = want == 1 ? parts[0]
                          : spirv_emit(b, SpvOpCompositeConstruct, spirv_vector(b, scalar, want),
                                       parts, want);
        from = spirv_type_of(b, value);
    }
    if (from == type) {
        return value;
    }
    if (spirv_is_bool(b, type)) {
        return spirv_is_bool(b, from) ? value
                                      : spirv_op(b, SpvOpINotEqual, type, value,
                                                 spirv_constant_int(b, from, 0));
    }
    if (spirv_is_float(b, type) && spirv_is_float(b, from)) {
        return math_to_type(t, value, type);
    }
    if (spirv_is_float(b, type)) {
        return spirv_op(b, is_signed ? SpvOpConvertSToF : SpvOpConvertUToF, type, value);
    }
    if (spirv_is_float(b, from)) {
        return math_saturate_to_int(t, value, type, is_signed);
    }
    if (spirv_width(b, type) == spirv_width(b, from)) {
        return spirv_op(b, SpvOpBitcast, type, value);
    }
    return spirv_op(b, is_signed ? SpvOpSConvert : SpvOpUConvert, type, value);
}

/* Signedness is in the type's name only: uint unless the name says otherwise. */
enum pvg_component_class stage_class(const char *type_name, struct translator *t, uint32_t type)
{
    static const char *const signed_names[] = {"int", "short", "char", "long"};

    if (spirv_is_float(&t->spirv, type)) {
        return PVG_CLASS_FLOAT;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(signed_names); i++) {
        if (g_str_has_prefix(type_name, signed_names[i])) {
            return PVG_CLASS_SIGNED;
        }
    }
    return PVG_CLASS_UNSIGNED;
}

/* The 32-bit scalar an interface variable of a class has. */
uint32_t stage_scalar(struct translator *t, enum pvg_component_class class)
{
    return class == PVG_CLASS_FLOAT    ? spirv_float(&t->spirv, 32)
           : class == PVG_CLASS_SIGNED ? spirv_sint(&t->spirv)
                                       : spirv_int(&t->spirv, 32);
}

/* A value of the shader's as an interface variable of @class holds it: 32 bits wide. */
uint32_t stage_widen(struct translator *t, uint32_t value, enum pvg_component_class class)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t from = spirv_type_of(b, value), type = spirv_shaped(b, from, stage_scalar(t, class));

    if (class == PVG_CLASS_FLOAT) {
        return math_to_float32(t, value);
    }
    if (spirv_is_bool(b, from)) {
        uint32_t words = spirv_shaped(b, from, u32_type(t));

        value = spirv_op(b, SpvOpSelect, words, value, spirv_constant_int(b, words, 1),
                         spirv_constant_int(b, words, 0));
    } else if (spirv_width(b, from) != 32) {
        value = spirv_op(b, class == PVG_CLASS_SIGNED ? SpvOpSConvert : SpvOpUConvert,
                         spirv_shaped(b, from, u32_type(t)), value);
    }
    return spirv_type_of(b, value) == type ? value : spirv_op(b, SpvOpBitcast, type, value);
}

/* ---- The start ---- */

static uint32_t spec_constant(struct translator *t, uint32_t spec, uint32_t value)
{
    uint32_t id = spirv_global(&t->spirv, SpvOpSpecConstant, u32_type(t), &value, 1);

    spirv_decorate(&t->spirv, id, SpvDecorationSpecId, spec);
    return id;
}

/* The size of the workgroup along an axis, set by the pipeline. */
uint32_t stage_local_size(struct translator *t, unsigned axis)
{
    if (!t->local_size[axis]) {
        t->local_size[axis] = spec_constant(t, PVG_SPEC_LOCAL_X + axis, 1);
    }
    return t->local_size[axis];
}

/* Threadgroup arguments: arrays whose length the pipeline knows. */
static void declare_threadgroup(struct translator *t, struct root *root)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t length = spec_constant(t, PVG_SPEC_THREADGROUP + root->index, 1), type;

    root->storage = SpvStorageClassWorkgroup;
    root->last = spirv_global(b, SpvOpSpecConstantOp, u32_type(t),
                              SPIRV_WORDS(SpvOpISub, length, u32_constant(t, 1)));
    type = spirv_array_of_length(b, u32_type(t), length);
    root->view[2] = spirv_variable(b, root->storage, type, spirv_null(b, type));
}

/* Threadgroup variables with initial values: the first thread stores them, the others wait. */
static void initialise_threadgroup(struct translator *t)
{
    struct spirv_builder *b = &t->spirv;
    bool any = false;
    uint32_t first, set, merge;

    for (guint i = 0; i < t->roots->len; i++) {
        any |= ((struct root *)t->roots->pdata[i])->initial != NULL;
    }
    if (!any) {
        return;
    }
    set = spirv_id(b);
    merge = spirv_id(b);
    first = spirv_op(b, SpvOpIEqual, spirv_bool(b),
                     stage_load_builtin(t, SpvBuiltInLocalInvocationIndex, u32_type(t)),
                     u32_constant(t, 0));
    spirv_do(b, SpvOpSelectionMerge, merge, SpvSelectionControlMaskNone);
    spirv_do(b, SpvOpBranchConditional, first, set, merge);
    function_open(t, set);
    for (guint i = 0; i < t->roots->len; i++) {
        struct root *root = t->roots->pdata[i];
        uint32_t pointer = spirv_pointer(b, SpvStorageClassWorkgroup, u32_type(t));

        for (uint32_t w = 0; root->initial && w < root->length; w++) {
            uint32_t at;

            if (root->initial[w]) {
                at = spirv_op(b, SpvOpAccessChain, pointer, root->view[2], u32_constant(t, w));
                spirv_do(b, SpvOpStore, at, u32_constant(t, root->initial[w]),
                         SpvMemoryAccessNonPrivatePointerMask);
            }
        }
    }
    spirv_do(b, SpvOpBranch, merge);
    function_open(t, merge);
    spirv_do(b, SpvOpControlBarrier, u32_constant(t, SpvScopeWorkgroup),
             u32_constant(t, SpvScopeWorkgroup),
             u32_constant(t, SpvMemorySemanticsWorkgroupMemoryMask |
                                 SpvMemorySemanticsAcquireReleaseMask |
                                 SpvMemorySemanticsMakeAvailableMask |
                                 SpvMemorySemanticsMakeVisibleMask));
}

static void begin_objects(struct translator *t)
{
    for (unsigned i = 0; i < LLVMCountParams(t->entry.function); i++) {
        LLVMValueRef parameter = LLVMGetParam(t->entry.function, i);

        if (LLVMGetTypeKind(LLVMTypeOf(parameter)) == LLVMPointerTypeKind &&
            LLVMGetFirstUse(parameter)) {
            (void)memory_pointer(t, parameter);
        }
    }
    for (guint i = 0; i < t->roots->len; i++) {
        struct root *root = t->roots->pdata[i];

        if (root->kind == ROOT_BUFFER) {
            resource_buffer(t, root);
        } else if (root->kind == ROOT_THREADGROUP && root->argument) {
            declare_threadgroup(t, root);
        } else if (root->kind == ROOT_PAYLOAD) {
            mesh_payload(t, root);
        }
    }
}

static void begin_argument(struct translator *t, LLVMValueRef parameter, unsigned index)
{
    struct argument *argument = metadata_input(t, index);

    if (!argument || argument->absent) {
        value_set(t, parameter, spirv_null(&t->spirv, type_id(t, LLVMTypeOf(parameter))));
        return; /* an argument without a node is undefined */
    }
    if (argument->kind == ARGUMENT_TEXTURE) {
        return; /* an array by value: its elements are taken out one by one */
    }
    switch (t->entry.stage) {
    case PVG_STAGE_VERTEX:
    case PVG_STAGE_EVALUATION:
        vertex_input(t, argument, parameter);
        break;
    case PVG_STAGE_FRAGMENT:
        fragment_input(t, argument, parameter);
        break;
    case PVG_STAGE_KERNEL:
    case PVG_STAGE_MESH:
    case PVG_STAGE_OBJECT:
    case PVG_STAGE_ANY:
        kernel_input(t, argument, parameter);
        break;
    }
}

void stage_begin(struct translator *t)
{
    begin_objects(t);
    if (t->entry.stage == PVG_STAGE_MESH || t->entry.stage == PVG_STAGE_OBJECT) {
        mesh_begin(t);
    }
    initialise_threadgroup(t);
    for (unsigned i = 0; i < LLVMCountParams(t->entry.function); i++) {
        LLVMValueRef parameter = LLVMGetParam(t->entry.function, i);

        if (LLVMGetTypeKind(LLVMTypeOf(parameter)) != LLVMPointerTypeKind &&
            LLVMGetFirstUse(parameter)) {
            begin_argument(t, parameter, i);
        }
    }
}

/* ---- The way out ---- */

static void output(struct translator *t, struct argument *argument, uint32_t value)
{
    if (t->entry.stage == PVG_STAGE_FRAGMENT) {
        fragment_output(t, argument, value);
    } else {
        vertex_output(t, argument, value);
    }
}

/* Outputs are the members of the result in the order of their metadata. */
static void outputs(struct translator *t, LLVMValueRef value)
{
    GArray *list = t->entry.outputs;
    LLVMTypeRef type = value ? LLVMTypeOf(value) : LLVMVoidTypeInContext(t->context);
    bool is_struct = LLVMGetTypeKind(type) == LLVMStructTypeKind;
    uint32_t id = value ? value_id(t, value) : 0;

    if (!value && list->len) {
        LLVMTypeRef declared = LLVMGetReturnType(LLVMGlobalGetValueType(t->entry.function));

        if (LLVMGetTypeKind(declared) == LLVMVoidTypeKind) {
            refuse(t, PVG_TRANSLATE_METADATA, "outputs of a function that returns nothing");
        }
    }
    if (value && (is_struct ? LLVMCountStructElementTypes(type) : 1) != list->len) {
        refuse(t, PVG_TRANSLATE_METADATA, "outputs and the returned value differ in number");
    }
    for (guint i = 0; value && i < list->len; i++) {
        struct argument *argument = &g_array_index(list, struct argument, i);
        uint32_t part = id;

        if (is_struct) {
            part = spirv_op(&t->spirv, SpvOpCompositeExtract,
                            type_id(t, LLVMStructGetTypeAtIndex(type, i)), id, (uint32_t)i);
        }
        output(t, argument, part);
    }
}

void stage_return(struct translator *t, LLVMValueRef value)
{
    switch (t->entry.stage) {
    case PVG_STAGE_VERTEX:
    case PVG_STAGE_EVALUATION:
        outputs(t, value);
        vertex_finish(t);
        break;
    case PVG_STAGE_FRAGMENT:
        outputs(t, value);
        break;
    case PVG_STAGE_MESH:
    case PVG_STAGE_OBJECT:
        if (mesh_finish(t)) {
            return;
        }
        break;
    case PVG_STAGE_KERNEL:
    case PVG_STAGE_ANY:
        break;
    }
    spirv_emit(&t->spirv, SpvOpReturn, 0, NULL, 0);
}

void stage_declare(struct translator *t)
{
    spirv_capability(&t->spirv, SpvCapabilityShader);
    spirv_capability(&t->spirv, SpvCapabilityVulkanMemoryModel);
    switch (t->entry.stage) {
    case PVG_STAGE_FRAGMENT:
        fragment_declare(t);
        break;
    case PVG_STAGE_KERNEL:
        kernel_declare(t);
        break;
    case PVG_STAGE_MESH:
    case PVG_STAGE_OBJECT:
        mesh_declare(t);
        break;
    case PVG_STAGE_EVALUATION:
        evaluation_declare(t);
        break;
    case PVG_STAGE_VERTEX:
    case PVG_STAGE_ANY:
        break;
    }
    if (has(t, PVG_SHADER_FEATURE_BIT_ROUND_NEAREST_16) &&
        g_hash_table_contains(t->spirv.have, GUINT_TO_POINTER(SpvCapabilityFloat16 + 1))) {
        spirv_capability(&t->spirv, SpvCapabilityRoundingModeRTE);
        spirv_mode(&t->spirv, SPIRV_WORDS(t->function, SpvExecutionModeRoundingModeRTE, 16),
                   SpvOpExecutionMode);
    }
    if (!t->fast_math && has(t, PVG_SHADER_FEATURE_BIT_PRESERVE_NAN_32)) {
        spirv_capability(&t->spirv, SpvCapabilitySignedZeroInfNanPreserve);
        spirv_mode(&t->spirv,
                   SPIRV_WORDS(t->function, SpvExecutionModeSignedZeroInfNanPreserve, 32),
                   SpvOpExecutionMode);
    }
    if (t->preserve_denorms && has(t, PVG_SHADER_FEATURE_BIT_DENORM_PRESERVE_32)) {
        spirv_capability(&t->spirv, SpvCapabilityDenormPreserve);
        spirv_mode(&t->spirv, SPIRV_WORDS(t->function, SpvExecutionModeDenormPreserve, 32),
                   SpvOpExecutionMode);
    }
}
