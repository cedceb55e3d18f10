import Columnar
import Synchronization

/// Where the versions of unit segments go when those that are of age are archived: for every row a class.
struct UnitDivision {
  static let (hot, warm) = (UInt16(0), UInt16(1))

  /// Those of which versions are archived; the class of one is its place plus two.
  private(set) var months: [ArchiveMonth] = []
  /// Versions by class.
  private(set) var counts = [0, 0]
  /// By segment, the class of every row.
  private(set) var classes: [UInt64: [UInt16]] = [:]

  /// The class of a month.
  static func `class`(ofMonth place: Int) -> UInt16 { UInt16(place + 2) }

  /// More months are left for the next time.
  private static let mostMonths = 1 << 12

  /// Versions with an importance that does not fit the archive stay, and so do those of months that are held.
  init(_ segments: [UnitSegment], _ moment: AgeingMoment, largestImportance: Int64) throws(StoreError) {
    var known: [ArchiveMonth: UInt16] = [:]
    for segment in segments {
      var classes: [UInt16] = []
      classes.reserveCapacity(segment.rows)
      for number in segment.footer.groups.indices {
        let group = try segment.group(number, keeps: false)
        let rules = try segment.rules(of: group, moment.units)
        let importance = try segment.importance(group)
        for row in 0..<group.rows {
          let time = group.updatedAt[row]
          switch moment.units.stage(rule: rules[row], updatedAt: time) {
          case .hot: classes.append(Self.hot)
          case .archive
          where importance[row].magnitude <= largestImportance.magnitude && !moment.rules.isHeld(time):
            classes.append(self.class(of: ArchiveMonth(of: time), &known))
          case .warm, .archive, .expired: classes.append(Self.warm)
          }
          counts[Int(classes[classes.count - 1])] += 1
        }
      }
      self.classes[segment.fileID] = classes
    }
    sortMonths()
  }

  /// Versions that are archived.
  var moved: Int { counts[2...].reduce(0, +) }

  private mutating func `class`(of month: ArchiveMonth, _ known: inout [ArchiveMonth: UInt16]) -> UInt16 {
    if let place = known[month] { return place }
    guard months.count < Self.mostMonths else { return Self.warm }
    let place = Self.class(ofMonth: months.count)
    known[month] = place
    months.append(month)
    counts.append(0)
    return place
  }

  /// The oldest first, so that what is written does not depend on who comes first in a segment.
  private mutating func sortMonths() {
    let order = months.indices.sorted { months[$0] < months[$1] }
    var places = [Self.hot, Self.warm] + [UInt16](repeating: 0, count: months.count)
    for (place, old) in order.enumerated() { places[Int(Self.class(ofMonth: old))] = Self.class(ofMonth: place) }
    classes = classes.mapValues { $0.map { places[Int($0)] } }
    counts = counts[..<2] + order.map { counts[Int(Self.class(ofMonth: $0))] }
    months = order.map { months[$0] }
  }
}

extension AgeingRules {
  /// Whether nothing of a time goes to the archive.
  func isHeld(_ time: Int64) -> Bool { held.contains { $0.contains(time) } }
}

extension UnitSegment {
  /// The importance of every row of a row group; 0 where there is none.
  fileprivate func importance(_ group: UnitGroup) throws(StoreError) -> [Int64] {
    if let known = group.details.withLock({ $0 }) { return known.importance }
    return try read(group.header.fields) { (reader) throws(FormatError) in
      for _ in 0..<3 { _ = try UnitTextColumn(&reader, count: group.rows) }
      _ = try IntegerPage.decode(&reader, count: group.rows)
      return try IntegerPage.decode(&reader, count: group.rows)
    }
  }
}
