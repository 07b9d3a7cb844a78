/* SPDX-License-Identifier: MIT */
/* Object and mesh functions. Spec: 70-air 5.9, 8.10.
 *
 * Metal sets outputs, indices and the primitive count in any order, by any thread; Vulkan wants the
 * counts before the first output. So all vertices and primitives are claimed at the start and
 * zeroed; indices and the count are gathered in Workgroup memory; at the end indices are stored
 * within the vertices that there are, and the primitives behind the count are culled. Likewise the
 * grid that an object function sets is gathered, and emitted at the end, within its limit. */
#include "shader/translator/translator.h"

#include <string.h>

#define MAX_PAYLOAD 16384u /* bytes; Vulkan guarantees them */
#define MAX_GROUPS  65535u /* along an axis */
#define MAX_GRID    (1u << 22)

static bool is_mesh(const struct translator *t)
{
    return t->entry.stage == PVG_STAGE_MESH;
}

static uint32_t local_index(struct translator *t)
{
    return stage_load_builtin(t, SpvBuiltInLocalInvocationIndex, u32_type(t));
}

static uint32_t group_threads(struct translator *t)
{
    return u32_mul(t, u32_mul(t, stage_local_size(t, 0), stage_local_size(t, 1)),
                   stage_local_size(t, 2));
}

/* The threads of the group share out @count rounds of @emit. */
static void share_out(struct translator *t, uint32_t count,
                      void (*emit)(struct translator *t, uint32_t index, void *data))
{
    function_count(t, local_index(t), u32_constant(t, count), group_threads(t), emit, NULL);
}

static void wait_for_group(struct translator *t, uint32_t memory)
{
    spirv_do(&t->spirv, SpvOpControlBarrier, u32_constant(t, SpvScopeWorkgroup),
             u32_constant(t, SpvScopeWorkgroup),
             u32_constant(t, memory | SpvMemorySemanticsAcquireReleaseMask |
                                 SpvMemorySemanticsMakeAvailableMask |
                                 SpvMemorySemanticsMakeVisibleMask));
}

/* ---- Gathered words ---- */

static void declare_gathered(struct translator *t, uint32_t words)
{
    uint32_t type = spirv_array(&t->spirv, u32_type(t), words);

    t->gathered =
        spirv_variable(&t->spirv, SpvStorageClassWorkgroup, type, spirv_null(&t->spirv, type));
    t->gathered_words = words;
    t->reflection->threadgroup_bytes += 4 * words;
}

static uint32_t gathered_at(struct translator *t, uint32_t index)
{
    return spirv_op(&t->spirv, SpvOpAccessChain,
                    spirv_pointer(&t->spirv, SpvStorageClassWorkgroup, u32_type(t)), t->gathered,
                    u32_min(t, index, u32_constant(t, t->gathered_words - 1)));
}

static uint32_t gathered(struct translator *t, uint32_t index)
{
    return spirv_op(&t->spirv, SpvOpLoad, u32_type(t), gathered_at(t, index),
                    SpvMemoryAccessNonPrivatePointerMask);
}

static void gather(struct translator *t, uint32_t index, uint32_t value)
{
    spirv_do(&t->spirv, SpvOpStore, gathered_at(t, index), value,
             SpvMemoryAccessNonPrivatePointerMask);
}

/* ---- Outputs: arrays over the vertices or the primitives ---- */

static GPtrArray *outputs_of(struct translator *t, bool primitive)
{
    return primitive ? t->primitive_outputs : t->vertex_outputs;
}

static struct mesh_output *declare_output(struct translator *t, bool primitive, uint32_t key,
                                          uint32_t type)
{
    struct spirv_builder *b = &t->spirv;
    unsigned count = primitive ? t->entry.max_primitives : t->entry.max_vertices;
    struct mesh_output *o = keep(t, sizeof(*o));

    o->key = key;
    o->type = type;
    o->variable = spirv_variable(b, SpvStorageClassOutput, spirv_array(b, type, count), 0);
    if (primitive) {
        spirv_decorate(b, o->variable, SpvDecorationPerPrimitiveEXT);
    }
    g_ptr_array_add(outputs_of(t, primitive), o);
    return o;
}

static struct mesh_output *find_output(struct translator *t, bool primitive, uint32_t key)
{
    GPtrArray *list = outputs_of(t, primitive);

    for (guint i = 0; i < list->len; i++) {
        struct mesh_output *o = list->pdata[i];

        if (o->key == key) {
            return o;
        }
    }
    return NULL;
}

#define BUILTIN_KEY 0x10000u /* + SpvBuiltIn; below are data indices */

static struct mesh_output *builtin_output(struct translator *t, bool primitive, SpvBuiltIn builtin,
                                          uint32_t type)
{
    struct mesh_output *o = find_output(t, primitive, BUILTIN_KEY + builtin);

    if (!o) {
        o = declare_output(t, primitive, BUILTIN_KEY + builtin, type);
        spirv_decorate(&t->spirv, o->variable, SpvDecorationBuiltIn, builtin);
    }
    return o;
}

static void store_output(struct translator *t, bool primitive, const struct mesh_output *o,
                         uint32_t index, uint32_t value)
{
    struct spirv_builder *b = &t->spirv;
    unsigned count = primitive ? t->entry.max_primitives : t->entry.max_vertices;

    spirv_do(b, SpvOpStore,
             spirv_op(b, SpvOpAccessChain, spirv_pointer(b, SpvStorageClassOutput, o->type),
                      o->variable, u32_min(t, index, u32_constant(t, count - 1))),
             value);
}

/* The metadata of data output @index, and its place in the order of all link strings. */
static const struct argument *data_output(struct translator *t, bool primitive, unsigned index,
                                          unsigned *location)
{
    GArray *lists[] = {t->entry.vertex_outputs, t->entry.primitive_outputs};
    const struct argument *found = NULL;

    for (guint i = 0; i < lists[primitive]->len && !found; i++) {
        const struct argument *a = &g_array_index(lists[primitive], struct argument, i);

        if ((a->kind == ARGUMENT_MESH_VERTEX_DATA || a->kind == ARGUMENT_MESH_PRIMITIVE_DATA) &&
            a->index == index) {
            found = a;
        }
    }
    if (!found || !found->link) {
        refuse(t, PVG_TRANSLATE_METADATA, "mesh data %u without a link string", index);
    }
    *location = 0;
    for (unsigned l = 0; l < G_N_ELEMENTS(lists); l++) {
        for (guint i = 0; i < lists[l]->len; i++) {
            const struct argument *a = &g_array_index(lists[l], struct argument, i);

            *location += a->link && strcmp(a->link, found->link) < 0;
        }
    }
    return found;
}

/* ---- What the function calls decides which outputs there are ---- */

static void declare_data(struct translator *t, LLVMValueRef call, bool primitive)
{
    LLVMValueRef number = LLVMGetOperand(call, 1);
    uint32_t type = type_id(t, LLVMTypeOf(LLVMGetOperand(call, 3)));
    struct spirv_builder *b = &t->spirv;
    enum pvg_component_class class = spirv_is_float(b, type) ? PVG_CLASS_FLOAT : PVG_CLASS_UNSIGNED;
    const struct argument *a;
    struct mesh_output *o;
    unsigned index, location;

    if (!LLVMIsAConstantInt(number) || spirv_components(b, type) > 4 ||
        !(spirv_is_float(b, type) || spirv_is_int(b, type) || spirv_is_bool(b, type))) {
        refuse(t, PVG_TRANSLATE_METADATA, "mesh data of another type");
    }
    index = (unsigned)LLVMConstIntGetZExtValue(number);
    if (index >= PVG_SHADER_VARYINGS || find_output(t, primitive, index)) {
        return; /* refused, or stored, where it is called */
    }
    a = data_output(t, primitive, index, &location);
    o = declare_output(t, primitive, index, spirv_shaped(b, type, stage_scalar(t, class)));
    spirv_decorate(b, o->variable, SpvDecorationLocation, location);
    stage_report_varying(t, a->link, class, spirv_components(b, type), location,
                         class != PVG_CLASS_FLOAT, primitive);
}

static void declare_called(struct translator *t)
{
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(t->entry.function); b;
         b = LLVMGetNextBasicBlock(b)) {
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
            const char *name = LLVMIsACallInst(i) ? LLVMGetValueName(LLVMGetCalledValue(i)) : "";
            uint32_t number = spirv_float(&t->spirv, 32);

            if (LLVMIsACallInst(i) && LLVMGetNumArgOperands(i) == 4 &&
                g_str_has_prefix(name, "air.set_vertex_data_mesh")) {
                declare_data(t, i, false);
            } else if (LLVMIsACallInst(i) && LLVMGetNumArgOperands(i) == 4 &&
                       g_str_has_prefix(name, "air.set_primitive_data_mesh")) {
                declare_data(t, i, true);
            } else if (g_str_has_prefix(name, "air.set_render_target_array_index_mesh")) {
                need(t, PVG_SHADER_FEATURE_BIT_OUTPUT_LAYER, "layered rendering");
                spirv_capability(&t->spirv, SpvCapabilityShaderLayer);
                (void)builtin_output(t, true, SpvBuiltInLayer, u32_type(t));
            } else if (g_str_has_prefix(name, "air.set_viewport_array_index_mesh")) {
                need(t, PVG_SHADER_FEATURE_BIT_OUTPUT_VIEWPORT, "viewport indices");
                spirv_capability(&t->spirv, SpvCapabilityShaderViewportIndex);
                (void)builtin_output(t, true, SpvBuiltInViewportIndex, u32_type(t));
            } else if (g_str_has_prefix(name, "air.set_point_size_mesh")) {
                (void)builtin_output(t, false, SpvBuiltInPointSize, number);
                t->reflection->flags |= PVG_SHADER_WRITES_POINT_SIZE;
            }
        }
    }
}

/* ---- The start ---- */

static void zero_vertex(struct translator *t, uint32_t index, void *data)
{
    for (guint i = 0; i < t->vertex_outputs->len; i++) {
        struct mesh_output *o = t->vertex_outputs->pdata[i];
        bool size = o->key == BUILTIN_KEY + SpvBuiltInPointSize;

        store_output(t, false, o, index,
                     size ? spirv_constant_float(&t->spirv, o->type, 1.0)
                          : spirv_null(&t->spirv, o->type));
    }
}

static void zero_primitive(struct translator *t, uint32_t index, void *data)
{
    for (guint i = 0; i < t->primitive_outputs->len; i++) {
        struct mesh_output *o = t->primitive_outputs->pdata[i];

        store_output(t, true, o, index, spirv_null(&t->spirv, o->type));
    }
}

void mesh_begin(struct translator *t)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t four = spirv_vector(b, spirv_float(b, 32), 4);

    need(t, PVG_SHADER_FEATURE_BIT_MESH, "an object or mesh function");
    spirv_capability(b, SpvCapabilityMeshShadingEXT);
    spirv_extension(b, "SPV_EXT_mesh_shader");
    if (!is_mesh(t)) {
        declare_gathered(t, 3);
        return;
    }
    if (!t->entry.max_vertices || !t->entry.max_primitives || !t->entry.topology) {
        refuse(t, PVG_TRANSLATE_METADATA, "a mesh function without a mesh");
    }
    t->vertex_outputs = g_ptr_array_new();
    t->primitive_outputs = g_ptr_array_new();
    g_ptr_array_add(t->kept_pointer_arrays, t->vertex_outputs);
    g_ptr_array_add(t->kept_pointer_arrays, t->primitive_outputs);
    declare_gathered(t, 1 + t->entry.max_primitives * t->entry.topology);
    (void)builtin_output(t, false, SpvBuiltInPosition, four);
    if (t->entry.topology == 1) {
        (void)builtin_output(t, false, SpvBuiltInPointSize, spirv_float(b, 32));
    }
    declare_called(t);
    spirv_do(b, SpvOpSetMeshOutputsEXT, u32_constant(t, t->entry.max_vertices),
             u32_constant(t, t->entry.max_primitives));
    share_out(t, t->entry.max_vertices, zero_vertex);
    if (t->primitive_outputs->len) {
        share_out(t, t->entry.max_primitives, zero_primitive);
    }
    wait_for_group(t, SpvMemorySemanticsWorkgroupMemoryMask | SpvMemorySemanticsOutputMemoryMask);
}

/* ---- The end ---- */

static uint32_t indices_type(struct translator *t)
{
    return t->entry.topology == 1 ? u32_type(t)
                                  : spirv_vector(&t->spirv, u32_type(t), t->entry.topology);
}

static void finish_primitive(struct translator *t, uint32_t index, void *data)
{
    static const SpvBuiltIn indices[] = {SpvBuiltInPrimitivePointIndicesEXT,
                                         SpvBuiltInPrimitiveLineIndicesEXT,
                                         SpvBuiltInPrimitiveTriangleIndicesEXT};
    struct spirv_builder *b = &t->spirv;
    unsigned n = t->entry.topology;
    uint32_t last = u32_constant(t, t->entry.max_vertices - 1), parts[3];
    uint32_t base = u32_add(t, u32_mul(t, index, u32_constant(t, n)), u32_constant(t, 1));
    uint32_t culled =
        spirv_op(b, SpvOpUGreaterThanEqual, spirv_bool(b), index, gathered(t, u32_constant(t, 0)));

    for (unsigned i = 0; i < n; i++) {
        parts[i] = u32_min(t, gathered(t, u32_add(t, base, u32_constant(t, i))), last);
    }
    store_output(t, true, builtin_output(t, true, indices[n - 1], indices_type(t)), index,
                 n == 1 ? parts[0]
                        : spirv_emit(b, SpvOpCompositeConstruct, indices_type(t), parts, n));
    store_output(t, true, builtin_output(t, true, SpvBuiltInCullPrimitiveEXT, spirv_bool(b)), index,
                 culled);
}

/* No more groups than the function declares, nor than any device takes. */
static void emit_grid(struct translator *t)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t left = u32_constant(
        t, t->entry.max_mesh_groups ? MIN(t->entry.max_mesh_groups, MAX_GRID) : MAX_GRID);
    uint32_t counts[3];

    for (uint32_t i = 0; i < 3; i++) {
        counts[i] = u32_min(t, gathered(t, u32_constant(t, i)), u32_constant(t, MAX_GROUPS));
        counts[i] = u32_min(t, counts[i], left);
        left = spirv_op(b, SpvOpUDiv, u32_type(t), left,
                        spirv_ext(b, GLSLstd450UMax, u32_type(t), counts[i], u32_constant(t, 1)));
    }
    if (t->payload) {
        spirv_do(b, SpvOpEmitMeshTasksEXT, counts[0], counts[1], counts[2], t->payload);
    } else {
        spirv_do(b, SpvOpEmitMeshTasksEXT, counts[0], counts[1], counts[2]);
    }
}

/* Whether the block has been ended. */
bool mesh_finish(struct translator *t)
{
    wait_for_group(t, SpvMemorySemanticsWorkgroupMemoryMask);
    if (is_mesh(t)) {
        share_out(t, t->entry.max_primitives, finish_primitive);
        return false;
    }
    emit_grid(t);
    return true;
}

void mesh_declare(struct translator *t)
{
    static const SpvExecutionMode topologies[] = {SpvExecutionModeOutputPoints,
                                                  SpvExecutionModeOutputLinesEXT,
                                                  SpvExecutionModeOutputTrianglesEXT};
    struct pvg_shader_reflection *r = t->reflection;

    kernel_declare(t);
    if (!is_mesh(t)) {
        return;
    }
    spirv_mode(&t->spirv,
               SPIRV_WORDS(t->function, SpvExecutionModeOutputVertices, t->entry.max_vertices),
               SpvOpExecutionMode);
    spirv_mode(
        &t->spirv,
        SPIRV_WORDS(t->function, SpvExecutionModeOutputPrimitivesEXT, t->entry.max_primitives),
        SpvOpExecutionMode);
    spirv_mode(&t->spirv, SPIRV_WORDS(t->function, topologies[t->entry.topology - 1]),
               SpvOpExecutionMode);
    r->mesh_vertices = t->entry.max_vertices;
    r->mesh_primitives = t->entry.max_primitives;
    r->mesh_topology = t->entry.topology;
}

/* ---- Payload: words that the object function writes and its mesh functions read ---- */

void mesh_payload(struct translator *t, struct root *root)
{
    struct spirv_builder *b = &t->spirv;
    unsigned size = root->argument->element_size;

    if (size == 0 || size > MAX_PAYLOAD) {
        refuse(t, PVG_TRANSLATE_LIMIT, "a payload of %u bytes", size);
    }
    root->storage = SpvStorageClassTaskPayloadWorkgroupEXT;
    root->length = (size + 3) / 4;
    root->last = u32_constant(t, root->length - 1);
    root->view[2] = spirv_variable(b, root->storage, spirv_array(b, u32_type(t), root->length), 0);
    t->payload = root->view[2];
    t->reflection->payload_bytes = 4 * root->length;
}

/* ---- Intrinsics ---- */

static void check_mesh(struct translator *t, struct call *c)
{
    if (!is_mesh(t)) {
        call_misuse(t, c, "not in a mesh function");
    }
    (void)memory_only_root(t, call_operand(c, 0), ROOT_MESH);
}

static uint32_t index_operand(struct translator *t, struct call *c, unsigned i)
{
    uint32_t value = call_value(t, c, i);

    if (!spirv_is_int(&t->spirv, spirv_type_of(&t->spirv, value)) ||
        spirv_components(&t->spirv, spirv_type_of(&t->spirv, value)) != 1) {
        call_misuse(t, c, "an index of another type");
    }
    return u32_from(t, value, false);
}

/* A built-in of the vertex or primitive that operand 1 names; the row says which. */
static uint32_t emit_builtin(struct translator *t, struct call *c)
{
    SpvBuiltIn builtin = (SpvBuiltIn)c->row->detail;
    bool primitive = builtin == SpvBuiltInLayer || builtin == SpvBuiltInViewportIndex;
    struct mesh_output *o;
    uint32_t value;

    check_mesh(t, c);
    o = find_output(t, primitive, BUILTIN_KEY + builtin);
    value = call_value(t, c, 2);
    if (primitive) {
        uint32_t limit = resource_push(t, PVG_PUSH_TARGET_LIMITS);

        limit = u32_and(t, u32_shr(t, limit, builtin == SpvBuiltInLayer ? 0 : 16), 0xffff);
        value = u32_min(t, index_operand(t, c, 2), limit);
    } else if (spirv_is_float(&t->spirv, spirv_type_of(&t->spirv, value))) {
        value = math_to_float32(t, value);
    }
    if (!o || spirv_type_of(&t->spirv, value) != o->type) {
        call_misuse(t, c, "a value of another type");
    }
    store_output(t, primitive, o, index_operand(t, c, 1), value);
    return 0;
}

static uint32_t emit_data(struct translator *t, struct call *c)
{
    bool primitive = c->row->detail;
    struct spirv_builder *b = &t->spirv;
    struct mesh_output *o;
    uint32_t value;

    check_mesh(t, c);
    o = find_output(t, primitive, call_constant(t, c, 1, PVG_SHADER_VARYINGS));
    value = call_value(t, c, 3);
    value = stage_widen(t, value,
                        spirv_is_float(b, spirv_type_of(b, value)) ? PVG_CLASS_FLOAT
                                                                   : PVG_CLASS_UNSIGNED);
    if (!o || spirv_type_of(b, value) != o->type) {
        call_misuse(t, c, "a value of another type");
    }
    store_output(t, primitive, o, index_operand(t, c, 2), value);
    return 0;
}

/* One vertex number, or a vector of them, from index position operand 1 on. */
static uint32_t emit_indices(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t value = call_value(t, c, 2), type = spirv_type_of(b, value), at;
    unsigned count = spirv_components(b, type);

    check_mesh(t, c);
    if (!spirv_is_int(b, type)) {
        call_misuse(t, c, "an index of another type");
    }
    at = u32_add(t, index_operand(t, c, 1), u32_constant(t, 1));
    at = spirv_ext(b, GLSLstd450UMax, u32_type(t), at, u32_constant(t, 1)); /* not the count */
    for (uint32_t i = 0; i < count; i++) {
        uint32_t part = count == 1
                            ? value
                            : spirv_op(b, SpvOpCompositeExtract, spirv_scalar(b, type), value, i);

        gather(t, u32_add(t, at, u32_constant(t, i)), u32_from(t, part, false));
    }
    return 0;
}

static uint32_t emit_count(struct translator *t, struct call *c)
{
    check_mesh(t, c);
    gather(t, u32_constant(t, 0), index_operand(t, c, 1));
    return 0;
}

static uint32_t emit_groups(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t value = call_value(t, c, 1);

    (void)memory_only_root(t, call_operand(c, 0), ROOT_GRID_PROPERTIES);
    if (t->entry.stage != PVG_STAGE_OBJECT ||
        spirv_type_of(b, value) != spirv_vector(b, u32_type(t), 3)) {
        call_misuse(t, c, "a grid of another type");
    }
    for (uint32_t i = 0; i < 3; i++) {
        gather(t, u32_constant(t, i), spirv_op(b, SpvOpCompositeExtract, u32_type(t), value, i));
    }
    return 0;
}

const struct intrinsic mesh_intrinsics[] = {
    {"set_position_mesh", emit_builtin, SpvBuiltInPosition, 3, false},
    {"set_point_size_mesh", emit_builtin, SpvBuiltInPointSize, 3, false},
    {"set_render_target_array_index_mesh", emit_builtin, SpvBuiltInLayer, 3, false},
    {"set_viewport_array_index_mesh", emit_builtin, SpvBuiltInViewportIndex, 3, false},
    {"set_vertex_data_mesh", emit_data, false, 4, false},
    {"set_primitive_data_mesh", emit_data, true, 4, false},
    {"set_index_mesh", emit_indices, 0, 3, false},
    {"set_indices_mesh", emit_indices, 0, 3, false},
    {"set_primitive_count_mesh", emit_count, 0, 2, false},
    {"set_threadgroups_per_grid_mesh_properties", emit_groups, 0, 2, false},
    {0},
};
