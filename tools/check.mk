# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make check`: every step writes TAP to a file of its own, and in the end the command itself judges them all: a step that died
# has a truncated plan, which is an error. The last line is the command's: "N passed, N failed".

check-dir := $(BUILD)/check
limpid := $(BUILD)/limpid

# The profiles of limpid.conf that boot the image every way there is.
matrix := $(shell sed -n 's/^\[profile \(.*\)\]$$/\1/p' limpid.conf)

# Of them those that the sanitizer watches as well: a CPU, exception levels, granules, firmware. The twins make their mistakes in
# a machine each, which the run before has.
sanitizer-profiles := cortex-a57 cpus-8 el2 el2-no-vhe el2-to-el1 page-16k page-64k edk2-dt edk2-acpi edk2-el2 edk2-disk
without-twins := boot bti cache debug exceptions fp gic info irq litmus locks lse lse2 memory mmu mmu_switch mte pauth pci pmu \
	psci ras rng rtc sieve smccc smp timer virtio watchdog

# The ways to switch the MMU off that are right: by whatever the hardware does, so by a hundred seeds.
mmu-off-right := mmu_off.d_cvac mmu_off.e_clean_twice mmu_off.f_mmu_disable mmu_off.j_bounds_written_off mmu_off.l_bounds_before \
	mmu_off.d_cvac_2cpus_on mmu_off.e_clean_twice_2cpus_on mmu_off.l_bounds_before_2cpus_on mmu_off.f_mmu_disable_2cpus

docs-pages := README.md $(wildcard docs/*.md docs/*/*.md)

$(BUILD)/doccheck $(BUILD)/layers $(BUILD)/golden: $(BUILD)/%: tools/%.c
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(HOST_CC) -std=gnu11 $(CFLAGS) -Wall -Wextra -Werror $$(pkg-config --cflags gio-2.0) -o $@ $< \
		$$(pkg-config --libs gio-2.0)

host-tests += $(BUILD)/layers

# Every barrier, cache and TLB operation of the runtime taken out in turn: does the sanitizer notice? FUNCTIONS=name for
# those of some functions only.
$(BUILD)/mutate: tools/mutate.c
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(HOST_CC) -std=gnu11 $(CFLAGS) -Wall -Wextra -Werror $$(pkg-config --cflags gio-2.0) -o $@ $< \
		$$(pkg-config --libs gio-2.0)

# The sanitizer's reports of the deliberate mistakes, as they are kept in tests/golden.
golden: all $(BUILD)/golden
	$(Q)$(BUILD)/golden --update $(limpid) $(BUILD)/arm64/limpid.elf tests/golden
.PHONY: golden

mutate: all $(BUILD)/mutate
	$(Q)$(BUILD)/mutate $(limpid) $(BUILD)/arm64/limpid.elf $(BUILD)/mutants tools/mutants.conf $(FUNCTIONS)
.PHONY: mutate

# The page that lists the tests.
tests-page: all
	$(Q)$(limpid) list --markdown >docs/reference/tests.md
.PHONY: tests-page

# The page of the sanitizer's rules.
rules-page: $(limpid)
	$(Q)$(limpid) explain --markdown >docs/reference/rules.md
.PHONY: rules-page

check-build: all $(host-tests) $(fuzz-tests) $(BUILD)/doccheck $(BUILD)/bench/bench $(BUILD)/mutate \
	$(BUILD)/golden
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
	@$(limpid) $(2) -q --tap $(check-dir)/$(1).tap || true

endef

check-run:
	$(foreach test,$(host-tests),$(call check-host,$(test)))
	$(foreach fuzzer,$(fuzz-tests),$(call check-host,$(fuzzer)))
	$(call check-suite,suite,run)
	$(call check-suite,matrix,run --together $(matrix:%=--profile %))
	$(call check-suite,clang,run --image $(BUILD)/arm64-clang/limpid.elf --profile cortex-a57 --profile edk2-acpi \
		--profile u-boot-booti)
	$(call check-suite,sanitizer,check --initial clean)
	$(call check-suite,sanitizer-dma,check --initial clean --dma noncoherent dma.read_after_invalidate)
	$(call check-suite,sanitizer-zva,check --initial clean --cpu a64fx --trust-ids off 'bulk.*zva')
	@{ echo 1..1; $(limpid) check -q --initial clean --dma noncoherent dma.read_without_invalidate >/dev/null 2>&1; \
		test $$? = 6 || printf 'not '; echo 'ok 1 - a missing invalidate behind a transfer is found'; \
		} >$(check-dir)/sanitizer-dma-missing.tap
	$(call check-suite,sanitizer-boots,check --initial clean --together $(sanitizer-profiles:%=--profile %) $(without-twins) \
		$(mmu-off-right))
	$(call check-suite,sanitizer-u-boot,check --initial clean --suppress foreign/u-boot.supp --together --profile u-boot-efi \
		--profile u-boot-booti $(without-twins) $(mmu-off-right))
	@printf '  CHECK   golden\n'
	@$(BUILD)/golden $(limpid) $(BUILD)/arm64/limpid.elf tests/golden >$(check-dir)/golden.tap || true
	@printf '  CHECK   litmus\n'
	@$(limpid) litmus -q --tap $(check-dir)/litmus.tap litmus/*.litmus || true
	@printf '  CHECK   the page of tests\n'
	@echo 1..1 >$(check-dir)/tests-page.tap
	@if $(limpid) list --markdown | diff docs/reference/tests.md - | sed 's/^/# /' | grep -m 20 . >>$(check-dir)/tests-page.tap; \
		then echo 'not ok 1 docs/reference/tests.md: run make tests-page'; else echo 'ok 1 docs/reference/tests.md'; fi \
		>>$(check-dir)/tests-page.tap
	@printf '  CHECK   the page of rules\n'
	@echo 1..1 >$(check-dir)/rules-page.tap
	@if $(limpid) explain --markdown | diff docs/reference/rules.md - | sed 's/^/# /' | grep -m 20 . >>$(check-dir)/rules-page.tap; \
		then echo 'not ok 1 docs/reference/rules.md: run make rules-page'; else echo 'ok 1 docs/reference/rules.md'; fi \
		>>$(check-dir)/rules-page.tap
	@$(MAKE) check-inject
	@printf '  CHECK   documents\n'
	@$(BUILD)/doccheck $(BUILD) $(docs-pages) >$(check-dir)/documents.tap || true
	@$(limpid) parse -q --tap $(check-dir)/*.tap
.PHONY: check-run

# What the sanitizer calls wrong fails when the guest is given what hardware may give, and what it calls right does not. Under
# firmware: docs/explanation/mmu-off.md.
check-inject:
	@mkdir -p $(check-dir)
	$(call check-suite,inject-worst,check --inject worst)
	$(call check-suite,inject-worst-idc0,check --inject worst --cpu cortex-a57 'mmu_off.*')
	$(call check-suite,inject-seeds,check --inject random --repeat 100 --together mmu_switch $(mmu-off-right))
.PHONY: check-inject
