import Columnar

/// Takes the values of pages, in whatever encoding they lie, into arrays.
struct ColumnBuilder {
  let column: ParquetColumn
  private let limits: ParquetLimits
  private var booleans: [Bool] = []
  private var int32s: [Int32] = []
  private var int64s: [Int64] = []
  private var floats: [Float] = []
  private var doubles: [Double] = []
  private var fixed: [UInt8] = []
  private var strings = ByteStrings()
  /// Of byte strings, where there is a dictionary or some repeat: what each value is.
  private var codes: [UInt32]?
  /// Whether the strings begin with those of the dictionary.
  private var hasDictionary = false

  init(_ column: ParquetColumn, limits: ParquetLimits) {
    self.column = column
    self.limits = limits
  }

  private var width: Int { column.type == .int96 ? 12 : column.length }

  var values: ColumnValues {
    switch column.type {
    case .boolean: .boolean(booleans)
    case .int32: .int32(int32s)
    case .int64: .int64(int64s)
    case .float: .float(floats)
    case .double: .double(doubles)
    case .byteArray: .bytes(ByteColumn(strings, codes: codes))
    case .int96, .fixedLengthByteArray: .fixed(FixedColumn(width: width, bytes: fixed))
    }
  }

  /// Begins with the strings of a dictionary, of which all values are codes.
  mutating func begin(dictionary: ColumnValues) {
    guard case .bytes(let column) = dictionary, strings.count == 0 else { return }
    strings = column.strings
    codes = []
    hasDictionary = true
  }

  mutating func reserve(_ count: Int) {
    switch column.type {
    case .int32: int32s.reserveCapacity(count)
    case .int64: int64s.reserveCapacity(count)
    case .float: floats.reserveCapacity(count)
    case .double: doubles.reserveCapacity(count)
    case .byteArray: codes?.reserveCapacity(count)
    case .int96, .fixedLengthByteArray: fixed.reserveCapacity(min(count * width, limits.page))
    case .boolean: break
    }
  }

  /// Appends `count` values that begin at `offset` and end with the bytes.
  mutating func append(
    _ bytes: Bytes, at offset: Int, count: Int, encoding: PageEncoding, dictionary: ColumnValues?
  ) throws(FormatError) {
    if count == 0 { return }
    switch encoding {
    case .plain: try appendPlain(bytes, offset, count)
    case .dictionary, .plainDictionary:
      guard let dictionary else { throw FormatError(offset: offset, "codes without a dictionary") }
      try appendCodes(bytes, offset, count, dictionary)
    case .rle:
      guard column.type == .boolean else { throw unsupported(encoding, offset) }
      try appendRuns(bytes, offset, count)
    case .delta: try appendDeltas(bytes, offset, count)
    case .deltaLength:
      guard column.type == .byteArray else { throw unsupported(encoding, offset) }
      let before = strings.count
      try StringEncodings.decodeLengths(bytes, at: offset, count: count, limit: limits.decoded, to: &strings)
      appendOwnCodes(before)
    case .deltaStrings: try appendDeltaStrings(bytes, offset, count)
    case .byteStreamSplit:
      guard let width = column.type.width(fixedLength: column.length), column.type != .int96 else {
        throw unsupported(encoding, offset)
      }
      let (length, overflow) = count.multipliedReportingOverflow(by: width)
      guard !overflow, bytes.count - offset == length else {
        throw FormatError(offset: offset, "\(bytes.count - offset) bytes for \(count) values of \(width)")
      }
      let plain = ByteStreamSplit.decode(bytes, from: offset, width: width)
      if column.type == .fixedLengthByteArray, fixed.isEmpty {
        fixed = plain
      } else {
        try appendPlain(Bytes(plain), 0, count)
      }
    case .bitPacked: throw unsupported(encoding, offset)
    }
  }

  private func unsupported(_ encoding: PageEncoding, _ offset: Int) -> FormatError {
    FormatError(offset: offset, "unsupported: encoding \(encoding) of \(column.type) values")
  }

  // MARK: Plain

  private mutating func appendPlain(_ bytes: Bytes, _ offset: Int, _ count: Int) throws(FormatError) {
    let reader = ByteReader(bytes, at: offset)
    switch column.type {
    case .boolean:
      try reader.need((count + 7) / 8, "plain booleans")
      for index in 0..<count { booleans.append(bytes[offset + index >> 3] >> UInt8(index & 7) & 1 == 1) }
    case .byteArray: try appendPlainStrings(bytes, offset, count)
    default:
      guard let width = column.type.width(fixedLength: column.length) else { return }
      let (length, overflow) = count.multipliedReportingOverflow(by: width)
      guard !overflow else { throw FormatError(offset: offset, "\(count) values of \(width) bytes") }
      try reader.need(length, "plain values")
      let source = bytes.slice(offset, length)
      switch column.type {
      case .int32: Self.append(source, count, &int32s)
      case .int64: Self.append(source, count, &int64s)
      case .float: Self.append(source, count, &floats)
      case .double: Self.append(source, count, &doubles)
      default: unsafe source.withUnsafeBytes { unsafe fixed.append(contentsOf: $0) }
      }
    }
  }

  /// Values lie in memory as they do in files, on every machine that this runs on.
  private static func append<T: BitwiseCopyable>(_ source: Bytes, _ count: Int, _ target: inout [T]) {
    unsafe source.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      if UInt(bitPattern: base) % UInt(MemoryLayout<T>.alignment) == 0 {
        unsafe target.append(
          contentsOf: UnsafeBufferPointer(start: base.assumingMemoryBound(to: T.self), count: count))
        return
      }
      let block = unsafe [T](unsafeUninitializedCapacity: count) { buffer, filled in
        unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
        filled = count
      }
      target.append(contentsOf: block)
    }
  }

  private mutating func appendPlainStrings(_ bytes: Bytes, _ offset: Int, _ count: Int) throws(FormatError) {
    let before = strings.count
    guard count <= (bytes.count - offset) / 4 else {
      throw FormatError(offset: offset, "\(count) strings in \(bytes.count - offset) bytes")
    }
    let base = strings.arena.count
    // All that is no length; pages may hold more than their strings.
    let room = bytes.count - offset - 4 * count
    guard room <= ByteStrings.longestArena - base else {
      throw FormatError(offset: offset, "strings of more than 4 GiB")
    }
    var ends = [UInt32](repeating: 0, count: count)
    var failure: FormatError?
    let block = unsafe [UInt8](unsafeUninitializedCapacity: room) { target, filled in
      unsafe ends.withUnsafeMutableBufferPointer { ends in
        unsafe bytes.withUnsafeBytes { source in
          failure = unsafe Self.copyPlainStrings(source, offset, base, target, ends, &filled)
        }
      }
    }
    if let failure { throw failure }
    if base == 0 { strings.arena = block } else { strings.arena.append(contentsOf: block) }
    if before == 0 { strings.ends = ends } else { strings.ends.append(contentsOf: ends) }
    appendOwnCodes(before)
  }

  /// Copies as many strings as there are `ends`, each behind its length, to memory that holds all that follows `offset` but
  /// the lengths. A string is copied when it is known to leave room for the lengths behind it.
  private static func copyPlainStrings(
    _ source: UnsafeRawBufferPointer, _ offset: Int, _ base: Int, _ target: UnsafeMutableBufferPointer<UInt8>,
    _ ends: UnsafeMutableBufferPointer<UInt32>, _ filled: inout Int
  ) -> FormatError? {
    var from = offset
    var end = 0
    // What the lengths to come take.
    var lengths = 4 * ends.count
    for index in 0..<ends.count {
      guard source.count &- from >= 4 else { return FormatError(offset: from, "a string without a length") }
      let length = unsafe Int(UInt32(littleEndian: source.loadUnaligned(fromByteOffset: from, as: UInt32.self)))
      from &+= 4
      lengths &-= 4
      guard length <= source.count &- from &- lengths else {
        return FormatError(
          offset: from, "a string of \(length) bytes, \(source.count - from - lengths) are left")
      }
      if length > 0, let to = target.baseAddress, let start = source.baseAddress {
        unsafe UnsafeMutableRawPointer(to + end).copyMemory(from: start + from, byteCount: length)
      }
      from &+= length
      end &+= length
      unsafe ends[index] = UInt32(truncatingIfNeeded: base &+ end)
    }
    filled = end
    return nil
  }

  /// Strings that follow those of a dictionary get codes of their own.
  private mutating func appendOwnCodes(_ before: Int) {
    guard codes != nil else { return }
    codes?.append(contentsOf: UInt32(before)..<UInt32(strings.count))
  }

  // MARK: Other encodings

  private mutating func appendRuns(_ bytes: Bytes, _ offset: Int, _ count: Int) throws(FormatError) {
    var reader = ByteReader(bytes, at: offset)
    let length = Int(try reader.read(UInt32.self, "length of runs"))
    let runs = try reader.readBytes(length, "runs")
    var bits: [UInt8] = []
    _ = try HybridEncoding.decode(runs, at: 0, width: 1, count: count, largest: 1, to: &bits)
    for bit in bits { booleans.append(bit == 1) }
  }

  private mutating func appendDeltas(_ bytes: Bytes, _ offset: Int, _ count: Int) throws(FormatError) {
    switch column.type {
    case .int64: _ = try DeltaEncoding.decode(bytes, at: offset, expected: count, to: &int64s)
    case .int32:
      var wide: [Int64] = []
      _ = try DeltaEncoding.decode(bytes, at: offset, expected: count, to: &wide)
      for value in wide { int32s.append(Int32(truncatingIfNeeded: value)) }
    default: throw unsupported(.delta, offset)
    }
  }

  private mutating func appendDeltaStrings(_ bytes: Bytes, _ offset: Int, _ count: Int) throws(FormatError) {
    switch column.type {
    case .byteArray:
      try StringEncodings.decodeDeltas(
        bytes, at: offset, count: count, limit: limits.decoded, to: &strings, codes: &codes, beginsCodes: true)
    case .fixedLengthByteArray:
      var values = ByteStrings()
      var codes: [UInt32]?
      try StringEncodings.decodeDeltas(
        bytes, at: offset, count: count, limit: limits.decoded, to: &values, codes: &codes, beginsCodes: false)
      for index in 0..<count where values.length(index) != width {
        throw FormatError(offset: offset, "a value of \(values.length(index)) bytes instead of \(width)")
      }
      fixed.append(contentsOf: values.arena)
    default: throw unsupported(.deltaStrings, offset)
    }
  }

  private mutating func appendCodes(
    _ bytes: Bytes, _ offset: Int, _ count: Int, _ dictionary: ColumnValues
  ) throws(FormatError) {
    var reader = ByteReader(bytes, at: offset)
    let width = Int(try reader.read(UInt8.self, "width of codes"))
    guard width <= 32 else { throw FormatError(offset: offset, "codes of \(width) bits") }
    guard dictionary.count > 0 else { throw FormatError(offset: offset, "codes into an empty dictionary") }
    let largest = UInt32(truncatingIfNeeded: min(dictionary.count - 1, Int(UInt32.max)))
    if hasDictionary {
      _ = try HybridEncoding.decode(
        bytes, at: reader.offset, width: width, count: count, largest: largest, to: &codes!)
      return
    }
    var places: [UInt32] = []
    _ = try HybridEncoding.decode(bytes, at: reader.offset, width: width, count: count, largest: largest, to: &places)
    switch dictionary {
    case .boolean(let values): Self.gather(values, places, &booleans)
    case .int32(let values): Self.gather(values, places, &int32s)
    case .int64(let values): Self.gather(values, places, &int64s)
    case .float(let values): Self.gather(values, places, &floats)
    case .double(let values): Self.gather(values, places, &doubles)
    case .fixed(let values):
      let (length, overflow) = count.multipliedReportingOverflow(by: values.width)
      guard !overflow, length <= limits.decoded else {
        throw FormatError(offset: offset, "values of more than \(limits.decoded) bytes")
      }
      for place in places {
        let start = Int(place) * values.width
        fixed.append(contentsOf: values.bytes[start..<start + values.width])
      }
    case .bytes: throw FormatError(offset: offset, "codes into a dictionary that came too late")
    }
  }

  private static func gather<T: BitwiseCopyable>(_ values: [T], _ places: [UInt32], _ target: inout [T]) {
    let block = unsafe [T](unsafeUninitializedCapacity: places.count) { block, filled in
      unsafe values.withUnsafeBufferPointer { values in
        unsafe places.withUnsafeBufferPointer { places in
          for index in 0..<places.count {
            // The codes were found to be below the number of values.
            unsafe block.initializeElement(at: index, to: values[Int(places[index])])
          }
        }
      }
      filled = places.count
    }
    if target.isEmpty { target = block } else { target.append(contentsOf: block) }
  }
}
