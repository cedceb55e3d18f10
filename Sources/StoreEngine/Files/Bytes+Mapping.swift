package import Columnar
package import StorageIO

extension Bytes {
  /// The bytes of a mapped file, which stays mapped as long as they or any slice of them live.
  package init(_ mapping: Mapping) {
    unsafe self.init(owner: mapping, base: mapping.base, count: mapping.count)
  }
}
