# Oto. `make help` lists the targets. Sources are found by folder: a new .c file needs no change here.
JOBS   ?= 2
PREFIX ?= /usr/local
CC     := clang-19
CXX    := clang++-19
CSTD   := -std=gnu23
WARN   := -Wall -Wextra -Wno-unused-parameter -Wno-initializer-overrides
BUILD  := build
VENV   := .venv
PYTHON := $(VENV)/bin/python

# V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),:,printf '  %-5s %s\n' $(1) $@)

ifeq ($(filter -j% --jobs%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(JOBS)
endif
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

# build/flags.mk holds what pkg-config says. Making it checks (and may install) the Debian packages, so everything that
# compiles stands behind it; make reads it again once it is made.
ifneq ($(filter-out clean help format,$(or $(MAKECMDGOALS),all)),)
include $(BUILD)/flags.mk
endif
PKGS_LIB    := sndfile fftw3f fftw3 soxr libpng libxml-2.0 minizip jansson
PKGS_WORKER := jansson
PKGS_KERNEL := libzmq jansson libcrypto uuid sqlite3 libdw libelf
PKGS_GRADE  := jansson libcrypto sqlite3 libdw libelf libseccomp libmicrohttpd md4c-html
# What oto-compiler takes of clang and LLVM.
CLANG_PARTS := Frontend Driver CodeGen Serialization Parse Sema APINotes Analysis Edit ASTMatchers AST Support Lex Basic
LLVM_PARTS  := native passes codegen coverage coroutines frontenddriver frontendhlsl frontendoffloading frontendopenmp \
    hipstdpar instrumentation ipo irprinter lto option profiledata support target targetparser windowsdriver asmparser \
    objcarcopts
$(BUILD)/flags.mk: packages.txt scripts/packages.sh Makefile
	@mkdir -p $(@D)
	@scripts/packages.sh packages.txt
	@{ echo "PKG_CFLAGS := -isystem $$(llvm-config-19 --includedir) $$(pkg-config --cflags $(PKGS_LIB) $(PKGS_KERNEL) $(PKGS_GRADE))" && \
	   echo "LIBS_LIB := $$(pkg-config --libs $(PKGS_LIB)) -lfftw3f_threads -lopenblas -lm -lpthread" && \
	   echo "LIBS_WORKER := $$(pkg-config --libs $(PKGS_WORKER)) -lm -lpthread -ldl" && \
	   echo "LIBS_KERNEL := $$(pkg-config --libs $(PKGS_KERNEL)) -ldl -lm -lpthread" && \
	   echo "LIBS_GRADE := $$(pkg-config --libs $(PKGS_GRADE)) -lcsv -ldl" && \
	   echo "LLVM_LIB := $$(llvm-config-19 --libdir)" && \
	   echo "LIBS_LLVM := $$(llvm-config-19 --link-static --libs $(LLVM_PARTS) | sed 's/-lPolly[A-Z]*//g') \
	       $$(llvm-config-19 --link-static --system-libs)"; } >$@

CFLAGS    = $(CSTD) $(WARN) -D_GNU_SOURCE -I. -Ilib -fPIC -g $(PKG_CFLAGS)
# By it results of another build are known (installation.c).
IDENTIFIED := -Wl,--build-id
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

LIB_SRC    := $(shell find lib -name '*.c' | sort)
ENGINE_SRC := $(sort $(wildcard kernel/engine/*.c))
SERVER_SRC := $(sort $(wildcard kernel/*.c))
WORKER_SRC := $(sort $(wildcard kernel/worker/*.c))
COMPILER_SRC := $(sort $(wildcard kernel/compiler/*.c)) $(addprefix kernel/engine/,service.c stand_by.c landlock.c text.c)
PARSER_SRC := $(sort $(wildcard kernel/parser/*.c))
INSIDE_SRC := $(sort $(wildcard autograder/inside/*.c))
GRADE_SRC  := $(sort $(wildcard autograder/*.c)) $(filter-out %/main.c,$(INSIDE_SRC))
ALL_SRC    := $(sort $(LIB_SRC) $(ENGINE_SRC) $(SERVER_SRC) $(PARSER_SRC) $(WORKER_SRC) $(GRADE_SRC) $(INSIDE_SRC))
HEADERS    := $(shell find lib -name '*.h' | sort)
obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

##@ Use
.PHONY: all setup lab demo install
## all: build everything (what a plain `make` does)
all: programs library prelude kernelspec labextension $(BUILD)/share/oto/data
.PHONY: programs library prelude kernelspec labextension
programs: $(BUILD)/bin/oto-kernel $(BUILD)/bin/oto-worker $(BUILD)/bin/oto-compiler $(BUILD)/bin/oto-parser \
    $(BUILD)/bin/oto-grade $(BUILD)/bin/oto-inside
library: $(BUILD)/lib/liboto.a $(BUILD)/lib/liboto.so $(BUILD)/lib/pkgconfig/oto.pc

$(BUILD)/obj/%.o: %.c $(BUILD)/flags.mk
	@mkdir -p $(@D)
	@$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -O2 -MMD -MP -c $< -o $@

# Before 4.11, ccache does not know which files #embed reads.
%/autograder/page.o: export CCACHE_DISABLE := 1

$(BUILD)/lib/liboto.a: $(call obj,$(LIB_SRC))
	@mkdir -p $(@D)
	@$(call say,AR)
	$(Q)rm -f $@ && ar rcs $@ $^
$(BUILD)/lib/liboto.so: $(call obj,$(LIB_SRC))
	@$(call say,LINK)
	$(Q)$(CC) -shared -Wl,-soname,liboto.so -o $@ $^ $(LIBS_LIB)

# The worker exports the library to cells; ASan's runtime is linked, the library itself is not instrumented. Most of what
# the library needs is opened when it is first called (kernel/worker/deferred.c).
$(BUILD)/bin/oto-worker: $(call obj,$(WORKER_SRC)) $(BUILD)/lib/liboto.a
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) -fsanitize=address,undefined -rdynamic $(IDENTIFIED) -o $@ $(call obj,$(WORKER_SRC)) \
	    -Wl,--whole-archive $(BUILD)/lib/liboto.a -Wl,--no-whole-archive $(LIBS_WORKER)

# clang itself, in a process of ours. Linked whole and at a fixed address, because loading it from shared libraries would
# take 30 ms of every start and 12 MB of every process for relocations alone.
$(BUILD)/obj/%.o: %.cpp $(BUILD)/flags.mk
	@mkdir -p $(@D)
	@$(call say,CXX)
	$(Q)$(CXX) -std=c++17 -Wall -Wextra -Wno-unused-parameter -fno-exceptions -fno-rtti -I. $(PKG_CFLAGS) -g1 -O2 -MMD -MP -c $< -o $@
$(BUILD)/bin/oto-compiler: $(call obj,$(COMPILER_SRC)) $(BUILD)/obj/kernel/compiler/compile.o
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CXX) -no-pie -s -Wl,--gc-sections $(IDENTIFIED) -o $@ $^ -L$(LLVM_LIB) -Wl,--start-group $(CLANG_PARTS:%=-lclang%) -Wl,--end-group \
	    -Wl,--as-needed $(LIBS_LLVM)

# libclang is opened by name (kernel/engine/clang.h); of the engine, only what it needs is pulled in.
$(BUILD)/obj/engine.a: $(call obj,$(ENGINE_SRC))
	@$(call say,AR)
	$(Q)rm -f $@ && ar rcs $@ $^
$(BUILD)/bin/oto-parser: $(call obj,$(PARSER_SRC)) $(BUILD)/obj/engine.a
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) $(IDENTIFIED) -o $@ $^ -ldl

# The ground floor that trusted programs use of lib/: of the archive, only records and comparators are pulled in.
$(BUILD)/bin/oto-kernel: $(call obj,$(SERVER_SRC) $(ENGINE_SRC) kernel/parser/questions.c) $(BUILD)/lib/liboto.a
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) -Wl,--as-needed -o $@ $^ $(LIBS_KERNEL) $(LIBS_LIB)
$(BUILD)/bin/oto-grade: $(call obj,$(GRADE_SRC) $(ENGINE_SRC) kernel/parser/questions.c) $(BUILD)/lib/liboto.a
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) -Wl,--as-needed $(IDENTIFIED) -o $@ $^ $(LIBS_GRADE) $(LIBS_LIB)
# Every sandbox starts one: it is linked with no more than the engine needs.
$(BUILD)/bin/oto-inside: $(call obj,$(INSIDE_SRC) kernel/parser/questions.c) $(BUILD)/obj/engine.a $(BUILD)/lib/liboto.a
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) -Wl,--as-needed $(IDENTIFIED) -o $@ $^ $(LIBS_GRADE)

# Below build/ things lie as they will below PREFIX, so that every program finds the rest from its own path. There,
# include/oto is the root of lib/'s headers, whose includes are therefore written without "lib/".
BUILT_HEADERS := $(HEADERS:lib/%=$(BUILD)/include/oto/%)
PRELUDE := $(BUILD)/lib/oto/prelude.h
$(BUILD)/include/oto/%.h: lib/%.h
	@mkdir -p $(@D)
	@sed 's|#include "lib/|#include "|' $< >$@
$(PRELUDE): kernel/engine/prelude.h
	@mkdir -p $(@D)
	@sed 's|#include "lib/|#include "|' $< >$@
prelude: $(BUILD)/lib/oto/checked.pch
$(BUILD)/lib/oto/checked.pch: $(PRELUDE) $(BUILT_HEADERS) $(call obj,kernel/engine/toolchain.c) | programs
	@$(call say,PCH)
	$(Q)env -u OTO_ROOT $(BUILD)/bin/oto-kernel --prepare
	@touch $@

# Two files name the prefix: build/ here, PREFIX once `make install` has rewritten them.
KERNELSPEC := $(BUILD)/share/jupyter/kernels/oto
LOGOS := $(wildcard kernel/kernelspec/logo-*)
kernelspec: $(KERNELSPEC)/kernel.json $(LOGOS:kernel/kernelspec/%=$(KERNELSPEC)/%)
$(KERNELSPEC)/kernel.json: kernel/kernelspec/kernel.json.in
	@mkdir -p $(@D)
	@sed 's|@BINDIR@|$(abspath $(BUILD))/bin|g' $< >$@
$(KERNELSPEC)/logo-%: kernel/kernelspec/logo-%
	@mkdir -p $(@D)
	@cp $< $@
# What JupyterLab loads into its page: values under the mouse, errors that unfold. Nothing of it is compiled.
LABEXTENSION := $(BUILD)/share/jupyter/labextensions/oto-labextension
labextension: $(patsubst kernel/labextension/%,$(LABEXTENSION)/%,$(wildcard kernel/labextension/*.json kernel/labextension/static/*.js))
$(LABEXTENSION)/%: kernel/labextension/%
	@mkdir -p $(@D)
	@cp $< $@
$(BUILD)/lib/pkgconfig/oto.pc: scripts/oto.pc.in
	@mkdir -p $(@D)
	@sed 's|@PREFIX@|$(abspath $(BUILD))|g' $< >$@
$(BUILD)/share/oto/data:
	@mkdir -p $(@D)
	@ln -sfn $(abspath data) $@

## setup: install what is missing: Debian packages, the virtual environment, the kernel in it
JUPYTER_PARTS := $(VENV)/share/jupyter/kernels/oto $(VENV)/share/jupyter/labextensions/oto-labextension
setup: $(VENV)/installed $(JUPYTER_PARTS) $(VENV)/papermill
$(VENV)/installed: requirements.txt scripts/venv.sh | $(BUILD)/flags.mk
	@scripts/venv.sh $(VENV) requirements.txt
$(JUPYTER_PARTS): $(VENV)/%: | $(VENV)/installed
	@mkdir -p $(@D)
	@ln -sfn $(abspath $(BUILD))/$* $@
# The translator of parameters that papermill finds by its entry point; as a link, the tree's own file is what runs.
$(VENV)/papermill: | $(VENV)/installed
	@ln -sfn $(abspath $(wildcard kernel/papermill/oto_papermill*)) "$$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
	@touch $@

## lab: set up, build and open the course in JupyterLab
lab: setup all
	@scripts/lab.sh

## demo: lesson 1 in the terminal, then sample submissions graded
demo: setup all
	@$(PYTHON) scripts/demo.py

## install: copy programs, library, kernel and data below PREFIX (/usr/local)
install: all
	@scripts/install.sh $(BUILD) "$(PREFIX)"

-include scripts/data.mk
-include scripts/tests.mk

##@ Care
.PHONY: clean help format
## clean: remove what was built (the virtual environment stays)
clean:
	rm -rf $(BUILD) artifacts
## format: rewrite the C sources as .clang-format says
format:
	git ls-files '*.c' '*.h' | xargs -r clang-format-19 -i
## help: this list
help:
	@sed -n -E 's/^##@ (.*)/\n\1:/p; s/^## ([a-z-]+): (.*)/  make \1|\2/p' Makefile scripts/data.mk scripts/tests.mk | \
	    awk -F'|' 'NF == 2 { printf "%-20s %s\n", $$1, $$2; next } { print }'

ifneq ($(filter-out clean help format,$(or $(MAKECMDGOALS),all)),)
-include $(shell find $(BUILD) -name '*.d' -type f 2>/dev/null)
endif
