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
LIBS := -llmdb -lcrypto -lpthread

LIB_SRC := $(sort $(wildcard lib/*.c lib/*/*.c))
MILTER_SRC := $(sort $(wildcard milter/*.c))
CTL_SRC := $(sort $(wildcard ctl/*.c))
UNIT := $(patsubst test/unit/%.c,%,$(sort $(wildcard test/unit/*.c)))
FUZZ := $(patsubst test/fuzz/%.c,%,$(filter-out test/fuzz/replay.c,$(sort $(wildcard test/fuzz/*.c))))

LIB := $(BUILD)/libpostern.a
# What ctl offers apart from its main; tests link it too.
CTL_LIB := $(BUILD)/libctl.a
# "make V=1" shows the commands.
Q := $(if $(V),,@)
say = @$(if $(V),:,echo "  $(1)")
object = $(patsubst %.c,$(BUILD)/%.o,$(1))

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

$(BUILD)/test/unit/%: $(BUILD)/test/unit/%.o $(CTL_LIB) $(LIB)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ $(LIBS)

$(BUILD)/test/fuzz/%: $(BUILD)/test/fuzz/%.o $(BUILD)/test/fuzz/replay.o $(CTL_LIB) $(LIB)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ $(LIBS)

unit-programs: $(addprefix $(BUILD)/test/unit/,$(UNIT))
fuzz-programs: $(addprefix $(BUILD)/test/fuzz/,$(FUZZ))

clean:
	rm -rf build

.PHONY: all clean unit-programs fuzz-programs
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
