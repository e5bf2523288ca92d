# Postern.  "make help" lists the targets.
PREFIX ?= /usr/local
SYSCONFDIR ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
SUITES ?= ../shared/suites
BUILD ?= build
CFLAGS ?= -O2 -g
INSTALL ?= install
UNITDIR ?= $(PREFIX)/lib/systemd/system
DOCDIR := $(PREFIX)/share/doc/postern
BASHDIR := $(PREFIX)/share/bash-completion/completions

VERSION := $(shell sed -n 's/^Version \([0-9.]*\).*/\1/p' CHANGES | head -n 1)
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wformat=2 -Werror=format-security \
	-Wvla -Wundef
# Those of them that the compiler has for this machine.
taken = $(shell $(CC) -Werror $(1) -c -x c -o /dev/null /dev/null 2>&1 || \
	echo no)
HARDEN := -fPIE -fstack-protector-strong -fno-strict-aliasing $(foreach flag, \
	-fstack-clash-protection -fcf-protection=full \
	-mbranch-protection=standard,$(if $(call taken,$(flag)),,$(flag)))
# The C library's checks need an optimiser, and sanitizers have their own.
FORTIFY := $(if $(findstring -fsanitize,$(CFLAGS)),,$(if $(filter-out -O0, \
	$(filter -O%,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3))
override CPPFLAGS += -Ilib -I. -D_GNU_SOURCE -DPOSTERN_VERSION='"$(VERSION)"' \
	-DPOSTERN_CONF='"$(SYSCONFDIR)/postern/postern.conf"'
LINK := -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code \
	-Wl,--as-needed
LIBS := -lunbound -lhiredis -lmaxminddb -lspf2 -lpsl -lidn2 -llmdb -lopendkim -lcrypto -lhs \
	-lpcre2-8 -lpcre2-32 -lm -lpthread

LIB_SRC := $(sort $(wildcard lib/*.c lib/*/*.c))
MILTER_SRC := $(sort $(wildcard milter/*.c))
CTL_SRC := $(sort $(wildcard ctl/*.c))
UNIT := $(patsubst test/unit/%.c,%,$(sort $(wildcard test/unit/*.c)))
# What the programs below test/socket share.
LAB := lab labask hosts hostsload hostsproxy mangler
SOCKET := $(filter-out $(LAB),$(patsubst test/socket/%.c,%,$(sort $(wildcard test/socket/*.c))))
FUZZ := $(patsubst test/fuzz/%.c,%,$(filter-out test/fuzz/replay.c,$(sort $(wildcard test/fuzz/*.c))))

LIB := $(BUILD)/libpostern.a
# What ctl offers apart from its main; tests link it too.
CTL_LIB := $(BUILD)/libctl.a
# "make V=1" shows the commands.
Q := $(if $(V),,@)
say = @$(if $(V),:,echo "  $(1)")
object = $(patsubst %.c,$(BUILD)/%.o,$(1))
# What several kinds of tests share.
TOOLS := $(call object,$(sort $(wildcard test/*.c)))

all: $(BUILD)/postern $(BUILD)/posternctl

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC $<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) $(HARDEN) $(FORTIFY) -std=gnu11 -MMD -MP -c -o $@ $<

$(LIB): $(call object,$(LIB_SRC))
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(CTL_LIB): $(call object,$(filter-out ctl/main.c,$(CTL_SRC)))
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/postern: $(call object,$(MILTER_SRC)) $(LIB)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ -lmilter $(LIBS)

$(BUILD)/posternctl: $(call object,ctl/main.c) $(CTL_LIB) $(LIB)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ $(LIBS)

$(BUILD)/test/unit/%: $(BUILD)/test/unit/%.o $(TOOLS) $(CTL_LIB) $(LIB)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ $(LIBS)

# libFuzzer has a main of its own: with it this is empty.
FUZZ_MAIN = $(BUILD)/test/fuzz/replay.o
$(BUILD)/test/fuzz/%: $(BUILD)/test/fuzz/%.o $(FUZZ_MAIN) $(CTL_LIB) $(LIB)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ $(LIBS)

$(BUILD)/test/scenario/play: $(call object,$(sort $(wildcard test/scenario/*.c))) $(TOOLS) $(CTL_LIB) $(LIB)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ $(LIBS)

$(BUILD)/test/socket/%: $(BUILD)/test/socket/%.o $(LAB:%=$(BUILD)/test/socket/%.o) $(TOOLS) $(CTL_LIB) $(LIB)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ $(LIBS)

$(BUILD)/test/bench/%: $(BUILD)/test/bench/%.o $(TOOLS) $(LIB)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ -lmilter $(LIBS)

$(BUILD)/test/conformance/%: $(BUILD)/test/conformance/%.o $(LIB)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ $(LIBS)

unit-programs: $(addprefix $(BUILD)/test/unit/,$(UNIT))
fuzz-programs: $(addprefix $(BUILD)/test/fuzz/,$(FUZZ))
socket-programs: $(addprefix $(BUILD)/test/socket/,$(SOCKET))
play-program: $(BUILD)/test/scenario/play
bench-programs: $(BUILD)/test/bench/floor $(BUILD)/test/bench/corpus

# Preloaded into whatever build is tried, so it has none of its flags.
$(BUILD)/test/torture/%.so: test/torture/%.c
	@mkdir -p $(@D)
	$(call say,LD $@)
	$(Q)$(CC) -O2 $(WARN) -D_GNU_SOURCE -std=gnu11 -shared -fPIC -o $@ $<
torture-programs: $(BUILD)/test/bench/places $(BUILD)/test/torture/clock.so

# What must be there; "make deps-build" does without the tests' needs.
deps:
	.ci/deps check
deps-build:
	.ci/deps build

# The shipped configuration behind a private Postfix, and samples sent to it.
run:
	@.ci/deps run || echo "make run: going on with what is there"
	@$(MAKE) -s all
	@/usr/bin/python3 test/run.py

check:
	@.ci/deps check || echo "make check: going on with what is there"
	@SUITES=$(SUITES) test/check

# Postern behind Postfix and Sendmail under load while everything around it
# fails: TORTUREFLAGS="--only redis", "--short", "--list".
torture: all torture-programs
	@$(call wanted,check)
	@mkdir -p $(BUILD)/rules-cache
	@BUILD=$(BUILD) RULES_CACHE=$${RULES_CACHE:-$(abspath \
		$(BUILD)/rules-cache)} \
		/usr/bin/python3 test/torture/torture.py $(TORTUREFLAGS)

# All parsers of foreign bytes under libFuzzer, then the daemon behind its
# socket: FUZZTIME seconds in all; FUZZFLAGS="--jobs 4 html url" names entries.
# Corpora stay in $(BUILD)/fuzz.  clang's programs find faults, gcc's count
# lines.
FUZZTIME ?= 3600
ALL_CPUS := -j$(shell nproc)
SANITIZE := -fsanitize=address,undefined
fuzz:
	@$(call wanted,fuzz)
	@$(MAKE) -s $(ALL_CPUS) BUILD=$(BUILD)/libfuzzer CC=clang FUZZ_MAIN= \
		CFLAGS="-O1 -g -fsanitize=fuzzer-no-link $(SANITIZE) \
		-fno-sanitize-recover=undefined" \
		LDFLAGS="-fsanitize=fuzzer $(SANITIZE)" fuzz-programs
	@$(call counting,fuzz-programs)
	@$(MAKE) -s $(ALL_CPUS) BUILD=$(BUILD)/asan CFLAGS="-O1 -g $(SANITIZE) \
		-fno-sanitize-recover=undefined -Wno-format-truncation" \
		LDFLAGS="$(SANITIZE)" all $(BUILD)/asan/test/socket/mangle
	@mkdir -p $(BUILD)/rules-cache
	@RULES_CACHE=$(abspath $(BUILD))/rules-cache \
		POSTERN=$(BUILD)/asan/postern /usr/bin/python3 test/fuzz/run.py \
		--build $(BUILD)/libfuzzer --coverage $(BUILD)/coverage \
		--socket $(BUILD)/asan/test/socket/mangle \
		--state $(BUILD)/fuzz --time $(FUZZTIME) $(FUZZFLAGS)

# counting TARGETS: a build that counts which lines run.
COUNT := -O1 -g --coverage -fprofile-update=atomic
COUNT_EXIT := $(BUILD)/coverage/test/coverage/exit.o
counting = $(MAKE) -s BUILD=$(BUILD)/coverage CFLAGS="$(COUNT)" $(COUNT_EXIT) \
	&& $(MAKE) -s $(ALL_CPUS) BUILD=$(BUILD)/coverage CFLAGS="$(COUNT)" \
	LDFLAGS="--coverage $(COUNT_EXIT)" $(1)

# The lines of lib and milter that the tests of make check reach.
coverage:
	@$(call wanted,check)
	@$(call counting,all unit-programs fuzz-programs play-program \
		socket-programs)
	@BUILD=$(BUILD) SUITES=$(SUITES) test/check coverage

# The suite and the torture once more, for races.
threads:
	@$(call wanted,check)
	@BUILD=$(BUILD) SUITES=$(SUITES) test/check threads

lint: all
	/usr/bin/python3 test/lint.py

# clang-tidy, cppcheck and gcc's and clang's analysers; $(BUILD)/static keeps
# what they said of each file.  STATICFLAGS=--quick leaves the slowest out.
static:
	@BUILD=$(BUILD) /usr/bin/python3 test/static/static.py $(STATICFLAGS)

# The shipped configuration, but without rules and content analysis, which
# bench-content measures: scores alone, in a folder.
without_content = mkdir $(1)/rules && cp -R rules/[123]*.cf rules/lists \
	$(1)/rules && (sed '/^	cache = /d' contrib/postern.conf && \
	echo "content { enabled = no }") > $(1)/postern.conf
# Nor with what is kept of senders, which bench-store measures.
alone = $(call without_content,$(1)) && \
	sed -i '/^reputation {/,/^}/s/enabled = yes/enabled = no/' \
	$(1)/postern.conf
with_content = cp -R contrib/postern.conf rules $(1)

# Speed and memory against a filter that does nothing; ends with bar lines.
BENCH := $(BUILD)/bench
bench: all bench-programs
	@rm -rf $(BENCH)
	@mkdir -p $(BENCH)/corpus
	@$(call alone,$(BENCH))
	$(BUILD)/test/bench/corpus $(BENCH)/corpus 4000
	/usr/bin/python3 test/bench/run.py --build $(BUILD) \
		--conf $(BENCH)/postern.conf --corpus $(BENCH)/corpus \
		--state $(BENCH) $(BENCHFLAGS)

# measure NAME,WHAT,FLAGS: runs test/bench/NAME.py; WHAT is one of the above.
define measure
@rm -rf $(BUILD)/bench-$(1)
@mkdir -p $(BUILD)/bench-$(1)/plain
@$(call $(2),$(BUILD)/bench-$(1))
$(BUILD)/test/bench/corpus $(BUILD)/bench-$(1)/plain 400
/usr/bin/python3 test/bench/$(1).py --build $(BUILD) \
	--state $(BUILD)/bench-$(1) $(3)
endef
wanted = .ci/deps $(1) || echo "make $@: going on with what is there"

# Against opendkim, and opendkim and opendmarc one after the other.
bench-auth: all $(BUILD)/test/bench/corpus
	$(call measure,auth,alone,$(AUTHFLAGS))

# Content analysis against spamd and rspamd.
bench-content: all $(BUILD)/test/bench/corpus
	@$(call wanted,content)
	$(call measure,content,with_content,$(CONTENTFLAGS))

# Reloads with the stock rules while mail flows.
bench-reload: all $(BUILD)/test/bench/corpus
	@$(call wanted,content)
	$(call measure,reload,with_content,$(RELOADFLAGS))

# A million messages through one daemon and through reloads, in an hour at most
# (SOAKFLAGS=--minutes 600); ends with bar lines.
MESSAGES ?= 1000000
soak: all $(BUILD)/test/bench/corpus
	@rm -rf $(BUILD)/soak
	@mkdir -p $(BUILD)/soak/plain
	$(BUILD)/test/bench/corpus $(BUILD)/soak/plain 400
	/usr/bin/python3 test/bench/soak.py --build $(BUILD) \
		--state $(BUILD)/soak --messages $(MESSAGES) $(SOAKFLAGS)

# The store of several hosts against one in memory, and with ten million keys.
bench-store: all $(addprefix $(BUILD)/test/bench/,corpus fill places)
	@$(call wanted,store)
	$(call measure,store,without_content,$(STOREFLAGS))

# Beside a filter that does nothing and all peers; writes test/bench/PEERS.md.
# PEERSFLAGS=--short only shows, in minutes, that all of it works.
bench-peers: all $(addprefix $(BUILD)/test/bench/,corpus fill floor places \
		smtp verify)
	@$(call wanted,peers)
	$(call measure,side_by_side,with_content,$(PEERSFLAGS))

# Our rule engine against SpamAssassin, over the corpora.
parity: all
	@.ci/deps parity || echo "make parity: going on with what is there"
	@BUILD=$(BUILD) SUITES=$(SUITES) test/parity/bars

# The suites of other projects; "make SUITES=folder" says where they are.
CONFORMANCE := $(patsubst %,$(BUILD)/test/unit/%_suite,spf dkim dmarc arc url html)
conformance: $(CONFORMANCE)
	@SUITES=$(SUITES) test/conformance/bars $^

# What each shipped rule hits in the corpora: rules/REPORT.md.
rules-report: all
	@BUILD=$(BUILD) SUITES=$(SUITES) /usr/bin/python3 test/rules_report.py

# Our reading of MIME beside that of other parsers, over suites and corpora.
mime-compare: $(BUILD)/test/conformance/mime_tree
	@SUITES=$(SUITES) /usr/bin/python3 test/conformance/mime_compare.py \
		$(MIMEFLAGS) $<

# What rules see of HTML, beside SpamAssassin; HTMLFLAGS=--list names parts.
html-compare: $(BUILD)/test/conformance/html_dump
	@SUITES=$(SUITES) test/conformance/html_compare.pl $(HTMLFLAGS) $<

# Every bar that an issue names; one that is missed hides no other.
bars:
	@missed=0; for part in bench bench-auth bench-content \
		bench-reload bench-store bench-peers conformance mime-compare \
		html-compare parity rules-report torture coverage soak; do \
		$(MAKE) --no-print-directory $$part || missed=1; \
	done; exit $$missed

install: all
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin
	$(INSTALL) -m 755 $(BUILD)/postern $(DESTDIR)$(PREFIX)/sbin
	$(INSTALL) -m 755 $(BUILD)/posternctl $(DESTDIR)$(PREFIX)/bin
	$(INSTALL) -d $(DESTDIR)$(SYSCONFDIR)/postern/rules/lists
	$(INSTALL) -m 644 rules/*.cf $(DESTDIR)$(SYSCONFDIR)/postern/rules
	$(INSTALL) -m 644 rules/lists/* \
		$(DESTDIR)$(SYSCONFDIR)/postern/rules/lists
	for kind in ham spam; do \
		$(INSTALL) -d $(DESTDIR)$(SYSCONFDIR)/postern/rules/selftest/$$kind && \
		$(INSTALL) -m 644 rules/selftest/$$kind/*.eml \
			$(DESTDIR)$(SYSCONFDIR)/postern/rules/selftest/$$kind || exit 1; \
	done
	test -e $(DESTDIR)$(SYSCONFDIR)/postern/postern.conf || \
		$(INSTALL) -m 644 contrib/postern.conf \
		$(DESTDIR)$(SYSCONFDIR)/postern
	for section in 1 5 8; do \
		$(INSTALL) -d $(DESTDIR)$(PREFIX)/share/man/man$$section && \
		$(INSTALL) -m 644 man/*.$$section \
			$(DESTDIR)$(PREFIX)/share/man/man$$section || exit 1; \
	done
	$(INSTALL) -d $(DESTDIR)$(UNITDIR) $(DESTDIR)$(DOCDIR) \
		$(DESTDIR)$(BASHDIR)
	sed -e 's,@SBINDIR@,$(PREFIX)/sbin,' -e 's,@SYSCONFDIR@,$(SYSCONFDIR),' \
		contrib/systemd/postern.service > \
		$(DESTDIR)$(UNITDIR)/postern.service
	chmod 644 $(DESTDIR)$(UNITDIR)/postern.service
	$(INSTALL) -m 644 contrib/systemd/postern.socket $(DESTDIR)$(UNITDIR)
	$(INSTALL) -m 644 README CHANGES contrib/postfix/main.cf.postern \
		contrib/sendmail/postern.mc $(DESTDIR)$(DOCDIR)
	$(INSTALL) -m 644 contrib/completion/posternctl.bash \
		$(DESTDIR)$(BASHDIR)/posternctl

# All but the configuration and what the filter has learned.
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/postern \
		$(DESTDIR)$(PREFIX)/bin/posternctl \
		$(DESTDIR)$(UNITDIR)/postern.service \
		$(DESTDIR)$(UNITDIR)/postern.socket \
		$(DESTDIR)$(BASHDIR)/posternctl
	for page in man/*.[158]; do \
		rm -f $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page#man/}; \
	done
	rm -rf $(DESTDIR)$(DOCDIR)

# The released tarball: the last commit, the same bytes wherever it is made.
# What the user's own git settings would change is set here.
NAME := postern-$(VERSION)
DIST := $(BUILD)/dist
dist:
	@test "$$(git rev-parse --show-toplevel)" = "$$(pwd -P)" || \
		{ echo "make dist: this is no git checkout"; exit 1; }
	@git diff --quiet HEAD -- || \
		echo "make dist: changes that are not committed are left out"
	@mkdir -p $(DIST)
	git -c tar.umask=0022 -c core.autocrlf=false archive --format=tar \
		--prefix=$(NAME)/ HEAD > $(DIST)/$(NAME).tar
	gzip -9nf $(DIST)/$(NAME).tar
	cd $(DIST) && sha256sum $(NAME).tar.gz > $(NAME).tar.gz.sha256

# Debian's package, of the files as they are here; with Debian's flags, whatever
# this make and its environment were told.
DEB := $(BUILD)/deb
deb:
	@.ci/deps deb || echo "make deb: going on with what is there"
	rm -rf $(DEB)
	umask 022 && mkdir -p $(DEB)/$(NAME) && \
		tar -c --exclude-vcs --exclude=./build --exclude=./$(BUILD) . | \
		tar -x --no-same-permissions -C $(DEB)/$(NAME)
	umask 022 && cd $(DEB)/$(NAME) && env -i PATH="$$PATH" HOME="$$HOME" \
		DEB_BUILD_OPTIONS="$$DEB_BUILD_OPTIONS" \
		dpkg-buildpackage --build=binary --no-sign
	@ls $(DEB)/*.deb

clean:
	rm -rf build

help:
	@echo "make          builds build/postern and build/posternctl"
	@echo "make run      shows the filter at work behind a private Postfix"
	@echo "make check    runs all tests (make deps installs what they need)"
	@echo "make install  DESTDIR= PREFIX=$(PREFIX); make uninstall"
	@echo "make deb, dist   Debian's package; the tarball of the last commit"
	@echo "make soak     a million messages through reloads, MESSAGES=$(MESSAGES)"
	@echo "make static   clang-tidy, cppcheck, analysers of gcc and clang"
	@echo "make lint, bench, bench-auth, bench-content, bench-reload, bench-store,"
	@echo "     bench-peers, conformance, mime-compare, html-compare, parity,"
	@echo "     rules-report"
	@echo "make torture  mail while everything fails, TORTUREFLAGS=--short or --only CASE"
	@echo "make fuzz     all parsers and the socket, FUZZTIME=$(FUZZTIME) seconds in all"
	@echo "make coverage lines of lib and milter that make check reaches"
	@echo "make threads  the suite and the torture under the thread sanitizer"
	@echo "make bars     every bench, comparison and test with a bar; make clean"

.PHONY: all unit-programs fuzz-programs socket-programs play-program \
	bench-programs torture-programs torture deps \
	deps-build run check fuzz coverage threads lint static bench bench-auth bench-content \
	bench-reload bench-store bench-peers soak conformance \
	mime-compare html-compare parity rules-report bars install uninstall dist deb clean help
.SECONDARY:
-include $(shell find $(BUILD) -path $(BUILD)/deb -prune -o -type f -name '*.d' -print 2>/dev/null)
