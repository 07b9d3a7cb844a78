/* SPDX-License-Identifier: MIT */
/* LLVM's passes: from an admitted module to one function whose values are in registers and whose
 * control flow is structured. Spec: 70-air 7, 10.3, 10.4. */
#include "shader/translator/translator.h"

#include <llvm-c/DebugInfo.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <string.h>

#define MAX_INSTRUCTIONS 200000
#define MAX_BLOCKS       20000
#define MAX_CASES        4096

/* Deliberately not instcombine and not gvn: they make odd integer widths and wide loads that the
 * emitter would have to take apart again; the Vulkan driver optimises. */
static const char inline_passes[] = "always-inline,globalopt,globaldce";
static const char value_passes[] =
    "function(sroa<modify-cfg>,early-cse,instsimplify,simplifycfg,sroa<modify-cfg>,early-cse,adce,"
    "simplifycfg,mergereturn,lower-switch)";
static const char flow_passes[] =
    "function(fix-irreducible,loop-simplify,lcssa,structurizecfg,adce,lcssa)";

static unsigned attribute_kind(const char *name)
{
    return LLVMGetEnumAttributeKindForName(name, strlen(name));
}

static void run(struct translator *t, const char *passes)
{
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMErrorRef error = LLVMRunPasses(t->module, passes, NULL, options);

    LLVMDisposePassBuilderOptions(options);
    if (error) {
        LLVMConsumeError(error);
        refuse(t, PVG_TRANSLATE_MODULE, "LLVM refused its passes");
    }
}

/* ---- Function constants ---- */

static const struct pvg_shader_constant *find_constant(struct translator *t, uint32_t index)
{
    for (uint32_t i = 0; i < t->options->constant_count; i++) {
        if (t->options->constants[i].index == index) {
            return &t->options->constants[i];
        }
    }
    return NULL;
}

/* The constant of @type whose memory is @bytes. */
static LLVMValueRef constant_from_bytes(LLVMTypeRef type, const uint8_t *bytes, size_t size)
{
    uint64_t bits = 0;
    float single;
    _Float16 half;

    switch (LLVMGetTypeKind(type)) {
    case LLVMIntegerTypeKind:
        memcpy(&bits, bytes, MIN(size, 8));
        return LLVMConstInt(type, bits, 0);
    case LLVMFloatTypeKind:
        memcpy(&single, bytes, 4);
        return LLVMConstReal(type, single);
    case LLVMHalfTypeKind:
        memcpy(&half, bytes, 2);
        return LLVMConstReal(type, (double)half);
    case LLVMVectorTypeKind: {
        LLVMTypeRef element = LLVMGetElementType(type);
        unsigned count = LLVMGetVectorSize(type);
        size_t step = LLVMGetTypeKind(element) == LLVMFloatTypeKind  ? 4
                      : LLVMGetTypeKind(element) == LLVMHalfTypeKind ? 2
                      : LLVMGetTypeKind(element) == LLVMIntegerTypeKind
                          ? LLVMGetIntTypeWidth(element) / 8
                          : 0;
        LLVMValueRef parts[16];

        if (!step || count > 16 || count * step > 16) {
            return NULL;
        }
        for (unsigned i = 0; i < count; i++) {
            parts[i] = constant_from_bytes(element, bytes + i * step, step);
        }
        return LLVMConstVector(parts, count);
    }
    default:
        return NULL;
    }
}

/* Gives the placeholder its value: the constructor then folds away. */
static void resolve_placeholder(struct translator *t, LLVMValueRef global, const char *index_text)
{
    LLVMTypeRef type = LLVMGlobalGetValueType(global);
    unsigned long index = strtoul(index_text, NULL, 10);
    const struct pvg_shader_constant *given =
        index <= 65535 ? find_constant(t, (uint32_t)index) : NULL;
    LLVMValueRef value = given ? constant_from_bytes(type, given->value, 16) : NULL;

    if (!value) {
        value = LLVMConstNull(type);
        t->reflection->unresolved_constants++;
        t->reflection->flags |= PVG_SHADER_UNRESOLVED_CONSTANTS;
    }
    for (LLVMUseRef use = LLVMGetFirstUse(global), next; use; use = next) {
        LLVMValueRef user = LLVMGetUser(use);
        LLVMValueRef callee = LLVMIsACallInst(user) ? LLVMGetCalledValue(user) : NULL;

        next = LLVMGetNextUse(use);
        if (callee && LLVMIsAFunction(callee) &&
            g_str_has_prefix(LLVMGetValueName(callee), "air.is_function_constant_defined")) {
            LLVMReplaceAllUsesWith(user, LLVMConstInt(LLVMTypeOf(user), given != NULL, 0));
        }
    }
    LLVMSetInitializer(global, value);
    LLVMSetExternallyInitialized(global, 0);
    LLVMSetGlobalConstant(global, 1);
    LLVMSetLinkage(global, LLVMInternalLinkage);
}

static void resolve_function_constants(struct translator *t)
{
    static const char mark[] = ".MTL_FC_INIT_";

    for (LLVMValueRef g = LLVMGetFirstGlobal(t->module); g; g = LLVMGetNextGlobal(g)) {
        const char *found = strstr(LLVMGetValueName(g), mark);

        if (found) {
            resolve_placeholder(t, g, found + strlen(mark));
        }
    }
}

/* ---- Inlining ---- */

static void free_call_sites(LLVMValueRef function)
{
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function); b; b = LLVMGetNextBasicBlock(b)) {
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
            if (LLVMIsACallInst(i)) {
                LLVMRemoveCallSiteEnumAttribute(i, LLVMAttributeFunctionIndex,
                                                attribute_kind("noinline"));
            }
        }
    }
}

/* The entry alone stays; only metadata refers to it, so it must keep external linkage. */
static void inline_everything(struct translator *t)
{
    LLVMAttributeRef always =
        LLVMCreateEnumAttribute(t->context, attribute_kind("alwaysinline"), 0);
    LLVMAttributeRef convergent =
        LLVMCreateEnumAttribute(t->context, attribute_kind("convergent"), 0);

    for (LLVMValueRef f = LLVMGetFirstFunction(t->module); f; f = LLVMGetNextFunction(f)) {
        static const char *const unwanted[] = {"noinline", "optnone"};

        if (LLVMIsDeclaration(f)) {
            const char *name = LLVMGetValueName(f);

            if (strstr(name, "barrier") || strstr(name, "simd") || strstr(name, "quad_") ||
                strstr(name, "sample") || strstr(name, ".dfd") || strstr(name, ".fwidth")) {
                LLVMAddAttributeAtIndex(f, LLVMAttributeFunctionIndex, convergent);
            }
            continue;
        }
        for (size_t i = 0; i < G_N_ELEMENTS(unwanted); i++) {
            LLVMRemoveEnumAttributeAtIndex(f, LLVMAttributeFunctionIndex,
                                           attribute_kind(unwanted[i]));
        }
        free_call_sites(f);
        if (f == t->entry.function) {
            LLVMSetLinkage(f, LLVMExternalLinkage);
            LLVMRemoveEnumAttributeAtIndex(f, LLVMAttributeFunctionIndex,
                                           attribute_kind("alwaysinline"));
        } else {
            LLVMSetLinkage(f, LLVMInternalLinkage);
            LLVMAddAttributeAtIndex(f, LLVMAttributeFunctionIndex, always);
        }
    }
    run(t, inline_passes);
}

/* ---- Exits ---- */

static void build_return(struct translator *t, LLVMBuilderRef builder)
{
    LLVMTypeRef result = LLVMGetReturnType(LLVMGlobalGetValueType(t->entry.function));

    if (LLVMGetTypeKind(result) == LLVMVoidTypeKind) {
        LLVMBuildRetVoid(builder);
    } else {
        LLVMBuildRet(builder, LLVMConstNull(result));
    }
}

/* Code that cannot be reached by a correct program may well be by a hostile one: it returns. */
static void return_instead_of_unreachable(struct translator *t)
{
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(t->context);

    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(t->entry.function); b;
         b = LLVMGetNextBasicBlock(b)) {
        LLVMValueRef last = LLVMGetBasicBlockTerminator(b);

        if (last && LLVMIsAUnreachableInst(last)) {
            LLVMPositionBuilderBefore(builder, last);
            build_return(t, builder);
            LLVMInstructionEraseFromParent(last);
        }
    }
    LLVMDisposeBuilder(builder);
}

/* Blocks from which a return can be reached. */
static GHashTable *leaving_blocks(LLVMValueRef function)
{
    GHashTable *leaving = g_hash_table_new(NULL, NULL);
    bool grew = true;

    while (grew) {
        grew = false;
        for (LLVMBasicBlockRef b = LLVMGetLastBasicBlock(function); b;
             b = LLVMGetPreviousBasicBlock(b)) {
            LLVMValueRef last = LLVMGetBasicBlockTerminator(b);
            unsigned count = LLVMGetNumSuccessors(last);
            bool leaves = count == 0;

            for (unsigned i = 0; i < count && !leaves; i++) {
                leaves = g_hash_table_contains(leaving, LLVMGetSuccessor(last, i));
            }
            if (leaves && g_hash_table_add(leaving, b)) {
                grew = true;
            }
        }
    }
    return leaving;
}

/* A loop that cannot be left defeats the structuriser. Its branches get a way out that is taken
 * when pvg.forever says no, which it does once the invocation's budget is spent. */
static void open_endless_loops(struct translator *t)
{
    LLVMValueRef function = t->entry.function;
    GHashTable *leaving = leaving_blocks(function);
    LLVMTypeRef bool_type = LLVMInt1TypeInContext(t->context);
    LLVMTypeRef int_type = LLVMInt32TypeInContext(t->context);
    LLVMTypeRef type = LLVMFunctionType(bool_type, NULL, 0, 0);
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(t->context);
    LLVMValueRef forever = NULL;
    LLVMBasicBlockRef exit = NULL, last_block = LLVMGetLastBasicBlock(function);

    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function); b; b = LLVMGetNextBasicBlock(b)) {
        LLVMValueRef last = LLVMGetBasicBlockTerminator(b), go_on;

        if (!g_hash_table_contains(leaving, b)) {
            if (!forever) {
                forever = LLVMAddFunction(t->module, "pvg.forever", type);
                exit = LLVMAppendBasicBlockInContext(t->context, function, "exit");
                LLVMPositionBuilderAtEnd(builder, exit);
                build_return(t, builder);
            }
            LLVMPositionBuilderBefore(builder, last);
            go_on = LLVMBuildCall2(builder, type, forever, NULL, 0, "");
            if (LLVMGetNumSuccessors(last) == 1) {
                LLVMBuildCondBr(builder, go_on, LLVMGetSuccessor(last, 0), exit);
            } else if (LLVMIsABranchInst(last) && LLVMGetNumSuccessors(last) == 2) {
                LLVMValueRef side = LLVMBuildZExt(builder, LLVMGetCondition(last), int_type, "");
                LLVMValueRef which = LLVMBuildSelect(builder, go_on, side,
                                                     LLVMConstInt(int_type, 2, 0), "");
                LLVMValueRef branch = LLVMBuildSwitch(builder, which, exit, 2);

                LLVMAddCase(branch, LLVMConstInt(int_type, 1, 0), LLVMGetSuccessor(last, 0));
                LLVMAddCase(branch, LLVMConstInt(int_type, 0, 0), LLVMGetSuccessor(last, 1));
            } else {
                LLVMDisposeBuilder(builder);
                g_hash_table_unref(leaving);
                refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a switch in a loop without an exit");
            }
            LLVMInstructionEraseFromParent(last);
        }
        if (b == last_block) {
            break;
        }
    }
    LLVMDisposeBuilder(builder);
    g_hash_table_unref(leaving);
    if (forever) {
        run(t, "function(mergereturn,lower-switch)");
    }
}

/* ---- Limits ---- */

static void check_size(struct translator *t)
{
    unsigned instructions = 0, blocks = 0;

    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(t->entry.function); b;
         b = LLVMGetNextBasicBlock(b)) {
        if (++blocks > MAX_BLOCKS) {
            refuse(t, PVG_TRANSLATE_LIMIT, "more than %d blocks after inlining", MAX_BLOCKS);
        }
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
            LLVMValueRef callee = LLVMIsACallInst(i) ? LLVMGetCalledValue(i) : NULL;

            if (++instructions > MAX_INSTRUCTIONS) {
                refuse(t, PVG_TRANSLATE_LIMIT, "more than %d instructions after inlining",
                       MAX_INSTRUCTIONS);
            }
            if (callee && LLVMIsAFunction(callee) && !LLVMIsDeclaration(callee)) {
                refuse(t, PVG_TRANSLATE_MODULE, "a call that cannot be inlined");
            }
            if (LLVMIsASwitchInst(i) && LLVMGetNumSuccessors(i) > MAX_CASES) {
                refuse(t, PVG_TRANSLATE_LIMIT, "switch of more than %d cases", MAX_CASES);
            }
        }
    }
}

void passes_run(struct translator *t)
{
    LLVMStripModuleDebugInfo(t->module);
    resolve_function_constants(t);
    inline_everything(t);
    check_size(t);
    return_instead_of_unreachable(t);
    run(t, value_passes);
    open_endless_loops(t);
    run(t, flow_passes);
    check_size(t);
}
