/* onetime - whether a short text hands over a code to log in with. */
#include "check/onetime.h"

#include <string.h>

#define CODE_MIN 4
#define CODE_MAX 8
#define CODE_HALF_MIN 3		/* "123 456" */
#define CODE_HALF_MAX 4

/* Whole words, ASCII in lower case; other letters as mail writes them. */
static const char *const words[] = {
	"code", "codes", "otp", "totp", "passcode", "pin", "tan", "mtan",
	"verification", "verify", "authentication", "login", "signin",
	"bestätigung", "anmeldung", "verifizierung", "kennziffer",
	"código", "codigo", "verificación", "verificacion", "verificação",
	"verificacao", "codice", "verifica", "vérification", "connexion",
	"kod", "kód", "kodu", "kodi", "weryfikacyjny", "weryfikacji",
	"ověřovací", "overovací", "koodi", "kode", "verificatie",
	"doğrulama", "onay", "verifiering", "bekræftelse", "cod", "cód",
	"код", "Код", "КОД", "пароль", "Пароль", "подтверждения",
	"підтвердження", "κωδικός", "Κωδικός", "κωδικό", "קוד", "رمز",
	"कोड", "ओटीपी", "mã",
};

/* What compounds end with: Sicherheitscode, vahvistuskoodi. */
static const char *const tails[] = {"code", "kode", "kod", "koodi"};

/* Anywhere, in scripts that do not part words. */
static const char *const pieces_of_words[] = {
	"验证码", "驗證碼", "校验码", "动态密码", "動態密碼", "認証コード",
	"確認コード", "ワンタイム", "認証番号", "인증번호", "인증코드",
	"รหัส",
};

/* Codes that are no secrets: they mean that something is sold or shipped. */
static const char *const others[] = {
	"promo", "coupon", "discount", "voucher", "promotion", "gutschein",
	"gutscheincode", "rabatt", "rabattcode", "sale", "rabais", "descuento",
	"cupón", "cupom", "sconto", "korting", "kortingscode", "скидка",
	"скидку", "barcode", "postcode", "zipcode", "qrcode", "zip",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Where the last word and the last code ended, in bytes of the whole text. */
struct search {
	bool word_seen, code_seen, everywhere;
	size_t word_at, code_at;
};

/* Of a word: letters and digits, and whatever is not ASCII. */
static bool
is_inner(char c)
{
	return char_alpha(c) || char_digit(c) || (unsigned char)c >= 0x80;
}

static bool
is_one_of(struct span token, const char *const *list, size_t count)
{
	size_t i;
	char first;

	if (token.n == 0)
		return false;
	/* Nearly all words of a text differ here from all of the list. */
	first = char_lower(token.p[0]);
	for (i = 0; i < count; i++)
		if (list[i][0] == first && span_iis(token, list[i]))
			return true;
	return false;
}

static bool
is_word(struct span token)
{
	size_t i;

	if (is_one_of(token, words, COUNT(words)))
		return true;
	for (i = 0; i < COUNT(tails); i++)
		if (token.n > strlen(tails[i]) && span_iends(token, tails[i]))
			return true;
	for (i = 0; !span_ascii(token) && i < COUNT(pieces_of_words); i++)
		if (span_find(token, span_of(pieces_of_words[i])) < token.n)
			return true;
	return false;
}

static size_t
count_digits(struct span token)
{
	size_t i, n = 0;

	for (i = 0; i < token.n; i++)
		n += char_digit(token.p[i]) ? 1 : 0;
	return n;
}

/* Capital letters and digits; a year is none. */
static bool
is_code(struct span token)
{
	size_t digits = count_digits(token), i;

	if (token.n < CODE_MIN || token.n > CODE_MAX || digits < 2)
		return false;
	for (i = 0; i < token.n; i++)
		if (!char_digit(token.p[i]) &&
		    (token.p[i] < 'A' || token.p[i] > 'Z'))
			return false;
	return token.n != 4 || (!span_starts(token, "19") &&
	    !span_starts(token, "20"));
}

/* Numbers with these around them are amounts, dates, addresses. */
static bool
is_bound(char c)
{
	return c != '.' && c != ',' && c != '/' && c != '%' && c != '@' &&
	    c != '=' && c != '&' && c != '_' && c != '#' && c != '$';
}

/* A final full stop or comma is none of a number. */
static bool
ends_well(struct span text, size_t end)
{
	char c;

	if (end == text.n)
		return true;
	c = text.p[end];
	if (c == '.' || c == ',')
		return end + 1 == text.n || !is_inner(text.p[end + 1]);
	return is_bound(c);
}

/* The end of the token that begins at i. */
static size_t
token_end(struct span text, size_t i)
{
	while (i < text.n && is_inner(text.p[i]))
		i++;
	return i;
}

/* "123 456" or "1234-5678": the same length twice. */
static bool
is_split(struct span text, size_t begin, size_t end)
{
	struct span first = span_make(text.p + begin, end - begin), second;

	if (first.n < CODE_HALF_MIN || first.n > CODE_HALF_MAX ||
	    count_digits(first) != first.n || end >= text.n ||
	    (text.p[end] != ' ' && text.p[end] != '-'))
		return false;
	second = span_make(text.p + end + 1,
	    token_end(text, end + 1) - end - 1);
	return second.n == first.n && count_digits(second) == second.n &&
	    ends_well(text, end + 1 + second.n);
}

static bool
is_near(const struct search *s)
{
	size_t apart;

	if (!s->code_seen || !s->word_seen)
		return false;
	apart = s->word_at > s->code_at ? s->word_at - s->code_at :
	    s->code_at - s->word_at;
	return s->everywhere || apart <= ONETIME_NEAR;
}

/* Some scripts leave no space around a number. */
static bool
has_code(struct span text, size_t begin, size_t end)
{
	size_t i, stop;

	if (begin > 0 && !is_bound(text.p[begin - 1]))
		return false;
	for (i = begin; i < end; i = stop + 1) {
		stop = i;
		while (stop < end && (unsigned char)text.p[stop] < 0x80)
			stop++;
		if (is_code(span_make(text.p + i, stop - i)) &&
		    (stop < end || ends_well(text, end)))
			return true;
	}
	return is_split(text, begin, end);
}

/* One token, which begins at "before" bytes of the whole text. */
static bool
take_token(struct search *s, struct span text, size_t begin, size_t end,
    size_t before)
{
	if (is_word(span_make(text.p + begin, end - begin))) {
		s->word_seen = true;
		s->word_at = before + end;
	}
	if (has_code(text, begin, end)) {
		s->code_seen = true;
		s->code_at = before + end;
	}
	return is_near(s);
}

/* Whether the text sells something, or is too long to matter. */
static bool
is_other(const struct span *pieces, size_t count)
{
	size_t total = 0, i, k, end;

	for (i = 0; i < count; i++) {
		total += pieces[i].n;
		if (total > ONETIME_TEXT_MAX)
			return true;
		for (k = 0; k < pieces[i].n; k = end + 1) {
			end = token_end(pieces[i], k);
			if (is_one_of(span_make(pieces[i].p + k, end - k),
			    others, COUNT(others)))
				return true;
		}
	}
	return false;
}

bool
onetime_code(const struct span *pieces, size_t count)
{
	struct search s = {0};
	size_t before = 0, i, k, end;

	if (is_other(pieces, count))
		return false;
	for (i = 0; i < count; i++) {
		for (k = 0; k < pieces[i].n; k = end + 1) {
			end = token_end(pieces[i], k);
			if (end > k && take_token(&s, pieces[i], k, end,
			    before))
				return true;
		}
		before += pieces[i].n;
		s.everywhere = s.everywhere || (i == 0 && s.word_seen);
		if (is_near(&s))
			return true;
	}
	return false;
}
