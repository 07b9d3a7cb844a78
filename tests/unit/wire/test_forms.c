/* SPDX-License-Identifier: MIT */
/* What holds for every form of every record, walked over all of them: encoders and decoders agree,
 * unwritten bytes change nothing, short records are refused, nothing a guest can send is unsafe. */
#include "wire/print.h"

#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "test.h"

#define ROOM 4096

static const struct pvg_wire_layout_info *layout_of(const struct form *form)
{
    const struct pvg_wire_space_info *space = &pvg_wire_spaces[form->space];

    for (unsigned i = 0; i < space->count; i++) {
        if (space->forms[i].opcode == form->opcode &&
            space->forms[i].only_size == form->only_size) {
            return space->forms[i].layout;
        }
    }
    fail_msg("no table entry for %s", form->name);
    return NULL;
}

static size_t header_of(const struct form *form)
{
    return pvg_wire_spaces[form->space].header;
}

static uint32_t seed = 1;

/* The same junk in every run. */
static uint8_t junk(void)
{
    seed = seed * 1664525 + 1013904223;
    return (uint8_t)(seed >> 24);
}

static void fill_with_junk(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = junk();
    }
}

/* Sets the number behind every counted array to something small, so that its elements are there. */
static void set_counts(const struct pvg_wire_layout_info *layout, uint8_t *payload)
{
    for (unsigned i = 0; i < layout->count; i++) {
        for (unsigned j = 0; layout->fields[i].counted && j < layout->count; j++) {
            const struct pvg_wire_field_info *count = &layout->fields[j];

            if (strcmp(count->name, layout->fields[i].counted) == 0) {
                memset(payload + count->offset, 0, count->size);
                payload[count->offset + count->low / 8] = junk() % 5;
            }
        }
    }
}

struct sample {
    uint8_t payload[ROOM];
    size_t size; /* of the payload */
    void *decoded;
};

/* A record of this form with arbitrary contents, in the bytes that its own encoder makes of it;
 * @out->decoded points into @out->payload. */
static void make_sample(const struct form *form, struct sample *out)
{
    const struct pvg_wire_layout_info *layout = layout_of(form);
    size_t header = header_of(form);
    uint8_t record[ROOM + 16];
    struct pvg_cursor c;
    struct pvg_writer w;

    out->size = layout->size + 512;
    out->decoded = calloc(1, form->size);
    fill_with_junk(out->payload, sizeof(out->payload));
    set_counts(layout, out->payload);
    c = pvg_cursor_over(out->payload, out->size);
    assert_int_equal(form->decode(&c, out->decoded), PVG_ACCEPTED);

    memcpy(record + header, out->payload, out->size);
    w = pvg_writer_over(record, sizeof(record));
    form->encode(&w, out->decoded);
    assert_false(w.overflow);
    free(out->decoded);

    out->size = w.size - header;
    memcpy(out->payload, record + header, out->size);
    out->decoded = calloc(1, form->size);
    c = pvg_cursor_over(out->payload, out->size);
    assert_int_equal(form->decode(&c, out->decoded), PVG_ACCEPTED);
}

static void encoding_what_was_decoded_gives_the_same_bytes(void **state)
{
    for (size_t i = 0; i < form_count; i++) {
        const struct form *form = &forms[i];
        struct sample sample;
        size_t header = header_of(form);
        uint8_t record[ROOM + 16];
        struct pvg_writer w = pvg_writer_over(record, sizeof(record));

        make_sample(form, &sample);
        memcpy(record + header, sample.payload, sample.size); /* also what is not written */
        form->encode(&w, sample.decoded);
        assert_int_equal(w.size, header + sample.size);
        assert_memory_equal(record + header, sample.payload, sample.size);
        if (header) {
            uint32_t words[2];

            memcpy(words, record, sizeof(words));
            assert_int_equal(words[0], form->opcode);
            assert_int_equal(words[1], w.size);
            if (form->only_size) {
                assert_int_equal(w.size, form->only_size);
            }
        }
        free(sample.decoded);
    }
}

/* Encodes over two kinds of junk; where the results differ nothing was written, and a decoder must
 * see the same in both. */
static void unwritten_bytes_change_nothing(void **state)
{
    for (size_t i = 0; i < form_count; i++) {
        const struct form *form = &forms[i];
        struct sample sample;
        size_t header = header_of(form);
        uint8_t records[3][ROOM];
        void *other = calloc(1, form->size);
        struct pvg_cursor c;
        struct pvg_writer w;

        make_sample(form, &sample);
        memset(records[0], 0x55, ROOM);
        memset(records[1], 0xaa, ROOM);
        memset(records[2], 0x55, ROOM);
        for (unsigned j = 0; j < 2; j++) {
            w = pvg_writer_over(records[j], ROOM);
            form->encode(&w, sample.decoded);
        }
        c = pvg_cursor_over(records[1] + header, sample.size);
        assert_int_equal(form->decode(&c, other), PVG_ACCEPTED);
        w = pvg_writer_over(records[2], ROOM);
        form->encode(&w, other);
        assert_memory_equal(records[2], records[0], w.size);
        free(other);
        free(sample.decoded);
    }
}

static void a_record_that_ends_before_its_last_written_byte_is_refused(void **state)
{
    for (size_t i = 0; i < form_count; i++) {
        const struct form *form = &forms[i];
        const struct pvg_wire_layout_info *layout = layout_of(form);
        struct sample sample;
        void *other = calloc(1, form->size);

        make_sample(form, &sample);
        if (layout->written > 0) {
            struct pvg_cursor c = pvg_cursor_over(sample.payload, (size_t)layout->written - 1);

            assert_int_not_equal(form->decode(&c, other), PVG_ACCEPTED);
        }
        free(other);
        free(sample.decoded);
    }
}

static void arbitrary_bytes_are_decoded_or_refused_and_can_be_printed(void **state)
{
    char text[2048];

    for (size_t i = 0; i < form_count; i++) {
        const struct form *form = &forms[i];

        for (unsigned round = 0; round < 50; round++) {
            size_t size = junk() % 128;
            uint8_t *payload = malloc(size ? size : 1); /* its end is guarded by the sanitizer */
            void *out = calloc(1, form->size);
            struct pvg_cursor c = pvg_cursor_over(payload, size);
            size_t length;

            fill_with_junk(payload, size);
            (void)form->decode(&c, out);
            length = pvg_wire_print(text, sizeof(text), form->space, form->opcode, payload, size);
            assert_true(length > 0);
            assert_int_equal(strlen(text), length < sizeof(text) ? length : sizeof(text) - 1);
            free(out);
            free(payload);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoding_what_was_decoded_gives_the_same_bytes),
        cmocka_unit_test(unwritten_bytes_change_nothing),
        cmocka_unit_test(a_record_that_ends_before_its_last_written_byte_is_refused),
        cmocka_unit_test(arbitrary_bytes_are_decoded_or_refused_and_can_be_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
