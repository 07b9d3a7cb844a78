/* SPDX-License-Identifier: MIT */
/* metal.h leaves a note on each entry function and each of its parameters. An entry is split: its
 * body keeps clang's signature and is inlined into a new function with AIR's, whose outputs are the
 * members of a returned struct; the notes become the metadata that AIR's readers go by. */
#include "annotated.h"

#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <llvm-c/Transforms/PassBuilder.h>

#define TRIPLE "air64-apple-macosx14.0.0"
#define LAYOUT                                                                                     \
    "e-p:64:64:64-i1:8:8-i8:8:8-i16:16:16-i32:32:32-i64:64:64-f32:32:32-f64:64:64-v16:16:16-"      \
    "v24:32:32-v32:32:32-v48:64:64-v64:64:64-v96:128:128-v128:128:128-v192:256:256-"               \
    "v256:256:256-v512:512:512-v1024:1024:1024-n8:16:32"
#define FIRST "pvg.first."

/* ---- metadata, in a line ---- */

/* Collects the operands of one node. */
struct node {
    LLVMContextRef context;
    LLVMMetadataRef at[32];
    size_t count;
};

static void put(struct node *node, LLVMMetadataRef operand)
{
    g_assert(node->count < G_N_ELEMENTS(node->at));
    node->at[node->count++] = operand;
}

static void put_string(struct node *node, const char *string)
{
    put(node, LLVMMDStringInContext2(node->context, string, strlen(string)));
}

static void put_int(struct node *node, int value)
{
    LLVMTypeRef type = LLVMInt32TypeInContext(node->context);

    put(node, LLVMValueAsMetadata(LLVMConstInt(type, value, true)));
}

static void put_named(struct node *node, const char *type, const char *name)
{
    put_string(node, "air.arg_type_name");
    put_string(node, type);
    put_string(node, "air.arg_name");
    put_string(node, name);
}

static LLVMMetadataRef finish(struct node *node)
{
    return LLVMMDNodeInContext2(node->context, node->at, node->count);
}

static void add_named(LLVMModuleRef module, const char *name, struct node *node)
{
    LLVMAddNamedMetadataOperand(module, name, LLVMMetadataAsValue(node->context, finish(node)));
}

/* ---- notes ---- */

/* The words of a note; the rest of a long one stays in the last. */
struct note {
    char *words[6];
    char **all;
};

static void note_clear(struct note *note)
{
    g_strfreev(note->all);
}

static const char *word(const struct note *note, unsigned i)
{
    return note->words[i] ? note->words[i] : "";
}

static bool note_parse(const char *text, struct note *out)
{
    *out = (struct note){.all = g_strsplit(text, " ", G_N_ELEMENTS(out->words))};
    for (unsigned i = 0; i < G_N_ELEMENTS(out->words) && out->all[i]; i++) {
        out->words[i] = out->all[i];
    }
    return out->words[0] != NULL;
}

/* The string that a pointer to a private global stands for, or NULL. */
static const char *string_of(LLVMValueRef pointer)
{
    LLVMValueRef value;
    size_t size;

    if (LLVMIsAConstantExpr(pointer)) {
        pointer = LLVMGetOperand(pointer, 0);
    }
    if (!LLVMIsAGlobalVariable(pointer)) {
        return NULL;
    }
    value = LLVMGetInitializer(pointer);
    return value && LLVMIsConstantString(value) ? LLVMGetAsString(value, &size) : NULL;
}

static bool is_call_of(LLVMValueRef instruction, const char *prefix)
{
    LLVMValueRef callee;
    size_t size;

    if (!LLVMIsACallInst(instruction)) {
        return false;
    }
    callee = LLVMGetCalledValue(instruction);
    return LLVMIsAFunction(callee) && g_str_has_prefix(LLVMGetValueName2(callee, &size), prefix);
}

/* Vectors of three are stored as four. */
static LLVMValueRef without_padding(LLVMValueRef value)
{
    return LLVMIsAShuffleVectorInst(value) ? LLVMGetOperand(value, 0) : value;
}

/* The parameter that is stored in @slot, or -1. */
static int parameter_in(LLVMValueRef function, LLVMValueRef slot)
{
    for (LLVMUseRef use = LLVMGetFirstUse(slot); use; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);

        if (LLVMIsAStoreInst(user) && LLVMGetOperand(user, 1) == slot) {
            for (unsigned i = 0; i < LLVMCountParams(function); i++) {
                if (without_padding(LLVMGetOperand(user, 0)) == LLVMGetParam(function, i)) {
                    return i;
                }
            }
        }
    }
    return -1;
}

/* Takes the notes off the parameters: texts[i] is the caller's, NULL where there is none. */
static void take_notes(LLVMValueRef function, char **texts)
{
    LLVMBasicBlockRef entry = LLVMGetEntryBasicBlock(function);
    LLVMValueRef next;

    for (LLVMValueRef at = LLVMGetFirstInstruction(entry); at; at = next) {
        next = LLVMGetNextInstruction(at);
        if (is_call_of(at, "llvm.var.annotation")) {
            LLVMValueRef slot = LLVMGetOperand(at, 0);
            const char *text = string_of(LLVMGetOperand(at, 1));
            int parameter;

            if (LLVMIsAAddrSpaceCastInst(slot)) {
                slot = LLVMGetOperand(slot, 0);
            }
            parameter = parameter_in(function, slot);
            if (parameter >= 0 && text) {
                texts[parameter] = g_strdup(text);
            }
            LLVMInstructionEraseFromParent(at);
        }
    }
}

/* ---- types by name: "float4" ---- */

static LLVMTypeRef type_named(LLVMContextRef context, const char *name)
{
    static const char *const bases[] = {"float",  "half", "int",   "uint", "short",
                                        "ushort", "char", "uchar", "bool"};
    LLVMTypeRef types[] = {
        LLVMFloatTypeInContext(context), LLVMHalfTypeInContext(context),
        LLVMInt32TypeInContext(context), LLVMInt32TypeInContext(context),
        LLVMInt16TypeInContext(context), LLVMInt16TypeInContext(context),
        LLVMInt8TypeInContext(context),  LLVMInt8TypeInContext(context),
        LLVMInt1TypeInContext(context),
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(bases); i++) {
        if (g_str_has_prefix(name, bases[i])) {
            const char *rest = name + strlen(bases[i]);

            if (!*rest) {
                return types[i];
            }
            if (*rest >= '2' && *rest <= '4' && !rest[1]) {
                return LLVMVectorType(types[i], *rest - '0');
            }
        }
    }
    return NULL;
}

/* ---- one parameter ---- */

static void put_link(struct node *node, const char *name)
{
    g_autofree char *link = g_strdup_printf("user(%s)", name);

    put_string(node, link);
}

/* The metadata node of what comes out (70-air 5.5, 5.7), or NULL for a note that says nothing. */
static LLVMMetadataRef output_node(LLVMContextRef context, const struct note *note)
{
    struct node node = {.context = context};
    const char *kind = word(note, 1), *name = word(note, 4);
    int index = atoi(word(note, 2));

    if (!strcmp(kind, "varying")) {
        put_string(&node, "air.vertex_output");
        put_link(&node, name);
    } else if (!strcmp(kind, "colour")) {
        put_string(&node, "air.render_target");
        put_int(&node, index);
        put_int(&node, 0);
    } else if (!strcmp(kind, "depth")) {
        put_string(&node, "air.depth");
        put_string(&node, "air.depth_qualifier");
        put_string(&node, "air.any");
    } else if (!strcmp(kind, "layer")) {
        put_string(&node, "air.render_target_array_index");
    } else if (!strcmp(kind, "viewport")) {
        put_string(&node, "air.viewport_array_index");
    } else {
        g_autofree char *plain = g_strdup_printf("air.%s", kind);

        put_string(&node, plain);
    }
    put_named(&node, word(note, 3), name);
    return finish(&node);
}

static void put_location(struct node *node, const char *index)
{
    put_string(node, "air.location_index");
    put_int(node, atoi(index));
    put_int(node, 1);
}

static void put_buffer(struct node *node, const struct note *note, LLVMTypeRef type)
{
    unsigned space = LLVMGetPointerAddressSpace(type);

    put_string(node, "air.buffer");
    put_location(node, word(note, 1));
    put_string(node, space == 2 ? "air.read" : "air.read_write");
    put_string(node, "air.address_space");
    put_int(node, space);
    put_string(node, "air.arg_type_size");
    put_int(node, 4);
    put_string(node, "air.arg_type_align_size");
    put_int(node, 4);
    put_named(node, "void", word(note, 2));
}

/* texture2d<float, write>: the access stands in the type's name. */
static const char *texture_access(const char *type)
{
    if (strstr(type, "read_write")) {
        return "air.read_write";
    }
    if (strstr(type, "write")) {
        return "air.write";
    }
    return strstr(type, "read") ? "air.read" : "air.sample";
}

static void put_texture(struct node *node, const struct note *note)
{
    g_autofree char *type =
        g_strconcat(word(note, 3), word(note, 4)[0] ? " " : "", word(note, 4), word(note, 5), NULL);

    put_string(node, "air.texture");
    put_location(node, word(note, 1));
    put_string(node, texture_access(type));
    put_named(node, type, word(note, 2));
}

static void put_varying(struct node *node, const struct note *note)
{
    put_string(node, "air.fragment_input");
    put_link(node, word(note, 3));
    if (!strcmp(word(note, 1), "flat")) {
        put_string(node, "air.flat");
    } else {
        put_string(node, "air.center");
        put_string(node, "air.perspective");
    }
    put_named(node, word(note, 2), word(note, 3));
}

static void put_builtin(struct node *node, const struct note *note)
{
    g_autofree char *kind = g_strdup_printf("air.%s", word(note, 1));

    put_string(node, kind);
    if (!strcmp(kind, "air.position")) {
        put_string(node, "air.center");
        put_string(node, "air.no_perspective");
    }
    put_named(node, word(note, 2), word(note, 3));
}

/* The metadata node of what comes in as parameter @index (70-air 5.2 to 5.8), or NULL. */
static LLVMMetadataRef input_node(LLVMContextRef context, const struct note *note, unsigned index,
                                  LLVMTypeRef type)
{
    struct node node = {.context = context};
    const char *kind = word(note, 0);

    put_int(&node, index);
    if (!strcmp(kind, "buffer") && LLVMGetTypeKind(type) == LLVMPointerTypeKind) {
        put_buffer(&node, note, type);
    } else if (!strcmp(kind, "texture")) {
        put_texture(&node, note);
    } else if (!strcmp(kind, "sampler")) {
        put_string(&node, "air.sampler");
        put_location(&node, word(note, 1));
        put_named(&node, "sampler", word(note, 2));
    } else if (!strcmp(kind, "builtin")) {
        put_builtin(&node, note);
    } else if (!strcmp(kind, "attribute")) {
        put_string(&node, "air.vertex_input");
        put_location(&node, word(note, 1));
        put_named(&node, word(note, 2), word(note, 3));
    } else if (!strcmp(kind, "in")) {
        put_varying(&node, note);
    } else if (!strcmp(kind, "fetch")) {
        put_string(&node, "air.render_target");
        put_int(&node, atoi(word(note, 1)));
        put_int(&node, 0);
        put_named(&node, word(note, 2), word(note, 3));
    } else {
        return NULL;
    }
    return finish(&node);
}

/* ---- one entry function ---- */

#define MAX_PARAMETERS 64u

struct entry {
    LLVMModuleRef module;
    LLVMContextRef context;
    LLVMValueRef body;
    struct note notes[MAX_PARAMETERS];
    unsigned parameters; /* of the body */
    LLVMTypeRef input_types[MAX_PARAMETERS], output_types[MAX_PARAMETERS];
    unsigned inputs, outputs;
    LLVMMetadataRef input_nodes[MAX_PARAMETERS], output_nodes[MAX_PARAMETERS];
};

static bool describe_parameter(struct entry *entry, unsigned i, struct pvg_error *error)
{
    const struct note *note = &entry->notes[i];
    LLVMTypeRef type = LLVMTypeOf(LLVMGetParam(entry->body, i));

    if (!strcmp(word(note, 0), "out")) {
        LLVMTypeRef out = type_named(entry->context, word(note, 3));

        if (!out) {
            pvg_error_set(error, "\"%s\" is not a type that a shader can return", word(note, 3));
            return false;
        }
        entry->output_types[entry->outputs] = out;
        entry->output_nodes[entry->outputs++] = output_node(entry->context, note);
        return true;
    }
    entry->input_types[entry->inputs] = type;
    entry->input_nodes[entry->inputs] = input_node(entry->context, note, entry->inputs, type);
    if (!entry->input_nodes[entry->inputs++]) {
        pvg_error_set(error, "its parameter %u is not written with one of metal.h's macros", i);
        return false;
    }
    return true;
}

static bool describe(struct entry *entry, struct pvg_error *error)
{
    char *texts[MAX_PARAMETERS] = {0};
    bool sound = true;

    entry->parameters = LLVMCountParams(entry->body);
    if (entry->parameters > MAX_PARAMETERS) {
        pvg_error_set(error, "it has more than %u parameters", MAX_PARAMETERS);
        return false;
    }
    take_notes(entry->body, texts);
    for (unsigned i = 0; i < entry->parameters; i++) {
        note_parse(texts[i] ? texts[i] : "", &entry->notes[i]);
        g_free(texts[i]);
    }
    for (unsigned i = 0; sound && i < entry->parameters; i++) {
        sound = describe_parameter(entry, i, error);
    }
    return sound;
}

static LLVMTypeRef return_type(struct entry *entry, bool fragment)
{
    if (!entry->outputs) {
        return LLVMVoidTypeInContext(entry->context);
    }
    if (fragment && entry->outputs == 1) {
        return entry->output_types[0];
    }
    return LLVMStructTypeInContext(entry->context, entry->output_types, entry->outputs, true);
}

/* The function with AIR's signature, which calls the body. */
static LLVMValueRef wrap(struct entry *entry, const char *name, bool fragment)
{
    LLVMTypeRef returned = return_type(entry, fragment);
    LLVMTypeRef type = LLVMFunctionType(returned, entry->input_types, entry->inputs, false);
    LLVMValueRef function = LLVMAddFunction(entry->module, name, type), result, call;
    LLVMBuilderRef b = LLVMCreateBuilderInContext(entry->context);
    LLVMValueRef arguments[MAX_PARAMETERS], slots[MAX_PARAMETERS];
    unsigned in = 0, out = 0;

    LLVMPositionBuilderAtEnd(b, LLVMAppendBasicBlockInContext(entry->context, function, ""));
    for (unsigned i = 0; i < entry->parameters; i++) {
        if (!strcmp(word(&entry->notes[i], 0), "out")) {
            slots[out] = LLVMBuildAlloca(b, entry->output_types[out], "");
            LLVMBuildStore(b, LLVMConstNull(entry->output_types[out]), slots[out]);
            arguments[i] = slots[out++];
        } else {
            arguments[i] = LLVMGetParam(function, in++);
        }
    }
    call = LLVMBuildCall2(b, LLVMGlobalGetValueType(entry->body), entry->body, arguments,
                          entry->parameters, "");
    LLVMSetInstructionCallConv(call, LLVMGetFunctionCallConv(entry->body));
    if (!entry->outputs) {
        LLVMBuildRetVoid(b);
    } else if (LLVMGetTypeKind(returned) != LLVMStructTypeKind) {
        LLVMBuildRet(b, LLVMBuildLoad2(b, returned, slots[0], ""));
    } else {
        result = LLVMGetPoison(returned);
        for (unsigned i = 0; i < out; i++) {
            LLVMValueRef member = LLVMBuildLoad2(b, entry->output_types[i], slots[i], "");

            result = LLVMBuildInsertValue(b, result, member, i, "");
        }
        LLVMBuildRet(b, result);
    }
    LLVMDisposeBuilder(b);
    return function;
}

static void make_inline(LLVMContextRef context, LLVMValueRef function)
{
    unsigned kind = LLVMGetEnumAttributeKindForName("alwaysinline", 12);
    unsigned no = LLVMGetEnumAttributeKindForName("noinline", 8);

    LLVMRemoveEnumAttributeAtIndex(function, LLVMAttributeFunctionIndex, no);
    LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex,
                            LLVMCreateEnumAttribute(context, kind, 0));
    LLVMSetLinkage(function, LLVMInternalLinkage);
}

static bool convert_entry(LLVMModuleRef module, LLVMValueRef body, const char *stage,
                          struct pvg_error *error)
{
    struct entry entry = {.module = module, .context = LLVMGetModuleContext(module), .body = body};
    struct node node = {.context = entry.context};
    g_autofree char *list = g_strdup_printf("air.%s", stage), *name = NULL;
    struct pvg_error reason = {0};
    bool sound = describe(&entry, &reason);
    size_t size;

    name = g_strdup(LLVMGetValueName2(body, &size));
    if (!sound) {
        pvg_error_set(error, "cannot use \"%s\" as a %s function: %s", name, stage, reason.message);
    } else {
        LLVMSetValueName2(body, "", 0);
        put(&node, LLVMValueAsMetadata(wrap(&entry, name, !strcmp(stage, "fragment"))));
        put(&node, LLVMMDNodeInContext2(entry.context, entry.output_nodes, entry.outputs));
        put(&node, LLVMMDNodeInContext2(entry.context, entry.input_nodes, entry.inputs));
        add_named(module, list, &node);
        make_inline(entry.context, body);
    }
    for (unsigned i = 0; i < entry.parameters && i < MAX_PARAMETERS; i++) {
        note_clear(&entry.notes[i]);
    }
    return sound;
}

/* ---- the module ---- */

/* Results of {value, residency byte}: C has no such return without memory, so metal.h declares the
 * value alone under a prefixed name. */
static void restore_pairs(LLVMModuleRef module)
{
    LLVMContextRef context = LLVMGetModuleContext(module);
    LLVMBuilderRef b = LLVMCreateBuilderInContext(context);
    LLVMValueRef next;
    size_t size;

    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = next) {
        const char *name = LLVMGetValueName2(f, &size);
        LLVMTypeRef type = LLVMGlobalGetValueType(f), parameters[MAX_PARAMETERS], pair[2];
        LLVMValueRef real;

        next = LLVMGetNextFunction(f);
        if (!g_str_has_prefix(name, FIRST) || LLVMCountParamTypes(type) > MAX_PARAMETERS) {
            continue;
        }
        LLVMGetParamTypes(type, parameters);
        pair[0] = LLVMGetReturnType(type);
        pair[1] = LLVMInt8TypeInContext(context);
        type = LLVMFunctionType(LLVMStructTypeInContext(context, pair, 2, false), parameters,
                                LLVMCountParamTypes(type), false);
        real = LLVMAddFunction(module, name + strlen(FIRST), type);
        while (LLVMGetFirstUse(f)) {
            LLVMValueRef call = LLVMGetUser(LLVMGetFirstUse(f)), arguments[MAX_PARAMETERS], value;
            unsigned count = LLVMGetNumArgOperands(call);

            for (unsigned i = 0; i < count; i++) {
                arguments[i] = LLVMGetOperand(call, i);
            }
            LLVMPositionBuilderBefore(b, call);
            value = LLVMBuildCall2(b, type, real, arguments, count, "");
            LLVMReplaceAllUsesWith(call, LLVMBuildExtractValue(b, value, 0, ""));
            LLVMInstructionEraseFromParent(call);
        }
        LLVMDeleteFunction(f);
    }
    LLVMDisposeBuilder(b);
}

/* OpenCL's calling conventions and what it says about kernels are not AIR's. */
static void drop_opencl(LLVMModuleRef module)
{
    size_t size;

    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
        size_t count;
        LLVMValueMetadataEntry *entries = LLVMGlobalCopyAllMetadata(f, &count);

        for (unsigned i = 0; i < count; i++) {
            LLVMGlobalEraseMetadata(f, LLVMValueMetadataEntriesGetKind(entries, i));
        }
        LLVMDisposeValueMetadataEntries(entries);
        LLVMSetFunctionCallConv(f, LLVMCCallConv);
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f); block;
             block = LLVMGetNextBasicBlock(block)) {
            for (LLVMValueRef at = LLVMGetFirstInstruction(block); at;
                 at = LLVMGetNextInstruction(at)) {
                if (LLVMIsACallInst(at)) {
                    LLVMSetInstructionCallConv(at, LLVMCCallConv);
                }
            }
        }
    }
    for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g)) {
        if (!g_str_has_prefix(LLVMGetValueName2(g, &size), "llvm.") && LLVMGetInitializer(g)) {
            LLVMSetLinkage(g, LLVMInternalLinkage);
        }
    }
}

static bool convert_entries(LLVMModuleRef module, struct pvg_error *error)
{
    LLVMValueRef notes = LLVMGetNamedGlobal(module, "llvm.global.annotations"), list;
    unsigned count, entries = 0;

    if (!notes) {
        pvg_error_set(error, "no function is marked KERNEL, VERTEX or FRAGMENT");
        return false;
    }
    list = LLVMGetInitializer(notes);
    count = LLVMGetNumOperands(list);
    for (unsigned i = 0; i < count; i++) {
        LLVMValueRef pair = LLVMGetOperand(list, i), function = LLVMGetOperand(pair, 0);
        const char *stage = string_of(LLVMGetOperand(pair, 1));

        if (LLVMIsAConstantExpr(function)) {
            function = LLVMGetOperand(function, 0);
        }
        if (LLVMIsAFunction(function) && LLVMCountBasicBlocks(function) && stage) {
            if (!convert_entry(module, function, stage, error)) {
                return false;
            }
            entries++;
        }
    }
    LLVMDeleteGlobal(notes);
    return entries > 0;
}

static void describe_module(LLVMModuleRef module, bool precise)
{
    struct node version = {.context = LLVMGetModuleContext(module)}, language = version;
    struct node ident = version, denormals = version, fast = version, fetch = version;

    put_int(&version, 2);
    put_int(&version, 6);
    put_int(&version, 0);
    add_named(module, "air.version", &version);
    put_string(&language, "Metal");
    put_int(&language, 3);
    put_int(&language, 1);
    put_int(&language, 0);
    add_named(module, "air.language_version", &language);
    put_string(&ident, "pvg-metallib");
    add_named(module, "air.source_file_name", &ident);
    put_string(&denormals, "air.compile.denorms_disable");
    add_named(module, "air.compile_options", &denormals);
    put_string(&fast, precise ? "air.compile.fast_math_disable" : "air.compile.fast_math_enable");
    add_named(module, "air.compile_options", &fast);
    put_string(&fetch, "air.compile.framebuffer_fetch_enable");
    add_named(module, "air.compile_options", &fetch);
}

bool annotated_to_air(LLVMModuleRef module, bool precise, struct pvg_error *error)
{
    LLVMPassBuilderOptionsRef options;
    LLVMErrorRef failure;

    LLVMSetTarget(module, TRIPLE);
    LLVMSetDataLayout(module, LAYOUT);
    if (!convert_entries(module, error)) {
        return false;
    }
    restore_pairs(module);
    drop_opencl(module);
    describe_module(module, precise);
    options = LLVMCreatePassBuilderOptions();
    failure = LLVMRunPasses(module,
                            "always-inline,globaldce,function(sroa<modify-cfg>,early-cse,"
                            "instsimplify,simplifycfg,adce),globaldce",
                            NULL, options);
    LLVMDisposePassBuilderOptions(options);
    if (failure) {
        char *message = LLVMGetErrorMessage(failure);

        pvg_error_set(error, "LLVM does not take the module: %s", message);
        LLVMDisposeErrorMessage(message);
        return false;
    }
    return true;
}
