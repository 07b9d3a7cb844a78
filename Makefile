# SPDX-License-Identifier: MIT
# A thin front: every target is one line of meson, ninja or a script, and can be run by hand.

BUILD := build
TARGETS := qemu-system-aarch64 qemu-system-x86_64

.PHONY: all qemu test clean

all: $(BUILD)/release/build.ninja
	ninja -C $(BUILD)/release

$(BUILD)/release/build.ninja:
	scripts/install-deps build test
	meson setup $(BUILD)/release

$(BUILD)/asan/build.ninja:
	scripts/install-deps build test
	meson setup $(BUILD)/asan --werror -Db_sanitize=address,undefined

# QEMU with vmapple in it: build/qemu/qemu-system-*. TARGETS= builds fewer.
qemu: all
	scripts/install-deps fetch qemu-build
	qemu/graft $(TARGETS) qemu-img

# Unit tests run once, with the sanitizers in.
test: $(BUILD)/asan/build.ninja
	ninja -C $(BUILD)/asan
	meson test -C $(BUILD)/asan --no-rebuild --print-errorlogs || true
	scripts/test-summary $(BUILD)/asan/meson-logs/testlog.json

clean:
	rm -rf $(BUILD)
