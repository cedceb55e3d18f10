import Columnar

/// How values lie in a page. The raw values stand in files.
///
/// Source: Encodings.md of https://github.com/apache/parquet-format
package enum PageEncoding: Int32, Sendable {
  case plain = 0
  /// The name that `dictionary` had.
  case plainDictionary = 2
  case rle = 3
  case bitPacked = 4
  case delta = 5
  case deltaLength = 6
  case deltaStrings = 7
  case dictionary = 8
  case byteStreamSplit = 9

  init(code: Int32, offset: Int) throws(FormatError) {
    guard let known = PageEncoding(rawValue: code) else {
      throw FormatError(offset: offset, "unsupported: encoding \(code == 10 ? "ALP" : "number \(code)")")
    }
    self = known
  }
}
