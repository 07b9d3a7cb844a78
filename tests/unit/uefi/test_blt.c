/* SPDX-License-Identifier: MIT */
#include "blt.h"

#include <string.h>

#include "test.h"

#define WIDTH  7
#define HEIGHT 5
#define LINE   9 /* longer than a row: what lies between must stay */

struct fixture {
    uint32_t pixels[LINE * HEIGHT];
    struct blt_screen screen;
};

static int set_up(void **state)
{
    static struct fixture fixture;

    for (uint32_t i = 0; i < LINE * HEIGHT; i++) {
        fixture.pixels[i] = 0x1000 + i;
    }
    fixture.screen = (struct blt_screen){fixture.pixels, WIDTH, HEIGHT, LINE};
    *state = &fixture;
    return 0;
}

static void fill_touches_its_rectangle_alone(void **state)
{
    struct fixture *f = *state;
    uint32_t pixel = 0xaabbcc;

    assert_int_equal(blt_run(&f->screen,
                             &(struct blt_request){.operation = EFI_BLT_VIDEO_FILL, .x = 2, .y = 1,
                                                   .width = 5, .height = 4},
                             &pixel),
                     EFI_SUCCESS);
    for (uint32_t i = 0; i < LINE * HEIGHT; i++) {
        uint32_t x = i % LINE, y = i / LINE;

        assert_int_equal(f->pixels[i], x >= 2 && x < WIDTH && y >= 1 ? pixel : 0x1000 + i);
    }
}

static void a_picture_goes_to_a_buffer_and_back(void **state)
{
    struct fixture *f = *state;
    uint32_t buffer[6 * 4] = {0}, before[LINE * HEIGHT];
    struct blt_request request = {.operation = EFI_BLT_VIDEO_TO_BUFFER, .source_x = 1,
                                  .source_y = 2, .x = 2, .y = 1, .width = 4, .height = 3,
                                  .pitch = 6 * 4};

    memcpy(before, f->pixels, sizeof(before));
    assert_int_equal(blt_run(&f->screen, &request, buffer), EFI_SUCCESS);
    assert_int_equal(buffer[1 * 6 + 2], before[2 * LINE + 1]);
    assert_int_equal(buffer[3 * 6 + 5], before[4 * LINE + 4]);
    assert_int_equal(buffer[0], 0);

    memset(f->pixels, 0, sizeof(f->pixels));
    request.operation = EFI_BLT_BUFFER_TO_VIDEO;
    request.source_x = 2;
    request.source_y = 1;
    request.x = 1;
    request.y = 2;
    assert_int_equal(blt_run(&f->screen, &request, buffer), EFI_SUCCESS);
    assert_int_equal(f->pixels[2 * LINE + 1], before[2 * LINE + 1]);
    assert_int_equal(f->pixels[4 * LINE + 4], before[4 * LINE + 4]);
    assert_int_equal(f->pixels[0], 0);
}

static void overlapping_moves_equal_moves_through_a_buffer(void **state)
{
    struct fixture *f = *state;

    for (int dy = -1; dy <= 1; dy++) {
        for (int dx = -1; dx <= 1; dx++) {
            uint32_t expected[LINE * HEIGHT];

            set_up(state);
            memcpy(expected, f->pixels, sizeof(expected));
            for (int y = 1; y < 4; y++) {
                for (int x = 1; x < 6; x++) {
                    expected[(y + dy) * LINE + x + dx] = 0x1000 + y * LINE + x;
                }
            }
            assert_int_equal(blt_run(&f->screen,
                                     &(struct blt_request){.operation = EFI_BLT_VIDEO_TO_VIDEO,
                                                           .source_x = 1, .source_y = 1,
                                                           .x = 1 + dx, .y = 1 + dy, .width = 5,
                                                           .height = 3},
                                     NULL),
                             EFI_SUCCESS);
            assert_memory_equal(f->pixels, expected, sizeof(expected));
        }
    }
}

static void rectangles_off_the_screen_are_refused_and_touch_nothing(void **state)
{
    static const struct blt_request outside[] = {
        {EFI_BLT_VIDEO_FILL, .x = 3, .width = 5, .height = 1},
        {EFI_BLT_VIDEO_FILL, .y = 5, .width = 1, .height = 1},
        {EFI_BLT_VIDEO_FILL, .x = UINT64_MAX, .width = 2, .height = 1},
        {EFI_BLT_VIDEO_FILL, .width = 0, .height = 1},
        {EFI_BLT_VIDEO_FILL, .width = 1, .height = 0},
        {EFI_BLT_VIDEO_FILL, .width = UINT64_MAX, .height = 1},
        {EFI_BLT_VIDEO_TO_VIDEO, .source_x = 6, .width = 2, .height = 1},
        {EFI_BLT_VIDEO_TO_BUFFER, .source_y = 4, .width = 1, .height = 2},
        {EFI_BLT_BUFFER_TO_VIDEO, .width = 4, .height = 1, .pitch = 12},
        {EFI_BLT_BUFFER_TO_VIDEO, .width = 1, .height = 1, .pitch = 6},
        {EFI_BLT_OPERATION_COUNT, .width = 1, .height = 1},
    };
    struct fixture *f = *state;
    uint32_t buffer[64] = {0};

    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        assert_true(blt_run(&f->screen, &outside[i], buffer) == EFI_INVALID_PARAMETER);
    }
    for (uint32_t i = 0; i < LINE * HEIGHT; i++) {
        assert_int_equal(f->pixels[i], 0x1000 + i);
    }
}

static void a_missing_buffer_is_refused(void **state)
{
    struct fixture *f = *state;
    const struct blt_request request = {EFI_BLT_VIDEO_FILL, .width = 1, .height = 1};

    assert_true(blt_run(&f->screen, &request, NULL) == EFI_INVALID_PARAMETER);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(fill_touches_its_rectangle_alone, set_up),
        cmocka_unit_test_setup(a_picture_goes_to_a_buffer_and_back, set_up),
        cmocka_unit_test_setup(overlapping_moves_equal_moves_through_a_buffer, set_up),
        cmocka_unit_test_setup(rectangles_off_the_screen_are_refused_and_touch_nothing, set_up),
        cmocka_unit_test_setup(a_missing_buffer_is_refused, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
