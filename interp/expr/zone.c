#include "expr/zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value/time.h"

#define ZONE_DIR "/usr/share/zoneinfo/"

enum { BIGGEST_FILE = 256 * 1024, LONGEST_NAME = 64 };

static bool two_digits(struct str s, size_t at, int *out)
{
    if (at + 2 > s.n || s.s[at] < '0' || s.s[at] > '9' || s.s[at + 1] < '0' || s.s[at + 1] > '9')
        return false;
    *out = (s.s[at] - '0') * 10 + (s.s[at + 1] - '0');
    return true;
}

// fixed = ["+" | "-"] HH ":" MM
static bool fixed_offset(struct str zone, int64_t *east)
{
    size_t at = zone.n && (zone.s[0] == '+' || zone.s[0] == '-');
    int hours, minutes;

    if (zone.n != at + 5 || zone.s[at + 2] != ':' || !two_digits(zone, at, &hours) ||
        !two_digits(zone, at + 3, &minutes) || hours > 23 || minutes > 59)
        return false;
    *east = hours * 3600 + minutes * 60;
    if (zone.s[0] == '-')
        *east = -*east;
    return true;
}

static bool is_zone_name(struct str name)
{
    if (!name.n || name.n > LONGEST_NAME || name.s[0] == '/' || name.s[0] == '.')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.s[i];
        bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        if (!letter && !(c >= '0' && c <= '9') && !strchr("/_+-", c))
            return false;
    }
    return true;
}

// To be freed; without bytes when there is no such file.
static struct str read_zone(struct str name)
{
    char path[sizeof ZONE_DIR + LONGEST_NAME];

    snprintf(path, sizeof path, ZONE_DIR "%.*s", STR_ARG(name));
    FILE *f = fopen(path, "re");
    if (!f)
        return (struct str){ NULL, 0 };
    char *data = malloc(BIGGEST_FILE);
    size_t n = data ? fread(data, 1, BIGGEST_FILE, f) : 0;
    fclose(f);
    return (struct str){ data, n };
}

static uint64_t big_endian(const char *s, size_t bytes)
{
    uint64_t n = 0;

    for (size_t i = 0; i < bytes; i++)
        n = n << 8 | (unsigned char)s[i];
    return n;
}

// The second part of a TZif file, whose times have 64 bits.
struct table {
    const char *times, *types, *infos;
    size_t time_count, type_count;
    struct str rule;  // what holds behind the last time, as in the variable TZ
};

enum { HEADER = 44 };

// The sizes of the parts of a block, in the order of its header.
struct counts {
    size_t isut, isstd, leap, time, type, chars;
};

static bool read_counts(struct str data, size_t at, struct counts *c)
{
    if (at + HEADER > data.n || memcmp(data.s + at, "TZif", 4) != 0)
        return false;
    const char *s = data.s + at + 20;
    c->isut = big_endian(s, 4);
    c->isstd = big_endian(s + 4, 4);
    c->leap = big_endian(s + 8, 4);
    c->time = big_endian(s + 12, 4);
    c->type = big_endian(s + 16, 4);
    c->chars = big_endian(s + 20, 4);
    return true;
}

static size_t block_size(const struct counts *c, size_t time_size)
{
    return c->time * (time_size + 1) + c->type * 6 + c->chars + c->leap * (time_size + 4) +
           c->isstd + c->isut;
}

static bool find_table(struct str data, struct table *t)
{
    struct counts c;

    if (!read_counts(data, 0, &c) || data.s[4] < '2')
        return false;
    size_t second = HEADER + block_size(&c, 4);
    if (!read_counts(data, second, &c) || second + HEADER + block_size(&c, 8) > data.n)
        return false;
    const char *body = data.s + second + HEADER;
    *t = (struct table){ .times = body,
                         .types = body + c.time * 8,
                         .time_count = c.time,
                         .infos = body + c.time * 9,
                         .type_count = c.type };
    struct str rest = str_slice(data, second + HEADER + block_size(&c, 8), data.n);
    t->rule = str_trim(rest);
    return c.type > 0;
}

static int64_t info_offset(const struct table *t, size_t type)
{
    return (int32_t)big_endian(t->infos + 6 * (type < t->type_count ? type : 0), 4);
}

// A rule such as CET-1CEST,M3.5.0,M10.5.0/3, read from left to right.
struct rule {
    const char *at, *end;
};

static char peek(const struct rule *r)
{
    return r->at < r->end ? *r->at : '\0';
}

static bool accept(struct rule *r, char c)
{
    return peek(r) == c && r->at++;
}

static int64_t digits(struct rule *r)
{
    int64_t n = 0;

    while (peek(r) >= '0' && peek(r) <= '9' && n < 100000)
        n = n * 10 + (*r->at++ - '0');
    return n;
}

static bool skip_name(struct rule *r)
{
    const char *start = r->at;

    if (accept(r, '<')) {
        while (peek(r) && peek(r) != '>')
            r->at++;
        return accept(r, '>');
    }
    while ((peek(r) | 32) >= 'a' && (peek(r) | 32) <= 'z')
        r->at++;
    return r->at - start >= 3;
}

// time = ["+" | "-"] HH [":" MM [":" SS]]
static int64_t clock_time(struct rule *r)
{
    bool negative = accept(r, '-');

    if (!negative)
        accept(r, '+');
    int64_t seconds = digits(r) * 3600;
    if (accept(r, ':'))
        seconds += digits(r) * 60;
    if (accept(r, ':'))
        seconds += digits(r);
    return negative ? -seconds : seconds;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

// M month.week.day: the week-th such day of the month, the fifth being the last.
static int64_t nth_weekday(int year, int month, int week, int day)
{
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int64_t first = civil_seconds(year, month, 1, 0, 0, 0);
    int length = lengths[(month + 11) % 12] + (month == 2 && is_leap(year));
    int date = 1 + (day - civil_from(first).weekday + 7) % 7 + (week - 1) * 7;

    while (date > length)
        date -= 7;
    return first + (int64_t)(date - 1) * 86400;
}

// date = "M" m "." w "." d | "J" n | n, with "/" time; local time, in seconds since 1970.
static bool change(struct rule *r, int year, int64_t *out)
{
    int64_t new_year = civil_seconds(year, 1, 1, 0, 0, 0);

    if (!accept(r, ','))
        return false;
    if (accept(r, 'M')) {
        int month = (int)digits(r);
        int week = accept(r, '.') ? (int)digits(r) : 0;
        int day = accept(r, '.') ? (int)digits(r) : 0;
        if (month < 1 || month > 12 || week < 1 || week > 5 || day > 6)
            return false;
        *out = nth_weekday(year, month, week, day);
    } else if (accept(r, 'J')) {
        int64_t n = digits(r);
        *out = new_year + (n - 1 + (is_leap(year) && n > 59)) * 86400;
    } else {
        *out = new_year + digits(r) * 86400;
    }
    *out += accept(r, '/') ? clock_time(r) : 7200;
    return true;
}

// rule = name offset [name [offset] ["," date "," date]]; offsets are counted westwards.
static bool rule_offset(struct str text, int64_t seconds, int64_t *east)
{
    struct rule r = { text.s, text.s + text.n };
    int64_t start, end;

    if (!skip_name(&r))
        return false;
    int64_t standard = -clock_time(&r);
    *east = standard;
    if (!skip_name(&r))
        return true;
    int64_t summer = peek(&r) == ',' ? standard + 3600 : -clock_time(&r);
    int year = civil_from(seconds + standard).year;
    if (!change(&r, year, &start) || !change(&r, year, &end))
        return true;
    start -= standard;
    end -= summer;
    bool is_summer = start < end ? seconds >= start && seconds < end
                                 : seconds >= start || seconds < end;
    *east = is_summer ? summer : standard;
    return true;
}

static int64_t table_offset(const struct table *t, int64_t seconds)
{
    size_t low = 0, high = t->time_count;
    int64_t east;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if ((int64_t)big_endian(t->times + 8 * middle, 8) <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == t->time_count && t->rule.n && rule_offset(t->rule, seconds, &east))
        return east;
    return info_offset(t, low ? (unsigned char)t->types[low - 1] : 0);
}

bool zone_offset(struct str zone, int64_t seconds, int64_t *east)
{
    struct table t;

    if (str_is(zone, "UTC") || str_is(zone, "Z"))
        return *east = 0, true;
    if (fixed_offset(zone, east))
        return true;
    if (!is_zone_name(zone))
        return false;
    struct str data = read_zone(zone);
    bool found = data.n && find_table(data, &t);
    if (found)
        *east = table_offset(&t, seconds);
    free((char *)data.s);
    return found;
}
