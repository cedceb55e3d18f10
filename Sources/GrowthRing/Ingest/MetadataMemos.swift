import Columnar

/// Metadata that came often, as they were written, with their canonical form and their code in the batch.
///
/// Most records of a source say much the same of themselves. Such a text is found here by its bytes, and need not be
/// parsed, put in order and looked up again. Texts of up to `longest` bytes are kept, in a table in which every text has
/// one place; one that was found since somebody else wanted its place stays.
struct MetadataMemos: Sendable {
  /// In bytes, written and canonical.
  static let longest = 248

  private struct Entry {
    var hash: UInt32 = 0
    var count: UInt16 = 0
    /// Zero where the canonical form is the text as it was written.
    var canonicalCount: UInt16 = 0
    var wasFound = false
    /// The batch of the code.
    var batch: UInt64 = 0
    var code: UInt32 = 0
  }

  private static let length = 512
  /// Room for a written and a canonical text, each in whole words.
  private static let stride = 512

  private var entries = [Entry](repeating: Entry(), count: length)
  private var texts: [UInt8] = []

  /// The place of a text.
  @inline(__always)
  mutating func find(_ view: PaddedInput, _ offset: Int, _ count: Int) -> Int? {
    guard count <= Self.longest, count >= 8, !texts.isEmpty else { return nil }
    let text = unsafe view.buffer(offset, count)
    let hash = unsafe ByteStringDictionary.hash(text)
    let place = Int(hash) & (Self.length &- 1)
    let entry = entries[place]
    guard entry.hash == hash, Int(entry.count) == count else { return nil }
    guard unsafe holds(text, at: place) else { return nil }
    if !entry.wasFound { entries[place].wasFound = true }
    return place
  }

  /// Whether a place holds this text, where its length is known to be the same.
  @inline(__always)
  private func holds(_ text: UnsafeRawBufferPointer, at place: Int) -> Bool {
    unsafe texts.withUnsafeBytes { texts in
      guard let base = texts.baseAddress, let start = text.baseAddress else { return false }
      return unsafe sameBytes(base + place * Self.stride, start, text.count)
    }
  }

  /// The code that a text was given in a batch; nil where it had none there.
  @inline(__always)
  func code(_ place: Int, batch: UInt64) -> UInt32? {
    entries[place].batch == batch ? entries[place].code : nil
  }

  /// Puts the canonical form of a text behind what is in the scratch; false where it is the text as it was written.
  func appendCanonical(_ place: Int, to scratch: inout TextScratch) -> Bool {
    let count = Int(entries[place].canonicalCount)
    guard count > 0 else { return false }
    let start = place * Self.stride + Self.stride / 2
    for byte in texts[start..<start + count] { scratch.append(byte) }
    return true
  }

  /// Remembers a text and its code in a batch. `canonical` is nil where it is the text as it was written.
  mutating func remember(
    _ text: UnsafeRawBufferPointer, canonical: UnsafeRawBufferPointer?, code: UInt32, batch: UInt64
  ) {
    let longest = unsafe max(text.count, canonical?.count ?? 0)
    guard longest <= Self.longest, text.count >= 8 else { return }
    if texts.isEmpty { texts = [UInt8](repeating: 0, count: Self.length * Self.stride) }
    let hash = unsafe ByteStringDictionary.hash(text)
    let place = Int(hash) & (Self.length - 1)
    let start = place * Self.stride
    let isKnown =
      unsafe entries[place].hash == hash && Int(entries[place].count) == text.count && holds(text, at: place)
    if !isKnown, entries[place].wasFound {
      entries[place].wasFound = false
      return
    }
    entries[place].batch = batch
    entries[place].code = code
    if isKnown { return }
    entries[place].hash = hash
    entries[place].count = UInt16(text.count)
    entries[place].canonicalCount = UInt16(unsafe canonical?.count ?? 0)
    unsafe texts.withUnsafeMutableBytes { texts in
      unsafe UnsafeMutableRawBufferPointer(rebasing: texts[start..<start + text.count]).copyMemory(from: text)
      guard let canonical = unsafe canonical else { return }
      let behind = start + Self.stride / 2
      unsafe UnsafeMutableRawBufferPointer(rebasing: texts[behind..<behind + canonical.count])
        .copyMemory(from: canonical)
    }
  }
}
