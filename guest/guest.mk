# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest image and the kit to build other images, once with GCC and once with clang and lld.
#
#   $(BUILD)/arm64/limpid.img          the image: arm64 Image and UEFI application in one
#   $(BUILD)/arm64/limpid.elf          the same with symbols: what `limpid` reads
#   $(BUILD)/arm64/sdk/                what `limpid build` uses
#   $(BUILD)/arm64-clang/...           the same by clang and lld

guest-sources := $(wildcard guest/core/*.c guest/firmware/*.c guest/boot/*.c guest/mmu/*.c guest/irq/*.c guest/dev/*.c \
	guest/arch/arm64/*.c guest/arch/arm64/*.S)
test-sources := $(wildcard tests/*.c tests/*.S)

guest-includes := -Iguest/include -Iguest/arch/arm64/include
# Without optimizations that a debugger or a stack trace would have to guess around: frame pointers, no tail calls. Nothing may
# use SIMD registers or unaligned accesses, which fault while the MMU is off; X18 is the platform's.
guest-cflags := -std=gnu11 -O2 -g -ffreestanding -fpie -fvisibility=hidden -mgeneral-regs-only -mstrict-align -mno-outline-atomics \
	-ffixed-x18 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fno-common -fno-strict-aliasing -fshort-wchar -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wvla
guest-ldflags := -pie --no-dynamic-linker -Bsymbolic -znorelro -zmax-page-size=4096 -znotext --build-id=none --hash-style=sysv

# $(1): directory below $(BUILD), $(2): compiler, $(3): linker, $(4): objcopy, $(5): flags of this compiler alone
define guest-toolchain
$(1)-objects := $$(patsubst %,$(BUILD)/$(1)/obj/%.o,$(guest-sources))
$(1)-tests := $$(patsubst %,$(BUILD)/$(1)/obj/%.o,$(test-sources))

$(BUILD)/$(1)/obj/%.c.o: %.c guest/guest.mk
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$(2) $(5) $(guest-cflags) -mcmodel=small -Werror $(guest-includes) -DLIMPID_VERSION='"$(VERSION)"' -MMD -MP -c -o $$@ $$<

$(BUILD)/$(1)/obj/%.S.o: %.S guest/guest.mk
	@mkdir -p $$(@D)
	$$(call say,AS,$$@)
	$$(Q)$(2) $(5) -g -march=armv8-a -Iguest/arch/arm64 -MMD -MP -c -o $$@ $$<

$(BUILD)/$(1)/limpid.elf: $$($(1)-objects) $$($(1)-tests) guest/arch/arm64/image.lds
	$$(call say,LD,$$@)
	$$(Q)$(3) $(guest-ldflags) -T guest/arch/arm64/image.lds -o $$@ $$($(1)-objects) $$($(1)-tests)

$(BUILD)/$(1)/limpid.img: $(BUILD)/$(1)/limpid.elf
	$$(call say,OBJCOPY,$$@)
	$$(Q)$(4) -O binary $$< $$@

-include $$($(1)-objects:.o=.d) $$($(1)-tests:.o=.d)
endef

CROSS_COMPILE ?= aarch64-linux-gnu-
$(eval $(call guest-toolchain,arm64,$(CROSS_COMPILE)gcc,$(CROSS_COMPILE)ld,$(CROSS_COMPILE)objcopy,-march=armv8-a))
CLANG ?= clang
LLD ?= ld.lld
LLVM_OBJCOPY ?= llvm-objcopy
$(eval $(call guest-toolchain,arm64-clang,$(CLANG),$(LLD),$(LLVM_OBJCOPY),--target=aarch64-none-elf -march=armv8-a))

comma := ,
# The kit: as files, so that the command needs to know nothing of compilers.
sdk := $(BUILD)/arm64/sdk
$(sdk)/.stamp: $(arm64-objects) guest/arch/arm64/image.lds guest/guest.mk \
	$(shell find guest/include guest/arch/arm64/include -name '*.h')
	$(call say,SDK,$(sdk))
	$(Q)rm -rf $(sdk) && mkdir -p $(sdk)/include
	$(Q)cp -r guest/include/limpid guest/arch/arm64/include/arch $(sdk)/include/
	$(Q)cp guest/arch/arm64/image.lds $(sdk)/limpid.lds
	$(Q)$(CROSS_COMPILE)ar rcs $(sdk)/liblimpid.a $(arm64-objects)
	$(Q)printf '%s\n' -march=armv8-a $(guest-cflags) > $(sdk)/cflags
	$(Q)printf '%s\n' -nostdlib $(addprefix -Wl$(comma),$(guest-ldflags)) > $(sdk)/ldflags
	@touch $@

guest: $(BUILD)/arm64/limpid.img $(BUILD)/arm64-clang/limpid.img $(sdk)/.stamp
.PHONY: guest
