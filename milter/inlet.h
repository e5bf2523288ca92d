/* inlet - how libmilter reads what the MTA sends; see inlet.c. */
#ifndef MILTER_INLET_H
#define MILTER_INLET_H

/* For a daemon that listens on TCP; before any other thread is started. */
void inlet_over_tcp(void);

#endif
