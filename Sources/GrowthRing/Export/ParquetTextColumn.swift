import Columnar
import Parquet
import StoreEngine

/// A text column of a row group on its way into a batch: what each row's text is in a dictionary.
///
/// It comes page by page, so that strings of pages without a dictionary stay in the cache and go again. The strings of the
/// chunk's dictionary are checked and looked up once, all in the order in which they lie there, with the first page; in
/// pages without, once for each run of equal values, of which sorted rows have many.
struct ParquetTextColumn {
  private let field: EventField
  private(set) var codes: [UInt32] = []
  private(set) var dictionary = ByteStringDictionary()
  /// For each string of the chunk's dictionary its code here, plus one.
  private var table: [UInt32] = []

  /// - Parameter rows: how many there will be, as far as is known.
  init(_ field: EventField, rows: Int) {
    self.field = field
    codes.reserveCapacity(rows)
  }

  /// Takes a page. `shared` is how many of its strings are those of the chunk's dictionary.
  ///
  /// - Throws: why a value is none of the field.
  mutating func append(_ page: ColumnBatch, shared: Int) throws(EventRejection.Reason) {
    guard case .bytes(let column) = page.values else { throw .malformed }
    let absent = page.definition == nil ? 0 : dictionary.intern([])
    let present: [UInt32]
    if let own = column.codes, shared > 0, column.strings.count == shared {
      if table.isEmpty {
        dictionary.reserve(count: shared, length: column.strings.arena.count)
        var known = [UInt32](repeating: 0, count: shared)
        try lookUp([UInt32](0..<UInt32(shared)), column.strings, &known)
        table = known
      }
      present = Self.translate(own, table)
    } else {
      var table = [UInt32](repeating: 0, count: column.strings.count)
      // Where a page of a chunk with a dictionary lies without it, there are codes all the same.
      let codes = column.codes ?? Self.runs(column.strings)
      try lookUp(Self.used(codes, &table), column.strings, &table)
      present = Self.translate(codes, table)
    }
    guard let definition = page.definition else { return codes.append(contentsOf: present) }
    append(present, definition, absent)
  }

  /// The first string of the run of equal ones to which each value belongs.
  private static func runs(_ strings: ByteStrings) -> [UInt32] {
    unsafe [UInt32](unsafeUninitializedCapacity: strings.count) { runs, filled in
      unsafe strings.arena.withUnsafeBytes { arena in
        unsafe strings.ends.withUnsafeBufferPointer { ends in
          var first: UInt32 = 0
          var before = 0..<0
          for index in 0..<ends.count {
            let range = unsafe before.upperBound..<Int(ends[index])
            var isSame = index > 0 && range.count == before.count
            if isSame, !range.isEmpty, let base = arena.baseAddress {
              isSame = unsafe sameBytes(base + before.lowerBound, base + range.lowerBound, range.count)
            }
            if !isSame { first = UInt32(truncatingIfNeeded: index) }
            before = range
            unsafe runs.initializeElement(at: index, to: first)
          }
        }
      }
      filled = strings.count
    }
  }

  /// The strings that codes name, in the order in which they come; they are marked in `table`.
  private static func used(_ codes: [UInt32], _ table: inout [UInt32]) -> [UInt32] {
    var used: [UInt32] = []
    unsafe table.withUnsafeMutableBufferPointer { table in
      unsafe codes.withUnsafeBufferPointer { codes in
        for index in 0..<codes.count {
          let code = unsafe Int(codes[index])
          precondition(code < table.count, "a code of no string")
          if unsafe table[code] == 0 {
            unsafe table[code] = .max
            used.append(UInt32(truncatingIfNeeded: code))
          }
        }
      }
    }
    return used
  }

  /// Checks strings and puts their codes here, plus one, into `table`.
  private mutating func lookUp(
    _ used: [UInt32], _ strings: ByteStrings, _ table: inout [UInt32]
  ) throws(EventRejection.Reason) {
    if used.isEmpty { return }
    if let reason = ParquetTextCheck(strings).fault(field, used) { throw reason }
    if field == .user || field == .entity {
      intern(ids: used, of: strings, &table)
    } else {
      let texts = ByteStringDictionary(unindexed: strings.arena, ends: strings.ends)
      dictionary.intern(used, of: texts, table: &table)
    }
  }

  /// The codes here of codes into strings, by a table of them plus one.
  private static func translate(_ codes: [UInt32], _ table: [UInt32]) -> [UInt32] {
    unsafe [UInt32](unsafeUninitializedCapacity: codes.count) { target, filled in
      unsafe table.withUnsafeBufferPointer { table in
        unsafe codes.withUnsafeBufferPointer { codes in
          for index in 0..<codes.count {
            let code = unsafe Int(codes[index])
            precondition(code < table.count, "a code of no string")
            unsafe target.initializeElement(at: index, to: table[code] &- 1)
          }
        }
      }
      filled = codes.count
    }
  }

  /// Interns the stored form of ids.
  private mutating func intern(ids: [UInt32], of strings: ByteStrings, _ table: inout [UInt32]) {
    var stored: [UInt8] = []
    var ends: [Int] = []
    stored.reserveCapacity(ids.count * TaggedKey.length)
    ends.reserveCapacity(ids.count)
    unsafe strings.arena.withUnsafeBytes { arena in
      unsafe withUnsafeTemporaryAllocation(byteCount: TaggedKey.length, alignment: 8) { key in
        for id in ids {
          let text = unsafe UnsafeRawBufferPointer(rebasing: arena[strings.range(Int(id))])
          if let uuid = unsafe UUIDText.parse(text), uuid.isLowercase || uuid.isUppercase {
            unsafe key[0] = uuid.isLowercase ? Identifier.lowercaseTag : Identifier.uppercaseTag
            unsafe key.storeBytes(of: uuid.high.bigEndian, toByteOffset: 1, as: UInt64.self)
            unsafe key.storeBytes(of: uuid.low.bigEndian, toByteOffset: 9, as: UInt64.self)
            unsafe stored.append(contentsOf: key)
          } else {
            stored.append(Identifier.textTag)
            unsafe stored.append(contentsOf: text)
          }
          ends.append(stored.count)
        }
      }
    }
    let found = dictionary.intern(stored, ends: ends)
    for (place, id) in ids.enumerated() { table[Int(id)] = found[place] + 1 }
  }

  /// Appends the codes of values that are there, and `absent` for each null.
  private mutating func append(_ present: [UInt32], _ definition: [UInt8], _ absent: UInt32) {
    if present.count == definition.count { return codes.append(contentsOf: present) }
    let all = unsafe [UInt32](unsafeUninitializedCapacity: definition.count) { target, filled in
      unsafe present.withUnsafeBufferPointer { present in
        unsafe definition.withUnsafeBufferPointer { definition in
          var next = 0
          for index in 0..<definition.count {
            let isThere = unsafe definition[index] == 1
            let code = unsafe isThere ? present[next] : absent
            unsafe target.initializeElement(at: index, to: code)
            next &+= isThere ? 1 : 0
          }
        }
      }
      filled = definition.count
    }
    codes.append(contentsOf: all)
  }
}
