# Masterpanel. `make demo` and `make test` are all that a new machine needs to know: each does its own set-up on a
# Debian with Go, npm and apt.

SHELL := /bin/bash
# Debian's chromium without a window system: it lays out and scripts as chromium does, for a third of its time.
PROGRAMS := chromium-headless-shell redis-server
APT := $(if $(filter 0,$(shell id -u)),,sudo) env DEBIAN_FRONTEND=noninteractive apt-get

# When the tests' clocks start: four hours of an ordinary day, of a leap day, of New Year's Eve, and of the days on which
# clocks change in the US (spring) and the EU (spring, autumn). A commit takes one of them; TEST_CLOCK overrides it.
DAYS := 2026-09-16 2028-02-29 2026-12-31 2027-03-14 2027-03-28 2026-10-25
HOURS := 00:30 08:00 16:30 23:59
CLOCKS := $(foreach day,$(DAYS),$(foreach hour,$(HOURS),$(day)T$(hour):00Z))
COMMIT := $(shell git rev-parse --short=6 HEAD 2>/dev/null | cut -c1-6)
TEST_CLOCK ?= $(word $(shell echo $$((0x0$(COMMIT) % $(words $(CLOCKS)) + 1))),$(CLOCKS))
export TEST_CLOCK

.PHONY: build demo test race clocks words check tools fuzz attack licences bench bench-sync bench-lists bench-fresh bench-schedule bench-hostile bench-purge bench-csv bench-outbox bench-bulk bench-desk bench-desk-live liars chaos screenshots

build: ## the program, as ./masterpanel
	go build -trimpath -o masterpanel .

demo: build ## try it: make demo ARGS="--port 8081 --fresh"
	@exec ./masterpanel demo $(ARGS)

test: tools check ## everything that CI asks for
	@echo "clock of the tests: $(TEST_CLOCK)"
	go test -p 3 -timeout 15m ./...

clocks: tools ## the tests of models, jobs and handlers with every clock that a commit may take
	@for clock in $(CLOCKS); do echo "clock of the tests: $$clock"; \
	  TEST_CLOCK=$$clock go test -p 3 -timeout 20m ./models/... ./jobs/... ./handlers || failed="$$failed $$clock"; done; \
	  [ -z "$$failed" ] || { echo "failed at:$$failed"; exit 1; }

race: tools ## the tests again under the race detector, but those in a browser and of large answers, which it only makes slow
	go test -race -p 3 -timeout 25m -skip 'InABrowser|FiveLinks|TooLarge|ABomb' ./handlers ./jobs/... ./models/...

check: ## what needs no running part: format, vet, staticcheck, gosec
	@unformatted=$$(gofmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go')); [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go test -tags gosec -run TestGosec gosec_test.go

tools: ## what the tests drive and Debian has: a browser and a Redis
	@missing=""; for p in $(PROGRAMS); do command -v $$p >/dev/null || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing$$missing"; $(APT) update -qq && $(APT) install -y -qq --no-install-recommends $$missing >/dev/null; fi

fuzz: ## every fuzz test for FUZZTIME each
	@grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do \
	  for name in $$(grep -oE '^func Fuzz[A-Za-z0-9]+' $$file | cut -d' ' -f2); do \
	    go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $${FUZZTIME:-20s} ./$$(dirname $$file) || exit 1; done; done

licences: ## whose work is in the program, in static/vendor/LICENCES
	go test -run TestLicences licences_test.go -args -write-licences

words: tools ## type in every text box of the product, as wide as a laptop and as wide as a phone
	go test ./handlers -count=1 -timeout 30m -run TestInABrowserWordsStayInEveryBox -v -args -words.twice

attack: ## ATTACKS (100,000) hostile requests against every route and as many wrong words in forms, other ones with SEED
	go test ./handlers -count=1 -timeout 120m -run 'TestNoRequestIsAnsweredWithAnError|TestNoWordOfAFormOrQueryIsAnsweredWithAnError' -v -args -attack.requests=$${ATTACKS:-100000} -attack.enumerations=$${ATTACKS:-100000} -attack.seed=$${SEED:-1}

bench: ## every Go benchmark: make bench BENCH=Orders
	go test -run '^$$' -bench '$(or $(BENCH),.)' -benchmem ./...

bench-sync: ## a first sync and an unchanged re-read against COPY, on a PostgreSQL with fsync
	go test ./models -run '^$$' -bench 'PutOrders|Unchanged' -benchtime 3x
	go test ./jobs -run '^$$' -bench 'FirstSync|Reread' -benchtime 1x

bench-fresh: ## PANELS (50) panels live MINUTES (15) under their limit: after how long staff see what happened
	go test -tags scenario -count=1 -timeout 90m -run TestFreshUnderTheLimit -v ./jobs

bench-schedule: ## what a worker costs that has nothing to do, with 50, 150 and 500 panels
	go test -tags scenario -count=1 -timeout 30m -run TestScheduleIdle -v ./jobs

bench-outbox: ## ACTIONS (60) things that staff ask for, one a second: from click to done at rest, beside a busy and beside a dead panel
	go test -tags scenario -count=1 -timeout 30m -run TestFromClickToDone -v ./jobs

bench-bulk: ## ten thousand orders cancelled at once on the workbench, by the program itself under the real limit of calls
	go test -tags scenario -count=1 -timeout 30m -run TestTenThousandOrdersAtOnce -v .

bench-lists: ## every case of the lists, or those whose name CASES finds, at SIZES orders (50000 500000 5000000), in worlds kept in BENCH_WORLDS
	SIZES="$(or $(SIZES),50000 500000 5000000)" go test -tags scenario -count=1 -timeout 120m -run TestListsStayFast -v ./models

bench-desk: ## a ticket of 200 messages and 20 orders, and the tabs of the queue, at SIZES orders (50000 500000 5000000) in those worlds
	SIZES="$(or $(SIZES),50000 500000 5000000)" go test -tags scenario -count=1 -timeout 60m -run TestTheDeskStaysFast -v ./handlers

bench-desk-live: tools ## MINUTES (5) of 50 staff at 50 open tickets on ten panels: from a customer's message to the screen, from a reply to the panel
	go test -tags scenario -count=1 -timeout 60m -run TestTheDeskIsLive -v .

bench-hostile: tools ## twenty panels of which HOSTILE (1 4 8 14) misbehave for SECONDS (100): memory, freshness of the others, and how soon the hostile ones are back
	HOSTILE="$(or $(HOSTILE),1 4 8 14)" go test -tags scenario -count=1 -timeout 60m -run TestHostilePanelsCostOnlyThemselves -v ./jobs

bench-purge: ## deleting PURGE_ORDERS old orders (a million) while lists are read
	go test -tags scenario -count=1 -timeout 30m -run TestPurgeWhileListsAreRead -v ./jobs

bench-csv: ## a CSV of a million orders: rows a second, and how much memory the process takes for it
	go test -tags scenario -count=1 -timeout 60m -run TestCSVOfAMillionRows -v ./handlers

liars: ## panels that lie about at least CASES (500) writes: no wrong verdict, nothing doubled, nothing lost
	go test -count=1 -timeout 60m -run TestNoLieOfAPanelIsTakenForTheTruth -v ./jobs -liars.cases $(or $(CASES),500) | grep -v level=WARN

chaos: tools ## the program itself under fire, SEEDS (20) times from SEED (1) on, PARALLEL (4) at once: nothing lost, nothing doubled
	go test -tags chaos -count=1 -timeout 240m -parallel $(or $(PARALLEL),4) -run TestChaos -v .

screenshots: tools ## pictures of every page of a demo in .masterpanel/screenshots, and those of the README
	go test -tags screenshots -count=1 -timeout 10m -run TestScreenshots -v .
