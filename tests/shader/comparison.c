/* SPDX-License-Identifier: MIT */
#include "comparison.h"

#include <string.h>

#include <llvm-c/BitWriter.h>
#include <llvm-c/Core.h>
#include <llvm-c/IRReader.h>

#include "oracle.h"
#include "shader/audit.h"

GBytes *comparison_assemble(const char *text, struct pvg_error *error)
{
    LLVMContextRef context = LLVMContextCreate();
    LLVMMemoryBufferRef source =
                            LLVMCreateMemoryBufferWithMemoryRangeCopy(text, strlen(text), "kernel"),
                        bitcode;
    GBytes *out = NULL;
    LLVMModuleRef module;
    char *message;

    if (LLVMParseIRInContext(context, source, &module, &message)) {
        pvg_error_set(error, "not IR: %s", message);
        LLVMDisposeMessage(message);
    } else {
        bitcode = LLVMWriteBitcodeToMemoryBuffer(module);
        out = g_bytes_new(LLVMGetBufferStart(bitcode), LLVMGetBufferSize(bitcode));
        LLVMDisposeMemoryBuffer(bitcode);
        LLVMDisposeModule(module);
    }
    LLVMContextDispose(context);
    return out;
}

bool comparison_on_device(struct runner *device, GBytes *bitcode, const char *entry,
                          struct runner_dispatch *dispatch, struct pvg_error *error)
{
    const struct pvg_shader_options options = {.features = runner_features(device),
                                               .heap_slots = RUNNER_SLOTS};
    struct pvg_translate_request request = {.entry = entry, .options = &options};
    struct pvg_translation translation;
    bool done = false;

    request.air = g_bytes_get_data(bitcode, &request.air_size);
    pvg_translate(&request, &translation);
    dispatch->kernel = &translation;
    if (translation.status != PVG_TRANSLATE_DONE) {
        pvg_error_set(error, "%s: %s", pvg_translate_status_words(translation.status),
                      translation.reason);
    } else if (pvg_shader_audit(&translation, &options, error)) {
        done = runner_dispatch(device, dispatch, error);
    }
    pvg_translation_finish(&translation);
    return done;
}

bool comparison_on_oracle(GBytes *bitcode, const char *entry, struct runner_dispatch *dispatch,
                          uint32_t width, struct pvg_error *error)
{
    gsize size;
    const uint8_t *bytes = g_bytes_get_data(bitcode, &size);
    struct oracle *oracle = oracle_create(bytes, size, entry, error);
    void *bound[ORACLE_BOUND] = {0};

    if (!oracle) {
        return false;
    }
    for (uint32_t i = 0; i < PVG_SHADER_BUFFERS; i++) {
        bound[i] = dispatch->buffers[i].bytes;
    }
    for (uint32_t i = 0; i < RUNNER_TEXTURES; i++) {
        bound[ORACLE_TEXTURES + i] = &dispatch->textures[i];
    }
    oracle_run(oracle, bound, dispatch->local[0], width);
    oracle_destroy(oracle);
    return true;
}
