// Drives a key-value store through its turn: `turn STEP VARIANT SYNCED DATA STORE FIRST SINGLE SIZExCOUNT...`.
#include "turn.h"

Store* makeStore();

static std::string variant;

static std::vector<GrowthRow> readGrowth(Store& store, const std::string& prefix) {
  std::vector<GrowthRow> rows;
  store.growth(prefix, [&](const char* key, const char* value, size_t) {
    GrowthRow row{std::string(key + 16, 16), uint8_t(key[32]), {}};
    memcpy(&row.growth, value, sizeof row.growth);
    rows.push_back(std::move(row));
  });
  return rows;
}
static std::vector<EventRow> readEvents(Store& store, const std::string& prefix, bool metadata) {
  std::vector<EventRow> rows;
  store.events(prefix, 50, [&](const char* key, const char* value, size_t bytes) {
    rows.push_back({deltaOfValue(value), timeOfKey(key), {}});
    if (metadata) rows.back().metadata.assign(value + eventFixedBytes, bytes - eventFixedBytes);
  });
  return rows;
}
static std::vector<GrowthRow> readTop(Store& store, const std::string& user) {
  auto rows = readGrowth(store, user);
  const auto end = rows.begin() + std::min<size_t>(20, rows.size());
  std::partial_sort(rows.begin(), end, rows.end(), [](auto& a, auto& b) { return a.growth.score > b.growth.score; });
  rows.erase(end, rows.end());
  return rows;
}

static void answerGrowth(Store& store, const char* name, const std::vector<std::string>& keys) {
  std::vector<int64_t> sums(4);
  for (auto& key : keys)
    for (auto& row : readGrowth(store, key)) {
      sums[0]++;
      sums[1] += row.growth.count;
      sums[2] += row.growth.score;
      sums[3] += row.growth.newest / 1000;
    }
  answer(variant, name, sums);
}

static void reads(Store& store, const Keys& keys) {
  timeReads(variant, "read.pair", keys.pairs, [&](auto& key) { return readGrowth(store, key).size(); });
  answerGrowth(store, "pairs", keys.pairs);
  timeReads(variant, "read.user", keys.users, [&](auto& key) { return readGrowth(store, key).size(); });
  answerGrowth(store, "users", keys.users);
  timeReads(variant, "read.top20", keys.users, [&](auto& key) { return readTop(store, key).size(); });
  std::vector<int64_t> best(2), sums(4);
  for (auto& key : keys.users)
    for (auto& row : readTop(store, key)) best[0]++, best[1] += row.growth.score;
  answer(variant, "top20", best);
  timeReads(variant, "read.history", keys.histories, [&](auto& key) { return readEvents(store, key, false).size(); });
  timeReads(variant, "read.history_metadata", keys.histories, [&](auto& key) { return readEvents(store, key, true).size(); });
  for (auto& key : keys.histories)
    for (auto& row : readEvents(store, key, true)) {
      sums[0]++;
      sums[1] += row.delta;
      sums[2] += row.time / 1000;
      sums[3] += row.metadata.size();
    }
  answer(variant, "history_metadata", sums);
}

// One pass in the order of the keys, as only this layout can.
static void recompute(Store& store) {
  phase(variant, "recompute");
  const double start = now();
  std::vector<std::pair<std::string, Growth>> groups;
  store.events("", SIZE_MAX, [&](const char* key, const char* value, size_t) {
    if (groups.empty() || memcmp(groups.back().first.data(), key, growthKeyBytes))
      groups.push_back({std::string(key, growthKeyBytes), {0, 0, timeOfKey(key)}});
    groups.back().second.score += deltaOfValue(value);
    groups.back().second.count++;
  });
  measure(variant, "recompute", now() - start, "s", "one thread");
  int64_t events = 0, score = 0;
  for (auto& group : groups) events += group.second.count, score += group.second.score;
  answer(variant, "recompute", {int64_t(groups.size()), events, score});
}

static void load(Store& store, const std::string& data) {
  const Feed feed(data + "/base.bin");
  std::vector<uint32_t> order(feed.count);
  for (size_t i = 0; i < feed.count; i++) order[i] = uint32_t(i);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    char keys[2][eventKeyBytes];
    writeEventKey(feed.records[a], keys[0]);
    writeEventKey(feed.records[b], keys[1]);
    return memcmp(keys[0], keys[1], eventKeyBytes) < 0;
  });
  store.load(feed, order);
  store.settle();
  size_t groups = 0;
  store.growth("", [&](const char*, const char*, size_t) { groups++; });
  measure(variant, "size", store.eventBytes(feed.count), "bytes", "loaded in order");
  measure(variant, "size.aggregate", store.growthBytes(groups), "bytes", "loaded in order");
}

// One event a transaction, from 64 threads where the store commits many writers together.
static void single(Store& store, const Feed& feed, size_t from, size_t count) {
  const size_t writers = store.takesManyWriters() ? 64 : 1;
  const double start = now();
  std::vector<std::thread> threads;
  for (size_t writer = 0; writer < writers; writer++)
    threads.emplace_back([&, writer] {
      for (size_t i = writer; i < count; i += writers) store.put(feed, from + i, from + i + 1);
    });
  for (auto& thread : threads) thread.join();
  measure(variant, "append.single", count / (now() - start), "events/s", writers > 1 ? "64 threads" : "one writer");
}

int main(int count, char** words) {
  const std::string step = words[1], data = words[4], path = words[5];
  variant = words[2];
  const bool synced = atoi(words[3]);
  Store& store = *makeStore();
  if (step == "open") {
    const Keys keys(data + "/queries.txt");
    const double start = now();
    store.openAt(path, synced);
    readGrowth(store, keys.pairs[0]);
    printf("%.4f\n", (now() - start) * 1e3);
    fflush(stdout);
    _exit(0);
  }
  store.openAt(path, synced);
  if (step == "load") load(store, data);
  if (step == "read") {
    reads(store, Keys(data + "/queries.txt"));
    recompute(store);
  }
  if (step == "write") {
    const Feed feed(data + "/tail.bin");
    size_t place = strtoull(words[6], nullptr, 10);
    for (int i = 8; i < count; i++) {
      char* end;
      const size_t size = strtoull(words[i], &end, 10), batches = strtoull(end + 1, nullptr, 10);
      const double start = now();
      for (size_t batch = 0; batch < batches; batch++, place += size) store.put(feed, place, place + size);
      const double rate = size * batches / (now() - start);
      measure(variant, "ingest." + std::to_string(size), rate, "events/s", "no check for duplicates");
    }
    single(store, feed, place, strtoull(words[7], nullptr, 10));
    std::vector<int64_t> sums(2);
    store.growth("", [&](const char*, const char* value, size_t) {
      Growth growth;
      memcpy(&growth, value, sizeof growth);
      sums[0] += growth.count;
      sums[1] += growth.score;
    });
    answer(variant, "totals", sums);
  }
  store.close();
}
