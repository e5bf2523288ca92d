/*
 * html_entity_table - the named character references of the HTML standard
 * (section 13.5).  The rows are data and stand in a file of their own.
 */
#include "mail/html_entity.h"

const struct html_entity html_entities[] = {
#include "mail/html_entities.inc"
};

const size_t html_entity_count =
    sizeof(html_entities) / sizeof(html_entities[0]);

const unsigned short html_entity_first[HTML_ENTITY_LETTERS + 1] = {
	0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 19, 31, 65, 119, 144, 152,
	173, 185, 210, 217, 225, 284, 293, 364,
	387, 406, 410, 454, 494, 516, 552, 569,
	574, 578, 588, 598, 598, 598, 598, 598,
	598, 598, 658, 773, 867, 931, 993, 1029,
	1088, 1116, 1166, 1174, 1184, 1336, 1373, 1538,
	1591, 1657, 1667, 1769, 1921, 1977, 2024, 2066,
	2077, 2101, 2112, 2125, 2125, 2125, 2125, 2125,
	2125
};
