/* SPDX-License-Identifier: MIT */
#include "vulkan_fixture.h"

#include <string.h>
#include <unistd.h>

#include "vulkan/pipeline_cache.h"

static void every_required_feature_is_on(void **state)
{
    struct vulkan_fixture *fixture = *state;

    for (size_t i = 0; i < pvg_vk_feature_count; i++) {
        const struct pvg_vk_feature *feature = &pvg_vk_feature_table[i];

        assert_true(feature->without || pvg_vk_feature_get(&fixture->vk->features, feature));
    }
    assert_null(pvg_vk_features_missing(&fixture->vk->features, &fixture->vk->extensions));
}

static void a_required_feature_that_is_not_there_is_named(void **state)
{
    struct vulkan_fixture *fixture = *state;
    struct pvg_vk_features features = fixture->vk->features;
    struct pvg_vk_extensions extensions = fixture->vk->extensions;

    features.v13.dynamicRendering = VK_FALSE;
    assert_string_equal(pvg_vk_features_missing(&features, &extensions), "dynamicRendering");
    extensions.robustness2 = false;
    assert_string_equal(pvg_vk_features_missing(&features, &extensions), "VK_EXT_robustness2");
}

static void features_outside_the_table_stay_off(void **state)
{
    struct vulkan_fixture *fixture = *state;

    assert_false(fixture->vk->features.v12.bufferDeviceAddress);
    assert_false(fixture->vk->features.core.features.pipelineStatisticsQuery);
}

static void a_device_is_found_by_index_by_uuid_and_by_part_of_its_name(void **state)
{
    struct vulkan_fixture *fixture = *state;
    struct pvg_vk_options options = vulkan_fixture_options(fixture);
    const uint8_t *id = fixture->vk->properties11.deviceUUID;
    char uuid[37];

    snprintf(uuid, sizeof(uuid),
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", id[0], id[1],
             id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10], id[11], id[12], id[13],
             id[14], id[15]);
    for (int way = 0; way < 3; way++) {
        struct pvg_error error = {0};
        struct pvg_vk *again;

        options.gpu = way == 0 ? "0" : way == 1 ? uuid : options.gpu;
        again = pvg_vk_create(&options, &error);
        assert_non_null(again);
        pvg_vk_destroy(again);
        options = vulkan_fixture_options(fixture);
    }
}

static void a_name_that_fits_no_device_is_an_error_that_lists_them(void **state)
{
    struct vulkan_fixture *fixture = *state;
    struct pvg_vk_options options = vulkan_fixture_options(fixture);
    struct pvg_error error = {0};

    options.gpu = "Voodoo 2";
    assert_null(pvg_vk_create(&options, &error));
    assert_non_null(strstr(error.message, "Voodoo 2"));
    assert_non_null(strstr(error.message, fixture->vk->properties.properties.deviceName));
}

static void a_pipeline_cache_is_kept_between_runs(void **state)
{
    struct vulkan_fixture *fixture = *state;
    struct pvg_vk_options options = vulkan_fixture_options(fixture);
    g_autofree char *folder = g_dir_make_tmp("pvg-cache-XXXXXX", NULL);
    const VkPhysicalDeviceProperties *properties = &fixture->vk->properties.properties;
    g_autofree char *file = pvg_vk_pipeline_cache_file(folder, properties);
    VkPhysicalDeviceProperties other = *properties;
    g_autofree char *bytes = NULL;
    gsize size = 0;

    options.cache_folder = folder;
    pvg_vk_destroy(pvg_vk_create(&options, NULL));
    assert_true(g_file_get_contents(file, &bytes, &size, NULL));
    assert_true(pvg_vk_pipeline_cache_is_ours(bytes, size, properties));
    assert_false(pvg_vk_pipeline_cache_is_ours(bytes, 31, properties));
    other.pipelineCacheUUID[3] ^= 1;
    assert_false(pvg_vk_pipeline_cache_is_ours(bytes, size, &other));

    g_file_set_contents(file, "not a cache", -1, NULL); /* must not keep the device from opening */
    pvg_vk_destroy(pvg_vk_create(&options, NULL));
    unlink(file);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        vulkan_test(every_required_feature_is_on),
        vulkan_test(a_required_feature_that_is_not_there_is_named),
        vulkan_test(features_outside_the_table_stay_off),
        vulkan_test(a_device_is_found_by_index_by_uuid_and_by_part_of_its_name),
        vulkan_test(a_name_that_fits_no_device_is_an_error_that_lists_them),
        vulkan_test(a_pipeline_cache_is_kept_between_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
