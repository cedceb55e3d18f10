package import Columnar

/// A version of a unit that was found, and where its content is, which is only read for who asks.
package struct UnitItem: Sendable {
  /// In a segment.
  struct Place: Sendable {
    let segment: UnitSegment
    let group: UnitGroup
    let row: Int

    var inSegment: UnitPlace { UnitPlace(group: group.number, row: row) }

    init(_ segment: UnitSegment, _ group: UnitGroup, _ row: Int) {
      self.segment = segment
      self.group = group
      self.row = row
    }
  }

  /// Without its content where it is in a segment.
  package let version: UnitVersion
  let place: Place?

  init(version: UnitVersion, place: Place) {
    self.version = version
    self.place = place
  }

  /// One that is in memory.
  package init(_ version: UnitVersion) {
    self.version = version
    place = nil
  }

  /// The version without its content, wherever it is.
  package var listed: UnitVersion {
    version.content.isEmpty ? version : UnitVersion(version.fields, content: Bytes([]), sequence: version.sequence)
  }

  /// Its content alone.
  package func content() throws(StoreError) -> Bytes {
    guard let place else { return version.content }
    return try place.segment.content(place.group, place.row)
  }

  /// The version with its content.
  package func complete() throws(StoreError) -> UnitVersion {
    guard let place else { return version }
    return try place.segment.versionWithContent(place.group, place.row)
  }
}
