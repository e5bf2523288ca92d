/*
 * redis - the back end that hosts share, with one server that is well or
 * refuses.  Outages are in redis_outage.c, several servers in redis_sentinel.c
 * and redis_cluster.c, and the verbs in store.c.
 */
#include "test/unit/redis_test.h"

#include <pthread.h>
#include <signal.h>

#include "store/redis_name.h"
#include "store/redis_said.h"
#include "store/redis_script.h"

static int server;

static void
test_settings(void)
{
	static const struct {
		const char *name, *server, *prefix, *user;
		int64_t kind, database;
		bool tls;
		const char *wanted;
	} rows[] = {
		{"no port", "localhost", "p:", "", 0, 0, false, NULL},
		{"IPv6", "[::1]:1", "p:", "", 0, 0, false, NULL},
		{"socket", "unix:/x", "p:", "", 0, 0, false, NULL},
		{"relative", "unix:x", "p:", "", 0, 0, false, "redis.servers"},
		{"no host", ":1", "p:", "", 0, 0, false, "redis.servers"},
		{"port 0", "a:0", "p:", "", 0, 0, false, "redis.servers"},
		{"high port", "a:65536", "p:", "", 0, 0, false,
		    "redis.servers"},
		{"bare IPv6", "::1", "p:", "", 0, 0, false, "redis.servers"},
		{"open", "[::1", "p:", "", 0, 0, false, "redis.servers"},
		{"behind", "[::1]1", "p:", "", 0, 0, false, "redis.servers"},
		{"brace", "a", "p{", "", 0, 0, false, "redis.prefix"},
		{"no prefix", "a", "", "", 0, 0, false, "redis.prefix"},
		{"blank", "a", "p ", "", 0, 0, false, "redis.prefix"},
		{"no password", "a", "p:", "me", 0, 0, false, "redis.user"},
		{"database", "a", "p:", "", REDIS_CLUSTER, 1, false,
		    "redis.database"},
		{"TLS says what to do", "a", "p:", "", 0, 0, true, "stunnel"},
	};
	struct redis_settings s;
	struct store_part part;
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s = settings_for(&rows[i].server, rows[i].kind);
		s.prefix = rows[i].prefix;
		s.user = rows[i].user;
		s.database = rows[i].database;
		s.tls = rows[i].tls;
		s.connect_timeout = 50;
		error.text[0] = '\0';
		part = redis_open(&s, &error);
		CHECK(rows[i].name, (part.backend != NULL) ==
		    (rows[i].wanted == NULL));
		CHECK(rows[i].name, rows[i].wanted == NULL ||
		    strstr(error.text, rows[i].wanted) != NULL);
		if (part.backend != NULL)
			part.backend->close(part.state);
	}
}

/* Named writes: each row is carried out twice, and must count once. */
static void
test_names(void)
{
	static const struct {
		const char *name;
		enum store_verb verb;
		int64_t amount;
		enum store_answer first, second;
		int64_t number, again;
	} rows[] = {
		{"put", STORE_PUT, 0, STORE_FOUND, STORE_FOUND, 0, 0},
		{"put new", STORE_PUT_NEW, 0, STORE_ABSENT, STORE_ABSENT, 0,
		    0},
		{"add", STORE_ADD, 5, STORE_FOUND, STORE_FOUND, 5, 5},
		{"decay", STORE_DECAY, 5, STORE_FOUND, STORE_FOUND, 5, 5},
		{"take", STORE_TAKE, 600000, STORE_FOUND, STORE_FOUND, 400000,
		    400000},
	};
	struct store *s = store_at(redislab_socket(server), REDIS_SINGLE);
	struct store_op op;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		op = named(rows[i].verb, rows[i].name, rows[i].amount,
		    100 + i);
		run(s, &op, WAIT);
		CHECK(rows[i].name, op.answer == rows[i].first);
		CHECK(rows[i].name, op.number == rows[i].number);
		run(s, &op, WAIT);
		CHECK(rows[i].name, op.answer == rows[i].second);
		CHECK(rows[i].name, op.number == rows[i].again);
	}
	op = named(STORE_TAKE, "take", 600000, 200);
	run(s, &op, WAIT);
	CHECK("a refusal takes nothing", op.number == -200000);
	op.rate = 1000;
	store_run(s, &op, 1, NOW + 300000, WAIT);
	CHECK("so it is tried again", op.number == 100000);
	op = named(STORE_DELETE, "put", 0, 201);
	run(s, &op, WAIT);
	CHECK("delete", op.answer == STORE_FOUND);
	op = make(STORE_PUT, "put", 0);
	run(s, &op, WAIT);
	op = named(STORE_DELETE, "put", 0, 201);
	run(s, &op, WAIT);
	op = make(STORE_GET, "put", 0);
	CHECK("a late delete leaves what came after", run(s, &op, WAIT) ==
	    TROUBLE_NONE && op.answer == STORE_FOUND);
	op = named(STORE_ADD, "put", 1, 202);
	CHECK("what fails has no mark", run(s, &op, WAIT) ==
	    TROUBLE_ARGUMENT);
	op.key = span_of("other");
	run(s, &op, WAIT);
	CHECK("so it is carried out", op.number == 1);
	op = named(STORE_PUT_NEW, "put", 1, 203);
	run(s, &op, WAIT);
	CHECK("put new found", op.answer == STORE_FOUND);
	op.key = span_of("new one");
	run(s, &op, WAIT);
	CHECK("and so made nothing", op.answer == STORE_ABSENT);
	store_close(s);
}

/* All in one batch, in another, in part: each serial counts once. */
static void
test_names_batches(int64_t kind, const char *address)
{
	struct store *s = store_at(address, kind);
	static struct store_op ops[STORE_BATCH_MAX];
	unsigned seed = 1, round, i;
	char keys[8][16];
	uint64_t serial;
	int64_t sum = 0;

	for (round = 0; round < 40; round++) {
		for (i = 0; i < STORE_BATCH_MAX; i++) {
			seed = seed * 1103515245 + 12345;
			serial = SCRIPT_MARK_SPAN - 100 + (seed >> 16) % 200;
			snprintf(keys[serial % 8], 16, "batch %d",
			    (int)(serial % 8));
			ops[i] = named(STORE_ADD, keys[serial % 8], 1, serial);
			ops[i].id.host = 99;
		}
		CHECK("batch", store_run(s, ops, 1 + (seed >> 8) % 64, NOW,
			WAIT) == 0);
	}
	for (i = 0; i < 200; i++) {
		serial = SCRIPT_MARK_SPAN - 100 + i;
		snprintf(keys[serial % 8], 16, "batch %d", (int)(serial % 8));
		ops[0] = named(STORE_ADD, keys[serial % 8], 1, serial);
		ops[0].id.host = 99;
		run(s, &ops[0], WAIT);
	}
	for (i = 0; i < 8; i++)
		sum += sum_of(s, keys[i]);
	CHECK("each once", sum == 200);
	store_close(s);
}

static void
test_keys(void)
{
	struct store *s = store_at(redislab_socket(server), REDIS_SINGLE);
	struct store_op op = make(STORE_PUT, "192.0.2.0/24", 0);
	char names[512], words[300], *name;
	long long ttl, most;
	int count = 0;
	bool mark;

	redislab_say(server, "FLUSHALL");
	op.ttl = 60000;
	run(s, &op, WAIT);
	CHECK_TEXT("readable", strstr(redislab_say(server, "KEYS *"), "}"),
	    "}test:1:192.0.2.0/24");
	redislab_say(server, "FLUSHALL");
	op = named(STORE_ADD, "k", 1, 5);
	op.ttl = 60000;
	run(s, &op, WAIT);
	snprintf(names, sizeof(names), "%s", redislab_say(server, "KEYS *"));
	for (name = strtok(names, " "); name != NULL;
	    name = strtok(NULL, " ")) {
		mark = strstr(name, "}op:1:7.0") != NULL;
		snprintf(words, sizeof(words), "PTTL %s", name);
		ttl = atoll(redislab_say(server, words)) - SCRIPT_LINGER;
		most = mark ? STORE_ID_TTL : 60000;
		CHECK(name, ttl <= most && ttl > most - WAIT);
		count++;
	}
	CHECK("record and mark", count == 2);
	store_close(s);
}

static void
test_words(void)
{
	static const struct {
		const char *text;
		enum redis_kind_of_trouble kind;
		bool redirect;
		unsigned slot, port;
		const char *host;
	} rows[] = {
		{"MOVED 3999 127.0.0.1:6381", SAID_MOVED, true, 3999, 6381,
		    "127.0.0.1"},
		{"ASK 0 ::1:1", SAID_ASK, true, 0, 1, "::1"},
		{"MOVED 16383 a.example:65535", SAID_MOVED, true, 16383, 65535,
		    "a.example"},
		{"MOVED 1 :7", SAID_MOVED, true, 1, 7, ""},
		{"MOVED 1 ?:7", SAID_MOVED, true, 1, 7, ""},
		{"MOVED 16384 a:7", SAID_MOVED, false, 0, 0, NULL},
		{"MOVED -1 a:7", SAID_MOVED, false, 0, 0, NULL},
		{"MOVED 1 a:0", SAID_MOVED, false, 0, 0, NULL},
		{"MOVED 1 a:65536", SAID_MOVED, false, 0, 0, NULL},
		{"MOVED 1 a", SAID_MOVED, false, 0, 0, NULL},
		{"MOVED 1", SAID_MOVED, false, 0, 0, NULL},
		{"ERR MOVED 1 a:1", SAID_MOVED, false, 0, 0, NULL},
		{"LOADING Redis is loading the dataset in memory", SAID_LOADING,
		    false, 0, 0, NULL},
		{"ERR unknown command", SAID_OTHER, false, 0, 0, NULL},
		{"ERR -READONLY You can't write", SAID_READONLY, false, 0, 0,
		    NULL},
		{"WRONGPASS invalid", SAID_NOAUTH, false, 0, 0, NULL},
		{"", SAID_OTHER, false, 0, 0, NULL},
	};
	struct redis_redirect to = {0};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK(rows[i].text, said_find(span_of(rows[i].text)) ==
		    rows[i].kind);
		CHECK(rows[i].text, said_redirect(span_of(rows[i].text), &to)
		    == rows[i].redirect);
		CHECK(rows[i].text, !rows[i].redirect ||
		    (to.slot == rows[i].slot && to.port == rows[i].port &&
		    span_is(to.host, rows[i].host)));
	}
}

/* Every record has one name, and every name one record. */
static void
test_record_names(void)
{
	static const struct {
		const char *klass;
		unsigned schema;
		struct span key;
		const char *behind;	/* the tag */
	} rows[] = {
		{"grey", 1, SPAN("192.0.2.0/24"), "grey:1:192.0.2.0/24"},
		{"a:b", 255, SPAN("a:b"), "a%3ab:255:a:b"},
		{"{}", 0, SPAN("{}%*"), "%7b%7d:0:%7b%7d%25*"},
		{"t", 10, SPAN(""), "t:10:"},
		{"t", 9, SPAN("\0\xff "), "t:9:%00%ff "},
	};
	static const char *const strange[] = {"p:", "p:{00}", "p:{00}t",
	    "p:{00}t:1", "p:{00}:1:k", "p:{00}t:01:k", "p:{00}t:256:k",
	    "p:{00}t:x:k", "p:{0g}t:1:k", "p:[00]t:1:k", "p:{00}t:1:%", "p",
	    "p:{00}t:1:%4", "p:{00}t:1:%41", "p:{00}t:1:%7B", "q:{00}t:1:k",
	    "p:{00}%00:1:k", "p:{7F}t:1:k"};
	struct span prefix = span_of("p:"), name;
	struct redis_parsed parsed;
	char out[REDIS_NAME_MAX];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		name = span_make(out, name_put(prefix, name_tag(rows[i].key),
		    rows[i].klass, rows[i].schema, rows[i].key, out));
		CHECK(rows[i].behind, span_is(span_skip(name, 6),
		    rows[i].behind));
		CHECK(rows[i].behind, name_parse(prefix, name, &parsed) &&
		    strcmp(parsed.klass, rows[i].klass) == 0 &&
		    parsed.schema == rows[i].schema &&
		    parsed.tag == name_tag(rows[i].key) &&
		    span_eq(span_make(parsed.key, parsed.key_n), rows[i].key));
	}
	for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++)
		CHECK(strange[i], !name_parse(prefix, span_of(strange[i]),
		    &parsed));
}

static void
test_script_flush(void)
{
	struct store *s = store_at(redislab_socket(server), REDIS_SINGLE);
	struct store_op op = make(STORE_ADD, "flush", 1);

	CHECK("before", run(s, &op, WAIT) == TROUBLE_NONE && op.number == 1);
	redislab_say(server, "SCRIPT FLUSH");
	CHECK("after", run(s, &op, WAIT) == TROUBLE_NONE && op.number == 2);
	CHECK("again", run(s, &op, WAIT) == TROUBLE_NONE && op.number == 3);
	store_close(s);
}

static void
test_access(void)
{
	static const struct {
		const char *name, *user, *password;
		enum store_trouble write, read;
		const char *words;
	} rows[] = {
		{"good", "postern", "secret", TROUBLE_NONE, TROUBLE_NONE,
		    "does not tell its maxmemory-policy"},
		{"wrong password", "postern", "secrets", TROUBLE_UNREACHED,
		    TROUBLE_UNREACHED, "WRONGPASS"},
		{"none", "", "", TROUBLE_UNREACHED, TROUBLE_UNREACHED,
		    "NOAUTH"},
		{"may not write", "reader", "secret", TROUBLE_REFUSED,
		    TROUBLE_NONE, ""},
		{"other keys only", "other", "secret", TROUBLE_REFUSED,
		    TROUBLE_REFUSED, "permission"},
		{"default user", "", "default", TROUBLE_NONE, TROUBLE_NONE,
		    ""},
	};
	int own = redislab_start("--requirepass default "
	    "--user postern on >secret ~postern:* -@all +eval +evalsha "
	    "+script|load +mget +set +del "
	    "--user reader on >secret ~postern:* +@all -set "
	    "--user other on >secret ~other:* +@all");
	const char *address = redislab_address(own);
	struct redis_settings settings = settings_for(&address, REDIS_SINGLE);
	struct store_op op;
	struct store *s;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		settings.user = rows[i].user;
		settings.password = rows[i].password;
		s = store_for(&settings);
		op = make(STORE_ADD, "a", 1);
		CHECK(rows[i].name, run(s, &op, WAIT) == rows[i].write);
		op = make(STORE_GET, "a", 1);
		CHECK(rows[i].name, run(s, &op, WAIT) == rows[i].read);
		CHECK(rows[i].name, told(s, rows[i].words));
		store_close(s);
	}
	redislab_signal(own, SIGKILL);
}

static void
test_refusals(void)
{
	static const struct {
		const char *name, *spoil, *mend, *words;
	} rows[] = {
		{"full", "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0",
		    "OOM"},
		{"replica", "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE",
		    "READONLY"},
		{"too few replicas", "CONFIG SET min-replicas-to-write 1",
		    "CONFIG SET min-replicas-to-write 0", "NOREPLICAS"},
	};
	struct store *s = store_at(redislab_socket(server), REDIS_SINGLE);
	struct store_op ops[3];
	size_t i;

	redislab_say(server, "CONFIG SET replica-serve-stale-data yes");
	ops[0] = make(STORE_ADD, "sum", 1);
	CHECK("well", run(s, &ops[0], WAIT) == TROUBLE_NONE);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		redislab_say(server, rows[i].spoil);
		ops[0] = make(STORE_GET, "sum", 0);
		ops[1] = named(STORE_ADD, "sum", 1, 300);
		ops[2] = make(STORE_GET, "sum", 0);
		CHECK(rows[i].name, store_run(s, ops, 3, NOW, WAIT) == 1);
		CHECK(rows[i].name, ops[1].trouble == TROUBLE_REFUSED);
		CHECK(rows[i].name, ops[0].number == 1 && ops[2].number == 1);
		CHECK(rows[i].name, told(s, rows[i].words));
		redislab_say(server, rows[i].mend);
		ops[1] = named(STORE_ADD, "sum", 1, 300);
		CHECK(rows[i].name, run(s, &ops[1], WAIT) == TROUBLE_NONE);
		CHECK("no mark without the write", ops[1].number == 2);
		CHECK(rows[i].name, told(s, ""));
		ops[1] = make(STORE_DELETE, "sum", 0);
		run(s, &ops[1], WAIT);
		redislab_say(server, "FLUSHALL");
		ops[0] = make(STORE_ADD, "sum", 1);
		run(s, &ops[0], WAIT);
	}
	store_close(s);
}

/* Something else under our name. */
static void
test_foreign(void)
{
	struct store *s = store_at(redislab_socket(server), REDIS_SINGLE);
	struct store_op op = make(STORE_PUT, "foreign", 0);
	char name[128], words[256];

	redislab_say(server, "FLUSHALL");
	run(s, &op, WAIT);
	snprintf(name, sizeof(name), "%s", redislab_say(server, "KEYS *"));
	redislab_say(server, "FLUSHALL");
	snprintf(words, sizeof(words), "LPUSH %s x", name);
	CHECK("made", atoi(redislab_say(server, words)) == 1);
	op = make(STORE_GET, "foreign", 0);
	CHECK("a list", run(s, &op, WAIT) == TROUBLE_NONE &&
	    op.answer == STORE_ABSENT);
	op = make(STORE_ADD, "foreign", 0);
	CHECK("is written over", run(s, &op, WAIT) == TROUBLE_NONE);
	op = make(STORE_PUT, "foreign", 0);
	CHECK("put does away with it", run(s, &op, WAIT) == TROUBLE_NONE);
	snprintf(words, sizeof(words), "SET %s N-but-not-a-record", name);
	redislab_say(server, words);
	op = make(STORE_GET, "foreign", 0);
	CHECK("no record", run(s, &op, WAIT) == TROUBLE_ARGUMENT);
	op = make(STORE_PUT_NEW, "foreign", 0);
	CHECK("is not written over", run(s, &op, WAIT) == TROUBLE_ARGUMENT);
	op = make(STORE_DELETE, "foreign", 0);
	run(s, &op, WAIT);
	CHECK("deleted", op.answer == STORE_ABSENT &&
	    strcmp(redislab_say(server, "DBSIZE"), "0") == 0);
	store_close(s);
}

static void
test_policy(void)
{
	struct store_health h;
	struct store *s;
	int i;

	redislab_say(server, "CONFIG SET maxmemory-policy volatile-ttl");
	s = store_at(redislab_socket(server), REDIS_SINGLE);
	CHECK("works", answers_within(s, WAIT));
	CHECK("told", told(s, "volatile-ttl") && told(s, "noeviction"));
	redislab_say(server, "CONFIG SET maxmemory-policy noeviction");
	for (i = 0; i < 50; i++) {
		store_health(s, &h);
		if (h.trouble[0] == '\0')
			break;
		usleep(100000);
	}
	CHECK("as long as it is so", h.trouble[0] == '\0');
	store_close(s);
	s = store_at(redislab_socket(server), REDIS_SINGLE);
	CHECK("works", answers_within(s, WAIT));
	CHECK("nothing to tell", !told(s, "policy"));
	store_close(s);
}

struct crowd {
	struct store *store;
	int failed;
};

static void *
crowd_main(void *argument)
{
	struct crowd *c = argument;
	struct store_op op;
	int i;

	for (i = 0; i < 100; i++) {
		op = make(STORE_ADD, "crowd", 1);
		c->failed += run(c->store, &op, WAIT) != TROUBLE_NONE;
	}
	return NULL;
}

/* More threads than connections: they wait for each other. */
static void
test_crowd(void)
{
	const char *address = redislab_address(server);
	struct redis_settings settings = settings_for(&address, REDIS_SINGLE);
	struct crowd crowd[8];
	pthread_t threads[8];
	int i, failed = 0;

	settings.connections = 2;
	redislab_say(server, "FLUSHALL");
	crowd[0].store = store_for(&settings);
	for (i = 0; i < 8; i++) {
		crowd[i] = (struct crowd){crowd[0].store, 0};
		pthread_create(&threads[i], NULL, crowd_main, &crowd[i]);
	}
	for (i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		failed += crowd[i].failed;
	}
	CHECK("all served", failed == 0);
	CHECK("all counted", sum_of(crowd[0].store, "crowd") == 800);
	CHECK("no more connections", redislab_info(server, "clients",
	    "connected_clients") <= 3);
	store_close(crowd[0].store);
}

/* One batch is one round trip: Redis sees one command. */
static void
test_round_trips(void)
{
	struct store *s = store_at(redislab_socket(server), REDIS_SINGLE);
	static struct store_op ops[STORE_BATCH_MAX];
	static char keys[STORE_BATCH_MAX][24];
	int i;

	CHECK("connected", answers_within(s, WAIT));
	for (i = 0; i < STORE_BATCH_MAX; i++) {
		snprintf(keys[i], sizeof(keys[i]), "trip %d", i);
		ops[i] = named((enum store_verb)(i % 7), keys[i], 1,
		    1000 + (uint64_t)i);
	}
	redislab_say(server, "CONFIG RESETSTAT");
	CHECK("all", store_run(s, ops, STORE_BATCH_MAX, NOW, WAIT) == 0);
	CHECK("one script", strstr(redislab_say(server, "INFO commandstats"),
	    "cmdstat_evalsha:calls=1,") != NULL);
	store_close(s);
}

int
main(void)
{
	server = redislab_start("");
	test_settings();
	test_words();
	test_record_names();
	test_names();
	test_names_batches(REDIS_SINGLE, redislab_socket(server));
	test_keys();
	test_script_flush();
	test_access();
	test_refusals();
	test_foreign();
	test_policy();
	test_crowd();
	test_round_trips();
	return test_end();
}
