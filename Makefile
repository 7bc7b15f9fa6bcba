# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make            builds the command and the guest images
#   make run        installs what is missing, builds, runs the suite by direct boot, under UEFI and under the sanitizer
#   make check      the same, then every test that there is; the last line counts them
#   make check-guests   other people's images under the sanitizer (foreign/guests.conf); CASES='u-boot*' chooses
#   make oracle     every small program: the sanitizer's model against a brute-force machine with caches
#   make golden     writes tests/golden anew: the sanitizer's reports of the deliberate mistakes
#   make mutate     every barrier and cache operation of the runtime removed in turn: who is caught
#   make bench      the measurements, one "name value" a line
#   make fuzz       feeds the readers of firmware's tables with garbage for FUZZ_SECONDS each
#   make install    DESTDIR= PREFIX=
#   make format     clang-format on all C
#
# V=1 shows the commands, BUILD=dir builds elsewhere.

VERSION := 0.1.0
BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
CFLAGS ?= -O2 -g
HOST_CC ?= gcc
MAKEFLAGS += --no-builtin-rules --no-print-directory
SHELL := /bin/sh

Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-8s%s\n' $(1) $(2))

all:
.PHONY: all

# Programs that print TAP: each part adds its own.
host-tests :=

include guest/guest.mk
include cli/cli.mk
include guest/arch/fake/fake.mk
include sanitizer/sanitizer.mk
include cli/litmus.mk
include sanitizer/qemu/qemu.mk
include bench/bench.mk
include kvm/kvm.mk
include foreign/foreign.mk
include tools/check.mk

all: $(BUILD)/limpid guest

# Everything is there, or apt installs it; when all is there this takes a moment and no network.
bootstrap:
	@tools/bootstrap
.PHONY: bootstrap

run: bootstrap
	@$(MAKE) all
	$(BUILD)/limpid run --profile direct --profile edk2
	$(BUILD)/limpid check --initial clean -q
	@echo 'And a deliberate mistake (docs/examples/mailbox.c), which passes without the sanitizer:'
	@$(BUILD)/limpid build docs/examples/mailbox.c -o $(BUILD)/mailbox.img
	$(BUILD)/limpid check --image $(BUILD)/mailbox.elf; test $$? = 6
.PHONY: run

format:
	clang-format -i $$(git ls-files '*.c' '*.h')
.PHONY: format

clean:
	rm -rf $(BUILD)
.PHONY: clean

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/limpid $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/doc/limpid
	install -m 755 $(BUILD)/limpid $(DESTDIR)$(PREFIX)/bin/limpid
	install -m 755 $(plugin) $(DESTDIR)$(PREFIX)/lib/limpid/
	install -m 644 $(BUILD)/arm64/limpid.elf $(BUILD)/arm64/limpid.img $(DESTDIR)$(PREFIX)/lib/limpid/
	cp -rT $(BUILD)/arm64/sdk $(DESTDIR)$(PREFIX)/lib/limpid/sdk
	rm -f $(DESTDIR)$(PREFIX)/lib/limpid/sdk/.stamp
	install -m 644 docs/reference/limpid.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 README.md CAVEATS.md $(DESTDIR)$(PREFIX)/share/doc/limpid/
.PHONY: install
