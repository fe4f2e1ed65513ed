# The only front door. `make help` lists what it can do.
#
#   OUT=build/x      where everything built goes (default build/debug, build/release)
#   CC=clang         the compiler
#   MODE=thread      debug (ASan, UBSan), release, or thread (TSan: make unit MODE=thread)
#   ROOMS="a b"      build and unit-test only these rooms of src/ (for work on one room)
#   ONLY="word ..."  only the unit tests / scenarios whose name contains a word
#   WEB=0            leave the web app out of the binary

.DEFAULT_GOAL := binary
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
SHELL := /bin/sh

# -- What is built how ---------------------------------------------------------

MODE ?= debug
OUT  ?= build/$(MODE)
ifeq ($(origin CC),default)
CC := gcc
endif
# gcc's own ar also sees into objects made for link-time optimisation.
AR := $(if $(findstring gcc,$(CC)),gcc-ar,ar)

ROOMS_ALL := base db schema formula access record rules outbox engine feed hook metric notify jobs \
             ingest http api cli
ROOMS ?= $(ROOMS_ALL)

STANDARD := -std=c11 -D_GNU_SOURCE
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion \
        -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
FLAGS_debug := -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined \
               -fno-omit-frame-pointer
FLAGS_release := -g1 -O2 -flto=auto -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
# clang links -flto only with a linker plugin that Debian does not always install.
ifneq (,$(findstring clang,$(CC)))
FLAGS_release := $(filter-out -flto%,$(FLAGS_release))
endif
FLAGS_fuzz := -g -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
FLAGS_thread := -g -O1 -fsanitize=thread -fno-omit-frame-pointer
LINK_release := -pie -Wl,-z,relro,-z,now
FLAGS := $(FLAGS_$(MODE)) $(EXTRA_FLAGS)

# The libraries each room needs (names of pkg-config); --as-needed keeps the rest out.
NEEDS_base   := jansson
NEEDS_db     := sqlite3 libpq
NEEDS_access := libsodium
NEEDS_hook   := libcurl libsodium
NEEDS_engine := libsodium
NEEDS_ingest := expat minizip xlsxwriter
NEEDS_http   := libevent_core libevent_extra libevent_pthreads zlib
NEEDS := $(sort $(foreach room,$(ROOMS),$(NEEDS_$(room))))
# Asked once, and only by a rule that compiles: `make setup` must work without pkg-config.
LIB_FLAGS = $(eval LIB_FLAGS := $$(shell pkg-config --cflags $(NEEDS) || echo pkg-config-failed))$(LIB_FLAGS)
LIBS = $(eval LIBS := $$(shell pkg-config --libs $(NEEDS) || echo pkg-config-failed))$(LIBS)
LINK := -Wl,--as-needed -pthread

ALL_C    := $(sort $(foreach room,$(ROOMS),$(wildcard src/$(room)/*.c)))
HEADERS  := $(sort $(foreach room,$(ROOMS),$(wildcard src/$(room)/*.h)) $(wildcard tests/*.h))
# A test over several rooms is tests/<highest room>_<what>_test.c.
TEST_C   := $(filter %_test.c,$(ALL_C)) tests/main.c \
            $(foreach room,$(ROOMS),$(wildcard tests/$(room)_*_test.c))
HELP_C   := $(filter-out tests/main.c %_test.c,$(wildcard tests/*.c))
MAIN_C   := $(filter src/cli/main.c,$(ALL_C))
LIB_C    := $(filter-out $(TEST_C) $(MAIN_C),$(ALL_C))
FUZZ_C   := $(wildcard fuzz/*_fuzz.c)
BENCH_C  := $(wildcard bench/*.c)
TOOL_C   := $(wildcard tools/*.c)

OBJ := $(OUT)/obj
LIB_O   := $(LIB_C:%.c=$(OBJ)/%.o)
MAIN_O  := $(MAIN_C:%.c=$(OBJ)/%.o)
TEST_O  := $(TEST_C:%.c=$(OBJ)/%.o)
HELP_O  := $(HELP_C:%.c=$(OBJ)/%.o)
FUZZ_O  := $(FUZZ_C:%.c=$(OBJ)/%.o)
BENCH_O := $(BENCH_C:%.c=$(OBJ)/%.o)
ifneq (,$(filter http,$(ROOMS)))
LIB_O += $(OBJ)/assets.o
endif
ifneq (,$(filter engine,$(ROOMS)))
LIB_O += $(OBJ)/packs.o
endif
ifneq (,$(filter formula,$(ROOMS)))
LIB_O += $(OBJ)/functions.o $(OBJ)/pinyin.o
endif

# Objects made with other flags are made again.
FLAGS_NOW := $(CC) $(STANDARD) $(WARN) $(FLAGS)
$(OUT)/flags: always
	@mkdir -p $(@D)
	@echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' >$@

$(OBJ)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	@$(call need_libraries)
	@echo "  cc    $<"
	@$(CC) $(STANDARD) $(WARN) $(FLAGS) $(LIB_FLAGS) -Isrc -I. -MMD -MP -c -o $@ $<

need_libraries = case "$(LIB_FLAGS)" in *pkg-config-failed*) \
	echo "Some libraries are missing. Run: make setup" >&2; exit 1;; esac

# -- The binary ----------------------------------------------------------------

binary: $(if $(MAIN_C),$(OUT)/leadline,$(LIB_O)) ## debug build with sanitizers (what plain `make` does)
$(OUT)/leadline: $(LIB_O) $(MAIN_O)
	@echo "  link  $@"
	@$(CC) $(FLAGS) $(LINK_$(MODE)) $(LINK) -o $@ $^ $(LIBS) -lm

OUT_release := $(if $(filter command,$(firstword $(origin OUT))),$(OUT),build/release)
release: ## the fast build, with the web app inside: build/release/leadline
	@$(MAKE) binary MODE=release OUT=$(OUT_release)

# The web app is part of a release build unless WEB=0; a debug build has it when it is built.
WEB_DIST := build/web/dist
WEB ?= $(if $(filter release,$(MODE)),1,$(if $(wildcard $(WEB_DIST)/index.html),1,0))
WEB_FILES := $(if $(wildcard web/package.json),$(shell find web -path web/node_modules -prune \
	-o -type f ! -name '*.test.ts' ! -name '*.test.tsx' -print 2>/dev/null))
ifneq (,$(WEB_FILES))
ifeq ($(WEB),1)
ASSETS_FROM := $(WEB_DIST)
ASSETS_NEED := $(if $(filter release,$(MODE)),build/web/stamp,$(WEB_DIST)/index.html)
endif
endif

build/tools/%: tools/%.c
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(STANDARD) $(WARN) -O1 -o $@ $< -lz

$(OUT)/assets.c: build/tools/embed $(ASSETS_NEED) $(OUT)/web-choice
	@build/tools/embed $(or $(ASSETS_FROM),-) $(OUT)/assets
$(OUT)/web-choice: always
	@mkdir -p $(@D)
	@echo '$(ASSETS_FROM)' | cmp -s - $@ || echo '$(ASSETS_FROM)' >$@
# Not through link-time optimisation, which loses symbols of assembler.
$(OBJ)/assets.o: $(OUT)/assets.c src/http/asset.h $(OUT)/flags
	@mkdir -p $(@D)
	@$(CC) $(STANDARD) $(WARN) $(filter-out -flto%,$(FLAGS)) -Isrc -c -o $@ $<

# The packs of the repository travel in the binary.
$(OUT)/packs.c: build/tools/packs $(shell find packs -name '*.json')
	@build/tools/packs packs $@
$(OBJ)/packs.o: $(OUT)/packs.c src/engine/pack.h $(OUT)/flags
	@mkdir -p $(@D)
	@$(CC) $(STANDARD) $(WARN) $(FLAGS) -Isrc -c -o $@ $<

# So do the functions that formulas call on PostgreSQL.
$(OUT)/functions.c: build/tools/sql src/formula/fn_postgres.sql $(OUT)/pinyin.c
	@mkdir -p $(@D)
	@cat $(OUT)/pinyin.sql src/formula/fn_postgres.sql >$(OUT)/functions.sql
	@build/tools/sql $(OUT)/functions.sql formula_functions_postgres $@
$(OBJ)/functions.o: $(OUT)/functions.c $(OUT)/flags
	@mkdir -p $(@D)
	@$(CC) $(STANDARD) $(WARN) $(FLAGS) -c -o $@ $<

# The readings of Chinese characters are one table for both databases.
$(OUT)/pinyin.c: build/tools/pinyin src/formula/pinyin.txt
	@mkdir -p $(@D)
	@build/tools/pinyin src/formula/pinyin.txt $@ $(OUT)/pinyin.sql
$(OBJ)/pinyin.o: $(OUT)/pinyin.c src/formula/pinyin.h $(OUT)/flags
	@mkdir -p $(@D)
	@$(CC) $(STANDARD) $(WARN) $(FLAGS) -Isrc -c -o $@ $<

web: build/web/stamp ## build the web app into build/web/dist
build/web/stamp: $(WEB_FILES)
	@mkdir -p $(@D)
	@echo "  web   building the web app"
	@tools/web.sh npm run build
	@touch $@

# -- Run, install --------------------------------------------------------------

DATA   ?= leadline-data
LISTEN ?= 127.0.0.1:8080
run: ## install what is missing, build, fill the demo workspace if there is none, serve
	@tools/setup.sh --quiet build $(if $(WEB_FILES),web)
	@$(MAKE) release
	@[ -e $(DATA) ] || { rm -rf $(DATA).part; \
		$(OUT_release)/leadline demo --data $(DATA).part && mv $(DATA).part $(DATA); }
	@exec $(OUT_release)/leadline serve --data $(DATA) --listen $(LISTEN)

PREFIX ?= /usr/local
install: release ## copy the release binary under PREFIX (default /usr/local)
	install -D -m 755 $(OUT_release)/leadline $(DESTDIR)$(PREFIX)/bin/leadline

setup: ## install what building needs
	@tools/setup.sh build
setup-web: ## install what building the web app needs
	@tools/setup.sh web
setup-test: ## install what the tests need
	@tools/setup.sh build web test

# -- Tests ---------------------------------------------------------------------

test: ## install what is missing, then run every suite; ends with "N passed, N failed"
	@tools/setup.sh --quiet build web test
	@tools/suite.sh $(SUITES)

check: unit tidy headers ## what to run before a commit: unit tests with sanitizers, tidy, headers

run-tests: $(OUT)/run-tests ## build the unit tests
unit: $(OUT)/run-tests ## unit tests with sanitizers; ROOMS= and ONLY= choose
	@$(OUT)/run-tests $(ONLY)
$(OUT)/run-tests: $(LIB_O) $(TEST_O) $(if $(HELP_O),$(OUT)/help.a)
	@echo "  link  $@"
	@$(CC) $(FLAGS) $(LINK_$(MODE)) $(LINK) -o $@ $^ $(LIBS) -lm

# The two halves of it that `make test` runs beside one another: the attack table mostly waits.
unit-attack: $(OUT)/run-tests
	@$(OUT)/run-tests http_attack
unit-others: $(OUT)/run-tests
	@$(OUT)/run-tests -http_attack

# What tests share, as an archive: a room's tests take only what they call.
$(OUT)/help.a: $(HELP_O)
	@rm -f $@
	@$(AR) rcs $@ $^

TIDY_FILES := $(sort $(wildcard src/*/*.[ch] tests/*.[ch] fuzz/*.[ch] bench/*.[ch] tools/*.[ch]))
tidy: build/tools/tidy ## layers, banned calls and words, sizes, room READMEs
	@build/tools/tidy layers.txt $(TIDY_FILES)

headers: ## every header compiles alone
	@$(need_libraries)
	@passed=0; failed=0; for header in $(HEADERS:src/%=%); do \
		if printf '#include "%s"\ntypedef int something;\n' "$$header" | \
			$(CC) $(STANDARD) $(WARN) $(LIB_FLAGS) -Isrc -I. -x c -fsyntax-only -; \
		then passed=$$((passed + 1)); else echo "$$header does not compile alone"; \
			failed=$$((failed + 1)); fi; done; \
	echo "$$passed passed, $$failed failed"; [ $$failed = 0 ]

# The runners find the binaries through these; each suite ends with "N passed, N failed".
scenarios: binary ## scenarios against the real, sanitized binary (tests/api)
	@LEADLINE=$(OUT)/leadline tests/api/run $(ONLY)
# The same tests against a private PostgreSQL that lives as long as they do.
POSTGRES_WORDS := src/db/ src/schema/ src/formula/ src/access/ tests/
unit-postgres: $(OUT)/run-tests ## unit tests of what reads and writes, on PostgreSQL
	@tools/postgres.sh run $(OUT)/run-tests $(or $(ONLY),$(POSTGRES_WORDS))
scenarios-postgres: ## scenarios against the release binary, on PostgreSQL
	@$(MAKE) release
	@LEADLINE=$(OUT_release)/leadline tools/postgres.sh run tests/api/run $(ONLY)
crash: release ## kill -9 under load (tests/crash)
	@LEADLINE=$(OUT_release)/leadline tests/crash/run $(ONLY)
crash-postgres: release ## the same on PostgreSQL, shorter
	@LEADLINE=$(OUT_release)/leadline ROUNDS=$(or $(ROUNDS),2) ROWS=$(or $(ROWS),6000) \
		tools/postgres.sh run tests/crash/run $(ONLY)
api-types: binary ## write web/src/base/api.gen.ts from the description of the HTTP interface
	@$(OUT)/leadline openapi >$(OUT)/openapi.json
	@tools/web.sh node dev/api_types.mjs <$(OUT)/openapi.json >$(OUT)/api.gen.ts
	@mv $(OUT)/api.gen.ts web/src/base/api.gen.ts
web-test: ## unit tests of the web app
	@tools/web.sh npm test
browser: release ## main paths in a real browser (tests/web)
	@tools/setup.sh --quiet test
	@LEADLINE=$(OUT_release)/leadline tests/web/run $(ONLY)
browser-postgres: release ## the same with the workspace on PostgreSQL
	@tools/setup.sh --quiet test
	@LEADLINE=$(OUT_release)/leadline tools/postgres.sh run tests/web/run $(ONLY)

FUZZ_SECONDS ?= 60
fuzz: ## every fuzz target for FUZZ_SECONDS each, under clang's libFuzzer
	@$(MAKE) fuzz-run MODE=fuzz OUT=build/fuzz CC=clang FUZZ_SECONDS=$(FUZZ_SECONDS)
FUZZ_NAMES := $(FUZZ_C:fuzz/%_fuzz.c=%)
fuzz-run: $(FUZZ_NAMES:%=$(OUT)/%-fuzz)
	@tools/fuzz.sh $(OUT) $(FUZZ_SECONDS) $(or $(ONLY),$(FUZZ_NAMES))
$(OUT)/%-fuzz: $(OBJ)/fuzz/%_fuzz.o $(OUT)/lib.a
	@echo "  link  $@"
	@$(CC) $(FLAGS) -fsanitize=fuzzer $(LINK) -o $@ $< $(OUT)/lib.a $(LIBS) -lm
# As an archive, so that a target takes only what it calls.
$(OUT)/lib.a: $(LIB_O)
	@rm -f $@
	@$(AR) rcs $@ $^

bench: ## measure against bare libraries in the same run (bench/)
	@$(MAKE) release
	@$(MAKE) bench-run MODE=release OUT=$(OUT_release)
bench-run: $(BENCH_C:bench/%.c=$(OUT)/bench-%)
	@LEADLINE=$(OUT)/leadline BENCH_OUT=$(OUT) bench/run $(ONLY)
bench-postgres: ## the same data set on PostgreSQL (bench/postgres)
	@$(MAKE) release
	@$(MAKE) $(OUT_release)/bench-fill MODE=release OUT=$(OUT_release)
	@LEADLINE=$(OUT_release)/leadline BENCH_OUT=$(OUT_release) bench/postgres
bench-table: ## a table of one's own, against what other platforms publish (bench/table)
	@$(MAKE) release
	@LEADLINE=$(OUT_release)/leadline bench/table
$(OUT)/bench-%: $(OBJ)/bench/%.o $(OUT)/lib.a
	@echo "  link  $@"
	@$(CC) $(FLAGS) $(LINK_$(MODE)) $(LINK) -o $@ $^ $(LIBS) -lm

# -- Housekeeping --------------------------------------------------------------

clean: ## remove build/ but for the node of the web build
	@find build -mindepth 1 -maxdepth 1 ! -name node -exec rm -rf {} + 2>/dev/null || true

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1	\2/p' $(MAKEFILE_LIST) | expand -t 14

.SECONDARY:
.PHONY: always binary release run-tests unit-attack unit-others web run install setup setup-web setup-test test check unit unit-postgres scenarios-postgres tidy \
        headers scenarios crash crash-postgres api-types web-test browser browser-postgres fuzz fuzz-run bench bench-run bench-postgres bench-table clean help
-include $(LIB_O:.o=.d) $(MAIN_O:.o=.d) $(TEST_O:.o=.d) $(HELP_O:.o=.d) $(FUZZ_O:.o=.d) $(BENCH_O:.o=.d)
