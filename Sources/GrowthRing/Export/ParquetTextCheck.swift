import Columnar
import Parquet
import StoreEngine

/// Checks texts of a file as the store checks what is appended.
struct ParquetTextCheck {
  private let strings: ByteStrings
  /// Their bytes, with room to read past the end.
  private let padded: [UInt8]

  init(_ strings: ByteStrings) {
    self.strings = strings
    var padded: [UInt8] = []
    padded.reserveCapacity(strings.arena.count + PaddedInput.padding)
    padded.append(contentsOf: strings.arena)
    padded.append(UInt8(ascii: "\n"))
    padded.append(contentsOf: repeatElement(0, count: PaddedInput.padding - 1))
    self.padded = padded
  }

  /// Why one of the texts is none for that field; nil where all are.
  func fault(_ field: EventField, _ fresh: [UInt32]) -> EventRejection.Reason? {
    let longest = EventLimits.longest(field)
    for string in fresh {
      let length = strings.length(Int(string))
      if length == 0 { return .empty }
      if length > longest { return .tooLong }
    }
    return unsafe padded.withUnsafeBytes { source in
      guard let base = source.baseAddress else { preconditionFailure("the padding is never empty") }
      let input = unsafe PaddedInput(base: base, count: strings.arena.count)
      return field == .metadata
        ? Self.metadataFault(input, strings, fresh) : Self.textFault(field, input, strings, fresh)
    }
  }

  private static func textFault(
    _ field: EventField, _ input: PaddedInput, _ strings: ByteStrings, _ fresh: [UInt32]
  ) -> EventRejection.Reason? {
    for string in fresh {
      let range = strings.range(Int(string))
      if !input.isPlainASCII(range.lowerBound, range.count) {
        if input.containsNUL(range.lowerBound, range.count) { return .nulByte }
        if !input.isValidUTF8(range.lowerBound, range.count) { return .invalidUTF8 }
      }
      if field == .scope, !EventLimits.isScope(strings.arena[range]) { return .malformed }
    }
    return nil
  }

  private static func metadataFault(
    _ input: PaddedInput, _ strings: ByteStrings, _ fresh: [UInt32]
  ) -> EventRejection.Reason? {
    var memory = [UInt8](repeating: 0, count: CanonicalJSON.scratchNeeded(EventLimits.metadataLength))
    return unsafe memory.withUnsafeMutableBytes { target -> EventRejection.Reason? in
      guard let base = target.baseAddress else { preconditionFailure("no memory") }
      var scratch = unsafe TextScratch(base: base, capacity: target.count)
      var rewriter = CanonicalJSON.Rewriter()
      for string in fresh {
        let range = strings.range(Int(string))
        scratch.count = 0
        if input[range.lowerBound] == UInt8(ascii: "{"),
          let plain = rewriter.plainObject(input, range.lowerBound, range.upperBound, into: &scratch),
          plain.next == range.upperBound, !plain.isCopied
        {
          continue
        }
        scratch.count = 0
        do throws(EventRejection.Reason) {
          let end = try rewriter.object(input, range.lowerBound, range.upperBound, into: &scratch)
          guard end == range.upperBound else { throw .malformed }
        } catch {
          return error
        }
        // What is stored is canonical already.
        guard scratch.written.array(0, scratch.count) == Array(strings.arena[range]) else { return .malformed }
      }
      return nil
    }
  }
}
