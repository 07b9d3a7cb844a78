/* SPDX-License-Identifier: MIT */
/* A guest that knows the wire format and means harm: command streams, and descriptors of objects,
 * whose records are whole but whose fields hold anything, run by the Vulkan executor on lavapipe.
 * Beside its task lives another one, whose memory must stay as it is.
 *
 * The input is a row of decisions: which segment, which record, and for each field whether it is
 * sound for its kind, an edge, or noise. FUZZ_VALIDATION=1 puts the validation layers under it; a
 * message of theirs ends the run as a crash does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "guest.h"
#include "kit/object.h"
#include "kit/pipeline.h"
#include "kit/stream.h"
#include "shader/metallib.h"
#include "shader/metallib_writer.h"
#include "wire/resources_encode.h"
#include "wire/tables.h"

#define OBJECTS     64
#define CANARY      0xc5
#define CANARY_SIZE 0x8000
#define DEPTH       4 /* of structs in structs */

struct scene {
    struct guest *guest;
    struct input input;
    struct kit_task task, victim;
    struct kit_stream stream;
    struct kit_buffer canary;
    uint32_t objects[OBJECTS];
    unsigned count;
};

/* ---- The objects that streams name ---- */

static void add(struct scene *s, uint32_t object)
{
    if (s->count < OBJECTS) {
        s->objects[s->count++] = object;
    }
}

static void add_buffer(struct scene *s, uint64_t size)
{
    struct kit_buffer buffer;
    uint8_t bytes[256];

    kit_buffer_create(&s->guest->kit, &s->task, &buffer, size);
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bytes[i] = i % 4 ? 0 : (uint8_t)(i / 4 % 7); /* small numbers: counts, offsets, indices */
    }
    kit_task_write(&s->guest->kit, &s->task, buffer.gva, bytes, MIN(size, sizeof(bytes)));
    add(s, buffer.object);
}

static void add_texture(struct scene *s, uint8_t type, uint16_t format, unsigned bytes,
                        unsigned layers, unsigned levels)
{
    const bool flat = type == PVG_WIRE_TEXTURE_TYPE_1D || type == PVG_WIRE_TEXTURE_TYPE_1D_ARRAY;
    const struct pvg_wire_texture_body body = {
        .type = type,
        .usage = 0, /* all */
        .format = format,
        .width = 16,
        .height = flat ? 1 : 16,
        .depth = type == PVG_WIRE_TEXTURE_TYPE_3D ? 4 : 1,
        .levels = levels,
        .samples = type == PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE ? 4 : 1,
        .array_length = layers,
        .options.storage = PVG_WIRE_STORAGE_MODE_MANAGED,
        .swizzle_red = 2,
        .swizzle_green = 3,
        .swizzle_blue = 4,
        .swizzle_alpha = 5,
    };
    struct kit_texture texture;

    kit_texture_create(&s->guest->kit, &s->task, &texture, &body, bytes);
    add(s, texture.object);
}

static void publish(struct scene *s, uint32_t object, enum pvg_wire_object_type type)
{
    kit_object_publish(&s->guest->kit, &s->task, object, type);
    add(s, object);
}

static const struct pvg_metallib *library(void)
{
    static struct pvg_metallib parsed;
    static char *bytes;
    gsize size;

    if (!bytes && (!g_file_get_contents(FUZZ_SHADERS, &bytes, &size, NULL) ||
                   pvg_metallib_init(&parsed, bytes, size) != PVG_ACCEPTED)) {
        abort();
    }
    return &parsed;
}

static uint32_t function(struct scene *s, const char *name)
{
    const struct pvg_metallib_function *found = pvg_metallib_find(library(), name);
    struct pvg_metallib_source source = {0};
    GByteArray *one;
    uint32_t object;

    if (!found) {
        abort();
    }
    source.function = *found;
    one = pvg_metallib_write(&source, 1);
    object = kit_function_create(&s->guest->kit, &s->task, one->data, one->len);
    g_byte_array_unref(one);
    return object;
}

static void add_pipelines(struct scene *s)
{
    static const char *const kernels[] = {"run_2d",      "double_texels", "count_texels",
                                          "count_lanes", "turn_round",    "run_read_buffer"};
    static const char *const fragments[] = {"draw_2d", "paint_samples", "store_from_fragment"};
    static const uint16_t formats[] = {80, 125};

    for (unsigned i = 0; i < G_N_ELEMENTS(kernels); i++) {
        add(s, kit_compute_pipeline_create(&s->guest->kit, &s->task, function(s, kernels[i])));
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(fragments); i++) {
        for (unsigned f = 0; f < G_N_ELEMENTS(formats); f++) {
            const struct kit_color color = {.format = formats[f], .blending = i == 1 && f == 0};
            const struct kit_render_pipeline pipeline = {
                .vertex_function = function(s, f ? "cover_at_depth" : "cover"),
                .fragment_function = function(s, fragments[i]),
                .colors = &color,
                .color_count = 1,
                .depth_format = f ? 252 : 0,
            };

            add(s, kit_render_pipeline_create(&s->guest->kit, &s->task, &pipeline));
        }
    }
}

static void add_objects(struct scene *s)
{
    struct kit *kit = &s->guest->kit;
    uint32_t object, buffer;

    add_buffer(s, 0x4000);
    buffer = s->objects[0];
    add_buffer(s, 0x1000);
    add_buffer(s, 0x123);
    add_texture(s, PVG_WIRE_TEXTURE_TYPE_2D, 80, 4, 1, 5);
    add_texture(s, PVG_WIRE_TEXTURE_TYPE_2D, 125, 16, 1, 1);
    add_texture(s, PVG_WIRE_TEXTURE_TYPE_2D, 53, 4, 1, 1);
    add_texture(s, PVG_WIRE_TEXTURE_TYPE_2D_ARRAY, 73, 4, 5, 2);
    add_texture(s, PVG_WIRE_TEXTURE_TYPE_3D, 115, 8, 1, 2);
    add_texture(s, PVG_WIRE_TEXTURE_TYPE_CUBE, 70, 4, 1, 1);
    add_texture(s, PVG_WIRE_TEXTURE_TYPE_1D_ARRAY, 10, 1, 3, 1);
    add_texture(s, PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE, 80, 4, 1, 1);
    add_texture(s, PVG_WIRE_TEXTURE_TYPE_2D, 252, 4, 1, 1);
    add_texture(s, PVG_WIRE_TEXTURE_TYPE_2D, 260, 8, 1, 1);
    add_texture(s, PVG_WIRE_TEXTURE_TYPE_2D, 130, 8, 1, 1);
    add_texture(s, PVG_WIRE_TEXTURE_TYPE_2D, 554, 4, 1, 1);
    add_pipelines(s);

    object = kit_object_number(&s->task);
    pvg_wire_sampler_encode(kit_blob(kit), &(struct pvg_wire_sampler){
                                               .object = object, .normalized = true, .lod_max = 9});
    publish(s, object, PVG_WIRE_OBJECT_TYPE_STATE);
    object = kit_object_number(&s->task);
    pvg_wire_depth_stencil_encode(kit_blob(kit),
                                  &(struct pvg_wire_depth_stencil){
                                      .object = object, .depth_compare = 3, .depth_write = true});
    publish(s, object, PVG_WIRE_OBJECT_TYPE_STATE);
    object = kit_object_number(&s->task);
    pvg_wire_fence_encode(kit_blob(kit), &(struct pvg_wire_fence){.object = object});
    publish(s, object, PVG_WIRE_OBJECT_TYPE_STATE);
    object = kit_object_number(&s->task);
    pvg_wire_texture_view_encode(
        kit_blob(kit),
        &(struct pvg_wire_texture_view){.object = object, .base = s->objects[3], .format = 81});
    publish(s, object, PVG_WIRE_OBJECT_TYPE_DERIVED_TEXTURE);
    object = kit_object_number(&s->task);
    pvg_wire_buffer_texture_encode(kit_blob(kit), &(struct pvg_wire_buffer_texture){
                                                      .object = object,
                                                      .buffer = buffer,
                                                      .bytes_per_row = 256,
                                                      .body = {.type = PVG_WIRE_TEXTURE_TYPE_2D,
                                                               .format = 80,
                                                               .width = 16,
                                                               .height = 16,
                                                               .depth = 1,
                                                               .levels = 1,
                                                               .samples = 1,
                                                               .array_length = 1,
                                                               .swizzle_red = 2,
                                                               .swizzle_green = 3,
                                                               .swizzle_blue = 4,
                                                               .swizzle_alpha = 5},
                                                  });
    publish(s, object, PVG_WIRE_OBJECT_TYPE_DERIVED_TEXTURE);
}

/* ---- Fields ---- */

/* Sizes that may run for real end where the driver would take seconds. */
static bool is_work(const char *name)
{
    return strstr(name, "count") || strstr(name, "grid") || strstr(name, "group");
}

static bool is_reference(const char *name)
{
    static const char *const words[] = {
        "object", "buffer", "texture", "pipeline", "sampler",   "source",     "destination", "base",
        "fence",  "event",  "state",   "heap",     "arguments", "visibility", "function"};

    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_str_has_prefix(name, words[i]) && !strstr(name, "offset") && !strstr(name, "bytes") &&
            !strstr(name, "count")) {
            return true;
        }
    }
    return false;
}

static uint64_t edge(struct scene *s, const char *name)
{
    static const uint64_t small[] = {0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 64, 255, 256};
    static const uint64_t large[] = {1023,       1024,           4096,       65535,      65536,
                                     0x7fffffff, 0x80000000,     0xfffffffc, 0xffffffff, 1ull << 32,
                                     1ull << 63, UINT64_MAX - 3, UINT64_MAX};
    const uint8_t choice = input_u8(&s->input);

    if (choice < 200) {
        return small[choice % G_N_ELEMENTS(small)];
    }
    if (is_work(name)) {
        return large[(choice & 1) ? choice / 2 % 2 : 7 + choice % 6];
    }
    return large[choice % G_N_ELEMENTS(large)];
}

static double number(struct scene *s)
{
    static const double values[] = {0, 1, 0.5, 16, 8, -1, 1e30, -0.0};
    const uint8_t choice = input_u8(&s->input);

    return choice < 240 ? values[choice % G_N_ELEMENTS(values)]
           : choice & 1 ? (double)NAN
                        : (double)INFINITY;
}

static uint64_t value_for(struct scene *s, const struct pvg_wire_field_info *field)
{
    const uint8_t how = input_u8(&s->input);

    if (how >= 250) {
        return input_u64(&s->input);
    }
    if (field->names && how < 220) {
        return field->names->values[input_u8(&s->input) % field->names->count].value;
    }
    if (is_reference(field->name) && how < 235) {
        const uint8_t choice = input_u8(&s->input);

        return choice < 250 ? s->objects[choice % s->count] : choice & 1 ? 0 : choice * 77u;
    }
    if (strstr(field->name, "format") && how < 235) {
        static const uint16_t formats[] = {80,  81, 70,  71,  125, 53, 73,
                                           115, 10, 252, 260, 130, 554};

        return formats[input_u8(&s->input) % G_N_ELEMENTS(formats)];
    }
    return edge(s, field->name);
}

static void store(uint8_t *at, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

static void fill(struct scene *s, const struct pvg_wire_layout_info *layout, uint8_t *at,
                 size_t room, unsigned depth);

static void fill_one(struct scene *s, const struct pvg_wire_field_info *field, uint8_t *at,
                     size_t room, unsigned depth)
{
    uint64_t old = 0, value, mask;
    double real;
    float narrow;

    if (room < field->size) {
        return;
    }
    if (field->kind == PVG_WIRE_FIELD_STRUCT) {
        if (field->layout && depth) {
            fill(s, field->layout, at, room, depth - 1);
        }
        return;
    }
    if (field->kind == PVG_WIRE_FIELD_FLOAT) {
        real = number(s);
        narrow = (float)real;
        memcpy(at, field->size == 8 ? (void *)&real : (void *)&narrow, MIN(field->size, 8));
        return;
    }
    if (field->size > 8) {
        return;
    }
    value = value_for(s, field);
    mask = field->width >= 64 ? UINT64_MAX : (1ull << field->width) - 1;
    memcpy(&old, at, field->size);
    store(at, field->size, (old & ~(mask << field->low)) | (value & mask) << field->low);
}

/* Fields may lie over each other and behind the end: hostile, but never outside of @room. */
static void fill(struct scene *s, const struct pvg_wire_layout_info *layout, uint8_t *at,
                 size_t room, unsigned depth)
{
    for (unsigned i = 0; i < layout->count; i++) {
        const struct pvg_wire_field_info *field = &layout->fields[i];
        const unsigned times = field->counted ? 4 : MAX(field->fixed, 1);

        if (field->offset == PVG_WIRE_BEHIND || field->kind == PVG_WIRE_FIELD_BYTES) {
            continue;
        }
        for (unsigned j = 0; j < times; j++) {
            const size_t offset = field->offset + (size_t)j * field->size;

            if (offset < room) {
                fill_one(s, field, at + offset, room - offset, depth);
            }
        }
    }
}

/* The number of elements behind a record: mostly what is there. */
static void set_counts(struct scene *s, const struct pvg_wire_layout_info *layout, uint8_t *payload)
{
    for (unsigned i = 0; i < layout->count; i++) {
        for (unsigned j = 0; layout->fields[i].counted && j < layout->count; j++) {
            const struct pvg_wire_field_info *count = &layout->fields[j];

            if (strcmp(count->name, layout->fields[i].counted) == 0 && count->size <= 8 &&
                input_u8(&s->input) < 240) {
                store(payload + count->offset, count->size,
                      (uint64_t)(input_u8(&s->input) % 5) << count->low);
            }
        }
    }
}

#define TAIL 256

/* A record of @form, header and all, into @w. */
static void put_form(struct scene *s, struct pvg_writer *w, const struct pvg_wire_form_info *form)
{
    uint8_t payload[4096] = {0};
    size_t size = MIN(form->layout->size + (size_t)TAIL, sizeof(payload));

    fill(s, form->layout, payload, size, DEPTH);
    set_counts(s, form->layout, payload);
    if (form->only_size) {
        size = form->only_size - 8u;
    } else if (input_u8(&s->input) > 250) {
        size = input_u8(&s->input); /* cut off, most likely */
    }
    pvg_put_u32(w, form->opcode);
    pvg_put_u32(w, (uint32_t)size + 8);
    for (size_t i = 0; i < size; i++) {
        pvg_put_u8(w, payload[i]);
    }
}

static const struct pvg_wire_form_info *form_of(struct scene *s, enum pvg_wire_space space)
{
    const struct pvg_wire_space_info *info = &pvg_wire_spaces[space];

    return &info->forms[input_u8(&s->input) % info->count];
}

/* ---- Streams and descriptors ---- */

/* Gives an object another descriptor of a kind that guests have, with anything in its fields. */
static void redefine(struct scene *s)
{
    static const enum pvg_wire_object_type types[] = {
        PVG_WIRE_OBJECT_TYPE_STATE, PVG_WIRE_OBJECT_TYPE_DERIVED_TEXTURE,
        PVG_WIRE_OBJECT_TYPE_TEXTURE, PVG_WIRE_OBJECT_TYPE_SURFACE_TEXTURE};
    const uint32_t object = s->objects[input_u8(&s->input) % s->count];
    const enum pvg_wire_object_type type = types[input_u8(&s->input) % G_N_ELEMENTS(types)];
    struct pvg_writer *w = kit_blob(&s->guest->kit);
    uint8_t prefix[0x80] = {0};
    unsigned size = 0;

    if (type == PVG_WIRE_OBJECT_TYPE_TEXTURE) {
        size = PVG_WIRE_TEXTURE_PREFIX_SIZE + PVG_WIRE_TEXTURE_LEVEL_SIZE;
    } else if (type == PVG_WIRE_OBJECT_TYPE_SURFACE_TEXTURE) {
        size = 8;
    }
    for (unsigned i = 0; i < size && i < sizeof(prefix); i++) {
        pvg_put_u8(w, i % 4 ? 0 : input_u8(&s->input));
    }
    put_form(s, w, form_of(s, PVG_WIRE_SPACE_CREATE));
    kit_object_publish(&s->guest->kit, &s->task, object, type);
}

static void put_segment(struct scene *s)
{
    static const struct {
        enum pvg_wire_segment_type type;
        enum pvg_wire_space space;
    } kinds[] = {
        {PVG_WIRE_SEGMENT_TYPE_RENDER, PVG_WIRE_SPACE_RENDER},
        {PVG_WIRE_SEGMENT_TYPE_RENDER, PVG_WIRE_SPACE_RENDER},
        {PVG_WIRE_SEGMENT_TYPE_COMPUTE, PVG_WIRE_SPACE_COMPUTE},
        {PVG_WIRE_SEGMENT_TYPE_BLIT, PVG_WIRE_SPACE_BLIT},
        {PVG_WIRE_SEGMENT_TYPE_EVENT, PVG_WIRE_SPACE_EVENT},
        {PVG_WIRE_SEGMENT_TYPE_INFO, PVG_WIRE_SPACE_INFO},
    };
    const unsigned kind = input_u8(&s->input) % G_N_ELEMENTS(kinds);
    const unsigned records = input_u8(&s->input) % 12;
    const uint8_t flags = input_u8(&s->input);

    kit_segment_begin_flags(&s->stream, kinds[kind].type, flags == 1, flags == 2);
    if (kinds[kind].space == PVG_WIRE_SPACE_RENDER) { /* nothing works without a pass */
        put_form(s, &s->stream.w, &pvg_wire_spaces[PVG_WIRE_SPACE_RENDER].forms[0]);
    }
    for (unsigned i = 0; i < records && s->input.left; i++) {
        put_form(s, &s->stream.w, form_of(s, kinds[kind].space));
    }
    kit_segment_end(&s->stream);
}

static void submit(struct scene *s)
{
    struct pvg_wire_exec_resource resources[8] = {0};
    const unsigned count = input_u8(&s->input) % G_N_ELEMENTS(resources);

    for (unsigned i = 0; i < count; i++) {
        resources[i].object = s->objects[input_u8(&s->input) % s->count];
        resources[i].validity.clear_host = resources[i].validity.set_host = 1;
    }
    (void)kit_submit(&s->guest->kit, &s->stream, resources, count, NULL);
}

static void check_victim(struct scene *s)
{
    uint8_t bytes[CANARY_SIZE];

    kit_task_read(&s->guest->kit, &s->victim, s->canary.gva, bytes, sizeof(bytes));
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        if (bytes[i] != CANARY) {
            fprintf(stderr, "byte %u of another task's memory was written\n", i);
            abort();
        }
    }
}

const char *__lsan_default_options(void);
const char *__lsan_default_suppressions(void);

const char *__lsan_default_options(void)
{
    return "print_suppressions=0"; /* libFuzzer looks for leaks again and again */
}

/* What the driver keeps for the life of the process. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libvulkan_lvp\nleak:libLLVM\nleak:libVkLayer\n";
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    setenv("PVG_AIRC", FUZZ_AIRC, 0);
    setenv("MESA_SHADER_CACHE_DISABLE", "true", 1);
    if (getenv("FUZZ_VALIDATION")) {
        setenv("PVG_VULKAN_VALIDATION", "1", 1);
    }
    guest_use_gpu("llvmpipe");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct scene scene;
    struct scene *s = &scene;
    uint8_t canary[CANARY_SIZE];
    struct kit *kit;
    uint32_t last;

    memset(s, 0, sizeof(*s));
    s->input = (struct input){bytes, size};
    s->guest = guest_get(input_u8(&s->input));
    kit = &s->guest->kit;
    kit_start(kit);
    s->guest->patience = 100000;
    kit_task_create(kit, &s->victim, 4);
    kit_task_bind_objects(kit, &s->victim);
    kit_buffer_create(kit, &s->victim, &s->canary, CANARY_SIZE);
    memset(canary, CANARY, sizeof(canary));
    kit_task_write(kit, &s->victim, s->canary.gva, canary, sizeof(canary));
    kit_task_create(kit, &s->task, 3);
    kit_task_bind_objects(kit, &s->task);
    kit_stream_init(kit, &s->stream, &s->task);
    add_objects(s);
    while (s->input.left && !kit->failure && s->stream.w.size < KIT_STREAM_BYTES / 2) {
        const uint8_t what = input_u8(&s->input);

        if (what < 24) {
            redefine(s);
        } else if (what < 48) {
            submit(s);
        } else {
            put_segment(s);
        }
    }
    submit(s);
    /* Whatever it was, it ends, and an honest submission behind it runs. */
    last = kit_submit(kit, &s->stream, NULL, 0, NULL);
    if (!kit->failure) {
        kit_wait(kit, kit_exec_channel(kit), last);
    }
    if (s->guest->patience <= 0) {
        fprintf(stderr, "the guest waits for ever\n");
        abort();
    }
    check_victim(s);
    return 0;
}
