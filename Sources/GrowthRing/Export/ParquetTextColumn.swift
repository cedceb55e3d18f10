import Columnar
import Parquet
import StoreEngine

/// A text column of a row group on its way into a batch: what each row's text is in a dictionary.
///
/// It comes page by page, so that strings of pages without a dictionary stay in the cache and go again. A string of the
/// chunk's dictionary is checked and looked up once, when its first row comes; in pages without, once for each run of
/// equal values, of which sorted rows have many.
struct ParquetTextColumn {
  private let field: EventField
  private(set) var codes: [UInt32] = []
  private(set) var dictionary = ByteStringDictionary()
  /// For each string of the chunk's dictionary its code here, plus one; 0 where no row had it yet.
  private var table: [UInt32] = []
  /// For these.
  private var check: ParquetTextCheck?

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
    if let own = column.codes, column.strings.count == shared {
      if check == nil {
        check = ParquetTextCheck(column.strings)
        table = [UInt32](repeating: 0, count: shared)
        dictionary.reserve(count: shared, length: column.strings.arena.count)
      }
      var known: [UInt32] = []
      swap(&known, &table)
      present = try recode(own, column.strings, check, &known)
      swap(&known, &table)
    } else {
      var table = [UInt32](repeating: 0, count: column.strings.count)
      // Where a page of a chunk with a dictionary lies without it, there are codes all the same.
      let codes = column.codes ?? Self.runs(column.strings)
      present = try recode(codes, column.strings, nil, &table)
    }
    guard let definition = page.definition else { return codes.append(contentsOf: present) }
    append(present, definition, absent)
  }

  /// The first string of the run of equal ones to which each value belongs.
  private static func runs(_ strings: ByteStrings) -> [UInt32] {
    unsafe [UInt32](unsafeUninitializedCapacity: strings.count) { runs, filled in
      unsafe strings.arena.withUnsafeBytes { arena in
        var first: UInt32 = 0
        var before = 0..<0
        for index in 0..<strings.count {
          let range = strings.range(index)
          var isSame = index > 0 && range.count == before.count
          if isSame, !range.isEmpty, let base = arena.baseAddress {
            isSame = unsafe sameBytes(base + before.lowerBound, base + range.lowerBound, range.count)
          }
          if !isSame { first = UInt32(truncatingIfNeeded: index) }
          before = range
          unsafe runs.initializeElement(at: index, to: first)
        }
      }
      filled = strings.count
    }
  }

  /// The codes here of codes into `strings`; `table` remembers them, plus one.
  private mutating func recode(
    _ codes: [UInt32], _ strings: ByteStrings, _ check: ParquetTextCheck?, _ table: inout [UInt32]
  ) throws(EventRejection.Reason) -> [UInt32] {
    var fresh: [UInt32] = []
    unsafe table.withUnsafeMutableBufferPointer { table in
      unsafe codes.withUnsafeBufferPointer { codes in
        for index in 0..<codes.count {
          let code = unsafe Int(codes[index])
          precondition(code < table.count, "a code of no string")
          if unsafe table[code] == 0 {
            unsafe table[code] = .max
            fresh.append(UInt32(truncatingIfNeeded: code))
          }
        }
      }
    }
    if !fresh.isEmpty {
      if let reason = (check ?? ParquetTextCheck(strings)).fault(field, fresh) { throw reason }
      if field == .user || field == .entity {
        intern(ids: fresh, of: strings, &table)
      } else {
        let texts = ByteStringDictionary(unindexed: strings.arena, ends: strings.ends)
        dictionary.intern(fresh, of: texts, table: &table)
      }
    }
    return unsafe [UInt32](unsafeUninitializedCapacity: codes.count) { target, filled in
      unsafe table.withUnsafeBufferPointer { table in
        unsafe codes.withUnsafeBufferPointer { codes in
          for index in 0..<codes.count {
            unsafe target.initializeElement(at: index, to: table[Int(codes[index])] &- 1)
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
