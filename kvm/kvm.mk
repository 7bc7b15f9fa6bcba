# SPDX-License-Identifier: GPL-2.0-or-later
#
# KVM on a computer without: a QEMU that runs its guests under KVM in an emulated host.
#
#   make kvm          builds it: build/kvm/qemu, for `limpid run --accel kvm --qemu build/kvm/qemu`
#   make check-kvm    the suite in KVM guests, with a GICv3 and a GICv2, KVM with VHE and without

kvm-dir := $(BUILD)/kvm
kvm-packages := busybox-static qemu-system-arm linux-image-cloud-arm64
kvm-cflags := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror
kvm-files := $(addprefix $(kvm-dir)/,qemu initramfs.cpio vmlinuz)

kvm: $(kvm-files)
.PHONY: kvm

$(kvm-dir)/%.o: kvm/%.c kvm/cpio.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS) $(kvm-cflags) $$(pkg-config --cflags gio-2.0 libelf) -c -o $@ $<

$(kvm-dir)/qemu $(kvm-dir)/initramfs: $(kvm-dir)/%: $(kvm-dir)/%.o $(kvm-dir)/cpio.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs gio-2.0 libelf)

# Host's programs for arm64, without a C library: there is none for cross compilers here.
$(kvm-dir)/exit-status: kvm/exit-status.S
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)aarch64-linux-gnu-gcc -nostdlib -static -o $@ $<

# One QEMU inside and outside: where the release has an old one, the backports' as tools/bootstrap takes it.
$(kvm-dir)/packages/.stamp: tools/arm64-packages kvm/kvm.mk
	$(call say,FETCH,$@)
	$(Q)tools/arm64-packages --dependencies --backports $(kvm-dir)/packages $(kvm-packages)
	$(Q)touch $@

$(kvm-dir)/initramfs.cpio: $(kvm-dir)/packages/.stamp $(kvm-dir)/initramfs $(kvm-dir)/exit-status kvm/init
	$(call say,CPIO,$@)
	$(Q)$(kvm-dir)/initramfs $(kvm-dir)/packages/root $@ kvm/init $(kvm-dir)/exit-status

$(kvm-dir)/vmlinuz: $(kvm-dir)/packages/.stamp
	$(call say,COPY,$@)
	$(Q)cp $(kvm-dir)/packages/root/boot/vmlinuz-* $@

check-kvm: bootstrap
	@$(MAKE) all kvm
	$(BUILD)/limpid run --config kvm/limpid.conf --profile 'kvm-*' --qemu $(kvm-dir)/qemu
.PHONY: check-kvm
