# SPDX-License-Identifier: GPL-2.0-or-later
#
# The plugin: QEMU's side and the model in one shared object, and the test of the parts that need no QEMU.

plugin := $(BUILD)/sanitizer/liblimpid-check.so
plugin-sources := $(filter-out %/qemu_test.c,$(wildcard sanitizer/qemu/*.c))
plugin-objects := $(plugin-sources:sanitizer/%.c=$(BUILD)/sanitizer/plugin/%.o) $(BUILD)/sanitizer/plugin/inject/hardware.o \
	$(BUILD)/sanitizer/plugin/inject/address.o
plugin-flags := -std=gnu11 $(CFLAGS) -fPIC -fvisibility=hidden -Wall -Wextra -Werror -Isanitizer -MMD -MP

$(BUILD)/sanitizer/plugin/%.o: sanitizer/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(HOST_CC) $(plugin-flags) -c -o $@ $<

# Branches by the size of an access are foreseen; a jump through a table is not.
$(BUILD)/sanitizer/plugin/qemu/access.o: plugin-flags += -fno-jump-tables

# GLib's functions are those that QEMU has loaded.
$(plugin): $(plugin-objects) $(san)/libmodel.a
	$(call say,LD,$@)
	$(Q)$(HOST_CC) -shared -o $@ $^

-include $(plugin-objects:.o=.d)

plugin: $(plugin)
.PHONY: plugin
all: $(plugin)

qemu-test := $(BUILD)/sanitizer/qemu_test
qemu-test-objects := $(patsubst %,$(BUILD)/sanitizer/plugin/%.o,qemu/qemu_test qemu/decode qemu/depend qemu/translate qemu/stage2 qemu/tables \
	qemu/cmdline qemu/gic)

$(qemu-test): $(qemu-test-objects)
	$(call say,LD,$@)
	$(Q)$(HOST_CC) -o $@ $^

-include $(BUILD)/sanitizer/plugin/qemu/qemu_test.d

host-tests += $(qemu-test)
