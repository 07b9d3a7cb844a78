/* SPDX-License-Identifier: MIT */
#include "vulkan_fixture.h"

#include <string.h>
#include <sys/mman.h>

#include "vulkan/buffer.h"

#define COUNT 64

static VkMemoryRequirements needs(VkDeviceSize size, VkDeviceSize alignment)
{
    return (VkMemoryRequirements){.size = size, .alignment = alignment, .memoryTypeBits = ~0u};
}

static void pieces_are_aligned_and_do_not_overlap(void **state)
{
    struct vulkan_fixture *fixture = *state;
    struct pvg_vk *vk = fixture->vk;
    struct pvg_vk_allocation pieces[COUNT];

    for (unsigned i = 0; i < COUNT; i++) {
        VkMemoryRequirements want = needs(1 + i * 977, (VkDeviceSize)1 << (i % 13));

        assert_int_equal(pvg_vk_memory_take(vk, &want, PVG_VK_HOME_SHARED, &pieces[i]), VK_SUCCESS);
        assert_int_equal(pieces[i].offset % want.alignment, 0);
        assert_true(pieces[i].size >= want.size);
        memset(pieces[i].mapped, (int)i, want.size);
    }
    for (unsigned i = 0; i < COUNT; i++) { /* an overlap would have overwritten somebody */
        const uint8_t *bytes = pieces[i].mapped;

        assert_int_equal(bytes[0], i);
        assert_int_equal(bytes[i * 977], i);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        pvg_vk_memory_give(vk, &pieces[(i * 37) % COUNT]);
    }
    assert_int_equal(pvg_vk_memory_usage(vk).used_bytes, 0);
}

static void what_was_given_back_is_found_again_in_one_piece(void **state)
{
    struct vulkan_fixture *fixture = *state;
    struct pvg_vk *vk = fixture->vk;
    VkMemoryRequirements small = needs(1 << 20, 1), large = needs(16 << 20, 1);
    struct pvg_vk_allocation pieces[64], one;

    for (unsigned i = 0; i < 64; i++) { /* exactly one block */
        assert_int_equal(pvg_vk_memory_take(vk, &small, PVG_VK_HOME_GPU, &pieces[i]), VK_SUCCESS);
    }
    assert_int_equal(pvg_vk_memory_usage(vk).blocks, 1);
    for (unsigned i = 20; i < 36; i++) { /* odd ones first: neighbours must merge both ways */
        pvg_vk_memory_give(vk, &pieces[i < 28 ? 2 * i - 19 : 2 * (i - 28) + 20]);
    }
    assert_int_equal(pvg_vk_memory_take(vk, &large, PVG_VK_HOME_GPU, &one), VK_SUCCESS);
    assert_int_equal(pvg_vk_memory_usage(vk).blocks, 1);
    pvg_vk_memory_give(vk, &one);
    for (unsigned i = 0; i < 64; i++) {
        pvg_vk_memory_give(vk, &pieces[i]);
    }
}

static void a_large_piece_has_a_block_of_its_own_which_goes_with_it(void **state)
{
    struct vulkan_fixture *fixture = *state;
    VkMemoryRequirements want = needs(100 << 20, 64);
    struct pvg_vk_allocation piece;

    assert_int_equal(pvg_vk_memory_take(fixture->vk, &want, PVG_VK_HOME_GPU, &piece), VK_SUCCESS);
    assert_int_equal(pvg_vk_memory_usage(fixture->vk).blocks, 1);
    pvg_vk_memory_give(fixture->vk, &piece);
    assert_int_equal(pvg_vk_memory_usage(fixture->vk).blocks, 0);
}

static void a_size_no_device_has_is_refused(void **state)
{
    struct vulkan_fixture *fixture = *state;
    VkMemoryRequirements want = needs(UINT64_MAX - 63, 64);
    struct pvg_vk_allocation piece;

    assert_int_not_equal(pvg_vk_memory_take(fixture->vk, &want, PVG_VK_HOME_GPU, &piece),
                         VK_SUCCESS);
    assert_null(piece.block);
}

static void an_imported_buffer_is_the_host_memory_itself(void **state)
{
    struct vulkan_fixture *fixture = *state;
    struct pvg_vk *vk = fixture->vk;
    size_t size = 1 << 20;
    char *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct pvg_vk_buffer buffer;

    assert_ptr_not_equal(pages, MAP_FAILED);
    if (!vk->import_alignment) {
        munmap(pages, size);
        skip(); /* VK_EXT_external_memory_host is not there */
    }
    assert_int_equal(
        pvg_vk_buffer_init_import(vk, pages, size, VK_BUFFER_USAGE_TRANSFER_DST_BIT, &buffer),
        VK_SUCCESS);
    assert_ptr_equal(buffer.mapped, pages);
    assert_int_equal(pvg_vk_memory_usage(vk).allocations, 0);
    pvg_vk_buffer_finish(vk, &buffer);
    assert_int_equal(
        pvg_vk_buffer_init_import(vk, pages + 16, 4096, VK_BUFFER_USAGE_TRANSFER_DST_BIT, &buffer),
        VK_ERROR_INVALID_EXTERNAL_HANDLE);
    munmap(pages, size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        vulkan_test(pieces_are_aligned_and_do_not_overlap),
        vulkan_test(what_was_given_back_is_found_again_in_one_piece),
        vulkan_test(a_large_piece_has_a_block_of_its_own_which_goes_with_it),
        vulkan_test(a_size_no_device_has_is_refused),
        vulkan_test(an_imported_buffer_is_the_host_memory_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
