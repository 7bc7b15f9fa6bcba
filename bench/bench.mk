# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make bench` prints one "name value" a line.

$(BUILD)/bench/bench: bench/bench.c bench/bench.mk
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(HOST_CC) -std=gnu11 $(CFLAGS) -Wall -Wextra -Werror $$(pkg-config --cflags gio-2.0) -o $@ $< \
		$$(pkg-config --libs gio-2.0)

$(BUILD)/bench/empty.img: bench/empty.S bench/bench.mk
	@mkdir -p $(@D)
	$(call say,AS,$@)
	$(Q)$(CROSS_COMPILE)gcc -c -o $(@:.img=.o) $<
	$(Q)$(CROSS_COMPILE)objcopy -O binary -j .head $(@:.img=.o) $@

$(BUILD)/bench/bench-sanitizer: bench/sanitizer.c bench/bench.mk
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(HOST_CC) -std=gnu11 $(CFLAGS) -Wall -Wextra -Werror $$(pkg-config --cflags glib-2.0) -o $@ $< \
		$$(pkg-config --libs glib-2.0)

$(BUILD)/bench/empty_callback.so: bench/empty_callback.c sanitizer/qemu/qemu_api.h bench/bench.mk
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(HOST_CC) -std=gnu11 $(CFLAGS) -fPIC -shared -Wall -Wextra -Werror -Isanitizer -o $@ $<

bench-suites: all $(BUILD)/bench/bench $(BUILD)/bench/empty.img
	$(Q)$(BUILD)/bench/bench $(BUILD)/limpid $(BUILD)/bench/empty.img $(BENCH_ROUNDS)

# Debian's kernel: fetched once, no network when it is there.
bench-sanitizer: all $(BUILD)/bench/bench-sanitizer $(BUILD)/bench/empty_callback.so
	$(Q)tools/arm64-packages $(BUILD)/guests linux-image-cloud-arm64
	$(Q)$(BUILD)/bench/bench-sanitizer $(BUILD)/guests/root/boot/vmlinuz-* $(plugin) $(BUILD)/bench/empty_callback.so \
		$(BENCH_ROUNDS)

bench: bench-suites
	$(Q)$(MAKE) -s bench-sanitizer
.PHONY: bench bench-suites bench-sanitizer
