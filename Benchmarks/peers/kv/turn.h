// A key-value store's turn: feed, keys, what is measured and printed. The engines implement `Store`.
//
// Both hold two tables. Events: user, entity, dimension, inverted time, event id (57 bytes, so that the newest come first) to
// delta, source, entity type and metadata. Growth: the first 33 bytes of it to sum, count and newest time.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct Record {
  uint8_t event[16], user[16], entity[16];
  int64_t time;
  int32_t delta;
  uint32_t line;
  uint8_t type, dimension, source, padding[13];
};
static_assert(sizeof(Record) == 80);

struct Growth {
  int64_t score, count, newest;
};

constexpr size_t eventKeyBytes = 57, growthKeyBytes = 33, eventFixedBytes = 6;

inline void writeEventKey(const Record& record, char* key) {
  memcpy(key, record.user, 16);
  memcpy(key + 16, record.entity, 16);
  key[32] = char(record.dimension);
  const uint64_t inverted = __builtin_bswap64(~uint64_t(record.time));
  memcpy(key + 33, &inverted, 8);
  memcpy(key + 41, record.event, 16);
}
inline int64_t timeOfKey(const char* key) {
  uint64_t inverted;
  memcpy(&inverted, key + 33, 8);
  return int64_t(~__builtin_bswap64(inverted));
}
inline int32_t deltaOfValue(const char* value) {
  int32_t delta;
  memcpy(&delta, value, 4);
  return delta;
}

// Records on the disk, mapped, and the texts of their metadata.
struct Feed {
  const Record* records;
  size_t count;
  std::vector<std::string> texts;

  explicit Feed(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY);
    struct stat status;
    fstat(file, &status);
    count = status.st_size / sizeof(Record);
    records = (const Record*)mmap(nullptr, status.st_size, PROT_READ, MAP_SHARED, file, 0);
    std::ifstream lines(path + ".meta");
    for (std::string line; std::getline(lines, line);) texts.push_back(line);
  }
  void writeValue(const Record& record, std::string& value) const {
    value.assign((const char*)&record.delta, 4);
    value.push_back(char(record.source));
    value.push_back(char(record.type));
    value += texts[record.line];
  }
};

struct Store {
  using Visit = std::function<void(const char* key, const char* value, size_t valueBytes)>;
  virtual ~Store() = default;
  virtual void openAt(const std::string& path, bool synced) = 0;
  virtual void close() = 0;
  // Sorted by key, unsynced, into an empty store.
  virtual void load(const Feed& feed, const std::vector<uint32_t>& order) = 0;
  virtual void settle() {}
  // One durable transaction.
  virtual void put(const Feed& feed, size_t from, size_t to) = 0;
  virtual size_t growth(const std::string& prefix, const Visit& visit) = 0;
  virtual size_t events(const std::string& prefix, size_t limit, const Visit& visit) = 0;
  virtual double eventBytes(size_t count) = 0;
  virtual double growthBytes(size_t count) = 0;
  virtual bool takesManyWriters() const { return false; }
};

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
inline void measure(
    const std::string& variant, const std::string& name, double value, const char* unit, const char* note = "") {
  printf("{\"variant\": \"%s\", \"measure\": \"%s\", ", variant.c_str(), name.c_str());
  printf("\"value\": %.6g, \"unit\": \"%s\"", value, unit);
  printf(*note ? ", \"note\": \"%s\"}\n" : "}\n", note);
  fflush(stdout);
}
inline void answer(const std::string& variant, const char* name, const std::vector<int64_t>& values) {
  printf("{\"variant\": \"%s\", \"answer\": \"%s\", \"values\": [", variant.c_str(), name);
  for (size_t i = 0; i < values.size(); i++) printf(i ? ", %lld" : "%lld", (long long)values[i]);
  puts("]}");
  fflush(stdout);
}
inline void phase(const std::string& variant, const char* name) {
  printf("{\"variant\": \"%s\", \"phase\": \"%s\", \"processes\": [%d]}\n", variant.c_str(), name, getpid());
  fflush(stdout);
}

inline std::string bytesOf(const std::string& uuid) {
  std::string bytes;
  for (size_t i = 0; i < uuid.size(); i += 2) {
    if (uuid[i] == '-') i++;
    bytes.push_back(char(std::stoi(uuid.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// Prefixes of keys: 32, 16 and 33 bytes.
struct Keys {
  std::vector<std::string> pairs, users, histories;
  explicit Keys(const std::string& path) {
    const std::vector<std::string> dimensions{"self_know", "self_act", "self_show", "world_know", "world_act", "world_show"};
    std::ifstream lines(path);
    for (std::string kind, user, entity, dimension; lines >> kind >> user;) {
      if (kind == "N") continue;
      if (kind == "U") {
        users.push_back(bytesOf(user));
        continue;
      }
      lines >> entity;
      if (kind == "P") {
        pairs.push_back(bytesOf(user) + bytesOf(entity));
        continue;
      }
      lines >> dimension;
      const auto place = std::find(dimensions.begin(), dimensions.end(), dimension) - dimensions.begin();
      histories.push_back(bytesOf(user) + bytesOf(entity) + char(place));
    }
  }
};

// All keys once untimed, so that all is warm, and once timed.
template <class Read>
void timeReads(const std::string& variant, const std::string& name, const std::vector<std::string>& keys, Read read) {
  for (auto& key : keys) read(key);
  std::vector<double> times;
  for (auto& key : keys) {
    const double start = now();
    read(key);
    times.push_back((now() - start) * 1e6);
  }
  std::sort(times.begin(), times.end());
  measure(variant, name + ".p50", times[times.size() / 2], "µs");
  measure(variant, name + ".p99", times[times.size() * 99 / 100], "µs");
}

// A row as a program would hold it.
struct GrowthRow {
  std::string entity;
  uint8_t dimension;
  Growth growth;
};
struct EventRow {
  int32_t delta;
  int64_t time;
  std::string metadata;
};
