#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

struct UnreadableFile: Error { let path: String }

/// The text of a file of the project, named from the project's root.
func projectText(_ path: String, from here: String = #filePath) throws -> String {
  let root = here.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
  let file = "\(root)/\(path)"
  guard let stream = unsafe fopen(file, "rb") else { throw UnreadableFile(path: file) }
  defer { unsafe fclose(stream) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = unsafe fread(&buffer, 1, buffer.count, stream)
    if count == 0 { break }
    bytes.append(contentsOf: buffer[..<count])
  }
  return String(decoding: bytes, as: UTF8.self)
}
