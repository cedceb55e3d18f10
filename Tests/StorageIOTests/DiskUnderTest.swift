import StorageIO
import Testing

/// The disks that must behave alike.
enum DiskUnderTest: String, CaseIterable, CustomTestStringConvertible {
  case posix, simulated

  var testDescription: String { rawValue }

  /// Runs a body with a disk and the path of an empty directory on it, and removes the directory afterwards.
  func run(_ body: (any Disk, String) throws -> Void) throws {
    switch self {
    case .simulated:
      let disk = SimulatedDisk(seed: 1)
      try disk.createDirectory("/scratch")
      try body(disk, "/scratch")
    case .posix:
      let disk = POSIXDisk()
      let scratch = "/tmp/storageio-\(UInt64.random(in: 0...UInt64.max))"
      try disk.createDirectory(scratch)
      defer { Self.removeTree(scratch, on: disk) }
      try body(disk, scratch)
    }
  }

  private static func removeTree(_ path: String, on disk: any Disk) {
    // Removing what turns out not to be empty fails, and then its contents go first.
    guard (try? disk.remove(path)) == nil else { return }
    for name in (try? disk.list(path)) ?? [] { removeTree("\(path)/\(name)", on: disk) }
    try? disk.remove(path)
  }
}
