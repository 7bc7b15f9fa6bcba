# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make check`: every step writes TAP to a file of its own, and in the end the command itself judges them all: a step that died
# has a truncated plan, which is an error. The last line is the command's: "N passed, N failed".

check-dir := $(BUILD)/check
limpid := $(BUILD)/limpid

# The profiles of limpid.conf that boot the image every way there is.
matrix := $(shell sed -n 's/^\[profile \(.*\)\]$$/\1/p' limpid.conf)

docs-pages := README.md $(wildcard docs/*.md docs/*/*.md)

$(BUILD)/doccheck $(BUILD)/layers: $(BUILD)/%: tools/%.c
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(HOST_CC) -std=gnu11 $(CFLAGS) -Wall -Wextra -Werror $$(pkg-config --cflags gio-2.0) -o $@ $< \
		$$(pkg-config --libs gio-2.0)

host-tests += $(BUILD)/layers

check-build: all $(host-tests) $(fuzz-tests) $(BUILD)/doccheck $(BUILD)/bench/bench
.PHONY: check-build

check: bootstrap
	@rm -rf $(check-dir) && mkdir -p $(check-dir)
	@$(MAKE) -j$$(nproc) check-build
	@$(MAKE) check-run
.PHONY: check

# One host test or fuzzer: $(1) is the program, and its name names the file.
define check-host
	@printf '  CHECK   %s\n' $(1)
	@$(1) >$(check-dir)/$(subst /,-,$(patsubst $(BUILD)/%,%,$(1))).tap || true

endef

# A run of the command: $(1) names it, $(2) are its arguments. When it does not come as far as writing its file, what stands there
# says so.
define check-suite
	@printf '  CHECK   %s\n' '$(1)'
	@echo 'Bail out! $(1) did not run' >$(check-dir)/$(1).tap
	@$(limpid) run -q $(2) --tap $(check-dir)/$(1).tap || true

endef

check-run:
	$(foreach test,$(host-tests),$(call check-host,$(test)))
	$(foreach fuzzer,$(fuzz-tests),$(call check-host,$(fuzzer)))
	$(call check-suite,suite)
	$(call check-suite,matrix,$(matrix:%=--profile %))
	$(call check-suite,clang,--image $(BUILD)/arm64-clang/limpid.elf --profile cortex-a57 --profile edk2-acpi --profile u-boot-booti)
	@printf '  CHECK   documents\n'
	@$(BUILD)/doccheck $(BUILD) $(docs-pages) >$(check-dir)/documents.tap || true
	@$(limpid) parse -q --tap $(check-dir)/*.tap
.PHONY: check-run
