import Foundation
import GrowthRing

// search-probe STORE UNITS.ndjson QUERIES.json: puts units into a new store and answers queries on it, before and after what a
// store does with its files, and what may happen to them. One JSON object a line on standard output: the answers of each stage,
// and what it took.

struct Query: Decodable {
  let text: String
  let user: String?
  let substring: Bool?
}

@MainActor func microseconds(_ body: @MainActor () async throws -> Void) async throws -> Double {
  let begin = ContinuousClock.now
  try await body()
  let time = (ContinuousClock.now - begin).components
  return Double(time.seconds) * 1e6 + Double(time.attoseconds) / 1e12
}

@MainActor func answer(_ query: Query, limit: Int) async throws -> SearchResults {
  let options = SearchOptions(user: query.user, limit: limit)
  return query.substring == true
    ? try await store.searchSubstring(query.text, options) : try await store.search(query.text, options)
}

func put(_ object: [String: Any]) throws {
  var line = try JSONSerialization.data(withJSONObject: object)
  line.append(0x0A)
  try FileHandle.standardOutput.write(contentsOf: line)
}

func unit(_ line: Data) throws -> MemoryUnit? {
  guard let record = try JSONSerialization.jsonObject(with: line) as? [String: Any],
    let muid = record["muid"] as? String, let user = record["user_id"] as? String,
    let created = (record["created_at"] as? String).flatMap({ Timestamp($0) })
  else { return nil }
  return MemoryUnit(
    muid: muid, user: user, sourceType: record["source_type"] as? String ?? "",
    title: record["title"] as? String ?? "", content: record["content"] as? String ?? "",
    contentType: record["content_type"] as? String ?? "text", createdAt: created)
}

let arguments = CommandLine.arguments
guard arguments.count == 4 else {
  print("usage: search-probe STORE UNITS.ndjson QUERIES.json")
  exit(2)
}
let path = arguments[1]
let units = try Data(contentsOf: URL(fileURLWithPath: arguments[2])).split(separator: 0x0A).compactMap { try unit($0) }
let queries = try JSONDecoder().decode([Query].self, from: Data(contentsOf: URL(fileURLWithPath: arguments[3])))

var options = StoreOptions()
options.createIfMissing = true
options.partitions = 4
var store = try await GrowthStore.open(path, options: options)
@MainActor func append(_ part: ArraySlice<MemoryUnit>) async throws -> Double {
  try await microseconds {
    for start in stride(from: part.startIndex, to: part.endIndex, by: 500) {
      _ = try await store.append(Array(part[start..<min(start + 500, part.endIndex)]))
    }
  }
}
// One half is in files and in the index when the other half comes.
var ingest = try await append(units[..<(units.count / 2)])
try await store.flush()
var index = try await microseconds { try await store.updateSearchIndex() }
ingest += try await append(units[(units.count / 2)...])
// What a kill leaves is what is in the files of an open store.
let (whole, killed) = (store, path + " killed")
try FileManager.default.copyItem(atPath: path, toPath: killed)
store = try await GrowthStore.open(killed, options: options)

for stage in ["killed", "memory", "flushed", "compacted", "warmed", "archived", "reopened", "deleted", "anew"] {
  switch stage {
  case "memory":
    try await store.close()
    store = whole
    index += try await microseconds { try await store.updateSearchIndex() }
  case "flushed": try await store.flush()
  case "compacted": try await store.compact(everything: true)
  case "warmed", "archived":
    let isWarm = stage == "warmed"
    let rule = AgeingRule(warmAfter: Age(days: 0), archiveAfter: isWarm ? nil : Age(days: 0))
    try await store.apply(policy: AgeingPolicy(rules: [], rest: rule))
    let job = try await store.maintain([isWarm ? .warm : .archive])
    guard let job, job.error == nil, job.moved == units.count else { exit(1) }
  case "reopened", "deleted":
    try await store.close()
    if stage == "deleted" { try FileManager.default.removeItem(atPath: path + "/search") }
    store = try await GrowthStore.open(path, options: options)
  case "anew": try await store.updateSearchIndex(anew: true)
  default: break
  }
  for (number, query) in queries.enumerated() {
    var first: [SearchHit] = []
    let time = try await microseconds { first = try await answer(query, limit: 10).hits }
    let results = try await answer(query, limit: 1_000_000)
    try put([
      "stage": stage, "query": number, "matched": results.matched, "muids": results.hits.map(\.unit.muid),
      "scores": results.hits.map(\.score), "first": first.map(\.unit.muid), "microseconds": time,
      "snippet": first.first.map { $0.snippet.marked("[", "]") } ?? "",
    ])
  }
}
let report = try await store.verify()
let bytes = try await store.stats().searchBytes
try put([
  "units": units.count, "ingest": ingest, "index": index, "bytes": bytes, "verified": report.search.units,
  "problems": report.problems,
])
try await store.close()
