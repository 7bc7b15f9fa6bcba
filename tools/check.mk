# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make check`: every step writes TAP to a file of its own, and in the end the command itself judges them all: a step that died
# has a truncated plan, which is an error. The last line is the command's: "N passed, N failed".

check-dir := $(BUILD)/check
limpid := $(BUILD)/limpid

# The profiles of limpid.conf that boot the image every way there is.
matrix := $(shell sed -n 's/^\[profile \(.*\)\]$$/\1/p' limpid.conf)

docs-pages := README.md $(wildcard docs/*.md docs/*/*.md)

$(BUILD)/doccheck: tools/doccheck.c
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(HOST_CC) -std=gnu11 $(CFLAGS) -Wall -Wextra -Werror $$(pkg-config --cflags gio-2.0) -o $@ $< \
		$$(pkg-config --libs gio-2.0)

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

check-run:
	$(foreach test,$(host-tests),$(call check-host,$(test)))
	$(foreach fuzzer,$(fuzz-tests),$(call check-host,$(fuzzer)))
	@printf '  CHECK   the suite, a machine for each test\n'
	@$(limpid) run --tap $(check-dir)/suite.tap || true
	@printf '  CHECK   every way to boot\n'
	@$(limpid) run $(matrix:%=--profile %) --tap $(check-dir)/matrix.tap || true
	@printf '  CHECK   the image of clang and lld\n'
	@$(limpid) run --image $(BUILD)/arm64-clang/limpid.elf --profile direct --profile edk2 --tap $(check-dir)/clang.tap || true
	@printf '  CHECK   the examples of the documents\n'
	@$(BUILD)/doccheck $(BUILD) $(docs-pages) >$(check-dir)/docs.tap || true
	@$(limpid) parse --tap $(check-dir)/*.tap
.PHONY: check-run
