/*
 * html_colour - the names of colours (CSS Color 4, section 6.1) and what their
 * bytes look like.  Pure functions, any thread.
 */
#ifndef MAIL_HTML_COLOUR_H
#define MAIL_HTML_COLOUR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define HTML_BLACK 0x000000u
#define HTML_WHITE 0xffffffu

/* Any case; false for what is no name. */
bool html_colour_name(struct span name, uint32_t *rgb);

/*
 * True when text of the one colour can hardly be read on the other: the
 * distance of both, weighted by brightness, is below 12 of 191, SpamAssassin's
 * measure.
 */
bool html_colours_near(uint32_t a, uint32_t b);

#endif
