/* SPDX-License-Identifier: MIT */
#include "vulkan_fixture.h"

#include "gpu/host_format.h"

static void every_format_a_desktop_needs_can_be_sampled_and_drawn_to(void **state)
{
    static const uint16_t drawn[] = {10, 25, 65, 70, 71, 80, 81, 90, 94, 115, 125};
    struct vulkan_fixture *fixture = *state;
    struct pvg_host_formats formats;

    pvg_host_formats_init(&formats, fixture->vk);
    for (size_t i = 0; i < G_N_ELEMENTS(drawn); i++) {
        const struct pvg_host_format *host =
            pvg_host_format_find(&formats, pvg_pixel_format_find(drawn[i]));

        assert_non_null(host);
        assert_true(host->features & VK_FORMAT_FEATURE_2_SAMPLED_IMAGE_BIT);
        assert_true(host->features & VK_FORMAT_FEATURE_2_COLOR_ATTACHMENT_BIT);
    }
    pvg_host_formats_finish(&formats);
}

static void uncompressed_formats_are_native_or_converted_never_missing(void **state)
{
    struct vulkan_fixture *fixture = *state;
    struct pvg_host_formats formats;

    pvg_host_formats_init(&formats, fixture->vk);
    for (size_t i = 0; i < pvg_pixel_format_count; i++) {
        const struct pvg_pixel_format *format = &pvg_pixel_formats[i];
        const struct pvg_host_format *host = pvg_host_format_find(&formats, format);

        if (format->block_height == 1) {
            assert_non_null(host);
        }
        if (host && !host->codec && (format->aspect & PVG_ASPECT_COLOR)) {
            assert_int_equal(host->vk, format->vk);
        }
    }
    pvg_host_formats_finish(&formats);
}

static void a_guests_swizzle_is_seen_through_the_formats_own(void **state)
{
    static const VkComponentMapping alpha_from_red = {
        VK_COMPONENT_SWIZZLE_ZERO, VK_COMPONENT_SWIZZLE_ZERO, VK_COMPONENT_SWIZZLE_ZERO,
        VK_COMPONENT_SWIZZLE_R};
    VkComponentMapping out;

    assert_true(pvg_swizzle_compose(&alpha_from_red, (uint8_t[]){5, 1, 2, 0}, &out));
    assert_int_equal(out.r, VK_COMPONENT_SWIZZLE_R);
    assert_int_equal(out.g, VK_COMPONENT_SWIZZLE_ONE);
    assert_int_equal(out.b, VK_COMPONENT_SWIZZLE_ZERO);
    assert_int_equal(out.a, VK_COMPONENT_SWIZZLE_ZERO);
    assert_false(pvg_swizzle_compose(&alpha_from_red, (uint8_t[]){2, 3, 4, 6}, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        vulkan_test(every_format_a_desktop_needs_can_be_sampled_and_drawn_to),
        vulkan_test(uncompressed_formats_are_native_or_converted_never_missing),
        vulkan_test(a_guests_swizzle_is_seen_through_the_formats_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
