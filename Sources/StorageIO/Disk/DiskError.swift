#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Why a disk refused: which call, on which path, and what the caller can make of it.
package struct DiskError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    case notFound
    case alreadyExists
    /// The disk or the quota is full.
    case noSpace
    /// Not allowed: rights, a read-only disk, or writing to a file opened for reading.
    case permission
    /// The device failed, or anything that has no kind of its own; `code` tells.
    case io
    /// The simulated machine has lost power; nothing on this disk will succeed again.
    case crashed
    /// The file was closed before.
    case closed
  }

  package let kind: Kind
  /// The name of the method that failed, such as `write`.
  package let operation: String
  package let path: String
  /// The errno, 0 if there is none.
  package let code: Int32

  package init(_ kind: Kind, operation: String, path: String, code: Int32) {
    self.kind = kind
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// An error with the errno that a real disk would give for its kind.
  package init(_ kind: Kind, operation: String, path: String) {
    self.init(kind, operation: operation, path: path, code: Self.code(of: kind))
  }

  init(_ number: ErrorNumber, operation: String, path: String) {
    self.init(Self.kind(of: number.code), operation: operation, path: path, code: number.code)
  }

  package var description: String { "\(operation) \(path): \(reason)" }

  private var reason: String {
    switch kind {
    case .crashed: return "Simulated power loss"
    case .closed: return "File is closed"
    default:
      // Every supported C library answers a known number with a constant string.
      guard code != 0, let text = unsafe strerror(code) else { return "Unknown error" }
      return unsafe String(cString: text)
    }
  }

  private static func kind(of code: Int32) -> Kind {
    switch code {
    case ENOENT: .notFound
    case EEXIST: .alreadyExists
    case ENOSPC, EDQUOT: .noSpace
    case EACCES, EPERM, EROFS: .permission
    default: .io
    }
  }

  private static func code(of kind: Kind) -> Int32 {
    switch kind {
    case .notFound: ENOENT
    case .alreadyExists: EEXIST
    case .noSpace: ENOSPC
    case .permission: EACCES
    case .io: EIO
    case .crashed, .closed: 0
    }
  }
}

/// A bare errno, on its way to the caller that knows the operation and the path.
struct ErrorNumber: Error {
  let code: Int32

  init(_ code: Int32) { self.code = code }
}

/// Runs a call and names the operation and path in its error.
func naming<Result>(
  _ operation: String, _ path: String, _ body: () throws(ErrorNumber) -> Result
) throws(DiskError) -> Result {
  do {
    return try body()
  } catch {
    throw DiskError(error, operation: operation, path: path)
  }
}
