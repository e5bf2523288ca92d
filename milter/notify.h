/* notify - tells systemd how we are (sd_notify(3)'s datagrams, by our own). */
#ifndef MILTER_NOTIFY_H
#define MILTER_NOTIFY_H

/* "READY=1", "RELOADING=1" ...; nothing without NOTIFY_SOCKET. */
void notify_send(const char *state);

/* RELOADING=1 with the time stamp that Type=notify-reload wants. */
void notify_reloading(void);

/* The socket handed over by systemd (LISTEN_FDS), or -1. */
int notify_listen_fd(void);

#endif
