/// Sets the pace of a step that writes files: is called with the bytes written since it was last asked, and may wait. False gives
/// up: then the step leaves everything as it was.
package typealias Pace = (_ bytes: Int) throws(StoreError) -> Bool

/// Keeps how many bytes whoever sets the pace of a step was told of: it is told each byte once.
struct WrittenBytes {
  private var told = 0

  /// Of so many written so far, those that were not told yet.
  mutating func news(_ sum: Int) -> Int {
    defer { told = sum }
    return sum - told
  }
}
