# SPDX-License-Identifier: GPL-2.0-or-later
#
# The host command, and its tests: programs that print TAP.
#
#   $(BUILD)/limpid          the command
#   host-tests               the test programs

cli-packages := glib-2.0 gio-unix-2.0 json-glib-1.0 libdw libelf
cli-cflags := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror $(shell { pkg-config --cflags $(cli-packages); } 2>/dev/null) \
	-DLIMPID_VERSION='"$(VERSION)"' -DLIMPID_PREFIX='"$(PREFIX)"'
cli-libs := $(shell { pkg-config --libs $(cli-packages); } 2>/dev/null)
cli-objects := $(patsubst cli/%.c,$(BUILD)/cli/%.o,$(filter-out cli/replay.c,$(wildcard cli/*.c))) $(BUILD)/cli/model.o \
	$(patsubst %,$(BUILD)/sanitizer/obj/oracle/%.o,explore machine order)
# What the tests link with: everything but main().
cli-pieces := $(filter-out $(BUILD)/cli/main.o,$(cli-objects))
cli-tests := $(patsubst cli/tests/%.c,$(BUILD)/cli/tests/%,$(wildcard cli/tests/test-*.c))

all: $(BUILD)/limpid
host-tests += $(cli-tests)

$(BUILD)/limpid: $(cli-objects)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(cli-objects) $(cli-libs)

$(BUILD)/cli/%.o: cli/%.c cli/cli.mk
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(cli-cflags) -MMD -MP -c -o $@ $<

# replay.c and the sanitizer's model as one object, in which the model's names are hidden: it has its own struct findings.
$(BUILD)/cli/model.o: $(BUILD)/cli/replay.o $(BUILD)/sanitizer/plugin/inject/hardware.o $(BUILD)/sanitizer/libmodel.a
	$(call say,LD,$@)
	$(Q)$(CC) -r -nostdlib -o $@ $^
	$(Q)objcopy --localize-hidden $@

cli-fixture := $(BUILD)/cli/tests/fixture.o $(BUILD)/cli/tests/command.o
$(cli-tests): $(BUILD)/cli/tests/%: $(BUILD)/cli/tests/%.o $(cli-fixture) $(cli-pieces)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(cli-fixture) $(cli-pieces) $(cli-libs)

# This one reads the image.
$(BUILD)/cli/tests/test-rules: | $(BUILD)/arm64/limpid.elf

# The end-to-end tests call the command, with this for a QEMU.
$(BUILD)/cli/tests/test-end-to-end $(BUILD)/cli/tests/test-sanitizer $(BUILD)/cli/tests/test-vmm: | $(BUILD)/limpid $(BUILD)/cli/tests/fake-qemu
$(BUILD)/cli/tests/fake-qemu: $(BUILD)/cli/tests/fake-qemu.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $<

-include $(wildcard $(BUILD)/cli/*.d $(BUILD)/cli/tests/*.d)
