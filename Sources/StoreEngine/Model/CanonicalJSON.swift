import Columnar

/// The one spelling under which equal metadata are stored.
///
/// An event read from NDJSON and the same event read from CSV must be the same bytes, or taking it in again would be a
/// conflict. So objects are written without white space, with their keys in the bytewise order of their UTF-8 and with
/// the fewest escapes: only the quote, the backslash and control characters are escaped, the latter as `\b`, `\f`, `\n`,
/// `\r`, `\t` or `\u00xx` in lower case. Numbers keep the spelling in which they came, because 1.0 and 1 may mean
/// different things to who wrote them. A key twice in one object, a lone surrogate and ill-formed UTF-8 are errors.
public enum CanonicalJSON {
  /// The canonical form of a JSON object; white space around it is allowed.
  public static func canonicalize(_ text: String) throws(EventRejection.Reason) -> String {
    String(decoding: try bytes(of: Array(text.utf8)), as: UTF8.self)
  }

  package static func bytes(of text: [UInt8]) throws(EventRejection.Reason) -> [UInt8] {
    var memory = [UInt8](repeating: 0, count: scratchNeeded(text.count))
    let result = PaddedInput.withCopy(of: text) { input in
      unsafe memory.withUnsafeMutableBytes { target -> Result<[UInt8], EventRejection.Reason> in
        guard let base = target.baseAddress else { preconditionFailure("the scratch is never empty") }
        var scratch = unsafe TextScratch(base: base, capacity: target.count)
        var rewriter = Rewriter()
        do throws(EventRejection.Reason) {
          let start = rewriter.skipSpace(input, 0, input.count)
          var end = try rewriter.object(input, start, input.count, into: &scratch)
          end = rewriter.skipSpace(input, end, input.count)
          guard end == input.count else { return .failure(.malformed) }
        } catch {
          return .failure(error)
        }
        return .success(scratch.written.array(0, scratch.count))
      }
    }
    return try result.get()
  }

  /// Room enough for rewriting a text of `length` bytes: the canonical form is never longer, and sorting needs it twice.
  package static func scratchNeeded(_ length: Int) -> Int { 2 * length + 2 * PaddedInput.padding }
}
