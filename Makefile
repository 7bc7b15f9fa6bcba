# SPDX-License-Identifier: GPL-2.0-or-later
VERSION := 0.1.0
BUILD ?= build
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
MAKEFLAGS += --no-builtin-rules

# V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-8s%s\n' $(1) $(2))

all:
.PHONY: all

include guest/guest.mk
-include cli/cli.mk
-include guest/arch/fake/fake.mk
all: guest
