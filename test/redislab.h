/*
 * redislab - private Redis servers for tests: on free ports of loopback, in a
 * folder of their own, gone with the process whatever its end.  A program that
 * cannot start one ends at once and says why: "make deps" installs Redis.
 */
#ifndef TEST_REDISLAB_H
#define TEST_REDISLAB_H

#include <stdbool.h>

#define REDISLAB_SERVERS_MAX 16

/*
 * Starts a server with further options, such as "--requirepass secret", and
 * waits until it answers.  Returns its number, from 0.
 */
int redislab_start(const char *options);

/* The same, but a Sentinel that watches a server under the name "postern". */
int redislab_sentinel(int watched);

/* Starts count nodes that divide the slots of a Cluster; the first's number. */
int redislab_cluster(int count, const char *options);

/* "127.0.0.1:port" and "unix:path"; live as long as the process. */
const char *redislab_address(int server);
const char *redislab_socket(int server);
int redislab_port(int server);

/* Sends a signal; SIGKILL and SIGTERM also wait for its end. */
void redislab_signal(int server, int signal);

/* Starts one that has ended, with the same options; true once it answers. */
bool redislab_again(int server);

/* Without waiting for an answer, which may take its time. */
void redislab_launch(int server);

/*
 * Says something to a server, words divided by blanks, and returns the reply
 * as text: items divided by blanks, an error as "-ERR ...", nothing as "(nil)",
 * and "(none)" where there was no reply.  Valid until the next call.
 */
const char *redislab_say(int server, const char *words);

/* The same as another user. */
const char *redislab_say_as(int server, const char *user, const char *password,
    const char *words);

/* Whether the reply to words, said every 20 ms, comes to contain a text. */
bool redislab_until(int server, const char *words, const char *contained,
    int ms);

/* Numbers in the reply to "INFO", such as "evalsha_calls" of its lines. */
long long redislab_info(int server, const char *section, const char *name);

#endif
