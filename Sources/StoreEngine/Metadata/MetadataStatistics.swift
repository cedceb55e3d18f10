import Columnar

/// The numbers and times of every path of some metadata, as bounds, so that ranges prune what holds none of them. See
/// Formats/encodings.md, "Statistics of metadata".
struct MetadataStatistics: Sendable, Equatable {
  struct Entry: Sendable, Equatable {
    /// A JSON pointer, as templates have them.
    var path: [UInt8]
    var bounds: ValueBounds
  }

  /// By their paths, ascending.
  let entries: [Entry]
  /// Whether no other path has numbers or times.
  let isComplete: Bool

  static let mostPaths = 256
  static let longestPath = 4_096
  /// No page of statistics is longer.
  static let largestPage = mostPaths * (longestPath + 64)

  /// Of metadata without numbers and times.
  static let empty = MetadataStatistics(entries: [], isComplete: true)

  private init(entries: [Entry], isComplete: Bool) {
    self.entries = entries
    self.isComplete = isComplete
  }

  /// Takes what was gathered of each path, as far as there is room for it.
  init(_ paths: [Entry]) {
    let wanted = paths.filter { !$0.bounds.isEmpty }.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    let fitting = wanted.filter { $0.path.count <= Self.longestPath }
    self.init(
      entries: Array(fitting.prefix(Self.mostPaths)),
      isComplete: fitting.count == wanted.count && fitting.count <= Self.mostPaths)
  }

  /// Whether a path may have a number or time for which `test` may hold.
  func mayHave(_ pointer: [UInt8], _ test: (ValueBounds) -> Bool) -> Bool {
    bounds(pointer).map(test) ?? !isComplete
  }

  /// What is known of a path; nil where it is not listed.
  func bounds(_ pointer: [UInt8]) -> ValueBounds? {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].path.lexicographicallyPrecedes(pointer) { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].path == pointer ? entries[low].bounds : nil
  }

  // MARK: The page

  private static let numbers: UInt8 = 1
  private static let times: UInt8 = 2

  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    writer.append(UInt8(isComplete ? 1 : 0))
    writer.appendVarint(entries.count)
    for entry in entries {
      writer.appendString(entry.path)
      let (numbers, times) = (entry.bounds.numbers, entry.bounds.times)
      writer.append((numbers == nil ? 0 : Self.numbers) | (times == nil ? 0 : Self.times))
      for range in [numbers, times] {
        guard let range else { continue }
        writer.appendSignedVarint(range.lowerBound)
        writer.appendVarint(UInt64(bitPattern: range.upperBound &- range.lowerBound))
      }
    }
    return writer.bytes
  }

  init(_ reader: inout ByteReader) throws(FormatError) {
    let start = reader.offset
    let mark = try reader.read(UInt8.self, "mark of statistics")
    guard mark <= 1 else { throw FormatError(offset: start, "mark \(mark) of statistics of metadata") }
    let count = try reader.readCount("paths of statistics", limit: Self.mostPaths)
    var entries: [Entry] = []
    for _ in 0..<count {
      let start = reader.offset
      let path = try reader.readString("path of statistics", limit: Self.longestPath).array
      if let last = entries.last, !last.path.lexicographicallyPrecedes(path) {
        throw FormatError(offset: start, "paths of statistics of metadata that do not ascend")
      }
      let kinds = try reader.read(UInt8.self, "kinds of values")
      guard kinds >= 1, kinds <= 3 else { throw FormatError(offset: start, "values of the kinds \(kinds)") }
      let numbers = kinds & Self.numbers == 0 ? nil : try Self.readRange(&reader)
      if let numbers, numbers.lowerBound == .max || numbers.upperBound == .min {
        throw FormatError(offset: start, "bounds of numbers that no number has")
      }
      let times = kinds & Self.times == 0 ? nil : try Self.readRange(&reader)
      if let times,
        times.lowerBound < Timestamp.earliest.microseconds || times.upperBound > Timestamp.latest.microseconds
      {
        throw FormatError(offset: start, "bounds of times that no time has")
      }
      entries.append(Entry(path: path, bounds: ValueBounds(numbers: numbers, times: times)))
    }
    self.init(entries: entries, isComplete: mark == 1)
  }

  private static func readRange(_ reader: inout ByteReader) throws(FormatError) -> ClosedRange<Int64> {
    let start = reader.offset
    let smallest = try reader.readSignedVarint("smallest value")
    let span = try reader.readVarint("largest value")
    let largest = Int128(smallest) + Int128(span)
    guard largest <= Int128(Int64.max) else { throw FormatError(offset: start, "a largest value beyond 64 bits") }
    return smallest...Int64(largest)
  }
}

extension MetadataStatistics: CustomStringConvertible {
  var description: String {
    let known = entries.map { entry in
      var text = String(decoding: entry.path, as: UTF8.self)
      if let numbers = entry.bounds.numbers {
        text += " \(Delta(millionths: numbers.lowerBound)) to \(Delta(millionths: numbers.upperBound))"
      }
      if let times = entry.bounds.times {
        text +=
          " \(Timestamp(microseconds: times.lowerBound)) to \(Timestamp(microseconds: times.upperBound))"
      }
      return text
    }
    return known.joined(separator: ", ") + (isComplete ? "" : ", and others")
  }
}

/// Where the statistics of the metadata of a row group lie. See Formats/segment.md, "Footer page".
enum MetadataStatisticsReference: Sendable, Equatable {
  /// Nothing is known, as in files of older versions.
  case unknown
  case page(PageReference)
  /// There are neither numbers nor times.
  case empty

  func append(to writer: inout ByteWriter) {
    switch self {
    case .unknown: writer.append(UInt8(0))
    case .page(let page):
      writer.append(UInt8(1))
      page.append(to: &writer)
    case .empty: writer.append(UInt8(2))
    }
  }

  /// Reads a reference to a page that ends by `limit`.
  init(_ reader: inout ByteReader, endingBy limit: Int) throws(FormatError) {
    let start = reader.offset
    switch try reader.read(UInt8.self, "statistics of metadata") {
    case 0: self = .unknown
    case 1:
      self = .page(try PageReference(&reader, endingBy: limit, largest: MetadataStatistics.largestPage))
    case 2: self = .empty
    case let mark: throw FormatError(offset: start, "mark \(mark) of statistics of metadata")
    }
  }

  var reference: PageReference? { if case .page(let page) = self { page } else { nil } }
}
