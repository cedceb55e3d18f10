#ifndef GROWTHRING_SQLITE_H
#define GROWTHRING_SQLITE_H

#include <sqlite3.h>

/* What Swift cannot say: a function of variable arguments, a pointer that must bear a static name, and a function that SQLite
   calls for every row. */

/* Empties a database, whatever state it is in, under SQLite's own locks. */
static inline int growthring_sqlite_reset(sqlite3 *db) {
  int result = sqlite3_db_config(db, SQLITE_DBCONFIG_RESET_DATABASE, 1, 0);
  if (result == SQLITE_OK) result = sqlite3_exec(db, "VACUUM", 0, 0, 0);
  sqlite3_db_config(db, SQLITE_DBCONFIG_RESET_DATABASE, 0, 0);
  return result;
}

/* How often each phrase of the query stands in each column of a row: 32-bit numbers, phrase by phrase. */
static inline void growthring_fts5_counts(const Fts5ExtensionApi *api, Fts5Context *fts, sqlite3_context *context,
                                          int argumentCount, sqlite3_value **arguments) {
  int phrases = api->xPhraseCount(fts), columns = api->xColumnCount(fts);
  sqlite3_uint64 size = (sqlite3_uint64)phrases * (sqlite3_uint64)columns * sizeof(int);
  int *counts = sqlite3_malloc64(size > 0 ? size : 1);
  (void)argumentCount;
  (void)arguments;
  if (!counts) {
    sqlite3_result_error_nomem(context);
    return;
  }
  for (int place = 0; place < phrases * columns; place++) counts[place] = 0;
  for (int phrase = 0; phrase < phrases; phrase++) {
    Fts5PhraseIter iterator;
    int column, offset;
    int result = api->xPhraseFirst(fts, phrase, &iterator, &column, &offset);
    if (result != SQLITE_OK) {
      sqlite3_free(counts);
      sqlite3_result_error_code(context, result);
      return;
    }
    while (column >= 0 && column < columns) {
      counts[phrase * columns + column]++;
      api->xPhraseNext(fts, &iterator, &column, &offset);
    }
  }
  sqlite3_result_blob64(context, counts, size, sqlite3_free);
}

/* Makes `growthring_counts(table)` known to a connection. */
static inline int growthring_sqlite_register(sqlite3 *db) {
  fts5_api *api = 0;
  sqlite3_stmt *statement = 0;
  int result = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &statement, 0);
  if (result != SQLITE_OK) return result;
  sqlite3_bind_pointer(statement, 1, (void *)&api, "fts5_api_ptr", 0);
  sqlite3_step(statement);
  result = sqlite3_finalize(statement);
  if (result != SQLITE_OK || !api) return result == SQLITE_OK ? SQLITE_ERROR : result;
  return api->xCreateFunction(api, "growthring_counts", 0, growthring_fts5_counts, 0);
}

#endif
