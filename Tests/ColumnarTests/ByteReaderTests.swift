import Testing

@testable import Columnar

@Suite struct ByteReaderTests {
  @Test(arguments: [0, 1, 127, 128, 300, 1 << 32, UInt64.max]) func varints(value: UInt64) throws {
    var writer = ByteWriter()
    writer.appendVarint(value)
    writer.appendSignedVarint(Int64(bitPattern: value))
    #expect(writer.bytes.count <= 20)
    var reader = ByteReader(Bytes(writer.bytes))
    #expect(try reader.readVarint("value") == value)
    #expect(try reader.readSignedVarint("value") == Int64(bitPattern: value))
    try reader.expectEnd("values")
  }

  @Test func knownBytes() throws {
    var writer = ByteWriter()
    writer.appendVarint(300)
    writer.appendSignedVarint(-3)
    writer.append(UInt32(0x0102_0304))
    writer.appendText("ü")
    #expect(writer.bytes == [0xAC, 0x02, 0x05, 0x04, 0x03, 0x02, 0x01, 0x02, 0xC3, 0xBC])
    writer.overwrite(at: 3, UInt16(0xBEEF))
    #expect(Array(writer.bytes[3..<5]) == [0xEF, 0xBE])
  }

  @Test func errorsNameTheOffset() throws {
    var tooLong = ByteReader(Bytes([UInt8](repeating: 0xFF, count: 11)))
    #expect(throws: FormatError(offset: 0, "number: integer above 64 bits")) { try tooLong.readVarint("number") }
    var short = ByteReader(Bytes([1, 2, 3]), at: 1)
    #expect(throws: FormatError(offset: 1, "field: needs 4 bytes, 2 are left")) {
      try short.read(UInt32.self, "field")
    }
    var large = ByteReader(Bytes([200, 1]))
    #expect(throws: FormatError(offset: 0, "things: 200 is above the limit of 199")) {
      try large.readCount("things", limit: 199)
    }
    var text = ByteReader(Bytes([2, 0xC3, 0x28]))
    #expect(throws: FormatError(offset: 0, "name: not valid UTF-8")) { try text.readText("name") }
    #expect(throws: FormatError.self) { try ByteReader(Bytes([0])).expectEnd("end") }
  }

  @Test(arguments: FileHeader.Kind.allCases) func headers(kind: FileHeader.Kind) throws {
    let header = FileHeader(kind: kind, fileID: 0xABCD)
    let bytes = header.encoded
    #expect(bytes.count == FileHeader.length)
    #expect(try FileHeader(Bytes(bytes), kind: kind) == header)
    for other in FileHeader.Kind.allCases where other != kind {
      #expect(throws: FormatError.self) { try FileHeader(Bytes(bytes), kind: other) }
    }
    for offset in bytes.indices {
      var damaged = bytes
      damaged[offset] ^= 1
      #expect(throws: FormatError.self) { try FileHeader(Bytes(damaged), kind: nil) }
      #expect(throws: FormatError.self) { try FileHeader(Bytes(Array(bytes[..<offset])), kind: nil) }
    }
  }

  @Test func bytesCompareAsText() {
    let words: [[UInt8]] = [[], [0], [0, 0], [0, 1], [1], [127], [128], [255], [255, 0]]
    for (index, a) in words.enumerated() {
      for (other, b) in words.enumerated() {
        #expect(Bytes.compare(Bytes(a), Bytes(b)).signum() == (index - other).signum())
        #expect(compareBytes(a, b).signum() == (index - other).signum())
      }
    }
  }
}
