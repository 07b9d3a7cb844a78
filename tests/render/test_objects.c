/* SPDX-License-Identifier: MIT */
/* Descriptors that name other objects, and guests that let them name anything. */
#include "picture.h"

/* One blit that wants @texture, with everything else in order. */
static void use(struct stage *stage, uint32_t texture)
{
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_generate_mipmaps_encode(&stage->stream.w,
                                     &(struct pvg_wire_generate_mipmaps){.texture = texture});
    kit_segment_end(&stage->stream);
    stage_run(stage, NULL, 0);
}

/* @object becomes a view of @base. */
static void put_view(struct stage *stage, uint32_t object, uint32_t base)
{
    pvg_wire_texture_view_encode(kit_blob(&stage->kit),
                                 &(struct pvg_wire_texture_view){.object = object, .base = base});
    kit_object_publish(&stage->kit, &stage->task, object, PVG_WIRE_OBJECT_TYPE_DERIVED_TEXTURE);
}

static uint32_t make_texture(struct stage *stage)
{
    struct pvg_wire_texture_body body = stage_texture_2d(80, 4, 4);
    struct kit_texture texture;

    kit_texture_create(&stage->kit, &stage->task, &texture, &body, 4);
    return texture.object;
}

static void an_object_made_of_itself_is_refused(void **state)
{
    struct stage *stage = *state;
    const struct pvg_wire_texture_body body = stage_texture_2d(80, 4, 4);
    const struct kit_color color = {.format = 80};
    uint32_t object;

    stage->may_refuse = true;
    object = kit_object_number(&stage->task);
    put_view(stage, object, object);
    use(stage, object);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_LIMIT), 1);

    object = stage_texture_over(stage, stage->task.last_object + 1, 0, 16, &body);
    use(stage, object);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_LIMIT), 2);

    object = kit_compute_pipeline_create(&stage->kit, &stage->task, stage->task.last_object + 1);
    use(stage, object);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_LIMIT), 3);

    object = kit_render_pipeline_create(
        &stage->kit, &stage->task,
        &(struct kit_render_pipeline){.vertex_function = stage->task.last_object + 1,
                                      .colors = &color,
                                      .color_count = 1});
    use(stage, object);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_LIMIT), 4);
}

static void objects_that_become_a_circle_are_refused(void **state)
{
    struct stage *stage = *state;
    const uint32_t base = make_texture(stage);
    const uint32_t view = stage_view(stage, base, (struct pvg_wire_texture_view){0});

    stage->may_refuse = true;
    use(stage, view);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_LIMIT), 0);
    put_view(stage, base, view);
    use(stage, view);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_LIMIT), 1);
    use(stage, base);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_LIMIT), 2);
}

/* The last that is made, the first that is not, and one that would take all of a stack. */
static void what_is_made_of_others_is_made_to_a_depth(void **state)
{
    enum { DEPTH = 8, MANY = 3000 };
    struct stage *stage = *state;
    uint32_t at[MANY];

    stage->may_refuse = true;
    at[0] = make_texture(stage);
    for (unsigned i = 1; i < MANY; i++) {
        at[i] = stage_view(stage, at[i - 1], (struct pvg_wire_texture_view){0});
    }
    use(stage, at[MANY - 1]);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_LIMIT), 1);
    use(stage, at[DEPTH]);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_LIMIT), 1);
    use(stage, at[2 * DEPTH + 1]); /* even where a part of it is there already */
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_LIMIT), 2);
}

/* Nothing deletes them but the end of their task. */
static void events_are_kept_up_to_a_number(void **state)
{
    enum { MOST = 65536, AT_ONCE = 512 };
    struct stage *stage = *state;
    struct pvg_writer *w = &stage->stream.w;

    stage->may_refuse = true;
    for (uint32_t event = 0; event <= MOST; event += AT_ONCE) {
        kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_EVENT);
        for (uint32_t i = 0; i < AT_ONCE; i++) {
            pvg_wire_signal_event_encode(w, &(struct pvg_wire_signal_event){event + i, 1});
        }
        pvg_wire_signal_event_encode(w, &(struct pvg_wire_signal_event){0, event});
        kit_segment_end(&stage->stream);
        stage_run(stage, NULL, 0);
        assert_int_equal(stage_refusals(stage, PVG_REFUSED_LIMIT), event < MOST ? 0 : AT_ONCE);
    }
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_EVENT);
    pvg_wire_wait_event_encode(w, &(struct pvg_wire_wait_event){.event = 0, .value = MOST});
    pvg_wire_wait_event_encode(w, &(struct pvg_wire_wait_event){.event = MOST - 1, .value = 1});
    kit_segment_end(&stage->stream);
    stage_run(stage, NULL, 0);
    assert_int_equal(stage_stat(stage, "gpu.event-waits-passed"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene(an_object_made_of_itself_is_refused),
        scene_once(objects_that_become_a_circle_are_refused),
        scene_once(events_are_kept_up_to_a_number),
        scene_once(what_is_made_of_others_is_made_to_a_depth),
    };

    return run_scenes(tests);
}
