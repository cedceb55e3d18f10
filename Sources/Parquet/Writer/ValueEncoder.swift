import Columnar

/// Writes ranges of a column's values in one encoding or another.
struct ValueEncoder {
  /// How codes lie in a page.
  enum CodeForm: Sendable {
    /// As few bits as hold the largest, and runs told as such.
    case shortest
    /// Four bits or whole bytes, which take more but may compress better.
    case aligned
    /// These, and runs among other values.
    case packed
    /// Nothing but runs, of single values too.
    case runs
  }

  let values: ColumnValues
  let dictionary: ValueDictionary?
  var codeForm = CodeForm.shortest
  /// Those to choose from.
  let codeForms: [CodeForm]
  private let shortestWidth: Int
  private let alignedWidth: Int

  init(_ values: ColumnValues, _ dictionary: ValueDictionary?) {
    self.values = values
    self.dictionary = dictionary
    shortestWidth = dictionary.map { HybridEncoding.width(UInt32(max(1, $0.count) - 1)) } ?? 0
    alignedWidth = shortestWidth <= 4 ? shortestWidth > 0 ? 4 : 0 : (shortestWidth + 7) / 8 * 8
    var forms: [CodeForm] = [.shortest]
    if shortestWidth > 0 { forms += shortestWidth == alignedWidth ? [.packed] : [.aligned, .packed] }
    // A run takes two bytes then.
    if shortestWidth > 0, shortestWidth <= 8 { forms.append(.runs) }
    codeForms = forms
  }

  /// How many equal codes are told as a run.
  private var shortestRun: Int {
    switch codeForm {
    case .shortest, .aligned: 8
    case .packed: .max
    case .runs: 1
    }
  }

  /// The bits of a code.
  private var codeWidth: Int { codeForm == .shortest ? shortestWidth : alignedWidth }

  /// The encodings to choose from, beside a dictionary.
  func candidates(_ type: PhysicalType, _ profile: ParquetWriterOptions.Profile) -> [PageEncoding] {
    guard profile == .compact, type != .int96 else { return [.plain] }
    switch values {
    case .boolean: return [.plain, .rle]
    case .int32, .int64: return [.plain, .delta, .byteStreamSplit]
    case .float, .double: return [.plain, .byteStreamSplit]
    case .bytes: return [.plain, .deltaLength, .deltaStrings]
    case .fixed(let column): return column.width > 1 ? [.plain, .byteStreamSplit, .deltaStrings] : [.plain]
    }
  }

  /// About how many bytes a value takes before compression; nil where values differ.
  func constantSize(_ encoding: PageEncoding) -> Int? {
    if encoding == .dictionary { return max(1, codeWidth / 8) }
    switch values {
    case .boolean: return 1
    case .int32, .float: return 4
    case .int64, .double: return 8
    case .bytes: return nil
    case .fixed(let column): return column.width
    }
  }

  /// How long each of the streams is into which an encoding cuts so many values; nil where it does not.
  func streamLength(_ encoding: PageEncoding, values: Int) -> Int? { encoding == .byteStreamSplit ? values : nil }

  func size(_ index: Int, _ encoding: PageEncoding) -> Int {
    if let size = constantSize(encoding) { return size }
    guard case .bytes(let column) = values else { return 0 }
    return 4 + column.strings.length(column.string(index))
  }

  func append(_ range: Range<Int>, _ encoding: PageEncoding, to output: inout [UInt8]) {
    switch encoding {
    case .dictionary:
      guard let dictionary else { preconditionFailure("codes without a dictionary") }
      output.append(UInt8(codeWidth))
      HybridEncoding.append(
        dictionary.codes, range, width: codeWidth, shortestRun: shortestRun, to: &output)
    case .delta: appendDeltas(range, &output)
    case .deltaLength:
      guard case .bytes(let column) = values else { preconditionFailure("lengths of other values") }
      StringEncodings.appendLengths(column, range, to: &output)
    case .deltaStrings:
      switch values {
      case .bytes(let column):
        StringEncodings.appendDeltas(column.strings.arena, range, to: &output) {
          column.strings.range(column.string($0))
        }
      case .fixed(let column):
        StringEncodings.appendDeltas(column.bytes, range, to: &output) {
          $0 * column.width..<($0 + 1) * column.width
        }
      default: preconditionFailure("prefixes of other values")
      }
    case .byteStreamSplit:
      var plain: [UInt8] = []
      appendPlain(range, &plain)
      ByteStreamSplit.append(plain, from: 0, width: range.isEmpty ? 1 : plain.count / range.count, to: &output)
    case .rle:
      guard case .boolean(let values) = values else { preconditionFailure("runs of other values") }
      var runs: [UInt8] = []
      HybridEncoding.append(values[range].map { $0 ? 1 : 0 as UInt8 }, 0..<range.count, width: 1, to: &runs)
      unsafe withUnsafeBytes(of: UInt32(runs.count).littleEndian) { unsafe output.append(contentsOf: $0) }
      output.append(contentsOf: runs)
    case .plain, .plainDictionary, .bitPacked: appendPlain(range, &output)
    }
  }

  private func appendDeltas(_ range: Range<Int>, _ output: inout [UInt8]) {
    switch values {
    case .int64(let values): DeltaEncoding.append(values, range, bits: 64, to: &output)
    case .int32(let values):
      DeltaEncoding.append(values[range].map { Int64($0) }, 0..<range.count, bits: 32, to: &output)
    default: preconditionFailure("differences of other values")
    }
  }

  private func appendPlain(_ range: Range<Int>, _ output: inout [UInt8]) {
    switch values {
    case .boolean(let values):
      for start in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
        var byte: UInt8 = 0
        for index in start..<min(start + 8, range.upperBound) where values[index] { byte |= 1 << UInt8(index - start) }
        output.append(byte)
      }
    case .int32(let values): Self.appendRaw(values, range, &output)
    case .int64(let values): Self.appendRaw(values, range, &output)
    case .float(let values): Self.appendRaw(values, range, &output)
    case .double(let values): Self.appendRaw(values, range, &output)
    case .bytes(let column):
      unsafe column.strings.arena.withUnsafeBytes { arena in
        for index in range {
          let place = column.strings.range(column.string(index))
          unsafe withUnsafeBytes(of: UInt32(place.count).littleEndian) { unsafe output.append(contentsOf: $0) }
          unsafe output.append(contentsOf: UnsafeRawBufferPointer(rebasing: arena[place]))
        }
      }
    case .fixed(let column):
      output.append(contentsOf: column.bytes[range.lowerBound * column.width..<range.upperBound * column.width])
    }
  }

  /// Values lie in memory as they do in files, on every machine that this runs on.
  private static func appendRaw<T: BitwiseCopyable>(_ values: [T], _ range: Range<Int>, _ output: inout [UInt8]) {
    unsafe values.withUnsafeBufferPointer { source in
      unsafe output.append(
        contentsOf: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: source[range])))
    }
  }
}
