import CZstd
import Foundation
import GrowthRing
import StoreEngine
import Testing

/// Events that nobody wrote for this project, where they are at hand beside it.
struct IngestDataSetTests {
  private static let data = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data")

  static func file(_ name: String) -> [UInt8]? {
    let url = data.appending(path: name)
    guard let bytes = try? Data(contentsOf: url) else {
      print("skipped: \(name) is not there")
      return nil
    }
    return [UInt8](bytes)
  }

  /// The first `length` bytes of a ZSTD file.
  static func prefix(_ name: String, _ length: Int) -> [UInt8]? {
    guard let packed = file(name), let stream = unsafe ZSTD_createDStream() else { return nil }
    defer { unsafe _ = ZSTD_freeDStream(stream) }
    var bytes = [UInt8](repeating: 0, count: length)
    let filled = unsafe packed.withUnsafeBytes { source in
      unsafe bytes.withUnsafeMutableBytes { target in
        var input = unsafe ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
        var output = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        while unsafe output.pos < output.size, unsafe input.pos < input.size {
          if unsafe ZSTD_isError(ZSTD_decompressStream(stream, &output, &input)) != 0 { break }
        }
        return unsafe output.pos
      }
    }
    return Array(bytes[..<filled])
  }

  @Test(arguments: ["oulad_assessments", "cdnow", "bpic2013_incidents"])
  func bothFormatsGiveTheSameEvents(_ name: String) throws {
    guard let ndjson = Self.prefix("\(name)/events.ndjson.zst", 1 << 20),
      let csv = Self.prefix("\(name)/events.csv.zst", 1 << 20)
    else { return }
    let left = decodeNDJSON([ndjson])
    let right = try decodeCSV([csv])
    // Only the records that the prefixes cut may be wrong.
    #expect(left.rejected.count <= 1 && right.rejected.count <= 1)
    let count = min(left.events.count, right.events.count) - 1
    #expect(count > 1000)
    #expect(left.events[..<count] == right.events[..<count])
  }

  private struct Expected: Decodable {
    var map: [String: String?]?
    var imported: Int?
    var rejected: [String: Int]?
    var users: Int?
    var entities: Int?
    var groups: Int?
    var sum: String?
    var first: Int64?
    var last: Int64?

    enum CodingKeys: String, CodingKey {
      case map, imported, rejected, users, entities, groups
      case sum = "sum_delta"
      case first = "first_us"
      case last = "last_us"
    }
  }

  @Test func foreignFilesAreMapped() throws {
    guard let text = Self.file("raw/expected.json") else { return }
    let all = try JSONDecoder().decode([String: Expected].self, from: Data(text))
    var checked = 0
    for (name, expected) in all {
      guard let map = expected.map, let bytes = Self.file("raw/\(name)") else { continue }
      var options = CSVOptions(mapping: [ColumnMapping(.entityType, .constant("case"))])
      for (field, source) in map {
        guard let source, field != "time_format", field != "naive_time", field != "zone_column" else { continue }
        options.mapping.append(try #require(ColumnMapping("\(field)=\(source)")))
      }
      options.timeFormat = try #require(TimeFormat((map["time_format"] ?? nil) ?? "iso"))
      options.zoneColumn = map["zone_column"] ?? nil
      let result = try decodeCSV([bytes], options)
      let events = result.events
      #expect(events.count == expected.imported)
      #expect(result.rejected.count == (expected.rejected ?? [:]).values.reduce(0, +))
      #expect(result.rejected.allSatisfy { $0.rejection.field == .user && $0.rejection.reason == .empty })
      #expect(Set(events.map(\.user)).count == expected.users)
      #expect(Set(events.map(\.entity)).count == expected.entities)
      #expect(Set(events.map { [$0.user, $0.entity, $0.dimension] }).count == expected.groups)
      #expect(Set(events.map(\.eventID)).count == events.count)
      let sum = events.reduce(Score.zero) { $0 + Score(millionths: Int128($1.delta.millionths)) }
      #expect(sum.description == expected.sum)
      #expect(events.map(\.createdAt.microseconds).min() == expected.first)
      #expect(events.map(\.createdAt.microseconds).max() == expected.last)
      checked += 1
    }
    #expect(checked >= 3)
  }
}
