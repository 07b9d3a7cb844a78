/* SPDX-License-Identifier: MIT */
/* The audit, and the decoder of translations, on what a compiler that was taken over might send. */
#include "shader/audit.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const struct pvg_shader_options options = {.features = PVG_SHADER_FEATURE(CPU)};
    struct pvg_translation translation, words = {.reflection.stage = PVG_STAGE_KERNEL};

    if (pvg_translation_decode(bytes, size, &translation)) {
        if (translation.status == PVG_TRANSLATE_DONE) {
            (void)!pvg_shader_audit(&translation, &options, NULL);
        }
        pvg_translation_finish(&translation);
    }
    words.words = (uint32_t *)(uintptr_t)bytes; /* libFuzzer's are aligned; nothing is written */
    words.word_count = size / 4;
    (void)!pvg_shader_audit(&words, &options, NULL);
    return 0;
}
