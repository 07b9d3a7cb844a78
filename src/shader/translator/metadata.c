/* SPDX-License-Identifier: MIT */
/* The metadata of an entry point as typed records. Spec: 70-air 5.
 *
 * Items are a sequence in which a known name is followed by its values; unknown names are skipped
 * one item at a time. All of it is guest data: an index is checked where it is read. */
#include "shader/translator/translator.h"

#include <stdlib.h>
#include <string.h>

/* The operands of a node, borrowed from the module. */
struct items {
    LLVMValueRef *at;
    unsigned count, next;
};

static const struct {
    const char *list;
    enum pvg_shader_stage stage;
} entry_lists[] = {
    {"air.vertex", PVG_STAGE_VERTEX},     {"air.fragment", PVG_STAGE_FRAGMENT},
    {"air.kernel", PVG_STAGE_KERNEL},     {"air.mesh", PVG_STAGE_MESH},
    {"air.object", PVG_STAGE_OBJECT},     {"air.visible", PVG_STAGE_ANY},
    {"air.intersection", PVG_STAGE_ANY},
};

static const char *const kind_names[] = {
    [ARGUMENT_NONE] = NULL,
#define ARGUMENT_KIND_NAME(name, text) [ARGUMENT_##name] = "air." text,
    ARGUMENT_KINDS(ARGUMENT_KIND_NAME)
#undef ARGUMENT_KIND_NAME
};

static struct items items_of(struct translator *t, LLVMValueRef node)
{
    struct items items = {0};

    if (node && LLVMIsAMDNode(node) && !LLVMIsAMDString(node)) {
        items.count = LLVMGetMDNodeNumOperands(node);
        if (items.count > 4096) {
            refuse(t, PVG_TRANSLATE_LIMIT, "metadata node of %u operands", items.count);
        }
        items.at = keep(t, (items.count + 1) * sizeof(LLVMValueRef));
        LLVMGetMDNodeOperands(node, items.at);
    }
    return items;
}

static LLVMValueRef next_item(struct items *items)
{
    return items->next < items->count ? items->at[items->next++] : NULL;
}

/* The text of a string item, or NULL. */
static const char *text_of(struct translator *t, LLVMValueRef item)
{
    unsigned length;
    const char *text = item && LLVMIsAMDString(item) ? LLVMGetMDString(item, &length) : NULL;

    return text ? keep_text(t, text, length) : NULL;
}

static bool is_number(LLVMValueRef item)
{
    return item && LLVMIsAConstantInt(item) && LLVMGetIntTypeWidth(LLVMTypeOf(item)) <= 64;
}

/* The next item as a number; anything else is a fault of the metadata. */
static unsigned next_number(struct translator *t, struct items *items, const char *what)
{
    LLVMValueRef item = next_item(items);

    if (!is_number(item)) {
        refuse(t, PVG_TRANSLATE_METADATA, "%s is not a number", what);
    }
    return (unsigned)LLVMConstIntGetZExtValue(item);
}

static bool optional_number(struct items *items, unsigned *out)
{
    if (items->next < items->count && is_number(items->at[items->next])) {
        *out = (unsigned)LLVMConstIntGetZExtValue(items->at[items->next++]);
        return true;
    }
    return false;
}

static enum argument_kind kind_of(const char *text)
{
    for (unsigned kind = 1; kind < ARGUMENT_KIND_COUNT; kind++) {
        if (strcmp(text, kind_names[kind]) == 0) {
            return (enum argument_kind)kind;
        }
    }
    return ARGUMENT_NONE;
}

static bool is(const char *text, const char *name)
{
    return strcmp(text, name) == 0;
}

/* One named item and its values. */
static void read_item(struct translator *t, struct argument *a, struct items *items,
                      const char *name)
{
    unsigned number;

    if (is(name, "air.location_index")) {
        a->index = next_number(t, items, "location index");
        a->count = 1;
        (void)optional_number(items, &a->count);
    } else if (is(name, "air.read")) {
        a->access |= PVG_ACCESS_READ;
        a->sampled = true;
    } else if (is(name, "air.sample")) {
        a->access |= PVG_ACCESS_READ;
        a->sampled = true;
    } else if (is(name, "air.write")) {
        a->access |= PVG_ACCESS_WRITE;
    } else if (is(name, "air.read_write")) {
        a->access |= PVG_ACCESS_READ | PVG_ACCESS_WRITE;
    } else if (is(name, "air.address_space")) {
        a->space = (int)next_number(t, items, "address space");
    } else if (is(name, "air.buffer_size")) {
        a->size = next_number(t, items, "buffer size");
    } else if (is(name, "air.arg_type_size")) {
        a->element_size = next_number(t, items, "type size");
    } else if (is(name, "air.arg_type_align_size")) {
        a->alignment = next_number(t, items, "type alignment");
    } else if (is(name, "air.raster_order_group")) {
        (void)optional_number(items, &number);
    } else if (is(name, "air.arg_type_name")) {
        const char *text = text_of(t, next_item(items));

        a->type_name = text ? text : "";
    } else if (is(name, "air.arg_name")) {
        (void)next_item(items);
    } else if (is(name, "air.struct_type_info")) {
        a->members = next_item(items);
    } else if (is(name, "air.flat")) {
        a->interpolation = INTERPOLATE_FLAT;
    } else if (is(name, "air.no_perspective")) {
        a->interpolation = INTERPOLATE_LINEAR;
    } else if (is(name, "air.centroid")) {
        a->point = SAMPLE_CENTROID;
    } else if (is(name, "air.invariant")) {
        a->invariant = true;
    } else if (is(name, "air.interpolation_function")) {
        a->interpolant = true;
    } else if (is(name, "air.greater")) {
        a->depth = DEPTH_GREATER;
    } else if (is(name, "air.less")) {
        a->depth = DEPTH_LESS;
    } else if (is(name, "air.clip_distance_array_size")) {
        a->count = next_number(t, items, "clip distance count");
    } else if (g_str_has_prefix(name, "generated(") || g_str_has_prefix(name, "user(")) {
        a->link = name;
    }
}

/* The items behind the kind. "air.sample" means a sampling point for varyings. */
static void read_items(struct translator *t, struct argument *a, struct items *items)
{
    if (a->kind == ARGUMENT_RENDER_TARGET) {
        a->index = next_number(t, items, "attachment");
        a->count = 1;
        (void)optional_number(items, &a->second);
    } else if (a->kind == ARGUMENT_MESH_VERTEX_DATA || a->kind == ARGUMENT_MESH_PRIMITIVE_DATA) {
        (void)optional_number(items, &a->index);
    }
    while (items->next < items->count) {
        LLVMValueRef item = next_item(items);
        const char *name = text_of(t, item);

        if (!name) {
            struct items nested = items_of(t, item);
            const char *first = nested.count ? text_of(t, nested.at[0]) : NULL;

            if (first && is(first, "air.patch_control_point_function") && nested.count > 1 &&
                nested.at[1] && LLVMIsAFunction(nested.at[1])) {
                a->control_point_function = nested.at[1];
            }
        } else if ((a->kind == ARGUMENT_FRAGMENT_INPUT || a->kind == ARGUMENT_BARYCENTRIC_COORD) &&
                   is(name, "air.sample")) {
            a->point = SAMPLE_SAMPLE;
        } else {
            read_item(t, a, items, name);
        }
    }
}

static void check_indices(struct translator *t, const struct argument *a)
{
    unsigned limit = 0;

    switch ((int)a->kind) {
    case ARGUMENT_BUFFER:
    case ARGUMENT_INDIRECT_BUFFER:
        limit = PVG_SHADER_BUFFERS;
        break;
    case ARGUMENT_TEXTURE:
        limit = PVG_SHADER_TEXTURES;
        break;
    case ARGUMENT_SAMPLER:
        limit = PVG_SHADER_SAMPLERS;
        break;
    case ARGUMENT_VERTEX_INPUT:
        limit = PVG_SHADER_ATTRIBUTES;
        break;
    case ARGUMENT_RENDER_TARGET:
        limit = PVG_SHADER_COLOURS;
        if (a->second > 1) {
            refuse(t, PVG_TRANSLATE_METADATA, "dual-source index %u", a->second);
        }
        break;
    default:
        return;
    }
    if (a->count < 1 || a->count > limit || a->index > limit - a->count) {
        refuse(t, PVG_TRANSLATE_METADATA, "%s index %u count %u", kind_names[a->kind], a->index,
               a->count);
    }
}

/* Whether the function constant that an argument depends on is true. @item is its placeholder or
 * the variable that the constructor fills from it: _Z3useb.MTL_FC_INIT_7_b and _ZL3useb. */
static bool is_switched_on(struct translator *t, LLVMValueRef item)
{
    static const char mark[] = ".MTL_FC_INIT_";
    const char *name = item && LLVMIsAGlobalVariable(item) ? LLVMGetValueName(item) : NULL;
    const char *number = name ? strstr(name, mark) : NULL;

    for (LLVMValueRef g = LLVMGetFirstGlobal(t->module); name && !number && g;
         g = LLVMGetNextGlobal(g)) {
        const char *other = LLVMGetValueName(g), *found = strstr(other, mark);

        if (found && g_str_has_prefix(name, "_ZL") && g_str_has_prefix(other, "_Z") &&
            strlen(name + 3) == (size_t)(found - (other + 2)) &&
            !strncmp(name + 3, other + 2, strlen(name + 3))) {
            number = found;
        }
    }
    if (!number) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "an argument whose presence is computed");
    }
    for (uint32_t i = 0; i < t->options->constant_count; i++) {
        if (t->options->constants[i].index == strtoul(number + strlen(mark), NULL, 10)) {
            return t->options->constants[i].value[0] != 0;
        }
    }
    return false; /* without a value: zero, as in the code */
}

static struct argument read_argument(struct translator *t, LLVMValueRef node, bool input)
{
    struct argument a = {.parameter = -1, .space = -1, .type_name = "", .node = node};
    struct items items = items_of(t, node);
    const char *kind;

    if (input) {
        a.parameter = (int)next_number(t, &items, "parameter index");
    }
    kind = text_of(t, next_item(&items));
    if (!kind) {
        refuse(t, PVG_TRANSLATE_METADATA, "%s node without a kind", input ? "input" : "output");
    }
    if (is(kind, "air.function_constant")) {
        a.absent = !is_switched_on(t, next_item(&items));
        kind = text_of(t, next_item(&items));
        if (!kind) {
            refuse(t, PVG_TRANSLATE_METADATA, "a conditional argument without a kind");
        }
    }
    a.kind = kind_of(kind);
    a.unknown = kind;
    read_items(t, &a, &items);
    if (a.link && strlen(a.link) > 255) {
        refuse(t, PVG_TRANSLATE_LIMIT, "link string longer than 255 bytes");
    }
    return a;
}

static GArray *read_arguments(struct translator *t, LLVMValueRef node, bool input)
{
    GArray *list = keep_array(t, sizeof(struct argument));
    struct items items = items_of(t, node);

    for (unsigned i = 0; i < items.count; i++) {
        struct argument a = read_argument(t, items.at[i], input);

        check_indices(t, &a);
        g_array_append_val(list, a);
    }
    return list;
}

static void read_mesh(struct translator *t, struct argument *mesh)
{
    struct items items = items_of(t, mesh->node), info = {0};

    for (unsigned i = 0; i < items.count && !info.count; i++) {
        struct items nested = items_of(t, items.at[i]);
        const char *first = nested.count ? text_of(t, nested.at[0]) : NULL;

        if (first && is(first, "air.mesh_type_info")) {
            info = nested;
        }
    }
    if (info.count < 6) {
        refuse(t, PVG_TRANSLATE_METADATA, "mesh argument without its type");
    }
    t->entry.vertex_outputs = read_arguments(t, info.at[1], false);
    t->entry.primitive_outputs = read_arguments(t, info.at[2], false);
    info.next = 3;
    t->entry.max_vertices = next_number(t, &info, "vertex limit");
    t->entry.max_primitives = next_number(t, &info, "primitive limit");
    if (t->entry.max_vertices > 256 || t->entry.max_primitives > 512) {
        refuse(t, PVG_TRANSLATE_LIMIT, "mesh of %u vertices and %u primitives",
               t->entry.max_vertices, t->entry.max_primitives);
    }
    for (; info.next < info.count;) {
        const char *topology = text_of(t, next_item(&info));

        if (topology) {
            t->entry.topology = is(topology, "air.triangle") ? 3 : is(topology, "air.line") ? 2 : 1;
        }
    }
}

static void read_extra(struct translator *t, LLVMValueRef item)
{
    const char *text = text_of(t, item);
    struct items nested = items_of(t, item);

    if (text && is(text, "early_fragment_tests")) {
        t->entry.early_tests = true;
    }
    while (!text && nested.next < nested.count) {
        const char *name = text_of(t, next_item(&nested));

        if (!name) {
            continue;
        }
        if (is(name, "air.max_work_group_size")) {
            t->entry.max_group_threads = next_number(t, &nested, "group limit");
        } else if (is(name, "air.max_mesh_work_groups")) {
            t->entry.max_mesh_groups = next_number(t, &nested, "mesh group limit");
        } else if (is(name, "air.patch")) {
            const char *patch = text_of(t, next_item(&nested));

            t->entry.stage = PVG_STAGE_EVALUATION;
            t->entry.patch_quad = patch && is(patch, "quad");
        } else if (is(name, "air.patch_control_point")) {
            t->entry.patch_points = next_number(t, &nested, "control point count");
        } else if (is(name, "early_fragment_tests")) {
            t->entry.early_tests = true;
        }
    }
}

static void read_entry(struct translator *t, struct items *node, enum pvg_shader_stage stage)
{
    struct entry *e = &t->entry;
    unsigned parameters = LLVMCountParams(node->at[0]);
    uint8_t *seen = keep(t, parameters + 1);

    e->function = node->at[0];
    e->name = LLVMGetValueName(e->function);
    e->stage = stage;
    e->outputs = read_arguments(t, node->count > 1 ? node->at[1] : NULL, false);
    e->inputs = read_arguments(t, node->count > 2 ? node->at[2] : NULL, true);
    for (unsigned i = 3; i < node->count; i++) {
        read_extra(t, node->at[i]);
    }
    for (guint i = 0; i < e->inputs->len; i++) {
        struct argument *a = &g_array_index(e->inputs, struct argument, i);

        if (a->parameter < 0 || (unsigned)a->parameter >= parameters ||
            seen[a->parameter]) {
            refuse(t, PVG_TRANSLATE_METADATA, "parameter index out of range or given twice");
        }
        seen[a->parameter] = 1;
    }
    for (guint i = 0; i < e->inputs->len; i++) {
        struct argument *a = &g_array_index(e->inputs, struct argument, i);

        if (a->kind == ARGUMENT_MESH) {
            read_mesh(t, a);
        }
    }
}

static void read_compile_options(struct translator *t)
{
    unsigned count = LLVMGetNamedMetadataNumOperands(t->module, "air.compile_options");
    LLVMValueRef *nodes = keep(t, (count + 1) * sizeof(LLVMValueRef));

    LLVMGetNamedMetadataOperands(t->module, "air.compile_options", nodes);
    for (unsigned i = 0; i < count; i++) {
        struct items items = items_of(t, nodes[i]);
        const char *option = items.count ? text_of(t, items.at[0]) : NULL;

        if (option && is(option, "air.compile.fast_math_enable")) {
            t->fast_math = true;
        } else if (option && is(option, "air.compile.denorms_enable")) {
            t->preserve_denorms = true;
        }
    }
}

void metadata_read_entry(struct translator *t, const char *name)
{
    bool found = false;

    for (size_t i = 0; i < G_N_ELEMENTS(entry_lists); i++) {
        unsigned count = LLVMGetNamedMetadataNumOperands(t->module, entry_lists[i].list);
        LLVMValueRef *nodes = keep(t, (count + 1) * sizeof(LLVMValueRef));

        LLVMGetNamedMetadataOperands(t->module, entry_lists[i].list, nodes);
        for (unsigned j = 0; j < count; j++) {
            struct items node = items_of(t, nodes[j]);

            if (!node.count || !node.at[0] || !LLVMIsAFunction(node.at[0]) ||
                LLVMIsDeclaration(node.at[0])) {
                continue;
            }
            if (name && strcmp(LLVMGetValueName(node.at[0]), name) != 0) {
                continue;
            }
            if (!name && t->options->stage != PVG_STAGE_ANY &&
                t->options->stage != entry_lists[i].stage) {
                continue;
            }
            if (found && !name) {
                refuse(t, PVG_TRANSLATE_ENTRY, "several entry points and no name");
            }
            if (found) {
                continue;
            }
            if (entry_lists[i].stage == PVG_STAGE_ANY) {
                refuse(t, PVG_TRANSLATE_UNSUPPORTED, "%s function", entry_lists[i].list + 4);
            }
            found = true;
            read_entry(t, &node, entry_lists[i].stage);
        }
    }
    if (!found) {
        refuse(t, PVG_TRANSLATE_ENTRY, "no entry point \"%s\"", name ? name : "");
    }
    if (t->options->stage != PVG_STAGE_ANY && t->options->stage != t->entry.stage) {
        refuse(t, PVG_TRANSLATE_ENTRY, "entry point of another stage");
    }
    read_compile_options(t);
}

size_t metadata_list_entries(LLVMModuleRef module, struct pvg_air_entry *entries, size_t capacity)
{
    size_t total = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(entry_lists); i++) {
        unsigned count = LLVMGetNamedMetadataNumOperands(module, entry_lists[i].list);
        g_autofree LLVMValueRef *nodes = g_new0(LLVMValueRef, count + 1);

        LLVMGetNamedMetadataOperands(module, entry_lists[i].list, nodes);
        for (unsigned j = 0; j < count; j++) {
            unsigned operands = LLVMIsAMDNode(nodes[j]) ? LLVMGetMDNodeNumOperands(nodes[j]) : 0;
            g_autofree LLVMValueRef *parts = g_new0(LLVMValueRef, operands + 1);

            if (operands) {
                LLVMGetMDNodeOperands(nodes[j], parts);
            }
            if (!parts[0] || !LLVMIsAFunction(parts[0])) {
                continue;
            }
            if (total < capacity) {
                entries[total].stage = entry_lists[i].stage;
                entries[total].argument_count = LLVMCountParams(parts[0]);
                g_strlcpy(entries[total].name, LLVMGetValueName(parts[0]), PVG_SHADER_NAME_SIZE);
            }
            total++;
        }
    }
    return total;
}

struct argument *metadata_input(struct translator *t, unsigned parameter)
{
    for (guint i = 0; i < t->entry.inputs->len; i++) {
        struct argument *a = &g_array_index(t->entry.inputs, struct argument, i);

        if (a->parameter == (int)parameter) {
            return a;
        }
    }
    return NULL;
}

/* The attributes of a control point: the nodes inside its argument. */
GArray *metadata_control_point_fields(struct translator *t, const struct argument *argument)
{
    struct items items = items_of(t, argument->node);
    GArray *fields = keep_array(t, sizeof(struct argument));

    for (unsigned i = 0; i < items.count; i++) {
        struct items nested = items_of(t, items.at[i]);
        const char *first = nested.count ? text_of(t, nested.at[0]) : NULL;

        if (first && is(first, "air.location_index")) {
            struct argument a = {.kind = ARGUMENT_VERTEX_INPUT, .type_name = "", .space = -1};

            read_items(t, &a, &nested);
            check_indices(t, &a);
            g_array_append_val(fields, a);
        }
    }
    return fields;
}

struct argument *metadata_member(struct translator *t, const struct argument *argument,
                                 uint32_t offset)
{
    struct items items = items_of(t, argument->members);
    struct argument *found = NULL;
    uint32_t at = 0;

    while (items.next < items.count) {
        LLVMValueRef item = next_item(&items);
        const char *text = text_of(t, item);

        if (is_number(item)) {
            at = (uint32_t)LLVMConstIntGetZExtValue(item);
            items.next += 4; /* size, array length, type name, member name */
        } else if (text && is(text, "air.indirect_argument") && at <= offset) {
            found = keep(t, sizeof(*found));
            *found = read_argument(t, next_item(&items), true);
        } else if (text) {
            (void)next_item(&items);
        }
    }
    return found;
}

/* Reports the members of an argument buffer. Spec: 70-air 5.3. */
void metadata_members(struct translator *t, const struct argument *argument)
{
    struct items items = items_of(t, argument->members);
    struct pvg_shader_reflection *r = t->reflection;
    unsigned offset = 0;

    while (items.next < items.count && r->member_count < PVG_SHADER_MEMBERS) {
        LLVMValueRef item = next_item(&items);
        const char *text = text_of(t, item);

        if (is_number(item)) {
            offset = (unsigned)LLVMConstIntGetZExtValue(item);
            items.next += 4; /* size, array length, type name, member name */
        } else if (text && is(text, "air.indirect_argument")) {
            struct argument member = read_argument(t, next_item(&items), true);

            r->members[r->member_count++] = (struct pvg_shader_member){
                .id = member.index,
                .offset = offset,
                .count = member.count,
                .buffer = (uint8_t)argument->index,
                .kind = member.kind == ARGUMENT_BUFFER    ? PVG_MEMBER_BUFFER
                        : member.kind == ARGUMENT_TEXTURE ? PVG_MEMBER_TEXTURE
                        : member.kind == ARGUMENT_SAMPLER ? PVG_MEMBER_SAMPLER
                        : is(member.unknown, "air.indirect_constant") ? PVG_MEMBER_DATA
                                                                      : PVG_MEMBER_OTHER,
                .access = (uint8_t)member.access,
            };
        } else if (text) {
            (void)next_item(&items); /* a nested type */
        }
    }
}
