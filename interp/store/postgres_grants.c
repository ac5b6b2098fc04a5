#include "store/postgres_grants.h"

#include <stdio.h>
#include <string.h>

// The first row whose words begin [at], or stand somewhere in, the statement.
static const struct part {
    const char *words;
    bool begin;
    const char *what;
    const char *grants[3];  // what stands before " TO role"
} parts[] = {
    { "CREATE SCHEMA", false, "make the store", { "CREATE ON DATABASE " } },
    { "SELECT",
      true,
      "read",
      { "USAGE ON SCHEMA runbook", "SELECT ON ALL TABLES IN SCHEMA runbook" } },
    { "INSERT INTO runbook.vote",
      true,
      "answer",
      { "INSERT (run, step, digest, reason, at, yes), UPDATE (reason, at, yes) ON runbook.vote" } },
    { "DELETE", false, "remove runs", { "DELETE ON runbook.run, runbook.lock" } },
    { "",
      true,
      "run",
      { "INSERT, UPDATE ON runbook.run, runbook.lock, runbook.note, runbook.fire",
        "INSERT ON runbook.event, runbook.kept" } },
};

static const struct part *part_of(const char *sql)
{
    const struct part *p = parts;

    while (p->begin ? strncmp(sql, p->words, strlen(p->words)) != 0 : !strstr(sql, p->words))
        p++;
    return p;
}

void grants_tell(const struct server *s, const char *sql, struct failure *why)
{
    const struct part *p = part_of(sql);
    const char *role = s->pq->user(s->conn), *database = s->pq->db(s->conn);
    char *quoted = s->pq->escapeIdentifier(s->conn, role, strlen(role));
    struct failure said = *why;
    char grants[400] = "";
    size_t n = 0;

    for (const char *const *g = p->grants; *g && n < sizeof grants; g++) {
        bool names_it = (*g)[strlen(*g) - 1] == ' ';
        n += (size_t)snprintf(grants + n, sizeof grants - n, "%sGRANT %s%s TO %s", n ? "; " : "",
                              *g, names_it ? database : "", quoted ? quoted : role);
    }
    s->pq->freemem(quoted);
    failure_set(why, "%.120s; who owns it lets `%s` %s with: %s", said.text, role, p->what, grants);
}
