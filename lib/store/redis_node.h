/*
 * redis_node - the servers of a back end: where they are, which of them has
 * which records, and connections to them.
 *
 * Messages only use servers that are known to answer, and are told at once
 * where one is known not to.  Whether it does is found out by one thread, the
 * keeper (redis_keeper.h): it resolves names, asks Sentinels and Clusters, and
 * probes what failed, one connection at a time, with longer and longer pauses.
 * So an outage costs messages nothing once it is known.  While the keeper looks
 * into a doubt, which takes at most the connect timeout, messages wait for its
 * word, within their deadline.
 */
#ifndef STORE_REDIS_NODE_H
#define STORE_REDIS_NODE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/redis.h"
#include "store/redis_name.h"
#include "store/redis_said.h"
#include "store/redis_wire.h"

#define REDIS_SERVERS_MAX 32	/* named in the settings */
#define REDIS_NODES_MAX 128	/* servers that are in use */
#define REDIS_HOST_MAX 256
#define REDIS_PLACE_TEXT (REDIS_HOST_MAX + 10)	/* brackets, port and a zero */
#define REDIS_ADDRESSES_MAX 8		/* of one host */
#define REDIS_LATE_MAX 3	/* late batches in a row: it is down */
#define REDIS_PAUSE_FIRST 50	/* ms until the second probe ... */
#define REDIS_PAUSE_MAX 2000	/* ... and the longest, within a quarter */
#define REDIS_TROUBLE_MAX 160

/* A server as it is named: a host and a port, or the path of a socket. */
struct redis_place {
	char host[REDIS_HOST_MAX];	/* begins with "/": a socket */
	unsigned port;
};

enum node_state {
	NODE_DOUBTED,	/* the keeper is asked */
	NODE_UP,
	NODE_DOWN,
};

struct redis_node {
	struct redis_place place;
	struct wire_address address;	/* of NODE_UP */
	enum node_state state;
	bool wanted;			/* has records, as far as is known */
	struct wire *idle;
	size_t open;			/* connections, idle or used */
	unsigned late;			/* batches, in a row */
	unsigned probes;		/* in vain, in a row */
	int64_t probe_at;		/* clock_steady */
	pthread_cond_t freed;		/* a connection is idle, or gone */
	char policy[REDIS_TROUBLE_MAX];	/* what is wrong with its settings */
};

struct redis {
	/* constant */
	int64_t kind;
	struct redis_place servers[REDIS_SERVERS_MAX];
	size_t server_count;
	char *master, *user, *password, *sentinel_password, *prefix;
	int64_t database, connect_timeout;
	size_t connections;

	pthread_mutex_t mutex;		/* guards all below but atomics */
	pthread_cond_t news;		/* the keeper has decided something */
	pthread_cond_t work;		/* it is to look at something */
	pthread_t keeper;
	bool ended;			/* it has, and touches nothing more */
	bool left;			/* to it: it is the last one here */
	_Atomic bool closing;
	struct redis_node nodes[REDIS_NODES_MAX];
	size_t node_count;
	short node_of[REDIS_TAGS];	/* -1: nobody */
	bool looking;			/* for who has what */
	int64_t look_at;		/* when the keeper does so next */
	unsigned looks;			/* in vain, in a row */
	size_t guide;			/* server that answered last */
	uint64_t random;
	bool reached;
	bool refused;			/* trouble is of writes only */
	int64_t since;
	char trouble[REDIS_TROUBLE_MAX];
	struct store_figures figures;	/* as of figures_at */
	int64_t figures_at;

	_Atomic int64_t counts[SAIDS];
};

/* "host:port", "[ip6]:port", "host" or "unix:/path"; false otherwise. */
bool place_parse(struct span text, unsigned port, struct redis_place *out);

/* For people: "host:port" or the path. */
const char *place_text(const struct redis_place *,
    char out[REDIS_PLACE_TEXT]);

/*
 * How many addresses a place has, at most REDIS_ADDRESSES_MAX.  May ask the
 * DNS, and take as long as that does.
 */
size_t place_resolve(const struct redis_place *,
    struct wire_address out[REDIS_ADDRESSES_MAX]);

/* A condition (store/thread.h) that waits; false at the deadline. */
bool cond_wait(pthread_cond_t *, pthread_mutex_t *, int64_t deadline);

/*
 * Connects, names us, and sees to it that the script is there.  On NULL *kind
 * and trouble say what went wrong.
 */
struct wire *node_connect(struct redis *, const struct wire_address *,
    int64_t deadline, enum redis_kind_of_trouble *kind,
    char trouble[REDIS_TROUBLE_MAX]);

/* All below: with the mutex held, which is let go of while waiting. */

/* The node of a place, a new one if need be; -1 when there are too many. */
int node_find(struct redis *, const struct redis_place *);

/*
 * A connection to a node, NULL with *kind when there is none by the deadline,
 * or it is known that there will be none; SAID_MOVED: it is not in use any
 * more.
 */
struct wire *node_take(struct redis *, int node, int64_t deadline,
    enum redis_kind_of_trouble *kind);

/* Gives one back, by the state of its last exchange. */
void node_give(struct redis *, int node, struct wire *);

/* The keeper is to look whether it is there, and for the master. */
void node_doubt(struct redis *, int node);

/* Closes what is idle. */
void node_drop(struct redis_node *);

/* Who has what is to be found out again. */
void redis_look(struct redis *);

/* Milliseconds before the next try after so many in vain. */
int64_t redis_pause(struct redis *, unsigned tries);

/*
 * Counts trouble, and keeps words of it for the operator; without words, those
 * there are say more.  refused: of writes only.  now is -1 where it was not a
 * batch that met it.  No mutex held.
 */
void redis_trouble(struct redis *, enum redis_kind_of_trouble,
    struct span words, bool refused, int64_t now);

/* A batch was answered as it should be. */
void redis_well(struct redis *, bool wrote, int64_t now);

#endif
