# SPDX-License-Identifier: Apache-2.0
#
# The one Makefile of parc. Sources are found by wildcard: src/LAYER/*.c (and one folder deeper),
# tests/unit/test_*.c, tests/support/*.c, tests/soak/*.c, bench/*.c, fuzz/fuzz_*.c. A folder that
# is not there is an empty one. Header dependencies come from the compiler (-MMD).
#
# One build is one variant (V), a compiler with its flags and a folder of its own:
#
#   gcc    build/         what users run         clang  build/clang/  the same, other compiler
#   O0     build/O0/      gcc, not optimised     clangO0  build/clangO0/  clang likewise
#   asan   build/asan/    address and undefined checks
#   fuzz   build/fuzz/    asan with coverage, for libFuzzer
#
## make run       install what is missing, build, run the daemon here with a small load; ONCE=1: end it
## make replay    the same, but replay a real log: table, build/report.html
## make check     install what is missing, build all variants, run every test; ONLY=text: some
## make           build build/parc, build/libparc.a and build/libparc.so.0
## make unit      unit and command line tests of the gcc variant alone, for the daily work
## make asan      the same with the address and undefined behaviour sanitizers
## make bench     run all benchmarks, write bench/results/DATE-COMMIT.md; REPEATS=5
## make fuzz      look for new crashes with every fuzzer; FUZZ_SECONDS=60 in all
## make soak      random fleets and faults under all invariants; SEED=1 SOAK_SECONDS=60
## make vm        the local engine on a virtual machine of version 2 control groups; installs qemu
## make browser   install chromium, load the HTML report in it, look for every chart
## make format    lay out all C files as .clang-format says
## make man       write the table of commands into docs/parc.1
## make install   PREFIX=/usr/local DESTDIR=: program, library, headers, man page, completion
## make clean     remove build/; with VERBOSE=1 any of these shows what it runs

V            ?= gcc
PREFIX       ?= /usr/local
FUZZ_SECONDS ?= 60
SOAK_SECONDS ?= 60
SEED         ?= 1
REPEATS      ?= 5
ONCE         ?=
ONLY         ?=
JOBS         ?= $(shell nproc)

VERSION := $(shell cat VERSION)
ABI     := 0

CC_gcc    := gcc
CC_clang  := clang
CC_O0     := gcc
CC_clangO0 := clang
CC_asan   := clang
CC_fuzz   := clang
DIR_gcc   := build
DIR_clang := build/clang
DIR_O0    := build/O0
DIR_clangO0 := build/clangO0
DIR_asan  := build/asan
DIR_fuzz  := build/fuzz

# -fwrapv: should an overflow slip through, it does the same with every compiler. The sanitizers
# report overflows only without it. gcc may assume that no function of the shared library is
# replaced at run time (clang does), so that calls inside it stay direct.
SANE       := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_gcc  := -O2 -fwrapv -fno-semantic-interposition
FLAGS_clang := -O2 -fwrapv
FLAGS_O0   := -O0 -fwrapv
FLAGS_clangO0 := $(FLAGS_O0)
FLAGS_asan := -O1 $(SANE)
FLAGS_fuzz := -O1 $(SANE) -fsanitize=fuzzer-no-link

ifeq ($(CC_$(V)),)
$(error V=$(V) is no variant; there are gcc, clang, O0, clangO0, asan and fuzz)
endif

DIR      := $(DIR_$(V))
COMPILER := $(CC_$(V))
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
CFLAGS   := -std=c17 -g -fPIC $(FLAGS_$(V)) $(WARNINGS)
CPPFLAGS := -D_GNU_SOURCE -Iinclude -Isrc -MMD -MP
LDFLAGS  := $(FLAGS_$(V))

# Looked up when used, as `make check` may only just have installed them.
PACKAGES     = yaml-0.1 jansson zlib liblzma sqlite3 libmicrohttpd gnutls libcurl nettle libcap-ng \
	ncursesw
PACKAGE_FLAGS = $(shell pkg-config --cflags $(PACKAGES))
PACKAGE_LIBS = $(shell pkg-config --libs $(PACKAGES))

SRC          := $(sort $(wildcard src/*/*.c src/*/*/*.c))
LIBRARY_SRC  := $(filter src/base/% src/core/%,$(SRC))
SUPPORT_SRC  := $(sort $(wildcard tests/support/*.c))
UNIT_SRC     := $(sort $(wildcard tests/unit/test_*.c))
SOAK_SRC     := $(sort $(wildcard tests/soak/*.c))
BENCH_SRC    := $(sort $(wildcard bench/*.c))
FUZZ_SRC     := $(sort $(wildcard fuzz/fuzz_*.c))
HEADERS      := $(sort $(wildcard include/parc/*.h))
STANDIN_SRC  := $(sort $(wildcard tests/standin/*.c))
ALL_C        := $(SRC) $(SUPPORT_SRC) $(UNIT_SRC) $(SOAK_SRC) $(BENCH_SRC) $(FUZZ_SRC) fuzz/replay.c

object        = $(patsubst %.c,$(DIR)/obj/%.o,$(1))
UNIT_BIN     := $(patsubst tests/unit/%.c,$(DIR)/tests/%,$(UNIT_SRC))
STANDIN_BIN  := $(patsubst tests/standin/%.c,$(DIR)/standin/%.so,$(STANDIN_SRC)) \
	$(if $(STANDIN_SRC),$(DIR)/standin/nvml_old.so)
BENCH_BIN    := $(patsubst bench/%.c,$(DIR)/bench/%,$(filter bench/bench_%,$(BENCH_SRC)))
FUZZ_BIN     := $(patsubst fuzz/%.c,$(DIR)/%,$(FUZZ_SRC))
REPLAY_BIN   := $(patsubst fuzz/fuzz_%.c,$(DIR)/replay_%,$(FUZZ_SRC))
SOAK_BIN     := $(if $(SOAK_SRC),$(DIR)/soak)

comma := ,
# Options to link one unit test with, for example to replace malloc in it.
LINK_test_allocation := -Wl,--wrap=malloc,--wrap=calloc,--wrap=aligned_alloc
LINK_test_jobs_memory := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
# What these write with the C library's calls goes through tests/support/faulty_calls.c.
LINK_FAULTY := $(addprefix -Wl$(comma)--wrap=,open openat close write pwrite ftruncate fsync fdatasync \
	rename renameat linkat unlink unlinkat)
LINK_test_daemon := $(LINK_FAULTY) -Wl,--wrap=engine_open_dry
LINK_test_sheet := $(LINK_FAULTY)
LINK_test_snapshot := $(LINK_FAULTY)
LINK_test_store := $(LINK_FAULTY)

MAKE_PARALLEL = $(MAKE) --no-print-directory $(quiet) $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))

# Each build step shows one line, with VERBOSE=1 its whole command.
ifdef VERBOSE
say =
quiet =
else
say = @echo '  $(V) $@';
quiet = --silent
endif

.PHONY: all program library tests benches soak-program fuzzers fuzz-replays run replay check check-build unit asan \
	bench fuzz soak vm format browser man install clean help deps
.SECONDARY:
.DELETE_ON_ERROR:

# ---- What is built

all: program library
program: $(DIR)/parc
library: $(DIR)/libparc.a $(DIR)/libparc.so.$(ABI)
tests: $(UNIT_BIN) $(STANDIN_BIN)
benches: $(BENCH_BIN)
soak-program: $(SOAK_BIN)
fuzzers: $(FUZZ_BIN)
fuzz-replays: $(REPLAY_BIN)

$(DIR)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(say)$(COMPILER) $(CFLAGS) $(CPPFLAGS) $(EXTRA_CPPFLAGS) $(PACKAGE_FLAGS) -c -o $@ $<

$(DIR)/obj/src/cli/cmd_version.o: VERSION
$(DIR)/obj/src/cli/cmd_version.o: EXTRA_CPPFLAGS := -DPARC_VERSION='"$(VERSION)"'

$(DIR)/obj/src/chip/catalogue_default.o: src/chip/catalogue.yaml
$(DIR)/obj/src/chip/catalogue_default.o: EXTRA_CPPFLAGS := -DCATALOGUE_YAML='"src/chip/catalogue.yaml"'

# The HTML report's style and script, joined and taken into the program with their hashes.
REPORT_CSS := src/sim/report/report.css
REPORT_JS  := $(addprefix src/sim/report/,words.js draw.js hover.js charts.js page.js)

$(DIR)/obj/report.css: $(REPORT_CSS)
$(DIR)/obj/report.js: $(REPORT_JS)
$(DIR)/obj/report.css $(DIR)/obj/report.js: Makefile
	@mkdir -p $(@D)
	$(say)cat $(filter-out Makefile,$^) >$@

$(DIR)/obj/src/sim/report_assets.o: $(DIR)/obj/report.css $(DIR)/obj/report.js tools/csp_hash.sh
$(DIR)/obj/src/sim/report_assets.o: EXTRA_CPPFLAGS = \
	-DREPORT_STYLE='"$(DIR)/obj/report.css"' -DREPORT_SCRIPT='"$(DIR)/obj/report.js"' \
	-DREPORT_STYLE_HASH='"$(shell tools/csp_hash.sh $(DIR)/obj/report.css)"' \
	-DREPORT_SCRIPT_HASH='"$(shell tools/csp_hash.sh $(DIR)/obj/report.js)"'

$(DIR)/obj/tests/%.o $(DIR)/obj/bench/%.o $(DIR)/obj/fuzz/%.o: EXTRA_CPPFLAGS := -Itests

$(DIR)/parc: $(call object,$(SRC))
	$(say)$(COMPILER) $(LDFLAGS) -o $@ $^ $(PACKAGE_LIBS)

# The library is the core and what it stands on. Only parc_* leaves it: the static one is a single
# object whose other names were made local, the shared one has a version script.
$(DIR)/obj/libparc.o: $(call object,$(LIBRARY_SRC))
	$(say)ld -r -o $@ $^
	@objcopy --wildcard --keep-global-symbol='parc_*' $@

$(DIR)/libparc.a: $(DIR)/obj/libparc.o
	@rm -f $@
	$(say)ar rcsD $@ $^

$(DIR)/libparc.so.$(ABI): $(call object,$(LIBRARY_SRC)) tools/libparc.map
	$(say)$(COMPILER) $(LDFLAGS) -shared -Wl,-soname,libparc.so.$(ABI) \
		-Wl,--version-script=tools/libparc.map -Wl,-z,defs -o $@ $(filter %.o,$^)

# Tests, benchmarks and fuzzers take what they need out of one archive of all layers.
$(DIR)/libtest.a: $(call object,$(filter-out src/cli/main.c,$(SRC)) $(SUPPORT_SRC))
	@rm -f $@
	$(say)ar rcsD $@ $^

$(DIR)/tests/%: $(DIR)/obj/tests/unit/%.o $(DIR)/libtest.a
	@mkdir -p $(@D)
	$(say)$(COMPILER) $(LDFLAGS) $(LINK_$*) -o $@ $^ -lcmocka $(PACKAGE_LIBS)

# Libraries that stand in for those of vendors; they are loaded at run time, as the real ones are.
$(DIR)/standin/nvml_old.so: EXTRA_CPPFLAGS := -DSTANDIN_OLD
$(DIR)/standin/nvml_old.so: tests/standin/nvml.c tests/standin/nvml_standin.h Makefile
	@mkdir -p $(@D)
	$(say)$(COMPILER) $(CFLAGS) $(CPPFLAGS) -MF $@.d $(EXTRA_CPPFLAGS) -Itests -shared -o $@ $<

# Loaded before everything else, by programs that have no sanitizer in them, too.
$(DIR)/standin/clock.so: CFLAGS := $(filter-out -fsanitize% -fno-sanitize%,$(CFLAGS))

$(DIR)/standin/%.so: tests/standin/%.c tests/standin/nvml_standin.h Makefile
	@mkdir -p $(@D)
	$(say)$(COMPILER) $(CFLAGS) $(CPPFLAGS) -MF $@.d -Itests -shared -o $@ $<

$(DIR)/bench/%: $(DIR)/obj/bench/%.o $(call object,$(filter-out bench/bench_%,$(BENCH_SRC))) \
		$(DIR)/libtest.a
	@mkdir -p $(@D)
	$(say)$(COMPILER) $(LDFLAGS) -o $@ $^ $(PACKAGE_LIBS)

$(DIR)/soak: $(call object,$(SOAK_SRC)) $(DIR)/libtest.a
	$(say)$(COMPILER) $(LDFLAGS) -o $@ $^ $(PACKAGE_LIBS)

$(DIR)/fuzz_%: $(DIR)/obj/fuzz/fuzz_%.o $(DIR)/libtest.a
	$(say)$(COMPILER) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(PACKAGE_LIBS)

# A fuzzer's inputs run once each need no libFuzzer, and so no build of their own.
$(DIR)/replay_%: $(DIR)/obj/fuzz/fuzz_%.o $(DIR)/obj/fuzz/replay.o $(DIR)/libtest.a
	$(say)$(COMPILER) $(LDFLAGS) -o $@ $^ $(PACKAGE_LIBS)

-include $(patsubst %.o,%.d,$(call object,$(ALL_C)))

# ---- What is run

deps:
	@tools/deps.sh check

run:
	@tools/deps.sh run
	@+$(MAKE_PARALLEL) all
	@tools/run.sh $(if $(ONCE),--once)

replay:
	@tools/deps.sh run
	@+$(MAKE_PARALLEL) all
	@tools/replay.sh

check: deps
	@+$(MAKE_PARALLEL) check-build || { echo "0 passed, 1 failed"; exit 1; }
	@ONLY='$(ONLY)' JOBS=$(JOBS) tools/check.sh

check-build:
	@$(MAKE) --no-print-directory $(quiet) V=gcc all tests benches soak-program
	@$(MAKE) --no-print-directory $(quiet) V=asan program tests soak-program fuzz-replays
	@$(MAKE) --no-print-directory $(quiet) V=clang program
	@$(MAKE) --no-print-directory $(quiet) V=O0 program
	@$(MAKE) --no-print-directory $(quiet) V=clangO0 program

unit: deps
	@+$(MAKE_PARALLEL) V=gcc all tests
	@ONLY=/gcc/ JOBS=$(JOBS) tools/check.sh

asan: deps
	@+$(MAKE_PARALLEL) V=asan program tests
	@ONLY=/asan/ JOBS=$(JOBS) tools/check.sh

bench: deps
	@+$(MAKE_PARALLEL) V=gcc all benches
	@REPEATS=$(REPEATS) tools/bench.sh

fuzz: deps
	@+$(MAKE_PARALLEL) V=fuzz fuzzers
	@tools/fuzz.sh hunt $(FUZZ_SECONDS)

soak: deps
	@+$(MAKE_PARALLEL) V=gcc soak-program
	build/soak --seed $(SEED) --seconds $(SOAK_SECONDS)
	@if command -v qemu-system-x86_64 >/dev/null; then $(MAKE) --no-print-directory vm; \
	else echo "skipped: the local engine on a virtual machine; make vm installs what it takes"; fi

vm:
	@tools/deps.sh vm
	@+$(MAKE_PARALLEL) V=gcc tests
	@tools/vm_groups.sh

browser:
	@tools/deps.sh browser
	@+$(MAKE_PARALLEL) program
	@PARC=build/parc tests/check_browser.sh

format:
	clang-format -i $(wildcard src/*/*.[ch] src/*/*/*.[ch] include/*/*.h tests/*/*.[ch] \
		bench/*.[ch] fuzz/*.[ch])

man: program
	@tools/man.sh

install: all
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin lib/pkgconfig include/parc share/man/man1 \
		share/bash-completion/completions share/doc/parc/docs)
	install -m 755 build/parc $(DESTDIR)$(PREFIX)/bin/parc
	install -m 644 build/libparc.a $(DESTDIR)$(PREFIX)/lib/libparc.a
	install -m 755 build/libparc.so.$(ABI) $(DESTDIR)$(PREFIX)/lib/libparc.so.$(ABI)
	ln -sf libparc.so.$(ABI) $(DESTDIR)$(PREFIX)/lib/libparc.so
	install -m 644 $(HEADERS) $(DESTDIR)$(PREFIX)/include/parc
	install -m 644 docs/parc.1 $(DESTDIR)$(PREFIX)/share/man/man1/parc.1
	install -m 644 tools/completion.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/parc
	install -m 644 LICENSE README.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md \
		$(DESTDIR)$(PREFIX)/share/doc/parc
	install -m 644 docs/*.md docs/*.png $(DESTDIR)$(PREFIX)/share/doc/parc/docs
	find examples -type f -exec install -D -m 644 {} $(DESTDIR)$(PREFIX)/share/doc/parc/{} \;
	chmod 755 $(DESTDIR)$(PREFIX)/share/doc/parc/examples/*/*.sh
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' tools/parc.pc.in \
		>$(DESTDIR)$(PREFIX)/lib/pkgconfig/parc.pc

clean:
	rm -rf build

help:
	@sed -n 's/^## //p' Makefile
