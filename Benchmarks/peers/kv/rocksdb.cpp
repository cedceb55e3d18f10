// RocksDB: two column families; aggregates through an associative merge operator, so that a write reads nothing.
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include "turn.h"

using namespace rocksdb;

static void check(const Status& status) {
  if (status.ok()) return;
  fprintf(stderr, "%s\n", status.ToString().c_str());
  exit(1);
}

struct AddGrowth : AssociativeMergeOperator {
  bool Merge(const Slice&, const Slice* known, const Slice& added, std::string* result, Logger*) const override {
    Growth sum, old;
    memcpy(&sum, added.data(), sizeof sum);
    if (known) {
      memcpy(&old, known->data(), sizeof old);
      sum = {old.score + sum.score, old.count + sum.count, std::max(old.newest, sum.newest)};
    }
    result->assign((const char*)&sum, sizeof sum);
    return true;
  }
  const char* Name() const override { return "AddGrowth"; }
};

struct RocksStore : Store {
  DB* database = nullptr;
  ColumnFamilyHandle *eventTable, *growthTable;
  std::vector<ColumnFamilyHandle*> handles;
  bool isSynced = true;

  void openAt(const std::string& path, bool synced) override {
    isSynced = synced;
    BlockBasedTableOptions table;
    table.block_cache = NewLRUCache(size_t(1) << 30);
    table.filter_policy.reset(NewBloomFilterPolicy(10));
    table.block_size = 8192;
    table.whole_key_filtering = false;
    ColumnFamilyOptions family;
    family.table_factory.reset(NewBlockBasedTableFactory(table));
    family.merge_operator.reset(new AddGrowth);
    family.write_buffer_size = 64 << 20;
    family.max_write_buffer_number = 4;
    family.compression = kLZ4Compression;
    family.bottommost_compression = kZSTD;
    family.level_compaction_dynamic_level_bytes = true;
    family.prefix_extractor.reset(NewFixedPrefixTransform(16));
    DBOptions options;
    options.create_if_missing = options.create_missing_column_families = true;
    options.max_background_jobs = 2;
    options.max_total_wal_size = 512 << 20;
    const std::vector<ColumnFamilyDescriptor> families{
        {kDefaultColumnFamilyName, {}}, {"events", family}, {"growth", family}};
    check(DB::Open(options, path, families, &handles, &database));
    eventTable = handles[1];
    growthTable = handles[2];
  }
  void close() override {
    for (auto* handle : handles) check(database->DestroyColumnFamilyHandle(handle));
    check(database->Close());
  }

  void write(const Feed& feed, const Record& record, WriteBatch& batch, std::string& text) {
    char key[eventKeyBytes];
    writeEventKey(record, key);
    feed.writeValue(record, text);
    const Growth growth{record.delta, 1, record.time};
    batch.Put(eventTable, Slice(key, sizeof key), text);
    batch.Merge(growthTable, Slice(key, growthKeyBytes), Slice((const char*)&growth, sizeof growth));
  }
  void load(const Feed& feed, const std::vector<uint32_t>& order) override {
    WriteOptions options;
    options.disableWAL = true;
    WriteBatch batch;
    std::string text;
    for (const uint32_t row : order) {
      write(feed, feed.records[row], batch, text);
      if (batch.GetDataSize() < 4 << 20) continue;
      check(database->Write(options, &batch));
      batch.Clear();
    }
    check(database->Write(options, &batch));
  }
  void settle() override {
    for (auto* table : {eventTable, growthTable}) {
      check(database->Flush({}, table));
      CompactRangeOptions options;
      options.bottommost_level_compaction = BottommostLevelCompaction::kForce;
      check(database->CompactRange(options, table, nullptr, nullptr));
    }
  }
  void put(const Feed& feed, size_t from, size_t to) override {
    WriteBatch batch;
    std::string text;
    for (size_t row = from; row < to; row++) write(feed, feed.records[row], batch, text);
    WriteOptions options;
    options.sync = isSynced;
    check(database->Write(options, &batch));
  }

  size_t scan(ColumnFamilyHandle* table, const std::string& prefix, size_t limit, const Visit& visit) {
    ReadOptions options;
    options.prefix_same_as_start = !prefix.empty();
    options.total_order_seek = prefix.empty();
    options.readahead_size = prefix.empty() ? 2 << 20 : 0;
    options.fill_cache = !prefix.empty();
    std::unique_ptr<Iterator> place(database->NewIterator(options, table));
    size_t count = 0;
    for (place->Seek(prefix); place->Valid() && count < limit && place->key().starts_with(prefix); place->Next()) {
      visit(place->key().data(), place->value().data(), place->value().size());
      count++;
    }
    check(place->status());
    return count;
  }
  size_t growth(const std::string& prefix, const Visit& visit) override { return scan(growthTable, prefix, SIZE_MAX, visit); }
  size_t events(const std::string& prefix, size_t limit, const Visit& visit) override {
    return scan(eventTable, prefix, limit, visit);
  }

  double bytesOf(ColumnFamilyHandle* table) {
    uint64_t bytes = 0;
    database->GetIntProperty(table, DB::Properties::kTotalSstFilesSize, &bytes);
    return double(bytes);
  }
  double eventBytes(size_t count) override { return bytesOf(eventTable) / count; }
  double growthBytes(size_t count) override { return bytesOf(growthTable) / count; }
  bool takesManyWriters() const override { return true; }
};

Store* makeStore() { return new RocksStore; }
