/* torturemail - the messages of a torture. */
#include "ctl/torturemail.h"

#include <string.h>
#include <time.h>

#include "ctl/torturedns.h"

#define LINE_BYTES (4 << 20)
#define FIELD_BYTES (200 << 10)
#define BOMB_BYTES 20000
#define LARGE_BYTES (1000 << 10)

static void
put_many(struct buf *b, char c, size_t n)
{
	char chunk[4096];

	memset(chunk, c, sizeof(chunk));
	for (; n > sizeof(chunk); n -= sizeof(chunk))
		buf_add(b, chunk, sizeof(chunk));
	buf_add(b, chunk, n);
}

static void
put_date(struct buf *b, int64_t now)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu",
	    "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)(now / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	buf_printf(b, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void
put_head(struct buf *b, int64_t now, uint64_t number)
{
	buf_printf(b, "From: Anna <anna@" RESPONDER_DOMAIN ">\r\n"
	    "To: Bert <bert@" RESPONDER_DOMAIN ">\r\n"
	    "Subject: minutes of our meeting, part %llu\r\n"
	    "Message-ID: <%llu.%lld@mail." RESPONDER_DOMAIN ">\r\n"
	    "MIME-Version: 1.0\r\n", (unsigned long long)number,
	    (unsigned long long)number, (long long)now);
	put_date(b, now);
}

static void
put_fields(struct buf *b)
{
	unsigned i;

	for (i = 0; i < MAIL_FIELDS; i++)
		buf_printf(b, "X-Torture-%u: field number %u\r\n", i, i);
}

static void
put_deep(struct buf *b)
{
	unsigned i;

	buf_puts(b, "Content-Type: multipart/mixed; boundary=b0\r\n\r\n");
	for (i = 0; i < MAIL_DEPTH; i++)
		buf_printf(b, "--b%u\r\nContent-Type: multipart/mixed; "
		    "boundary=b%u\r\n\r\n", i, i + 1);
	buf_puts(b, "and no end to any of them\r\n");
}

static void
put_spam(struct buf *b)
{
	buf_puts(b, "\r\nXJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-"
	    "TEST-EMAIL*C.34X\r\n");
}

static void
put_line(struct buf *b)
{
	buf_puts(b, "X-Torture: ");
	put_many(b, 'x', FIELD_BYTES);
	buf_puts(b, "\r\n\r\n");
	put_many(b, 'x', LINE_BYTES);
	buf_puts(b, "\r\n");
}

void
mail_put(struct buf *b, enum mail mail, int64_t now, uint64_t number)
{
	put_head(b, now, number);
	switch (mail) {
	case MAIL_SPAM:
		put_spam(b);
		break;
	case MAIL_HEADERS:
		put_fields(b);
		buf_puts(b, "\r\nShort.\r\n");
		break;
	case MAIL_DEEP:
		put_deep(b);
		break;
	case MAIL_LINE:
		put_line(b);
		break;
	case MAIL_BOMB:
	case MAIL_LARGE:
		buf_puts(b, "X-Torture: ");
		put_many(b, 'a', 500);
		buf_puts(b, "!\r\n\r\n");
		put_many(b, 'a', mail == MAIL_BOMB ? BOMB_BYTES : LARGE_BYTES);
		buf_puts(b, "!\r\n");
		break;
	default:
		buf_puts(b, "\r\nDear Bert,\r\n\r\nplease find below what we "
		    "agreed upon on Monday.\r\n\r\nAnna\r\n");
	}
}
