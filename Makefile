# Sekisho: what there is to do with the sources. Go and make suffice, save for test-moto, which wants Python,
# test-browser and test-simulate, which want node, and the first a browser, and test-kubernetes, which wants root on Linux.

.PHONY: build demo demo-fleet test test-race check fuzz mutate test-moto test-browser test-simulate test-kubernetes bench man completion generate rule

build: ## make bin/sekisho
	go build -o bin/sekisho ./cmd/sekisho

demo: build ## audit the demo account and print the report
	@bin/sekisho audit --demo; status=$$?; \
	if [ $$status -ne 3 ]; then echo "make demo: got exit status $$status, want 3: the demo account has failing findings" >&2; exit 1; fi
	@echo; echo 'That was the whole report. To begin with:'; echo
	@COLUMNS=100 bin/sekisho audit --demo | sed -n '/^AWS account/,/sekisho plan/p'
	@echo; echo 'Then: bin/sekisho plan --demo, bin/sekisho audit --demo --verbose, bin/sekisho audit --demo -o report.html'

demo-fleet: build ## audit the demo organization, twelve accounts, and print the report
	@bin/sekisho fleet audit --demo; status=$$?; \
	if [ $$status -ne 3 ]; then echo "make demo-fleet: got exit status $$status, want 3: accounts of the demo organization have failing findings" >&2; exit 1; fi
	@echo; echo 'Then: bin/sekisho fleet audit --demo --verbose, bin/sekisho fleet audit --demo -o fleet.html'

# What starts goroutines or shares memory between them; a test holds that this is all of it. The race detector makes whole audits five to ten
# times slower. So of the command's tests it runs those of its own goroutines (progress, prompts, signals, agents), and leaves out UNRACED: tests
# that do over hundreds of inputs what others do once with the detector. A test holds that these start no goroutines themselves. What runs with
# the detector does not run without it too; a test holds that nothing else goes by the names of the command's tests. Tests and linkers end within
# seconds: GOGC lets them collect less of what ends with them.
CONCURRENT := ./audit/access/... ./audit/collect/... ./audit/emulator/... ./audit/fleet/... ./audit/orgpolicy/... ./audit/policy/... ./report/files/...
UNRACED := NoFalsePassWhatever|NoFalsePassOf|ComesBackTheSame|RandomRequests|AgreesWith|ParseIsBounded|TrustHostile|TooLarge|OddPatterns|OfOrdinarySize
COMMAND_TESTS := ^Test(No)?(Progress|Ask|Prompt|Signed)|Interrupted$$|^TestScripts$$/^(demo|interrupt|signin|quiet)$$

test: ## run each test once: those of what runs concurrently with the race detector, where there is the C compiler that it wants
	@failed=0; export GOGC=200; run() { echo go test "$$@"; go test -timeout 30m "$$@" || failed=1; }; \
	if command -v "$$(go env CC)" >/dev/null; then \
		run -race -skip '$(UNRACED)' $(CONCURRENT); run -race -run '$(COMMAND_TESTS)' ./cmd/sekisho; run -run '$(UNRACED)' $(CONCURRENT); \
		run -skip '$(COMMAND_TESTS)' ./cmd/sekisho $$({ go list ./...; go list $(CONCURRENT); } | sort | uniq -u); \
	else echo "make test: there is no C compiler, so no race detector" >&2; run ./cmd/sekisho ./...; fi; exit $$failed

# Tests that count what is allocated, to which the race detector adds; they share nothing between goroutines.
COUNTED := SnapshotIsWrittenInPieces|WorkGrowsAsTheAccountDoes|SecondLookTakesLittle|ReadingCopiesOnce|AllocationsOfFormats|AllocationsOfWays|ReportIsNotHeldToWriteIt|FirstStepsTakeLittle|VerdictsKeepNothing|ReportMakesRoomForFindingsOnce

test-race: ## run with the race detector, too, what make test leaves out of what runs concurrently: long tests, and all of the command's
	go test -race -timeout 60m -run '$(UNRACED)' -skip '$(COUNTED)' $(CONCURRENT)
	go test -race -timeout 60m -skip '$(COUNTED)' ./cmd/sekisho

# What tests alone ask for: companies of any size, a stand-in for the aws command, lists that tests hold to be complete, and a judgement in one call.
FOR_TESTS := audit/emulator/(company|storage)\.go:|report/shell/shelltest/|func: (Descriptors|Areas|Actions|Evaluate|Judge)$$

check: ## look for what the tests don't: formatting, vet, staticcheck, dead code, go.mod, stale generated files
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "make check: run gofmt -w on:" $$unformatted >&2; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	@dead=$$(go tool deadcode ./...) || exit 1; dead=$$(echo "$$dead" | grep -vE '$(FOR_TESTS)'); \
	if [ -n "$$dead" ]; then echo "make check: no program calls"; echo "$$dead"; exit 1; fi >&2
	go mod tidy -diff
	@before=$$(git diff | cksum; git status --porcelain | cksum); go generate ./...; \
	after=$$(git diff | cksum; git status --porcelain | cksum); \
	if [ "$$before" != "$$after" ]; then echo "make check: generated files were stale; they are fresh now, see git status" >&2; exit 1; fi

SEED := 1
N := 60
mutate: ## break N places of the sources, one at a time, picked by SEED, and tell which the tests don't notice
	go test -count=1 -timeout 0 -v -run TestMutations ./audit/internal/mutate -args -seed $(SEED) -mutations $(N)

FUZZTIME := 10s
fuzz: ## let every fuzz target look for inputs that break something, each for FUZZTIME
	FUZZTIME=$(FUZZTIME) .ci/fuzz

test-moto: ## let boto3 and aws read the emulator, and Sekisho audit accounts in moto
	testdata/moto/run.sh

test-browser: ## look at the demo account's pages in Debian's chromium: accessibility, keyboard, no request, no JavaScript
	testdata/browser/run.sh

SIMULATIONS := 50000
test-simulate: ## compare SIMULATIONS decisions under random service control policies, from FIRST on, with @cloud-copilot/iam-simulate from npm
	testdata/simulate/run.sh $(SIMULATIONS) $(FIRST)

test-kubernetes: ## by hand, as root on Linux: an Indexed Job on a real control plane, which is built first (15 minutes of CPU, once)
	testdata/kubernetes/run.sh

bench: ## measure calls, time and memory for accounts of several sizes, orderly and messy
	go test -run '^$$' -bench . -benchmem ./...

man: build ## write a manual page for each command into bin/man; SOURCE_DATE_EPOCH dates them
	bin/sekisho man bin/man/man1

completion: build ## write what shells complete with into bin/completion
	@mkdir -p bin/completion
	bin/sekisho completion bash >bin/completion/sekisho.bash
	bin/sekisho completion zsh >bin/completion/_sekisho
	bin/sekisho completion fish >bin/completion/sekisho.fish
	bin/sekisho completion powershell >bin/completion/sekisho.ps1

rule: ## lay out a new rule: ID=policy-room TITLE="Policies have room for versions" CATEGORY=permissions SEVERITY=low FILE=permissions.go
	@go run ./audit/rules/internal/newrule -id "$(ID)" -title "$(TITLE)" -category "$(CATEGORY)" -severity "$(SEVERITY)" -file "$(FILE)"

generate: ## make the files that are made from others; the catalogue of AWS actions comes from the npm registry, with the npm client
	go generate ./...
	go run ./audit/policy/internal/cataloguegen audit/policy/catalogue.txt
