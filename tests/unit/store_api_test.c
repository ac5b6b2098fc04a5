#include "tests/unit/test.h"

#include "store/pq_api.h"
#include "store/sqlite_api.h"

TEST(sqlite_is_loaded_and_answers)
{
    const char *why;
    const struct sqlite_api *sq = sqlite_api(&why);
    sqlite3 *db = NULL;

    CHECK(sq != NULL && why == NULL);
    if (!sq)
        return;
    CHECK(sq->libversion_number() >= 3040000);
    CHECK(sq->threadsafe() > 0);
    CHECK(sq->open_v2(":memory:", &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    CHECK(sq->exec(db, "select 1", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(sq->close_v2(db) == SQLITE_OK);
    CHECK(sqlite_api(&why) == sq);
}

TEST(libpq_is_loaded_and_answers)
{
    const char *why;
    const struct pq_api *pq = pq_api(&why);

    CHECK(pq != NULL && why == NULL);
    if (!pq)
        return;
    CHECK(pq->libVersion() >= 150000);
    char *error = NULL;
    CHECK(pq->conninfoParse("postgresql://[", &error) == NULL);
    CHECK(error != NULL);
    pq->freemem(error);
}
