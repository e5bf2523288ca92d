/* quickack - acknowledges the MTA's packets in time; see quickack.c. */
#ifndef MILTER_QUICKACK_H
#define MILTER_QUICKACK_H

/* For a daemon that listens on TCP; before any other thread is started. */
void quickack_enable(void);

#endif
