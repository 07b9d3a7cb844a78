/* SPDX-License-Identifier: MIT */
/* Bitcode to a module that may be looked at: read, verified, and free of all that AIR never has.
 * Spec: 70-air 3, 4.1, 9, 14. */
#include "shader/translator/translator.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/BitReader.h>
#include <string.h>

#define MAX_INSTRUCTIONS 200000
#define MAX_FUNCTIONS    4096

static const char air_layout[] =
    "e-p:64:64:64-i1:8:8-i8:8:8-i16:16:16-i32:32:32-i64:64:64-f32:32:32-f64:64:64-v16:16:16-"
    "v24:32:32-v32:32:32-v48:64:64-v64:64:64-v96:128:128-v128:128:128-v192:256:256-v256:256:256-"
    "v512:512:512-v1024:1024:1024-n8:16:32";

void module_release(struct translator *t)
{
    g_clear_pointer(&t->module, LLVMDisposeModule);
    g_clear_pointer(&t->buffer, LLVMDisposeMemoryBuffer);
    g_clear_pointer(&t->context, LLVMContextDispose);
}

/* LLVM's default handler ends the process at the first error. */
static void ignore_diagnostic(LLVMDiagnosticInfoRef info, void *data)
{
    (void)info;
    (void)data;
}

void module_read(struct translator *t, const void *air, size_t size)
{
    t->context = LLVMContextCreate();
    LLVMContextSetDiagnosticHandler(t->context, ignore_diagnostic, NULL);
    if (size < 4 || size > PVG_SHADER_MAX_AIR) {
        refuse(t, PVG_TRANSLATE_BITCODE, "%zu bytes cannot be a module", size);
    }
    t->buffer = LLVMCreateMemoryBufferWithMemoryRange(air, size, "air", 0);
    if (LLVMParseBitcodeInContext2(t->context, t->buffer, &t->module)) {
        t->module = NULL;
        refuse(t, PVG_TRANSLATE_BITCODE, "not readable LLVM bitcode");
    }
    if (LLVMVerifyModule(t->module, LLVMReturnStatusAction, NULL)) {
        refuse(t, PVG_TRANSLATE_BITCODE, "the module does not verify");
    }
    t->layout = LLVMGetModuleDataLayout(t->module);
}

/* The oldest compilers state the layout of a type AIR does not have, once or twice. */
static bool layout_is_air(const char *layout)
{
    static const char extra[] = "-f80:128:128";
    g_autofree char *plain = g_strdup(layout);

    for (char *found; (found = strstr(plain, extra));) {
        memmove(found, found + strlen(extra), strlen(found + strlen(extra)) + 1);
    }
    return strcmp(plain, air_layout) == 0;
}

static bool opcode_is_air(LLVMOpcode opcode)
{
    switch ((int)opcode) {
    case LLVMIndirectBr:
    case LLVMInvoke:
    case LLVMCallBr:
    case LLVMResume:
    case LLVMLandingPad:
    case LLVMCleanupRet:
    case LLVMCatchRet:
    case LLVMCatchPad:
    case LLVMCleanupPad:
    case LLVMCatchSwitch:
    case LLVMVAArg:
        return false;
    default:
        return true;
    }
}

/* Depth-first over calls: 1 on the path, 2 done. */
static void refuse_recursion(struct translator *t, GHashTable *state, LLVMValueRef function,
                             unsigned depth)
{
    int seen = GPOINTER_TO_INT(g_hash_table_lookup(state, function));

    if (seen == 2) {
        return;
    }
    if (seen == 1 || depth > 256) {
        g_hash_table_unref(state);
        refuse(t, PVG_TRANSLATE_MODULE, "recursive function");
    }
    g_hash_table_insert(state, function, GINT_TO_POINTER(1));
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function); b; b = LLVMGetNextBasicBlock(b)) {
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
            LLVMValueRef callee = LLVMIsACallInst(i) ? LLVMGetCalledValue(i) : NULL;

            if (callee && LLVMIsAFunction(callee) && !LLVMIsDeclaration(callee)) {
                refuse_recursion(t, state, callee, depth + 1);
            }
        }
    }
    g_hash_table_insert(state, function, GINT_TO_POINTER(2));
}

static unsigned check_function(struct translator *t, LLVMValueRef function)
{
    unsigned instructions = 0;

    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function); b; b = LLVMGetNextBasicBlock(b)) {
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
            LLVMOpcode opcode = LLVMGetInstructionOpcode(i);

            instructions++;
            if (!opcode_is_air(opcode)) {
                refuse(t, PVG_TRANSLATE_UNSUPPORTED, "instruction of opcode %d", (int)opcode);
            }
            if (opcode == LLVMCall && LLVMIsAInlineAsm(LLVMGetCalledValue(i))) {
                refuse(t, PVG_TRANSLATE_UNSUPPORTED, "inline assembly");
            }
            if (opcode == LLVMCall && !LLVMIsAFunction(LLVMGetCalledValue(i))) {
                refuse(t, PVG_TRANSLATE_UNSUPPORTED, "indirect call");
            }
        }
    }
    return instructions;
}

void module_admit(struct translator *t)
{
    unsigned functions = 0, instructions = 0;
    GHashTable *state;

    if (strncmp(LLVMGetTarget(t->module), "air64", 5) != 0) {
        refuse(t, PVG_TRANSLATE_MODULE, "target is not air64");
    }
    if (!layout_is_air(LLVMGetDataLayoutStr(t->module))) {
        refuse(t, PVG_TRANSLATE_MODULE, "data layout is not AIR's");
    }
    if (LLVMGetFirstGlobalAlias(t->module) || LLVMGetFirstGlobalIFunc(t->module)) {
        refuse(t, PVG_TRANSLATE_MODULE, "aliases");
    }
    for (LLVMValueRef f = LLVMGetFirstFunction(t->module); f; f = LLVMGetNextFunction(f)) {
        const char *name = LLVMGetValueName(f);

        if (++functions > MAX_FUNCTIONS) {
            refuse(t, PVG_TRANSLATE_LIMIT, "more than %d functions", MAX_FUNCTIONS);
        }
        if (LLVMIsDeclaration(f)) {
            continue;
        }
        if (g_str_has_prefix(name, "air.") || g_str_has_prefix(name, "llvm.")) {
            refuse(t, PVG_TRANSLATE_MODULE, "intrinsic with a body");
        }
        instructions += check_function(t, f);
        if (instructions > MAX_INSTRUCTIONS) {
            refuse(t, PVG_TRANSLATE_LIMIT, "more than %d instructions", MAX_INSTRUCTIONS);
        }
    }
    state = g_hash_table_new(NULL, NULL);
    for (LLVMValueRef f = LLVMGetFirstFunction(t->module); f; f = LLVMGetNextFunction(f)) {
        if (!LLVMIsDeclaration(f)) {
            refuse_recursion(t, state, f, 0);
        }
    }
    g_hash_table_unref(state);
}
