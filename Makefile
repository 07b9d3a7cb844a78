# SPDX-License-Identifier: MIT
# A thin front: every target is one line of meson, ninja or a script, and can be run by hand.

BUILD := build
PREFIX := /usr/local
TARGETS := qemu-system-aarch64 qemu-system-x86_64
QTESTS := $(patsubst qemu/tests/qtest/%.c,%,$(wildcard qemu/tests/qtest/*-test.c))
# As QEMU's build names them: all on arm64, those of PCI devices also on a PC.
QTEST_RUNS := $(QTESTS:%=qtest-aarch64/%) \
    $(patsubst %,qtest-x86_64/%,$(filter %-pci-test,$(QTESTS)))

.PHONY: all qemu run screenshots test test-qemu-asan test-long fuzz bench install deb clean

all: $(BUILD)/release/build.ninja
	ninja -C $(BUILD)/release
	ln -sf release/tools/pvg-air release/tools/pvg-metallib $(BUILD)/

$(BUILD)/release/build.ninja:
	scripts/install-deps build test guest
	meson setup $(BUILD)/release

$(BUILD)/asan/build.ninja:
	scripts/install-deps build test guest
	meson setup $(BUILD)/asan --werror -Db_sanitize=address,undefined

# Fuzzers want clang's instrumentation in all they test.
$(BUILD)/fuzz/build.ninja:
	scripts/install-deps build test
	CC=clang-19 meson setup $(BUILD)/fuzz -Dfuzzers=true -Db_sanitize=address,undefined -Db_lundef=false

# QEMU with vmapple in it: build/qemu/qemu-system-*. TARGETS= builds fewer.
qemu: all
	scripts/install-deps fetch qemu-build
	qemu/graft $(TARGETS) qemu-img

# Boots stock Linux on -M vmapple and shows what it finds and draws; GUEST=x86: on a PC with
# apple-gfx-pci. RUN= gives options: docs/run.md.
run:
	$(MAKE) qemu TARGETS=$(if $(filter x86,$(GUEST)),qemu-system-x86_64,qemu-system-aarch64)
	scripts/run $(if $(filter x86,$(GUEST)),--board q35) $(RUN)

# Makes the pictures of the documentation anew.
screenshots: qemu
	scripts/screenshots

# Unit tests run with the sanitizers in; whole machines run in the QEMU that users run, and shaders
# in the compiler that users run. What tests read is no part of "all" for newer mesons.
test: qemu $(BUILD)/asan/build.ninja $(BUILD)/fuzz/build.ninja
	ninja -C $(BUILD)/asan all meson-test-prereq
	ninja -C $(BUILD)/release meson-test-prereq
	meson test -C $(BUILD)/asan --no-rebuild --print-errorlogs --no-suite long || true
	meson test -C $(BUILD)/release --no-rebuild --print-errorlogs --suite shader || true
	ninja -C $(BUILD)/fuzz fuzzers
	meson test -C $(BUILD)/fuzz --no-rebuild --print-errorlogs --suite fuzz || true
	qemu/graft $(QTESTS:%=tests/qtest/%)
	$(BUILD)/qemu/pyvenv/bin/meson test -C $(BUILD)/qemu --no-rebuild --print-errorlogs \
	    $(QTEST_RUNS) || true
	scripts/test-summary $(BUILD)/asan/meson-logs/testlog.json \
	    $(BUILD)/release/meson-logs/testlog.json $(BUILD)/fuzz/meson-logs/testlog.json \
	    $(BUILD)/qemu/meson-logs/testlog.json

# The qtests in a QEMU whose part of ours has the sanitizers in: wrong accesses, and what is leaked.
# Without a GPU: what Vulkan drivers keep cannot be told apart once they are unloaded.
ASAN_REPORTS = $(abspath $(BUILD))/qemu-asan/reports
test-qemu-asan: $(BUILD)/asan/build.ninja
	scripts/install-deps fetch qemu-build
	ninja -C $(BUILD)/asan
	QEMU_SANITIZE=1 qemu/graft $(TARGETS) qemu-img $(QTESTS:%=tests/qtest/%)
	rm -f $(ASAN_REPORTS).*
	VK_DRIVER_FILES=/dev/null VK_ICD_FILENAMES=/dev/null ASAN_OPTIONS=log_path=$(ASAN_REPORTS) \
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:log_path=$(ASAN_REPORTS) \
	$(BUILD)/qemu-asan/pyvenv/bin/meson test -C $(BUILD)/qemu-asan --no-rebuild --print-errorlogs \
	    --timeout-multiplier 5 $(QTEST_RUNS) || \
	    { cat $$(grep -lE 'ERROR: |runtime error' $(ASAN_REPORTS).*); exit 1; }

# KVM's code in an emulated arm64 host: a quarter of an hour to build, minutes to run.
test-long: qemu test-qemu-asan
	qemu/cross-arm64
	ninja -C $(BUILD)/asan all meson-test-prereq
	meson test -C $(BUILD)/asan --no-rebuild --print-errorlogs --suite long

# Every fuzzer, one after another, on what earlier runs have found; FUZZ= picks some.
FUZZ_SECONDS := 300
fuzz: $(BUILD)/fuzz/build.ninja
	ninja -C $(BUILD)/fuzz fuzzers
	scripts/fuzz --seconds $(FUZZ_SECONDS) $(FUZZ)

# Measures against the goals; BENCH= picks parts (platform, device, shader, gpu, vfio_user).
bench: qemu
	bench/run $(BENCH)

# docs/install.md
install: qemu
	scripts/install $(DESTDIR)$(PREFIX)

deb: qemu
	packaging/debian/build

clean:
	rm -rf $(BUILD)
