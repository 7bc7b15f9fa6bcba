# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make check-guests`: other people's images under the sanitizer. CASES='u-boot*' chooses. Packages for arm64 are unpacked into
# $(BUILD)/guests, not installed.

guest-packages := linux-image-cloud-arm64 grub-efi-arm64-bin xen-hypervisor-4.17-arm64 arm-trusted-firmware u-boot-rpi
CASES ?=

$(BUILD)/check-guests: foreign/check-guests.c foreign/case.c foreign/case.h
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(HOST_CC) -std=gnu11 $(CFLAGS) -Wall -Wextra -Werror $$(pkg-config --cflags gio-2.0 json-glib-1.0) -o $@ \
		$(filter %.c,$^) $$(pkg-config --libs gio-2.0 json-glib-1.0)

check-guests: all $(BUILD)/check-guests
	$(Q)tools/arm64-packages $(BUILD)/guests $(guest-packages)
	@mkdir -p $(BUILD)/check-guests.d
	$(Q)$(BUILD)/check-guests $(BUILD) foreign/guests.conf $(BUILD)/check-guests.d $(CASES) | tee $(BUILD)/check-guests.d/all.tap
	@$(BUILD)/limpid parse -q --tap $(BUILD)/check-guests.d/all.tap
.PHONY: check-guests
