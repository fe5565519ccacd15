# `make help` lists what can be made.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

HTMX   := web/static/vendor/htmx.min.js
DRIVER := .tools/playwright/package
NPM    := node_modules/.package-lock.json
DATA   ?= ./data

# The race detector makes tests take five times as long. It checks the packages whose code
# runs at the same time as other code (a test holds the lists); in the large ones make test
# has it check only the tests that run things at once, and make race all. What it checks
# runs on SQLite only with it. SQLite, which is C translated to Go, runs without it. Its
# driver does not: without the driver's locks the detector reports races where there are none.
RACE_PACKAGES := ./handlers/api ./handlers/internal/... ./handlers/pages ./internal/bots ./internal/mailer ./internal/telegram/... ./providers/bakong ./providers/bakong/internal/relay ./providers/kess/... ./providers/settings ./providers/simkit ./providers/wire ./webhooks
RACE_LARGE := ./checkout/verifier ./cmd ./db ./handlers ./handlers/dashboard
RACE := -race -gcflags='modernc.org/sqlite/lib=-race=false' -gcflags='modernc.org/libc/...=-race=false'

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Start the checkout, the simulators and the demo shop on ./data (ENGINE=postgres: on a server that ends with it)
ifeq ($(ENGINE),postgres)
	@.ci/postgres install
	.ci/postgres run sh -c 'exec ./rieltime demo --history --data "$$(mktemp -d)" --database "$$RIELTIME_TEST_POSTGRES"'
else
	./rieltime demo --history --data $(DATA)
endif

.PHONY: build
build: assets ## Build the binary ./rieltime
	go build -o rieltime .

# How many browser tests run at once: they wait half of the time, so two processors do three.
E2E_PARALLEL ?= 3

.PHONY: release
release: assets ## Static binaries with SBOM and checksums, Debian packages, completions and manual, in .tools/release (ARCHES="amd64 arm64")
	.ci/release

.PHONY: reproducible
reproducible: assets ## Build a release twice, elsewhere and anew, and compare the bytes; takes minutes
	.ci/reproducible

# The database engines that tests run on: both, sqlite or postgres.
ENGINE ?= both
ENGINE_GOALS := $(addprefix unit-,$(patsubst both,sqlite postgres,$(ENGINE)))

# The tests on PostgreSQL and in browsers wait for half of their time, so they run side by
# side; what both need is made before.
.PHONY: test
test: verify $(filter unit-sqlite,$(ENGINE_GOALS)) build browser $(if $(filter sqlite,$(ENGINE)),,postgres) ## Everything: verify, unit tests, browser tests
	$(MAKE) -j2 $(filter unit-postgres,$(ENGINE_GOALS)) e2e

.PHONY: quick
quick: assets ## Build, vet and the unit tests of the packages that changed since main (ENGINE=postgres: on that)
	@$(if $(filter postgres,$(ENGINE)),.ci/postgres run) .ci/quick

.PHONY: integrations
integrations: build browser ## Tests of what merchants install: the clients of all languages, on the built binary
	RIELTIME_BIN=$(CURDIR)/rieltime .ci/integrations

.PHONY: unit unit-sqlite unit-postgres
unit: $(ENGINE_GOALS) ## Unit tests (ENGINE=both, sqlite or postgres)

# The tests' files are in memory where there is room. GOTMPDIR stays as it is: a test's
# own folder would be there.
unit-sqlite unit-postgres race e2e: export TMPDIR := $(shell .ci/tempdir)

# Garbage is collected when there is four times as much as live memory: a fifth of the time of
# some tests was its collection. staticcheck would take 3.3 GB with that, 1.3 GB without.
unit-sqlite unit-postgres race: export GOGC := 400
vetted linted: export GOGC := 200

# Tests of the store wait more than they work, so more packages than processors run at
# a time. make verify has vetted them. Their binaries are linked without debuggers' tables,
# which takes a fifth less; stack traces keep their lines.
UNIT := -vet=off -ldflags=-w -p 4 -timeout 30m

unit-sqlite: assets
	packages=$$(go list ./... | grep -vxF "$$(go list $(RACE_PACKAGES) $(RACE_LARGE))") && go test $(UNIT) $$packages
	go test $(RACE) $(UNIT) $(RACE_PACKAGES)
	run=$$(.ci/race-tests $(RACE_LARGE)) && go test $(UNIT) -skip "$$run" $(RACE_LARGE) && go test $(RACE) $(UNIT) -run "$$run" $(RACE_LARGE)

.PHONY: race
race: assets ## All tests of the packages that run things at once, with the race detector; on SQLite
	go test $(RACE) $(UNIT) $(RACE_PACKAGES) $(RACE_LARGE)

# The packages whose tests open a store (a test holds the list), on a server of their own. Its
# address is new each time, so that Go never takes an earlier result for this one.
STORE_PACKAGES := ./db ./checkout ./checkout/users ./checkout/verifier ./handlers ./handlers/dashboard ./internal/bots ./internal/mailer

# Long tests of theirs that open no store: they ran on SQLite.
WITHOUT_STORE := TestConversionNeitherLosesNorMakesMoney|TestDayOfFiveThousandPayments|TestPurchaseKeepsItsPromisesUnderAnyOrder

unit-postgres: assets postgres
	.ci/postgres run sh -c 'go test -tags postgres $(UNIT) -skip "^($(WITHOUT_STORE))$$" $(STORE_PACKAGES) && \
		go test -tags postgres $(UNIT) -run "Database" ./cmd'

.PHONY: postgres
postgres: # PostgreSQL and pgbouncer, for what runs on them
	@.ci/postgres install

.PHONY: e2e
e2e: build tools browser $(if $(filter sqlite,$(ENGINE)),,postgres) ## Browser tests against the built binary (RUN=TestName for one)
	RIELTIME_BIN=$(CURDIR)/rieltime CRASH_SEED=$${CRASH_SEED:-1} go test -tags e2e -vet=off -ldflags=-w -count=1 -timeout 40m -parallel $(E2E_PARALLEL) -skip '^(TestSoak|TestRollingUpgrade$(if $(filter sqlite,$(ENGINE)),|TestCrashOfReplicas))$$' $(if $(RUN),-v -run '$(RUN)') ./e2e/...

.PHONY: crash
crash: build ## The crash test's long form (CRASH_KILLS, CRASH_SESSIONS, CRASH_SEED; ENGINE=postgres: three replicas with failover)
	RIELTIME_BIN=$(CURDIR)/rieltime CRASH_KILLS=$${CRASH_KILLS:-100} CRASH_SESSIONS=$${CRASH_SESSIONS:-10000} \
		go test -tags e2e -count=1 -timeout 3h -v -run '^$(if $(filter postgres,$(ENGINE)),TestCrashOfReplicas,TestCrash)$$' ./e2e/

.PHONY: rolling
rolling: build ## Upgrade replicas one by one under load, from the last tagged version (FROM=v0.1.0)
	@from=$${FROM:-$$(git describe --tags --abbrev=0 2>/dev/null)}; \
	[ -n "$$from" ] || { echo "No version is tagged yet: name an earlier one, such as make rolling FROM=main"; exit 1; }; \
	rm -rf .tools/earlier && git worktree prune && \
	git worktree add --quiet --detach .tools/earlier "$$from" && $(MAKE) -C .tools/earlier build
	ROLLING_FROM=$(CURDIR)/.tools/earlier/rieltime RIELTIME_BIN=$(CURDIR)/rieltime \
		go test -tags e2e -count=1 -timeout 30m -v -run '^TestRollingUpgrade$$' ./e2e/

.PHONY: soak
soak: build ## An hour of steady load: memory, goroutines and file handles must not grow (SOAK_MINUTES, SOAK_RATE)
	RIELTIME_BIN=$(CURDIR)/rieltime go test -tags e2e -count=1 -timeout 0 -v -run '^TestSoak$$' ./e2e/

.PHONY: plans
plans: assets ## PostgreSQL's plans among 2 million sessions (PLANS_SESSIONS; on the server RIELTIME_TEST_POSTGRES)
	PLANS_SESSIONS=$${PLANS_SESSIONS:-2000000} go test -tags postgres -count=1 -timeout 3h ./db

.PHONY: fuzz
fuzz: assets ## Fuzz every target in turn (FUZZ_SECONDS for each, 60)
	@.ci/fuzz $${FUZZ_SECONDS:-60}

.PHONY: pictures
pictures: build tools browser ## Update the pictures in docs/, with Chromium
	RIELTIME_BIN=$(CURDIR)/rieltime go test -tags e2e,pictures -count=1 -v -run '^TestPictures' ./e2e

.PHONY: verify
verify: generated formatted vetted linted arrows ## Generated files current, code formatted, vetted and linted, import rules kept

.PHONY: generate
generate: ## Regenerate the *_templ.go files and the page of the API reference
	go tool templ generate -log-level warn
	go run ./internal/gendocs handlers/openapi.json $(DOCS)

DOCS := handlers/docs.html
GENERATED_SUMS = find . -name node_modules -prune -o \( -name '*_templ.go' -o -path ./$(DOCS) \) -exec cksum {} + | sort

.PHONY: generated
generated:
	@before=$$($(GENERATED_SUMS)); $(MAKE) generate || exit 1; after=$$($(GENERATED_SUMS)); \
	[ "$$before" = "$$after" ] || { \
		echo "Generated files were out of date. They are regenerated now, please commit them:"; \
		git status --short -- '*_templ.go' $(DOCS); exit 1; }

.PHONY: formatted
formatted:
	@files=$$(find . -name node_modules -prune -o -name '*.go' -exec gofmt -l {} +) || exit 1; \
	[ -z "$$files" ] || { echo "Not formatted (gofmt -w):"; echo "$$files"; exit 1; }

.PHONY: vetted
vetted: assets
	go vet -tags e2e,pictures,postgres,integrations ./...
	go vet -C khqr/bench .

.PHONY: linted
linted: assets
	go tool staticcheck -tags e2e,pictures,postgres,integrations ./...

.PHONY: arrows
arrows: assets
	go test -vet=off -ldflags=-w -run '^TestArrows' .

.PHONY: bench
bench: build .tools/bench ## Each job beside the least that could do it (BENCH=purchase,kept,replicas,requests,polls,code,pages,dashboard; ENGINE=postgres; BENCH_KEPT=1000000; BENCH_PAGES=20000)
	RIELTIME_BIN=$(CURDIR)/rieltime $(ON_ENGINE) .tools/bench

.PHONY: profile
profile: build .tools/bench ## Profiles of the server during whole purchases, in .tools/profiles (BENCH_PURCHASES, BENCH_RATE; ENGINE=postgres)
	RIELTIME_BIN=$(CURDIR)/rieltime $(ON_ENGINE) .tools/bench profile .tools/profiles

# A server for one command, where it is to run on PostgreSQL.
ON_ENGINE = $(if $(filter postgres,$(ENGINE)),.ci/postgres run)

.PHONY: .tools/bench
.tools/bench:
	@mkdir -p $(@D)
	go build -o $@ ./internal/bench

.PHONY: bench-go
bench-go: assets ## Go benchmarks (RUN=pattern for some)
	go test -run '^$$' -bench '$(or $(RUN),.)' -benchmem ./...

.PHONY: bench-khqr
bench-khqr: ## The KHQR codec beside the official SDK
	go run -C khqr/bench .

.PHONY: assets
assets: $(HTMX) ## Copy the third-party browser assets to where they are embedded

$(HTMX): $(NPM)
	@mkdir -p $(@D)
	cp node_modules/htmx.org/dist/htmx.min.js $@

.PHONY: tools
tools: $(DRIVER) ## Install the browser tests' tools (Playwright's driver, axe-core)

$(DRIVER): | $(NPM)
	@mkdir -p $(@D)
	ln -sfn ../../node_modules/playwright-core $@

$(NPM): package.json package-lock.json .npmrc
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 18 or newer (Debian: apt-get install nodejs npm)"; exit 1; }
	npm ci
	@touch $@

.PHONY: browser
browser: tools ## Install Chromium and fonts for Khmer and Chinese if they are missing
	@./e2e/install-browser

.PHONY: clean
clean: ## Remove everything built or installed here (keeps ./data)
	rm -rf rieltime node_modules web/static/vendor .tools e2e/artifacts
