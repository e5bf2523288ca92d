# Postern.  "make help" lists the targets.
PREFIX ?= /usr/local
SYSCONFDIR ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
SUITES ?= ../shared/suites
BUILD ?= build
CFLAGS ?= -O2 -g
INSTALL ?= install

VERSION := $(shell sed -n 's/^Version \([0-9.]*\).*/\1/p' CHANGES | head -n 1)
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wformat=2 -Wvla -Wundef
HARDEN := -fPIE -fstack-protector-strong -fno-strict-aliasing
override CPPFLAGS += -Ilib -I. -D_GNU_SOURCE -DPOSTERN_VERSION='"$(VERSION)"' \
	-DPOSTERN_CONF='"$(SYSCONFDIR)/postern/postern.conf"'
LINK := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
LIBS := -lunbound -lhiredis -lmaxminddb -lspf2 -lpsl -lidn2 -llmdb -lopendkim -lcrypto -lhs \
	-lpcre2-8 -lpcre2-32 -lm -lpthread

LIB_SRC := $(sort $(wildcard lib/*.c lib/*/*.c))
MILTER_SRC := $(sort $(wildcard milter/*.c))
CTL_SRC := $(sort $(wildcard ctl/*.c))
UNIT := $(patsubst test/unit/%.c,%,$(sort $(wildcard test/unit/*.c)))
# What the programs below test/socket share.
LAB := lab labask hosts hostsload hostsproxy
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
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) $(HARDEN) -std=gnu11 -MMD -MP -c -o $@ $<

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

$(BUILD)/test/fuzz/%: $(BUILD)/test/fuzz/%.o $(BUILD)/test/fuzz/replay.o $(CTL_LIB) $(LIB)
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

lint: all
	/usr/bin/python3 test/lint.py

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

# The store of several hosts against one in memory, and with ten million keys.
bench-store: all $(addprefix $(BUILD)/test/bench/,corpus fill places)
	@$(call wanted,store)
	$(call measure,store,without_content,$(STOREFLAGS))

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
		bench-reload bench-store conformance parity rules-report; do \
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
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/lib/systemd/system \
		$(DESTDIR)$(PREFIX)/share/doc/postern
	sed -e 's,@SBINDIR@,$(PREFIX)/sbin,' -e 's,@SYSCONFDIR@,$(SYSCONFDIR),' \
		contrib/systemd/postern.service > \
		$(DESTDIR)$(PREFIX)/lib/systemd/system/postern.service
	$(INSTALL) -m 644 contrib/systemd/postern.socket \
		$(DESTDIR)$(PREFIX)/lib/systemd/system
	$(INSTALL) -m 644 README contrib/postfix/main.cf.postern \
		contrib/sendmail/postern.mc $(DESTDIR)$(PREFIX)/share/doc/postern

clean:
	rm -rf build

help:
	@echo "make          builds build/postern and build/posternctl"
	@echo "make run      shows the filter at work behind a private Postfix"
	@echo "make check    runs all tests (make deps installs what they need)"
	@echo "make install  DESTDIR= PREFIX=$(PREFIX)"
	@echo "make lint, bench, bench-auth, bench-content, bench-reload, bench-store,"
	@echo "     conformance, parity"
	@echo "make bars     all of these but lint; make clean"

.PHONY: all unit-programs fuzz-programs socket-programs play-program \
	bench-programs deps \
	deps-build run check lint bench bench-auth bench-content \
	bench-reload conformance \
	parity rules-report bars install clean help
.SECONDARY:
-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)
