#include "report/not_run.h"

#include "base/arena.h"
#include "base/map.h"
#include "report/history_inside.h"
#include "value/fields.h"

enum { NAMED_MOST = 8 };  // instances of a list that are called by their names

// ---- instances

static bool is_begun(const struct story *s)
{
    return s && !str_is(s->state, "pending") && !str_is(s->state, "blocked");
}

// How far the id of an instance of [each] goes in [id]: of "each[key].child" behind the bracket; 0
// if it begins with none.
static size_t instance_end(const struct story *each, struct str id)
{
    size_t n = each->id.n;

    if (id.n <= n || id.s[n] != '[' || !str_equal(str_slice(id, 0, n), each->id))
        return 0;
    for (size_t i = n; i < id.n; i++)
        if (id.s[i] == ']' && (i + 1 == id.n || id.s[i + 1] == '.' || id.s[i + 1] == '~'))
            return i + 1;
    return 0;
}

static struct str instance_id(const struct story *each, struct value item, struct arena *a)
{
    struct value key = value_of(item, "key");
    struct str text = STR("");

    value_to_text(key, a, &text);
    return str_format(a, "%.*s[%.*s]", STR_ARG(each->id), STR_ARG(text));
}

static bool has_names(const struct story *each)
{
    return each->more->items.kind == VALUE_LIST;
}

static size_t count_begun(const struct history *h, const struct story *each, struct arena *a)
{
    struct value items = each->more->items;
    size_t n = 0;

    for (size_t i = 0; has_names(each) && i < value_size(items); i++)
        n += is_begun(history_story(h, instance_id(each, value_item(items, i), a)));
    for (size_t i = 0; !has_names(each) && i < h->story_count; i++)
        n += instance_end(each, h->stories[i]->id) == h->stories[i]->id.n &&
             is_begun(h->stories[i]);
    return n < each->more->item_count ? n : each->more->item_count;
}

// The list of the instances that have not begun, as far as they are to be named.
struct names {
    struct buf text;
    size_t count;
    struct str last;
};

static void name(struct names *k, const struct history *h, struct str id)
{
    if (k->count == NAMED_MOST || str_equal(id, k->last) || is_begun(history_story(h, id)))
        return;
    buf_format(&k->text, "%s%.*s", k->count++ ? ", " : ": ", STR_ARG(id));
    k->last = id;
}

static struct str id_of(struct value item)
{
    struct str id = item.kind == VALUE_STRING ? item.s : text_of(item, "id");

    return id.n ? id : text_of(item, "step");
}

// A long list is not in the event; then the end of the run may say the first of them.
static void name_all(struct names *k, const struct history *h, const struct story *each,
                     struct arena *a)
{
    struct value items = each->more->items, list = value_of(h->end, "not_run");

    for (size_t i = 0; has_names(each) && i < value_size(items); i++)
        name(k, h, instance_id(each, value_item(items, i), a));
    for (size_t i = 0; !has_names(each) && list.kind == VALUE_LIST && i < value_size(list); i++) {
        struct str id = id_of(value_item(list, i));
        size_t end = instance_end(each, id);
        if (end)
            name(k, h, str_slice(id, 0, end));
    }
}

static struct str rest_of(const struct history *h, const struct story *each, struct arena *a)
{
    size_t all = each->more->item_count, n = all ? all - count_begun(h, each, a) : 0;
    struct names k = { .text = BUF_EMPTY };

    if (!n)
        return STR("");
    name_all(&k, h, each, a);
    struct str names = buf_take(&k.text, a);
    return str_format(a, "%zu of %zu%.*s%s", n, all, STR_ARG(names),
                      k.count && k.count < n ? ", ..." : "");
}

struct str not_run_begun(const struct history *h, const struct story *s, struct arena *a)
{
    if (!s->more->item_count)
        return STR("");
    return str_format(a, "%zu of %zu begun", count_begun(h, s, a), s->more->item_count);
}

// ---- the list

struct listing {
    const struct history *h;
    struct arena *arena;
    struct value end;    // of the run: what it says was not run; or null
    struct map *ids;     // struct value, of that list
    struct map *eaches;  // struct story: those whose rest is listed
    struct not_run *all;
    size_t count;
};

static void list_one(struct listing *l, struct str id, const struct story *s, struct str rest)
{
    const struct value *item = map_get(l->ids, id);

    l->all[l->count++] = (struct not_run){
        .id = id, .rest = rest, .story = s, .item = item ? *item : VALUE_NONE
    };
}

// [id] is an instance that has not begun, or in one; of a list of which the rest stands for it.
static bool is_of_a_rest(const struct listing *l, struct str id)
{
    for (size_t i = 0; i < id.n; i++) {
        const struct story *each = id.s[i] == '[' ? map_get(l->eaches, str_slice(id, 0, i)) : NULL;
        size_t end = each ? instance_end(each, id) : 0;
        if (end && !is_begun(history_story(l->h, str_slice(id, 0, end))))
            return true;
    }
    return false;
}

// Before its end a run has no list: what the file has in its steps and was not reached.
static bool was_left_out(const struct listing *l, const struct story *s)
{
    if (l->end.kind == VALUE_LIST)
        return map_get(l->ids, s->id) != NULL;
    return s->planned && !s->is_hook && !is_begun(s);
}

static bool is_in_steps(const struct listing *l, const struct story *each)
{
    bool phase = str_is(each->phase, "prepare") || str_is(each->phase, "steps") || !each->phase.n;

    return phase && !map_get(l->h->places, each->id);
}

static void read_end(struct listing *l)
{
    for (size_t i = 0; l->end.kind == VALUE_LIST && i < value_size(l->end); i++) {
        struct value *item = NEW(l->arena, struct value);
        *item = value_item(l->end, i);
        map_put(l->ids, id_of(*item), item);
    }
}

static void list_stories(struct listing *l)
{
    for (size_t i = 0; i < l->h->story_count; i++) {
        const struct story *s = l->h->stories[i];
        struct str rest = is_in_steps(l, s) ? rest_of(l->h, s, l->arena) : STR("");
        if (rest.n)
            map_put(l->eaches, s->id, (void *)s);
        if (rest.n || (!s->more->item_count && was_left_out(l, s) && !is_of_a_rest(l, s->id)))
            list_one(l, s->id, s, rest);
    }
}

// What nothing was said of before.
static void list_unspoken(struct listing *l)
{
    for (size_t i = 0; i < map_count(l->ids); i++) {
        struct str id = map_key(l->ids, i);
        if (!history_story(l->h, id) && !is_of_a_rest(l, id))
            list_one(l, id, NULL, STR(""));
    }
}

struct not_run *not_run_list(const struct history *h, struct arena *a, size_t *count)
{
    struct listing l = { .h = h, .arena = a, .end = value_of(h->end, "not_run") };

    l.ids = map_new(a);
    l.eaches = map_new(a);
    read_end(&l);
    l.all = NEW_ARRAY(a, struct not_run, h->story_count + map_count(l.ids) + 1);
    list_stories(&l);
    list_unspoken(&l);
    *count = l.count;
    return l.all;
}
