# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make check-guests`: other people's images under the sanitizer. CASES='u-boot*' chooses. Packages for arm64 are unpacked into
# $(BUILD)/guests, not installed.

guest-packages := linux-image-cloud-arm64 busybox-static grub-efi-arm64-bin xen-hypervisor-4.17-arm64 arm-trusted-firmware u-boot-rpi
CASES ?=

$(BUILD)/check-guests: foreign/check-guests.c foreign/case.c foreign/cpio.c foreign/case.h foreign/cpio.h
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(HOST_CC) -std=gnu11 $(CFLAGS) -Wall -Wextra -Werror $$(pkg-config --cflags gio-2.0 json-glib-1.0) -o $@ \
		$(filter %.c,$^) $$(pkg-config --libs gio-2.0 json-glib-1.0)

# A program for Linux in the guest; not a part of limpid's own image.
$(BUILD)/exercise: foreign/exercise.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)aarch64-linux-gnu-gcc -std=gnu11 -O2 -Wall -Wextra -Werror -ffreestanding -nostdlib -static -o $@ $<

check-guests: all $(BUILD)/check-guests $(BUILD)/exercise
	$(Q)tools/arm64-packages $(BUILD)/guests $(guest-packages)
	@mkdir -p $(BUILD)/check-guests.d
	$(Q)$(BUILD)/check-guests $(BUILD) foreign/guests.conf $(BUILD)/check-guests.d $(CASES) | tee $(BUILD)/check-guests.d/all.tap
	@$(BUILD)/limpid parse -q --tap $(BUILD)/check-guests.d/all.tap
.PHONY: check-guests
