# Luminate from the shell. `make` alone lists what there is.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
JOBS        ?= $(shell nproc)
FUZZ_SECONDS ?= 60
FUZZ_FLAGS  ?= -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
CONFIGURE    = cmake --preset $(1) > build/configure-$(1).log 2>&1 || { cat build/configure-$(1).log; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help deps deps-run deps-checks build run test test-packages deb torture soak bench bench-peers bench-bindings bench-docs docs asan tsan fuzz fmt lint clean
.NOTPARALLEL:
.SUFFIXES:

help:  ## List these targets.
	@echo "Usage: make <target>"
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 15

deps:  ## Install the Debian packages that are missing (packaging/dependencies lists them).
	@packaging/install-dependencies build bindings

deps-run:
	@packaging/install-dependencies build

deps-checks: deps
	@packaging/install-dependencies checks

# Ninja configures again by itself when a CMake file changes, but not when the presets do.
build/%/build.ninja: CMakePresets.json | deps-run
	@mkdir -p build
	@echo "Configuring build/$*"
	@$(call CONFIGURE,$*)
	@touch $@

build: deps build/release/build.ninja  ## Build everything, optimised, in build/release.
	@cmake --build --preset release -j $(JOBS)

run: build/release/build.ninja  ## Build and start the server on 127.0.0.1:8080; ARGS="--port 9000" goes to it.
	@cmake --build --preset release -j $(JOBS) --target server/luminate-server
	@exec build/release/server/luminate-server $(ARGS)

test: build  ## Build everything and run every test.
	@ctest --preset release -j $(JOBS)

deb:  ## Build the Debian packages of what is committed, in build/deb.
	@packaging/install-dependencies server packages
	@packaging/build-packages build/deb

test-packages: deb  ## Install, use, upgrade and purge the packages in a clean Debian of their own; as root.
	@tests/packaging/run build/deb build/roots

torture: build/release/build.ninja  ## Prove what docs/durability.md promises at length; TORTURE_SCALE=0.01 for a hundredth.
	@cmake --build --preset release -j $(JOBS) --target torture_tests
	@tests/torture/run build/release

SOAK_SECONDS ?= 3600

soak: build/release/build.ninja  ## Mixed load on a server for SOAK_SECONDS=3600, and whether it grows; ARGS="--storage-url postgresql://..."
	@cmake --build --preset release -j $(JOBS) --target server/luminate-server
	@python3 -B tests/soak/soak.py --seconds $(SOAK_SECONDS) $(ARGS)

bench: build  ## Run the benchmarks.
	@found=0; for bench in build/release/bench/*_bench; do \
	  [ -x "$$bench" ] || continue; found=1; echo "== $${bench##*/}"; "$$bench" $(ARGS); \
	done; [ $$found = 1 ] || { echo "No benchmark was built in build/release/bench"; exit 1; }

RUNS  ?= 3
SCALE ?= 1

# Takes about a quarter of an hour, and the machine for itself; SCALE=0.1 RUNS=1 gives a first look in a minute.
bench-peers: build/release/build.ninja  ## Measure Luminate beside VictoriaMetrics, ClickHouse and DuckDB.
	@packaging/install-dependencies build peers
	@cmake --build --preset release -j $(JOBS) --target server/luminate-server bench_peers
	@bench/peers/fetch build/peers
	@python3 -B bench/peers/run.py --runs $(RUNS) --scale $(SCALE) --output build/bench-peers.json $(ARGS)

bench-bindings: build/release/build.ninja  ## Measure C, Python and Go beside C++.
	@cmake --build --preset release -j $(JOBS) --target native_client luminate_c
	@/usr/bin/python3 -B bench/bindings/run.py $(ARGS)

bench-docs:  ## Put the figures of the last bench-peers and growth_bench into docs/benchmarks.md.
	@python3 -B bench/peers/publish.py

docs: build/release/build.ninja  ## Put the options and the tables of the API into the pages of docs/.
	@cmake --build --preset release -j $(JOBS) --target server/luminate-server
	@/usr/bin/python3 -B docs/reference.py build/release/server/luminate-server

asan: deps build/asan/build.ninja  ## Run every test under AddressSanitizer and UndefinedBehaviorSanitizer.
	@cmake --build --preset asan -j $(JOBS)
	@ctest --preset asan -j $(JOBS)

# ThreadSanitizer of GCC 12 cannot place its shadow memory where the kernel randomises more than 28 bits of addresses.
tsan: deps build/tsan/build.ninja  ## Run the tests in which threads meet under ThreadSanitizer.
	@cmake --build --preset tsan -j $(JOBS) --target threads_tests
	@still=; ! setarch -R true 2> /dev/null || still="setarch -R"; $$still ctest --preset tsan -j $(JOBS) -L threads

# What is found, what was learnt and the log of each target stay in build/fuzz; docs/fuzzing.md says what to do with a find.
fuzz: deps-checks build/fuzz/build.ninja  ## Fuzz each target for FUZZ_SECONDS=60 seconds, or some: FUZZ="query codec_segment".
	@cmake --build --preset fuzz -j $(JOBS) --target fuzz_targets
	@cd build/fuzz; mkdir -p finds; bad=; \
	for name in $(or $(FUZZ),$$(find fuzz -type f -perm -u+x -printf '%f\n' | sort)); do \
	  echo "== $$name, $(FUZZ_SECONDS) s"; mkdir -p "learnt/$$name"; \
	  "fuzz/$$name" $(FUZZ_FLAGS) -max_total_time=$(FUZZ_SECONDS) -artifact_prefix="finds/$$name-" \
	    "learnt/$$name" "fuzz/$$name.corpus" > "fuzz/$$name.log" 2>&1 || bad+=" $$name"; \
	  grep -E 'INITED|DONE|ERROR|SUMMARY|runtime error|Test unit written|^stat::' "fuzz/$$name.log" || tail "fuzz/$$name.log"; \
	done; [ -z "$$bad" ] || { echo "Failed:$$bad. The inputs are in build/fuzz/finds, the reasons in build/fuzz/fuzz/*.log"; exit 1; }

SOURCES = git ls-files -z '*.cpp' '*.hpp' '*.h' '*.c'

fmt: deps-checks  ## Format every source file.
	@$(SOURCES) | xargs -0 -r clang-format -i

# Tests are formatted like the rest, but clang-tidy would read GoogleTest for each of them.
lint: deps-checks build/clang/build.ninja  ## Check the formatting, and run clang-tidy on all but the tests.
	@$(SOURCES) | xargs -0 -r clang-format --dry-run -Werror
	@sed -nE 's/^ *"file": "(.*)",?$$/\1/p' build/clang/compile_commands.json | sort -u | { grep -v '/tests/' || true; } | \
	  xargs -r -P $(JOBS) -n 1 clang-tidy --quiet -p build/clang 2>&1 | { grep -vE '^[0-9]+ warnings? ' || true; }

clean:  ## Remove everything that was built.
	@rm -rf build
