# SPDX-License-Identifier: GPL-2.0-or-later
#
# The coherence model, its oracle and their tests.
#
#   $(BUILD)/sanitizer/libmodel.a    the model, position independent: the plugin links it
#   $(BUILD)/sanitizer/oracle        compares it with a machine with caches, for every small program
#   host-tests                       the test programs
#   fuzz-tests, fuzz-targets         the fuzzer of the event log
#   make oracle                      the whole comparison: less than an hour on one core

san := $(BUILD)/sanitizer
HOST_CC ?= gcc
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 10
FUZZ_RUNS ?= 20000

model-sources := $(wildcard sanitizer/model/*.c)
san-warnings := -std=gnu11 -Wall -Wextra -Werror -Wshadow -fvisibility=hidden
# Two stores and one load of both, which that makes of copied structures, is what processors wait for.
san-cflags := $(san-warnings) -fPIC -fno-tree-slp-vectorize
# Checked builds keep their own objects: the library must be fast.
san-check-cflags := $(san-warnings) -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
san-glib-cflags = $(shell pkg-config --cflags glib-2.0)
san-glib-libs = $(shell pkg-config --libs glib-2.0)

model-objects := $(patsubst sanitizer/%.c,$(san)/obj/%.o,$(model-sources))
oracle-objects := $(patsubst %,$(san)/obj/oracle/%.o,caches fetch fetch_search judge reached search \
	translation translation_search)

$(san)/obj/%.o: sanitizer/%.c sanitizer/sanitizer.mk
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(HOST_CC) $(CFLAGS) $(san-cflags) $(if $(findstring test,$(notdir $<)),$(san-glib-cflags)) -MMD -MP -c -o $@ $<

$(san)/libmodel.a: $(model-objects)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(san)/oracle: $(san)/obj/oracle/main.o $(oracle-objects) $(san)/libmodel.a
	$(call say,LD,$@)
	$(Q)$(HOST_CC) $(CFLAGS) -o $@ $^

$(san)/test-oracle: $(san)/obj/oracle/test_oracle.o $(oracle-objects) $(san)/libmodel.a
	$(call say,LD,$@)
	$(Q)$(HOST_CC) $(CFLAGS) -o $@ $^ $(san-glib-libs)

$(san)/test-inject: $(san)/obj/inject/test_inject.o $(san)/obj/inject/hardware.o $(san)/obj/inject/address.o $(oracle-objects) \
		$(san)/libmodel.a
	$(call say,LD,$@)
	$(Q)$(HOST_CC) $(CFLAGS) -o $@ $^ $(san-glib-libs)

.PHONY: oracle
oracle: $(san)/oracle
	$(Q)$< --full

# The tests of the model run under AddressSanitizer and UndefinedBehaviorSanitizer.
$(san)/check/%.o: sanitizer/%.c sanitizer/sanitizer.mk
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(HOST_CC) $(san-check-cflags) $(if $(findstring tests/,$<),$(san-glib-cflags)) -MMD -MP -c -o $@ $<

model-tests := $(patsubst sanitizer/model/tests/test_%.c,$(san)/test-%,$(wildcard sanitizer/model/tests/test_*.c))

$(model-tests): $(san)/test-%: $(san)/check/model/tests/test_%.o $(san)/check/model/tests/script.o \
		$(patsubst sanitizer/%.c,$(san)/check/%.o,$(model-sources))
	$(call say,LD,$@)
	$(Q)$(HOST_CC) $(san-check-cflags) -o $@ $^ $(san-glib-libs)

host-tests += $(model-tests) $(san)/test-oracle $(san)/test-inject

# The event log is read from files that people send: it must survive any bytes.
$(san)/fuzz/%.o: sanitizer/%.c sanitizer/sanitizer.mk
	@mkdir -p $(@D)
	$(call say,FUZZCC,$@)
	$(Q)$(FUZZ_CC) $(san-check-cflags) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(san)/fuzz-log: $(san)/fuzz/model/tests/fuzz_log.o $(patsubst sanitizer/%.c,$(san)/fuzz/%.o,$(model-sources))
	$(call say,FUZZLD,$@)
	$(Q)$(FUZZ_CC) $(san-check-cflags) -fsanitize=fuzzer -o $@ $^

# Seeds: what the tests of the log write.
$(san)/seeds/.stamp: $(san)/test-log
	$(call say,SEEDS,$(@D))
	$(Q)rm -rf $(@D) && mkdir -p $(@D) && $< --write-seeds $(@D) && touch $@

.PHONY: fuzz fuzz-run-log
fuzz-tests += $(san)/check_fuzz_log
fuzz-targets += fuzz-run-log

# A program that runs a fixed number of inputs from a fixed seed, and prints TAP.
$(san)/check_fuzz_log: $(san)/fuzz-log $(san)/seeds/.stamp sanitizer/sanitizer.mk
	$(call say,GEN,$@)
	@mkdir -p $(san)/crashes
	$(Q){ echo '#!/bin/sh'; echo 'echo 1..1'; echo 'rm -rf $(san)/scratch && mkdir -p $(san)/scratch'; \
		echo 'if $< -seed=1 -runs=$(FUZZ_RUNS) -timeout=10 -artifact_prefix=$(san)/crashes/ $(san)/scratch $(san)/seeds \'; \
		echo '	>$(san)/crashes/log 2>&1'; \
		echo 'then echo "ok 1 fuzz_log"'; \
		echo 'else sed "s/^/# /" $(san)/crashes/log | tail -n 60; echo "not ok 1 fuzz_log"; exit 1'; \
		echo 'fi'; } >$@ && chmod +x $@

fuzz-run-log: $(san)/fuzz-log $(san)/seeds/.stamp
	@mkdir -p $(san)/crashes $(san)/corpus
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -print_final_stats=1 -artifact_prefix=$(san)/crashes/ \
		$(san)/corpus $(san)/seeds

fuzz: fuzz-run-log

-include $(wildcard $(san)/obj/*/*.d $(san)/check/*/*.d $(san)/check/*/*/*.d $(san)/fuzz/*/*.d $(san)/fuzz/*/*/*.d)
