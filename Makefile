# make demo: installs what is missing, builds, and shows the main job. make test: everything that CI runs.
.PHONY: demo build test test-large soak lint format dependencies clean

SWIFT_SOURCES = Package.swift Sources Tests Examples Benchmarks/Package.swift Benchmarks/Sources \
  Benchmarks/Micro/Package.swift Benchmarks/Micro/Benchmarks
# An import of a target that a module does not declare is an error, so that arrows between rooms point down only.
CHECK_IMPORTS = --explicit-target-dependency-import-check error
# The tests run optimized, with their assertions: simulations take four times as long otherwise. Other settings than those of
# the product, so in a folder of their own.
TEST_BUILD = -c release --scratch-path .build/tests -Xswiftc -enable-testing -Xswiftc -assert-config -Xswiftc Debug
# The product and the benchmarks, packages of their own, share a folder; so what was planned for one must not be taken for the other.
SHARED_BUILD = -c release --scratch-path .build --disable-build-manifest-caching
READER_PYTHON = .build/reader-venv/bin/python3

demo: build
	Scripts/demo

build: dependencies
	swift build $(SHARED_BUILD) --product growthring

dependencies:
	Scripts/install-dependencies

test:
	Scripts/install-dependencies --tests
	$(MAKE) lint
	swift build $(TEST_BUILD) --build-tests $(CHECK_IMPORTS)
	swift test $(TEST_BUILD) --skip-build
	$(MAKE) test-reader
	SEARCH_PROBE=.build/tests/release/search-probe $(READER_PYTHON) Tests/Search/check_search.py --only samples
	$(MAKE) build
	$(READER_PYTHON) Tests/Datasets/check_datasets.py --small
	$(MAKE) test-bench

# The independent reader, on files of its own and on the golden files of the engine.
.PHONY: test-reader
test-reader: $(READER_PYTHON)
	cd Formats/reader && ../../$(READER_PYTHON) -m unittest discover -q -s tests -t .

$(READER_PYTHON): Formats/reader/requirements.txt
	python3 -m venv .build/reader-venv
	.build/reader-venv/bin/pip install --quiet --disable-pip-version-check -r Formats/reader/requirements.txt
	touch $@

# Search beside code in Python that shares nothing with it, over the text sets of ../shared/data where they are.
.PHONY: test-search
test-search:
	swift build --product search-probe
	python3 Tests/Search/check_search.py

# Exported Parquet files and a Delta table of them through DuckDB, ClickHouse, pyarrow, Polars, delta-rs and Spark, which are
# fetched from PyPI (half a gigabyte, once).
INTEROP_PYTHON = .build/interop-venv/bin/python3
.PHONY: test-interop
test-interop: build
	Scripts/install-dependencies --interop
	$(MAKE) $(INTEROP_PYTHON)
	$(INTEROP_PYTHON) Scripts/check-interop

$(INTEROP_PYTHON): Scripts/interop-requirements.txt
	python3 -m venv .build/interop-venv
	.build/interop-venv/bin/pip install --quiet --disable-pip-version-check -r Scripts/interop-requirements.txt
	touch $@

# All data sets, the large one too.
test-large: build $(READER_PYTHON)
	$(READER_PYTHON) Tests/Datasets/check_datasets.py --large

# Ingest and verify under a limit of the kernel: make test-memory EVENTS=100000000 MEMORY=256
.PHONY: test-memory
test-memory: build
	Scripts/check-memory

# Random operations and crashes for as long as one likes: make soak SEEDS=100000
SEEDS ?= 100000
soak:
	GROWTHRING_SEEDS=$(SEEDS) swift test $(TEST_BUILD) --filter SimulationTests

# The whole-engine benchmark and its harness, small, with the one rival that Python brings along: all answers are checked,
# no time is.
.PHONY: test-bench bench bench-peers bench-texts bench-micro
test-bench: build bench
	python3 Benchmarks/peers/run.py --size 20k --rounds 1 --peers sqlite --work .build/peers-small

# In the folder of the product, whose modules it does not compile again.
bench:
	swift build $(SHARED_BUILD) --package-path Benchmarks --product growthring-bench

# GrowthRing beside its rivals, in turn on the same events: make bench-peers SIZE=1M ROUNDS=3 PEERS=duckdb,sqlite. The run of
# which the results are kept: make bench-peers OUTPUT=Benchmarks
SIZE ?= 10M
ROUNDS ?= 2
PEERS ?= duckdb,clickhouse,postgres,sqlite,lmdb,rocksdb,parquet
OUTPUT ?= .build/peers
bench-peers: build bench
	Benchmarks/peers/install
	python3 Benchmarks/peers/run.py --size $(SIZE) --rounds $(ROUNDS) --peers $(PEERS) --output $(OUTPUT)

# Search in texts beside FTS5, PostgreSQL and DuckDB. The run of which the results are kept: make bench-texts OUTPUT=Benchmarks
TEXTS ?= ../shared/data
bench-texts: bench
	Benchmarks/peers/install
	python3 Benchmarks/peers/texts.py $(TEXTS) --rounds $(ROUNDS) --output $(OUTPUT)

bench-micro:
	swift package --package-path Benchmarks/Micro benchmark

lint:
	swift format lint --strict --recursive $(SWIFT_SOURCES)

format:
	swift format --in-place --recursive $(SWIFT_SOURCES)

clean:
	rm -rf .build
