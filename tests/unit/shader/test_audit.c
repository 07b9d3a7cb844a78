/* SPDX-License-Identifier: MIT */
/* A module that does what the emitter does, and one change to it for each rule of the audit. The
 * changed ones are all valid SPIR-V, unless said otherwise: the validator would let them pass. */
#include "shader/audit.h"

#include <string.h>

#include <glib.h>
#include "shader/spirv_tools.h"

#include "shader/validate.h"
#include "test.h"

static const char module_text[] =
    "OpCapability Shader\n"
    "OpCapability VulkanMemoryModel\n"
    "%glsl = OpExtInstImport \"GLSL.std.450\"\n"
    "OpMemoryModel Logical Vulkan\n"
    "OpEntryPoint GLCompute %main \"main\" %buf %push %shared %fixed %private %gid\n"
    "OpExecutionMode %main LocalSize 1 1 1\n"
    "OpDecorate %gid BuiltIn GlobalInvocationId\n"
    "OpDecorate %words ArrayStride 4\n"
    "OpMemberDecorate %block 0 Offset 0\n"
    "OpDecorate %block Block\n"
    "OpDecorate %buf DescriptorSet 0\n"
    "OpDecorate %buf Binding 3\n"
    "OpMemberDecorate %pushes 0 Offset 0\n"
    "OpMemberDecorate %pushes 1 Offset 124\n"
    "OpDecorate %pushes Block\n"
    "OpDecorate %length SpecId 16\n"
    "%void = OpTypeVoid\n"
    "%fn = OpTypeFunction %void\n"
    "%u32 = OpTypeInt 32 0\n"
    "%f32 = OpTypeFloat 32\n"
    "%bool = OpTypeBool\n"
    "%v3 = OpTypeVector %u32 3\n"
    "%c0 = OpConstant %u32 0\n"
    "%c1 = OpConstant %u32 1\n"
    "%c7 = OpConstant %u32 7\n"
    "%c8 = OpConstant %u32 8\n"
    "%length = OpSpecConstant %u32 4\n"
    "%last = OpSpecConstantOp %u32 ISub %length %c1\n"
    "%words = OpTypeRuntimeArray %u32\n"
    "%block = OpTypeStruct %words\n"
    "%p_block = OpTypePointer StorageBuffer %block\n"
    "%p_word = OpTypePointer StorageBuffer %u32\n"
    "%pushes = OpTypeStruct %u32 %u32\n"
    "%p_pushes = OpTypePointer PushConstant %pushes\n"
    "%p_push = OpTypePointer PushConstant %u32\n"
    "%a_spec = OpTypeArray %u32 %length\n"
    "%p_spec = OpTypePointer Workgroup %a_spec\n"
    "%p_shared = OpTypePointer Workgroup %u32\n"
    "%a_fixed = OpTypeArray %u32 %c8\n"
    "%p_fixed = OpTypePointer Workgroup %a_fixed\n"
    "%p_aprivate = OpTypePointer Private %a_fixed\n"
    "%p_private = OpTypePointer Private %u32\n"
    "%p_v3 = OpTypePointer Input %v3\n"
    "%p_in = OpTypePointer Input %u32\n"
    "%buf = OpVariable %p_block StorageBuffer\n"
    "%push = OpVariable %p_pushes PushConstant\n"
    "%shared = OpVariable %p_spec Workgroup\n"
    "%fixed = OpVariable %p_fixed Workgroup\n"
    "%private = OpVariable %p_aprivate Private\n"
    "%gid = OpVariable %p_v3 Input\n"
    "%main = OpFunction %void None %fn\n"
    "%entry = OpLabel\n"
    "%px = OpAccessChain %p_in %gid %c0\n"
    "%x = OpLoad %u32 %px\n"
    "%pp = OpAccessChain %p_push %push %c1\n"
    "%pushed = OpLoad %u32 %pp\n"
    "%pw = OpAccessChain %p_word %buf %c0 %x\n"
    "%w = OpLoad %u32 %pw\n"
    "%clamped = OpExtInst %u32 %glsl UMin %w %c7\n"
    "%pf = OpAccessChain %p_shared %fixed %clamped\n"
    "OpStore %pf %w\n"
    "%pq = OpAccessChain %p_private %private %clamped\n"
    "OpStore %pq %w\n"
    "%spec = OpExtInst %u32 %glsl UMin %last %w\n"
    "%ps = OpAccessChain %p_shared %shared %spec\n"
    "OpStore %ps %w\n"
    "OpReturn\n"
    "OpFunctionEnd\n";

/* The module with @find, which it has, replaced. */
static char *changed(const char *find, const char *replace)
{
    const char *at = strstr(module_text, find);

    assert_non_null(at);
    return g_strdup_printf("%.*s%s%s", (int)(at - module_text), module_text, replace,
                           at + strlen(find));
}

static void assemble(const char *text, struct pvg_translation *out)
{
    spv_context context = spvContextCreate(SPV_ENV_VULKAN_1_3);
    spv_binary binary = NULL;
    spv_diagnostic diagnostic = NULL;

    *out = (struct pvg_translation){.status = PVG_TRANSLATE_DONE};
    if (spvTextToBinary(context, text, strlen(text), &binary, &diagnostic) != SPV_SUCCESS) {
        fail_msg("line %zu: %s", diagnostic->position.line, diagnostic->error);
    }
    out->words = g_memdup2(binary->code, 4 * binary->wordCount);
    out->word_count = binary->wordCount;
    out->reflection.stage = PVG_STAGE_KERNEL;
    out->reflection.buffer_count = 1;
    out->reflection.buffers[0] =
        (struct pvg_shader_buffer){.index = 3, .access = 1, .alignment = 4};
    spvBinaryDestroy(binary);
    spvContextDestroy(context);
}

static bool audit_text(const char *text, bool valid, struct pvg_error *error)
{
    struct pvg_shader_options options = {0};
    struct pvg_translation translation;
    struct pvg_error invalid = {0};
    bool sound;

    assemble(text, &translation);
    if (valid && !pvg_shader_validate(translation.words, translation.word_count, &invalid)) {
        fail_msg("%s", invalid.message);
    }
    sound = pvg_shader_audit(&translation, &options, error);
    pvg_translation_finish(&translation);
    return sound;
}

static void what_the_emitter_writes_passes(void **state)
{
    struct pvg_error error = {0};

    if (!audit_text(module_text, true, &error)) {
        fail_msg("%s", error.message);
    }
}

static void each_rule_is_violated_once_and_noticed(void **state)
{
    static const struct {
        const char *find, *replace, *message;
    } cases[] = {
        {"OpCapability Shader\n", "OpCapability Shader\nOpCapability Int64\n", "capability 11"},
        {"OpCapability Shader\n", "OpCapability Shader\nOpCapability VariablePointers\n",
         "capability"},
        {"OpCapability Shader\n",
         "OpCapability Shader\nOpCapability PhysicalStorageBufferAddresses\n", "capability"},
        {"%glsl = ", "OpExtension \"SPV_KHR_variable_pointers\"\n%glsl = ", "extension"},
        {"\"main\"", "\"other\"", "name"},
        {"Binding 3", "Binding 4", "does not belong there"},
        {"Binding 3", "Binding 40", "does not belong there"},
        {"DescriptorSet 0", "DescriptorSet 1", "does not belong there"},
        {"%c7 = OpConstant %u32 7", "%c7 = OpConstant %u32 8", "outside its array"},
        {"UMin %w %c7", "UMax %w %c7", "outside its array"},
        {"%fixed %clamped", "%fixed %w", "outside its array"},
        {"%private %clamped", "%private %w", "outside its array"},
        {"UMin %last %w", "UMin %length %w", "outside its array"},
        {"UMin %last %w", "UMin %c7 %w", "outside its array"},
        {"ISub %length %c1", "ISub %length %c0", "outside its array"},
        {"%p_shared %shared %spec", "%p_shared %shared %c1", "outside its array"},
        {"%pw = OpAccessChain", "%pw = OpInBoundsAccessChain", "not on the list"},
        {"%pf = OpAccessChain %p_shared %fixed %clamped",
         "%pg = OpAccessChain %p_shared %fixed %clamped\n%pf = OpCopyObject %p_shared %pg",
         "makes a pointer"},
        {"%c8 = OpConstant %u32 8", "%c8 = OpConstant %u32 9000", "threadgroup memory"},
        {"1 Offset 124", "1 Offset 128", "push constants"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = changed(cases[i].find, cases[i].replace);
        struct pvg_error error = {0};
        bool valid = !strstr(cases[i].replace, "PhysicalStorage");

        if (audit_text(text, valid, &error)) {
            fail_msg("not noticed: %s", cases[i].replace);
        }
        if (!strstr(error.message, cases[i].message)) {
            fail_msg("%s: %s", cases[i].replace, error.message);
        }
    }
}

static void a_pointer_parameter_is_rejected(void **state)
{
    g_autofree char *text =
        changed("%main = OpFunction %void None %fn\n", "%fp = OpTypeFunction %void %p_private\n"
                                                       "%main = OpFunction %void None %fn\n");
    g_autofree char *whole =
        g_strconcat(text,
                    "%helper = OpFunction %void None %fp\n%arg = OpFunctionParameter %p_private\n"
                    "%body = OpLabel\nOpReturn\nOpFunctionEnd\n",
                    NULL);
    struct pvg_error error = {0};

    assert_false(audit_text(whole, true, &error));
    assert_non_null(strstr(error.message, "makes a pointer"));
}

static void a_wide_struct_in_a_storage_buffer_is_rejected(void **state)
{
    g_autofree char *text = changed("%words = OpTypeRuntimeArray %u32\n"
                                    "%block = OpTypeStruct %words\n",
                                    "%words = OpTypeRuntimeArray %u32\n"
                                    "%block = OpTypeStruct %u32 %words\n");
    g_autofree char *moved = NULL;
    struct pvg_error error = {0};
    GString *edit = g_string_new(text);

    g_string_replace(edit, "%block 0 Offset 0",
                     "%block 0 Offset 0\nOpMemberDecorate %block 1 Offset 4", 1);
    g_string_replace(edit, "%buf %c0 %x", "%buf %c1 %x", 1);
    moved = g_string_free(edit, FALSE);
    assert_false(audit_text(moved, true, &error));
    assert_non_null(strstr(error.message, "does not belong there"));
}

static void a_module_of_another_stage_is_rejected(void **state)
{
    struct pvg_shader_options options = {.stage = PVG_STAGE_VERTEX};
    struct pvg_translation translation;

    assemble(module_text, &translation);
    assert_false(pvg_shader_audit(&translation, &options, NULL));
    options.stage = PVG_STAGE_KERNEL;
    assert_true(pvg_shader_audit(&translation, &options, NULL));
    translation.reflection.stage = PVG_STAGE_FRAGMENT;
    assert_false(pvg_shader_audit(&translation, &options, NULL));
    pvg_translation_finish(&translation);
}

/* A buffer and a texture chosen by a number, as the emitter writes it. */
static const char heap_text[] =
    "OpCapability Shader\n"
    "OpCapability VulkanMemoryModel\n"
    "OpCapability ShaderNonUniform\n"
    "OpCapability StorageBufferArrayNonUniformIndexing\n"
    "OpCapability SampledImageArrayNonUniformIndexing\n"
    "%glsl = OpExtInstImport \"GLSL.std.450\"\n"
    "OpMemoryModel Logical Vulkan\n"
    "OpEntryPoint GLCompute %main \"main\" %bufs %images %gid\n"
    "OpExecutionMode %main LocalSize 1 1 1\n"
    "OpDecorate %gid BuiltIn GlobalInvocationId\n"
    "OpDecorate %words ArrayStride 4\n"
    "OpMemberDecorate %block 0 Offset 0\n"
    "OpDecorate %block Block\n"
    "OpDecorate %bufs DescriptorSet 3\n"
    "OpDecorate %bufs Binding 0\n"
    "OpDecorate %images DescriptorSet 3\n"
    "OpDecorate %images Binding 25\n"
    "OpDecorate %pw NonUniform\n"
    "OpDecorate %pi NonUniform\n"
    "OpDecorate %i NonUniform\n"
    "%void = OpTypeVoid\n"
    "%fn = OpTypeFunction %void\n"
    "%u32 = OpTypeInt 32 0\n"
    "%f32 = OpTypeFloat 32\n"
    "%v2 = OpTypeVector %u32 2\n"
    "%v3 = OpTypeVector %u32 3\n"
    "%v4 = OpTypeVector %f32 4\n"
    "%c0 = OpConstant %u32 0\n"
    "%last = OpConstant %u32 4095\n"
    "%slots = OpConstant %u32 4096\n"
    "%words = OpTypeRuntimeArray %u32\n"
    "%block = OpTypeStruct %words\n"
    "%blocks = OpTypeArray %block %slots\n"
    "%p_blocks = OpTypePointer StorageBuffer %blocks\n"
    "%p_word = OpTypePointer StorageBuffer %u32\n"
    "%image = OpTypeImage %f32 2D 0 0 0 1 Unknown\n"
    "%all = OpTypeArray %image %slots\n"
    "%p_all = OpTypePointer UniformConstant %all\n"
    "%p_image = OpTypePointer UniformConstant %image\n"
    "%p_v3 = OpTypePointer Input %v3\n"
    "%p_in = OpTypePointer Input %u32\n"
    "%bufs = OpVariable %p_blocks StorageBuffer\n"
    "%images = OpVariable %p_all UniformConstant\n"
    "%gid = OpVariable %p_v3 Input\n"
    "%main = OpFunction %void None %fn\n"
    "%entry = OpLabel\n"
    "%px = OpAccessChain %p_in %gid %c0\n"
    "%x = OpLoad %u32 %px\n"
    "%slot = OpExtInst %u32 %glsl UMin %x %last\n"
    "%pw = OpAccessChain %p_word %bufs %slot %c0 %x\n"
    "%w = OpLoad %u32 %pw\n"
    "%pi = OpAccessChain %p_image %images %slot\n"
    "%i = OpLoad %image %pi\n"
    "%at = OpCompositeConstruct %v2 %c0 %c0\n"
    "%texel = OpImageFetch %v4 %i %at Lod %c0\n"
    "OpReturn\n"
    "OpFunctionEnd\n";

static bool audit_heap(const char *find, const char *replace, uint32_t slots, uint64_t features,
                       struct pvg_error *error)
{
    struct pvg_shader_options options = {.features = features, .heap_slots = slots};
    struct pvg_translation translation;
    GString *text = g_string_new(heap_text);
    bool sound;

    assert_true(!find || g_string_replace(text, find, replace, 1) == 1);
    assemble(text->str, &translation);
    translation.reflection.buffer_count = 0;
    translation.reflection.heap_count = 2;
    translation.reflection.heaps[0].binding = PVG_HEAP_BUFFERS;
    translation.reflection.heaps[1].binding =
        PVG_HEAP_SAMPLED + 4 * PVG_KIND_2D + PVG_CLASS_FLOAT;
    assert_true(pvg_shader_validate(translation.words, translation.word_count, error));
    sound = pvg_shader_audit(&translation, &options, error);
    pvg_translation_finish(&translation);
    g_string_free(text, TRUE);
    return sound;
}

static void a_heap_is_chosen_from_by_a_clamped_index_and_of_the_kind_at_its_binding(void **state)
{
    static const struct {
        const char *find, *replace, *message;
    } cases[] = {
        {"%bufs %slot", "%bufs %x", "outside its array"},
        {"%images %slot", "%images %x", "outside its array"},
        {"4095", "4096", "outside its array"},
        {"%slots = OpConstant %u32 4096", "%slots = OpConstant %u32 4097", "not one of the model"},
        {"Binding 25", "Binding 26", "not one of the model"},
        {"Binding 25", "Binding 0", "not one of the model"},
        {"Binding 0", "Binding 1", "not one of the model"},
    };
    const uint64_t heaps = PVG_SHADER_FEATURE(DESCRIPTOR_INDEXING);
    struct pvg_error error = {0};

    if (!audit_heap(NULL, NULL, 0, heaps, &error)) {
        fail_msg("%s", error.message);
    }
    assert_false(audit_heap(NULL, NULL, 0, 0, &error));
    assert_false(audit_heap(NULL, NULL, 64, heaps, &error));
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        if (audit_heap(cases[i].find, cases[i].replace, 0, heaps, &error)) {
            fail_msg("not noticed: %s", cases[i].replace);
        }
        if (!strstr(error.message, cases[i].message)) {
            fail_msg("%s: %s", cases[i].replace, error.message);
        }
    }
}

/* As the emitter writes a loop for a device of type CPU. */
static const char loop_text[] = "OpCapability Shader\n"
                                "OpMemoryModel Logical GLSL450\n"
                                "OpEntryPoint GLCompute %main \"main\" %budget %other\n"
                                "OpExecutionMode %main LocalSize 1 1 1\n"
                                "%void = OpTypeVoid\n"
                                "%fn = OpTypeFunction %void\n"
                                "%u32 = OpTypeInt 32 0\n"
                                "%bool = OpTypeBool\n"
                                "%c0 = OpConstant %u32 0\n"
                                "%c1 = OpConstant %u32 1\n"
                                "%limit = OpConstant %u32 1000\n"
                                "%p = OpTypePointer Private %u32\n"
                                "%budget = OpVariable %p Private %c0\n"
                                "%other = OpVariable %p Private %c0\n"
                                "%main = OpFunction %void None %fn\n"
                                "%entry = OpLabel\n"
                                "OpBranch %header\n"
                                "%header = OpLabel\n"
                                "OpLoopMerge %merge %next None\n"
                                "OpBranch %body\n"
                                "%body = OpLabel\n"
                                "OpBranch %next\n"
                                "%next = OpLabel\n"
                                "%seen = OpLoad %u32 %budget\n"
                                "%spent = OpIAdd %u32 %seen %c1\n"
                                "OpStore %budget %spent\n"
                                "%more = OpULessThan %bool %spent %limit\n"
                                "OpBranchConditional %more %header %merge\n"
                                "%merge = OpLabel\n"
                                "OpReturn\n"
                                "OpFunctionEnd\n";

static bool audit_loop(const char *find, const char *replace, uint64_t features)
{
    struct pvg_shader_options options = {.features = features};
    struct pvg_translation translation;
    struct pvg_error error = {0};
    GString *text = g_string_new(loop_text);
    bool sound;

    assert_true(!find || g_string_replace(text, find, replace, 1) == 1);
    assemble(text->str, &translation);
    translation.reflection.buffer_count = 0;
    assert_true(pvg_shader_validate(translation.words, translation.word_count, &error));
    sound = pvg_shader_audit(&translation, &options, &error);
    assert_true(sound || strstr(error.message, "no bound"));
    pvg_translation_finish(&translation);
    g_string_free(text, TRUE);
    return sound;
}

static void a_loop_without_the_budget_is_rejected_on_a_cpu_and_only_there(void **state)
{
    static const char *const changes[][2] = {
        {"%spent = OpIAdd %u32 %seen %c1", "%spent = OpIAdd %u32 %seen %c0"},
        {"OpStore %budget %spent", "OpStore %other %spent"},
        {"%body = OpLabel", "%body = OpLabel\nOpStore %budget %c0"},
        {"%limit = OpConstant %u32 1000", "%limit = OpConstant %u32 4000000000"},
        {"OpULessThan %bool %spent %limit", "OpULessThan %bool %limit %spent"},
        {"OpULessThan %bool %spent %limit", "OpULessThan %bool %seen %limit"},
        {"OpBranchConditional %more %header %merge", "OpBranchConditional %more %merge %header"},
        {"OpBranchConditional %more %header %merge", "OpBranch %header"},
    };

    assert_true(audit_loop(NULL, NULL, PVG_SHADER_FEATURE(CPU)));
    assert_true(audit_loop(NULL, NULL, 0));
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        assert_false(audit_loop(changes[i][0], changes[i][1], PVG_SHADER_FEATURE(CPU)));
        assert_true(audit_loop(changes[i][0], changes[i][1], 0));
    }
}

/* Whatever words come, the audit reads none that are not there (the sanitizers watch). */
static void changed_and_cut_words_are_survived(void **state)
{
    static const uint32_t values[] = {0, 1, 2, 0x7fffffff, UINT32_MAX, 0x0001ffff, 0x00030000};
    struct pvg_shader_options options = {0};
    struct pvg_translation translation;
    uint32_t count;

    assemble(module_text, &translation);
    for (uint32_t i = 0; i < translation.word_count; i++) {
        uint32_t was = translation.words[i];

        for (size_t j = 0; j < G_N_ELEMENTS(values); j++) {
            translation.words[i] = values[j];
            (void)!pvg_shader_audit(&translation, &options, NULL);
            translation.words[i] = was ^ values[j];
            (void)!pvg_shader_audit(&translation, &options, NULL);
        }
        translation.words[i] = was;
    }
    count = translation.word_count;
    for (uint32_t cut = 0; cut < count; cut++) {
        g_autofree uint32_t *copy = g_memdup2(translation.words, 4 * (size_t)cut);
        struct pvg_translation part = translation;

        part.words = copy;
        part.word_count = cut;
        (void)!pvg_shader_audit(&part, &options, NULL);
    }
    pvg_translation_finish(&translation);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_emitter_writes_passes),
        cmocka_unit_test(each_rule_is_violated_once_and_noticed),
        cmocka_unit_test(a_pointer_parameter_is_rejected),
        cmocka_unit_test(a_wide_struct_in_a_storage_buffer_is_rejected),
        cmocka_unit_test(a_module_of_another_stage_is_rejected),
        cmocka_unit_test(a_heap_is_chosen_from_by_a_clamped_index_and_of_the_kind_at_its_binding),
        cmocka_unit_test(a_loop_without_the_budget_is_rejected_on_a_cpu_and_only_there),
        cmocka_unit_test(changed_and_cut_words_are_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
