import Columnar

/// The first bytes of all values, then their second bytes, and so on.
///
/// Source: Encodings.md, "Byte Stream Split".
enum ByteStreamSplit {
  /// Appends values of `width` bytes that lie end to end, from byte `start` on.
  static func append(_ plain: [UInt8], from start: Int, width: Int, to output: inout [UInt8]) {
    let count = (plain.count - start) / width
    let base = output.count
    output.append(contentsOf: repeatElement(0, count: count * width))
    unsafe output.withUnsafeMutableBytes { target in
      unsafe plain.withUnsafeBytes { source in
        let squares = width & 7 == 0 ? count / 8 : 0
        for square in 0..<squares {
          for half in stride(from: 0, to: width, by: 8) {
            var rows = unsafe Square(source, start &+ square &* 8 &* width &+ half, step: width)
            rows.transpose()
            unsafe rows.store(target, base &+ half &* count &+ square &* 8, step: count)
          }
        }
        for place in 0..<width {
          let stream = base &+ place &* count
          for index in squares &* 8..<count {
            unsafe target[stream &+ index] = source[start &+ index &* width &+ place]
          }
        }
      }
    }
  }

  /// The values end to end; the caller checked their length.
  static func decode(_ bytes: Bytes, from start: Int, width: Int) -> [UInt8] {
    let count = (bytes.count - start) / width
    return unsafe [UInt8](unsafeUninitializedCapacity: count * width) { target, filled in
      let target = UnsafeMutableRawBufferPointer(target)
      unsafe bytes.withUnsafeBytes { source in
        let squares = width & 7 == 0 ? count / 8 : 0
        for square in 0..<squares {
          for half in stride(from: 0, to: width, by: 8) {
            var rows = unsafe Square(source, start &+ half &* count &+ square &* 8, step: count)
            rows.transpose()
            unsafe rows.store(target, square &* 8 &* width &+ half, step: width)
          }
        }
        for place in 0..<width {
          let stream = start &+ place &* count
          for index in squares &* 8..<count {
            unsafe target[index &* width &+ place] = source[stream &+ index]
          }
        }
      }
      filled = count * width
    }
  }

  /// Eight rows of eight bytes, in registers: eight streams and eight values at once, where one byte after another would
  /// go through all memory of a page once for every stream.
  private struct Square {
    private var a: UInt64, b: UInt64, c: UInt64, d: UInt64, e: UInt64, f: UInt64, g: UInt64, h: UInt64

    /// Takes eight bytes from every `step`th byte on; the caller checked that they are there.
    @inline(__always)
    init(_ source: UnsafeRawBufferPointer, _ offset: Int, step: Int) {
      @inline(__always) func row(_ index: Int) -> UInt64 {
        unsafe UInt64(littleEndian: source.loadUnaligned(fromByteOffset: offset &+ index &* step, as: UInt64.self))
      }
      (a, b, c, d, e, f, g, h) = (row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7))
    }

    @inline(__always)
    func store(_ target: UnsafeMutableRawBufferPointer, _ offset: Int, step: Int) {
      @inline(__always) func put(_ row: UInt64, _ index: Int) {
        unsafe target.storeBytes(of: row.littleEndian, toByteOffset: offset &+ index &* step, as: UInt64.self)
      }
      put(a, 0)
      put(b, 1)
      put(c, 2)
      put(d, 3)
      put(e, 4)
      put(f, 5)
      put(g, 6)
      put(h, 7)
    }

    /// Byte i of row k becomes byte k of row i.
    @inline(__always)
    mutating func transpose() {
      @inline(__always) func exchange(_ x: inout UInt64, _ y: inout UInt64, _ shift: UInt64, _ mask: UInt64) {
        let both = ((x &>> shift) ^ y) & mask
        y ^= both
        x ^= both &<< shift
      }
      exchange(&a, &e, 32, 0x0000_0000_FFFF_FFFF)
      exchange(&b, &f, 32, 0x0000_0000_FFFF_FFFF)
      exchange(&c, &g, 32, 0x0000_0000_FFFF_FFFF)
      exchange(&d, &h, 32, 0x0000_0000_FFFF_FFFF)
      exchange(&a, &c, 16, 0x0000_FFFF_0000_FFFF)
      exchange(&b, &d, 16, 0x0000_FFFF_0000_FFFF)
      exchange(&e, &g, 16, 0x0000_FFFF_0000_FFFF)
      exchange(&f, &h, 16, 0x0000_FFFF_0000_FFFF)
      exchange(&a, &b, 8, 0x00FF_00FF_00FF_00FF)
      exchange(&c, &d, 8, 0x00FF_00FF_00FF_00FF)
      exchange(&e, &f, 8, 0x00FF_00FF_00FF_00FF)
      exchange(&g, &h, 8, 0x00FF_00FF_00FF_00FF)
    }
  }
}
