// LMDB: two named databases; aggregates are read, changed and written in the events' transaction. One writer at a time.
#include <lmdb.h>

#include "turn.h"

static void check(int code) {
  if (!code) return;
  fprintf(stderr, "%s\n", mdb_strerror(code));
  exit(1);
}

struct LMDBStore : Store {
  MDB_env* environment = nullptr;
  MDB_dbi eventTable, growthTable;
  MDB_txn* reader = nullptr;
  MDB_cursor *eventCursor, *growthCursor;

  void openAt(const std::string& path, bool synced) override {
    check(mdb_env_create(&environment));
    check(mdb_env_set_mapsize(environment, size_t(64) << 30));
    check(mdb_env_set_maxdbs(environment, 2));
    mkdir(path.c_str(), 0755);
    check(mdb_env_open(environment, path.c_str(), MDB_NORDAHEAD | (synced ? 0 : MDB_NOSYNC), 0644));
    MDB_txn* transaction;
    check(mdb_txn_begin(environment, nullptr, 0, &transaction));
    check(mdb_dbi_open(transaction, "events", MDB_CREATE, &eventTable));
    check(mdb_dbi_open(transaction, "growth", MDB_CREATE, &growthTable));
    check(mdb_txn_commit(transaction));
    check(mdb_txn_begin(environment, nullptr, MDB_RDONLY, &reader));
    check(mdb_cursor_open(reader, eventTable, &eventCursor));
    check(mdb_cursor_open(reader, growthTable, &growthCursor));
    mdb_txn_reset(reader);
  }
  void close() override {
    check(mdb_env_sync(environment, 1));
    mdb_env_close(environment);
  }

  void load(const Feed& feed, const std::vector<uint32_t>& order) override {
    MDB_txn* transaction;
    check(mdb_txn_begin(environment, nullptr, 0, &transaction));
    char key[eventKeyBytes], group[growthKeyBytes] = {};
    Growth growth{};
    std::string text;
    const auto append = [&](MDB_dbi table, char* key, size_t keyBytes, void* value, size_t valueBytes) {
      MDB_val k{keyBytes, key}, v{valueBytes, value};
      check(mdb_put(transaction, table, &k, &v, MDB_APPEND));
    };
    for (const uint32_t row : order) {
      const Record& record = feed.records[row];
      writeEventKey(record, key);
      feed.writeValue(record, text);
      append(eventTable, key, sizeof key, text.data(), text.size());
      if (growth.count && memcmp(group, key, sizeof group)) {
        append(growthTable, group, sizeof group, &growth, sizeof growth);
        growth = {};
      }
      memcpy(group, key, sizeof group);
      growth = {growth.score + record.delta, growth.count + 1, std::max(growth.newest, record.time)};
    }
    append(growthTable, group, sizeof group, &growth, sizeof growth);
    check(mdb_txn_commit(transaction));
  }

  void put(const Feed& feed, size_t from, size_t to) override {
    MDB_txn* transaction;
    MDB_cursor *events, *aggregates;
    check(mdb_txn_begin(environment, nullptr, 0, &transaction));
    check(mdb_cursor_open(transaction, eventTable, &events));
    check(mdb_cursor_open(transaction, growthTable, &aggregates));
    char key[eventKeyBytes];
    std::string text;
    for (size_t row = from; row < to; row++) {
      const Record& record = feed.records[row];
      writeEventKey(record, key);
      feed.writeValue(record, text);
      MDB_val k{sizeof key, key}, v{text.size(), text.data()};
      check(mdb_cursor_put(events, &k, &v, 0));
      Growth growth{record.delta, 1, record.time}, old;
      k = {growthKeyBytes, key};
      const bool isKnown = mdb_cursor_get(aggregates, &k, &v, MDB_SET) == 0;
      if (isKnown) {
        memcpy(&old, v.mv_data, sizeof old);
        growth = {old.score + growth.score, old.count + 1, std::max(old.newest, growth.newest)};
      }
      k = {growthKeyBytes, key};
      v = {sizeof growth, &growth};
      check(mdb_cursor_put(aggregates, &k, &v, isKnown ? MDB_CURRENT : 0));
    }
    check(mdb_txn_commit(transaction));
  }

  // Every read sees the newest commit: the reader's transaction is renewed.
  size_t scan(MDB_cursor* cursor, const std::string& prefix, size_t limit, const Visit& visit) {
    check(mdb_txn_renew(reader));
    check(mdb_cursor_renew(reader, cursor));
    MDB_val key{prefix.size(), (void*)prefix.data()}, value;
    size_t count = 0;
    int code = mdb_cursor_get(cursor, &key, &value, prefix.empty() ? MDB_FIRST : MDB_SET_RANGE);
    while (!code && count < limit && !memcmp(key.mv_data, prefix.data(), prefix.size())) {
      visit((const char*)key.mv_data, (const char*)value.mv_data, value.mv_size);
      count++;
      code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_txn_reset(reader);
    return count;
  }
  size_t growth(const std::string& prefix, const Visit& visit) override { return scan(growthCursor, prefix, SIZE_MAX, visit); }
  size_t events(const std::string& prefix, size_t limit, const Visit& visit) override {
    return scan(eventCursor, prefix, limit, visit);
  }

  double bytesOf(MDB_dbi table) {
    MDB_stat stat;
    check(mdb_txn_renew(reader));
    check(mdb_stat(reader, table, &stat));
    mdb_txn_reset(reader);
    return double(stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) * stat.ms_psize;
  }
  double eventBytes(size_t count) override { return bytesOf(eventTable) / count; }
  double growthBytes(size_t count) override { return bytesOf(growthTable) / count; }
};

Store* makeStore() { return new LMDBStore; }
