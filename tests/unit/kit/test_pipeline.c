/* SPDX-License-Identifier: MIT */
/* Against the vectors of 30-resources 21.3. */
#include "kit/pipeline.h"

#include "wire/formats.h"

#include "../wire/hex.h"
#include "paper.h"
#include "test.h"

static struct paper *with_task(struct kit_task *task)
{
    struct paper *paper = paper_create(KIT_X86);

    kit_task_create(&paper->kit, task, 3);
    kit_channel_define(&paper->kit, kit_memory_channel(&paper->kit), 4);
    return paper;
}

static void a_blending_pipeline_is_the_specifications(void **state)
{
    struct hex expected = hex("0e000000 48000000 40000000 35000000"
                              "03080414 00000001 04410000 00020442"
                              "00000000 01000000 08000000 04010450"
                              "00000002 04010000 00040405 00000007"
                              "04050000 00000000");
    struct kit_color color = {.format = PVG_WIRE_PIXEL_FORMAT_BGRA8UNORM, .blending = true};
    struct kit_render_pipeline pipeline = {
        .vertex_function = 0x41, .fragment_function = 0x42, .colors = &color, .color_count = 1};
    struct kit_task task;
    struct paper *paper = with_task(&task);

    task.last_object = 0x3f;
    assert_int_equal(kit_render_pipeline_create(&paper->kit, &task, &pipeline), 0x40);
    assert_int_equal(paper->kit.blob.size, expected.size);
    assert_memory_equal(paper->kit.blob_bytes, expected.bytes, expected.size);
    paper_destroy(paper);
}

static void a_pipeline_with_vertices_is_the_specifications(void **state)
{
    struct hex expected = hex("0e000000 7c000000 43000000 6b000000"
                              "0403041c 00000008 045c0000 00010441"
                              "00000002 04420000 00000000 02000410"
                              "00000001 04280000 00000000 01000000"
                              "08000000 02000400 00000001 041f0000"
                              "00000000 01000000 08000000 02000400"
                              "00000003 04100000 00000000 01000000"
                              "08000000 01010450 00000000");
    struct kit_color color = {.format = PVG_WIRE_PIXEL_FORMAT_BGRA8UNORM};
    struct kit_attribute attribute = {.format = PVG_WIRE_VERTEX_FORMAT_FLOAT4};
    struct kit_layout layout = {.stride = 16};
    struct kit_render_pipeline pipeline = {.vertex_function = 0x41,
                                           .fragment_function = 0x42,
                                           .colors = &color,
                                           .color_count = 1,
                                           .attributes = &attribute,
                                           .attribute_count = 1,
                                           .layouts = &layout,
                                           .layout_count = 1};
    struct kit_task task;
    struct paper *paper = with_task(&task);

    task.last_object = 0x42;
    assert_int_equal(kit_render_pipeline_create(&paper->kit, &task, &pipeline), 0x43);
    assert_int_equal(paper->kit.blob.size, expected.size);
    assert_memory_equal(paper->kit.blob_bytes, expected.bytes, expected.size);
    paper_destroy(paper);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blending_pipeline_is_the_specifications),
        cmocka_unit_test(a_pipeline_with_vertices_is_the_specifications),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
