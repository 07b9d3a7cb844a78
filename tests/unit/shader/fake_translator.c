/* SPDX-License-Identifier: MIT */
#include "fake_translator.h"

#include <string.h>

#include <glib.h>

#include "shader/spirv_tools.h"

static GMutex held;
static int count;

unsigned fake_take_count(void)
{
    int taken = g_atomic_int_get(&count);

    g_atomic_int_add(&count, -taken);
    return taken;
}

void fake_hold(void)
{
    g_mutex_lock(&held);
}

void fake_release(void)
{
    g_mutex_unlock(&held);
}

struct pvg_shader_source *fake_source(enum fake_order order, uint32_t salt)
{
    const uint32_t bitcode[] = {0xdec04342, order, salt};
    const struct pvg_metallib_function function = {
        .name = "f",
        .type = PVG_METALLIB_KERNEL,
        .bitcode = (const uint8_t *)bitcode,
        .bitcode_size = sizeof(bitcode),
    };

    return pvg_shader_source_new(&function, NULL);
}

static void assemble(const char *text, struct pvg_translation *out)
{
    spv_context context = spvContextCreate(SPV_ENV_VULKAN_1_3);
    spv_binary binary = NULL;

    spvTextToBinary(context, text, strlen(text), &binary, NULL);
    out->words = g_memdup2(binary->code, 4 * binary->wordCount);
    out->word_count = binary->wordCount;
    spvBinaryDestroy(binary);
    spvContextDestroy(context);
}

static const char module_text[] = "OpCapability Shader\n"
                                  "OpMemoryModel Logical GLSL450\n"
                                  "OpEntryPoint GLCompute %main \"main\"\n"
                                  "OpExecutionMode %main LocalSize 1 1 1\n"
                                  "%void = OpTypeVoid\n"
                                  "%fn = OpTypeFunction %void\n"
                                  "%main = OpFunction %void None %fn\n"
                                  "%entry = OpLabel\n"
                                  "OpReturn\n"
                                  "OpFunctionEnd\n";

void fake_translation(struct pvg_translation *out)
{
    *out = (struct pvg_translation){.status = PVG_TRANSLATE_DONE};
    assemble(module_text, out);
    out->reflection.stage = PVG_STAGE_KERNEL;
    g_strlcpy(out->reflection.entry, "f", sizeof(out->reflection.entry));
}

static void fake_translate(struct pvg_translator *translator,
                           const struct pvg_translate_request *request, struct pvg_translation *out)
{
    uint32_t order;

    memcpy(&order, (const uint8_t *)request->air + 4, sizeof(order));
    g_mutex_lock(&held);
    g_mutex_unlock(&held);
    g_atomic_int_inc(&count);
    switch ((enum fake_order)order) {
    case FAKE_SOUND:
        fake_translation(out);
        break;
    case FAKE_UNSOUND:
        fake_translation(out);
        out->words[6] = 5345; /* the capability: VulkanMemoryModel in place of Shader is invalid */
        break;
    case FAKE_REFUSED:
        *out = (struct pvg_translation){.status = PVG_TRANSLATE_UNSUPPORTED};
        g_strlcpy(out->reason, "because", sizeof(out->reason));
        break;
    }
}

static struct pvg_translator *fake_create(const struct pvg_compiler_settings *settings,
                                          struct pvg_error *error)
{
    struct pvg_translator *translator = g_new0(struct pvg_translator, 1);

    translator->impl = &fake_translator;
    return translator;
}

static void fake_destroy(struct pvg_translator *translator)
{
    g_free(translator);
}

const struct pvg_translator_impl fake_translator = {
    .name = "fake",
    .create = fake_create,
    .destroy = fake_destroy,
    .translate = fake_translate,
};
