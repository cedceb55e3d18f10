package import Columnar

/// Where archived files are: a small set of objects with names, which a folder can keep and an object store can too.
///
/// Names are paths relative to the archive. An object is written whole, never changed, and there or not there: nobody sees
/// one half-written under its name.
package protocol ArchiveStorage: Sendable {
  /// Begins an object, which is there once it is published.
  func create(_ name: String) throws(StoreError) -> any ArchiveOutput

  /// Puts a small object, durably, unless the name is taken; then it returns false. Of many that try, exactly one succeeds.
  func putIfAbsent(_ name: String, _ bytes: [UInt8]) throws(StoreError) -> Bool

  /// The whole content. It stays readable when the object is removed.
  func open(_ name: String) throws(StoreError) -> Bytes

  /// The whole content of an object of this length, to be read through once.
  func read(_ name: String, length: Int) throws(StoreError) -> Bytes

  /// The names of all objects whose first part begins with `prefix`, and of what a crash left of objects that were not
  /// published.
  func list(_ prefix: String) throws(StoreError) -> [String]

  func remove(_ name: String) throws(StoreError)

  /// How errors name an object.
  func path(_ name: String) -> String
}

/// An object on its way into the archive.
package protocol ArchiveOutput: AnyObject {
  /// Bytes so far.
  var offset: Int { get }
  func append(_ bytes: [UInt8]) throws(StoreError)
  /// Makes the object durable under its name.
  func publish() throws(StoreError)
  /// Removes what was begun, published or not.
  func discard()
}
