/* SPDX-License-Identifier: MIT */
/* A wrapper in IR loads each argument of the entry from two arrays, so that C can call any kernel:
 * void thread(void *const *buffers, uint32_t position). */
#include "oracle.h"

#include <string.h>

#include <glib.h>
#include <llvm-c/Analysis.h>
#include <llvm-c/BitReader.h>
#include <llvm-c/Core.h>
#include <llvm-c/ExecutionEngine.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>

#include "group.h"
#include "reference.h"

struct oracle {
    LLVMContextRef context;
    LLVMExecutionEngineRef engine; /* owns the module */
    void (*thread)(void *const *buffers, uint32_t position);
};

void oracle_destroy(struct oracle *oracle)
{
    if (!oracle) {
        return;
    }
    if (oracle->engine) {
        LLVMDisposeExecutionEngine(oracle->engine);
    }
    LLVMContextDispose(oracle->context);
    g_free(oracle);
}

/* ---- reading the entry's metadata ---- */

static const char *string_at(LLVMValueRef *operands, unsigned count, unsigned i)
{
    unsigned size;
    const char *text = i < count && operands[i] ? LLVMGetMDString(operands[i], &size) : NULL;

    return text ? text : "";
}

/* What parameter @number is bound to: the buffer index, ORACLE_TEXTURES and the texture's, -1 for
 * the thread's position, -2 for anything else. */
static int binding_of(LLVMValueRef inputs, unsigned number)
{
    unsigned count = LLVMGetMDNodeNumOperands(inputs);
    g_autofree LLVMValueRef *nodes = g_new0(LLVMValueRef, count + 1);

    LLVMGetMDNodeOperands(inputs, nodes);
    for (unsigned i = 0; i < count; i++) {
        unsigned size = LLVMGetMDNodeNumOperands(nodes[i]);
        g_autofree LLVMValueRef *items = g_new0(LLVMValueRef, size + 1);

        LLVMGetMDNodeOperands(nodes[i], items);
        if (LLVMConstIntGetZExtValue(items[0]) != number) {
            continue;
        }
        if (!strcmp(string_at(items, size, 1), "air.thread_position_in_grid")) {
            return -1;
        }
        for (unsigned j = 2; j + 1 < size && !strcmp(string_at(items, size, 1), "air.buffer");
             j++) {
            if (!strcmp(string_at(items, size, j), "air.location_index")) {
                return LLVMConstIntGetZExtValue(items[j + 1]);
            }
        }
        if (size > 3 && !strcmp(string_at(items, size, 1), "air.texture")) {
            return ORACLE_TEXTURES + LLVMConstIntGetZExtValue(items[3]);
        }
    }
    return -2;
}

/* The metadata node of the kernel named @entry. */
static LLVMValueRef kernel_node(LLVMModuleRef module, const char *entry)
{
    unsigned count = LLVMGetNamedMetadataNumOperands(module, "air.kernel");
    g_autofree LLVMValueRef *nodes = g_new0(LLVMValueRef, count + 1);

    LLVMGetNamedMetadataOperands(module, "air.kernel", nodes);
    for (unsigned i = 0; i < count; i++) {
        LLVMValueRef parts[8];
        size_t size;

        LLVMGetMDNodeOperands(nodes[i], parts);
        if (!strcmp(LLVMGetValueName2(parts[0], &size), entry)) {
            return nodes[i];
        }
    }
    return NULL;
}

/* ---- the wrapper ---- */

static LLVMValueRef argument(LLVMBuilderRef b, LLVMValueRef wrapper, LLVMTypeRef type, int binding)
{
    LLVMContextRef context = LLVMGetTypeContext(type);
    LLVMTypeRef pointer = LLVMPointerTypeInContext(context, 0);
    LLVMValueRef index = LLVMConstInt(LLVMInt32TypeInContext(context), binding, false), at;

    if (binding == -1) {
        LLVMValueRef position = LLVMGetParam(wrapper, 1);

        if (LLVMGetTypeKind(type) == LLVMVectorTypeKind) {
            return LLVMBuildInsertElement(b, LLVMConstNull(type), position,
                                          LLVMConstInt(LLVMInt32TypeInContext(context), 0, 0), "");
        }
        return LLVMBuildIntCast2(b, position, type, false, "");
    }
    at = LLVMBuildGEP2(b, pointer, LLVMGetParam(wrapper, 0), &index, 1, "");
    return LLVMBuildAddrSpaceCast(b, LLVMBuildLoad2(b, pointer, at, ""), type, "");
}

static bool add_wrapper(LLVMModuleRef module, const char *entry, struct pvg_error *error)
{
    LLVMContextRef context = LLVMGetModuleContext(module);
    LLVMTypeRef parameters[] = {LLVMPointerTypeInContext(context, 0),
                                LLVMInt32TypeInContext(context)};
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(context), parameters, 2, false);
    LLVMValueRef function = LLVMGetNamedFunction(module, entry), node, parts[8], wrapper;
    LLVMValueRef arguments[32];
    LLVMBuilderRef b;
    bool known = true;

    node = kernel_node(module, entry);
    if (!function || !node || LLVMCountParams(function) > G_N_ELEMENTS(arguments)) {
        pvg_error_set(error, "there is no kernel %s", entry);
        return false;
    }
    LLVMGetMDNodeOperands(node, parts);
    wrapper = LLVMAddFunction(module, "oracle_thread", type);
    b = LLVMCreateBuilderInContext(context);
    LLVMPositionBuilderAtEnd(b, LLVMAppendBasicBlockInContext(context, wrapper, ""));
    for (unsigned i = 0; i < LLVMCountParams(function); i++) {
        int binding = binding_of(parts[2], i);

        known &= binding >= -1;
        arguments[i] =
            argument(b, wrapper, LLVMTypeOf(LLVMGetParam(function, i)), MAX(binding, -1));
    }
    LLVMBuildCall2(b, LLVMGlobalGetValueType(function), function, arguments,
                   LLVMCountParams(function), "");
    LLVMBuildRetVoid(b);
    LLVMDisposeBuilder(b);
    if (!known) {
        pvg_error_set(error, "an argument of %s is not for the oracle", entry);
    }
    return known;
}

/* ---- built-ins ---- */

/* "air.fast_fabs.v4f32" to "air.fast_fabs.f32"; NULL when it is not of vectors. */
static char *scalar_name(const char *name)
{
    g_autoptr(GString) out = g_string_new("");
    bool vector = false;

    for (const char *at = name; *at; at++) {
        if (at > name && at[-1] == '.' && at[0] == 'v' && at[1] >= '2' && at[1] <= '4' &&
            strchr("fi", at[2])) {
            at += 2;
            vector = true;
        }
        g_string_append_c(out, *at);
    }
    return vector ? g_strdup(out->str) : NULL;
}

static LLVMTypeRef element_of(LLVMTypeRef type)
{
    return LLVMGetTypeKind(type) == LLVMVectorTypeKind ? LLVMGetElementType(type) : type;
}

/* One call on vectors to a call for each component. */
static void split_call(LLVMValueRef call, LLVMValueRef scalar, LLVMTypeRef scalar_type)
{
    LLVMContextRef context = LLVMGetTypeContext(scalar_type);
    LLVMBuilderRef b = LLVMCreateBuilderInContext(context);
    LLVMTypeRef type = LLVMTypeOf(call);
    LLVMValueRef result = LLVMGetPoison(type);

    LLVMPositionBuilderBefore(b, call);
    for (unsigned i = 0; i < LLVMGetVectorSize(type); i++) {
        LLVMValueRef index = LLVMConstInt(LLVMInt32TypeInContext(context), i, false);
        LLVMValueRef arguments[8];

        for (unsigned j = 0; j < LLVMGetNumArgOperands(call); j++) {
            LLVMValueRef operand = LLVMGetOperand(call, j);

            arguments[j] = LLVMGetTypeKind(LLVMTypeOf(operand)) == LLVMVectorTypeKind
                               ? LLVMBuildExtractElement(b, operand, index, "")
                               : operand;
        }
        result = LLVMBuildInsertElement(
            b, result,
            LLVMBuildCall2(b, scalar_type, scalar, arguments, LLVMGetNumArgOperands(call), ""),
            index, "");
    }
    LLVMReplaceAllUsesWith(call, result);
    LLVMInstructionEraseFromParent(call);
    LLVMDisposeBuilder(b);
}

static void split_vectors(LLVMModuleRef module)
{
    LLVMValueRef next;
    size_t size;

    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = next) {
        g_autofree char *name = scalar_name(LLVMGetValueName2(f, &size));
        LLVMTypeRef type = LLVMGlobalGetValueType(f), parameters[8], scalar_type;
        LLVMValueRef scalar;

        next = LLVMGetNextFunction(f);
        if (!name || !g_str_has_prefix(name, "air.") || strstr(name, "_texture_") ||
            LLVMCountParamTypes(type) > 8) {
            continue;
        }
        LLVMGetParamTypes(type, parameters);
        for (unsigned i = 0; i < LLVMCountParamTypes(type); i++) {
            parameters[i] = element_of(parameters[i]);
        }
        scalar_type = LLVMFunctionType(element_of(LLVMGetReturnType(type)), parameters,
                                       LLVMCountParamTypes(type), false);
        scalar = LLVMGetNamedFunction(module, name);
        if (!scalar) {
            scalar = LLVMAddFunction(module, name, scalar_type);
        }
        while (LLVMGetFirstUse(f)) {
            split_call(LLVMGetUser(LLVMGetFirstUse(f)), scalar, scalar_type);
        }
        LLVMDeleteFunction(f);
    }
}

static bool map_builtins(struct oracle *oracle, LLVMModuleRef module, struct pvg_error *error)
{
    size_t size;

    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
        const char *name = LLVMGetValueName2(f, &size);
        const struct reference *reference;

        if (!LLVMIsDeclaration(f) || !g_str_has_prefix(name, "air.")) {
            continue;
        }
        reference = reference_find(name);
        if (!reference && !group_find(name)) {
            pvg_error_set(error, "the oracle does not know %s", name);
            return false;
        }
        LLVMAddGlobalMapping(oracle->engine, f,
                             reference ? reference->function : group_find(name));
    }
    return true;
}

/* ---- public ---- */

static LLVMModuleRef read_module(LLVMContextRef context, const uint8_t *bitcode, size_t size)
{
    LLVMMemoryBufferRef bytes =
        LLVMCreateMemoryBufferWithMemoryRangeCopy((const char *)bitcode, size, "");
    LLVMModuleRef module;
    bool failed = LLVMParseBitcodeInContext2(context, bytes, &module);

    LLVMDisposeMemoryBuffer(bytes);
    return failed ? NULL : module;
}

/* The module as this machine's own. */
static void retarget(LLVMModuleRef module)
{
    char *triple = LLVMGetDefaultTargetTriple(), *message;
    LLVMTargetMachineRef machine;
    LLVMTargetDataRef layout;
    LLVMTargetRef target;

    LLVMGetTargetFromTriple(triple, &target, &message);
    machine = LLVMCreateTargetMachine(target, triple, "generic", "", LLVMCodeGenLevelLess,
                                      LLVMRelocDefault, LLVMCodeModelJITDefault);
    layout = LLVMCreateTargetDataLayout(machine);
    LLVMSetTarget(module, triple);
#ifdef __x86_64__ /* halves in registers, not by library calls that the JIT would have to find */
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
        if (!LLVMIsDeclaration(f)) {
            LLVMAddTargetDependentFunctionAttr(f, "target-features", "+f16c,+avx");
        }
    }
#endif
    LLVMSetModuleDataLayout(module, layout);
    LLVMDisposeTargetData(layout);
    LLVMDisposeTargetMachine(machine);
    LLVMDisposeMessage(triple);
}

struct oracle *oracle_create(const uint8_t *bitcode, size_t size, const char *entry,
                             struct pvg_error *error)
{
    struct oracle *oracle = g_new0(struct oracle, 1);
    struct LLVMMCJITCompilerOptions options;
    char *message = NULL;
    LLVMModuleRef module;

    LLVMLinkInMCJIT();
    LLVMInitializeNativeTarget();
    LLVMInitializeNativeAsmPrinter();
    oracle->context = LLVMContextCreate();
    module = read_module(oracle->context, bitcode, size);
    if (!module || !add_wrapper(module, entry, error)) {
        if (module) {
            LLVMDisposeModule(module);
        } else {
            pvg_error_set(error, "the module cannot be read");
        }
        oracle_destroy(oracle);
        return NULL;
    }
    retarget(module);
    split_vectors(module);
    LLVMInitializeMCJITCompilerOptions(&options, sizeof(options));
    options.OptLevel = 1;
    if (LLVMCreateMCJITCompilerForModule(&oracle->engine, module, &options, sizeof(options),
                                         &message)) {
        pvg_error_set(error, "cannot compile for this machine: %s", message);
        LLVMDisposeMessage(message);
        oracle->engine = NULL;
        oracle_destroy(oracle);
        return NULL;
    }
    if (!map_builtins(oracle, module, error)) {
        oracle_destroy(oracle);
        return NULL;
    }
    oracle->thread = (void (*)(void *const *, uint32_t))(uintptr_t)LLVMGetFunctionAddress(
        oracle->engine, "oracle_thread");
    return oracle;
}

void oracle_run(struct oracle *oracle, void *const *bound, uint32_t threads, uint32_t width)
{
    group_run(oracle->thread, bound, threads, width);
}
