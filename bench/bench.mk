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

bench: all $(BUILD)/bench/bench $(BUILD)/bench/empty.img
	$(Q)$(BUILD)/bench/bench $(BUILD)/limpid $(BUILD)/bench/empty.img $(BENCH_ROUNDS)
.PHONY: bench
