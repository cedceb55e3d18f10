import Columnar

/// Users from one on and before another, in stored form and bytewise order. Nil is open.
package struct UserRange: Sendable, Equatable {
  package var from: [UInt8]?
  package var to: [UInt8]?

  package static let all = UserRange()

  package init(from: [UInt8]? = nil, to: [UInt8]? = nil) {
    self.from = from
    self.to = to
  }

  func contains(_ user: [UInt8]) -> Bool {
    if let from, compareBytes(user, from) < 0 { return false }
    if let to, compareBytes(user, to) >= 0 { return false }
    return true
  }
}
