package import Columnar

/// One line of a dump of a file: bytes from `offset` on, what they mean, and what they say.
package struct DumpLine: Sendable, Equatable, CustomStringConvertible {
  package let offset: Int
  package let length: Int
  package let meaning: String
  package let value: String

  package init(_ offset: Int, _ length: Int, _ meaning: String, _ value: String) {
    self.offset = offset
    self.length = length
    self.meaning = meaning
    self.value = value
  }

  package init(_ page: PageReference, _ meaning: String, _ value: String) {
    let stored = page.codec == .none ? "stored" : "\(page.codec), raw \(page.rawLength)"
    self.init(page.offset, page.storedLength, meaning, value.isEmpty ? stored : value + " (" + stored + ")")
  }

  init(_ header: FileHeader) {
    self.init(
      0, FileHeader.length, "file header",
      "\(header.kind.rawValue), version \(header.version), file id \(header.fileID)")
  }

  init(_ trailer: SegmentTrailer, endingAt end: Int) {
    self.init(
      end - SegmentLayout.trailerLength, SegmentLayout.trailerLength, "trailer", "footer at \(trailer.footer.offset)")
  }

  package var description: String {
    "\(Self.pad(offset, 12)) \(Self.pad(length, 10))  \(meaning): \(value)"
  }

  private static func pad(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: " ", count: max(0, width - digits.utf8.count)) + digits
  }
}
